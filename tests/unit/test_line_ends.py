"""Words at line ends as mining counts them: broken, doubled, or with own hyphens."""

from dataclasses import replace

import pytest

from ocr_core.corpus import Corpus
from ocr_core.mining import select
from ocr_core.mining.concordance import kwic
from ocr_core.mining.tokens import OUTER
from ocr_core.page import PageRef
from tests.support.drawn_series import HEADLESS, drawn_series
from tests.support.written import fill, page, tokens_of


def forms(text, language="eng"):
    tokens = tokens_of([page("a", text, language=language)])
    return [tokens.vocabulary[form] for form in tokens.forms]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("the har-\nbour is", "eng"),
        ("govern-\nment and", "eng"),
        ("die Regie-\nrung sagt", "deu"),
        ("le gouver-\nnement dit", "fra"),
        ("peme-\nrintah itu", "ind"),
    ],
)
def test_search_and_concordance_find_a_broken_word(tmp_path, text, language):
    [word] = [form for form in forms(text, language) if len(form) > 6]
    with Corpus(tmp_path / "c.sqlite", write=True) as corpus:
        fill(corpus, page("a", text, language=language))

        hits = corpus.search(word)
        rows, total = kwic(select(corpus.tokens()), word)

    assert [hit.doc_id for hit in hits] == rows["doc_id"].tolist() == ["a"]
    assert total == 1


@pytest.mark.parametrize(
    ("halves", "language", "whole"),
    [
        ("pro-\nvide", "eng", "provide"),
        ("ex-\nample", "eng", "example"),
        ("mid-\nnight", "eng", "midnight"),
        ("pre-\nsent", "eng", "present"),
        ("non-\nsense", "eng", "nonsense"),
        ("ex-\nplain", "eng", "explain"),
        ("pro-\nject", "eng", "project"),
        ("post-\npone", "eng", "postpone"),
        ("ver-\nstehen", "deu", "verstehen"),
        ("pro-\ntester", "fra", "protester"),
        ("pro-\nposait", "fra", "proposait"),
        ("ex-\nposer", "fra", "exposer"),
    ],
)
def test_a_prefix_at_a_line_end_is_the_beginning_of_its_word(halves, language, whole):
    assert forms(halves, language) == [whole]


@pytest.mark.parametrize(
    ("text", "language", "wanted"),
    [
        ("a well-\nknown one", "eng", "a well-known one"),
        ("her mother-in-\nlaw", "eng", "her mother-in-law"),
        ("her mother-\nin-law", "eng", "her mother-in-law"),
        ("von Nord-\nSüd und Nord-Süd", "deu", "von Nord-Süd und Nord-Süd"),
        ("that day-to-\nday life", "eng", "that day-to-day life"),
    ],
)
def test_a_compound_keeps_its_hyphen(text, language, wanted):
    assert forms(text, language) == wanted.split()


@pytest.mark.parametrize(
    "doubled",
    # of each kind of reduplication in Sneddon, Adelaar, Djenar & Ewing 2010,
    # "Indonesian: a comprehensive grammar": full, affixed, and with another sound
    "anak-anak kupu-kupu buah-buahan anak-anaknya bersama-sama berlari-lari "
    "tolong-menolong pukul-memukul surat-menyurat sayur-mayur gerak-gerik "
    "bolak-balik".split(),
)
def test_a_doubled_word_of_indonesian_is_one_with_its_hyphen(doubled):
    assert forms(f"di {doubled.replace('-', '-' + chr(10))} itu", "ind") == [
        "di",
        doubled,
        "itu",
    ]


@pytest.mark.parametrize("word", "kehidupan penghidupan mengambil merupakan".split())
def test_a_broken_word_of_indonesian_is_no_doubled_one(word):
    for place in range(2, len(word) - 2):
        assert "-" not in "".join(forms(f"{word[:place]}-\n{word[place:]}", "ind"))


@pytest.mark.parametrize(
    "text",
    ["Butter 5 -\nEggs 12", "Butter 5 —\nEggs 12", "flour-\n12 sacks", "per-\n30 cent"],
)
def test_a_dash_at_the_end_of_a_row_of_a_table_joins_nothing(text):
    assert forms(text) == [
        part for part in text.replace("-", " ").split() if part != "—"
    ]


@pytest.mark.parametrize("kind", [name for name in HEADLESS if name != "sections"])
def test_salutations_and_datelines_stay_in_a_document_of_many_letters(kind):
    letters = [
        replace(each, ref=PageRef("letters.tif", number, "letters"))
        for number, (each, _) in enumerate(drawn_series(kind), 1)
    ]

    tokens = tokens_of(letters)

    assert not (tokens.words & OUTER).any()
