"""Pictures: pages as JPEGs for people to look at."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from ocr_core.documents import load_page
from ocr_core.page import Note, Page, PageRef
from ocr_core.settings import Settings

SCREEN_SIDE = 2400  # enough for a page at twice its size on most screens
JPEG_QUALITY = 82
THUMBNAIL_SIDE = 160
THUMBNAIL_DPI = 20


@dataclass(frozen=True, eq=False)
class Picture:
    """A page as a JPEG, and how its pixels lie on the page as scanned.

    `size` is the width and height of the coordinate space, which the JPEG may fill at
    a smaller scale; `home` takes a point of that space to the page as scanned.
    """

    jpeg: bytes
    size: tuple[int, int]
    home: np.ndarray
    notes: tuple[Note, ...] = ()


def scan_picture(ref: PageRef, dpi: int) -> Picture:
    """Return the page as scanned, in colour."""
    return _picture(load_page(ref, dpi, colour=True), ())


def thumbnail(ref: PageRef) -> bytes:
    """Return the page as scanned in small, as a JPEG."""
    page = load_page(ref, THUMBNAIL_DPI, colour=True)
    return _picture(page, (), THUMBNAIL_SIDE).jpeg


def prepared_picture(ref: PageRef, settings: Settings) -> Picture:
    """Return the page as the engine will see it, with what the steps noted."""
    page, notes = settings.preprocess.apply(_loaded(ref, settings.recognition.dpi))
    return _picture(page, tuple(notes))


def step_pictures(ref: PageRef, settings: Settings) -> list[tuple[str, bytes]]:
    """Return the page as it came, then after each step that did something.

    Each picture is a JPEG under the step's name.
    """
    page = _loaded(ref, settings.recognition.dpi)
    pictures = [("scan", _picture(page, ()).jpeg)]
    for after, note in settings.preprocess.walk(page):
        if note is not None and note.did:
            pictures.append((note.step, _picture(after, ()).jpeg))
    return pictures


def cropped(
    jpeg: bytes, size: tuple[int, int], box: tuple[int, int, int, int]
) -> bytes | None:
    """Cut a box (left, top, width, height, in the space of `size`) out of our JPEG."""
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        return None
    factor = image.shape[1] / size[0]
    left, top, width, height = (round(side * factor) for side in box)
    part = image[max(0, top) : top + height, max(0, left) : left + width]
    if part.size == 0:
        return None
    return cv2.imencode(".jpg", part, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()


@lru_cache(maxsize=2)
def _loaded(ref: PageRef, dpi: int) -> Page:
    """Keep the page on the table while its knobs are turned."""
    return load_page(ref, dpi)


def _picture(page: Page, notes: tuple[Note, ...], side: int = SCREEN_SIDE) -> Picture:
    image = page.image
    height, width = image.shape[:2]
    factor = min(1.0, side / max(height, width))
    if factor < 1:
        size = max(1, round(width * factor)), max(1, round(height * factor))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    if image.ndim == 3:
        image = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    jpeg = cv2.imencode(".jpg", image, quality)[1].tobytes()
    return Picture(jpeg, (width, height), page.home, notes)
