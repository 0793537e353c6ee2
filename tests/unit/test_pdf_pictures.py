"""Pictures in a searchable PDF: taken over whole, or with all their pixels."""

import io

import numpy as np
import pikepdf
import pytest
from PIL import Image

from ocr_core.documents import load_page
from tests.support.pdf_exports import drawing, noise, result, row, saved, written


def picture(content):
    """Return the picture on a PDF's only page, and the PDF, which must stay open."""
    document = pikepdf.open(io.BytesIO(content))
    [kept] = document.pages[0].Resources.XObject.values()
    return kept, document


def test_a_jpeg_is_taken_over_byte_for_byte(tmp_path):
    ref = saved(tmp_path / "a.jpg", noise("RGB"))

    kept, _document = picture(written([result(ref, row("a"), (60, 40))]))

    assert kept.read_raw_bytes() == (tmp_path / "a.jpg").read_bytes()


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "RGBA", "LA", "P", "I;16", "CMYK"])
def test_a_picture_of_another_kind_loses_nothing(tmp_path, mode):
    image = noise(mode)
    name = "a.tif" if mode == "CMYK" else "a.png"
    ref = saved(tmp_path / name, image)

    kept, _document = picture(written([result(ref, row("a"), (60, 40))]))

    found = pikepdf.PdfImage(kept)
    if mode == "I;16":
        samples = np.frombuffer(kept.read_bytes(), ">u2").reshape(40, 60)
        assert (samples == np.asarray(image)).all()
        return
    alpha = mode in ("RGBA", "LA")
    wanted = image.convert("RGB") if mode in ("P", "LA", "RGBA") else image
    if mode == "CMYK":
        assert kept.read_bytes() == image.tobytes()
    else:
        assert found.as_pil_image().convert(wanted.mode).tobytes() == wanted.tobytes()
    if alpha:
        mask = pikepdf.PdfImage(kept.SMask).as_pil_image()
        assert mask.tobytes() == image.getchannel("A").tobytes()


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_a_jpeg_looks_as_it_did(tmp_path, mode):
    shade = 40 if mode == "L" else (200, 30, 90, 10)[: len(mode)]
    ref = saved(tmp_path / "a.jpg", Image.new(mode, (60, 40), shade))

    content = written([result(ref, row("a"), (60, 40))])

    wanted = load_page(ref).image.mean()
    assert drawing(content, (60, 40)).mean() == pytest.approx(
        wanted, abs=45
    )  # PDFium has inks of its own
