"""Large scans in black and white: read at a lower resolution instead of refused."""

import numpy as np
import pytest
from PIL import Image

from ocr_core import open_document
from ocr_core.documents import load_page, recorded_words
from ocr_core.errors import LimitError
from ocr_core.page import PageRef

SIDE = 9_000  # squared 81 million, one more than is read of other pictures
ALTO = (
    f'<alto><Layout><Page WIDTH="{SIDE}" HEIGHT="{SIDE}"><PrintSpace><TextBlock>'
    '<TextLine><String HPOS="100" VPOS="200" WIDTH="60" HEIGHT="40" CONTENT="plan"/>'
    "</TextLine></TextBlock></PrintSpace></Page></Layout></alto>"
)


@pytest.fixture(scope="module")
def plan():
    """White paper with a black square of 100 to 160 across and 200 to 240 down."""
    image = Image.new("1", (SIDE, SIDE), 1)
    image.paste(0, (100, 200, 160, 240))
    return image


@pytest.mark.parametrize(
    ("ending", "options"), [("tif", {"compression": "group4"}), ("png", {})]
)
@pytest.mark.parametrize("colour", [False, True])
def test_a_large_two_level_scan_is_read_at_half_its_size(
    plan, tmp_path, ending, options, colour
):
    path = tmp_path / f"plan.{ending}"
    plan.save(path, dpi=(600, 600), **options)

    page = load_page(next(open_document(path)), colour=colour)

    assert page.image.shape[:2] == (SIDE // 2, SIDE // 2)
    assert page.dpi == 300
    assert [note.code for note in page.notes] == ["page-reduced"]
    black = np.argwhere(page.image.reshape(SIDE // 2, SIDE // 2, -1)[..., 0] == 0)
    # Rows 200 to 239 and columns 100 to 159 of the scan.
    assert black.min(axis=0).tolist() == [100, 50]
    assert black.max(axis=0).tolist() == [119, 79]


def test_recorded_words_lie_on_the_reduced_scan(plan, tmp_path):
    plan.save(tmp_path / "plan.tif", compression="group4")
    (tmp_path / "plan.xml").write_text(ALTO)

    page, _ = recorded_words(PageRef(str(tmp_path / "plan.xml"), 1), 300)

    assert page.size == (SIDE // 2, SIDE // 2)
    assert page.rows[0][4:8] == (50, 100, 30, 20)


def test_a_grey_scan_as_large_is_refused_with_its_limit(tmp_path):
    Image.new("L", (SIDE, SIDE), 255).save(tmp_path / "grey.png")

    with pytest.raises(LimitError, match="80 megapixels"):
        next(open_document(tmp_path / "grey.png"))


def test_a_two_level_scan_has_a_limit_too(tmp_path):
    header = b"P4\n30000 30000\n"  # 900 million pixels, none of which follows
    (tmp_path / "bomb.pbm").write_bytes(header)

    with pytest.raises(LimitError, match="megapixels"):
        next(open_document(tmp_path / "bomb.pbm"))
