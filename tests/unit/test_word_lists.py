"""Word lists: read from files, and filtered like the words they are compared with."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr_core.errors import InputError, SettingsError
from ocr_core.mining import Filter, select
from ocr_core.mining.frequency import word_list
from ocr_core.mining.keyness import keywords
from ocr_core.mining.word_lists import WordList, read_word_list
from tests.support.written_corpora import columns_of, in_language

WORDS = st.lists(
    st.sampled_from(["the", "The", "die", "houses", "House", "a", "1890", "of", "sea"]),
    min_size=1,
    max_size=20,
)
FILTERS = st.builds(
    Filter,
    words=st.sampled_from(["lower", "form", "lemma"]),
    stop_words=st.sampled_from(["keep", "drop"]),
    numbers=st.sampled_from(["keep", "drop"]),
    min_length=st.integers(1, 5),
)


def corpus(*pages: tuple[str, str]):
    return columns_of([(doc_id, text.split()) for doc_id, text in pages])


def own_list(tokens, wanted, *, named):
    """Return the word list of a corpus as it is saved, with or without its filter."""
    selection = select(tokens, wanted)
    table = word_list(selection)
    counts = dict(zip(table["term"], table["count"].tolist(), strict=True))
    return WordList(counts, selection.filter.described() if named else "")


@given(st.lists(WORDS, min_size=1, max_size=3), FILTERS, FILTERS, st.booleans())
def test_a_corpus_has_no_keyword_against_its_own_list(pages, counted, wanted, named):
    tokens = columns_of([(f"d{n}", words) for n, words in enumerate(pages)])
    languages = ["eng", "deu", "eng"][: len(pages)]
    page_infos = [
        in_language(tokens, language).page_infos[n]
        for n, language in enumerate(languages)
    ]
    tokens = columns_of([(f"d{n}", words) for n, words in enumerate(pages)])
    tokens = replace(tokens, page_infos=page_infos)
    if not named:  # what a list leaves out cannot be seen in it
        counted = Filter(words=counted.words if counted.words != "lemma" else "lower")
        wanted = wanted.model_copy(update={"numbers": "drop"})
    listed = own_list(tokens, counted, named=named)

    try:
        table = keywords(select(tokens, wanted), listed)
    except SettingsError:
        return

    assert not table["log_likelihood"].to_numpy().any()
    assert table["count"].tolist() == table["reference_count"].tolist()


@pytest.mark.parametrize(
    "wanted",
    [
        Filter(stop_words="drop"),
        Filter(min_length=4),
        Filter(stop_words="drop", min_length=3),
        Filter(numbers="keep"),
    ],
)
def test_a_list_is_compared_under_a_filter_and_not_refused(wanted):
    tokens = corpus(("a", "the license of the sea 1890 House"), ("b", "sea license"))
    listed = own_list(tokens, Filter(), named=False)

    table = keywords(select(tokens, wanted), listed)

    assert len(table) and not table["log_likelihood"].to_numpy().any()


def test_a_list_is_folded_as_the_words_are():
    selection = select(corpus(("a", "The the sea")))
    reference = WordList({"The": 3, "the": 4, "Fox": 2})

    folded = keywords(selection, reference).set_index("term")
    forms = keywords(select(selection.tokens, Filter(words="form")), reference)

    assert folded["reference_count"].to_dict() == {"the": 7, "sea": 0, "fox": 2}
    assert forms.set_index("term")["reference_count"]["The"] == 3


@pytest.mark.parametrize(
    ("wanted", "listed", "reason"),
    [
        (Filter(words="lemma"), WordList({"house": 1}), "by lemma"),
        (Filter(words="form"), WordList({"house": 1}), "no capital"),
        (Filter(), WordList({"sea": 1}, "stop_words=drop"), "stop_words"),
        (Filter(numbers="keep"), WordList({"sea": 1}, "everything"), "numbers"),
        (Filter(words="form"), WordList({"sea": 1}, "everything"), "words"),
        (Filter(min_length=2), WordList({"sea": 1}, "min_length=3"), "min_length"),
    ],
)
def test_a_list_that_cannot_be_compared_is_refused(wanted, listed, reason):
    selection = select(corpus(("a", "The House sea 1890")), wanted)

    with pytest.raises(SettingsError) as caught:
        keywords(selection, listed)

    assert reason in str(caught.value)


def test_a_list_saved_by_lemma_is_compared_by_lemma():
    tokens = corpus(("a", "Houses house sea"))
    by_lemma = Filter(words="lemma")

    table = keywords(select(tokens, by_lemma), own_list(tokens, by_lemma, named=True))

    assert dict(zip(table["term"], table["count"], strict=True)) == {
        "house": 2,
        "sea": 1,
    }
    assert np.allclose(table["log_likelihood"], 0)


def test_the_filter_of_a_list_is_read_with_it(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("term,count,filter\nsea,2,words=lemma; numbers=keep\n")

    listed = read_word_list(path)

    assert listed.counted_by == Filter(words="lemma", numbers="keep")
    for described in (Filter().described(), "everything"):  # as earlier versions
        assert WordList({"sea": 1}, described).counted_by == Filter()
    assert WordList({"sea": 1}, "by=magic").counted_by is None


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        ("term,count\nhouse,12\n", {"house": 12}),
        ("\ufeffcount,x,Term\r\n3,,fox\r\n4,,fox\r\n", {"fox": 7}),
        ('house\t12\nsay "hi\t3\n', {"house": 12, 'say "hi': 3}),
        ('"1,5",7\nx,2\n', {"1,5": 7, "x": 2}),
        ("a\u2028b,7\nc\x85d,2\n", {"a\u2028b": 7, "c\x85d": 2}),
        ("\na\u2028b\t7\nc\fd\t2\n", {"a\u2028b": 7, "c\fd": 2}),
    ],
)
def test_a_word_list_is_read(tmp_path, content, wanted):
    path = tmp_path / "list.csv"
    path.write_bytes(content.encode())

    assert read_word_list(path).counts == wanted


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_word_list_is_read_as_a_spreadsheet_saves_it(tmp_path, encoding, delimiter):
    path = tmp_path / "list.csv"
    table = delimiter.join(["term", "count\r\nHäuser", "12\r\n"])
    path.write_bytes(table.encode(encoding))

    assert read_word_list(path).counts == {"Häuser": 12}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a list of words"),
        (b"word,frequency\nhouse,12\n", "not a list of words"),
        (b"term,count\n", "lists no word"),
        (b"term,count\nhouse,12\nfox,many\n", "Line 3 of list.csv has no word"),
        (b"term,count\n\nhouse,12\n\n\nfox,many\n", "Line 6"),
        (b"house\t12\n\nfox\tmany\n", "Line 3"),
        (b"term,count\nhouse,-1\n", "Line 2"),
        (b"term,count\n,1\n", "Line 2"),
        (b"term,count\nhouse\n", "Line 2"),
        (b"term,count\nhouse,99999999999999999999\n", "Line 2"),
        (b"\xff\x00h", "not a CSV table"),
        (b'term,count\n"house,1\n', "not a CSV table"),
    ],
)
def test_a_list_that_is_none_is_refused(tmp_path, content, message):
    path = tmp_path / "list.csv"
    path.write_bytes(content)

    with pytest.raises(InputError, match=message):
        read_word_list(path)


def test_a_list_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_word_list(tmp_path / "none.csv")
