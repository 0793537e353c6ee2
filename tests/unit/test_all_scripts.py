"""Scripts: points, capitals, digits and page numbers of all of them."""

# ruff: noqa: RUF001

import pytest

from ocr_core.corpus import Corpus
from ocr_core.mining import Filter, select
from ocr_core.mining.account import notices
from ocr_core.mining.concordance import kwic
from ocr_core.text.context import context_of, summary_of
from ocr_core.text.numerals import page_number
from ocr_core.text.quality import word_kind
from tests.support.written_corpora import columns_of, fill, in_language, page

GENESIS = "בְּרֵאשִׁית בָּרָא אֱלֹהִים"  # 1:1


@pytest.mark.parametrize(
    ("text", "language", "query", "count"),
    [
        (GENESIS, "heb", "ברא", 1),
        (GENESIS, "heb", "ברא*", 2),
        (GENESIS, "heb", "בָּרָא", 1),
        ("ברא בָּרָא", "heb", "ברא", 2),
        ("كِتَابٌ كـتاب كتب", "ara", "كتاب", 2),  # with vowels, with a kashida
        ("كِتَابٌ كُتَّابٌ", "ara", "كِتَابٌ", 1),
        ("ΛΌΓΟΣ λόγος λόγου", "ell", "λόγοσ", 2),
        ("IŞIK ışık ISI", "tur", "ışık", 2),
        ("IŞIK ışık ISI", "tur", "isi", 0),
        ("१२३ किताबें", "hin", "१२३", 1),
        ("٣٫١٤ كتاب", "ara", "٣٫١٤", 1),
    ],
)
def test_words_are_found_by_their_letters(tmp_path, text, language, query, count):
    with Corpus(tmp_path / "c.sqlite", write=True) as corpus:
        fill(corpus, page("a", text, language=language))
        selection = select(corpus.tokens(), Filter(numbers="keep"))

        assert kwic(selection, query)[1] == count
        assert len(corpus.search(query)) == bool(count)


def test_digits_of_all_scripts_are_numbers(tmp_path):
    numbers = "१२३ ৪৫ ٣٫١٤ ۱۲ ၁၂ ២០២៤ ௧௨"
    with Corpus(tmp_path / "c.sqlite", write=True) as corpus:
        fill(corpus, page("a", f"{numbers} किताबें", language="hin"))
        tokens = corpus.tokens()

    assert len(select(tokens, Filter(numbers="keep")).counts.nonzero()[0]) == 8
    found = select(tokens)
    assert [
        found.vocabulary[n] for n in range(len(found.vocabulary)) if found.counts[n]
    ] == ["किताबें"]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("- १२ -", 12),
        ("٣٤", 34),
        ("๔๕", 45),
        ("xiv", 14),
        ("二十三", 23),
        ("一百二十", 120),
        ("一二三", 123),
        ("廿五", 25),
        ("ιβ΄", 12),
        ("ט״ו", 15),
        ("קכג", 123),
        ("第三", None),
        ("word", None),
        ("את", None),  # a word: its values rise
        ("—", None),
    ],
)
def test_a_page_number_has_a_value(text, number):
    assert page_number(text) == number


@pytest.mark.parametrize(
    "numbers", ["१२ १३ १४ १५", "٣٤ ٣٥ ٣٦ ٣٧", "九 十 十一 十二", "יד טו טז יז"]
)
def test_page_numbers_in_other_digits_are_no_text(numbers):
    pages = [
        page("a", f"{number}\n\n\n{body}\nof {body}", n, size=(1000, 1000))
        for n, (number, body) in enumerate(
            zip(numbers.split(), ("ships", "harbour", "tide", "moon"), strict=True), 1
        )
    ]

    context = context_of(summary_of(pages))

    assert [context.outer_lines(each) for each in pages] == [{0: "page number"}] * 4


def test_languages_without_lemmas_are_named():
    tokens = in_language(columns_of([("a", ["ภาษา"])]), "tha+eng")

    [notice] = notices(select(tokens, Filter(words="lemma")))

    assert "no lemmas for tha:" in notice
    assert [*notices(select(tokens))] == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ሰው፡ያለፍርድ፡ተይዞ።", "word"),  # a word space of Amharic is a mark
        ("平等,并有权。不受任何歧视", "word"),
        ("人は、法の下で「平等」である。", "word"),
        ("ភាសា។ខ្មែរ", "word"),
        ("མི་ཡིན།མི", "word"),
        ("wo、rd", "odd"),
        ("人;;|人^", "odd"),
    ],
)
def test_marks_between_words_without_spaces_are_no_oddity(text, kind):
    assert word_kind(text) == kind
