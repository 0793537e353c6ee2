"""The HTTP API takes zips of scans and recorded OCR."""

import io
import zipfile

from tests.support.api_requests import sent, tiff
from tests.support.recorded import ALTO


def test_a_zip_is_answered_with_the_pages_of_all_its_documents(client):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("a/1.tif", tiff(2))
        archive.writestr("b.xml", ALTO)

    answer = client.post("/api/v1/ocr", **sent(made.getvalue(), "scans.zip"))

    pages = [(p["doc_id"], p["page_num"], p["source"]) for p in answer.json["pages"]]
    assert pages == [("a", 1, "read"), ("a", 2, "read"), ("b", 1, "imported")]


def test_recorded_words_are_answered_as_they_are_written(client):
    answer = client.post("/api/v1/ocr", **sent(ALTO.encode(), "b.xml"))

    [page] = answer.json["pages"]
    assert (answer.json["text"], page["width"]) == ("recorded", 640)
    assert [note["code"] for note in page["notes"]] == ["no-picture"]
