"""RapidOCR in this process: PP-OCRv6's detector and recogniser on onnxruntime.

It finds lines only: no columns, no reading order, no words. This module derives them,
so that its table of words has the same structure as Tesseract's. Nothing is downloaded:
the package contains the models.
"""

import hashlib
import re
import statistics
import threading
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
import rapidocr
from omegaconf import flag_override

from ocr_core.engines import AUTO, Recognition, faint_lines
from ocr_core.engines.alphabets import LETTERS, OTHER_SCRIPTS
from ocr_core.engines.gutters import MIN_LINES, cut_at_gutters
from ocr_core.engines.known_words import KnownRun, line_parts
from ocr_core.engines.leaders import parted
from ocr_core.engines.letters_apart import whole_lines
from ocr_core.engines.network_input import (
    AROUND_INK,
    DETECT_SIDES,
    LINE_HEIGHT,
    detector_input,
    detector_scale,
    height_of_letters,
    recogniser_input,
)
from ocr_core.engines.network_weights import without_subnormals
from ocr_core.engines.reading_order import words_in_order
from ocr_core.engines.spacing import lines_continued, spaced, with_space
from ocr_core.engines.text_lines import TextLine, words_on
from ocr_core.errors import EngineError, MissingEngineError
from ocr_core.imaging import filters, measurements, page_ink
from ocr_core.page import Word

MODELS = ("PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx")
# Height / width of a box with a line turned by 90°, and of one that may have one if
# that is read with a probability higher by `SURER`.
READ_SIDEWAYS, MAYBE_SIDEWAYS, SURER = 2.5, 1.5, 0.1
# Quarter turns, anticlockwise, that level a line: of level ones, downwards and upwards.
TURNS = 0, 1, 3
# The recogniser reports higher confidences than Tesseract. Its mean probability of a
# word, in percent, and the conf at which Tesseract's words are right equally often:
# measured on the words of 50 pages with ground truth; Tesseract's maximum is 97.
OWN_CONF = (0, 70, 80, 90, 95, 98, 99.2, 99.7, 100)
COMMON_CONF = (0, 25, 60, 78, 86, 90, 92.5, 94, 97)
# A line of so few characters and so low a probability is mostly a stain or a mark.
SHORT_LINE, MIN_PROBABILITY = 2, 0.5
# Ruled lines are read as underscores; underscores inside a word are kept. Boxes to tick
# are read as squares that stick to words.
RULES = re.compile(r"(?<![^\W_])_+|_+(?![^\W_])|\u25a1")
# The number of a row in a list, and the space after it; not 1.5.
LIST_NUMBER = re.compile(r"(\d{1,3}[.)])( ?)(?=[^\W\d])")
# Names that begin with an underscore, and its greatest length in heights of a line: in
# programs it has 0.25 to 0.5 of them, rules of forms have 0.8 or more.
NAMES, UNDERSCORE = re.compile(r"(?<!\w)_+[^\W_]\w*"), 0.6
# The decoder is replaced for each call: only one thread at a time may read.
_lock = threading.Lock()


class Rapid:
    """Reads with RapidOCR; the models are loaded once per process."""

    name = "rapidocr"

    def __init__(self) -> None:
        self.version = version("rapidocr")
        missing = [name for name in MODELS if not (model_folder() / name).exists()]
        if missing:
            raise MissingEngineError(
                "RapidOCR's model {0} is not in its package.",
                missing[0],
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
            If the recogniser's alphabet does not cover a language.
        """
        codes = [] if language == AUTO else language.split("+")
        beyond = [code for code in codes if code not in self.languages()]
        if beyond:
            raise MissingEngineError(
                "RapidOCR's model cannot read {0}.",
                ", ".join(beyond),
                hint="Choose the engine auto, which reads with Tesseract.",
            )
        return _models_digest()

    def recognize(
        self,
        image: np.ndarray,
        knobs: Recognition,
        dpi: int = 0,
        known: Sequence[KnownRun] = (),
    ) -> list[Word]:
        self.language_data(knobs.language)
        banned = banned_characters(knobs.language, knobs.whitelist)
        lines = read_lines(image, banned, known)
        words = lines_continued(words_in_order(lines, knobs.join_rows))
        confs = np.interp([word.conf for word in words], OWN_CONF, COMMON_CONF)
        return [
            word if word.engine else word._replace(conf=round(conf, 2))
            for word, conf in zip(words, confs.tolist(), strict=True)
        ]

    def orientation(self, image: np.ndarray) -> tuple[int, float] | None:
        return None


def model_folder() -> Path:
    """Return the folder with the models that the package contains."""
    return Path(rapidocr.__file__).parent / "models"


@cache
def alphabet() -> frozenset[str]:
    """Return every character that the recogniser knows."""
    return frozenset(_recogniser().postprocess_op.character[1:])  # after the blank


@lru_cache(maxsize=16)
def banned_characters(language: str, whitelist: str = "") -> tuple[int, ...]:
    """Return the recogniser's classes that do not occur in a text of `language`.

    The model reads 18 000 characters, most of them Chinese, and mistakes ornaments for
    them. If every language is written in Latin letters, the letters of all other
    scripts are banned; a whitelist allows only its own characters.
    """
    characters = _recogniser().postprocess_op.character
    if whitelist:
        allowed = {*whitelist, " "}
        return tuple(n for n, c in enumerate(characters) if n and c not in allowed)
    if OTHER_SCRIPTS & set(language.split("+")):
        return ()
    return _not_western()


@cache
def _not_western() -> tuple[int, ...]:
    characters = _recogniser().postprocess_op.character
    return tuple(n for n, c in enumerate(characters) if n and not _is_western(c))


def _is_western(character: str) -> bool:
    """Return whether a character may occur in a text in Latin letters."""
    if not character.isprintable() or len(character) != 1:
        return False
    if character.isalpha():
        return "LATIN" in unicodedata.name(character, "")
    return unicodedata.east_asian_width(character) not in ("W", "F")


@cache
def _detector() -> Any:
    """Load the detector on first use; it is part of the library's own object."""
    reader = _reader()
    with flag_override(reader.cfg, "allow_objects", True):
        reader.cfg.Det.session = _session(MODELS[0])
    reader(_blank(), use_det=True, use_cls=False, use_rec=False)
    return reader.text_det


@cache
def _recogniser() -> Any:
    """Load the recogniser on first use; it is part of the library's own object."""
    reader = _reader()
    reader(_blank(), use_det=False, use_cls=False, use_rec=True)
    return reader.text_rec


def _session(model: str) -> onnxruntime.InferenceSession:
    """Load a model of the package without weights that slow it down."""
    options = onnxruntime.SessionOptions()
    # Worker processes read pages in parallel: one thread for each.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(
        without_subnormals((model_folder() / model).read_bytes()),
        options,
        providers=["CPUExecutionProvider"],
    )


def _blank() -> np.ndarray:
    return np.full((LINE_HEIGHT, LINE_HEIGHT, 3), 255, np.uint8)


class _Decoder:
    """The library's decoder without the banned characters.

    It looks only at the classes that are left: often a thousand of 18 000.
    """

    def __init__(self, decoder: Any, banned: tuple[int, ...]) -> None:
        self.decoder, self.character = decoder, decoder.character
        self.allowed = np.delete(np.arange(len(self.character)), banned)

    def __call__(
        self,
        scores: np.ndarray,
        return_word_box: bool,
        wh_ratio_list: Any,
        max_wh_ratio: float,
    ) -> Any:
        scores = scores.take(self.allowed, axis=2)
        best = self.allowed[scores.argmax(axis=2)], scores.max(axis=2)
        boxes = return_word_box, wh_ratio_list, max_wh_ratio
        return self.decoder.decode(*best, *boxes, remove_duplicate=True)


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
            "Global.use_preprocess_img": False,  # this module sets the sizes
            "Global.use_vertical_padding": False,
            "Global.text_score": 0.0,  # keep uncertain words, with their conf
            "Global.log_level": "critical",
            "Det.model_path": str(model_folder() / MODELS[0]),
            "Rec.model_path": str(model_folder() / MODELS[1]),
            "Det.limit_type": "max",
            "Det.limit_side_len": 2 * DETECT_SIDES[1],
            # No padding of short words to 320 pixels: saves a third of the time.
            "Rec.rec_img_shape": [3, LINE_HEIGHT, LINE_HEIGHT],
            # Worker processes read pages in parallel: one thread for each.
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )


def read_lines(
    image: np.ndarray, banned: tuple[int, ...] = (), known: Sequence[KnownRun] = ()
) -> list[TextLine]:
    """Find and read the lines on an (H, W) uint8 image, in no special order.

    `banned` are the recogniser's classes that must not be read. Of lines with `known`
    words only the rest is read. Rules and stains are left out.

    Raises
    ------
    EngineError
        If the models fail.
    """
    with _lock:
        recogniser = _recogniser()
        plain = recogniser.postprocess_op
        recogniser.postprocess_op = _Decoder(plain, banned) if banned else plain
        try:
            lines = _lines_on(image, known)
        finally:
            recogniser.postprocess_op = plain
    return with_spaced_numbers([line for line in lines if line.words or _is_text(line)])


def with_spaced_numbers(lines: Sequence[TextLine]) -> list[TextLine]:
    """Return lines with a space after the number of a list's row if most rows have one.

    The recogniser misses some of these narrow spaces, in Japanese one in four.
    """
    rows = [found for line in lines if (found := LIST_NUMBER.match(line.text))]
    if 2 * sum(found[2] == " " for found in rows) <= len(rows):
        return list(lines)
    return [
        TextLine(
            line.quad, *with_space(len(found[1]), line.text, line.centres, line.confs)
        )
        if (found := LIST_NUMBER.match(line.text)) and not found[2] and not line.words
        else line
        for line in lines
    ]


def _without_rules(line: TextLine, image: np.ndarray) -> TextLine:
    """Return a line with spaces for ruled lines and boxes, and at ends of leaders.

    The underscores of names in programs are shorter than rules.
    """
    names = [found.span() for found in NAMES.finditer(line.text)]
    if names:
        ink = measurements.ink_mask(_cut_out(image, line.quad))
        names = [
            span
            for span in names
            if _stroke(ink, line.centres[span[0]]) <= UNDERSCORE * len(ink)
        ]

    def spaces(found: re.Match[str]) -> str:
        kept = any(start <= found.start() < end for start, end in names)
        return found[0] if kept else " " * len(found[0])

    text = RULES.sub(spaces, line.text)
    return replace(line, text=parted(text))


def _stroke(ink: np.ndarray, centre: float) -> int:
    """Return the length in pixels of the stroke at a place of a line, 0 to 1.

    Of its (H, W) mask only the lower half counts, which the feet of letters end above.
    """
    strokes = [
        int(end - start)
        for row in ink[len(ink) // 2 :]
        for start, end in measurements.true_runs(row).tolist()
        if start <= centre * len(row) <= end
    ]
    return max(strokes, default=0)


def _is_text(line: TextLine) -> bool:
    length = len(line.text.strip())
    if length > SHORT_LINE:
        return True
    return length > 0 and statistics.fmean(line.confs) >= MIN_PROBABILITY


def _lines_on(image: np.ndarray, known: Sequence[KnownRun]) -> list[TextLine]:
    try:
        letters = height_of_letters(image)
        part = page_ink.inked_part(image, AROUND_INK * letters)
        scale = detector_scale(image.shape, letters)
        quads = whole_lines(lambda times: _detected(image, times * scale, [part]))
        if len(quads) >= MIN_LINES:
            small, shrink = measurements.reduced(image)
            # In a shadow, ink differs less from the paper than elsewhere.
            ink = measurements.ink_mask(filters.flattened(small))
            quads = cut_at_gutters(ink, [quad / shrink for quad in quads])
            quads = [quad * shrink for quad in quads]
        typical = statistics.median(_height(quad) for quad in quads) if quads else 0.0
        lines = [_line_at(image, quad, typical, known) for quad in quads]
        return lines + _faint_lines(image, lines, typical, letters)
    except (cv2.error, ValueError, RuntimeError) as error:
        raise EngineError("RapidOCR stopped: {0}.", type(error).__name__) from error


def _faint_lines(
    image: np.ndarray, lines: list[TextLine], typical: float, letters: float
) -> list[TextLine]:
    """Return the lines that are detected once faint ink is as dark as other ink.

    `letters` is the height of the page's letters, in pixels.
    """
    dark = faint_lines.darkness(image)
    even = faint_lines.evened(image, dark, letters)
    parts = faint_lines.parts_with_more(even, dark, letters, lines)
    if not parts:
        return []
    scale = detector_scale(image.shape, max(letters, height_of_letters(even)))
    detected = _detected(even, scale, parts)
    quads = faint_lines.new_quads(dark, detected, lines)
    found = [_without_rules(_read_line(image, quad, typical), image) for quad in quads]
    return [line for line in found if faint_lines.is_probable(line)]


def _line_at(
    image: np.ndarray, quad: np.ndarray, typical: float, known: Sequence[KnownRun]
) -> TextLine:
    """Return a line, of which only the parts without known words are read."""
    parts = line_parts(quad, known)
    if not any(part.words for part in parts):
        return _without_rules(_read_line(image, quad, typical), image)
    words: list[Word] = []
    for part in parts:
        if part.words:
            words += part.words
            continue
        line = _without_rules(_read_line(image, part.quad, typical), image)
        words += words_on(line) if _is_text(line) else ()
    text = " ".join(word.text for word in words)
    return TextLine(quad, text, (), (), tuple(words))


def _detected(
    image: np.ndarray, scale: float, parts: Sequence[tuple[slice, slice]]
) -> list[np.ndarray]:
    """Return the (4, 2) corners of each line on parts of a page, in pixels of it.

    The lines are looked for on the parts resized by `scale`.
    """
    return [
        quad + np.array([across.start, down.start])
        for down, across in parts
        for quad in _detected_on(image[down, across], scale)
    ]


def _detected_on(image: np.ndarray, scale: float) -> list[np.ndarray]:
    # The library's own call would cut out and copy every line, too.
    detector = _detector()
    pixels, size, stretch = detector_input(image, scale)
    boxes, _ = detector.postprocess_op(detector.session(pixels), size)
    if not len(boxes):
        return []
    return [box * stretch for box in detector.sorted_boxes(boxes).astype(float)]


def _read_line(image: np.ndarray, quad: np.ndarray, typical: float) -> TextLine:
    """Read a line; a tall one also sideways, as the heads of narrow columns are."""
    width = max(1.0, float(np.linalg.norm(quad[1] - quad[0])))
    height = _height(quad)
    # A single 1 or I is tall too; only a box much taller than a line is sideways.
    usual_height = min(typical, width * 4)
    sideways = height > READ_SIDEWAYS * width and height > 2 * usual_height
    crop = _cut_out(image, quad)
    if height < MAYBE_SIDEWAYS * max(width, usual_height):
        return _read_crop(quad, crop, TURNS[0])
    level, down, up = (_read_crop(quad, crop, turn) for turn in TURNS)
    turned = max(down, up, key=_probability)
    usual, other = (turned, level) if sideways else (level, turned)
    surer = _probability(other) > _probability(usual) + SURER
    return other if surer else usual


def _probability(line: TextLine) -> float:
    """Return the mean probability of a line's letters; 0 for less than a word."""
    if sum(map(str.isalpha, line.text)) <= SHORT_LINE:
        return 0.0
    return statistics.fmean(line.confs)


def _read_crop(quad: np.ndarray, crop: np.ndarray, turn: int) -> TextLine:
    recogniser = _recogniser()
    pixels, ratio = recogniser_input(np.rot90(crop, turn))
    [(text, _)], [found] = recogniser.postprocess_op(
        recogniser.session(pixels),
        return_word_box=True,
        wh_ratio_list=[ratio],
        max_wh_ratio=max(1.0, ratio),
    )
    if not text:
        return TextLine(quad, "", (), ())
    return TextLine(quad, *_characters_of(text, found))


def _characters_of(
    text: str, found: Any
) -> tuple[str, tuple[float, ...], tuple[float, ...]]:
    """Return the text, and the position and confidence of each of its characters."""
    columns = iter([column for word in found.word_cols for column in word])
    total = max(1.0, float(found.line_txt_len))
    positions, last = [], 0.0
    for character in text:
        if not character.isspace():
            last = min(1.0, (next(columns, last * total) + 0.5) / total)
        positions.append(last)
    confs = [float(conf) for conf in found.confs]
    confs += [0.0] * (len(text) - len(confs))
    return spaced(text, tuple(positions), tuple(confs[: len(text)]))


def _height(quad: np.ndarray) -> float:
    return max(1.0, float(np.linalg.norm(quad[3] - quad[0])))


def _cut_out(image: np.ndarray, quad: np.ndarray) -> np.ndarray:
    """Return the level image of a line."""
    width = max(1, round(float(np.linalg.norm(quad[1] - quad[0]))))
    height = max(1, round(_height(quad)))
    sheet = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    return cv2.warpPerspective(
        image,
        cv2.getPerspectiveTransform(quad.astype(np.float32), sheet),
        (width, height),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
