import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from ocr_core.imaging import filters, geometry_steps, measurements, orientation
from ocr_core.imaging.inks import strengths_on
from ocr_core.page import Page, PageRef, PartReader
from ocr_core.settings import Settings
from sample_images import wear
from sample_images.drawing import Block, draw_text_page, load_font
from tests.support.drawn_pages import LINES, TEXT, drawn, text_page

STILL = {
    "invert": "off",
    "denoise": "none",
    "rotate": "0",
    "crop": "off",
    "deskew": "off",
    "bleed": "off",
    "flatten": "off",
    "contrast": "off",
    "scale": "off",
}


@pytest.fixture(scope="module")
def sheet() -> np.ndarray:
    return text_page()


def prepared(image, only=None, **knobs):
    """Prepare an image by default, or by some knobs alone; return page and notes."""
    flat = {**STILL, **only} if only else knobs
    page = Page(np.ascontiguousarray(image), PageRef("drawn.png"))
    page, notes = Settings.from_flat(flat).preprocess.apply(page)
    return page, {note.step: note for note in notes}


def likely_turn(image, guess):
    """Return the turn that letters and an engine's guess make likely, and if it is."""
    page = Page(np.ascontiguousarray(image), PageRef("drawn.png"))
    reader = PartReader(lambda part: [], "eng", guess)
    return orientation.likely_turn(page, reader)[:2]


def done(image, **knobs):
    """Return what each step did to an image, by step."""
    return {s: n.did for s, n in prepared(image, **knobs)[1].items() if n.did}


def shaded(image):
    """Throw a shadow over a page whose ink has faded."""
    shade = np.linspace(1.0, 0.25, image.shape[1])
    return (wear.fade(image, 90, 230) * shade).astype(np.uint8)


def test_a_clean_page_is_left_as_it_is(sheet):
    page, _ = prepared(sheet)

    assert np.array_equal(page.image, sheet)
    assert np.array_equal(page.home, np.eye(3))


@pytest.mark.parametrize("margin", [0, 3])
def test_a_page_cut_close_to_its_text_is_left_as_it_is(sheet, margin):
    left, top, width, height = cv2.boundingRect(255 - sheet)
    close = sheet[top - margin : top + height, left - margin : left + width]

    assert not done(close)


@pytest.mark.parametrize(
    "image",
    [
        np.full((1, 1), 255, np.uint8),
        np.zeros((3, 500), np.uint8),
        np.full((700, 500), 200, np.uint8),
        np.random.default_rng(0).integers(0, 256, (300, 400), np.uint8),
    ],
    ids=["one pixel", "a line", "bare paper", "noise"],
)
@pytest.mark.parametrize("switch", ["auto", "on"])
def test_a_page_with_nothing_to_read_passes_every_step(image, switch):
    switches = ("invert", "crop", "deskew", "flatten", "contrast", "scale")

    page, _ = prepared(image, **dict.fromkeys(switches, switch))

    assert page.image.dtype == np.uint8
    assert page.image.size


def test_every_step_that_measures_says_what_it_found(sheet):
    _, notes = prepared(sheet)

    for step in ("invert", "denoise", "rotate", "crop", "deskew", "light", "scale"):
        assert notes[step].measured
        assert notes[step].as_dict()["did"] == "nothing"


def test_a_step_that_is_off_neither_acts_nor_speaks(sheet):
    page, notes = prepared(255 - shaded(sheet), only=STILL)

    assert not notes
    assert np.array_equal(page.image, 255 - shaded(sheet))


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_page_is_set_upright(sheet, turns):
    guess = likely_turn(np.rot90(sheet, turns), lambda part: (180, 9.0))

    assert guess == (90 * turns, True)


def test_an_upright_page_is_settled_without_asking_the_engine(sheet):
    assert likely_turn(sheet, pytest.fail) == (0, True)


@pytest.mark.parametrize("answer", [None, (180, 1.5), (90, 9.0), (0, 9.0)])
def test_capitals_stay_as_they_are_unless_the_engine_is_sure(answer):
    page, _ = draw_text_page(TEXT.upper(), size=(1300, 700), font_size=30)
    asked = []

    turn, _ = likely_turn(np.asarray(page), lambda part: asked.append(part) or answer)

    assert turn == 0
    assert asked


def test_a_page_can_be_turned_by_hand(sheet):
    page, _ = prepared(sheet, only={"rotate": "90", "angle": 2})

    expected = wear.tilt(np.rot90(sheet, -1), 2)
    middle = (page.image.shape[0] - expected.shape[0]) // 2
    assert page.image.shape > expected.shape
    assert abs(page.image[middle : middle + 900].mean() - expected[:900].mean()) < 3


@pytest.mark.parametrize("tilt", [-14, -3, -0.5, 0.4, 7])
def test_a_tilted_page_is_straightened(sheet, tilt):
    _, notes = prepared(wear.tilt(sheet, tilt))

    assert notes["deskew"].did == "straightened"
    assert notes["deskew"].measured["degrees"] == pytest.approx(-tilt, abs=0.1)


def test_a_few_large_letters_do_not_tilt_a_page():
    title, _ = draw_text_page("Ways", size=(900, 600), font_size=240)

    assert "deskew" not in done(np.asarray(title))


def test_a_tilt_beyond_the_limit_is_left(sheet):
    assert "deskew" not in done(wear.tilt(sheet, 9), deskew_limit=4)


def test_a_negative_is_inverted(sheet):
    page, notes = prepared(255 - sheet)

    assert notes["invert"].did == "inverted"
    assert np.array_equal(page.image, sheet)


@pytest.mark.parametrize("border", [40, 150])
def test_a_dark_border_does_not_invert_a_page(sheet, border):
    assert "invert" not in done(wear.dark_border(sheet, border))


def test_salt_and_pepper_are_removed(sheet):
    page, notes = prepared(wear.salt_and_pepper(sheet, 0.1))

    assert notes["denoise"].did == "median"
    assert np.mean((page.image < 128) != (sheet < 128)) < 0.01


def test_grain_is_smoothed_where_it_is_strong_beside_the_ink(sheet):
    grainy = wear.gaussian_noise(wear.fade(sheet, 90, 200), 20)
    fine = wear.gaussian_noise(wear.fade(sheet, 20, 230), 4)

    assert done(grainy)["denoise"] == "smoothed"
    assert "denoise" not in done(fine)


def screened(sheet, ink=80, paper=200):
    """Print a page as a screen of dots: two levels, by an 8-by-8 ordered matrix."""
    matrix = np.zeros((1, 1))
    for _ in range(3):
        matrix = np.block(
            [[4 * matrix, 4 * matrix + 2], [4 * matrix + 3, 4 * matrix + 1]]
        )
    large = wear.fade(cv2.resize(sheet, None, fx=2.5, fy=2.5), ink, paper)
    height, width = large.shape
    limits = np.tile((matrix + 0.5) * 4, (height // 8 + 1, width // 8 + 1))
    return np.where(large > limits[:height, :width], 255, 0).astype(np.uint8)


@pytest.mark.parametrize(("ink", "paper"), [(80, 200), (20, 150), (60, 220)])
def test_a_screen_of_fine_dots_is_smoothed_to_few_marks(sheet, ink, paper):
    image = screened(sheet, ink, paper)

    page, notes = prepared(image, only={"denoise": "auto"})

    assert notes["denoise"].did == "smoothed"
    assert measurements.dot_pitch(image) < 3.4
    assert measurements.dot_pitch(page.image) > 10


def test_a_shadow_is_evened_out(sheet):
    page, notes = prepared(shaded(sheet))

    assert "flattened" in notes["light"].did
    lit, dark = np.median(page.image[:, :200]), np.median(page.image[:, -200:])
    assert abs(lit - dark) < 10


@pytest.mark.parametrize("strength", [0.5, 0.6])
def test_what_shines_through_is_erased_and_the_text_stays(sheet, strength):
    through = wear.bleed_through(sheet, strength)

    page, notes = prepared(through, only={"bleed": "auto"})

    assert notes["bleed"].did == "erased"
    text = cv2.erode(sheet, np.ones((9, 9), np.uint8)) < 128
    assert (through[~text] < 240).mean() > 0.02
    assert (page.image[~text] < 240).mean() < 0.002
    assert np.abs(page.image[sheet < 128].astype(int) - sheet[sheet < 128]).max() <= 12


def test_erasing_is_undone_if_the_pale_marks_are_still_there(sheet, monkeypatch):
    """Small grey print lost its accents and dots, and stayed."""
    through = wear.bleed_through(sheet, 0.5)
    monkeypatch.setattr(
        filters, "remove_show_through", lambda image, cut, height: image
    )

    page, notes = prepared(through, only={"bleed": "auto"})

    assert notes["bleed"].did == ""
    assert np.array_equal(page.image, through)


def test_the_ground_of_light_letters_is_not_erased(sheet):
    """A heading is white on a black bar, between lines that show through."""
    page = wear.bleed_through(sheet, 0.5)
    bar = page[330:390] = 255 - sheet[60:120]
    found = strengths_on(page, measurements.letters_on(page))

    clean = filters.remove_show_through(page, found.cut, found.height)

    assert found.pale > 0
    assert (clean[330:390][bar < 64] < 64).mean() > 0.99


def test_ink_of_one_strength_is_not_taken_for_what_shines_through(sheet):
    typed = wear.fade(sheet, 120, 220)

    assert "bleed" not in done(sheet)
    assert "bleed" not in done(typed)
    assert "bleed" not in done(shaded(sheet))


def test_light_text_on_a_picture_is_not_taken_for_what_shines_through(sheet):
    """The gaps between light letters are darker than the letters, and pale."""
    dim = np.linspace(60, 210, sheet.shape[1])  # the picture, from dark to lighter
    picture = np.where(sheet < 128, 255, dim).astype(np.uint8)
    image = np.vstack([sheet, picture, picture])

    page, notes = prepared(image, only={"bleed": "auto"})

    assert notes["bleed"].did == ""
    assert np.array_equal(page.image, image)


@pytest.mark.parametrize("denoise", ["auto", "none"])
def test_grain_and_specks_are_not_taken_for_what_shines_through(denoise):
    # Letters of 12 pixels, whose thin strokes went with the lumps of the grain.
    drawn, _ = draw_text_page(TEXT, size=(900, 700), font_size=23)
    page = wear.fade(np.asarray(drawn), 40, 225)
    grainy = wear.salt_and_pepper(wear.gaussian_noise(page, 30), 0.04)

    found = prepared(grainy, only={"denoise": denoise, "bleed": "auto"})[1]["bleed"]

    assert found.measured["pale"] >= 0.08  # as many as where print shines through
    assert found.did == ""


@pytest.mark.parametrize("seed", [3, 4, 6])
def test_coarse_grain_is_not_taken_for_what_shines_through(seed):
    """On a blurred carbon copy, lumps of grain are as soft as the letters."""
    drawn, _ = draw_text_page(TEXT, size=(900, 700), font_size=23)
    ink = cv2.GaussianBlur(255 - np.asarray(drawn), (0, 0), 1.6) / 255.0
    grain = np.random.default_rng(seed).standard_normal(ink.shape)
    lumps = cv2.GaussianBlur(grain, (0, 0), 1.0)
    page = np.clip(205 - 85 * ink + 7 * lumps / lumps.std(), 0, 255).astype(np.uint8)

    found = prepared(page, only={"bleed": "auto"})[1]["bleed"]

    assert found.measured["pale"] >= 0.08  # as many as where print shines through
    assert found.did == ""


@pytest.mark.parametrize("grey", [110, 140])
def test_small_grey_print_is_not_taken_for_what_shines_through(grey):
    """Times beside messages on a screen are as sharp as the messages."""
    size = (620, 720)
    tops = [40 + 80 * row for row in range(8)]
    texts = [Block(LINES[row], 30, top, "sans", 18) for row, top in enumerate(tops)]
    times = [Block(f"{top}:46", 520, top + 26, "sans", 11) for top in tops]
    page = np.minimum(drawn(*texts, size=size), drawn(*times, size=size, ink=grey))

    found = prepared(page, only={"bleed": "auto"})[1]["bleed"]

    assert found.measured["pale"] >= 0.08  # as many as where print shines through
    assert found.did == ""


def test_rough_paper_turns_white_and_smooth_paper_stays(sheet):
    grain = np.random.default_rng(1).standard_normal(sheet.shape)
    texture = cv2.GaussianBlur(grain, (0, 0), 2)
    faded = wear.fade(sheet, 100, 160)
    rough = np.clip(faded + 15 * texture / texture.std(), 0, 255).astype(np.uint8)

    page, notes = prepared(rough)

    assert notes["light"].did == "cleared"
    assert page.image.min() == 0
    assert np.mean(page.image == 255) > 0.6
    assert "light" not in done(faded)
    assert "light" not in done(sheet)


@pytest.mark.parametrize("height", [8, 20, 90])
def test_letters_come_to_a_size_that_reads_well(sheet, height):
    letters = measurements.letters_on(sheet).height
    drawn = cv2.resize(sheet, None, fx=height / letters, fy=height / letters)

    page, notes = prepared(drawn)

    found = measurements.letters_on(page.image).height
    assert found == pytest.approx(20 if height == 20 else 26, rel=0.25)
    assert bool(notes["scale"].did) == (height != 20)


@pytest.mark.parametrize("factor", [0.1, 0.5])
def test_scale_on_uses_the_factor_that_is_given(sheet, factor):
    page, _ = prepared(sheet, only={"scale": "on", "scale_factor": factor})

    assert page.image.shape == tuple(round(side * factor) for side in sheet.shape[:2])


def test_a_page_of_crumbs_is_not_blown_up_beyond_bounds():
    rng = np.random.default_rng(2)
    crumbs = np.full((3000, 3000), 255, np.uint8)
    for x, y in rng.integers(10, 2990, (3000, 2)):
        crumbs[y : y + 5, x : x + 3] = 0

    page, _ = prepared(crumbs)

    assert page.image.size < 1.1 * geometry_steps.MAX_PIXELS


def test_a_photographed_sheet_is_cut_out_and_seen_from_above(sheet):
    height, width = sheet.shape
    seen = np.array([[330, 140], [930, 150], [1180, 1000], [90, 990]], np.float32)
    flat = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(flat, seen)
    photo = cv2.warpPerspective(sheet, matrix, (1300, 1150), borderValue=40)

    page, notes = prepared(photo)

    assert notes["crop"].did == "cut out"
    ends = page.home @ np.array([[0, 0, 1], [*page.image.shape[::-1], 1]]).T
    found = (ends[:2] / ends[2]).T
    assert np.abs(found - seen[[0, 2]]).max() < 12


def test_a_scan_with_a_dark_border_keeps_its_pixels_unless_asked(sheet):
    scan = wear.dark_border(np.pad(sheet, 60, constant_values=235), 60)

    page, notes = prepared(scan, only={"crop": "on"})

    assert "crop" not in done(scan)
    assert notes["crop"].did == "cut out"
    assert page.image.shape[0] < scan.shape[0] - 40


@pytest.mark.parametrize("method", ["otsu", "adaptive", "sauvola"])
@pytest.mark.parametrize("size", [1, 2])
def test_binarised_pages_are_black_and_white_and_keep_their_ink(sheet, method, size):
    image = np.kron(wear.fade(sheet, 60, 220), np.ones((size, size), np.uint8))

    page, _ = prepared(image, only={"binarize": method})

    assert set(np.unique(page.image)) == {0, 255}
    assert ((page.image == 0) == (image < 140)).mean() > 0.97


def test_sauvola_reads_what_a_shadow_hides_from_one_threshold(sheet):
    page, notes = prepared(shaded(sheet), only={"binarize": "auto"})

    assert notes["binarize"].did == "sauvola"
    assert ((page.image == 0) == (sheet < 128)).mean() > 0.97


@pytest.mark.parametrize("method", ["median", "bilateral", "nlmeans"])
def test_denoising_by_hand_leaves_less_grain_and_all_the_ink(sheet, method):
    grainy = wear.gaussian_noise(wear.fade(sheet, 40, 220), 12)

    page, _ = prepared(grainy, only={"denoise": method, "denoise_strength": 5})

    grain = measurements.grain_on
    assert grain(page.image) < 0.7 * grain(grainy)
    assert ((page.image < 130) == (sheet < 128)).mean() > 0.98


def test_a_margin_is_added_on_every_side(sheet):
    page, _ = prepared(sheet, only={"margin": 25})

    assert page.image.shape == (sheet.shape[0] + 50, sheet.shape[1] + 50)
    assert np.abs(page.image[25:-25, 25:-25].astype(int) - sheet).max() <= 1


POINTS = ((220, 180), (760, 240), (480, 620))


@given(
    st.fixed_dictionaries(
        {
            "rotate": st.sampled_from(["auto", "0", "90", "180", "270"]),
            "angle": st.floats(-20, 20),
            "deskew": st.sampled_from(["off", "auto", "on"]),
            "scale": st.sampled_from(["off", "auto", "on"]),
            "scale_factor": st.sampled_from([0.0, 0.6, 1.3, 2.0]),
            "crop": st.sampled_from(["off", "auto", "on"]),
            "margin": st.integers(0, 60),
        }
    ),
    st.sampled_from([0, 4, -11]),
)
def test_a_drawn_mark_is_mapped_back_whatever_moved(knobs, tilt):
    image = np.full((800, 1000), 255, np.uint8)
    for point in POINTS:
        cv2.circle(image, point, 14, 0, -1)
    image = wear.tilt(image, tilt)
    drawn = wear.tilt_matrix((1000, 800), tilt) @ np.array([(*p, 1) for p in POINTS]).T

    page, _ = prepared(image, only=knobs)

    _, _, _, middles = cv2.connectedComponentsWithStats(np.uint8(page.image < 128))
    home = page.home @ np.column_stack([middles[1:] + 0.5, np.ones(3)]).T
    found = (home[:2] / home[2]).T
    for point in drawn[:2].T + 0.5:
        assert np.linalg.norm(found - point, axis=1).min() < 2


def test_columns_whose_lines_stand_at_other_heights_are_not_tilted():
    words = "בראשית ברא אלהים את השמים ואת הארץ והארץ היתה תהו ובהו וחשך על".split()
    font = load_font("sans", 28)
    sheet = Image.new("L", (1100, 800), 255)
    pen = ImageDraw.Draw(sheet)
    for right, down in ((1000, 100), (450, 114)):
        for line in range(8):
            text = " ".join(words[line : line + 4])[::-1]
            corner = right - pen.textlength(text, font=font), down + 48 * line
            pen.text(corner, text, font=font, fill=0)

    assert "deskew" not in done(np.asarray(sheet))


def test_a_steep_turn_after_which_nothing_can_be_read_is_undone(sheet):
    page = Page(wear.tilt(sheet, 7), PageRef("drawn.png"))
    step = geometry_steps.Deskew()

    turned, report = step.run(page, lambda part: [])
    _, small = step.run(
        Page(wear.tilt(sheet, 1), PageRef("drawn.png")), lambda part: []
    )

    assert turned is page
    assert report.did == "undone"
    assert small.did == "straightened"


@pytest.mark.parametrize(
    ("left", "right", "degrees"), [(2.5, -0.7, 0.9), (1.6, -1.5, 0), (1.5, 1.3, 1.4)]
)
def test_the_pages_of_an_open_book_are_turned_by_the_mean_of_their_angles(
    sheet, left, right, degrees
):
    """To level one of them would tilt the other by twice as much."""
    one_page = Image.fromarray(sheet)
    halves = [one_page.rotate(-angle, fillcolor=255) for angle in (left, right)]

    _, notes = prepared(np.hstack(halves), {"deskew": "auto"})

    did = notes["deskew"].did
    assert did == ("straightened" if degrees else "")
    assert notes["deskew"].measured["degrees"] == pytest.approx(degrees, abs=0.25)
