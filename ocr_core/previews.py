"""Previews: pages as JPEGs for display.

Previews must follow a changed knob without delay. Therefore the current page stays
decoded, the steps before the changed one are not run again, and large pages are first
shown at screen size.
"""

import math
from collections import OrderedDict
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import cv2
import numpy as np

from ocr_core.documents import load_page
from ocr_core.engines import AUTO, Recognition, engine_named, part_reader
from ocr_core.errors import MissingEngineError
from ocr_core.imaging.legibility import StripReader
from ocr_core.imaging.orientation import upright_turn
from ocr_core.imaging.step_base import Done
from ocr_core.imaging.steps import Preprocess
from ocr_core.language_choice import (
    expected_language,
    in_language,
    language_of_document,
    must_read_first,
)
from ocr_core.page import Page, PageRef, StepReport
from ocr_core.settings import Settings

SCREEN_SIDE = 2400  # px; enough for a zoom of 2 on most screens
DRAFT_PIXELS = 1_200_000  # on an A4 page of this size letters are still found
KEPT_BYTES = 200_000_000
JPEG_QUALITY = 82
THUMBNAIL_SIDE = 160
THUMBNAIL_DPI = 20
STRIP_HEIGHT = 64
STRIP_AROUND = 5  # line heights of context on either side of a word
MARKER = (255, 226, 120)  # highlight colour, multiplied: dark ink stays dark
Box = tuple[int, int, int, int]  # left, top, width, height


@dataclass(frozen=True, eq=False)
class Picture:
    """A page as a JPEG, and how its pixels map to the page as scanned.

    `size` is the width and height of the coordinate space; the JPEG may have a smaller
    scale. `home` maps a point of that space to the page as scanned. `language` is that
    of a page prepared in full, chosen or found.
    """

    jpeg: bytes
    size: tuple[int, int]
    home: np.ndarray
    reports: tuple[StepReport, ...] = ()
    draft: bool = False
    language: str = ""


def scan_picture(ref: PageRef, dpi: int) -> Picture:
    """Return the page as scanned, in colour."""
    return _picture(load_page(ref, dpi, colour=True), ())


def thumbnail(ref: PageRef) -> bytes:
    """Return a thumbnail of the page as scanned, as a JPEG."""
    page = load_page(ref, THUMBNAIL_DPI, colour=True)
    return _picture(page, (), THUMBNAIL_SIDE).jpeg


def strip(ref: PageRef, dpi: int, marks: tuple[Box, ...]) -> bytes:
    """Return a strip of the page as scanned around a word, with the word highlighted.

    Parameters
    ----------
    ref, dpi
        The page; a PDF is rendered at this resolution.
    marks
        A box for each piece of the word, in pixels of the page as scanned; pieces on
        two lines are shown side by side.

    Returns
    -------
    bytes
        A JPEG, `STRIP_HEIGHT` pixels high.
    """
    image = _in_colour(ref, dpi)
    pieces = [_around(image, mark) for mark in marks]
    whole = cv2.cvtColor(np.hstack(pieces), cv2.COLOR_RGB2BGR)
    options = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    return cv2.imencode(".jpg", whole, options)[1].tobytes()


@lru_cache(maxsize=2)
def _in_colour(ref: PageRef, dpi: int) -> np.ndarray:
    """Return a page in colour; it stays cached while its hits are cut out."""
    image = load_page(ref, dpi, colour=True).image
    return image if image.ndim == 3 else cv2.cvtColor(image, cv2.COLOR_GRAY2RGB)


def _around(image: np.ndarray, mark: Box) -> np.ndarray:
    left, top, width, height = mark
    height = max(4, height)
    space, above = round(STRIP_AROUND * height), round(0.6 * height)
    first, last = max(0, left - space), min(image.shape[1], left + width + space)
    high, low = max(0, top - above), min(image.shape[0], top + height + above)
    part = image[high:low, first:last].copy()
    if not part.size:
        return np.full((STRIP_HEIGHT, STRIP_HEIGHT, 3), 255, np.uint8)
    marked = part[max(0, top - high) :, max(0, left - first) :][:height, :width]
    marked[:] = marked * (np.array(MARKER) / 255)  # also works on dark paper
    factor = STRIP_HEIGHT / part.shape[0]
    size = (max(1, round(part.shape[1] * factor)), STRIP_HEIGHT)
    return cv2.resize(part, size, interpolation=cv2.INTER_AREA)


def for_preview(ref: PageRef, settings: Settings) -> Settings:
    """Return settings in the language of a document, or the expected one.

    The language of a picture that has not been read is not known yet.
    """
    knobs = settings.recognition
    if knobs.language != AUTO:
        return settings
    choice = language_of_document(ref, knobs)
    return in_language(
        settings, choice.code if choice else expected_language(knobs.engine)
    )


def prepared_picture(ref: PageRef, settings: Settings) -> Picture:
    """Return the page as the engine will see it, with the reports of the steps."""
    settings = for_preview(ref, settings)
    knobs = settings.recognition
    page = _loaded(ref, knobs.dpi)
    key = (ref, _reading_knobs(knobs))
    picture = _picture(*_prepared(page, key, settings.preprocess))
    return replace(picture, language=knobs.language)


def draft_picture(ref: PageRef, settings: Settings, *, waits: bool = True) -> Picture:
    """Return the prepared page at screen size, if that is faster.

    The scale step has no visible effect and is left out; `size` and `home` are those of
    the full page. If it must not wait, and other pages must be read first to find the
    language, it is the page as scanned.
    """
    if not waits and must_read_first(ref, settings.recognition):
        return replace(scan_picture(ref, settings.recognition.dpi), draft=True)
    settings = for_preview(ref, settings)
    knobs = settings.recognition
    page, fold = _downscaled_page(ref, knobs.dpi)
    if fold == 1:
        return prepared_picture(ref, settings)
    reading = _reading_knobs(knobs)
    steps = settings.preprocess.downscaled(fold, _upright(ref, reading))
    picture = _picture(*_prepared(page, (ref, reading, fold), steps))
    width, height = picture.size
    home = picture.home @ np.diag([1 / fold, 1 / fold, 1.0])
    size = width * fold, height * fold
    return replace(picture, size=size, home=home, draft=True)


def step_pictures(ref: PageRef, settings: Settings) -> list[tuple[str, bytes]]:
    """Return the page as scanned, then after each step that changed something.

    Each item is the step's name and a JPEG.
    """
    settings = for_preview(ref, settings)
    knobs = settings.recognition
    page = _loaded(ref, knobs.dpi)
    pictures = [("scan", _picture(page, ()).jpeg)]
    for after, note in settings.preprocess.walk(page, _reader(knobs)):
        if note is not None and note.did:
            pictures.append((note.step, _picture(after, ()).jpeg))
    return pictures


def cropped(
    jpeg: bytes, size: tuple[int, int], box: tuple[int, int, int, int]
) -> bytes | None:
    """Cut a box (left, top, width, height, in the space of `size`) out of a JPEG."""
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
    """Return the current page, cached while its knobs change."""
    return load_page(ref, dpi)


@lru_cache(maxsize=2)
def _downscaled_page(ref: PageRef, dpi: int) -> tuple[Page, int]:
    """Return the page at screen size, cached too, and its reduction factor."""
    page = _loaded(ref, dpi)
    fold = math.ceil(math.sqrt(page.image.size / DRAFT_PIXELS))
    height, width = (length // fold * fold for length in page.image.shape)
    if fold == 1 or not height or not width:
        return page, 1
    return page.cut(0, 0, width, height).resized(1 / fold), fold


def _reading_knobs(knobs: Recognition) -> Recognition:
    """Return the knobs that affect steps which read parts of a page."""
    return Recognition(language=knobs.language, engine=knobs.engine, dpi=knobs.dpi)


def _reader(knobs: Recognition) -> StripReader | None:
    """Return a reader for parts of a page; None if its language is not installed."""
    try:
        engine_named(knobs.engine).language_data(knobs.language)
        return part_reader(knobs, dark=True)
    except MissingEngineError:
        return None


@lru_cache(maxsize=64)
def _upright(ref: PageRef, reading: Recognition) -> str:
    """Return the orientation, cached: it does not depend on pixel-value steps."""
    preprocess = Preprocess()
    page = preprocess.polarity.apply(_loaded(ref, reading.dpi))[0]
    page = preprocess.denoise.apply(page)[0]
    return str(upright_turn(page, _reader(reading))[0])


_step_results: OrderedDict[Any, Done] = OrderedDict()


def _prepared(
    page: Page, key: tuple[Any, ...], steps: Preprocess
) -> tuple[Page, tuple[StepReport, ...]]:
    """Run the steps on a page, starting at the first one without a cached result.

    The second item of `key` are the knobs of steps that read parts of the page.
    """
    read = _reader(key[1])
    reports = []
    for name in type(steps).model_fields:
        step = getattr(steps, name)
        key = (key, step)
        if key not in _step_results:
            _step_results[key] = step.run(page, read)
        _step_results.move_to_end(key)
        page, report = _step_results[key]
        if report:
            reports.append(report)
    held = {id(each.image): each.image.nbytes for each, _ in _step_results.values()}
    while sum(held.values()) > KEPT_BYTES and _step_results:
        dropped, _ = _step_results.popitem(last=False)[1]
        if all(each.image is not dropped.image for each, _ in _step_results.values()):
            held.pop(id(dropped.image), None)
    return page, tuple(reports)


def _downscaled(image: np.ndarray, factor: float) -> np.ndarray:
    """Downscale by a whole factor first: eight times as fast as the exact one alone."""
    fold = int(1 / factor)
    height, width = (length // fold for length in image.shape[:2])
    if fold == 1 or not height or not width:
        return image
    whole = image[: height * fold, : width * fold]
    return cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA)


def _picture(
    page: Page, reports: tuple[StepReport, ...], side: int = SCREEN_SIDE
) -> Picture:
    image = page.image
    height, width = image.shape[:2]
    factor = min(1.0, side / max(height, width))
    if factor < 1:
        size = max(1, round(width * factor)), max(1, round(height * factor))
        image = cv2.resize(_downscaled(image, factor), size)
    if image.ndim == 3:
        image = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    jpeg = cv2.imencode(".jpg", image, quality)[1].tobytes()
    return Picture(jpeg, (width, height), page.home, reports)
