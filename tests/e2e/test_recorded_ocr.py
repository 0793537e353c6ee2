"""Recorded OCR in the browser: from a folder of ALTO files to a concordance."""

import io
import re
import zipfile

from playwright.sync_api import expect

from tests.e2e.steps import COUNT_CLICKS, press, stand_still
from tests.support.app_pages import FOX, JUGS, SPHINX, png

MM10, INCH1200 = 254 / 300, 1200 / 300  # units in a pixel, at 300 dpi


def alto(text, unit="pixel", scale=1.0, prefix="", namespace="", picture=""):
    """Return ALTO as a program writes it: with this unit, prefix and namespace."""
    tag = f"{prefix}:" if prefix else ""
    xmlns = f' xmlns{":" + prefix if prefix else ""}="{namespace}"' if namespace else ""
    sides = (round(30 * scale), round(60 * scale), round(20 * scale))
    strings = "".join(
        f'<{tag}String ID="s{n}" HPOS="{round((30 + 65 * n) * scale)}" '
        f'VPOS="{sides[1]}" WIDTH="{round(60 * scale)}" HEIGHT="{sides[2]}" '
        f'WC="0.9" CONTENT="{word}"/><{tag}SP/>'
        for n, word in enumerate(text.split())
    )
    size = f'WIDTH="{round(640 * scale)}" HEIGHT="{round(200 * scale)}"'
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><{tag}alto{xmlns}><{tag}Description>'
        f"<{tag}MeasurementUnit>{unit}</{tag}MeasurementUnit>"
        f"<{tag}sourceImageInformation><{tag}fileName>{picture}</{tag}fileName>"
        f"</{tag}sourceImageInformation></{tag}Description><{tag}Layout>"
        f'<{tag}Page ID="p" PHYSICAL_IMG_NR="1" {size}><{tag}PrintSpace>'
        f'<{tag}TextBlock ID="b"><{tag}TextLine ID="l">{strings}</{tag}TextLine>'
        f"</{tag}TextBlock></{tag}PrintSpace></{tag}Page></{tag}Layout></{tag}alto>"
    ).encode()


def folders():
    """Return ALTO files with their scans, as three programs arrange them."""
    v3 = "http://www.loc.gov/standards/alto/ns-v3#"
    docworks = alto(JUGS, "mm10", MM10, picture="C:\\\\scans\\\\0001.tif")
    inches = alto(SPHINX, "inch1200", INCH1200, "alto", v3)
    return {
        "tesseract/0001.xml": alto(FOX, namespace=v3, picture="/tmp/in/0001.png"),
        "tesseract/0001.png": png(FOX),
        "paper/ALTO/0001.xml": docworks,
        "paper/images/0001.png": png(JUGS),
        "book/FULLTEXT/00000001.xml": inches,
        "book/MAX/00000001.png": png(SPHINX),
    }


def test_alto_files_of_three_programs_go_to_a_concordance_with_pictures_in_three_clicks(
    page,
):
    page.evaluate(COUNT_CLICKS)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in folders().items():
            archive.writestr(name, content)

    with page.expect_file_chooser() as coming:
        press(page, "Upload")
    coming.value.set_files(
        {"name": "alto.zip", "mimeType": "application/zip", "buffer": packed.getvalue()}
    )
    press(page, "Read all 3 documents")
    link = page.get_by_role("link", name=re.compile("^Look up words"))
    expect(link).to_be_visible()
    expect(page.get_by_text(re.compile(r"^Read 3 pages in"))).to_be_visible()
    stand_still(page)
    with page.expect_response(re.compile(r"/page/\w+\.jpg")) as strip:
        link.click()

    assert strip.value.status == 200
    expect(page.get_by_text(re.compile(r"^1 to \d+ of \d+ hits\.$"))).to_be_visible()
    assert page.evaluate("clicks") <= 3
