"""Tesseract in this process, through tesserocr: the model is loaded once.

It needs about a fifth less CPU time than the program, which loads its model for every
page.
"""

import contextlib
import threading
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import tesserocr

from ocr_core.engines import Recognition
from ocr_core.engines.known_words import KnownRun
from ocr_core.engines.tesseract import (
    data_digest,
    data_folder,
    installed_languages,
    variables,
    words_from_tsv,
)
from ocr_core.errors import EngineError, EngineOutputError, MissingEngineError
from ocr_core.page import Word

# A libtesseract handle contains the page it reads: only one thread may use it.
_lock = threading.Lock()


class Tesserocr:
    """The default engine: libtesseract from the wheel, any installed language data."""

    name = "tesserocr"

    def __init__(self) -> None:
        self.version = str(tesserocr.tesseract_version()).split("\n")[0].split()[-1]

    def languages(self) -> dict[str, str]:
        return installed_languages()

    def language_data(self, language: str) -> str:
        return data_digest(language)

    def recognize(
        self,
        image: np.ndarray,
        knobs: Recognition,
        dpi: int = 0,
        known: Sequence[KnownRun] = (),
    ) -> list[Word]:
        with _lock:
            return _recognize(image, knobs, dpi)

    def orientation(self, image: np.ndarray) -> tuple[int, float] | None:
        with _lock:
            found = _orientation_and_script(image)
        return found and found[:2]

    def script(self, image: np.ndarray) -> tuple[int, float, str] | None:
        """Return the clockwise turn that makes a page upright, confidence, script."""
        with _lock:
            return _orientation_and_script(image)


def _recognize(image: np.ndarray, knobs: Recognition, dpi: int) -> list[Word]:
    api = _api(data_folder(knobs.language), knobs.language, knobs.oem)
    _set(api, knobs)
    api.SetPageSegMode(knobs.psm)
    try:
        _show(api, image, dpi)
        table = api.GetTSVText(0)
        return words_from_tsv(table, knobs.psm, knobs.join_rows, _spaces(api))
    except UnicodeDecodeError:
        raise EngineOutputError("Tesseract's output is not UTF-8.") from None
    except RuntimeError as error:
        raise EngineError(
            "Tesseract failed on this page.",
            hint="Try other settings, or cut a very long page into parts.",
        ) from error
    finally:
        api.Clear()


def _orientation_and_script(image: np.ndarray) -> tuple[int, float, str] | None:
    try:
        api = _api(data_folder("osd"), "osd", 0)
    except MissingEngineError:
        return None
    _set(api, Recognition())
    api.SetPageSegMode(tesserocr.PSM.OSD_ONLY)
    _show(api, image, 0)
    found = None
    with contextlib.suppress(RuntimeError):  # too few characters
        found = api.DetectOrientationScript()
    api.Clear()
    if not found:
        return None
    turn = (360 - int(found["orient_deg"])) % 360
    return turn, float(found["orient_conf"]), str(found["script_name"])


@lru_cache(maxsize=4)
def _api(folder: str, language: str, oem: int) -> tesserocr.PyTessBaseAPI:
    try:
        api = tesserocr.PyTessBaseAPI(path=folder, lang=language, oem=oem)
    except RuntimeError as error:
        raise MissingEngineError(
            "The language data of {0} cannot be loaded.",
            language,
            hint="Install it again; it may be damaged or made for another version.",
        ) from error
    api.SetVariable("debug_file", "/dev/null")
    return api


def _set(api: tesserocr.PyTessBaseAPI, knobs: Recognition) -> None:
    for name, value in variables(knobs).items():
        api.SetVariable(name, value)


def _spaces(api: tesserocr.PyTessBaseAPI) -> list[bool]:
    """Return for each word, in reading order, whether white space was seen before it.

    Tesseract counts spaces from the left: in right-to-left text it reports the spaces
    between two words with the first of them.
    """
    spaces: list[bool] = []
    edge, before = 0, 0
    level = tesserocr.RIL.WORD
    for word in tesserocr.iterate_level(api.GetIterator(), level):
        if word.Empty(level):
            continue
        blanks, box = word.BlanksBeforeWord(), word.BoundingBox(level)
        leftwards = box is not None and box[2] <= edge
        begins = word.IsAtBeginningOf(tesserocr.RIL.TEXTLINE)
        spaces.append(begins or bool(before if leftwards else blanks))
        edge, before = box[0] if box else 0, blanks
    return spaces


def _show(api: tesserocr.PyTessBaseAPI, image: np.ndarray, dpi: int) -> None:
    """Pass raw pixels to Tesseract: no encoding, no file."""
    height, width = image.shape[:2]
    pixels = np.ascontiguousarray(image)
    api.SetImageBytes(pixels.tobytes(), width, height, 1, width)
    if dpi:
        api.SetSourceResolution(dpi)
