"""The language of words, by letter sequences and by lexicons."""

import unicodedata

import pytest

from ocr_core.imaging.orientation import LATIN
from ocr_core.language_tags import TWO_LETTERS
from ocr_core.page import Word
from ocr_core.text import identification
from ocr_core.text.identification import (
    distances,
    foreign_words,
    likely_language,
    near_languages,
    second_language,
)
from ocr_core.text.quality import word_kind

POSSIBLE = LATIN & {*TWO_LETTERS}


def words(text):
    """Return the words of a text, each line of it as a line."""
    return [
        Word(1, 1, line, number, 10 * number, 0, 9, 9, 95, each)
        for line, text in enumerate(text.splitlines())
        for number, each in enumerate(text.split())
    ]


def likely(text, installed=()):
    return likely_language(words(text), POSSIBLE, "eng", installed)


# Receipts and lists have few words, many of them abbreviations, names and numbers.
SHORT = {
    "eng": """CORNER SHOP 14 MILL LANE
2 X MLK 1.90
BREAD WHITE 1.10
TOTAL 3.00 CASH 5.00
CHANGE 2.00
THANK YOU""",
    "ind": """WARUNG BU SITI JL. MELATI NO 8
NASI GRG 2 30.000
ES TEH MNS 2 8.000
JUMLAH 38.000 TUNAI 50.000
KEMBALI 12.000
TERIMA KASIH""",
    "deu": """BÄCKEREI WOLF LANGE GASSE 3
2 BRÖTCHEN 0,80
1 KAFFEE GR. 2,90
SUMME 3,70 BAR 5,00
RÜCKGELD 1,30
VIELEN DANK""",
    "nld": """BAKKERIJ SMIT MARKT 5
1 VOLKOREN HEEL 2,80
2 KRENTENBOL 1,70
TOTAAL 4,50 CONTANT 5,00
WISSELGELD 0,50
TOT ZIENS""",
    "por": """PADARIA SOL LTDA RUA DA PRAIA 2
2 PAO DE QUEIJO 9,00
1 CAFE C/ LEITE 6,50
TOTAL 15,50 DINHEIRO 20,00
TROCO 4,50
OBRIGADO""",
    "spa": """FRUTERIA LA HUERTA CALLE REAL 9
1 KG MANZANAS 2,10
2 LECHUGA 1,60
TOTAL 3,70 EFECTIVO 5,00
CAMBIO 1,30
GRACIAS""",
}


@pytest.mark.parametrize("language", SHORT)
def test_the_language_of_a_receipt_is_found(language):
    assert likely(SHORT[language]) == language


def test_a_list_of_names_is_in_the_language_of_its_few_words():
    assert (
        likely(
            """Realschule Kirchberg, Frau Hollmann, Am Anger 4
Grundschule Tannau, Herr Zeisig, Birkenweg 11
Gesamtschule Ostheim, Frau Prill, Uferstraße 20"""
        )
        == "deu"
    )


def test_words_read_without_their_accents_are_in_their_language():
    text = """Le maire nous a dit que le pont serait rénové avant l'été, et que
les élèves pourraient traverser la rivière sans être gênés."""
    bare = unicodedata.normalize("NFD", text).encode("ascii", "ignore").decode()

    assert likely(bare) == "fra"


def test_letters_that_are_no_words_are_in_no_language():
    assert likely("xvq zzrt mnbv ploki juhyg tfrde swaqz lkjh gfdsa poiu ytrew") == ""


CROATIAN = """Stari učitelj živio je u maloj kući na obali rijeke i svako je jutro
izlazio u vrt da vidi kako rastu njegove jabuke i kruške."""


@pytest.mark.parametrize("installed", ["bos", "hrv"])
def test_of_two_languages_with_the_same_words_the_installed_one_is_chosen(installed):
    assert likely(CROATIAN, {installed, "eng"}) == installed


GERMAN = """Der Abt schrieb am Abend noch einen langen Brief an den Bischof
und bat ihn, die alten Rechte des Klosters zu bestätigen."""
LATIN_LINES = """Gloria in excelsis Deo et in terra pax hominibus bonae voluntatis
laudamus te benedicimus te adoramus te glorificamus te"""


def test_lines_in_a_second_language_are_noticed():
    both = words(GERMAN + "\n" + LATIN_LINES)

    assert second_language(both, "deu", {"deu", "eng", "fra", "lat"}) == "lat"
    assert second_language(words(GERMAN), "deu", {"deu", "eng", "fra", "lat"}) == ""
    assert second_language(both, "deu", {"deu", "eng", "fra"}) == ""


def test_text_needs_no_lexicon_of_a_language_that_cannot_be_likelier(monkeypatch):
    """All words are known in German, so only languages as near are looked up."""
    asked = set()

    def kind(text, lexicons=()):
        asked.update(lexicons)
        return word_kind(text, lexicons)

    monkeypatch.setattr(identification, "word_kind", kind)
    text = "am ufer des flusses lag ein kleines dorf in dem die menschen lebten"

    found = likely_language(words(text), {*TWO_LETTERS}, "eng")

    assert (found, asked) == ("deu", {"de", "en"})


def test_languages_that_are_tried_are_installed_and_need_not_be_the_first():
    """A list of countries in Vietnamese, without its marks."""
    text = """Cong hoa Nhan dan Lien bang Ne-pan, Quoc gia Pa-lau,
Vuong quoc Ha-se-mai-th, Quan dao Ma-ri-a-na, Uc, Thuy Si, I-rac, Bra-xin"""
    behind = list(distances(words(text), POSSIBLE))
    first, near, far = behind[0], behind[1], behind[-1]

    found = near_languages(words(text), POSSIBLE, {near, far})

    assert first not in found
    assert found == [near]


def test_a_list_in_one_of_near_languages_is_in_the_installed_one():
    """Countries in Indonesian: Malay and Javanese are as near, all others far."""
    text = """Kerajaan Norwegia
Negara Kuwait
Kepulauan Virgin Amerika Serikat
Republik Demokrat Timor Timur
Persemakmuran Kepulauan Mariana Utara
Wilayah Samudera Hindia Britania
Kepulauan Faroe dan Islandia"""

    assert likely(text, {"eng", "ind"}) == "ind"
    assert likely(text, {"eng", "deu"}) != "deu"


def test_lines_of_names_are_in_no_other_language():
    names = "Debbie Lockery Karen Huyett\nVanessa Oakley Drew Jeschke"
    latin = "Gloria in excelsis Deo et in terra pax"

    assert not foreign_words(words(names), "eng")
    assert foreign_words(words(latin), "eng")
