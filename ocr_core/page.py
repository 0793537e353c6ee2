"""Page: the values passed between modules: pages, words and results."""

import json
import re
import statistics
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

import cv2
import numpy as np

from ocr_core.curved_sheet import CurvedSheet, transformed

if TYPE_CHECKING:
    import pandas as pd


class Word(NamedTuple):
    """One word; the fields have the names of Tesseract's TSV columns.

    The four numbers give its position in the tree of blocks, paragraphs, lines and
    words; the box is in pixels from the top left corner; `conf` is from 0 to 100.

    `space_before` is false if no white space separates the word from the one before; if
    such a word is the first of a line, it continues the line before.
    `conf_engine` is the engine's own confidence if `conf` is another figure: calibrated
    by `ocr_core.text.calibration`, or 100 because a person set or confirmed the word.
    Otherwise it is None. `engine` is the name of the engine that read the word, empty
    if only its page states it.
    """

    block_num: int
    par_num: int
    line_num: int
    word_num: int
    left: int
    top: int
    width: int
    height: int
    conf: float
    text: str
    space_before: bool = True
    conf_engine: float | None = None
    engine: str = ""

    @property
    def own_conf(self) -> float:
        """The engine's own confidence, whatever `conf` was made of it."""
        return self.conf if self.conf_engine is None else self.conf_engine


PageId = tuple[str, int]  # doc_id and page number
MIN_DOWN = 1.5  # height / width of a vertical word
DOUBTFUL = 75  # confidence below which a word is marked
WORD_COLUMNS = list(Word._fields[:10])  # columns of tables
ERROR_KINDS = ("input", "limit", "engine", "machine")  # causes of a failure
SOURCES = ("read", "pdf-text", "imported", "mixed")  # origins of a page's words
SURROGATE = re.compile("[\ud800-\udfff]")


def printable(text: str, instead: str = "\ufffd") -> str:
    """Replace control characters, which could affect a terminal or fake a log line."""
    return "".join(each if each.isprintable() else instead for each in text)


def replace_surrogates(name: str) -> str:
    """Return a file's name as valid Unicode: bytes that are not UTF-8 are replaced."""
    return SURROGATE.sub("\N{REPLACEMENT CHARACTER}", name)


def composed(name: str) -> str:
    """Return a name with composed letters (NFC), as most tables have it.

    macOS file names may have each accent after its letter; both look the same.
    """
    return unicodedata.normalize("NFC", name)


@dataclass(frozen=True)
class PageRef:
    """Reference to a page, which is sent to workers and stored in results.

    `doc_id` names the document in every table; `source_file` is its name for display,
    never used as a path. `number` is counted from 1; 0 means the whole file.
    """

    path: str
    number: int = 1
    doc_id: str = ""
    source_file: str = ""

    def __post_init__(self) -> None:
        name = replace_surrogates(self.path.replace("\\", "/").rsplit("/", 1)[-1])
        if not self.source_file:
            object.__setattr__(self, "source_file", name)
        if not self.doc_id:
            doc_id = composed(name.rsplit(".", 1)[0] or name)
            object.__setattr__(self, "doc_id", doc_id)


class Note(NamedTuple):
    """Information about a page for the user: a short code and a sentence."""

    code: str
    text: str


@dataclass(frozen=True, eq=False)
class Page:
    """One page image and its metadata.

    Parameters
    ----------
    image : (H, W) or (H, W, 3) uint8 array
        Grey or RGB pixels; the origin is the top left corner.
    ref : PageRef
        Where the page came from.
    size : (int, int)
        Width and height of the page as scanned, after EXIF orientation, in pixels.
    dpi : int
        Resolution of the page as scanned; 0 if unknown.
    sha256 : str
        Digest of the file's bytes.
    home : (3, 3) float array
        Homography from points of `image` to the page as scanned, or to the flat page
        that `sheet` shows.
    sheet : CurvedSheet or None
        The map from the flat page to the page as scanned; None if it was flat.
    notes : tuple of Note
        Information for the user from loading the page.
    intact : float
        Estimated share of the pixels that are undamaged.
    grain : float
        Strength of the grain that was smoothed, as a share of the contrast.
    """

    image: np.ndarray
    ref: PageRef
    size: tuple[int, int] = (0, 0)
    dpi: int = 0
    sha256: str = ""
    home: np.ndarray = field(default_factory=lambda: np.eye(3))
    sheet: CurvedSheet | None = None
    notes: tuple[Note, ...] = ()
    intact: float = 1.0
    grain: float = 0.0

    def __post_init__(self) -> None:
        pixels = np.asarray(self.image)
        shape = pixels.shape
        is_flat = len(shape) == 2 or (len(shape) == 3 and shape[2] == 3)
        if not (is_flat and pixels.size and pixels.dtype == np.uint8):
            raise ValueError(
                f"A page is an (H, W) or (H, W, 3) array of uint8, not {shape} of "
                f"{pixels.dtype}."
            )
        if self.size == (0, 0):
            height, width = self.image.shape[:2]
            object.__setattr__(self, "size", (width, height))

    def with_pixels(self, image: np.ndarray) -> "Page":
        """Return this page with other pixel values and the same geometry."""
        return replace(self, image=image)

    def warped(
        self, matrix: np.ndarray, size: tuple[int, int], *, paper: int | None = None
    ) -> "Page":
        """Return this page warped by a (3, 3) `matrix` to an image of (W, H) `size`.

        Every step that moves pixels calls this method, so `home` is always correct.
        Coordinates are of corners, not of pixel centres: a scale by s maps the corner 0
        to 0, not to (s - 1) / 2. `paper` is the grey level outside the page; by default
        that of its border.
        """
        # OpenCV's coordinates are of pixel centres, those of boxes are of corners.
        half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
        centred = np.linalg.inv(half) @ matrix @ half
        shade = border_shade(self.image) if paper is None else paper
        flat = bool(np.allclose(matrix[2], [0, 0, 1]))
        warp = cv2.warpAffine if flat else cv2.warpPerspective
        image = warp(
            self.image,
            centred[:2] if flat else centred,
            size,
            flags=cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=(shade,) * 3,
        )
        return replace(self, image=image, home=self.home @ np.linalg.inv(matrix))

    def flattened(self, sheet: CurvedSheet) -> "Page":
        """Return the flat page that `sheet` shows on this image."""
        flat = sheet.flattened(self.image)
        return replace(self, image=flat, home=np.eye(3), sheet=sheet.moved(self.home))

    def from_scan(self, points: np.ndarray) -> np.ndarray:
        """Return where (..., 2) points of the page as scanned lie on this image."""
        flat = self.sheet.from_scan(points) if self.sheet else points
        return transformed(np.linalg.inv(self.home), flat)

    def resized(self, factor: float) -> "Page":
        """Return this page scaled by `factor`, antialiased if it becomes smaller."""
        height, width = self.image.shape[:2]
        size = max(1, round(width * factor)), max(1, round(height * factor))
        smooth = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
        back = np.diag([width / size[0], height / size[1], 1.0])
        image = cv2.resize(self.image, size, interpolation=smooth)
        return replace(self, image=image, home=self.home @ back)

    def turned(self, degrees: int) -> "Page":
        """Return this page turned clockwise by 90, 180 or 270 degrees, losslessly."""
        height, width = self.image.shape[:2]
        back = {
            90: [[0, 1, 0], [-1, 0, height], [0, 0, 1]],
            180: [[-1, 0, width], [0, -1, height], [0, 0, 1]],
            270: [[0, -1, width], [1, 0, 0], [0, 0, 1]],
        }[degrees]
        image = np.ascontiguousarray(np.rot90(self.image, -degrees // 90))
        return replace(self, image=image, home=self.home @ np.array(back, float))

    def tilted(self, degrees: float) -> "Page":
        """Return this page turned counter-clockwise; the image grows to contain it."""
        height, width = self.image.shape[:2]
        turn = np.vstack([cv2.getRotationMatrix2D((0, 0), degrees, 1), [0, 0, 1]])
        corners = turn @ np.array(
            [[0, width, width, 0], [0, 0, height, height], [1] * 4]
        )
        low, high = corners[:2].min(axis=1), corners[:2].max(axis=1)
        shift = np.array([[1, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1]])
        size = np.ceil(high - low - 1e-6).astype(int)
        return self.warped(shift @ turn, (int(size[0]), int(size[1])))

    def cut(self, left: int, top: int, width: int, height: int) -> "Page":
        """Return the part of this page inside a box."""
        image = np.ascontiguousarray(
            self.image[top : top + height, left : left + width]
        )
        back = np.array([[1, 0, left], [0, 1, top], [0, 0, 1]], float)
        return replace(self, image=image, home=self.home @ back)


def border_shade(image: np.ndarray) -> int:
    """Return the median grey level of the outermost pixels, 0 to 255."""
    edges = [image[0], image[-1], image[:, 0], image[:, -1]]
    return int(np.median(np.concatenate([edge.ravel() for edge in edges])))


@dataclass(frozen=True)
class StepReport:
    """What one step measured on the page, and what it changed."""

    step: str
    measured: dict[str, float | str]
    did: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the report as values that JSON can represent."""
        return {"step": self.step, **self.measured, "did": self.did or "nothing"}


@dataclass(frozen=True)
class PartReader:
    """Reads the words on a part of a page, an (H, W) uint8 image, as one block.

    `language` is in Tesseract's codes, joined by +. `guess_turn` returns by how many
    degrees the engine would turn a part clockwise, and its confidence; None if the
    engine cannot determine it.
    """

    read: Callable[[np.ndarray], Sequence[Word]]
    language: str
    guess_turn: Callable[[np.ndarray], tuple[int, float] | None] = lambda _: None

    def __call__(self, image: np.ndarray) -> Sequence[Word]:
        """Read the words on a part."""
        return self.read(image)


def text_of(words: Sequence[Word]) -> str:
    """Join words in reading order: lines, and an empty line between paragraphs."""
    gaps = gaps_before(words)
    return "".join(gap + word.text for gap, word in zip(gaps, words, strict=True))


def gaps_before(words: Iterable[Word]) -> Iterator[str]:
    """Yield the white space before each word of a text."""
    last: tuple[int, ...] = ()
    for word in words:
        position = word[:3]
        if not last:
            yield ""
        elif position[:2] != last[:2]:
            yield "\n\n"
        elif not word.space_before:
            yield ""
        else:
            yield " " if position == last else "\n"
        last = position


def words_kept(words: Sequence[Word], kept: Iterable[bool]) -> tuple[Word, ...]:
    """Return some of the words; white space before an omitted word is kept."""
    found: list[Word] = []
    has_space = False
    for word, stays in zip(words, kept, strict=True):
        has_space = has_space or word.space_before
        if stays:
            found.append(word._replace(space_before=has_space))
            has_space = False
    return tuple(found)


@dataclass(frozen=True)
class PageResult:
    """The words read on one page, or the cause of the failure.

    `rows` are the words in reading order, their boxes in pixels of the page as
    scanned. A result contains no pixels, so it is small enough to send and to store.

    `error_kind` is one of `ERROR_KINDS` if `status` is "failed", else empty.
    `source` is one of `SOURCES`; empty if the page failed. `reports` state what each
    step measured and did, `notes` are information for the user.
    """

    ref: PageRef
    rows: tuple[Word, ...] = ()
    size: tuple[int, int] = (0, 0)
    dpi: int = 0
    sha256: str = ""
    engine: str = ""
    language: str = ""
    language_data: str = ""
    seconds: float = 0.0
    status: str = "ok"
    error: str = ""
    error_kind: str = ""
    source: str = "read"
    reports: tuple[StepReport, ...] = ()
    notes: tuple[Note, ...] = ()
    settings_digest: str = ""
    settings: dict[str, Any] = field(default_factory=dict, repr=False)
    quality: float | None = None

    @cached_property
    def text(self) -> str:
        """The words in reading order: lines, and an empty line between paragraphs."""
        return text_of(self.rows)

    @cached_property
    def words(self) -> "pd.DataFrame":
        """The words as a table with the columns `WORD_COLUMNS`."""
        import pandas as pd  # slow to import, and not needed by workers

        rows = [word[: len(WORD_COLUMNS)] for word in self.rows]
        return pd.DataFrame(rows, columns=WORD_COLUMNS)

    @property
    def conf_mean(self) -> float | None:
        """Mean word confidence, 0 to 100; None on a page without words."""
        return statistics.fmean(word.conf for word in self.rows) if self.rows else None

    @property
    def conf_median(self) -> float | None:
        """Median word confidence, 0 to 100; None on a page without words."""
        return statistics.median(w.conf for w in self.rows) if self.rows else None

    @property
    def conf_scale(self) -> str:
        """The calibration that the words' `conf` follows; empty if it is the engine's.

        See `ocr_core.text.calibration`.
        """
        found = (report.measured.get("conf_scale") for report in self.reports)
        return next((scale for scale in found if isinstance(scale, str)), "")

    @property
    def steps(self) -> str:
        """What each step measured and did, as JSON."""
        return json.dumps([each.as_dict() for each in self.reports], ensure_ascii=False)

    @property
    def notes_json(self) -> str:
        """The notes as a JSON list of code and text."""
        return json.dumps([each._asdict() for each in self.notes], ensure_ascii=False)


def to_scan(
    words: Sequence[Word],
    home: np.ndarray,
    size: tuple[int, int],
    sheet: CurvedSheet | None = None,
    outlines: np.ndarray | None = None,
) -> list[Word]:
    """Move word boxes from the prepared image back onto the page as scanned.

    Parameters
    ----------
    words
        Words with their boxes in pixels of the prepared image.
    home : (3, 3) float array
        Homography from points of the prepared image to the page as scanned, or to the
        flat page that `sheet` shows.
    size
        Width and height of the page as scanned; boxes are clipped to it.
    sheet
        The map from the flat page to the page as scanned.
    outlines : (N, M, 2) float array, optional
        Points of the prepared image around each word; by default its box's corners.
    """
    if not words:
        return []
    corners = box_corners(words)[..., :2] if outlines is None else outlines
    corners = transformed(home, corners)
    if sheet:
        corners = sheet.to_scan(corners)
    low, high = corners.min(axis=1), corners.max(axis=1)
    limit = np.maximum(np.array(size), 1)
    low = np.clip(np.rint(low), 0, limit - 1).astype(int)
    high = np.clip(np.rint(high), low + 1, limit).astype(int)
    return [
        word._replace(left=x0, top=y0, width=x1 - x0, height=y1 - y0)
        for word, (x0, y0), (x1, y1) in zip(
            words, low.tolist(), high.tolist(), strict=True
        )
    ]


def box_corners(words: Sequence[Word]) -> np.ndarray:
    """Return an (N, 4, 3) array: each box's corners, clockwise, as (x, y, 1)."""
    boxes = np.array([word[4:8] for word in words], float).reshape(-1, 4)
    left, top, width, height = boxes.T
    x = np.stack([left, left + width, left + width, left], axis=1)
    y = np.stack([top, top, top + height, top + height], axis=1)
    return np.stack([x, y, np.ones_like(x)], axis=2)


def box_around(words: Sequence[Word]) -> tuple[int, int, int, int]:
    """Return the box around words: left, top, width and height."""
    left, top, right, bottom = edges_of(words)
    return left, top, right - left, bottom - top


def lines_of(words: Sequence[Word]) -> Iterator[list[Word]]:
    """Yield the words line by line, in reading order."""
    for _, line in groupby(words, key=lambda word: word[:3]):
        yield list(line)


def edges_of(words: Sequence[Word]) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of the bounding box of words."""
    return (
        min(word.left for word in words),
        min(word.top for word in words),
        max(word.left + word.width for word in words),
        max(word.top + word.height for word in words),
    )


def runs_down(line: Sequence[Word]) -> bool:
    """Return whether a line of Chinese, Japanese or Korean is vertical."""
    text = "".join(word.text for word in line)
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    if len(text) < 2 or 2 * wide <= len(text):
        return False
    if len(line) == 1:
        return line[0].height > MIN_DOWN * line[0].width
    boxes = np.array([word[4:8] for word in line])
    across, down = np.ptp(boxes[:, :2] + boxes[:, 2:] / 2, axis=0)
    return bool(down > across)
