"""Files that are dropped together: recorded words are joined with their scan, and a zip
is split into its documents."""

import io
import zipfile

import pytest

from tests.support.app_driver import give, read, shown_text, transcript
from tests.support.app_pages import png
from tests.support.recorded import ALTO


def archive(**files):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as opened:
        for name, content in files.items():
            opened.writestr(name.replace("__", "/") + ".png", content)
    return made.getvalue()


def labels(app):
    uploads = app.session_state.session.uploads.values()
    return [(each.label, each.pages, each.error) for each in uploads]


@pytest.mark.needs_tesseract
def test_recorded_words_and_their_scan_are_one_document(app):
    give(app, {"p.png": png(), "p.xml": ALTO.encode()})
    read(app)

    assert labels(app) == [("p.cbz", 1, "")]
    assert transcript(app) == "recorded"
    assert "no picture" not in shown_text(app)


def test_folders_of_a_zip_are_documents(app):
    give(app, {"scans.zip": archive(a__1=png(), a__2=png(), single=png())})

    assert labels(app) == [("a.cbz", 2, ""), ("single.png", 1, "")]


def test_a_zip_that_is_none_is_refused_on_the_list(app):
    give(app, {"scans.zip": b"PK\x03\x04 and no more"})

    [(label, pages, error)] = labels(app)
    assert (label, pages) == ("scans.zip", 0)
    assert "damaged" in error
