"""RapidOCR in this process: PP-OCRv6's detector and recogniser on onnxruntime.

It finds lines, not pages: no columns, no reading order, no words. Those are made
here, so that its table of words is the same as Tesseract's. Nothing is downloaded:
the models are the ones inside the package.
"""

import hashlib
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import rapidocr

from ocr_core.engines import Recognition
from ocr_core.errors import EngineError, MissingEngineError
from ocr_core.page import Word

MODELS = ("PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx")
# The detector's time grows with the pixels (2 s of one core a megapixel) and finds
# the same lines of a 300-dpi page at half its size; lines are read in full size.
DETECT_SIDE = 1536
LINE_HEIGHT = 48  # of the recogniser's input, in pixels
READ_SIDEWAYS = 2.5  # a box this much taller than wide holds a line turned by 90 degrees
# A column of prose has at least so many lines, and half of them at least so wide (in
# heights of the line): prices and names in a table are 1 to 6 heights wide.
PROSE_LINES, PROSE_WIDTH = 4, 7
# Letters beyond a to z that a language cannot be read without. The recogniser's own
# alphabet decides which of these languages it covers.
LETTERS = {
    "afr": "êëïôû",
    "cat": "àçèéíïòóúü",
    "ces": "áčďéěíňóřšťúůýž",
    "chi_sim": "的一是不了在人有我他这",
    "chi_tra": "的一是不了在人有我他這",
    "dan": "åæø",
    "deu": "äöüß",
    "eng": "",
    "epo": "ĉĝĥĵŝŭ",
    "est": "äõöüšž",
    "eus": "ñ",
    "fin": "äö",
    "fra": "àâæçéèêëîïôœùûüÿ",
    "gle": "áéíóú",
    "glg": "áéíñóú",
    "hrv": "čćđšž",
    "hun": "áéíóöőúüű",
    "ind": "",
    "isl": "áðéíóúýþæö",
    "ita": "àèéìòù",
    "jpn": "のあいうえおアイウ日本",
    "kor": "가나다라이는",
    "lat": "",
    "lav": "āčēģīķļņšūž",
    "lit": "ąčęėįšųūž",
    "msa": "",
    "nld": "éëï",
    "nor": "åæø",
    "pol": "ąćęłńóśźż",
    "por": "ãáâàçéêíóôõú",
    "ron": "ăâîșț",
    "rus": "абвгдежзийклмноп",
    "slk": "áäčďéíĺľňóôŕšťúýž",
    "slv": "čšž",
    "spa": "áéíñóúü",
    "sqi": "çë",
    "swe": "äåö",
    "tur": "çğıöşü",
    "vie": "ăâđêôơưạảấầẩẫậ",
}


@dataclass(frozen=True, eq=False)
class TextLine:
    """One detected line: where it lies and what it says.

    Parameters
    ----------
    quad : (4, 2) float array
        Its corners, clockwise from the top left, in pixels of the image.
    text : str
        What the recogniser read.
    places : tuple of float
        Where each character of `text` has its middle, 0 to 1 along the line.
    confs : tuple of float
        The recogniser's probability of each character, 0 to 1.
    """

    quad: np.ndarray
    text: str
    places: tuple[float, ...]
    confs: tuple[float, ...]

    @cached_property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of the upright box around the line."""
        (left, top), (right, bottom) = self.quad.min(axis=0), self.quad.max(axis=0)
        return float(left), float(top), float(right), float(bottom)

    @cached_property
    def height(self) -> float:
        """Height of the line itself, however it is tilted, in pixels."""
        return float(np.linalg.norm(self.quad[3] - self.quad[0]))

    @property
    def width(self) -> float:
        """Width of the upright box, in pixels."""
        return self.box[2] - self.box[0]

    @property
    def middle(self) -> float:
        """Height on the page of the line's middle, in pixels."""
        return float(self.quad[:, 1].mean())


class Rapid:
    """Reads with RapidOCR; the models are loaded once a process."""

    name = "rapidocr"

    def __init__(self) -> None:
        self.version = version("rapidocr")
        missing = [name for name in MODELS if not (model_folder() / name).exists()]
        if missing:
            raise MissingEngineError(
                f"RapidOCR's model {missing[0]} is not in its package.",
                hint="Install it again with: pip install 'rapidocr>=3.10,<4'",
            )

    def languages(self) -> dict[str, str]:
        path = str(model_folder() / MODELS[1])
        known = alphabet()
        return {code: path for code in LETTERS if known.issuperset(LETTERS[code])}

    def language_data(self, language: str) -> str:
        """Return a digest of the models: 16 hexadecimal digits.

        Raises
        ------
        MissingEngineError
            Naming the languages that the recogniser's alphabet does not cover.
        """
        beyond = [code for code in language.split("+") if code not in self.languages()]
        if beyond:
            raise MissingEngineError(
                f"RapidOCR's model cannot read {', '.join(beyond)}.",
                hint="Choose the engine auto, which reads with Tesseract.",
            )
        return _models_digest()

    def recognize(
        self, image: np.ndarray, knobs: Recognition, dpi: int = 0
    ) -> list[Word]:
        return words_in_order(read_lines(image))

    def orientation(self, image: np.ndarray) -> tuple[int, float] | None:
        return None


def model_folder() -> Path:
    """Return the folder with the models that ship in the package."""
    return Path(rapidocr.__file__).parent / "models"


@cache
def alphabet() -> frozenset[str]:
    """Return every character that the recogniser knows."""
    import onnxruntime

    session = onnxruntime.InferenceSession(
        str(model_folder() / MODELS[1]), providers=["CPUExecutionProvider"]
    )
    listed = session.get_modelmeta().custom_metadata_map["character"]
    return frozenset(listed.splitlines())


@cache
def _models_digest() -> str:
    total = hashlib.sha256()
    for name in MODELS:
        with (model_folder() / name).open("rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()[:16]


@cache
def _reader() -> Any:
    """Load the models: 1 s and about 90 MB; a large page takes 300 MB more."""
    return rapidocr.RapidOCR(
        params={
            "Global.use_preprocess_img": False,  # we choose the sizes
            "Global.use_vertical_padding": False,
            "Global.text_score": 0.0,  # a doubtful word is reported, with its conf
            "Global.log_level": "critical",
            # Pages are read side by side in worker processes: one thread for each.
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )


def read_lines(image: np.ndarray) -> list[TextLine]:
    """Find and read the lines on an (H, W) uint8 image, in no special order.

    Raises
    ------
    EngineError
        Where the models fail.
    """
    try:
        quads = _detected(image)
        typical = statistics.median(_height(quad) for quad in quads) if quads else 0.0
        lines = [_read_line(image, quad, typical) for quad in quads]
    except (cv2.error, ValueError, RuntimeError) as error:
        raise EngineError(f"RapidOCR stopped: {type(error).__name__}.") from error
    return [line for line in lines if line.text.strip()]


def _detected(image: np.ndarray) -> list[np.ndarray]:
    """Return the (4, 2) corners of each line, in pixels of `image`."""
    factor = min(1.0, DETECT_SIDE / max(image.shape[:2]))
    height, width = image.shape[:2]
    size = max(1, round(width * factor)), max(1, round(height * factor))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    found = _reader()(
        np.dstack([small] * 3), use_det=True, use_cls=False, use_rec=False
    )
    boxes = getattr(found, "boxes", None)
    if boxes is None:
        return []
    stretch = np.array([width / size[0], height / size[1]])
    return [np.asarray(box, float) * stretch for box in boxes]


def _read_line(image: np.ndarray, quad: np.ndarray, typical: float) -> TextLine:
    width = max(1.0, float(np.linalg.norm(quad[1] - quad[0])))
    height = _height(quad)
    # A lone 1 or I is tall as well; only a box much taller than a line is sideways.
    sideways = height > READ_SIDEWAYS * width and height > 2 * min(typical, width * 4)
    crop = _cut_out(image, quad, sideways)
    found = _reader()(
        np.dstack([crop] * 3),
        use_det=False,
        use_cls=False,
        use_rec=True,
        return_word_box=True,
    )
    texts = getattr(found, "txts", None)
    if not texts or not texts[0]:
        return TextLine(quad, "", (), ())
    return TextLine(quad, *_placed(texts[0], found.word_results[0]))


def _placed(
    text: str, found: Any
) -> tuple[str, tuple[float, ...], tuple[float, ...]]:
    """Return the text, and the place and confidence of each of its characters."""
    columns = iter([column for word in found.word_cols for column in word])
    total = max(1.0, float(found.line_txt_len))
    places, last = [], 0.0
    for character in text:
        if not character.isspace():
            last = min(1.0, (next(columns, last * total) + 0.5) / total)
        places.append(last)
    confs = [float(conf) for conf in found.confs]
    confs += [0.0] * (len(text) - len(confs))
    return text, tuple(places), tuple(confs[: len(text)])


def _height(quad: np.ndarray) -> float:
    return max(1.0, float(np.linalg.norm(quad[3] - quad[0])))


def _cut_out(image: np.ndarray, quad: np.ndarray, sideways: bool) -> np.ndarray:
    """Return a line set level, no taller than the recogniser wants it."""
    width = max(1, round(float(np.linalg.norm(quad[1] - quad[0]))))
    height = max(1, round(_height(quad)))
    sheet = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    crop = cv2.warpPerspective(
        image,
        cv2.getPerspectiveTransform(quad.astype(np.float32), sheet),
        (width, height),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    if sideways:
        crop = np.rot90(crop)
    if crop.shape[0] > LINE_HEIGHT:
        size = max(1, round(crop.shape[1] * LINE_HEIGHT / crop.shape[0])), LINE_HEIGHT
        crop = cv2.resize(crop, size, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(crop)


def words_in_order(lines: Sequence[TextLine]) -> list[Word]:
    """Return the words of all lines in reading order, numbered as Tesseract does."""
    words = []
    for block_num, block in enumerate(blocks_of(list(lines)), start=1):
        for par_num, paragraph in enumerate(_paragraphs(rows_of(block)), start=1):
            for line_num, row in enumerate(paragraph, start=1):
                number = (block_num, par_num, line_num)
                found = [word for line in row for word in words_of(line)]
                words += [
                    Word(*number, word_num, *box, conf, text)
                    for word_num, (box, conf, text) in enumerate(found, start=1)
                ]
    return words


def words_of(
    line: TextLine,
) -> Iterator[tuple[tuple[int, int, int, int], float, str]]:
    """Yield each word of a line: its box (left, top, width, height), conf and text.

    The recogniser tells where each character has its middle; a word reaches half a
    character beyond its first and last.
    """
    places = np.array(line.places)
    half = 0.5 / max(1, len(line.text))
    start = 0
    for text in line.text.split():
        start = line.text.index(text, start)
        end = start + len(text)
        low = float(np.clip(places[start] - half, 0, 1))
        high = float(np.clip(places[end - 1] + half, low, 1))
        top_left, top_right, bottom_right, bottom_left = line.quad
        ends = [
            near + (far - near) * share
            for near, far in ((top_left, top_right), (bottom_left, bottom_right))
            for share in (low, high)
        ]
        left, top = np.floor(np.min(ends, axis=0)).astype(int).tolist()
        right, bottom = np.ceil(np.max(ends, axis=0)).astype(int).tolist()
        box = max(0, left), max(0, top), max(1, right - left), max(1, bottom - top)
        conf = 100 * statistics.fmean(line.confs[start:end])
        yield box, round(conf, 2), text
        start = end


def blocks_of(lines: list[TextLine]) -> list[list[TextLine]]:
    """Split lines into blocks: columns of prose side by side, and what spans them.

    A gutter is an upright strip with prose on both sides that no line crosses for a
    band of the page. What stands above the band is read first, then its left side,
    its right side, and what stands below. Columns of short cells (receipts, tables)
    are not prose, and are read row by row.
    """
    found = _gutter(lines)
    if found is None:
        return [lines] if lines else []
    x, top, bottom = found
    above = [line for line in lines if line.middle <= top]
    below = [line for line in lines if line.middle >= bottom]
    band = [line for line in lines if top < line.middle < bottom]
    left = [line for line in band if line.box[0] + line.box[2] < 2 * x]
    right = [line for line in band if line.box[0] + line.box[2] >= 2 * x]
    return [
        block for part in (above, left, right, below) for block in blocks_of(part)
    ]


def _gutter(lines: list[TextLine]) -> tuple[float, float, float] | None:
    """Return where the columns part, and the top and bottom of that band, in pixels.

    None where there are no columns. The band with the most lines beside each other
    is taken.
    """
    if len(lines) < 2 * PROSE_LINES:
        return None
    lines = sorted(lines, key=lambda line: line.middle)
    shape = np.array([line.width / line.height for line in lines])
    # The detector's boxes reach a little beyond the ink on every side.
    left = np.array([line.box[0] + 0.3 * line.height for line in lines])
    right = np.array([line.box[2] - 0.3 * line.height for line in lines])
    middle = [line.middle for line in lines]
    most, found = PROSE_LINES - 1, None
    for x in np.unique(np.rint(right) + 1):
        across = np.flatnonzero((left < x) & (right > x))
        ends = [-1, *across.tolist(), len(lines)]
        for start, stop in zip(ends, ends[1:], strict=False):
            inside = np.arange(start + 1, stop)
            sides = inside[right[inside] <= x], inside[left[inside] >= x]
            count = min(len(side) for side in sides)
            if count > most and all(_is_prose(shape[side]) for side in sides):
                top = middle[start] if start >= 0 else -np.inf
                bottom = middle[stop] if stop < len(lines) else np.inf
                most, found = count, (float(x), float(top), float(bottom))
    return found


def _is_prose(shapes: np.ndarray) -> bool:
    """Tell whether lines of these widths, in heights, are running text: mostly long."""
    return float(np.median(shapes)) >= PROSE_WIDTH


def rows_of(block: list[TextLine]) -> list[list[TextLine]]:
    """Join what stands on the same row, left to right; rows run top to bottom.

    A tilt that is left on the page is taken out first: lines are compared where
    they would lie if the page were level.
    """
    slope = _slope(block)
    level = {id(line): line.middle - slope * line.quad[:, 0].mean() for line in block}
    rows: list[list[TextLine]] = []
    for line in sorted(block, key=lambda line: level[id(line)]):
        row = rows[-1] if rows else []
        if row and all(_beside(line, other, level) for other in row):
            row.append(line)
        else:
            rows.append([line])
    return [sorted(row, key=lambda line: line.box[0]) for row in rows]


def _beside(line: TextLine, other: TextLine, level: dict[int, float]) -> bool:
    apart = abs(level[id(line)] - level[id(other)])
    overlap = min(line.box[2], other.box[2]) - max(line.box[0], other.box[0])
    narrow = min(line.width, other.width)
    return apart < 0.5 * min(line.height, other.height) and overlap < 0.3 * narrow


def _slope(lines: list[TextLine]) -> float:
    """Return how far the long lines fall, in pixels down for each to the right."""
    edges = [line.quad[1] - line.quad[0] for line in lines]
    slopes = [float(y / x) for x, y in edges if x > 0]
    return statistics.median(slopes) if slopes else 0.0


def _paragraphs(rows: list[list[TextLine]]) -> Iterator[list[list[TextLine]]]:
    """Part rows where the step to the next is half as large again as usual."""
    tops = [statistics.fmean(line.middle for line in row) for row in rows]
    steps = [after - before for before, after in zip(tops, tops[1:], strict=False)]
    usual = statistics.median(steps) if steps else 0.0
    paragraph = rows[:1]
    for step, row in zip(steps, rows[1:], strict=True):
        if step > 1.5 * usual:
            yield paragraph
            paragraph = []
        paragraph.append(row)
    if paragraph:
        yield paragraph
