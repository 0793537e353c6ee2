"""The language of receipts, by what they call sums, payment and thanks."""

import pytest

from ocr_core.language_choice import fits
from ocr_core.page import Word
from ocr_core.text.identification import likely_language
from ocr_core.text.receipt_words import RECEIPT_WORDS, receipt_language

# Most words are names of products, in English.
RECEIPTS = {
    "ind": """SPBU SEJAHTERA 7
PUMP 2 FUEL TYPE SUPER
VOLUME 4.1 LTR RATE 12000
TOTAL 49200 TUNAI 50000
KEMBALI 800
TERIMA KASIH""",
    "spa": """BURGER PLAZA
1 DOUBLE CHEESE MENU 8,90
1 ICE CREAM SUNDAE 2,10
EFECTIVO 20,00 CAMBIO 9,00""",
    "fra": """SUSHI BAR
CALIFORNIA ROLL 8,90
SPRING ROLL 7,50
MONTANT TTC 16,40
À BIENTÔT""",
    "vie": """GREEN COFFEE
ICED MATCHA LATTE 45.000
TỔNG CỘNG 45.000
TIỀN MẶT 50.000""",
    "eng": """RESTORAN MUTIARA NO 8 JALAN TAMAN SARI
NASI GORENG 8.00
TEH TARIK 2.10
TAX 0.60 CASH 20.00
CHANGE 9.30
THANK YOU""",
}


def words(text):
    """Return the words of a text, each line of it as a line."""
    return [
        Word(1, 1, line, number, 10 * number, 20 * line, 9, 9, 95, each)
        for line, text in enumerate(text.splitlines())
        for number, each in enumerate(text.split())
    ]


@pytest.mark.parametrize("language", RECEIPTS)
def test_the_words_around_the_products_name_the_language(language):
    receipt = words(RECEIPTS[language])

    assert receipt_language(receipt) == language
    assert likely_language(receipt, {*RECEIPT_WORDS}, "eng") == language
    assert fits(receipt, "eng") is (language == "eng")


@pytest.mark.parametrize(
    "text",
    [
        "CASH 5.00 CHANGE 1.00 SUMME 4,00 BAR 5,00",  # in two languages
        "The table was laid for a guest who never came, and the lamp burned until "
        "the morning, when the old man blew it out and went to bed.",
        " ".join(f"w{n}or" for n in range(200)) + " CASH CHANGE TAX",  # too long
    ],
)
def test_other_texts_are_no_receipt(text):
    assert not receipt_language(words(text))
