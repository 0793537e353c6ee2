import dataclasses

import cv2
import numpy as np
import pytest

from ocr_core.imaging import measurements, orientation, steps
from ocr_core.imaging.illumination import illumination_on
from ocr_core.imaging.inks import InkContrast, ranges_of
from ocr_core.imaging.page_outline import paper_outline
from ocr_core.page import Page, PageRef
from sample_images import wear
from tests.support.drawn_pages import text_page


@pytest.fixture(scope="module")
def page() -> np.ndarray:
    return text_page()


def test_letters_are_found_and_nothing_else(page):
    picture = page.copy()
    cv2.circle(picture, (860, 780), 100, 60, -1)
    cv2.line(picture, (50, 880), (950, 880), 0, 3)

    letters = measurements.letters_on(picture)

    assert letters.count == pytest.approx(measurements.letters_on(page).count, abs=3)
    assert 0.8 * 370 < letters.count < 1.2 * 370
    assert 13 <= letters.height <= 24


@pytest.mark.parametrize("dots", [(0, 255), (255, 0)])
def test_the_pitch_of_dots_is_their_mean_distance(dots):
    dot, ground = dots
    image = np.full((300, 600), ground, np.uint8)
    image[::3, ::3] = dot  # 20,000 dots, and connectedComponents counts the ground

    assert measurements.dot_pitch(image) == pytest.approx(3, abs=0.001)


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_the_height_of_letters_scales_with_the_page(page, factor):
    scaled = cv2.resize(page, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)

    height = measurements.letters_on(scaled).height

    assert height == pytest.approx(
        measurements.letters_on(page).height * factor, rel=0.15, abs=1
    )


@pytest.mark.parametrize("image", [np.full((60, 80), 255), np.zeros((60, 80))])
def test_a_bare_page_has_no_letters_and_measures_as_nothing(image):
    image = image.astype(np.uint8)

    letters = measurements.letters_on(image)

    assert letters.count == 0
    assert measurements.skew_of(letters, 15).degrees == 0
    assert orientation.orientation_of(letters).pairs == 0
    assert not illumination_on(image, letters).uneven
    assert not paper_outline(image, letters).sure


@pytest.mark.parametrize("tilt", [-14, -4.3, -0.6, 0, 0.3, 2.5, 9])
def test_the_tilt_of_lines_is_measured_to_a_tenth_of_a_degree(page, tilt):
    tilted = wear.tilt(page, tilt)

    found = measurements.skew_of(measurements.letters_on(tilted), limit=15)

    assert found.degrees == pytest.approx(-tilt, abs=0.1)
    assert found.clear > 6


def test_scattered_marks_have_no_clear_tilt():
    rng = np.random.default_rng(1)
    boxes = np.column_stack(
        [rng.uniform(0, 900, (400, 2)), np.full((400, 2), 14.0)]
    ).astype(float)

    found = measurements.skew_of(measurements.Glyphs(boxes, 14.0), limit=15)

    assert found.clear < 6


@pytest.mark.parametrize("turns", range(4))
def test_letters_show_which_way_they_run_and_stand(page, turns):
    turned = np.ascontiguousarray(np.rot90(page, turns))

    stance = orientation.orientation_of(measurements.letters_on(turned))

    if turns in (1, 3):
        assert stance.beside < 0.3
    else:
        assert stance.beside > 0.8
        assert stance.rising > 0.7 if turns == 0 else stance.rising < 0.3


def test_ink_is_distinguished_from_paper_in_positives_and_negatives(page):
    bordered = wear.dark_border(page, 80)

    assert measurements.polarity(page) < -0.7
    assert measurements.polarity(bordered) < 0
    assert measurements.polarity(255 - page) > 0.7


@pytest.mark.parametrize("shift", [0.0, 0.06])
def test_a_sheet_on_a_table_is_found_by_its_corners(page, shift):
    corners = np.array([[180, 150], [1180, 150], [1180, 950], [180, 950]], float)
    corners[:2, 0] += shift * np.array([1500, -1500])  # seen from below
    height, width = page.shape
    flat = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(flat, corners.astype(np.float32))
    photo = cv2.warpPerspective(page, matrix, (1360, 1200), borderValue=40)

    sheet = paper_outline(photo, measurements.letters_on(photo))

    assert sheet.sure
    assert sheet.corners == pytest.approx(corners, abs=8)
    assert (sheet.slant > 7) == (shift > 0)


def test_a_scan_without_surroundings_is_no_sheet_on_a_table(page):
    assert not paper_outline(page, measurements.letters_on(page)).sure


def test_light_is_even_on_clean_faded_and_old_paper():
    for paper, ink in ((255, 0), (200, 120), (150, 40)):
        image = wear.gaussian_noise(text_page(paper, ink), 2)

        assert not illumination_on(image, measurements.letters_on(image)).uneven


def test_a_shadow_that_swallows_letters_is_uneven_light(page):
    shade = np.linspace(1.0, 0.25, page.shape[1])
    image = (wear.fade(page, 90, 230) * shade).astype(np.uint8)

    light = illumination_on(image, measurements.letters_on(image))

    assert light.uneven
    assert light.drowned > 0.03


@pytest.mark.parametrize("light", [0, 1, 2])  # how many of three areas are lighter
def test_areas_of_even_shades_are_no_rough_paper_but_grain_is(page, light):
    image = np.minimum(page, 220)
    for third in range(light, 3):
        rows = slice(third * len(page) // 3, (third + 1) * len(page) // 3)
        image[rows] = np.minimum(image[rows], 180)
    grainy = wear.gaussian_noise(image, 30)

    even, rough = (
        illumination_on(each, measurements.letters_on(each)).texture
        for each in (image, grainy)
    )

    assert even == 0
    assert rough > steps.ROUGH


@pytest.mark.parametrize("sigma", [5, 15, 30])
def test_grain_is_measured_in_grey_levels(sigma):
    image = wear.gaussian_noise(text_page(paper=160, ink=60), sigma)

    assert measurements.grain_on(image) == pytest.approx(sigma, rel=0.25)


def test_salt_and_pepper_are_specks_and_no_grain(page):
    specked = wear.salt_and_pepper(page, 0.1)

    assert measurements.specks_on(specked) > 0.01
    assert measurements.grain_on(specked) < 1
    assert measurements.specks_on(page) < 0.0005


def screened(angle, pitch, size=(600, 900)):
    """Draw a picture as a screen of dots whose rows climb by an angle."""
    y, x = np.mgrid[: size[0], : size[1]].astype(float)
    turn = np.radians(angle)
    across = (x * np.cos(turn) + y * np.sin(turn)) * 2 * np.pi / pitch
    down = (y * np.cos(turn) - x * np.sin(turn)) * 2 * np.pi / pitch
    grey = 0.5 + 0.3 * np.sin(x / 200) * np.cos(y / 150)
    dots = (np.cos(across) + np.cos(down)) / 4 + 0.5
    return np.where(dots > grey, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(("angle", "pitch"), [(15, 10), (-12, 13), (7.5, 9)])
def test_the_dots_of_a_picture_are_no_letters(page, angle, pitch):
    picture = screened(angle, pitch, (900, page.shape[1]))
    alone = measurements.letters_on(page)

    letters = measurements.letters_on(np.vstack([page, picture]))

    assert letters.height == pytest.approx(alone.height, rel=0.1)
    above = letters.middles[:, 1] < page.shape[0]
    assert above.sum() > 0.95 * alone.count
    dots = picture.size / pitch**2
    assert (~above).sum() < 0.05 * dots
    assert abs(measurements.skew_of(letters, limit=15).degrees) < 0.2


def test_a_page_full_of_letters_has_no_dots(page):
    boxes, _ = measurements.marks_on(page)

    assert not measurements.screen_dots(boxes, 14.0).any()


@pytest.mark.parametrize("count", [1, 2, 40])
def test_the_range_of_a_mark_is_that_of_its_pixels(count):
    rng = np.random.default_rng(count)
    marks = rng.integers(0, count, (30, 40))
    pixels = rng.integers(0, 256, (30, 40)).astype(np.uint8)

    low, high = ranges_of(marks, pixels, count)

    assert (low[0], high[0]) == (255, 0)
    for number in range(1, count):
        own = pixels[marks == number]
        assert (low[number], high[number]) == (own.min(), own.max())


def letters_with(pale_marks, blur):
    """A page of dark bars, each with the pale lines that a function draws near it."""
    image = np.full((600, 900), 250, np.uint8)
    corners = [(x, y) for y in range(40, 560, 40) for x in range(40, 840, 30)]
    for left, top in corners:
        pale_marks(image, left, top)
    image = cv2.GaussianBlur(image, (0, 0), blur) if blur else image
    for left, top in corners:
        cv2.rectangle(image, (left, top), (left + 6, top + 16), 20, -1)
    return image


def hairline(image, left, top):
    cv2.ellipse(image, (left + 12, top + 8), (8, 8), 0, 0, 360, 110, 1)


def ghost(image, left, top):
    if left % 60 == 40:
        cv2.ellipse(image, (left + 18, top + 22), (5, 7), 0, 0, 360, 170, 2)


@pytest.mark.parametrize(
    ("pale_marks", "blur", "did"),
    [(hairline, 0, ""), (ghost, 0, ""), (ghost, 1.5, "erased")],
)
def test_blurred_show_through_is_erased_but_no_hairlines_of_letters(
    monkeypatch, pale_marks, blur, did
):
    found = InkContrast(part=0.5, cut=170, pale=0.2, between=0, height=16)
    none_left = dataclasses.replace(found, pale=0.0)
    before = letters_with(pale_marks, blur)
    page = Page(before, PageRef("page"))
    monkeypatch.setattr(
        steps,
        "strengths_on",
        lambda image, letters: found if (image == before).all() else none_left,
    )

    after, report = steps.ShowThrough().apply(page)

    assert report.did == did
    assert np.array_equal(after.image, page.image) == (not did)
