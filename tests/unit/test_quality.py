"""Quality without ground truth: it ranks readings, and garbage gets a low value."""

import cv2
import numpy as np
import pytest

from ocr_core.imaging import page_ink
from ocr_core.page import Word
from ocr_core.text import quality

PROSE = "the houses stood near the river and every window was open to the sun".split()


def row(texts, conf=96.0, top=100):
    """Words of 60 by 30 pixels, 20 apart."""
    return [
        Word(1, 1, 1, number, 100 + 80 * number, top, 60, 30, conf, text)
        for number, text in enumerate(texts, start=1)
    ]


def drawn(text="Every window was open"):
    """A page of ten lines of text: black on white."""
    image = np.full((900, 1400), 255, np.uint8)
    for line in range(10):
        left_top = (80, 120 + 75 * line)
        cv2.putText(image, text, left_top, cv2.FONT_HERSHEY_SIMPLEX, 1.4, 0, 3)
    return image


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("houses", "known"),
        ("well-known", "known"),
        ("(window)", "known"),
        ("1,250.00", "number"),
        ("13:21", "number"),
        ("of", "short"),
        ("Kowalczyk", "name"),
        ("hcuses", "unknown"),
        ("—", "mark"),
        ("wiNdow", "odd"),
        ("aaaaargh", "odd"),
        ("bcdfgh", "odd"),
        ("wh|ch~", "odd"),
        ("l3tter", "odd"),
    ],
)
def test_a_word_is_known_for_what_it_is(text, kind):
    assert quality.word_kind(text, ("en",)) == kind


def test_without_a_lexicon_no_word_is_unknown():
    assert quality.word_kind("hcuses") == "word"


def test_a_language_without_a_lexicon_is_judged_by_confidence_alone():
    assert quality.page_quality(row(PROSE, 60), "yor") == pytest.approx(
        quality.page_quality(row(["hcuscs"] * len(PROSE), 60), "yor"), abs=0.1
    )


@pytest.mark.parametrize("conf", [20, 50, 80, 92])
def test_of_two_readings_the_one_with_words_of_the_language_is_better(conf):
    garbled = [text.replace("e", "c").replace("o", "0") for text in PROSE]

    good, bad = quality.compared([row(PROSE, conf), row(garbled, conf)], "eng")

    assert good > bad


def test_of_two_readings_the_surer_is_better():
    good, bad = quality.compared([row(PROSE, 95), row(PROSE, 60)], "eng")

    assert good > bad


def test_a_reading_that_misses_half_of_the_page_is_worse():
    good, bad = quality.compared([row(PROSE), row(PROSE[:7])], "eng")

    assert good > bad


def test_a_reading_of_the_page_and_of_stains_besides_is_worse():
    stains = row(["~|;", "iiii", "_—_", "x%k"], 20, top=400)

    good, bad = quality.compared([row(PROSE), row(PROSE) + stains], "eng")

    assert good > bad


def test_readings_of_nothing_can_be_compared():
    assert quality.compared([[], []], "eng") == [0, 0]


@pytest.mark.parametrize("conf", [0, 30, 60, 80])
def test_garbage_never_passes_for_half_a_page(conf):
    garbage = ["~|;", "iiii", "wqxz", "|—|", "rnmLk", "§§", "vVv"]

    assert quality.page_quality(row(garbage, conf), "eng") < 0.5


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("“Hull,”", "Hull"),
        ("_well-known_", "well-known"),
        ("-\n5", "5"),
        ("—…", ""),
        ("", ""),
    ],
)
def test_marks_go_from_the_ends_of_a_word(text, letters):
    assert quality.unmarked(text) == letters


def test_a_good_reading_is_worth_more_than_nine_tenths():
    assert quality.page_quality(row(PROSE), "eng") > 0.9


def test_ink_that_no_word_covers_lowers_the_quality():
    ink = np.array(
        [[100 + 40 * n, top, 20, 25] for n in range(20) for top in (100, 500)]
    )

    whole = quality.page_quality(row(PROSE * 1), "eng")

    assert quality.page_quality(row(PROSE), "eng", ink.astype(float)) < 0.7 * whole


def test_a_page_with_ink_and_no_word_is_worth_nothing():
    assert quality.page_quality([], "eng", page_ink.ink_boxes(drawn())) == 0.0


def test_without_ink_and_words_there_is_nothing_to_judge():
    assert quality.page_quality([], "eng", np.zeros((0, 4))) is None


def test_ink_is_found_where_the_letters_are():
    image = np.full((500, 800), 255, np.uint8)
    cv2.putText(image, "nnnnnnn", (200, 300), cv2.FONT_HERSHEY_SIMPLEX, 2, 0, 4)

    ink = page_ink.ink_boxes(image)

    assert len(ink) == 7
    assert 190 < ink[:, 0].min() < 220
    assert 240 < ink[:, 1].min() < (ink[:, 1] + ink[:, 3]).max() < 310


def test_white_paper_is_bare_and_a_written_page_is_not():
    assert page_ink.is_bare(np.full((1000, 700), 255, np.uint8))
    assert not page_ink.is_bare(drawn())


def test_grain_of_the_paper_is_no_ink():
    grain = np.random.default_rng(1).normal(225, 3, (1000, 700))

    assert page_ink.is_bare(grain.clip(0, 255).astype(np.uint8))


def test_a_word_that_is_unknown_counts_little_where_the_lexicon_lacks_many():
    german, georgian = (
        quality.mean_chance(row(["abcdefgh"], conf=80.0), code)
        for code in ("deu", "kat")
    )

    # Of right words Georgian's lexicon lacks 27 of 100, the usual one 5: 5.4 times
    # the odds. At 80 the usual odds are those of 0.527, times e to the power of -1.5.
    odds = 0.527 / 0.473 * np.exp(-1.5)
    assert german == pytest.approx(odds / (1 + odds), abs=0.002)
    assert georgian == pytest.approx(5.4 * odds / (1 + 5.4 * odds), abs=0.002)


def ink_of(words, letters=4):
    """Ink in each word: marks side by side, as `ink_boxes` finds them."""
    return np.array(
        [
            (word.left + n * word.width / letters, word.top, word.width / letters, 30)
            for word in words
            for n in range(letters)
        ]
    )


def test_a_last_stroke_that_a_box_cuts_off_counts_as_read():
    words = row(PROSE)
    ink = ink_of(words)
    cut = [word._replace(width=48) for word in words]  # the middle of the last mark: 52

    assert quality.ink_share(cut, ink) == 1.0
    assert quality.ink_share([word._replace(width=44) for word in words], ink) == 0.75


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("amh", "የሰው ልጅ ሁሉ ሲወለድ ነጻና በክብርና በመብትም እኩልነት ያለው ነው"),
        ("tha", "มนุษย์ ทั้งหลาย เกิดมา มีอิสระ และ เสมอภาค กัน ใน เกียรติศักดิ์"),
        ("khm", "មនុស្ស ទាំងអស់ កើតមក មានសេរីភាព និង សមភាព ក្នុង ផ្នែក សេចក្ដីថ្លៃថ្នូរ"),
        ("mya", "လူတိုင်း သည် တူညီ လွတ်လပ်သော ဂုဏ်သိက္ခာဖြင့် လည်းကောင်း"),
        ("tam", "மனிதப் பிறிவியினர் சகலரும் சுதந்திரமாகவே பிறக்கின்றனர் அவர்கள்"),
    ],
)
def test_lost_lines_and_low_confidence_are_told_in_scripts_without_a_lexicon(
    language, text
):
    lines = [row(text.split(), 96.0, 100 + 75 * n) for n in range(9)]
    words = [word for line in lines for word in line]
    left = [word for line in lines[:6] for word in line]
    garbled = [word._replace(conf=45.0) for word in words]
    ink = ink_of(words)

    assert quality.page_quality(words, language, ink) > 0.93
    assert quality.page_quality(left, language, ink) < 0.7
    assert quality.page_quality(garbled, language, ink) < 0.7
