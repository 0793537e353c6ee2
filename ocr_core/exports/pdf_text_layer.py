"""PDF text layer: invisible text at the exact positions of the words.

One font for all scripts: each character is one em wide and high and has an empty glyph,
so the text matrix alone fits a word to its box. The font's ToUnicode map defines which
character each code is.
"""

import re
import struct
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import groupby, islice

import numpy as np
import regex
from pikepdf import Array, Dictionary, Name, Object, Pdf, String

from ocr_core.page import Word, lines_of, runs_down
from ocr_core.scripts import reads_left

EM = 1000
TOP = EM * 64 // 65  # top of an outline: PDFium adds 1/64
ENTRIES = 100  # limit for one block of a ToUnicode map
LINE_END = "\n"
HARD_SPACE = "\N{NO-BREAK SPACE}"  # PDFium does not search beyond it for a hyphen
TILTED = 1.6  # a level line is at most this many times as high as its tallest word
BACK = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])  # from a page that was turned
MIN_GAP = 0.15  # of a line's height between words: poppler sees no space in less
SHORT = 4  # characters in a line that PDFium may take for vertical text
HYPHENS = ("-", "\N{SOFT HYPHEN}")
LEFTWARDS, RIGHTWARDS = ("R", "AL"), ("L", "EN", "AN")
SEPARATORS = ("ES", "CS")
OTHER_LETTER = regex.compile(r"[\p{L}--\p{Latin}--\p{Greek}--\p{Cyrillic}]", regex.V1)
KEPT_RUN = re.compile("l+(?:sl+)*")
TO_UNICODE = """/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
{entries}
endcmap
CMapName currentdict /CMap defineresource pop
end
end
"""


class TextLayer:
    """The invisible text of one PDF: one font has all characters of its pages.

    Pages are written in several steps, so each step gets the characters of the earlier
    ones.
    """

    def __init__(self, characters: str = "") -> None:
        self._codes = {each: n for n, each in enumerate(characters, 1)}

    @property
    def characters(self) -> str:
        """The characters used so far, in the order of their codes."""
        return "".join(self._codes)

    def text(
        self,
        words: Sequence[Word],
        to_page: np.ndarray,
        name: str,
        *,
        upside_down: bool = False,
    ) -> bytes:
        """Return a content stream that writes words on a page.

        Parameters
        ----------
        words
            Words whose lines run from left to right, or from right to left.
        to_page : (3, 3) float array
            Matrix from the words' pixels to the PDF's user space.
        name
            The font's name among the page's resources, as in ``/Invisible``.
        upside_down
            Whether the page is shown so that its lines run from right to left.
        """
        operators = ["q BT 3 Tr", f"{name} 1 Tf"]
        lines = [[word for word in line if word.text] for line in lines_of(words)]
        lines = [line for line in lines if line]
        directions = iter(_directions(lines))
        for down, group in groupby(lines, key=lambda _: next(directions)):
            if down:  # as lines of the page turned counter-clockwise
                turned = [_turned(line) for line in group]
                operators += self._lines(turned, to_page @ BACK, upside_down)
            else:
                operators += self._lines(list(group), to_page, upside_down)
        return " \n".join([*filter(None, operators), "ET Q\n"]).encode("ascii")

    def _lines(
        self, lines: list[list[Word]], to_page: np.ndarray, upside_down: bool
    ) -> list[str]:
        """Return the operators that write lines, and their ends where needed."""
        operators = []
        lines = [_visual_order(_levelled(line)) for line in lines]
        for line, below in zip(lines, [*lines[1:], None], strict=False):
            for word, following in zip(line, [*line[1:], None], strict=True):
                operators.append(self._shown(visual(word.text), word[4:8], to_page))
                if following is not None and following.space_before:
                    box = _between(word, following)
                    box = (
                        _moved_out(box)
                        if upside_down or _overlaps_next(word, following)
                        else box
                    )
                    space = HARD_SPACE if word.text.endswith(HYPHENS) else " "
                    operators.append(self._shown(space, box, to_page))
            operators.append(self._line_end(line, below, to_page, upside_down))
        return operators

    def _line_end(
        self,
        line: list[Word],
        below: list[Word] | None,
        to_page: np.ndarray,
        aside: bool,
    ) -> str:
        """Return an explicit line end where PDFium would not detect the end of a line.

        PDFium joins a line that ends in a hyphen with the next one and drops the
        hyphen, takes short lines for vertical text, and sorts text at the same height
        by its left edge.
        """
        word = line[-1]
        box = word.left + word.width, word.top, 1, word.height
        meant = word.text.endswith(HYPHENS)
        if below is not None:
            fall = below[0].top + below[0].height - word.top - word.height
            before = (below[0].left > word.left) == _reads_left(line)
            aside = aside or (before and abs(fall) < word.height)
            meant = meant or min(_length(line), _length(below)) <= SHORT
        if aside:
            return self._shown(LINE_END, _moved_out(box), to_page)
        return self._shown(LINE_END, box, to_page) if meant else ""

    def _shown(self, text: str, box: Sequence[int], to_page: np.ndarray) -> str:
        left, top, width, height = box
        if width < 1 or height < 1:
            return ""
        fitted = [[width / len(text), 0, left], [0, -height, top + height], [0, 0, 1]]
        matrix = (to_page @ np.array(fitted))[:2].T.ravel()
        numbers = " ".join(f"{number:.4f}" for number in matrix)
        return f"{numbers} Tm <{''.join(map(self._code, text))}> Tj"

    def _code(self, character: str) -> str:
        return f"{self._codes.setdefault(character, len(self._codes) + 1):04x}"


def invisible_font(pdf: Pdf, characters: str) -> Object:
    """Return the font in which the characters have the codes 1, 2, 3 ..."""
    program = pdf.make_stream(font_program(), Length1=len(font_program()))
    descriptor = Dictionary(
        Type=Name.FontDescriptor,
        FontName=Name.TextLayer,
        Flags=4,
        FontBBox=Array([0, 0, EM, EM]),
        ItalicAngle=0,
        Ascent=EM,
        Descent=-1,  # poppler takes 0 for unknown and uses a third of an em
        CapHeight=EM,
        StemV=80,
        FontFile2=program,
    )
    descendant = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType2,
        BaseFont=Name.TextLayer,
        CIDSystemInfo=Dictionary(
            Registry=String("Adobe"), Ordering=String("Identity"), Supplement=0
        ),
        FontDescriptor=pdf.make_indirect(descriptor),
        DW=EM,
        CIDToGIDMap=pdf.make_stream(b"\0\1" * (len(characters) + 1)),
    )
    font = Dictionary(
        Type=Name.Font,
        Subtype=Name.Type0,
        BaseFont=Name.TextLayer,
        Encoding=Name("/Identity-H"),
        DescendantFonts=Array([pdf.make_indirect(descendant)]),
        ToUnicode=pdf.make_stream(_to_unicode(characters)),
    )
    return pdf.make_indirect(font)


def _to_unicode(characters: str) -> bytes:
    entries = (
        f"<{code:04x}> <{character.encode('utf-16-be', 'replace').hex()}>"
        for code, character in enumerate(characters, 1)
    )
    blocks = [
        "\n".join([f"{len(block)} beginbfchar", *block, "endbfchar"])
        for block in _blocks(entries)
    ]
    return TO_UNICODE.format(entries="\n".join(blocks)).encode("ascii")


def visual(text: str) -> str:
    """Return a word's characters in visual order, from left to right."""
    classes = [unicodedata.bidirectional(character) for character in text]
    if not any(each in LEFTWARDS for each in classes):
        return text
    kinds = "".join(map(_kind, reversed(classes)))
    turned = text[::-1]
    for run in KEPT_RUN.finditer(kinds):
        start, end = run.span()
        turned = turned[:start] + turned[start:end][::-1] + turned[end:]
    return turned


def _kind(bidirectional: str) -> str:
    if bidirectional in RIGHTWARDS:
        return "l"
    return "s" if bidirectional in SEPARATORS else "r"


def _between(word: Word, following: Word) -> tuple[int, int, int, int]:
    """Return the box of the space between two words in either order."""
    left, right = sorted((word, following), key=lambda each: each.left)
    start = min(left.left + left.width, right.left - 1)  # the boxes may overlap
    return start, word.top, right.left - start, word.height


def _directions(lines: Sequence[list[Word]]) -> Iterator[bool]:
    """Yield whether each line is vertical; a single character is as the line before."""
    down = False
    for line in lines:
        if _length(line) > 1:
            down = runs_down(line)
        yield down


def _turned(line: list[Word]) -> list[Word]:
    """Return a vertical line as it is on the page turned counter-clockwise: see `BACK`.

    It gets the breadth of a character, since PDFium takes lines without white space
    between them for rows, and engines extend boxes into that.
    """
    length = max(w.top + w.height for w in line) - min(w.top for w in line)
    breadth = max(1, round(length / _length(line)))
    middle = round(np.median([word.left + word.width / 2 for word in line]))
    top = -middle - breadth // 2
    return [
        word._replace(left=word.top, top=top, width=word.height, height=breadth)
        for word in line
    ]


def _levelled(line: list[Word]) -> list[Word]:
    """Give the words of a line its height, on its slope, and close its narrow gaps.

    PDF readers take words at other heights for other lines, 一 for one of its own, and
    insert a space into a gap. That does not happen to Latin, Greek and Cyrillic words;
    they keep their boxes, as does a large initial.
    """
    if not OTHER_LETTER.search("".join(word.text for word in line)):
        return line
    spaced = all(word.space_before for word in line[1:])
    heights = sorted(word.height for word in line)
    usual = heights[(len(heights) - 1) * 4 // 5]
    own = [word for word in line if word.height <= TILTED * usual]
    middles = np.array([[w.left + w.width / 2, w.top + w.height / 2] for w in own])
    slope = _slope(middles) if np.ptp(middles[:, 1]) > TILTED / 2 * usual else 0.0
    shift = slope * middles[:, 0]
    tops = [w.top - each for w, each in zip(own, shift, strict=True)]
    ends = [w.top + w.height - each for w, each in zip(own, shift, strict=True)]
    low, high = np.quantile(tops, 0.25), np.quantile(ends, 0.75)
    level: list[Word] = []
    for word, after in zip(line, [*line[1:], None], strict=True):
        if word.height <= TILTED * usual or not spaced:
            middle = slope * (word.left + word.width / 2)
            word = word._replace(top=round(low + middle), height=round(high - low))
        if after and not after.space_before and after.left > word.left:
            word = word._replace(width=after.left - word.left)
        before = level[-1] if level else None
        if before and word.space_before and word.left < before.left:
            room = before.left - word.left - max(1, round(MIN_GAP * word.height))
            word = word._replace(width=max(1, min(word.width, room)))
        level.append(word)
    return level


def _slope(points: np.ndarray) -> float:
    """Return the slope of the line through (N, 2) points; 0 through fewer than 3."""
    if len(points) < 3 or not np.ptp(points[:, 0]):
        return 0.0
    return float(np.polyfit(points[:, 0], points[:, 1], 1)[0])


def _visual_order(line: list[Word]) -> list[Word]:
    """Return the words of a tilted right-to-left line from left to right.

    PDFium sorts the words of a line only if they are at the same height.
    """
    if len({word.top for word in line}) < 3 or not _reads_left(line):
        return line
    order = sorted(line, key=lambda word: word.left)
    gaps = [True, *(word.space_before for word in order)]
    return [
        word._replace(space_before=gap) for word, gap in zip(order, gaps, strict=False)
    ]


def _reads_left(line: list[Word]) -> bool:
    """Return whether most letters of a line are right-to-left."""
    return reads_left("".join(word.text for word in line))


def _overlaps_next(word: Word, following: Word) -> bool:
    """Return whether a word begins within the first half of the following one."""
    middle = following.left + following.width / 2
    return following.left <= word.left < middle


def _length(line: list[Word]) -> int:
    return sum(len(word.text) for word in line)


def _moved_out(box: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """Move a box out of its line, so that PDFium does not sort the text around it."""
    left, top, width, height = box
    return left, top + 2 * height, max(1, width), height


def _blocks(entries: Iterator[str]) -> Iterator[list[str]]:
    while block := list(islice(entries, ENTRIES)):
        yield block


def font_program() -> bytes:
    """Return a TrueType font of two glyphs: an empty one, and one em without ink.

    The second is a line from corner to corner and back: it fills no area, but programs
    that measure outlines get the size of a character.
    """
    corners = struct.pack(">4h", 0, EM, 0, TOP)  # steps in x, then in y
    line = struct.pack(">5hHH2B", 1, 0, 0, EM, TOP, 1, 0, 1, 1) + corners
    line += bytes(-len(line) % 4)
    tables = {
        b"cmap": struct.pack(
            ">4HI12H", 0, 1, 3, 1, 12, 4, 24, 0, 2, 2, 0, 0, 0xFFFF, 0, 0xFFFF, 1, 0
        ),
        b"glyf": line,
        b"head": struct.pack(
            ">4I2H2Q4h2H3h",
            *(0x10000, 0x10000, 0, 0x5F0F3CF5),
            *(3, EM, 0, 0),
            *(0, 0, EM, EM),
            *(0, 8, 2, 1, 0),
        ),
        b"hhea": struct.pack(
            ">I3hH11hH", 0x10000, EM, 0, 0, EM, 0, 0, EM, 1, *[0] * 7, 1
        ),
        b"hmtx": struct.pack(">Hhh", EM, 0, 0),
        b"loca": struct.pack(">3I", 0, 0, len(line)),
        b"maxp": struct.pack(">I14H", 0x10000, 2, 2, 1, 0, 0, 2, *[0] * 8),
    }
    head = struct.pack(">I4H", 0x10000, len(tables), 64, 2, len(tables) * 16 - 64)
    start, directory, body = 12 + 16 * len(tables), b"", b""
    for tag, table in sorted(tables.items()):
        padded = table + bytes(-len(table) % 4)
        check = sum(struct.unpack(f">{len(padded) // 4}I", padded)) & 0xFFFFFFFF
        where = struct.pack(">3I", check, start + len(body), len(table))
        directory, body = directory + tag + where, body + padded
    return head + directory + body
