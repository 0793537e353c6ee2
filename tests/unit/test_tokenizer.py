"""The tokenizer: words of every script come out whole, and search finds what counts."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr_core.corpus import Corpus
from ocr_core.corpus.schema import EARLIER_SEARCH
from ocr_core.mining import Filter, select
from ocr_core.mining.concordance import kwic
from ocr_core.page import Word
from ocr_core.text.line_ends import line_end
from ocr_core.text.quality import word_kind
from ocr_core.tokenizer import TOKEN, lowered, pieces, respelled, split
from tests.support.written_corpora import columns_of, fill, in_language, page

# Words parted by spaces, as they are written; each is one token.
WHOLE = [
    "हिन्दी में क्षेत्र किताबें विद्यार्थी",
    "கொழும்பு தமிழ் மொழி புத்தகம்",
    "বাংলা ভাষা বিশ্ববিদ্যালয় রবীন্দ্রনাথ",
    "كِتَابٌ مُحَمَّدٌ الْعَرَبِيَّةُ",
    "בְּרֵאשִׁית בָּרָא אֱלֹהִים",  # Genesis 1:1
    "می\u200cروم کتاب\u200cها",  # with ZWNJ  # noqa: RUF001
    "ක්\u200dරීඩා",  # with ZWJ
    "ինչո՞ւ",  # the mark stands over the vowel before it
]


@pytest.mark.parametrize("text", WHOLE)
def test_words_with_marks_and_joiners_are_whole(text):
    assert split(text) == text.split()


@pytest.mark.parametrize("text", WHOLE)
def test_words_of_such_scripts_are_no_oddities(text):
    assert {word_kind(word) for word in text.split()} <= {"word", "short"}


@pytest.mark.parametrize(
    "run",
    [
        "ភាសាខ្មែរ",
        "မြန်မာဘာသာ",
        "ภาษาไทยง่าย",
        "ພາສາລາວ",
        "中华人民共和国",
        "カタカナとひらがな漢字",
    ],
)
def test_scripts_without_spaces_are_kept_unbroken_without_a_segmenter(
    run, no_segmenter
):
    tokens = columns_of([("a", split(f"{run} word"))])

    assert list(tokens.vocabulary) == [run, "word"]
    assert tokens.vocabulary.unspaced.tolist() == [True, False]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        # Unicode Standard Annex 29, rules WB4, WB6, WB7, WB7b, WB7c, WB11 and WB12
        ("can't can\u2019t can\u2018t can\xb4t", "can't can't can't can't"),
        ('צה"ל צה״ל', 'צה"ל צה״ל'),
        ("3.14 1,234.50", "3.14 1,234.50"),
        ("co\u2060op co\xadop", "coop coop"),
        ("anak\u2011anak Nord\u2010Süd", "anak-anak Nord-Süd"),
        ("col·lecció · x", "col·lecció x"),
        # beyond it
        ("the U.S.A., e.g. z.B. J.S. Bach.", "the U.S.A. e.g. z.B. J.S. Bach"),
        ("AT&T R&D Smith&Sons AT&Tx", "AT&T R&D Smith Sons AT Tx"),
        ("to j.doe+x@mail.example.org.", "to j.doe+x@mail.example.org"),
        ("end.The a@b", "end The a b"),
        ("1 234 567 or 12\u202f345,50", "1234567 or 12345,50"),
        ("in 1890 234 men; 12 34", "in 1890 234 men 12 34"),
        ("5% £20 §12 ¶", "5 % £ 20 § 12 ¶"),
        ("e\u0301te\u0301 \u017ftill \ufb01ne", "été still fine"),
    ],
)
def test_a_token_is_what_the_rule_says(text, wanted):
    assert split(text) == wanted.split()


@given(
    st.text(st.characters(codec="ascii"), max_size=12)
    | st.from_regex(r"[A-Za-z]{1,9}[,.;:!?]?", fullmatch=True),
    st.sampled_from(["eng", "fra"]),
)
def test_the_short_way_for_plain_words_cuts_as_the_long_way(text, language):
    found = TOKEN.findall(respelled(text))

    if not any(mark in text for mark in "'. "):
        assert [text[piece.start : piece.end] for piece in pieces(text, language)] == [
            each.group() for each in TOKEN.finditer(text)
        ]
    assert bool(found) == bool(pieces(text, language))


@given(st.text(max_size=60), st.sampled_from(["eng", "fra", "tur"]))
def test_pieces_say_where_they_stand(text, language):
    plain = respelled(text)

    for form, start, end in pieces(text, language):
        assert "".join(split(plain[start:end], language)) == form


@pytest.mark.parametrize(
    ("form", "language", "small"),
    [
        ("IŞIK", "tur", "ışık"),
        ("İstanbul", "tur", "istanbul"),
        ("BAKI", "aze", "bakı"),
        ("ISTANBUL", "eng", "istanbul"),
        ("ΛΌΓΟΣ", "ell", "λόγος"),
        ("λόγοσ", "ell", "λόγος"),
        ("ΣΊΣΥΦΟΣ", "ell", "σίσυφος"),
        ("Straße", "deu", "straße"),
    ],
)
def test_small_letters_are_those_of_the_language(form, language, small):
    assert lowered(form, language) == small


def counted(tokens, **wanted):
    found = select(tokens, Filter(**wanted))
    return {
        word: int(found.counts[n])
        for n, word in enumerate(found.vocabulary)
        if found.counts[n]
    }


def test_each_page_is_folded_by_its_own_language():
    tokens = columns_of([("a", ["IŞIK"]), ("b", ["IN"])])
    codes = "tur", "eng"
    page_infos = [
        in_language(tokens, code).page_infos[n] for n, code in enumerate(codes)
    ]
    tokens = replace(tokens, page_infos=page_infos)

    assert counted(tokens) == {"ışık": 1, "in": 1}
    assert kwic(select(tokens), "ışık")[1] == 1
    assert kwic(select(tokens), "IŞIK")[1] == 1


def test_sharp_s_is_two_s_when_asked():
    tokens = columns_of([("a", ["Straße", "Strasse"])])

    assert counted(tokens) == {"straße": 1, "strasse": 1}
    assert counted(tokens, sharp_s="fold") == {"strasse": 2}
    assert kwic(select(tokens, Filter(sharp_s="fold")), "straße")[1] == 2


def test_symbols_are_kept_when_asked_and_are_no_numbers():
    tokens = columns_of([("a", split("£20 or 5% of it"))])

    assert counted(tokens) == {"or": 1, "of": 1, "it": 1}
    assert counted(tokens, numbers="keep").keys() == {"20", "5", "or", "of", "it"}
    assert counted(tokens, symbols="keep").keys() == {"£", "%", "or", "of", "it"}


@pytest.mark.parametrize(
    ("query", "count"),
    [("हिन्?ी", 1), ("हि*", 1), ("कि?", 1), ("/\\w+/", 2), ("हिन्दी", 1)],
)
def test_a_wildcard_stands_for_a_letter_with_its_marks(query, count):
    tokens = columns_of([("a", ["हिन्दी", "किता"])])

    assert kwic(select(tokens), query)[1] == count


def test_a_number_of_several_words_is_one_token(tmp_path):
    line = [
        Word(1, 1, 1, n, left, 10, 30, 20, 90.0, text)
        for n, (left, text) in enumerate(
            [
                (0, "1"),
                (35, "234"),
                (70, "567"),
                (120, "men"),
                (300, "12"),
                (400, "345"),
            ]
        )
    ]
    with Corpus(tmp_path / "c.sqlite", write=True) as corpus:
        fill(corpus, page("a", "", rows=tuple(line)))
        tokens = corpus.tokens()

    assert tokens.spelled() == ["1234567", "men", "12", "345"]
    assert tokens.words().first.tolist() == [0, 3, 4, 5]
    assert tokens.words().last.tolist() == [2, 3, 4, 5]


@pytest.mark.parametrize(
    ("head", "tail", "wanted"),
    [
        *(
            (*word.split("|"), "broken")
            for word in "pro|vide ex|ample ex|press mid|night pre|sent pro|test "
            "ex|port non|sense post|pone pre|tend ex|change".split()
        ),
        *(
            (*word.split("|"), "compound")
            for word in "pre|war non|existent well|known anak|anak mother-in|law "
            "anti|slavery".split()
        ),
        ("pre", "and", "apart"),
        ("Kowal", "czyk", "apart"),
    ],
)
def test_a_hyphen_at_a_line_end_is_the_words_own_or_not(head, tail, wanted):
    words = Counter({"well-known": 2, "well": 1, "known": 1})

    assert line_end(head, tail, "eng", words) == wanted


TEXTS = {
    "broken": "the old har-\nbour of Hull",
    "long": "they \u017ftill \ufb01nd it",
    "own": "a well-known one, a well-\nknown two",
    "clitic": "the ship's well",
    "hindi": "यह हिन्दी है",
    "dots": "the U.S.A. and 1 234 567 men",
}


@pytest.mark.parametrize(
    "query",
    [
        *("harbour", "still", "find", "well-known", "well", "stil*", "ship's", "हिन्दी"),
        *("U.S.A", "old harbour", "1 234 567", "bour", "har", "har*", "ship"),
    ],
)
def test_search_finds_the_pages_that_a_concordance_finds(tmp_path, query):
    with Corpus(tmp_path / "c.sqlite", write=True) as corpus:
        fill(corpus, *(page(name, text) for name, text in TEXTS.items()))
        selection = select(corpus.tokens(), Filter(numbers="keep"))

        phrase = f'"{query}"' if " " in query else query
        hits = {hit.doc_id for hit in corpus.search(phrase)}

    assert hits == set(kwic(selection, query)[0]["doc_id"])
    assert bool(hits) == (query not in ("bour", "har", "ship"))


def test_a_corpus_of_an_earlier_version_is_searched_as_it_stands_and_then_by_words(
    tmp_path,
):
    path = tmp_path / "c.sqlite"
    with Corpus(path, write=True) as corpus:
        fill(corpus, page("a", "the old har-\nbour"))
        corpus.tokens()
        corpus.execute("DROP TABLE search")
        corpus.execute(EARLIER_SEARCH)
        corpus.execute("INSERT INTO search (search) VALUES ('rebuild')")
        corpus.execute("UPDATE token_pages SET rule = 1")

    with Corpus(path, foreign=True) as corpus:
        assert not corpus.full_text
        assert [hit.snippet for hit in corpus.search("old")] == [
            "…the [old] har- bour…"
        ]
    with Corpus(path, write=True) as corpus:
        assert corpus.count_behind() == 1
        assert [hit.snippet for hit in corpus.search("harbour")] == [
            "the old [har- bour]"
        ]
        assert corpus.full_text
