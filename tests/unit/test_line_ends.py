"""Words at line ends as mining counts them: broken, doubled, or with own hyphens."""

from dataclasses import replace

import pytest

from ocr_core.corpus import Corpus
from ocr_core.mining import select
from ocr_core.mining.concordance import kwic
from ocr_core.mining.page_tokens import document_tokens
from ocr_core.page import PageRef
from ocr_core.text.cleaning import clean, undo
from ocr_core.text.context import Neighbour, context_of, summary_of
from tests.support.drawn_series import HEADLESS, drawn_series
from tests.support.written_corpora import fill, page, tokens_of


def forms(text, language="eng"):
    tokens = tokens_of([page("a", text, language=language)])
    return tokens.spelled()


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
        ("die Nord-Süd-\nBahn hält", "deu", "die Nord-Süd-Bahn hält"),
        ("der Rhein-\nMain-Kanal", "deu", "der Rhein-Main-Kanal"),
        ("Frau Müller-\nLüdenscheidt", "deu", "Frau Müller-Lüdenscheidt"),
        ("der U-Bahn-\nhof", "deu", "der U-Bahnhof"),
        ("an Anglo-\nSaxon king", "eng", "an Anglo-Saxon king"),
        ("in mid-\nJuly", "eng", "in mid-July"),
        ("peut-\nêtre demain", "fra", "peut-être demain"),
        ("viendra-t-\nil", "fra", "viendra-t-il"),
        ("rumah-\nrumah itu", "ind", "rumah-rumah itu"),
    ],
)
def test_a_compound_keeps_its_hyphen(text, language, wanted):
    assert forms(text, language) == wanted.split()


@pytest.mark.parametrize(
    ("text", "language", "wanted"),
    [
        ("trat am Montag zusammen und bewil\nligte 219 Mark", "deu", "bewilligte"),
        ("seit Südhaven und zer\nrissene Segel", "deu", "zerrissene"),
        ("auf den Markt und ver.\nlangten 14 Mark", "deu", "verlangten"),
        ("there was no gov\nernment in the town", "eng", "government"),
        ("ships that had arri\nved from the north", "eng", "arrived"),
        ("le maître du port doit pré\nsenter un rapport", "fra", "présenter"),
        ("arrivé avec 34 voya,\ngeurs et le courrier", "fra", "voyageurs"),
        ("itu telah peme\nrintah kota lama", "ind", "pemerintah"),
    ],
)
def test_a_broken_word_whose_hyphen_was_not_read_is_joined(text, language, wanted):
    found = forms(text, language)

    assert wanted in found
    assert len(found) == len(text.split()) - 1


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("he had to be in\nside with us all", "eng"),  # two words as well
        ("and some day in\nto which he came", "eng"),
        ("she was not able\nto see any one", "eng"),
        ("with him was Mac\nDonald of the isle", "eng"),  # a capital begins a word
        ("the old Tregear\nrowed to the quay", "eng"),  # a name, and another word
        ("die Tochter er\nfaßte seine Hand", "deu"),
        ("der Name war Ham\nmerschmidt sagt er", "deu"),  # in no lexicon
        ("aujourd'hui\nle vent est bon", "fra"),
        ("di sana anak\nanak itu bermain", "ind"),
        ("gov\nernment", "yor"),  # no lexicon
    ],
)
def test_two_words_at_a_line_end_stay_apart(text, language):
    assert len(forms(text, language)) == len(text.split())


def test_a_word_that_never_stands_by_itself_is_a_part_of_a_frequent_one():
    singing = "der Chor singt im Festsaal\n" * 2 + "der Chor singt im Fest\n"

    joined = forms(f"{singing}saal und dann beim Fest im Mai beim Fest", "deu")
    apart = forms(f"{singing}saal und im Saal beim Fest", "deu")

    assert joined.count("Festsaal") == 3
    assert apart.count("Festsaal") == 2


@pytest.mark.parametrize(
    ("text", "after"),
    [("und ver.", "langten Geld"), ("und ver", "langten Geld")],
)
def test_cleaned_text_has_the_word_whole_and_can_be_undone(text, after):
    [found] = clean([page("a", f"{text}\n{after}", language="deu")])

    assert found.text == "und verlangten Geld"
    assert undo(found.text, found.changes) == found.text_raw


def test_a_name_is_joined_that_a_neighbouring_document_has():
    broken = page("tide 1", "the ship of Norder-\nwiek came", language="deu")
    other = page("tide 2", "Norderwiek and Norderwiek", language="deu")

    with_series = context_of(summary_of([broken]), [Neighbour(1, summary_of([other]))])

    assert "Norderwiek" in document_tokens([broken], with_series)[0].forms
    assert "Norderwiek" not in forms("the ship of Norder-\nwiek came", "deu")


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
    for cut in range(2, len(word) - 2):
        assert "-" not in "".join(forms(f"{word[:cut]}-\n{word[cut:]}", "ind"))


@pytest.mark.parametrize(
    "text",
    [
        "Butter 5 -\nEggs 12",
        "Butter 5 —\nEggs 12",
        "flour-\n12 sacks",
        "per-\n30 cent",
        "so he said-\nBut no one came",
        "two-\nand three masts",
    ],
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

    assert not tokens.words().outer.any()
