"""Ground truth: find and read the correct text in a file next to the scan.

``NAME.gt.txt`` is the ground truth of ``NAME.png``, ``NAME.pdf`` and the like; ALTO,
PAGE XML and hOCR are read from ``NAME.gt.xml``, ``NAME.gt.hocr`` and ``NAME.gt.html``.
In the text of a document, form feeds separate pages. A text without form feeds is
compared with the whole document.
"""

from pathlib import Path

from ocr_core.documents.pairs import TRUTH_ENDINGS
from ocr_core.errors import InputError, OcrError
from ocr_core.imports import HEAD_BYTES, recorded_kind, recorded_pages
from ocr_core.page import PageRef, text_of
from ocr_core.text.table_files import decoded

MARKUP = ("alto", "page", "hocr", "abbyy")
MAX_BYTES = 20_000_000


def truth_path(path: str | Path) -> Path | None:
    """Return the path of the ground truth of a scan, or None."""
    known = (Path(path).with_suffix(ending) for ending in TRUTH_ENDINGS)
    return next((each for each in known if each.is_file()), None)


def read_truth(ref: PageRef) -> list[str] | None:
    """Return the ground truth of a document by page, or None.

    Raises
    ------
    InputError
        If it cannot be opened, is too large or is not UTF-8 or UTF-16.
    """
    path = truth_path(ref.path)
    return read_pages(path) if path else None


def read_pages(path: Path) -> list[str]:
    """Return the texts of the pages of a text file, or of recorded OCR.

    The file may be untrusted: the app and the server call this in a worker process.

    Raises
    ------
    InputError
        If it cannot be opened, is too large, is not UTF-8 or UTF-16, or has another
        format than its name says.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(
                "{0} is larger than {1} MB.", path.name, MAX_BYTES // 10**6
            )
        content = path.read_bytes()
        kind = recorded_kind(content[:HEAD_BYTES], path.name)
        if kind in MARKUP:
            return _recorded(content, kind, path.name)
        if path.suffix.lower() != ".txt":
            raise InputError(
                "{0} is neither ALTO, PAGE XML nor hOCR.",
                path.name,
                hint="Save plain text as a .txt file.",
            )
        text = decoded(content)
    except OSError as error:
        raise InputError(
            "{0} cannot be opened: {1}.", path.name, error.strerror or error
        ) from None
    except UnicodeDecodeError:
        text = "\0"  # as of UTF-16 without its mark, which is valid UTF-8
    if "\0" in text:
        raise InputError("{0} is not UTF-8 text.", path.name, hint="Save it as UTF-8.")
    pages = text.split("\f")
    return pages[:-1] if len(pages) > 1 and not pages[-1].strip() else pages


def _recorded(content: bytes, kind: str, name: str) -> list[str]:
    """Return the texts of the pages of recorded OCR."""
    try:
        return [text_of(page.rows) for page in recorded_pages(content, kind)]
    except OcrError:
        raise
    except Exception as error:  # parsers raise many types
        raise InputError("{0} is damaged: {1}.", name, error) from None
