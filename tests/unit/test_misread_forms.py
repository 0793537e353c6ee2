"""Misread forms: confirmed ones are one word in every view; sure ones are names."""

import pytest

from ocr_core.corpus import Corpus
from ocr_core.mining import Filter, select
from ocr_core.mining.association import collocates
from ocr_core.mining.concordance import kwic
from ocr_core.mining.frequency import dispersion, ngrams, word_list
from ocr_core.mining.keyness import keywords
from ocr_core.mining.topics import similar
from ocr_core.mining.trends import trends
from ocr_core.mining.variants import likely_misreadings, variants
from tests.support.written_corpora import fill, page


@pytest.fixture
def corpus(tmp_path):
    with Corpus(tmp_path / "c.sqlite", write=True) as opened:
        fill(
            opened,
            page("a", "The harbour of Burnley is old\nthe harbour is full"),
            page("b", "Harhour|60 news: the harhour|60 of Bumley|60 is old"),
            page("c", "nothing here"),
        )
        opened.set_metadata({"year": {"a": "1890", "b": "1891", "c": "1891"}})
        yield opened


def counts(selection):
    return dict(word_list(selection)[["term", "count"]].itertuples(index=False))


def test_confirmed_forms_are_one_word_in_every_view(corpus):
    before = corpus.content_stamp()
    corpus.confirm_misread("harbour", ["harhour", "harbour"])
    assert corpus.content_stamp() != before
    tokens = corpus.tokens()
    whole = select(tokens)

    assert counts(whole)["harbour"] == 4 and "harhour" not in counts(whole)
    found = trends(whole, ["harbour"], "year")
    assert found["count"].tolist() == [2, 2]
    assert len(dispersion(whole, ["harbour"])) == 4
    assert kwic(whole, "harbour")[1] == kwic(whole, "harhour")[1] == 4
    pairs = dict(ngrams(whole, 2)[["term", "count"]].itertuples(index=False))
    assert pairs["harbour of"] == 2
    near = collocates(whole, "harbour", right=1, left=0, min_count=1).set_index("term")
    assert near.loc["of", "count"] == 2
    first = whole.part(whole.document_of_page == 0)
    rest = whole.part(whole.document_of_page > 0)
    key = keywords(first, rest).set_index("term").loc["harbour"]
    assert (key["count"], key["reference_count"]) == (2, 2)
    assert "harbour" in similar(whole, "a")["shared"][0]

    for words, form in ("form", "Harbour"), ("lemma", "harbour"):
        assert form in counts(select(tokens, Filter(words=words)))
    kept = counts(select(tokens, Filter(misreadings="keep")))
    assert (kept["harbour"], kept["harhour"]) == (2, 2)


def test_stop_words_that_were_misread_are_dropped(corpus):
    corpus.confirm_misread("the", ["nothing"])

    left = counts(select(corpus.tokens(), Filter(stop_words="drop")))
    assert "nothing" not in left and "the" not in left


def test_what_was_confirmed_is_selected_and_can_be_counted_apart_again(corpus):
    corpus.confirm_misread("Burnley", ["Bumley"])
    table = variants(select(corpus.tokens()), "burnley").set_index("term")
    assert table.loc[["burnley", "bumley"], "selected"].all()
    assert table.loc["bumley", "count"] == 1

    corpus.confirm_misread("Burnley", [])
    assert corpus.misread_forms() == {}
    assert counts(select(corpus.tokens()))["bumley"] == 1


def test_a_name_that_was_read_surely_is_another_name(tmp_path):
    names = "Hansen|97 " * 100 + "Hanson|97 " * 40 + "Hansan|60"
    with Corpus(tmp_path / "names.sqlite", write=True) as corpus:
        fill(corpus, page("a", names))
        table = variants(select(corpus.tokens()), "Hansen").set_index("term")

    assert table["selected"].to_dict() == {
        "hansen": True,
        "hansan": True,
        "hanson": False,
    }


def test_keywords_that_may_be_misread_are_named(corpus):
    fill(corpus, page("d", "harbour harbour harbour Hatbour|96"))

    found = likely_misreadings(select(corpus.tokens()), ["harhour", "hatbour", "old"])

    assert found == [("harhour", "harbour")]
