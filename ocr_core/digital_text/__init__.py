"""Digital text: the text that a page of a PDF carries, where it proves to be right.

Text that is seen, maps to real characters and is what the page shows is taken as it
is, with its boxes. What a page shows besides, as a scan pasted in, is left to be read:
for that the page is drawn without the text that was taken.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import cv2
import numpy as np

from ocr_core.digital_text.trust import judged
from ocr_core.digital_text.words import PlacedText, placed_text, without_doubles
from ocr_core.documents import text_of_page
from ocr_core.documents.pdf_text import MOST_CHARACTERS, Characters, TextPage, changed
from ocr_core.engines import Recognition
from ocr_core.engines.reading_order import has_columns, words_arranged
from ocr_core.imaging import measurements
from ocr_core.imaging.legibility import LEGIBLE, StripReader, sure_letters
from ocr_core.knobs import Switch
from ocr_core.page import Note, PageRef, StepReport, Word, to_scan, words_kept
from ocr_core.text.quality import page_quality

ENGINE = "pdf-text"
LEAST_LETTERS = 8  # beside the text, in rows; fewer are a mark or a part of a drawing
COLLIDING = 0.02  # of the text objects stand on others: one of two may be hidden
OVERLAP = 0.5  # of the smaller box
SEEN = 0.6  # of the characters of a text object; of fewer a part is seen by chance
SAME_PLACE = 0.3  # of a font's height; middles of two letters lie farther apart
MOST = 0.5  # of the letters must be right, or the page is read as if it had none


@dataclass(frozen=True)
class DigitalText:
    """What a page carries of text that is right.

    Parameters
    ----------
    report : StepReport
        What was measured, and what follows from it.
    words : tuple of Word
        In reading order, in pixels of `size`; empty where the page is to be read.
    taken : frozenset of int
        The text objects whose words were taken, for `load_page`.
    rest : int
        How many letters the page seems to show besides; where any, it is read too.
    turn : int
        Quarter turns clockwise by which most lines run; 0 where they run level.
    is_level : bool
        Whether all lines run level.
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
    """Return the text that a page of a PDF carries, as far as it proves to be right.

    Parameters
    ----------
    read
        Reads a strip of the page, to compare it with the text.
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
    if page.count > MOST_CHARACTERS:
        return _left({"characters": page.count}, "too many")
    characters = page.characters()
    measured: dict[str, float | str] = {"characters": len(characters)}
    if not len(characters):
        return DigitalText(StepReport("text layer", measured))
    seen, bare = _seen(page, characters)
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


def _seen(page: TextPage, characters: Characters) -> tuple[np.ndarray, np.ndarray]:
    """Tell which characters are seen, and draw the page without any text.

    Returns
    -------
    (N,) bool array
        Which characters change what the page looks like.
    (H, W, 3) uint8 array
        The page in small without its text.
    """
    whole = page.view()
    page.switch(None, on=False)
    bare = page.view()
    seen = characters.inked & changed(whole, bare, characters.boxes, page.size)
    # White letters show where they lie on the black ones of a scan, and nowhere else.
    count, shown = (np.bincount(characters.objects, each) for each in (None, seen))
    seen &= (shown >= SEEN * count)[characters.objects]
    lower, upper = _colliding(characters, seen)
    if len(lower) > COLLIDING * characters.objects.max():
        for some in (upper, lower):  # one of them may hide the other, or lie behind it
            page.switch(None, on=True)
            page.switch(some, on=False)
            of_some = np.isin(characters.objects, list(some))
            differs = changed(whole, page.view(), characters.boxes, page.size)
            seen &= differs | ~of_some
    page.switch(None, on=True)
    return seen, bare


def _colliding(characters: Characters, seen: np.ndarray) -> tuple[set[int], set[int]]:
    """Return the text objects whose characters others cover, and those others."""
    lower: set[int] = set()
    upper: set[int] = set()
    boxes, order = characters.boxes, np.flatnonzero(seen)
    places = (boxes[order, :2] + boxes[order, 2:]) / 2
    places = np.floor(places / (SAME_PLACE * characters.sizes[order, None]))
    first: dict[tuple[float, ...], int] = {}
    for place, index in zip(map(tuple, places.tolist()), order.tolist(), strict=True):
        other = first.setdefault(place, index)
        objects = int(characters.objects[other]), int(characters.objects[index])
        if (
            objects[0] != objects[1]
            and characters.texts[other] != characters.texts[index]
        ):
            lower.add(min(objects))
            upper.add(max(objects))
    return lower - upper, upper


def _taken(
    page: TextPage,
    text: PlacedText,
    distrusted: set[int],
    measured: dict[str, float | str],
    found: tuple[np.ndarray, np.ndarray],
    knobs: Recognition,
) -> DigitalText:
    """Take the words that are trusted, and see what the page shows besides."""
    bare, seen_objects = found
    objects = [set(text.characters.objects[each].tolist()) for each in text.members]
    left = set().union(*(objects[number] for number in distrusted))
    taken = frozenset(seen_objects.tolist()) - left
    kept = [not left & each for each in objects]
    letters = [len(word.text) for word in text.words]
    share = sum(n for n, stays in zip(letters, kept, strict=True) if stays)
    if share < MOST * sum(letters):
        unmapped = float(measured["unmapped"]) > 1 - MOST
        return _left(measured, "unmapped" if unmapped else "not what the page shows")
    words = words_kept(text.words, kept)
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
    """Count what looks like letters in rows, outside the words, on a page in small."""
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
    if len(boxes) < LEAST_LETTERS:
        return 0
    count = int(measurements.stand_in_rows(boxes.astype(int), grey.shape).sum())
    return count if count >= LEAST_LETTERS else 0


def joined(
    digital: DigitalText,
    read: Sequence[Word],
    size: tuple[int, int],
    join: Switch = "auto",
) -> tuple[tuple[Word, ...], tuple[Word, ...]]:
    """Return the words of a page, and those of them that were read.

    What was read of a drawing or a photograph where no text is, or where the text
    stands already, is left out.

    Parameters
    ----------
    read
        Words read on the page without the text that was taken.
    size
        Of the page as it was read; the words come in pixels of `digital.size`.
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
    """Return words on a page of one size as they are on a page of another."""
    if size == new:
        return list(words)
    matrix = np.diag([new[0] / size[0], new[1] / size[1], 1.0])
    return to_scan(words, matrix, new)


def _uncovered(own: Sequence[Word], read: Sequence[Word]) -> list[Word]:
    """Return the words read that do not stand where there is text already."""
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
    """Put the blocks of the shorter text between those of the other, by their place."""
    long, short = sorted((own, read), key=len, reverse=True)
    blocks = [list(block) for _, block in groupby(long, lambda word: word[0])]
    for _, group in groupby(short, lambda word: word[0]):
        block = list(group)
        top = min(word.top for word in block)
        place = next(
            (
                number
                for number, other in enumerate(blocks)
                if min(word.top for word in other) > top
            ),
            len(blocks),
        )
        blocks.insert(place, block)
    return [
        word._replace(block_num=number)
        for number, block in enumerate(blocks, start=1)
        for word in block
    ]
