import pickle
from dataclasses import replace

import pytest

from ocr_core import errors
from ocr_core.corpus import Corpus
from ocr_core.errors import InputError, LimitError, OcrError
from ocr_core.execution.batch import failed_page
from ocr_core.messages import Message, restored
from ocr_core.page import PageRef
from ocr_core.processes.pool import BusyError
from ocr_core.settings import Settings

KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, OcrError)
]
EXIT_CODES = {
    "OcrError": 1,
    "InputError": 3,
    "FormatError": 3,
    "LimitError": 3,
    "CorpusError": 3,
    "SettingsError": 2,
    "MissingEngineError": 4,
    "EngineError": 3,
    "EngineOutputError": 3,
    "LostWorkerError": 3,
    "SlowEngineError": 3,
    "BrokenEngineError": 4,
    "CancelledError": 130,
    "ClusterError": 4,
    "OutputError": 5,
}


def test_every_error_has_the_exit_code_that_scripts_rely_on():
    codes = {kind.__name__: kind.exit_code for kind in KINDS}

    assert codes == EXIT_CODES


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_is_returned_whole_by_a_worker(kind):
    error = kind("The page is torn.", hint="Mend it.")

    back = pickle.loads(pickle.dumps(error))

    assert (type(back), back.message, back.hint) == (
        kind,
        "The page is torn.",
        "Mend it.",
    )


@pytest.mark.parametrize("kind", [*KINDS, BusyError])
def test_an_error_keeps_its_templates_and_values_when_it_is_returned(kind):
    hint = Message("It has {0} pages.", 3)
    error = kind("{0} has no page {1}.", "a {1}.pdf", 7, hint=hint)

    back = pickle.loads(pickle.dumps(error))

    assert back.message == "a {1}.pdf has no page 7."
    assert back.message.template == "{0} has no page {1}."
    assert back.message.values == ("a {1}.pdf", "7")
    assert str(back) == "a {1}.pdf has no page 7. It has 3 pages."
    assert str(back).values == (error.message, error.hint)
    assert str(back).values[1].values == ("3",)


def test_braces_stay_where_there_are_no_values():
    assert Message("Write {paper}_{0}.") == "Write {paper}_{0}."
    assert Message("Write {paper}_{0}.", "x") == "Write {paper}_x."


def test_a_name_is_replaced_within_the_values():
    message = Message("{0} is empty.", "x.png")

    assert message.replace("x.png", "a.png").values == ("a.png",)
    assert message.replace("empty", "full") == "x.png is full."
    assert not isinstance(message.replace("empty", "full"), Message)


def test_an_error_is_shown_as_what_happened_and_what_to_do():
    assert str(OcrError("It broke.", hint="Mend it.")) == "It broke. Mend it."
    assert str(OcrError("It broke.")) == "It broke."


def test_a_limit_is_a_kind_of_bad_input():
    assert issubclass(LimitError, InputError)


def test_the_tree_in_the_module_names_every_error():
    named = {kind.__name__ for kind in KINDS if kind.__name__ in (errors.__doc__ or "")}

    assert named == set(EXIT_CODES)


def test_a_full_queue_keeps_its_waiting_time_when_it_is_returned():
    error = BusyError("9 pages are waiting already.", retry_after=7)

    assert pickle.loads(pickle.dumps(error)).retry_after == 7


def test_a_stored_error_comes_back_with_its_templates_and_values():
    hint = Message("It has {0} pages.", 3)
    error = str(InputError("{0} has no page {1}.", "a", 7, hint=hint))

    back = restored("a has no page 7. It has 3 pages.", error.as_json())

    assert back == error
    assert [each.template for each in back.values] == [
        "{0} has no page {1}.",
        "It has {0} pages.",
    ]


@pytest.mark.parametrize(
    "parts", ["", "x", "[]", "3", "{}", "[[]]", '["{1}", "a"]', '["It burnt."]']
)
def test_stored_parts_that_say_something_else_are_left(parts):
    assert type(restored("It broke.", parts)) is str


def test_a_corpus_keeps_what_an_error_was_made_of(tmp_path):
    ref = PageRef("/scans/a.png", 1, "a", "a.png")
    error = InputError("{0} has no page {1}.", "a.png", 7, hint="Check the name.")
    with Corpus(tmp_path / "corpus", write=True) as corpus:
        corpus.add_document(ref, "digest", 1)
        failed = failed_page(ref, Settings(), error)
        corpus.save_result(replace(failed, sha256="digest"), ("marks", ""))
        [row], stored = corpus.rows(), corpus.page("a", 1)

    for each in (row.error, stored.error):
        assert each == "a.png has no page 7. Check the name."
        assert each.values == (error.message, error.hint)
        assert each.values[0].values == ("a.png", "7")


def test_the_text_of_a_message_keeps_its_template():
    message = Message("{0} lines", 3)

    assert str(message).template == "{0} lines"
    assert str(message) == "3 lines"
