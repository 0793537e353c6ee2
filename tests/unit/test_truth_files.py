"""Ground truth beside a scan: a file about a document, and no document."""

import zipfile

import pytest

from ocr_core import open_document
from ocr_core.documents.discovery import find_documents
from tests.support.app_pages import png

PAGE_XML = """<PcGts xmlns="http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15">
<Page imageFilename="p.png" imageWidth="640" imageHeight="200">
<TextRegion id="r"><Coords points="0,0 9,0 9,9"/>
<TextLine id="l"><Coords points="10,10 110,10 110,30 10,30"/>
<TextEquiv><Unicode>whole line</Unicode></TextEquiv></TextLine></TextRegion>
</Page></PcGts>"""


@pytest.mark.parametrize("truth", ["p.gt.xml", "p.gt.hocr", "p.gt.txt", "p.GT.XML"])
@pytest.mark.parametrize("packed", [False, True])
def test_ground_truth_beside_its_scan_is_no_document(tmp_path, truth, packed):
    folder = tmp_path / "set"
    folder.mkdir()
    content = {"p.png": png(), truth: PAGE_XML.encode()}
    for name, each in content.items():
        (folder / name).write_bytes(each)
    if packed:
        with zipfile.ZipFile(folder / "set.zip", "w") as file:
            for name in content:
                file.write(folder / name, name)
                (folder / name).unlink()

    found, skipped = find_documents([folder])
    [page] = open_document(found[0].path)

    assert ([each.doc_id for each in found], skipped) == (
        ["set" if packed else "p"],
        0,
    )
    assert page.path.endswith("p.png")


def test_ground_truth_with_no_scan_is_a_document_as_any_recorded_ocr(tmp_path):
    path = tmp_path / "p.gt.xml"
    path.write_text(PAGE_XML)

    found, _ = find_documents([tmp_path])

    assert [each.path for each in found] == [str(path)]
