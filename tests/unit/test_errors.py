import pickle

import pytest

from ocr_core import errors
from ocr_core.errors import InputError, LimitError, OcrError
from ocr_core.processes.pool import BusyError

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
def test_an_error_survives_the_trip_home_from_a_worker(kind):
    error = kind("The page is torn.", hint="Mend it.")

    back = pickle.loads(pickle.dumps(error))

    assert (type(back), back.message, back.hint) == (
        kind,
        "The page is torn.",
        "Mend it.",
    )


def test_an_error_is_shown_as_what_happened_and_what_to_do():
    assert str(OcrError("It broke.", hint="Mend it.")) == "It broke. Mend it."
    assert str(OcrError("It broke.")) == "It broke."


def test_a_limit_is_a_kind_of_bad_input():
    assert issubclass(LimitError, InputError)


def test_the_tree_in_the_module_names_every_error():
    named = {kind.__name__ for kind in KINDS if kind.__name__ in (errors.__doc__ or "")}

    assert named == set(EXIT_CODES)


def test_a_full_queue_keeps_its_waiting_time_on_the_way_home():
    error = BusyError("9 pages are waiting already.", retry_after=7)

    assert pickle.loads(pickle.dumps(error)).retry_after == 7
