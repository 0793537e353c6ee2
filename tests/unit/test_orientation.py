"""Orientation: in scripts and on pages where the shape of the letters misleads."""

from dataclasses import replace

import numpy as np
import pytest

from ocr_core.imaging import measurements, orientation
from ocr_core.imaging.orientation import Glyphs, runs_down
from ocr_core.page import Page, PageRef, PartReader, Word
from ocr_core.text.quality import mostly_marks, page_quality
from sample_images.drawing import Block
from tests.support.drawn_pages import TEXT, cells, drawn, text_page


def words(text, conf):
    return [
        Word(1, 1, 1, number, 10 * number, 0, 9, 9, conf, each)
        for number, each in enumerate(text.split(), 1)
    ]


def reader(language, upright_at):
    """Return a reader to whom the part reads well after one clockwise turn."""
    turns, seen = [], {}

    def read(image):
        first = seen.setdefault("first", image)
        for quarter in range(4):
            if np.array_equal(np.rot90(first, -quarter), image):
                turn = 90 * quarter
        turns.append(turn)
        return words("words that read well", 95 if turn == upright_at else 20)

    return PartReader(read, language), turns


def page_of(image):
    return Page(np.ascontiguousarray(image), PageRef("drawn.png"))


@pytest.fixture
def one_part(monkeypatch):
    """Have a single part read, so that the reader can tell how it was turned."""
    densest = orientation.legibility.densest
    monkeypatch.setattr(
        orientation.legibility,
        "densest",
        lambda points, height, span, most=1: densest(points, height, span, 1),
    )


@pytest.mark.parametrize("language", ["rus", "ell", "kat+eng", "script/Cyrillic"])
@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_script_that_is_not_latin_is_turned_by_reading(one_part, language, turn):
    read, _ = reader(language, turn)
    page = page_of(np.rot90(text_page(), turn // 90))

    assert orientation.upright_turn(page, read)[0] == turn


@pytest.mark.parametrize(
    ("language", "turn"), [("lao", 0), ("hin+eng", 0), ("chi_sim", 90), ("jpn+eng", 90)]
)
def test_lines_across_are_only_turned_in_scripts_that_may_run_down(
    one_part, language, turn
):
    read, _ = reader(language, 90)

    assert orientation.upright_turn(page_of(text_page()), read)[0] == turn


def test_a_page_that_reads_well_as_it_lies_is_read_once(one_part):
    read, turns = reader("khm", 0)

    assert orientation.upright_turn(page_of(text_page()), read)[0] == 0
    assert turns == [0]


def test_vertical_writing_is_never_laid_on_its_side(one_part):
    for turn, expected in ((90, 0), (180, 180), (270, 0)):
        read, turns = reader("jpn_vert", turn)

        assert orientation.upright_turn(page_of(text_page()), read)[0] == expected
        assert set(turns) == {0, 180}


def test_capitals_that_the_engine_is_unsure_of_are_turned_by_reading(
    one_part,
):
    image = drawn(Block(TEXT.upper(), 60, 60, font_size=26), size=(1300, 800))
    read, _ = reader("eng", 180)
    unsure = replace(read, guess_turn=lambda part: (0, 0.5))

    assert orientation.upright_turn(page_of(image), unsure)[0] == 180


def test_the_text_beside_a_table_shows_how_it_lies_not_its_marks():
    image = np.vstack(
        [
            drawn(Block(TEXT, 60, 60, font_size=26), size=(1100, 700)),
            cells(24, 8, "xxxo", size=(1100, 1150)),
        ]
    )
    letters = measurements.letters_on(image)

    close = measurements.in_words(letters)

    assert close[letters.middles[:, 1] < 700].mean() > 0.9
    assert close[letters.middles[:, 1] > 710].mean() < 0.05
    stance = orientation.orientation_of(orientation.word_letters(page_of(image)))
    assert stance.beside > 0.9


def test_a_page_of_single_marks_is_reported_and_is_trusted_less():
    marks = words("x o " * 10 + "Smith Jones", 96)
    text = words("the quick brown fox jumps over lazy dogs near a b c", 96)
    chinese = words("我 们 在 海 边 看 见 船 和 人 来", 96)

    assert [mostly_marks(each) for each in (marks, text, chinese)] == [
        True,
        False,
        False,
    ]
    assert page_quality(marks, "eng") < 0.85 < page_quality(text, "eng")


def glyphs_in_lines(down):
    """Return marks of 40 px, 4 px apart in lines that are 30 px apart."""
    along, across = np.meshgrid(np.arange(20) * 44, np.arange(12) * 70)
    x, y = (across, along) if down else (along, across)
    size = np.full(x.size, 40)
    return Glyphs(np.stack([x.ravel(), y.ravel(), size, size], axis=1), 40.0)


@pytest.mark.parametrize("down", [True, False])
def test_lines_run_where_the_wider_gaps_are_between_them(down):
    assert runs_down(glyphs_in_lines(down)) is down


def test_a_grid_and_a_page_without_marks_do_not_run_down():
    x, y = np.meshgrid(np.arange(15) * 60, np.arange(15) * 60)
    size = np.full(x.size, 40)
    grid = Glyphs(np.stack([x.ravel(), y.ravel(), size, size], axis=1), 40.0)

    assert not runs_down(grid)
    assert not runs_down(Glyphs(np.zeros((0, 4), int), 40.0))
