"""Corrections: saved beside the recognised words, searched, and undone."""

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr_core.corpus import Corpus, Correction
from ocr_core.corpus.corrections import MAX_CHARACTERS
from ocr_core.errors import InputError, SettingsError
from ocr_core.page import Word
from ocr_core.settings import Settings
from ocr_core.text.quality import word_chances
from tests.support.corpus_pages import READER, failed, fill, page, words

OTHER = Settings.from_flat({"psm": 6})
LETTERS = st.builds(
    str.__add__,
    st.text("abcdé", min_size=1, max_size=2),
    st.sampled_from(["", "\N{COMBINING DIAERESIS}"]),
)


@pytest.fixture
def corpus(tmp_path):
    with Corpus(tmp_path / "corpus.sqlite", write=True) as corpus:
        yield corpus


def found(corpus, query):
    return [(hit.doc_id, hit.page_num) for hit in corpus.search(query)]


def bare(text):
    """Return a text without its accents, as the index holds it."""
    apart = unicodedata.normalize("NFD", text)
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def reread(corpus, text, name="a", **more):
    """Keep another reading of a page as a candidate."""
    return corpus.save_result(
        page(name, text, settings=OTHER, **more), READER, current=False
    )


# One word


def test_a_corrected_word_is_read_listed_and_found_at_once(corpus):
    fill(corpus, page(text="the o1d harbour"), page("b", "quay"))

    corpus.correct("a", 1, 1, "old")

    assert corpus.page("a", 1).text == "the old harbour"
    assert corpus.original("a", 1).text == "the o1d harbour"
    assert [result.text for result in corpus.results()] == ["the old harbour", "quay"]
    assert (found(corpus, '"old harbour"'), found(corpus, "o1d")) == ([("a", 1)], [])
    assert corpus.corrections() == [Correction("a", 1, 1, "o1d", "old")]
    assert [row.corrections for row in corpus.rows()] == [1, 0]


def test_a_corrected_word_is_certain_and_what_the_engine_said_is_kept(corpus):
    fill(corpus, page(text="one two"))

    corpus.correct("a", 1, 1, "three")

    one, two = corpus.original("a", 1).rows
    put = two._replace(text="three", conf=100.0, conf_engine=two.conf)
    assert corpus.page("a", 1).rows == (one, put)
    assert corpus.tokens().confs().tolist() == [90, 100]


def test_a_word_is_confirmed_by_the_text_that_it_has(corpus):
    # By hand: of two words of 3 letters one is certain, and the chance of the other
    # stays c: the quality 0.4 becomes 0.4 * (1 + c) / (2 * c).
    rows = words("the sea", 50.0)
    fill(corpus, page(rows=rows, quality=0.4))
    [chance, _], _ = word_chances(rows, "eng")

    corpus.correct("a", 1, 1, "sea")

    found = corpus.page("a", 1)
    assert (found.text, [word.conf for word in found.rows]) == ("the sea", [50, 100])
    assert found.quality == pytest.approx(0.4 * (1 + chance) / (2 * chance), abs=1e-4)
    assert [row.corrections for row in corpus.rows()] == [0]
    assert corpus.corrections() == []
    assert corpus.certain_words("a", 1) == {1}
    assert corpus.tokens().confs().tolist() == [50, 100]
    corpus.undo("a", 1)
    assert corpus.page("a", 1) == corpus.original("a", 1)
    assert corpus.page("a", 1).quality == pytest.approx(0.4)
    assert corpus.tokens().confs().tolist() == [50, 50]


def test_a_struck_word_leaves_the_places_of_the_others_alone(corpus):
    fill(corpus, page(rows=words("one ~ two", 60.0)))

    corpus.correct("a", 1, 1, "")
    corpus.correct("a", 1, 2, "three")

    assert corpus.page("a", 1).text == "one three"
    assert corpus.original_indexes("a", 1) == [0, 2]
    assert [(row.n_words, row.corrections) for row in corpus.rows()] == [(2, 2)]
    assert corpus.corrections()[0] == Correction("a", 1, 1, "~", "")


def test_the_original_text_takes_the_correction_away(corpus):
    fill(corpus, page(text="one two"))
    corpus.correct("a", 1, 0, "ones")

    corpus.correct("a", 1, 0, "one")

    assert corpus.corrections() == []
    assert corpus.rows()[0].corrections == 0
    assert corpus.page("a", 1).text == "one two"


def test_an_original_that_nobody_may_type_can_be_given_again(corpus):
    strange = Word(1, 1, 1, 1, 0, 0, 9, 9, 50.0, "a\udce9\n")
    fill(corpus, page(rows=(strange,)))
    corpus.correct("a", 1, 0, "aé")

    corpus.correct("a", 1, 0, "a\N{REPLACEMENT CHARACTER}\n")

    expected = strange._replace(
        text="a\N{REPLACEMENT CHARACTER}\n", conf=100.0, conf_engine=50.0
    )
    assert corpus.page("a", 1).rows == (expected,)
    assert corpus.corrections() == []


@pytest.mark.parametrize(
    "text",
    [
        " ",
        "\t",
        "\N{NO-BREAK SPACE}",
        "a\nb",
        "a\tb",
        "a\0",
        "a\u2028b",
        "a\ud800",
        "\x1b[31m",
        "x" * (MAX_CHARACTERS + 1),
    ],
)
def test_what_cannot_be_a_word_is_refused(corpus, text):
    fill(corpus, page(text="one two"))

    with pytest.raises(SettingsError):
        corpus.correct("a", 1, 0, text)

    assert corpus.page("a", 1).text == "one two"


def test_what_is_typed_is_composed_and_trimmed(corpus):
    fill(corpus, page(text="one"))

    corpus.correct("a", 1, 0, " cafe\N{COMBINING ACUTE ACCENT} noir ")

    assert corpus.corrections()[0].text == "café noir"


@pytest.mark.parametrize("word", [-1, 2, 10**9])
def test_a_word_that_is_not_there_is_reported(corpus, word):
    fill(corpus, page(text="one two"))

    with pytest.raises(SettingsError, match="has no word"):
        corpus.correct("a", 1, word, "x")


@pytest.mark.parametrize("page_id", [("a", 2), ("b", 1), ("", 0)])
def test_a_page_that_is_not_there_is_reported(corpus, page_id):
    fill(corpus, page())

    for ask in (corpus.page, corpus.original, corpus.readings, corpus.original_indexes):
        with pytest.raises(InputError, match="has no page"):
            ask(*page_id)
    with pytest.raises(InputError, match="has no page"):
        corpus.correct(*page_id, 0, "x")
    for reading in (corpus.reading, corpus.accept):
        with pytest.raises(InputError, match="has no reading"):
            reading(99)


# Taking back


def test_corrections_are_undone_one_by_one_the_latest_first(corpus):
    fill(corpus, page("a", "one"), page("b", "two"))
    corpus.correct("b", 1, 0, "2")
    corpus.correct("a", 1, 0, "1")
    corpus.correct("b", 1, 0, "II")

    assert corpus.corrections() == [
        Correction("a", 1, 0, "one", "1"),
        Correction("b", 1, 0, "two", "II"),
    ]
    assert corpus.undo("a", 1) == Correction("a", 1, 0, "one", "1")
    assert corpus.undo() == Correction("b", 1, 0, "two", "II")
    assert corpus.page("b", 1).text == "2"
    assert corpus.undo("b") == Correction("b", 1, 0, "two", "2")
    assert corpus.undo() is None
    assert found(corpus, "one two") == [] != found(corpus, "one")


ACTS = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.integers(0, 2),
        st.none() | st.just("") | st.just("original") | LETTERS,
    ),
    max_size=12,
)


@given(
    st.lists(LETTERS, min_size=3, max_size=3),
    st.lists(LETTERS, min_size=3, max_size=3),
    ACTS,
)
def test_any_corrections_end_as_in_a_plain_list(tmp_path_factory, one, two, acts):
    texts = {"a": one, "b": two}
    log = []

    def now():
        last = {name: list(each) for name, each in texts.items()}
        for name, word, text in log:
            last[name][word] = text
        return last

    with Corpus(tmp_path_factory.mktemp("acts") / "c", write=True) as corpus:
        fill(corpus, *(page(name, " ".join(each)) for name, each in texts.items()))
        for name, word, text in acts:
            if text is None:
                corpus.undo(name, 1)
                steps = [n for n, each in enumerate(log) if each[0] == name]
                if steps:
                    del log[steps[-1]]
                continue
            text = texts[name][word] if text == "original" else text
            corpus.correct(name, 1, word, text)
            if text != texts[name][word]:
                text = unicodedata.normalize("NFC", text)
            certain = {each[:2] for each in log}
            if now()[name][word] != text or (name, word) not in certain:
                log.append((name, word, text))

        last = now()
        plain = {name: " ".join(filter(None, each)) for name, each in last.items()}
        assert {each.ref.doc_id: each.text for each in corpus.results()} == plain
        for text in {*one, *two, *(text for *_, text in log if text)}:
            assert {name for name, _ in found(corpus, text)} == {
                name for name, page in plain.items() if bare(text) in bare(page).split()
            }
        corpus.execute("INSERT INTO search (search) VALUES ('integrity-check')")
        assert [row.corrections for row in corpus.rows()] == [
            sum(a != b for a, b in zip(last[name], texts[name], strict=True))
            for name in "ab"
        ]


def test_a_corpus_without_full_text_search_is_corrected_too(tmp_path, monkeypatch):
    path = tmp_path / "corpus.sqlite"
    with monkeypatch.context() as bare:
        bare.setattr("ocr_core.corpus.database.has_full_text", lambda db: False)
        with Corpus(path, write=True) as corpus:
            fill(corpus, page(text="o1d"))
            corpus.correct("a", 1, 0, "old")
            assert (found(corpus, "old"), found(corpus, "o1d")) == ([("a", 1)], [])

    with Corpus(path, write=True) as corpus:
        assert (found(corpus, "old"), found(corpus, "o1d")) == ([("a", 1)], [])


# Readings


def test_a_candidate_changes_nothing_until_it_is_accepted(corpus):
    fill(corpus, page(text="o1d harbour"))

    candidate = reread(corpus, "old harbour", quality=0.5)

    assert corpus.page("a", 1).text == "o1d harbour"
    assert corpus.reading(candidate).text == "old harbour"
    assert found(corpus, "old") == []
    first, second = corpus.readings("a", 1)
    assert (first.current, second.current) == (True, False)
    assert (second.id, second.recipe) == (candidate, OTHER.digest)
    assert (second.n_words, second.quality, second.engine) == (2, 0.5, READER[0])

    assert corpus.accept(candidate) == []

    assert corpus.page("a", 1).text == "old harbour"
    assert (found(corpus, "old"), found(corpus, "o1d")) == ([("a", 1)], [])
    assert [each.current for each in corpus.readings("a", 1)] == [False, True]


def test_saving_returns_the_reading_also_where_it_exists_already(corpus):
    fill(corpus, page())

    assert reread(corpus, "x") == reread(corpus, "again") == 2
    assert corpus.save_result(page(), READER) == 1


def test_corrections_follow_to_like_words_at_the_same_place(corpus):
    before = words("one tvo three f0ur")
    fill(corpus, page(rows=before))
    for word, text in enumerate(["ONE", "two", "", "four"]):
        corpus.correct("a", 1, word, text)
    moved = [before[0]._replace(left=before[0].left + 40), *before[1:3]]
    after = (words("new")[0]._replace(top=100), *moved, before[3]._replace(text="four"))
    candidate = reread(corpus, "", rows=after)

    assert corpus.accept(candidate) == [Correction("a", 1, 0, "one", "ONE")]

    assert corpus.page("a", 1).text == "new one two four"
    assert [each[2:] for each in corpus.corrections()] == [
        (2, "tvo", "two"),
        (3, "three", ""),
        (4, "f0ur", "four"),
    ]
    assert corpus.rows()[0].corrections == 3

    assert corpus.accept(1) == []
    assert corpus.page("a", 1).text == "ONE two four"
    assert found(corpus, "tvo") == []


def test_each_of_two_equal_words_keeps_its_own_correction(corpus):
    twice = words("a a")
    fill(corpus, page(rows=twice))
    corpus.correct("a", 1, 0, "first")
    corpus.correct("a", 1, 1, "second")

    assert corpus.accept(reread(corpus, "", rows=twice[::-1])) == []
    assert corpus.page("a", 1).text == "second first"


def test_what_a_person_chose_stands_until_the_file_changes(corpus):
    fill(corpus, page(text="usual"))
    corpus.accept(reread(corpus, "chosen"))

    corpus.existing_results("a", "digest of a", page().settings_digest, READER)
    third = Settings.from_flat({"psm": 4})
    fill(corpus, page(text="third", settings=third))
    assert corpus.page("a", 1).text == "chosen"

    fill(corpus, page(text="new bytes", sha256="changed"))
    assert corpus.page("a", 1).text == "new bytes"


def test_a_reading_that_failed_is_not_accepted(corpus):
    fill(corpus, page())
    candidate = corpus.save_result(
        replace(failed(), settings_digest=OTHER.digest), READER, current=False
    )

    with pytest.raises(SettingsError, match="could not be read"):
        corpus.accept(candidate)

    assert corpus.page("a", 1).text == "one two"


def test_a_twin_takes_over_what_was_read_not_what_was_typed(corpus, tmp_path):
    (tmp_path / "a.png").touch()
    ref = replace(page().ref, path=str(tmp_path / "a.png"))
    fill(corpus, replace(page(), ref=ref))
    corpus.correct("a", 1, 0, "ones")
    twin = corpus.add_document(page("b").ref, "digest of a", 1)

    corpus.existing_results(twin.doc_id, "digest of a", page().settings_digest, READER)

    assert corpus.page("b", 1).text == "one two"
    assert (found(corpus, "one"), found(corpus, "ones")) == ([("b", 1)], [("a", 1)])


# Lists


def test_pages_are_filtered_and_sorted(corpus):
    fill(
        corpus,
        page("Harbour_2", "x y", quality=0.9, language="eng"),
        page("harbour_1", rows=words("x", 50), quality=0.2, language="deu"),
        page("quay", rows=(), status="blank", language="eng"),
    )
    corpus.correct("Harbour_2", 1, 0, "z")

    def names(**asked):
        return [row.doc_id for row in corpus.rows(**asked)]

    assert names(name="HARB") == ["Harbour_2", "harbour_1"]
    assert names(name="%") == []
    assert names(language="eng", status="ok") == ["Harbour_2"]
    assert names(min_conf=60) == ["Harbour_2"]
    assert names(min_quality=0.5) == ["Harbour_2", "quay"]
    assert names(order="page", descending=True) == ["quay", "harbour_1", "Harbour_2"]
    assert names(order="document") == ["Harbour_2", "harbour_1", "quay"]
    assert names(order="status") == ["quay", "Harbour_2", "harbour_1"]
    assert names(order="language") == ["harbour_1", "Harbour_2", "quay"]
    assert names(order="corrections", descending=True)[0] == "Harbour_2"
    assert names(order="quality", descending=True)[:2] == ["Harbour_2", "harbour_1"]
    assert corpus.languages() == ["deu", "eng"]
    assert corpus.counts(name="harb", min_conf=60) == {"ok": 1}
