"""Passages: a concordance shows the text with its punctuation, as it is printed."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr_core.corpus import Corpus
from ocr_core.mining import Filter, select
from ocr_core.mining.concordance import kwic
from ocr_core.tokenizer import split
from tests.support.written_corpora import fill, page, tokens_of


def lines(path, pages, query, *, corrections=(), window=3, **wanted):
    """Return left, keyword and right of each hit."""
    with Corpus(path / "c.sqlite", write=True) as corpus:
        fill(corpus, *pages)
        for doc_id, word, text in corrections:
            corpus.correct(doc_id, 1, word, text)
        raw = wanted.get("text") == "raw"
        selection = select(corpus.tokens(raw=raw), Filter(**wanted))
        rows, _ = kwic(
            selection,
            query,
            window=window,
            printed=partial(corpus.printed_words, raw=raw),
        )
    return list(rows[["left", "keyword", "right"]].itertuples(index=False, name=None))


@pytest.mark.parametrize(
    ("text", "query", "wanted"),
    [
        ("Said: “Tide, and (wind)!”", "tide", ("Said: “", "Tide", ", and (wind)!”")),
        ("old — har-\nbour, is — so.", "harbour", ("old —", "harbour", ", is — so.")),
        ("sea and/or tide/wind", "or", ("sea and/", "or", "tide/wind")),
        ("in 1 234 567 men.", "1234567", ("in", "1 234 567", "men.")),
        ("a well-\nknown, known man", "well-known", ("a", "well-known", ", known man")),
        ("the U.S.A. and", "U.S.A", ("the", "U.S.A.", "and")),
    ],
)
def test_punctuation_stands_beside_the_word(tmp_path, text, query, wanted):
    found = lines(tmp_path, [page("a", text)], query, numbers="keep")

    assert found[0] == wanted


def test_a_passage_cut_inside_a_word_begins_there(tmp_path):
    found = lines(tmp_path, [page("a", "one and/or two three")], "two", window=1)

    assert found == [("or", "two", "three")]


def test_struck_and_corrected_words_are_shown_as_they_are_counted(tmp_path):
    pages = [page("a", "Tbe tide, is ~~ low.")]
    put = [("a", 0, "“The"), ("a", 3, "")]

    corrected = lines(tmp_path, pages, "tide", corrections=put)
    raw = lines(tmp_path, pages, "tide", text="raw")

    assert corrected == [("“The", "tide", ", is low.")]
    assert raw == [("Tbe", "tide", ", is ~~ low.")]


def test_no_running_head_stands_inside_and_words_go_over_the_page(tmp_path):
    pages = [
        page(
            "a",
            f"THE TIDE NEWS\n\n\n\n\n\n\nships of {name}, in all.",
            n,
            size=(900, 900),
        )
        for n, name in enumerate(("Hull", "Ghent", "Riga", "Oslo"), 1)
    ]

    found = lines(tmp_path, pages, "all", window=2)

    assert found[0] == ("Hull, in", "all", ". ships of")


@given(st.lists(st.text("ab'-.,/(“ é", max_size=6), max_size=8))
def test_a_passage_holds_the_tokens_of_its_line(words):
    one_page = page("a", " ".join(["x.", *words]))
    tokens = tokens_of([one_page])
    rows, _ = kwic(select(tokens), "x", window=99, printed=lambda _: one_page.rows)

    row = rows.iloc[0]
    together = f"{row.left} {row.keyword} {row.right}"
    assert split(together) == tokens.spelled()
