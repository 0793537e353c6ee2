"""Orientation: which way up a page is, from its letters and from reading parts of it.

On pages of text, the positions of neighbouring letters show whether lines are
horizontal or vertical. In tables of single marks, crosswords and vertical Chinese or
Japanese the nearest neighbour is above or below although the page is upright, so a page
is only turned if it is more legible afterwards. In scripts other than Latin, and where
the letters are no evidence, a dense part is read as it is and, if that fails, turned.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ocr_core.imaging import legibility, measurements
from ocr_core.imaging.legibility import StripReader
from ocr_core.imaging.measurements import FEW, Glyphs, letters_of
from ocr_core.page import Page, PartReader, Word
from ocr_core.scripts import may_run_down

# Factor by which a turned page must be more legible than the page as it is: on a page
# turned by mistake, hardly a letter is sure.
BETTER, MUCH_BETTER = 1.5, 3
TURNS = (0, 90, 180, 270)  # clockwise, in degrees
UPRIGHT = 0.6  # share of letters read with confidence, from which a page is upright
PART = (40, 20)  # width and height, in letters, of the part that the engine examines
CLEAR_GAPS = 0.15  # by which gaps between vertical lines exceed the others
SURE_ENGINE = 2.5  # its wrong answers had a confidence of up to 1.6 on such parts
Count = Callable[[Sequence[Word]], float]
LATIN = frozenset(
    "afr aze bos bre cat ceb ces cos cym dan deu eng enm epo est eus fao fil fin fra "
    "frk frm fry gla gle glg hat hrv hun ind isl ita ita_old jav lat lav lit ltz mlt "
    "mri msa nld nor oci pol por que ron slk slv spa spa_old sqi srp_latn sun swa swe "
    "tgl ton tur uzb vie yor Latin Fraktur Vietnamese".split()
)


def upright_turn(
    page: Page, read: StripReader | None = None
) -> tuple[int, dict[str, float | str]]:
    """Return the clockwise turn that makes a page upright, and the measurements.

    Parameters
    ----------
    page
        Dark ink on light paper.
    read
        Reads a part of a page; a turn that is not more legible is rejected. Without it,
        the shapes of the letters and the engine's own estimate decide.
    """
    language = read.language if isinstance(read, PartReader) else ""
    codes = [each.rpartition("/")[2] for each in language.split("+") if each]
    if read is not None and not LATIN.issuperset(codes):
        vertical = any(each.endswith("_vert") for each in codes)
        across = not may_run_down(language) and runs_across(letters_of(page))
        candidates = (0, 180) if vertical or across else TURNS
        return _turn_by_reading(page, candidates, read, legibility.confident_letters)
    turn, sure, measured = likely_turn(page, read)
    if read is not None and not sure:
        turn, more = _turn_by_reading(page, TURNS, read, legibility.letters_in_words)
        return turn, measured | more
    if not turn or read is None:
        return turn, measured
    turns = sorted({0, turn, (turn + 180) % 360})
    words = legibility.read_when_turned(page, word_letters(page).middles, turns, read)
    found = _counted(words, legibility.letters_in_words)
    if max(found.values()) < legibility.WORD:  # marks alone must differ clearly
        found = _counted(words, legibility.sure_letters)
        return _best_turn(found, MUCH_BETTER), measured | _as_measured(found)
    return _best_turn(found), measured | _as_measured(found)


def _turn_by_reading(
    page: Page, turns: Sequence[int], read: StripReader, count: Count
) -> tuple[int, dict[str, float | str]]:
    """Read the densest parts as they are and, unless that succeeds, also turned."""
    letters = letters_of(page)
    if letters.count < FEW:
        return 0, {}
    words = legibility.read_when_turned(page, letters.middles, (0,), read)
    found = _counted(words, count)
    total = sum(len(word.text) for word in words[0])
    if found[0] < max(2 * legibility.WORD, UPRIGHT * total):
        others = [turn for turn in turns if turn]
        words = legibility.read_when_turned(page, letters.middles, others, read)
        found |= _counted(words, count)
    return _best_turn(found), _as_measured(found)


def _counted(words: Mapping[int, Sequence[Word]], count: Count) -> dict[int, float]:
    return {turn: count(read) for turn, read in words.items()}


def _best_turn(found: Mapping[int, float], better: float = BETTER) -> int:
    """Return the turn after which clearly more was read than before; 0 if none."""
    best = max(found, key=lambda turn: found[turn])
    least = better * found[0] + better**2 / BETTER**2 * legibility.WORD
    return best if found[best] >= least else 0


def _as_measured(found: Mapping[int, float]) -> dict[str, float | str]:
    return {f"read_{turn}": round(letters) for turn, letters in found.items()}


def word_letters(page: Page) -> Glyphs:
    """Return the letters that are in words.

    If these are few, as in tables of single marks, return all letters.
    """
    letters = letters_of(page)
    if letters.count < FEW:
        return letters
    close = measurements.in_words(letters)
    if close.sum() < FEW:
        return letters
    return Glyphs(letters.boxes[close], letters.height)


def likely_turn(
    page: Page, read: StripReader | None = None
) -> tuple[int, bool, dict[str, float | str]]:
    """Estimate the turn from the shapes of the letters; return whether that is sure.

    On most pages ascenders distinguish top and bottom. Where they do not, as in
    capitals and figures, the engine examines a part of the page.
    """
    letters = word_letters(page)
    orientation = orientation_of(letters)
    measured: dict[str, float | str] = {"beside": round(orientation.beside, 2)}
    # Horizontal lines give 0.8 to 1.0, and vertical lines 0.0 to 0.35.
    side = 90 if orientation.beside < 0.5 else 0
    if side:
        page = page.turned(side)
        letters = word_letters(page)
        orientation = orientation_of(letters)
    measured["rising"] = round(orientation.rising, 2)
    # In standard deviations from equal chances: two suffice for the page as it is.
    sure = (2 * orientation.rising - 1) * orientation.pairs**0.5
    if sure > 2 or letters.count < FEW:
        return side, True, measured
    parts = legibility.densest(letters.middles, letters.height, PART, 1)
    if not parts:
        return side, True, measured
    part = legibility.cut_out(page.image, parts[0], letters.height)
    found = read.guess_turn(part) if isinstance(read, PartReader) else None
    if found is None:
        return side, False, measured
    turn, confidence = found
    measured |= {"engine": turn, "confidence": round(confidence, 1)}
    # Less suffices if the ascenders agree with it.
    certain = confidence > (1 if turn == 180 and sure < -2 else SURE_ENGINE)
    if turn == 180 and certain:
        side += 180
    return side, certain, measured


@dataclass(frozen=True)
class TextOrientation:
    """The direction of lines and letters, measured on pairs of neighbours.

    `beside` is the share of letters whose nearest neighbour is beside them, not above
    or below: near 1 for horizontal lines, near 0 for vertical ones. `rising` is, among
    the letters that are taller than a neighbour on their line, the share that rises
    above it: near 1 on an upright page in Latin script, where b d f h k l t and
    capitals outnumber g j p q y. `pairs` is the number of such pairs.
    """

    beside: float
    rising: float
    pairs: int


def orientation_of(letters: Glyphs) -> TextOrientation:
    """Measure the direction of the lines and letters of a page.

    Three samples of 300 letters that follow each other down the page are measured.
    """
    if letters.count < FEW:
        return TextOrientation(1.0, 1.0, 0)
    order = np.argsort(letters.boxes[:, 1])
    starts = np.linspace(0, max(0, letters.count - 300), 3).astype(int)
    found = [_neighbours(letters, order[start : start + 300]) for start in starts]
    one, other, beside = (np.concatenate(parts) for parts in zip(*found, strict=True))
    share = float(beside.mean()) if len(beside) else 1.0
    return TextOrientation(share, *_rising(one[beside], other[beside]))


def runs_down(letters: Glyphs) -> bool:
    """Return whether lines run down the page, as in vertical Chinese and Japanese.

    In the densest part of the page gaps between lines are wider than those between the
    letters of a line: on drawn pages they took at least 0.3 more of the part.
    """
    beside, below = _gaps(letters)
    return beside > below + CLEAR_GAPS


def runs_across(letters: Glyphs) -> bool:
    """Return whether lines run across the page, by their gaps as in `runs_down`."""
    beside, below = _gaps(letters)
    return below > beside + CLEAR_GAPS


def _gaps(letters: Glyphs) -> tuple[float, float]:
    """Return the shares of width and height that are gaps in the densest part."""
    parts = legibility.densest(letters.middles, letters.height, PART, 1)
    if not parts:
        return 0.0, 0.0
    left, top, right, bottom = parts[0]
    x, y = letters.middles.T
    inside = (x >= left) & (x <= right) & (y >= top) & (y <= bottom)
    boxes = letters.boxes[inside]
    return _gap_share(boxes[:, 0], boxes[:, 2]), _gap_share(boxes[:, 1], boxes[:, 3])


def _gap_share(starts: np.ndarray, sizes: np.ndarray) -> float:
    """Return the share of an axis, from the first mark to the last, without a mark."""
    first = int(starts.min())
    covered = np.zeros(int((starts + sizes).max()) - first + 1, int)
    np.add.at(covered, (starts - first).astype(int), 1)
    np.add.at(covered, (starts + sizes - first).astype(int), -1)
    return float((np.cumsum(covered)[:-1] == 0).mean())


def _neighbours(
    letters: Glyphs, some: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pair letters with their nearest neighbours; return both boxes, and if beside."""
    boxes = letters.boxes[some]
    middles = boxes[:, :2] + boxes[:, 2:] / 2
    away = np.abs(middles[:, None] - middles[None])
    # Use gaps, not distances of middles: a wide mark may be several letters.
    gap = np.maximum(away - (boxes[:, None, 2:] + boxes[None, :, 2:]) / 2, 0).sum(
        axis=2
    )
    np.fill_diagonal(gap, np.inf)
    rows = np.arange(len(some))
    near = gap.argmin(axis=1)
    close = gap[rows, near] < 2 * letters.height
    step = away[rows, near]
    beside = step[:, 0] > step[:, 1]
    return boxes[close], boxes[near][close], beside[close]


def _rising(one: np.ndarray, other: np.ndarray) -> tuple[float, int]:
    taller = np.maximum(one[:, 3], other[:, 3])
    unlike = np.abs(one[:, 3] - other[:, 3]) > 0.2 * taller
    heads = np.abs(one[:, 1] - other[:, 1])
    feet = np.abs(one[:, 1] + one[:, 3] - other[:, 1] - other[:, 3])
    up = unlike & (feet < 0.1 * taller) & (heads > 0.2 * taller)
    down = unlike & (heads < 0.1 * taller) & (feet > 0.2 * taller)
    pairs = int(up.sum() + down.sum())
    return (float(up.sum()) / pairs if pairs else 0.5), pairs
