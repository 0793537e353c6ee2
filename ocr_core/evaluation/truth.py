"""Ground truth: the text that a page really has, found beside its scan.

``NAME.gt.txt`` is the ground truth of ``NAME.png``, ``NAME.pdf`` and the like. In that
of a document of several pages a form feed ends each page but the last; without form
feeds it is compared with the whole document.
"""

from pathlib import Path

from ocr_core.errors import InputError
from ocr_core.page import PageRef

ENDING = ".gt.txt"
MAX_BYTES = 20_000_000


def truth_path(path: str | Path) -> Path:
    """Return where the ground truth of a scan is looked for."""
    return Path(path).with_suffix(ENDING)


def read_truth(ref: PageRef) -> list[str] | None:
    """Return the ground truth of a document by page; None where there is none.

    Raises
    ------
    InputError
        Where it cannot be opened, is too large or is not UTF-8.
    """
    path = truth_path(ref.path)
    return read_pages(path) if path.is_file() else None


def read_pages(path: Path) -> list[str]:
    """Return the pages of a text file, which form feeds part.

    Raises
    ------
    InputError
        Where it cannot be opened, is too large or is not UTF-8.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(
                "{0} is larger than {1} MB.", path.name, MAX_BYTES // 10**6
            )
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(
            "{0} cannot be opened: {1}.", path.name, error.strerror or error
        ) from None
    except UnicodeDecodeError:
        raise InputError(
            "{0} is not UTF-8 text.", path.name, hint="Save it as UTF-8."
        ) from None
    pages = text.split("\f")
    return pages[:-1] if len(pages) > 1 and not pages[-1].strip() else pages
