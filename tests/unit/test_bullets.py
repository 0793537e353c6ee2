"""Filled marks at the start of lines are bullets, letters are letters."""

import cv2
import numpy as np
import pytest

from ocr_core.imaging.bullets import with_bullets
from ocr_core.page import Word

TOPS = 40, 100, 160


def page(mark):
    """Three items of a list, each with a mark and words, and their words."""
    image = np.full((240, 600), 255, np.uint8)
    words = []
    for number, top in enumerate(TOPS, start=1):
        mark(image, 50, top + 16)
        cv2.putText(image, "Revenue rose", (90, top + 28), 0, 1, 0, 3)
        words += [
            Word(1, 1, number, 1, 42, top + 8, 16, 16, 90.0, "e"),
            Word(1, 1, number, 2, 90, top, 140, 30, 90.0, "Revenue"),
            Word(1, 1, number, 3, 240, top, 80, 30, 90.0, "rose"),
        ]
    return image, words


def disc(image, x, y):
    cv2.circle(image, (x, y), 7, 0, -1)


def square(image, x, y):
    cv2.rectangle(image, (x - 6, y - 6), (x + 6, y + 6), 0, -1)


def ring(image, x, y):
    cv2.circle(image, (x, y), 7, 0, 2)


def letter(image, x, y):
    cv2.putText(image, "e", (x - 8, y + 8), 0, 0.8, 0, 2)


def firsts(words):
    return [word.text for word in words if word.word_num == 1]


@pytest.mark.parametrize("mark", [disc, square])
def test_a_filled_mark_before_an_item_is_a_bullet(mark):
    image, words = page(mark)

    assert firsts(with_bullets(image, words)) == ["\u2022"] * 3


@pytest.mark.parametrize("mark", [ring, letter])
def test_an_outline_before_a_line_stays_a_letter(mark):
    image, words = page(mark)

    assert with_bullets(image, words) == words


def test_one_filled_mark_alone_may_be_a_stain():
    image, words = page(disc)

    assert with_bullets(image, words[:3]) == words[:3]
