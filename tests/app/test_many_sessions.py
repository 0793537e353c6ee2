"""Many sessions at once: PDFs in all, a broken one, drafts and full pictures."""

import io
import os
import threading
from dataclasses import replace

import pytest
from PIL import Image

from app.session import pools
from app.session.image_cache import PICTURES
from app.session.session import Session
from ocr_core.settings import Settings
from sample_images.drawing import draw_text_page
from tests.support import hostile
from tests.support.waiting import HANG, until

ROUNDS = int(os.environ.get("OCR_ROUNDS", "2"))
# The turns are what is tried here, not what a page is prepared with.
PLAIN = Settings.from_flat(
    dict.fromkeys(("invert", "crop", "deskew", "bleed", "flatten", "contrast"), "off")
    | {"dpi": 72, "rotate": "0", "denoise": "none", "language": "eng"}
)


@pytest.fixture
def eight(monkeypatch):
    # A slow machine takes longer for eight sessions than one reader would wait.
    monkeypatch.setattr(pools, "PICTURE_SECONDS", HANG)
    sessions = [Session() for _ in range(8)]
    yield sessions
    for session in sessions:
        session.close()


def mixed_pdf(pages):
    """Return a PDF of scans and of drawn text."""
    scan = hostile.picture(320, 240)
    file = io.BytesIO()
    scan.save(file, "PDF", save_all=True, append_images=[scan] * (pages - 1))
    return file.getvalue()


def look(session, name, content, seen):
    """Open a document and view its pages, as a browser session does."""
    upload = session.add(name, f"{name}.pdf", content)
    if upload.error:
        seen.append(upload.error)
        return
    ref = session.refs()[name]
    for number in range(1, upload.pages + 1):
        page = type(ref)(ref.path, number, ref.doc_id, ref.source_file)
        try:
            seen.append(session.pictures.prepared(page, PLAIN).url)
        except Exception as error:
            seen.append(error)


def test_pdfs_in_eight_sessions_at_once_are_all_shown(eight):
    for number in range(ROUNDS):
        seen: dict[int, list] = {index: [] for index in range(8)}
        threads = [
            threading.Thread(
                target=look,
                args=(session, f"{number}", mixed_pdf(3 + index % 2), seen[index]),
            )
            for index, session in enumerate(eight)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(HANG)

        for index, urls in seen.items():
            assert len(urls) == 3 + index % 2
            assert all(str(url).startswith("/page/") for url in urls), urls
        every = [url for urls in seen.values() for url in urls]
        assert len(set(every)) == len(every)  # nobody has another's picture


def test_a_broken_pdf_costs_its_session_a_sentence_and_others_nothing(
    eight,
):
    bad, good = eight[:2]
    seen: dict[str, list] = {"bad": [], "good": []}
    threads = [
        threading.Thread(target=look, args=(bad, "bad", BROKEN, seen["bad"])),
        threading.Thread(target=look, args=(good, "good", mixed_pdf(2), seen["good"])),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(HANG)

    assert len(seen["bad"]) == 1
    assert not str(seen["bad"][0]).startswith("/page/")
    assert [str(url)[:6] for url in seen["good"]] == ["/page/"] * 2


BROKEN = hostile.pdf_picture(b"no JPEG at all", b"DCTDecode")


def test_a_large_page_is_shown_as_a_draft_and_then_in_full(eight):
    session = eight[0]
    file = io.BytesIO()
    sheet = draw_text_page("Pack my box.", size=(1700, 2400), font_size=60)[0]
    sheet.save(file, "PNG", compress_level=1)
    session.add("a", "a.png", file.getvalue())
    ref, settings = session.refs()["a"], Settings()

    draft = session.pictures.prepared(ref, settings)
    until(lambda: session.pictures.sharpen(ref, settings))
    full = session.pictures.prepared(ref, settings)

    assert draft.picture.draft and not full.picture.draft
    assert draft.url != full.url
    assert session.pictures.prepared(ref, settings) is full
    assert not session.pictures.sharpen(ref, settings)  # there is nothing more to come
    size = Image.open(io.BytesIO(PICTURES.get(full.url[6:-4])), formats=["JPEG"]).size
    assert size == full.picture.size


@pytest.mark.needs_tesseract
def test_later_drafts_are_prepared_in_the_language_that_was_found(eight):
    session = eight[0]
    sheet = draw_text_page("Pack my box.", size=(1700, 2400), font_size=60)[0]
    file = io.BytesIO()
    sheet.save(file, "TIFF", save_all=True, append_images=[sheet])
    session.add("a", "a.tiff", file.getvalue())
    ref, settings = replace(session.refs()["a"], number=1), Settings()
    draft = session.pictures.prepared(ref, settings, waits=False)
    assert not draft.picture.reports  # the page as scanned
    until(lambda: session.pictures.sharpen(ref, settings))
    assert session.pictures.prepared(ref, settings, waits=False).picture.language

    margin = Settings.from_flat({"margin": 60})
    later = session.pictures.prepared(ref, margin, waits=False)
    assert later.picture.draft and later.picture.reports
