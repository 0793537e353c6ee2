"""Letters of vertical lines come from both engines, punctuation from Tesseract."""

import numpy as np
import pytest

from ocr_core.engines.text_lines import TextLine
from ocr_core.engines.vertical_letters import with_better_letters, with_printed_marks
from ocr_core.page import Word

SIZE = 40  # px, of a letter


def vertical(*texts, conf=70.0, space=False):
    """Words of a line that runs down, each below the last."""
    words, top = [], 0
    for number, text in enumerate(texts, start=1):
        height = SIZE * len(text)
        words.append(Word(1, 1, 1, number, 0, top, SIZE, height, conf, text, space))
        top += height
    return words


def other(text, conf=0.95):
    """The same line as another engine reads it."""
    quad = np.array([[-5, 0], [45, 0], [45, 2000], [-5, 2000]], float)
    return TextLine(quad, text, (0.5,) * len(text), (conf,) * len(text))


def read(words, line):
    return [word.text for word in with_better_letters(words, [line])[0]]


def test_a_letter_that_differs_is_taken_and_punctuation_stays():
    words = vertical("建一座新村", "。", "大家")

    assert read(words, other("建一座新橋大家")) == ["建一座新橋", "。", "大家"]


def test_a_line_of_ink_is_the_number_one():
    assert read(vertical("有", "_", "年村民"), other("有一年村民")) == [
        "有",
        "一",
        "年村民",
    ]


def test_a_letter_that_was_lost_is_put_between_the_others():
    assert read(vertical("雨の季", "になると"), other("雨の季節になると")) == [
        "雨の季節",
        "になると",
    ]


def test_punctuation_before_a_letter_that_differs_stays_before_it():
    assert read(vertical("水果", "。本里"), other("水果村里")) == ["水果", "。村里"]


@pytest.mark.parametrize(
    "line",
    [
        other("建一座新橋大家", conf=0.4),  # not sure
        other("完全不同的另一行"),  # another line
    ],
)
def test_a_reading_that_proves_nothing_changes_nothing(line):
    words = vertical("建一座新村", "大家")

    assert read(words, line) == ["建一座新村", "大家"]


def test_words_that_both_read_alike_are_surer():
    words, report = with_better_letters(vertical("大家"), [other("大家")])

    assert report is None
    assert words[0].conf > 90


def test_marks_of_latin_type_are_wide_and_need_no_space_after_them():
    words = [*vertical("村,"), *vertical("農民3.5", "a,b", space=True)]
    words[1] = words[1]._replace(top=2 * SIZE + 20)

    printed = with_printed_marks(words)

    assert [word.text for word in printed] == ["村\uff0c", "農民3.5", "a,b"]
    assert [word.space_before for word in printed] == [False, False, True]
