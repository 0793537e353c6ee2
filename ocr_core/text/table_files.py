"""Table files: text and CSV as spreadsheets and other programs save them."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from ocr_core.errors import InputError

MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
DELIMITERS = ",;\t"


def decoded(content: bytes) -> str:
    """Return a text: its encoding is that of its byte order mark, or else UTF-8.

    Raises
    ------
    UnicodeDecodeError
        If it has another encoding.
    """
    marked = (name for mark, name in MARKS.items() if content.startswith(mark))
    return content.decode(next(marked, "utf-8"))


def table_rows(
    path: Path, max_bytes: int, *, quoted_tabs: bool = True
) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a CSV file that are not empty, with their line numbers.

    The text is UTF-8, UTF-16 with a byte order mark, or Windows-1252; the delimiter is
    a comma, a semicolon or a tab.

    Parameters
    ----------
    path
        The file.
    max_bytes
        Its largest size.
    quoted_tabs
        Whether cells between tabs may be quoted; else quotes belong to the cells.

    Raises
    ------
    InputError
        If the file cannot be read, is too large or is no table.
    """
    try:
        if path.stat().st_size > max_bytes:
            raise InputError(
                "{0} is larger than {1} MB.", path.name, max_bytes // 10**6
            )
        text = _table_text(path.read_bytes())
        yield from parsed_rows(text, quoted_tabs=quoted_tabs)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError("{0} cannot be read: {1}.", path.name, reason) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            "{0} is not a CSV table.",
            path.name,
            hint="Save it again as CSV, UTF-8, with commas.",
        ) from error


def parsed_rows(
    text: str, *, quoted_tabs: bool = True
) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of the text of a CSV file; see `table_rows`.

    Raises
    ------
    csv.Error
        If it is no table.
    """
    delimiter = _delimiter(text)
    is_plain = delimiter == "\t" and not quoted_tabs
    rows = csv.reader(
        io.StringIO(text, newline=""),
        strict=not is_plain,
        delimiter=delimiter,
        quoting=csv.QUOTE_NONE if is_plain else csv.QUOTE_MINIMAL,
    )
    yield from ((rows.line_num, row) for row in rows if row)


def _table_text(content: bytes) -> str:
    """Return the text of a table with one kind of line ends.

    Windows-1252 is told from binary data by the control characters of the latter.
    """
    try:
        text = decoded(content)
    except UnicodeDecodeError:
        if b"\0" in content or content.startswith(tuple(MARKS)):
            raise
        text = content.decode("cp1252")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _delimiter(text: str) -> str:
    """Return the delimiter that divides the first line into the most columns."""
    first = text.lstrip("\n").partition("\n")[0]
    width = {
        each: len(next(csv.reader([first], delimiter=each))) for each in DELIMITERS
    }
    return max(width, key=width.__getitem__)
