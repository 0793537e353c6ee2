"""Chinese text is told from Japanese and of its two kinds by its letters."""

import pytest

from ocr_core.language_choice import language_of_text
from ocr_core.page import Word
from ocr_core.script_choice import chinese_by_letters


def words_of(text):
    return [
        Word(1, 1, 1, number, 0, 0, 10, 10, 100.0, each)
        for number, each in enumerate(text.split(), start=1)
    ]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("人人生而自由、在尊严和权利上一律平等。", "chi_sim"),
        ("人人生而自由、在尊嚴和權利上一律平等。", "chi_tra"),
        ("すべての人間は、生れながらにして自由である。", ""),
        ("모든 人間은 태어날 때부터 自由로우며", ""),
        ("The word 人 means a person, and 口 a mouth.", ""),
        ("1897 — 12", ""),
    ],
)
def test_chinese_is_known_by_its_letters(text, language):
    assert chinese_by_letters(words_of(text)) == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם Article 1", "heb"),
        (
            "すべての人間は、生れながらにして自由であり、尊厳と権利とについて平等である。人間は、理性と良心とを授けられている。",
            "jpn",
        ),
        ("Բոլոր մարդիկ ծնվում են ազատ ու հավասար իրենց արժանապատվությամբ", "hye"),
        ("Pqzrt wvbnk lmqst dfghj klmnp qrstv wxzbc dfghk", ""),
    ],
)
def test_a_short_text_has_the_language_of_its_script(text, language):
    """Too short for letter sequences alone; the first article of the Declaration."""
    assert language_of_text(words_of(text)).likely == language
