import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ocr_core
from ocr_core import Settings, open_document, recognize_page
from ocr_core.page import (
    WORD_COLUMNS,
    Page,
    PageRef,
    PageResult,
    StepReport,
    Word,
    border_shade,
    lines_of,
    to_scan,
)
from tests.support.marks import MARKS, marked_image, marks_on

REF = PageRef("page.png")


def word(text, tree=(1, 1, 1, 1), box=(0, 0, 10, 10), conf=90.0):
    return Word(*tree, *box, conf, text)


def boxes_home(page):
    """Find the marks on a transformed page and return their boxes on the page as
    scanned."""
    words = [word("mark", box=box) for box in marks_on(page.image)]
    return sorted(found[4:8] for found in to_scan(words, page.home, page.size))


def near(boxes, wanted, pixels):
    return np.abs(np.array(boxes) - np.array(sorted(wanted))).max() <= pixels


def test_word_columns_are_tesseracts_own():
    assert (
        "block_num par_num line_num word_num left top width height conf text".split()
    ) == WORD_COLUMNS


def test_a_reference_names_its_document_by_the_file():
    ref = PageRef("/scans/box 3/letter.v2.png")

    assert (ref.source_file, ref.doc_id) == ("letter.v2.png", "letter.v2")


@pytest.mark.parametrize(
    ("path", "doc_id"),
    [(".hidden", ".hidden"), ("C:\\scans\\a.tif", "a"), ("no_ending", "no_ending")],
)
def test_every_reference_has_a_document_name(path, doc_id):
    assert PageRef(path).doc_id == doc_id


def test_a_name_that_is_no_text_is_spelled_with_a_sign():
    ref = PageRef("/scans/caf\udce9.png")

    assert ref.source_file == "caf\N{REPLACEMENT CHARACTER}.png"
    assert ref.doc_id == "caf\N{REPLACEMENT CHARACTER}"


def test_a_page_knows_its_size_before_any_step():
    page = Page(marked_image(), REF)

    assert page.size == (240, 180)
    assert page.resized(2).size == (240, 180)


@pytest.mark.parametrize(
    ("pixels", "named"),
    [
        (np.ones((4, 6)), r"not \(4, 6\) of float64"),
        (np.ones((4, 6, 4), np.uint8), r"not \(4, 6, 4\) of uint8"),
        (np.ones(6, np.uint8), r"not \(6,\) of uint8"),
        (np.ones((0, 6), np.uint8), r"not \(0, 6\) of uint8"),
        ([[1, 2]], r"not \(1, 2\) of int64"),
    ],
)
def test_what_is_no_image_makes_no_page(pixels, named):
    with pytest.raises(ValueError, match=named):
        Page(pixels, REF)


@pytest.mark.parametrize(
    ("page", "settings", "named"),
    [
        ("page.png", Settings(), "str"),
        (np.ones((4, 6), np.uint8), Settings(), "ndarray"),
        (REF, {"language": "eng"}, "dict"),
        (Settings(), REF, "Settings"),
    ],
)
def test_recognize_page_names_the_type_it_does_not_take(page, settings, named):
    with pytest.raises(TypeError, match=rf"recognize_page\(\) takes no {named}\."):
        recognize_page(page, settings)


@pytest.mark.parametrize("source", [None, 3, Settings()])
def test_only_a_path_or_a_reference_is_opened(source):
    with pytest.raises(TypeError):
        open_document(source)


def test_shells_complete_the_public_names():
    assert set(ocr_core.__all__) <= set(dir(ocr_core))


def test_painting_leaves_every_pixel_in_its_place():
    page = Page(marked_image(), REF)

    with_pixels = page.with_pixels(255 - page.image)

    assert np.array_equal(with_pixels.home, np.eye(3))
    assert boxes_home(with_pixels) == sorted(MARKS)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_marks_are_mapped_back_exactly_from_a_quarter_turn(degrees):
    page = Page(marked_image(), REF).turned(degrees)

    assert boxes_home(page) == sorted(MARKS)


def test_a_turn_goes_clockwise():
    image = marked_image([(10, 20, 30, 5)], size=(100, 60))

    turned = Page(image, REF).turned(90)

    assert turned.image.shape == (100, 60)
    assert marks_on(turned.image) == [(60 - 25, 10, 5, 30)]


def test_marks_are_mapped_back_exactly_from_a_cut():
    page = Page(marked_image(), REF).cut(30, 20, 200, 150)

    assert page.image.shape == (150, 200)
    assert boxes_home(page) == sorted(MARKS)


@pytest.mark.parametrize("factor", [0.5, 1.5, 2, 3.7])
def test_marks_are_mapped_back_from_another_scale(factor):
    page = Page(marked_image(), REF).resized(factor)

    assert near(boxes_home(page), MARKS, 1 + 1 / factor)


def test_marks_are_mapped_back_from_a_perspective():
    lean = np.array([[1.1, 0.05, 12], [0.02, 1.05, 9], [1e-4, 5e-5, 1]])

    page = Page(marked_image(), REF).warped(lean, (320, 240))

    assert near(boxes_home(page), MARKS, 3)


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("turned"), st.sampled_from([90, 180, 270])),
            st.tuples(st.just("resized"), st.floats(0.7, 1.6)),
            st.tuples(st.just("shifted"), st.integers(0, 20)),
        ),
        max_size=5,
    )
)
def test_marks_are_mapped_back_from_any_chain_of_moves(moves):
    page = Page(marked_image(), REF)

    for name, amount in moves:
        if name == "shifted":
            shift = np.array([[1, 0, amount], [0, 1, amount], [0, 0, 1.0]])
            height, width = page.image.shape
            page = page.warped(shift, (width + amount, height + amount))
        else:
            page = getattr(page, name)(amount)

    assert near(boxes_home(page), MARKS, 5)


def test_what_a_page_does_not_cover_has_the_shade_of_its_border():
    image = np.full((40, 60), 200, np.uint8)
    image[10:20, 10:20] = 0

    page = Page(image, REF).warped(np.eye(3), (80, 50))

    assert border_shade(image) == 200
    assert set(page.image[:, 60:].ravel()) == {200}


def test_boxes_are_cut_to_the_page_and_never_empty():
    words = [word("far", box=(-50, -50, 10, 10)), word("out", box=(500, 500, 9, 9))]

    home = to_scan(words, np.eye(3), (100, 80))

    assert [each[4:8] for each in home] == [(0, 0, 1, 1), (99, 79, 1, 1)]


def test_no_words_are_mapped_to_no_words():
    assert to_scan([], np.eye(3), (10, 10)) == []


def test_text_breaks_a_line_for_a_line_and_leaves_one_empty_for_a_paragraph():
    rows = (
        word("To", (1, 1, 1, 1)),
        word("be", (1, 1, 1, 2)),
        word("or", (1, 1, 2, 1)),
        word("not", (1, 2, 1, 1)),
        word("end", (2, 1, 1, 1)),
    )

    assert PageResult(REF, rows).text == "To be\nor\n\nnot\n\nend"


def test_text_keeps_the_order_of_the_words():
    rows = (word("second", (2, 1, 1, 1)), word("first", (1, 1, 1, 1)))

    assert PageResult(REF, rows).text == "second\n\nfirst"


def test_lines_come_one_by_one():
    rows = (word("a"), word("b", (1, 1, 1, 2)), word("c", (1, 1, 2, 1)))

    assert [[each.text for each in line] for line in lines_of(rows)] == [
        ["a", "b"],
        ["c"],
    ]


def test_confidence_is_the_mean_and_the_median_of_the_words():
    rows = tuple(word("x", conf=conf) for conf in (10.0, 20.0, 90.0))

    result = PageResult(REF, rows)

    assert (result.conf_mean, result.conf_median) == (40, 20)


def test_a_page_with_no_word_has_no_confidence():
    result = PageResult(REF)

    assert (result.text, result.conf_mean, result.conf_median) == ("", None, None)
    assert list(result.words.columns) == WORD_COLUMNS


def test_words_are_a_table_that_keeps_the_word_na():
    table = PageResult(REF, (word("NA"), word("null"))).words

    assert table["text"].tolist() == ["NA", "null"]
    assert table["conf"].dtype == float


def test_steps_show_what_was_measured_and_done():
    reports = (
        StepReport("deskew", {"degrees": 1.5}, "straightened"),
        StepReport("light", {}),
    )

    assert json.loads(PageResult(REF, reports=reports).steps) == [
        {"step": "deskew", "degrees": 1.5, "did": "straightened"},
        {"step": "light", "did": "nothing"},
    ]
