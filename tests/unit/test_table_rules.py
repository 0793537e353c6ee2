"""Rules of tables that were read as characters are no text; printed bars are."""

import numpy as np
import pytest

from ocr_core.imaging.page_ink import all_marks
from ocr_core.imaging.table_rules import with_rules_erased, without_rules
from ocr_core.page import Word

RULE_X, BAR_X = 200, 400  # px


def drawn(gap=0):
    """A page of four rows with a rule down all of them, and bars in the rows."""
    image = np.full((300, 600), 255, np.uint8)
    image[20:280, RULE_X : RULE_X + 3] = 0
    if gap:
        image[100 : 100 + gap, RULE_X : RULE_X + 3] = 255
    for top in range(40, 280, 60):
        for left in (100, 130, 300, 330):
            image[top : top + 24, left : left + 16] = 0
        image[top : top + 24, BAR_X : BAR_X + 3] = 0
    return image


def word(text, left, width, top=40):
    return Word(1, 1, 1, 1, left, top, width, 24, 90.0, text)


def texts(words):
    return [each.text for each in words]


@pytest.mark.parametrize("text", ["|", "[", "||", "|.", "_|"])
def test_a_rule_beside_a_cell_is_no_word(text):
    words = [word("mm", 100, 46), word(text, RULE_X - 1, 5), word("mm", 300, 46)]

    assert texts(without_rules(all_marks(drawn()), words)) == ["mm", "mm"]


def test_a_bar_as_tall_as_its_line_is_a_word():
    words = [word("mm", 300, 46), word("|", BAR_X - 1, 5)]

    assert without_rules(all_marks(drawn()), words) == words


def test_a_rule_that_is_interrupted_is_no_word():
    words = [word("mm", 100, 46, 160), word("|", RULE_X - 1, 5, 160)]

    assert texts(without_rules(all_marks(drawn(gap=20)), words)) == ["mm"]


def test_rules_at_the_ends_of_words_are_left_out():
    words = [word("mm|", 100, RULE_X - 96), word("|mm", RULE_X, 146)]
    words += [word("mm|", 300, BAR_X - 296)]

    assert texts(without_rules(all_marks(drawn()), words)) == ["mm", "mm", "mm|"]


def test_letters_are_never_left_out():
    words = [word("I", RULE_X - 1, 5), word("l", RULE_X - 1, 5), word("1", RULE_X, 4)]

    assert without_rules(all_marks(drawn()), words) == words


def test_rules_are_erased_and_letters_stay():
    image = drawn()
    ruled = image.copy()
    ruled[270:273, 40:560] = 0  # meets the rule that goes down
    ruled[10:12, 20:580] = 0

    erased = with_rules_erased(ruled, tall=24)

    assert (erased[20:280, RULE_X : RULE_X + 3] == 255).all()
    assert (erased[[11, 271]] == 255).all()
    rest = np.ones_like(image, bool)
    rest[:, RULE_X - 1 : RULE_X + 4] = False
    assert (erased[rest] == image[rest]).all()


def test_an_image_without_rules_is_not_changed():
    letters = np.full((100, 300), 255, np.uint8)
    letters[40:64, 20:36] = letters[40:44, 60:200] = 0  # one under a long headline

    assert with_rules_erased(letters, tall=24) is letters
