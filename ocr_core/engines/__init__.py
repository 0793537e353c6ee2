"""Engines: the programs that read a page image.

An engine is any object that implements `Engine`. It is named once, in `ENGINES`, and
its module is imported only when it is first used.
"""

from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from shutil import which
from typing import Literal, Protocol

import numpy as np

from ocr_core.engines.known_words import KnownRun
from ocr_core.errors import LostWorkerError, MissingEngineError, OcrError
from ocr_core.knobs import Group, Switch, knob
from ocr_core.language_tags import package_of
from ocr_core.messages import Message
from ocr_core.page import PartReader, Word

EngineName = Literal["auto", "tesserocr", "pytesseract", "rapidocr"]
ENGINES = {
    "tesserocr": "ocr_core.engines.tesseract_api:Tesserocr",
    "pytesseract": "ocr_core.engines.tesseract_cli:Pytesseract",
    "rapidocr": "ocr_core.engines.rapid:Rapid",
}
# What pip installs for an engine, where that is not only the module that is missing.
PACKAGES = {"rapidocr": "rapidocr onnxruntime"}
# Only validated numbers: a free configuration string could read and write any file.
Psm = Literal[1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]
LANGUAGE = r"^[A-Za-z0-9_]+(/[A-Za-z0-9_]+)?(\+[A-Za-z0-9_]+(/[A-Za-z0-9_]+)?)*$"
AUTO = "auto"  # instead of a language code: use the detected language
PART_LANGUAGE = "eng"  # reads parts of a page during language detection
SURE_TURN = 2.5  # OSD confidence; wrong answers had at most 1.6 on such parts
# OSD confidence required for a script other than Latin. On seven parts of receipts and
# damaged print it was at most 6.1; on fourteen parts in nine scripts at least 12.3.
SURE_SCRIPT = 8
TESSERACT = {"engine": ("auto", "tesserocr", "pytesseract")}
ASKED = {"second_opinion": ("auto", "on")}


class Recognition(Group):
    """How the engine reads."""

    language: str = knob(
        AUTO,
        "Language codes joined by +, the main one first, as in eng+deu; auto finds the "
        "language of each document.",
        pattern=LANGUAGE,
        max_length=200,
        simple=True,
    )
    engine: EngineName = knob(
        "auto",
        "OCR engine: auto uses the fastest Tesseract that is installed; rapidocr is "
        "slower, but better on photos and receipts.",
        search=("auto", "rapidocr"),
    )
    psm: Psm = knob(
        3,
        "Page segmentation mode of Tesseract: 3 automatic, 4 one column, 6 one "
        "block, 7 one line, 11 sparse text.",
        when=TESSERACT,
        search=(3, 4, 6, 11),
    )
    oem: Literal[1, 3] = knob(
        1,
        "Engine mode of Tesseract: 1 the neural network, 3 what the language data "
        "supports.",
        when=TESSERACT,
    )
    whitelist: str = knob(
        "",
        "Allowed characters; empty allows all. Tesseract's neural network follows "
        "this only in part.",
        pattern=r"^[^\s\x00-\x1f\x7f-\x9f]*$",
        max_length=200,
    )
    second_opinion: Switch = knob(
        "auto",
        "Read each page in several ways and keep the best result; auto does so only "
        "where the first result is poor.",
        simple=True,
    )
    opinion_budget: float = knob(
        6.0,
        "Maximum time for all readings of a page, as a multiple of the time of the "
        "first.",
        ge=2,
        le=20,
        unit="×",
        when=ASKED,
    )
    dewarp: Literal["off", "auto"] = knob(
        "auto",
        "Flatten a curved page, as of an open book; auto where its lines are curved, "
        "and only if it reads better then.",
        when=ASKED,
    )
    join_rows: Switch = knob(
        "auto",
        "Join text that is side by side into one row: auto joins the cells of tables "
        "and receipts, but not columns; off keeps the engine's columns.",
        search=("off", "auto", "on"),
    )
    text_layer: Switch = knob(
        "auto",
        "Use the text that a page of a PDF contains: auto uses only visible text "
        "that agrees with the page's image; on also uses hidden text of an earlier "
        "OCR.",
    )
    dpi: int = knob(
        300,
        "Resolution at which the pages of a PDF are rendered.",
        ge=72,
        le=600,
        step=4,
        unit="dpi",
    )


class DarkInk(Recognition):
    """How the engine reads where all ink is known to be darker than the paper."""


class Engine(Protocol):
    """Reads the words on one image."""

    name: str
    version: str

    def recognize(
        self,
        image: np.ndarray,
        knobs: Recognition,
        dpi: int = 0,
        known: Sequence[KnownRun] = (),
    ) -> list[Word]:
        """Return the words on an (H, W) uint8 image, in reading order.

        `dpi` is the resolution of these pixels, 0 where it is unknown. `known` are
        words that another engine has read; an engine may return them unread.
        """

    def languages(self) -> dict[str, str]:
        """Return the installed languages, each with the path of its data."""

    def language_data(self, language: str) -> str:
        """Return a digest of the models that read `language`.

        Raises
        ------
        MissingEngineError
            If a language is not installed, or cannot be read.
        """

    def orientation(self, image: np.ndarray) -> tuple[int, float] | None:
        """Return the clockwise rotation that makes the page upright, with a confidence.

        None if the engine cannot determine it.
        """


def engine_named(name: str) -> Engine:
    """Return the engine called `name`, loaded once; auto means the first that works."""
    if name != "auto":
        return _load(name)
    first: MissingEngineError | None = None
    for candidate in ("tesserocr", "pytesseract"):
        try:
            return _load(candidate)
        except MissingEngineError as error:
            first = first or error
    raise first or MissingEngineError("No engine is installed.")


def text_languages(name: str) -> set[str]:
    """Return the codes of the installed languages of an engine that are for texts."""
    return {*engine_named(name).languages()} - {"osd", "equ"}


def part_reader(
    knobs: Recognition, *, dark: bool = False, line: bool = False
) -> PartReader:
    """Return the fastest reader for a part of a page that is one block or line of text.

    This is Tesseract if it knows the language, even if another engine reads the page.
    `dark` states that the ink is darker than the paper.
    """
    engine = engine_named(knobs.engine)
    with suppress(MissingEngineError):
        quick = engine_named("auto")
        quick.language_data(knobs.language)
        engine = quick
    # Vertical text has its own language data and its own single-block mode.
    psm = 5 if "_vert" in knobs.language else 7 if line else 6
    block = knobs.model_copy(update={"psm": psm, "oem": 1, "whitelist": ""})
    if dark:
        block = DarkInk(**block.model_dump())
    return PartReader(
        lambda image: engine.recognize(image, block), knobs.language, guess_turn
    )


def guess_turn(image: np.ndarray) -> tuple[int, float] | None:
    """Return by how many degrees to turn a part of a page clockwise, from Tesseract.

    Returns
    -------
    (degrees, confidence) or None
        None if Tesseract cannot determine it, or is not installed.
    """
    try:
        return engine_named("auto").orientation(image)
    except LostWorkerError:  # a retry can succeed
        raise
    except OcrError:
        return None


def guess_script(image: np.ndarray) -> tuple[int, str] | None:
    """Return the rotation that makes a part of a page upright, and its script.

    None if Tesseract cannot determine them, or is not installed. The rotation is 0 if
    its confidence is low.
    """
    try:
        engine = engine_named("auto")
        found = getattr(engine, "script", lambda image: None)(image)
    except LostWorkerError:
        raise
    except OcrError:
        return None
    if found is None:
        return None
    turn, sure, script = found
    if script not in ("Latin", "Fraktur") and sure < SURE_SCRIPT:
        return None
    return (turn if sure > SURE_TURN else 0), script


def reader_of(knobs: Recognition) -> tuple[str, str]:
    """Return the engine with its version, and the digest of its models.

    Raises
    ------
    MissingEngineError
        If the engine or a language is not installed.
    """
    engine = engine_named(knobs.engine)
    return f"{engine.name} {engine.version}", engine.language_data(knobs.language)


@cache
def _load(name: str) -> Engine:
    module, _, attribute = ENGINES[name].partition(":")
    try:
        engine: Engine = getattr(import_module(module), attribute)()
    except ImportError as error:
        packages = PACKAGES.get(name, error.name or name)
        raise MissingEngineError(
            "The engine {0} is not installed.",
            name,
            hint=Message("Install it with: pip install {0}", packages),
        ) from error
    return engine


def installed_engines() -> list[str]:
    """Return the names of the engines that can be loaded, without loading them."""
    needed = {
        "tesserocr": find_spec("tesserocr"),
        "pytesseract": which("tesseract"),
        "rapidocr": find_spec("rapidocr") and find_spec("onnxruntime"),
    }
    return [name for name in ENGINES if needed[name]]


def checked_languages(wanted: str, installed: dict[str, str]) -> list[str]:
    """Return the codes in `wanted`, all of which must be installed.

    Raises
    ------
    MissingEngineError
        Naming the codes that are missing and how to add them.
    """
    codes = list(dict.fromkeys(wanted.split("+")))
    missing = [code for code in codes if code not in installed]
    if missing:
        have = ", ".join(sorted(set(installed) - {"osd"})) or Message("none")
        package = package_of(missing[0])
        raise MissingEngineError(
            "The language {0} is not installed; installed: {1}.",
            ", ".join(missing),
            have,
            hint=Message(
                "On Debian or Ubuntu: sudo apt-get install tesseract-ocr-{0}", package
            ),
        )
    return codes
