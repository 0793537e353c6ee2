"""Texts: plain text as pages, with words laid out on a grid, as there is no image."""

from collections.abc import Iterator

from ocr_core.errors import InputError
from ocr_core.imports.record import RecordedPage
from ocr_core.page import Word
from ocr_core.text.table_files import decoded

CELL = (8, 16)  # width and height of a character, in pixels
COLUMNS, ROWS = 120, 500  # characters in a row, rows on a page
INDENT = 2  # characters by which the rest of a long line is indented


def read_text(content: bytes) -> Iterator[RecordedPage]:
    """Yield the pages of a plain text, split at form feeds or by length."""
    yield from pages_of_text(text_of_file(content))


def text_of_file(content: bytes) -> str:
    """Return the text of a file.

    Raises
    ------
    InputError
        If it is neither UTF-8 nor UTF-16 with a byte order mark.
    """
    try:
        return decoded(content)
    except UnicodeDecodeError:
        raise InputError(
            "The text of the file is not UTF-8.", hint="Save it as UTF-8."
        ) from None


def pages_of_text(text: str, doc_id: str = "") -> Iterator[RecordedPage]:
    """Lay out a text: empty lines separate paragraphs, and long pages end at one."""
    for part in text.replace("\r\n", "\n").replace("\r", "\n").split("\f"):
        layout = _Layout()
        for paragraph in _paragraphs(part):
            if layout.row and layout.row + _height(paragraph) > ROWS:
                yield layout.page(doc_id)
                layout = _Layout()
            layout.add(paragraph)
        yield layout.page(doc_id)


def _paragraphs(text: str) -> Iterator[list[list[str]]]:
    """Yield paragraphs as lines of words; one longer than a page is split."""
    lines: list[list[str]] = []
    height = 0
    for line in [*text.split("\n"), ""]:
        words = line.split()
        if not words or height >= ROWS:
            if lines:
                yield lines
            lines, height = [], 0
        if words:
            lines.append(words)
            height += 1 + len(line) // (COLUMNS - INDENT)


def _height(paragraph: list[list[str]]) -> int:
    return 1 + sum(
        1 + sum(map(len, line)) // (COLUMNS // 2 - INDENT) for line in paragraph
    )


class _Layout:
    """A page that is filled from the top."""

    def __init__(self) -> None:
        self.row = self._paragraph = 0
        self._words: list[Word] = []

    def add(self, paragraph: list[list[str]]) -> None:
        self._paragraph += 1
        for number, line in enumerate(paragraph, 1):
            column = 0
            for word_number, word in enumerate(line, 1):
                width = min(len(word), COLUMNS - INDENT)
                if column + width > COLUMNS:
                    self.row, column = self.row + 1, INDENT
                self._words.append(
                    Word(
                        *(self._paragraph, 1, number, word_number),
                        left=column * CELL[0],
                        top=self.row * CELL[1],
                        width=width * CELL[0],
                        height=CELL[1],
                        conf=100.0,
                        text=word,
                    )
                )
                column += width + 1
            self.row += 1
        self.row += 1

    def page(self, doc_id: str) -> RecordedPage:
        size = COLUMNS * CELL[0], max(1, self.row) * CELL[1]
        words = tuple(self._words)
        return RecordedPage(words, size, doc_id=doc_id, is_drawn=True)
