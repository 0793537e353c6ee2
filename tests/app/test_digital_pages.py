"""A PDF page that contains its text is shown like a page that was read."""

import io

import pikepdf
import pytest

from tests.support.app_driver import read, transcript, upload, viewer
from tests.support.pdf_pages import add_page


def letter():
    """Return a PDF with two words of 12 points, from 40 points off its left edge."""
    file = io.BytesIO()
    with pikepdf.new() as document:
        add_page(document, "BT /F 12 Tf 40 100 Td (old harbour) Tj ET")
        document.save(file)
    return file.getvalue()


@pytest.mark.needs_tesseract
def test_words_of_a_pdf_stand_over_its_page(app):
    read(upload(app, letter__pdf=letter()))

    scan, prepared = viewer(app)["views"]
    assert transcript(app) == "old harbour"
    assert scan["size"] == [1250, 834]  # 300 by 200 points at 300 dpi
    assert len(scan["quads"]) == len(prepared["quads"]) == 2 * 8
    assert abs(scan["quads"][0] - 40 * 300 / 72) < 8
