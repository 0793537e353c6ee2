"""Records: pages of another program, as words with boxes in pixels."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lxml import etree

from ocr_core.engines.spacing import lines_continued
from ocr_core.errors import LimitError
from ocr_core.language_tags import tesseract_code
from ocr_core.page import StepReport, Word, lines_of
from ocr_core.scripts import is_unspaced, reads_left

Box = tuple[float, float, float, float]  # left, top, right, bottom
MAX_WORDS = 100_000  # on a page, the same limit as in a corpus
FARTHEST = 10_000_000  # pixels
SOFT_HYPHEN = "\u00ad"
BETWEEN_WORDS = re.compile(r"[^\S\u00a0\u202f]+")  # no-break spaces are in words
HYPHENS = ("-", "\u2010", "\u00ac", "\u2e17")  # at the end of a line


@dataclass(frozen=True)
class RecordedPage:
    """A page of a file with recorded OCR.

    `size` is (0, 0) if the file has none. `has_conf` says whether the file has
    confidences; without them, `conf` is 100. `image` is the file name of the scan.
    `doc_id` names the document in a table of several documents. `joined` are the words
    that the file states to be broken at line ends, each in one piece.
    """

    rows: tuple[Word, ...] = ()
    size: tuple[int, int] = (0, 0)
    dpi: int = 0
    language: str = ""
    engine: str = ""
    image: str = ""
    doc_id: str = ""
    has_conf: bool = False
    states_size: bool = True
    is_drawn: bool = False  # boxes are made up, as for plain text
    joined: tuple[str, ...] = ()
    error: str = ""

    @property
    def report(self) -> StepReport:
        """What was taken, and which words the file states to be broken."""
        measured: dict[str, float | str] = {"words": len(self.rows)}
        if self.joined:
            measured["joined"] = " ".join(self.joined)
        return StepReport("imported", measured, "taken")


@dataclass
class PageWriter:
    """Collects the words of a page in reading order."""

    scale: float = 1.0  # pixels in one unit of the file
    confs: int = 0
    _joined: list[str] = field(default_factory=list)
    _soft: list[int] = field(default_factory=list)  # words that end in a soft hyphen
    _words: list[Word] = field(default_factory=list)
    _keys: list[Any] = field(default_factory=lambda: [None, None, None])
    _numbers: list[int] = field(default_factory=lambda: [0, 0, 0, 0])

    def add(
        self,
        keys: tuple[Any, Any, Any],
        box: Box,
        text: str,
        conf: float | None = None,
        space: bool = True,
    ) -> None:
        """Add a word; `keys` identify its block, paragraph and line.

        Some programs write several words, or a whole line, as one. Each word gets a
        part of the box then.
        """
        words = BETWEEN_WORDS.split(text.strip()) if text.strip() else []
        boxes = [box] if len(words) == 1 else _parted(box, words)
        for word, part in zip(words, boxes, strict=True):
            self._add(keys, part, word, conf, space)
            space = True

    def _add(
        self,
        keys: tuple[Any, Any, Any],
        box: Box,
        text: str,
        conf: float | None,
        space: bool,
    ) -> None:
        if len(self._words) >= MAX_WORDS:
            raise LimitError("A page of the file has more than {0} words.", MAX_WORDS)
        self._count(keys)
        left, top, right, bottom = (
            round(min(max(side * self.scale, -FARTHEST), FARTHEST)) for side in box
        )
        self.confs += conf is not None
        sure = 100.0 if conf is None else round(min(100.0, max(0.0, conf)), 2)
        size = max(0, right - left), max(0, bottom - top)
        cells = (*self._numbers, left, top, *size, sure, text, space, None, "")
        self._words.append(Word._make(cells))
        if text.endswith(SOFT_HYPHEN):
            self.add_soft_hyphen()

    def add_joined(self, word: str) -> None:
        """Add a word that the file gives in one piece, unless it has a hyphen."""
        if not any(mark in word for mark in HYPHENS):
            self._joined += word.split()

    def add_soft_hyphen(self) -> None:
        """Record that the last word goes on in the next line, by a soft hyphen."""
        self._soft.append(len(self._words) - 1)

    def joined(self) -> tuple[str, ...]:
        """Return the words that are broken at line ends, each in one piece."""
        marks = SOFT_HYPHEN + "".join(HYPHENS)
        both = (
            (self._words[n : n + 1], self._words[n + 1 : n + 2]) for n in self._soft
        )
        soft = [
            first[0].text.rstrip(marks) + last[0].text
            for first, last in both
            if first and last and first[0][:3] != last[0][:3]
        ]
        return (*self._joined, *soft)

    def extend_last(self, text: str, box: Box | None) -> None:
        """Add a hyphen to the last word, unless it already ends in one."""
        if not self._words or self._words[-1].text.endswith(HYPHENS):
            return
        last = self._words[-1]
        if box:
            left, top, right, bottom = (round(side * self.scale) for side in box)
            first, high = min(last.left, left), min(last.top, top)
            last = last._replace(
                left=first,
                top=high,
                width=max(last.left + last.width, right) - first,
                height=max(last.top + last.height, bottom) - high,
            )
        self._words[-1] = last._replace(text=last.text + text)

    def add_line(
        self,
        keys: tuple[Any, Any, Any],
        box: Box,
        text: str,
        conf: float | None = None,
    ) -> None:
        """Add the words of a line that has no boxes for words."""
        self.add(keys, box, " ".join(text.split()), conf)

    def _count(self, keys: tuple[Any, Any, Any]) -> None:
        changed = next((n for n in range(3) if keys[n] != self._keys[n]), 3)
        self._keys = list(keys)
        self._numbers[changed] += 1
        for deeper in range(changed + 1, 4):
            self._numbers[deeper] = 1

    def words(self) -> tuple[Word, ...]:
        """Return the words; spaces the file lacks are derived from the script."""
        words = self._words
        inside = [w.space_before for line in lines_of(words) for w in line[1:]]
        if len(set(inside)) == 1:
            words = [_spaced(word, last) for word, last in _with_last(words)]
        return tuple(lines_continued(words))


def _parted(box: Box, words: Sequence[str]) -> list[Box]:
    """Divide the box of a line among its words, by their numbers of letters."""
    left, top, right, bottom = box
    letter = (right - left) / max(1, len(" ".join(words)))
    found = []
    start = 0
    for word in words:
        end = start + len(word)
        found.append((left + letter * start, top, left + letter * end, bottom))
        start = end + 1
    if not reads_left("".join(words)):
        return found
    both = left + right
    return [(both - end, top, both - start, bottom) for start, _, end, _ in found]


def _with_last(words: Sequence[Word]) -> Iterator[tuple[Word, Word | None]]:
    last: Word | None = None
    for word in words:
        yield word, last
        last = word


def _spaced(word: Word, last: Word | None) -> Word:
    if last is None or last[:3] != word[:3]:
        return word
    joined = is_unspaced(last.text[-1]) and is_unspaced(word.text[0])
    return word._replace(space_before=not joined)


def within(page: RecordedPage) -> RecordedPage:
    """Return a page with boxes clipped to it; a missing size is that of its words."""
    size, stated = page.size, all(page.size)
    if not stated:
        size = (
            max((w.left + w.width for w in page.rows), default=0),
            max((w.top + w.height for w in page.rows), default=0),
        )
    rows = tuple(_cut_to(word, size) for word in page.rows)
    return replace(page, rows=rows, size=size, states_size=stated)


def _cut_to(word: Word, size: tuple[int, int]) -> Word:
    left = min(max(0, word.left), max(0, size[0] - 1))
    top = min(max(0, word.top), max(0, size[1] - 1))
    right = min(max(word.left + word.width, left + 1), max(1, size[0]))
    bottom = min(max(word.top + word.height, top + 1), max(1, size[1]))
    if (left, top, right - left, bottom - top) == tuple(word[4:8]):
        return word
    return word._replace(left=left, top=top, width=right - left, height=bottom - top)


def parsed(content: bytes) -> Any:
    """Return the root of an XML document; its entities are not resolved."""
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    return etree.fromstring(content, parser)


def name_of(element: Any) -> str:
    """Return the name of an element without its namespace; "" if it has none."""
    # Names in damaged HTML may be no names to `etree.QName`.
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def children(element: Any, *names: str) -> Iterator[Any]:
    """Yield the children with these names, in any namespace."""
    return (each for each in element if name_of(each) in names)


def descendants(element: Any, *names: str) -> Iterator[Any]:
    """Yield all descendants with these names, in document order."""
    return (each for each in element.iter() if name_of(each) in names)


def first_text(element: Any, *path: str) -> str:
    """Return the text of the first element on a path of names."""
    for name in path:
        element = next(descendants(element, name), None)
        if element is None:
            return ""
    return (element.text or "").strip()


def number(text: str | None, usual: float = 0.0) -> float:
    """Return the value of an attribute as a number, or `usual` if it is not one."""
    try:
        value = float(text) if text else usual
    except ValueError:
        return usual
    return value if abs(value) <= FARTHEST else usual


def languages(stated: Iterable[str]) -> str:
    """Return stated languages as Tesseract's codes joined by +, most frequent first."""
    codes = [code for each in stated if (code := tesseract_code(each))]
    common = sorted(dict.fromkeys(codes), key=codes.count, reverse=True)
    return "+".join(common[:3])
