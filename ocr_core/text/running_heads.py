"""Running heads: lines that repeat at the edges of pages, and page numbers.

A head repeats at the same height on pages nearby, of its own document or of the
documents beside it: a newspaper's issues of one page each are such a series. What opens
a section repeats too, but stands close to its text; what opens a letter stands above a
salutation; the title of a form stands above labels that repeat with it. All are text.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import pairwise
from statistics import median
from typing import Literal, NamedTuple

import regex

from ocr_core.page import PageResult, Word, lines_of, text_of
from ocr_core.text.numerals import page_number
from ocr_core.tokenizer import normalize_spelling

OuterKind = Literal["running head", "page number"]
LineKey = tuple[int, int, int]  # numbers of its block, paragraph and line
NO_LETTERS = regex.compile(r"[^\p{L}\p{M}]+")
LABEL = regex.compile(
    r"[\p{L}\p{M}]{3,4}"
)  # of a word, the end of which may be misread
LETTER_OR_DIGIT = regex.compile(r"[\p{L}\p{N}]")
DIGIT = regex.compile(r"\p{Nd}")
GOES_ON = (",", ";", ":", "!")  # at the end of a line of text
OUTER_LINES = 2  # from the top, and from the bottom, that may be heads or numbers
OUTER_SHARE = 0.2  # of the page's height, where these lines lie
SALUTATION_SHARE = 1 / 3  # of the page's height, where letters are opened and closed
SHORT = 0.6  # of the usual width of a line: a salutation
SAME_HEIGHT = 0.04  # of the page's height: lines of two pages at the same place
MAX_COMPARED = 200  # letters of a line that are compared
ALIKE = 0.8  # ratio of two heads, one of them perhaps misread
ALIKE_BUT_DATE = 0.6  # of the letters of the shorter of two heads with dates
MIN_ALIKE = 3  # letters side by side that count for that
MIN_GAP = 1.3  # lines: a head that stands apart from its text
MAX_OUTSIDE = 1.25  # of the white space to the text: a head under another
NEAR = 6  # pages, or documents, to either side where a head is looked for
REPEATED = 2  # of these pages must have it too
MIN_SHARE_OF_NEIGHBOURS = (
    2 / 3
)  # of the documents beside one have its head; half where it has a number
MOST_PAGES = 2 * NEAR  # of a document whose neighbours are looked at
MIN_LABELS = 5  # first words of lines that pages of a form share, its title included
LABEL_SHARE = 0.15  # of all first words: answers have lines of their own
SAME_LABEL_HEIGHT = 0.015  # of the page's height, from the title on
MAX_MARKS = 4  # letters and digits of a line that may be a page number misread


class OuterLine(NamedTuple):
    """A line at the top or foot of a page.

    `line` names its block, paragraph and line, `level` is the number of lines outside
    of it, `y_share` its height as a share of the page's. `digits` says whether it, or
    one beside it, has any; `gap` is the distance to the text in usual lines. `opens`
    says that it stands outside of a salutation.
    """

    line: LineKey
    top: bool
    level: int
    y_share: float
    letters: str
    number: int | None
    digits: bool
    marks: int
    gap: float
    is_outer: bool
    opens: bool


class Edges(NamedTuple):
    """The outer lines of a page, and what tells a form.

    `labels` are the first words of its lines, of those that are the first of no other
    line, with the heights of these lines as shares of the page's.
    """

    lines: Sequence[OuterLine]
    labels: Mapping[str, float]


Near = Mapping[int, Edges]  # pages by their distance, in pages or documents
Heads = Mapping[LineKey, OuterKind]


class Level(NamedTuple):
    """Lines side by side: which, their upper and lower edge, and their middle."""

    lines: list[int]
    top: float
    bottom: float
    middle: float


def running_heads(
    document: Mapping[int, Edges], series: Mapping[int, Mapping[int, Edges]]
) -> dict[int, Heads]:
    """Find running heads and page numbers, by repetition and by position.

    A head stands at the same height with nearly the same letters on pages nearby; a
    number counts on as the pages do. Both lie in the outer lines of the page. Pages
    without text, such as those that could not be read, are passed over.

    Parameters
    ----------
    document
        The outer lines of all its pages, by page number.
    series
        Those of the documents before and after it, by distance, of which the same
        pages are compared. What repeats only there is a head where it stands apart
        from the text on most of these pages; on half of them, or of every other one,
        where it has a number.

    Returns
    -------
    dict
        By page number, the kind of each head by the line's place.
    """
    numbers = [number for number in sorted(document) if document[number].lines]
    found: dict[int, Heads] = {}
    for index, number in enumerate(numbers):
        near = {
            other - number: document[other]
            for other in numbers[max(0, index - NEAR) : index + NEAR + 1]
            if other != number
        }
        beside = {
            distance: pages[number]
            for distance, pages in series.items()
            if number in pages and pages[number].lines
        }
        found[number] = _heads(document[number], near, beside)
    return found


def _heads(here: Edges, near: Near, beside: Near) -> Heads:
    """Return the heads and numbers among a page's outer lines, the outermost first."""
    found: dict[LineKey, OuterKind] = {}
    for line in sorted(here.lines, key=lambda line: line.level):
        if line.level and not line.is_outer:
            continue
        outside = (each for each in here.lines if _is_outside(each, line))
        clear = all(each.line in found or each.marks <= MAX_MARKS for each in outside)
        if (clear and _repeats(here, line, near)) or _recurs(here, line, beside):
            found[line.line] = "running head"
        elif clear and (_counts_on(line, near) or _counts_on(line, beside)):
            found[line.line] = "page number"
    heads = [line for line in here.lines if found.get(line.line) == "running head"]
    for line in here.lines:
        if any(_goes_with(line, head) for head in heads):
            kind: OuterKind = "running head" if line.number is None else "page number"
            found.setdefault(line.line, kind)
    return found


def _is_outside(line: OuterLine, other: OuterLine) -> bool:
    return line.top == other.top and line.level < other.level


def _goes_with(line: OuterLine, head: OuterLine) -> bool:
    """Return whether a line is of a head: outside of it, or beside and off the text."""
    beside = line.top == head.top and line.level == head.level
    off = line.gap >= MIN_GAP or line.number is not None
    return _is_outside(line, head) or (beside and off)


def _repeats(here: Edges, line: OuterLine, near: Near) -> bool:
    """Return whether a line is a head by other pages of its document."""
    alike = {n: each for n, page in near.items() if (each := _alike(line, page))}
    if len(alike) < REPEATED or _opens_letters(line, alike):
        return False
    if _is_form(here, line, [near[n] for n in alike]):
        return False
    return line.gap >= MIN_GAP or _is_usual(alike, near)


def _recurs(here: Edges, line: OuterLine, beside: Near) -> bool:
    """Return whether a line is a head by the same page of other documents."""
    alike = {
        n: each
        for n, page in beside.items()
        if (each := _alike(line, page, dated=True))
    }
    if len(alike) < REPEATED or _opens_letters(line, alike):
        return False
    if _is_form(here, line, [beside[n] for n in alike]):
        return False
    often = len(alike) >= MIN_SHARE_OF_NEIGHBOURS * len(beside)
    return line.gap >= MIN_GAP and (often or (line.digits and _is_usual(alike, beside)))


def _is_usual(alike: Mapping[int, OuterLine], near: Near) -> bool:
    """Return whether half of the pages have a line, or half of every other page."""
    left = sum(distance % 2 == 0 for distance in alike)
    lefts = sum(distance % 2 == 0 for distance in near)
    return 2 * len(alike) >= len(near) or (left >= REPEATED and 2 * left >= lefts)


def _is_form(page: Edges, line: OuterLine, others: Sequence[Edges]) -> bool:
    """Return whether most other pages have the labels of a page as far below a line.

    Below a running head, each page has a text of its own; below the title of a form,
    lines of all pages begin with the same labels, each of them once.
    """
    same = sum(_same_labels(page, line, other) for other in others)
    return 2 * same > len(others)


def _same_labels(page: Edges, line: OuterLine, other: Edges) -> bool:
    title = _alike(line, other, dated=True)
    shift = title.y_share - line.y_share if title else 0.0
    shared = sum(
        abs(y_share + shift - other.labels[word]) <= SAME_LABEL_HEIGHT
        for word, y_share in page.labels.items()
        if word in other.labels
    )
    return shared >= max(MIN_LABELS, LABEL_SHARE * len(page.labels))


def _opens_letters(line: OuterLine, alike: Mapping[int, OuterLine]) -> bool:
    """Return whether a line is what letters open with: a salutation may be misread."""
    opens = [each.opens for each in (line, *alike.values())]
    return 2 * sum(opens) >= len(opens)


def _alike(line: OuterLine, page: Edges, *, dated: bool = False) -> OuterLine | None:
    """Return the line of another page that is the same head; None where there is none.

    Of two with a date, `dated`, the rest counts.
    """
    if len(line.letters) < 3:
        return None
    for other in page.lines:
        if other.top != line.top or abs(line.y_share - other.y_share) > SAME_HEIGHT:
            continue
        same = dated and line.digits and other.digits and len(other.letters) >= 3
        if _ratio(line.letters, other.letters) >= ALIKE or (
            same and _shared(line.letters, other.letters) >= ALIKE_BUT_DATE
        ):
            return other
    return None


@lru_cache(maxsize=10_000)
def _ratio(one: str, other: str) -> float:
    if one == other:
        return 1.0
    match = SequenceMatcher(None, one, other, autojunk=False)
    return match.ratio() if match.real_quick_ratio() >= ALIKE else 0.0


@lru_cache(maxsize=10_000)
def _shared(one: str, other: str) -> float:
    """Return the share of the shorter text's letters that both have side by side."""
    blocks = SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    shared = sum(block.size for block in blocks if block.size >= MIN_ALIKE)
    return shared / min(len(one), len(other))


def _counts_on(line: OuterLine, near: Near) -> bool:
    same = (
        any(
            other.number is not None
            and other.number - (line.number or 0) == distance
            and abs(other.y_share - line.y_share) <= SAME_HEIGHT
            for other in page.lines
        )
        for distance, page in near.items()
    )
    return line.number is not None and sum(same) >= REPEATED


def page_edges(page: PageResult) -> Edges:
    """Return the outer lines of a page; lines side by side are of one level."""
    lines = [list(line) for line in lines_of(page.rows)]
    texts = [text_of(line) for line in lines]
    kept = [n for n, text in enumerate(texts) if LETTER_OR_DIGIT.search(text)]
    if not kept:
        return Edges((), {})
    height = page.size[1] or max(row.top + row.height for row in page.rows)
    levels = _levels(lines, kept)
    found: list[OuterLine] = []
    for top in (True, False):
        inward = levels if top else levels[::-1]
        gaps = _gaps(inward, lines)
        opened = _salutation(inward, lines, texts, height, top=top)
        for level, each in enumerate(inward[:OUTER_LINES]):
            for line in each.lines:
                share = _middle(lines[line]) / max(1, height)
                if (share if top else 1 - share) >= OUTER_SHARE:
                    continue
                text = texts[line]
                letters = NO_LETTERS.sub(" ", _folded(text)).strip()
                if text.rstrip().endswith(GOES_ON):
                    letters = ""  # a salutation of letters, and no head
                found.append(
                    OuterLine(
                        lines[line][0][:3],
                        top,
                        level,
                        share,
                        letters[:MAX_COMPARED],
                        page_number(text),
                        any(DIGIT.search(texts[n]) for n in each.lines),
                        len(LETTER_OR_DIGIT.findall(text)),
                        *gaps[level],
                        level < opened,
                    )
                )
    firsts = [(LABEL.search(_folded(texts[n])), _middle(lines[n])) for n in kept]
    words = [(first[0], y / max(1, height)) for first, y in firsts if first]
    once = Counter(word for word, _ in words)
    labels = {word: y_share for word, y_share in words if once[word] == 1}
    return Edges(found, labels)


def _folded(text: str) -> str:
    return normalize_spelling(text).replace("’", "'").lower()


def _middle(line: Sequence[Word]) -> float:
    return sum(row.top + row.height / 2 for row in line) / len(line)


def _levels(lines: Sequence[Sequence[Word]], kept: Sequence[int]) -> list[Level]:
    """Put lines side by side together, from the top of the page down."""
    middles = {n: _middle(lines[n]) for n in kept}
    order = sorted(kept, key=middles.__getitem__)
    groups = [[order[0]]]
    for above, below in pairwise(order):
        step = middles[below] - middles[above]
        if step > min(row.height for row in lines[above]) / 2:
            groups.append([])
        groups[-1].append(below)
    return [
        Level(
            group,
            min(median(row.top for row in lines[n]) for n in group),
            max(median(row.top + row.height for row in lines[n]) for n in group),
            sum(middles[n] for n in group) / len(group),
        )
        for group in groups
    ]


def _gaps(
    inward: Sequence[Level], lines: Sequence[Sequence[Word]]
) -> list[tuple[float, bool]]:
    """Return for the outer levels the distance to the text in usual lines.

    And whether each stands no nearer to it than to the level outside.
    """
    height = median(row.height for line in lines for row in line)
    pitch = _pitch(lines) or 1.5 * height
    whites = [_white(one, other) for one, other in pairwise(inward[: OUTER_LINES + 1])]
    gaps = [(max(0, white) + height) / max(1, pitch) for white in whites]
    gaps += [9.9] * (OUTER_LINES + 1 - len(gaps))  # no text
    outer = [
        level == 0
        or len(whites) <= level
        or whites[level - 1] <= MAX_OUTSIDE * max(1, whites[level])
        for level in range(OUTER_LINES)
    ]
    outer = [outer[n] and gaps[n] >= MIN_GAP for n in range(OUTER_LINES)]
    if outer[1]:  # both may be a head of two lines
        gaps[0] = max(gaps[0], gaps[1])
    return list(zip(gaps, outer, strict=False))


def _white(one: Level, other: Level) -> float:
    return max(one.top, other.top) - min(one.bottom, other.bottom)


def _pitch(lines: Sequence[Sequence[Word]]) -> float:
    """Return the usual distance of two lines of a block; 0 where none shows."""
    steps = [
        _middle(below) - _middle(above)
        for above, below in pairwise(lines)
        if above[0].block_num == below[0].block_num
    ]
    steps = [step for step in steps if step > 0]
    return median(steps) if len(steps) >= 2 else 0.0


def _salutation(
    inward: Sequence[Level],
    lines: Sequence[Sequence[Word]],
    texts: Sequence[str],
    height: int,
    *,
    top: bool,
) -> int:
    """Return at which level a salutation or the end of a letter stands; 0 none does.

    It is a short line by itself that goes on in the next.
    """
    widths = [line[-1].left + line[-1].width - line[0].left for line in lines]
    usual = median(abs(width) for width in widths)
    for level, each in enumerate(inward):
        share = each.middle / max(1, height)
        if (share if top else 1 - share) > SALUTATION_SHARE:
            break
        [first, *others] = each.lines
        if (
            not others
            and texts[first].rstrip().endswith(GOES_ON)
            and abs(widths[first]) <= SHORT * usual
        ):
            return level
    return 0
