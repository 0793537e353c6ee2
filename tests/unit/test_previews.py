"""Previews: drafts follow a knob at once, and unchanged steps are not run again."""

import cv2
import numpy as np
import pytest

from ocr_core import previews
from ocr_core.imaging.steps import Denoise, IlluminationStep, Polarity
from ocr_core.page import PageRef
from ocr_core.settings import Settings
from sample_images.drawing import draw_text_page

TEXT = "\n".join(["The quick brown fox jumps over the lazy dog."] * 30)


@pytest.fixture(autouse=True)
def nothing_kept():
    for kept in (
        previews._loaded,
        previews._downscaled_page,
        previews._upright,
        previews._in_colour,
    ):
        kept.cache_clear()
    previews._step_results.clear()


def saved(tmp_path, size, font, name="page.png"):
    path = tmp_path / name
    draw_text_page(TEXT, size=size, font_size=font)[0].save(path)
    return PageRef(str(path))


@pytest.fixture
def large(tmp_path):
    return saved(tmp_path, (1900, 2600), 44)


def pixels(picture):
    return cv2.imdecode(np.frombuffer(picture.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)


@pytest.mark.parametrize("flat", [{}, {"margin": 60}, {"angle": 5.0}, {"rotate": "90"}])
def test_a_draft_lies_where_the_full_picture_lies(large, flat):
    settings = Settings.from_flat({**flat, "scale": "off", "deskew": "off"})

    draft = previews.draft_picture(large, settings)
    full = previews.prepared_picture(large, settings)

    assert draft.draft and not full.draft
    assert pixels(draft).size < pixels(full).size / 2
    assert draft.size == pytest.approx(full.size, abs=6)
    for corner in ((0, 0), draft.size, (draft.size[0], 0)):
        here, there = (each.home @ (*corner, 1) for each in (draft, full))
        assert here == pytest.approx(there, abs=8)


def test_a_draft_looks_like_the_full_picture(large):
    settings = Settings.from_flat({"flatten": "on", "contrast": "on"})
    draft = pixels(previews.draft_picture(large, settings))
    full = pixels(previews.prepared_picture(large, settings))

    full = cv2.resize(full, draft.shape[::-1], interpolation=cv2.INTER_AREA)

    assert np.abs(draft.astype(int) - full).mean() < 8


def test_a_small_page_needs_no_draft(tmp_path):
    small = saved(tmp_path, (800, 1000), 20)

    assert not previews.draft_picture(small, Settings()).draft


def test_the_first_draft_of_a_document_waits_for_no_language(tmp_path, monkeypatch):
    pages = [draw_text_page(TEXT, size=(1900, 2600), font_size=44)[0] for _ in range(2)]
    path = tmp_path / "two.tiff"
    pages[0].save(path, save_all=True, append_images=pages[1:])
    ref = PageRef(str(path), 2)
    monkeypatch.setattr(previews, "for_preview", pytest.fail)

    draft = previews.draft_picture(ref, Settings(), waits=False)

    scan = previews.scan_picture(ref, 300)
    assert draft.draft and draft.jpeg == scan.jpeg and draft.size == scan.size


@pytest.mark.parametrize("make", [previews.draft_picture, previews.prepared_picture])
def test_steps_before_the_knob_that_changed_are_not_run_again(large, monkeypatch, make):
    ran = []
    for step in (Polarity, Denoise, IlluminationStep):
        monkeypatch.setattr(step, "apply", counted(step.apply, ran))
    make(large, Settings())
    ran.clear()

    make(large, Settings.from_flat({"contrast": "on"}))

    assert ran == ["IlluminationStep"]


def counted(apply, ran):
    def counting(self, page):
        ran.append(type(self).__name__)
        return apply(self, page)

    return counting


def test_a_step_that_is_remembered_shows_what_it_noted(large):
    first = previews.prepared_picture(large, Settings())
    again = previews.prepared_picture(large, Settings())

    assert again.reports == first.reports
    assert again.jpeg == first.jpeg


def test_what_is_remembered_is_bounded(large, monkeypatch):
    page = previews._loaded(large, 300).image.nbytes
    monkeypatch.setattr(previews, "KEPT_BYTES", 3 * page)

    for margin in range(0, 100, 5):
        previews.prepared_picture(large, Settings.from_flat({"margin": margin}))

    held = {
        id(each.image): each.image.nbytes for each, _ in previews._step_results.values()
    }
    assert 0 < sum(held.values()) <= 3 * page


def colours(jpeg):
    return cv2.cvtColor(
        cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2HSV
    )


@pytest.mark.parametrize("paper", [255, 110])
def test_a_strip_marks_a_word_and_leaves_its_ink_dark(tmp_path, paper):
    page, words = draw_text_page("One harbour here\nand two", size=(900, 400))
    path = tmp_path / "page.png"
    page.point(lambda value: value * paper // 255).save(path)
    word = words[1]
    box = (word.left, word.top, word.width, word.height)

    found = colours(previews.strip(PageRef(str(path)), 300, (box,)))

    assert found.shape[0] == previews.STRIP_HEIGHT
    marked = (found[..., 1] > 60) & (found[..., 2] > 0.8 * paper)
    factor = previews.STRIP_HEIGHT / (word.height + 2 * round(0.6 * word.height))
    assert marked.sum() == pytest.approx(
        0.7 * word.width * word.height * factor**2, rel=0.4
    )
    assert (found[..., 2] < 0.35 * paper).sum() > 100  # letters


def test_the_pieces_of_a_broken_word_come_side_by_side(tmp_path):
    page, words = draw_text_page("One har-\nbour here", size=(900, 400))
    path = tmp_path / "page.png"
    page.save(path)
    boxes = tuple((w.left, w.top, w.width, w.height) for w in words[1:3])

    one, both = (
        colours(previews.strip(PageRef(str(path)), 300, marks)).shape
        for marks in (boxes[:1], boxes)
    )

    assert both[0] == one[0]
    assert both[1] > one[1] + 60


@pytest.mark.parametrize("box", [(-40, -9, 30, 20), (890, 395, 90, 20), (0, 0, 0, 0)])
def test_a_box_at_the_edge_still_gives_a_strip(tmp_path, box):
    page, _ = draw_text_page("One", size=(900, 400))
    path = tmp_path / "page.png"
    page.save(path)

    assert colours(previews.strip(PageRef(str(path)), 300, (box,))).size


def test_a_strip_of_a_box_off_the_page_is_blank(tmp_path):
    page, _ = draw_text_page("One", size=(900, 400))
    path = tmp_path / "page.png"
    page.save(path)

    found = colours(previews.strip(PageRef(str(path)), 300, ((0, 5000, 9, 9),)))

    assert found[..., 2].min() > 250
