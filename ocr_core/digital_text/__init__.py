"""Digital text: the text of a PDF page, used if it proves to be right.

Text that is visible, has real characters and agrees with the picture of the page is
used with its boxes. Other content, such as an inserted scan, is read by the engine: for
that the page is drawn without the text that was used.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import cv2
import numpy as np

from ocr_core.digital_text.trust import judged
from ocr_core.digital_text.words import PlacedText, placed_text, without_doubles
from ocr_core.documents import text_of_page
from ocr_core.documents.pdf_text import MAX_CHARACTERS, Characters, TextPage, changed
from ocr_core.engines import Recognition
from ocr_core.engines.reading_order import has_columns, words_arranged
from ocr_core.imaging import measurements
from ocr_core.imaging.legibility import LEGIBLE, StripReader, sure_letters
from ocr_core.knobs import Switch
from ocr_core.page import Note, PageRef, StepReport, Word, to_scan, words_kept
from ocr_core.text.quality import page_quality

ENGINE = "pdf-text"
MIN_LETTERS = 8  # in rows outside the text; fewer are marks or parts of a drawing
COLLIDING = (
    0.02  # share of text objects on top of others, from which some may be hidden
)
OVERLAP = 0.5  # of the smaller box
SEEN = 0.6  # share of an object's characters from which it is visible, not by chance
COVERED = 0.3  # of a letter's box; letters of one text overlap less
CELLS = 12  # in the height of a font, in which overlaps are measured
MAX_CELLS = 4000  # across a page
TINY = (1.0, 0.0013)  # points, and of the longer side: nobody sees such text
MIN_RIGHT = 0.5  # of the letters; otherwise the whole page is read by the engine


@dataclass(frozen=True)
class DigitalText:
    """The text of a page that is right.

    Parameters
    ----------
    report : StepReport
        What was measured and decided.
    words : tuple of Word
        In reading order, in pixels of `size`; empty if the page must be read.
    taken : frozenset of int
        The text objects whose words are used, for `load_page`.
    rest : int
        The estimated number of other letters on the page; if any, it is also read.
    turn : int
        Direction of most lines in clockwise quarter turns; 0 for horizontal lines.
    is_level : bool
        Whether all lines are horizontal.
    """

    report: StepReport
    words: tuple[Word, ...] = ()
    taken: frozenset[int] = frozenset()
    rest: int = 0
    turn: int = 0
    is_level: bool = True
    size: tuple[int, int] = (0, 0)
    dpi: int = 0
    notes: tuple[Note, ...] = ()
    intact: float = 1.0
    quality: float | None = None


def digital_text(ref: PageRef, knobs: Recognition, read: StripReader) -> DigitalText:
    """Return the text of a PDF page, as far as it proves to be right.

    Parameters
    ----------
    read
        Reads a strip of the page to compare it with the text.
    """
    with text_of_page(ref, knobs.dpi) as opened:
        hidden_layers = any(note.code == "hidden-layers" for note in opened.notes)
        found = _examined(opened.text, knobs, read, hidden_layers)
        if not found.words:
            return found
        damage = opened.damage()
        opened.text.switch(None, on=True)
        dpi, size = opened.drawn()
        return replace(
            found,
            words=tuple(_scaled(found.words, opened.text.size, size)),
            size=size,
            dpi=dpi,
            notes=(*damage.notes, *opened.notes),
            intact=damage.intact,
        )


def _examined(
    page: TextPage, knobs: Recognition, read: StripReader, hidden_layers: bool
) -> DigitalText:
    if page.count > MAX_CHARACTERS:
        return _left({"characters": page.count}, "too many")
    characters = page.characters()
    measured: dict[str, float | str] = {"characters": len(characters)}
    if not len(characters):
        return DigitalText(StepReport("text layer", measured))
    seen, bare = _seen(page, characters, hidden_layers)
    measured["visible"] = round(float(seen.mean()), 3)
    always = knobs.text_layer == "on"
    if always:
        seen |= ~characters.inked | (not hidden_layers)
    if not seen.any():
        return _left(measured, "hidden")
    kept = np.flatnonzero(seen)
    kept = kept[without_doubles(characters.only(seen))]
    mask = np.isin(np.arange(len(characters)), kept)
    text = placed_text(characters.only(mask), knobs.join_rows)
    distrusted: set[int] = set()
    if not always:
        trust = judged(text, page.part, read, knobs.language)
        measured["unmapped"] = trust.unmapped
        measured |= {
            name: value
            for name in ("known", "agrees")
            if (value := getattr(trust, name)) is not None
        }
        distrusted = trust.distrusted
    return _taken(
        page, text, distrusted, measured, (bare, characters.objects[seen]), knobs
    )


def _left(measured: dict[str, float | str], reason: str) -> DigitalText:
    return DigitalText(StepReport("text layer", measured | {"reason": reason}))


def _seen(
    page: TextPage, characters: Characters, hidden_layers: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return which characters are visible, and draw the page without text.

    Returns
    -------
    (N,) bool array
        Characters whose removal changes the picture.
    (H, W, 3) uint8 array
        The page at a small scale without its text.
    """
    whole = page.view()
    page.switch(None, on=False)
    bare = page.view()
    seen = characters.inked & changed(whole, bare, characters.boxes, page.size)
    # White letters are visible only where they cover black letters of a scan.
    count, shown = (np.bincount(characters.objects, each) for each in (None, seen))
    seen &= (shown >= SEEN * count)[characters.objects]
    points, share = characters.sizes * page.point, characters.sizes / max(page.size)
    seen &= (points > TINY[0]) | (share > TINY[1])
    if hidden_layers or _collide(characters, seen):
        seen &= ~_unnoticed(page, characters, whole)
    page.switch(None, on=True)
    return seen, bare


def _unnoticed(page: TextPage, characters: Characters, whole: np.ndarray) -> np.ndarray:
    """Return which characters, (N,) bool, can be left out without a change.

    Where texts overlap, both seem visible, because the other one is left out too. So
    text objects are left out in groups, by the bits of their numbers: of any two there
    is a group that has one of them only. Texts that hide each other, as those printed
    twice, are kept: the picture changes without both.
    """

    def differs(numbers: np.ndarray) -> np.ndarray:
        page.switch(None, on=True)
        page.switch({*numbers.tolist()}, on=False)
        return changed(whole, page.view(), characters.boxes, page.size)

    objects = characters.objects
    hidden = np.zeros(len(objects), bool)
    for bit in range(int(objects.max()).bit_length()):
        for value in (0, 1):
            left_out = (objects >> bit & 1) == value
            hidden |= left_out & ~differs(objects[left_out])
    return hidden & ~differs(objects[hidden])


def _collide(characters: Characters, seen: np.ndarray) -> bool:
    """Return whether text objects lie on others, so that one may hide the other."""
    cell = max(1.0, float(np.median(characters.sizes)) / CELLS)
    boxes = np.clip(np.rint(characters.boxes / cell), 0, MAX_CELLS).astype(int)
    boxes[:, 2:] = np.maximum(boxes[:, 2:], boxes[:, :2] + 1)
    order = np.flatnonzero(seen)
    width, height = boxes[order, 2:].max(axis=0, initial=1)
    left, top, right, bottom = boxes[order].T
    depth = np.zeros((height + 1, width + 1), np.int32)
    for rows, columns, step in (
        (top, left, 1),
        (bottom, right, 1),
        (top, right, -1),
        (bottom, left, -1),
    ):
        np.add.at(depth, (rows, columns), step)
    depth = depth.cumsum(axis=0).cumsum(axis=1)[:height, :width]
    sums = cv2.integral(depth.astype(np.float64))
    inside = sums[bottom, right] - sums[top, right] - sums[bottom, left]
    inside += sums[top, left]
    crowded = inside > (1 + COVERED) * (right - left) * (bottom - top)
    lower: set[int] = set()
    owners = np.full((height, width), -1)
    for index in order[crowded].tolist():
        x0, y0, x1, y1 = boxes[index]
        part = owners[y0:y1, x0:x1]
        number = int(characters.objects[index])
        for other in np.unique(part[part >= 0]).tolist():
            below = int(characters.objects[other])
            differ = characters.texts[other] != characters.texts[index]
            if below != number and differ and (part == other).mean() > COVERED:
                lower.add(min(below, number))
        part[:] = index
    return len(lower) > COLLIDING * int(characters.objects.max())


def _taken(
    page: TextPage,
    text: PlacedText,
    distrusted: set[int],
    measured: dict[str, float | str],
    found: tuple[np.ndarray, np.ndarray],
    knobs: Recognition,
) -> DigitalText:
    """Use the trusted words, and count the other letters on the page."""
    bare, seen_objects = found
    objects = [set(text.characters.objects[each].tolist()) for each in text.members]
    left = set().union(*(objects[number] for number in distrusted))
    taken = frozenset(seen_objects.tolist()) - left
    kept = [not left & each for each in objects]
    letters = [len(word.text) for word in text.words]
    share = sum(n for n, stays in zip(letters, kept, strict=True) if stays)
    if share < MIN_RIGHT * sum(letters):
        unmapped = float(measured["unmapped"]) > 1 - MIN_RIGHT
        return _left(measured, "unmapped" if unmapped else "not what the page shows")
    words = tuple(w._replace(engine=ENGINE) for w in words_kept(text.words, kept))
    if left:
        page.switch(taken, on=False)
        bare = page.view()
    rest = _letters_besides(bare, words, page.size)
    if rest or left:
        rest = max(rest, sum(letters) - share, 1)
        measured["besides"] = rest
    always = knobs.text_layer == "on"
    report = StepReport("text layer", measured, "taken")
    if rest:
        report = StepReport("text layer", measured, "taken and the rest read")
    return DigitalText(
        report,
        words,
        taken,
        rest,
        text.turn,
        not any(text.turns),
        quality=page_quality(words, knobs.language) if always else 1.0,
    )


def _letters_besides(
    bare: np.ndarray, words: Sequence[Word], size: tuple[int, int]
) -> int:
    """Count marks like letters in rows outside the words, on a reduced page."""
    grey = cv2.cvtColor(bare, cv2.COLOR_BGR2GRAY)
    if np.ptp(grey) == 0:
        return 0
    boxes = measurements.letters_on(grey).boxes
    covered = np.zeros(grey.shape, bool)
    across, down = np.array(grey.shape[::-1]) / np.array(size)
    for word in words:
        left, right = (round(x * across) for x in (word.left, word.left + word.width))
        top, bottom = (round(y * down) for y in (word.top, word.top + word.height))
        covered[top : bottom + 1, left : right + 1] = True
    x, y = (boxes[:, :2] + boxes[:, 2:] / 2).astype(int).T
    limit = np.array(grey.shape) - 1
    boxes = boxes[~covered[np.minimum(y, limit[0]), np.minimum(x, limit[1])]]
    if len(boxes) < MIN_LETTERS:
        return 0
    count = int(measurements.in_rows(boxes.astype(int), grey.shape).sum())
    return count if count >= MIN_LETTERS else 0


def joined(
    digital: DigitalText,
    read: Sequence[Word],
    size: tuple[int, int],
    join: Switch = "auto",
) -> tuple[tuple[Word, ...], tuple[Word, ...]]:
    """Return all words of a page, and those of them that were read.

    Words read in drawings or photographs without text, or where the text already is,
    are left out.

    Parameters
    ----------
    read
        Words read on the page without the text that was used.
    size
        Size of the page as read; words are returned in pixels of `digital.size`.
    """
    own = digital.words
    read = _uncovered(own, _scaled(read, size, digital.size))
    if digital.rest < sum(len(word.text) for word in own):
        blocks = (list(block) for _, block in groupby(read, lambda word: word[0]))
        read = [word for block in blocks if _is_legible(block) for word in block]
    if not read:
        return own, ()
    words = _interleaved(own, read)
    if digital.is_level and not (has_columns(own) or has_columns(read)):
        words = words_arranged(words, join)
    return tuple(words), tuple(read)


def _scaled(
    words: Sequence[Word], size: tuple[int, int], new: tuple[int, int]
) -> list[Word]:
    """Scale words from one page size to another."""
    if size == new:
        return list(words)
    matrix = np.diag([new[0] / size[0], new[1] / size[1], 1.0])
    return to_scan(words, matrix, new)


def _uncovered(own: Sequence[Word], read: Sequence[Word]) -> list[Word]:
    """Return the words read where there is no text yet."""
    boxes = np.array([word[4:8] for word in own], float)
    high = boxes[:, :2] + boxes[:, 2:]

    def is_free(word: Word) -> bool:
        low = np.maximum(boxes[:, :2], (word.left, word.top))
        end = (word.left + word.width, word.top + word.height)
        sides = np.clip(np.minimum(high, end) - low, 0, None)
        return bool(sides.prod(axis=1).sum() < OVERLAP * word.width * word.height)

    return list(words_kept(read, [is_free(word) for word in read]))


def _is_legible(words: Sequence[Word]) -> bool:
    letters = sum(len(word.text) for word in words)
    return sure_letters(words) > LEGIBLE * letters


def _interleaved(own: Sequence[Word], read: Sequence[Word]) -> list[Word]:
    """Insert the blocks of the shorter text into the other by their positions."""
    long, short = sorted((own, read), key=len, reverse=True)
    blocks = [list(block) for _, block in groupby(long, lambda word: word[0])]
    for _, group in groupby(short, lambda word: word[0]):
        block = list(group)
        top = min(word.top for word in block)
        index = next(
            (
                number
                for number, other in enumerate(blocks)
                if min(word.top for word in other) > top
            ),
            len(blocks),
        )
        blocks.insert(index, block)
    return [
        word._replace(block_num=number)
        for number, block in enumerate(blocks, start=1)
        for word in block
    ]
