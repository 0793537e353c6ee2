"""Legibility: whether text that is readable before a step is so after it.

Automatic steps measure first, but a measurement can mislead: a second ink looks like
show-through, a table of marks like vertical lines. So parts of the page are read before
and after the step, by the engine that will read the page.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ocr_core.imaging import filters, measurements
from ocr_core.imaging.inks import PaleInk, pale_ink_on
from ocr_core.page import Page, StepReport, Word, lines_of
from ocr_core.scripts import PHRASED
from ocr_core.text.quality import unmarked, word_chances

# Reads the words on a part of a page, an (H, W) uint8 image taken as one block.
StripReader = Callable[[np.ndarray], Sequence[Word]]


SURE = 0.7  # minimum probability of being right of a legible word
WORD = 5.0  # letters; fewer are no evidence
A_WORD = 3  # minimum letters of a word
# On upright drawn pages of ten scripts, at least 53 % of the letters were read with
# this confidence; on pages turned otherwise, at most 16 %.
CONFIDENT = 80
# Of letters read in show-through, a twentieth is in legible lines; of those in a second
# ink, nine tenths.
LEGIBLE = 0.25
# The same for ink that was taken for show-through: of 25 grey names and numbers on a
# screenshot, 0.19 of the letters were; on three pages with show-through none.
ERASED_LEGIBLE = 0.12
MOSTLY = 0.6  # share of sure letters that is reached by text, but not by show-through
ENOUGH = 50.0  # letters, of which the share that a step kept is clear
MIN_KEPT = 0.6  # share of the letters that must remain; parts vary by a quarter
# Width and height of a part, in heights of letters; rows are as long as lines.
STRIP, SQUARE, ROWS = (40, 10), (24, 24), (160, 10)
LOST_STRIPS = 6  # number of parts read of the lost ink alone
STRIPS = 2  # number of parts of each kind: with most lost ink, and with most letters
READ_HEIGHT = 24  # px of a letter, which reads well
LOST = 0.4  # share of its darkness, at or below which a mark counts as lost
PALE = 0.35  # of common ink: marks of a second ink count too
TAKEN = 0.15  # share of a mark's ink, from which a step has removed a part of it
TALL = 0.25  # of the letters' height; lower marks are dots, and slow to read


@dataclass(frozen=True)
class Compared:
    """The numbers of letters read with certainty before and after a step."""

    before: float = 0.0
    after: float = 0.0

    def harmed(self, kept: float = MIN_KEPT) -> bool:
        """Return whether less than a share of the letters was kept by the step."""
        return self.after < kept * self.before - WORD / 2

    @property
    def unproven(self) -> bool:
        """Return whether almost nothing is legible after the step."""
        return self.after < WORD


def compared(before: Page, after: Page, read: StripReader) -> Compared:
    """Read parts of a page before and after a step.

    The parts are those with most lost ink, unless the step moved pixels, and one with
    most letters; others with many letters only if few were read.
    """
    letters = measurements.letters_of(before)
    if letters.count < 8:
        return Compared()
    lost = densest(lost_marks(before, after), letters.height, STRIP)
    parts = [*lost, *densest(letters.middles, letters.height, STRIP)]
    to_after = np.linalg.inv(after.home) @ before.home
    found = np.zeros(2)
    for number, part in enumerate(parts):
        if number > len(lost) and found.max() >= ENOUGH:
            break
        left, top, right, bottom = part
        corners = np.array([[left, top, 1], [right, top, 1], [right, bottom, 1]])
        moved = corners @ to_after.T
        moved = moved[:, :2] / moved[:, 2:]
        low, high = moved.min(axis=0), moved.max(axis=0)
        grown = float(np.linalg.norm(moved[1] - moved[0])) / max(1.0, right - left)
        height = letters.height
        found += (
            sure_letters(read(cut_out(before.image, part, height))),
            sure_letters(read(cut_out(after.image, (*low, *high), grown * height))),
        )
    return Compared(*found.tolist())


def pale_ink_strengthened(page: Page, read: StripReader) -> tuple[Page, int]:
    """Make pale ink as dark as the rest if it is legible text and nothing else fades.

    Returns
    -------
    Page
        The page itself if there is no such ink.
    int
        How many pale marks there are.
    """
    marks = pale_ink_on(page.image)
    count = len(marks.middles)
    if not count or not is_text(page, marks, read):
        return page, count
    image = filters.strengthened(page.image, marks.dark, marks.ink)
    strong = page.with_pixels(image)
    return (page if compared(page, strong, read).harmed() else strong), count


def is_text(page: Page, marks: PaleInk, read: StripReader) -> bool:
    """Return whether pale marks are legible where they are densest."""
    height = measurements.letters_of(page).height
    legible = total = 0.0
    for part in densest(marks.middles, height, STRIP):
        words = read(cut_out(marks.alone, part, height))
        legible += sum(letters for _, letters in legible_lines(words))
        total += sum(len(word.text) for word in words)
    return legible > max(2 * WORD, MOSTLY * total)


def read_when_turned(
    page: Page, middles: np.ndarray, turns: Sequence[int], read: StripReader
) -> dict[int, list[Word]]:
    """Read the busiest parts of a page after each clockwise turn, in degrees.

    Parameters
    ----------
    page
        Dark ink on light paper.
    middles : (N, 2) float array
        The middles of the letters to read, in pixels.
    """
    height = measurements.letters_of(page).height
    found: dict[int, list[Word]] = {turn: [] for turn in turns}
    for part in densest(middles, height, SQUARE):
        image = cut_out(page.image, part, height)
        for turn in turns:
            found[turn] += read(np.ascontiguousarray(np.rot90(image, -turn // 90)))
    return found


def letters_in_words(words: Sequence[Word]) -> float:
    """Count the sure letters in words.

    Single marks and short runs of them are not counted: they can be read upside down.
    """
    return sure_letters([each for each in words if len(unmarked(each.text)) >= A_WORD])


def confident_letters(words: Sequence[Word]) -> float:
    """Count the letters read with confidence, in any script.

    In scripts with spaces between phrases only, a word is a phrase, and its conf that
    of its worst letter: a long one is seldom confident, but single marks are.
    """
    count = 0.0
    for each in words:
        if not PHRASED.search(each.text):
            count += len(each.text) * (each.conf >= CONFIDENT)
        elif len(each.text) >= A_WORD:
            count += len(each.text) * each.conf / 100
    return count


def sure_letters(words: Sequence[Word]) -> float:
    """Count the letters of words that are likely right."""
    if not words:
        return 0.0
    chances, weights = word_chances(words)
    return float(weights[chances > SURE].sum())


def densest(
    points: np.ndarray, height: float, span: tuple[int, int], max_parts: int = STRIPS
) -> list[tuple[float, float, float, float]]:
    """Return the parts of a page with most points, at most `max_parts`.

    Parameters
    ----------
    points : (N, 2) float array
        Middles of marks, in pixels.
    height : float
        Height of a letter, in pixels.
    span
        Width and height of a part, in heights of a letter.

    Returns
    -------
    list of (left, top, right, bottom)
        In pixels; each part has at least 8 points.
    """
    parts: list[tuple[float, float, float, float]] = []
    size = np.array(span) * height
    step = size / 4
    while len(points) >= 8 and len(parts) < max_parts:
        x, y = (points / step).astype(int).T
        count = np.zeros((int(y.max()) + 1, int(x.max()) + 1), np.float32)
        np.add.at(count, (y, x), 1)
        sums = cv2.boxFilter(
            count,
            -1,
            (4, 4),
            anchor=(0, 0),
            normalize=False,
            borderType=cv2.BORDER_CONSTANT,
        )
        row, column = np.unravel_index(int(sums.argmax()), sums.shape)
        low = np.array([column, row]) * step
        inside = ((points >= low) & (points < low + size)).all(axis=1)
        if inside.sum() < 8:
            break
        parts.append((*low.tolist(), *(low + size).tolist()))
        points = points[~inside]
    return parts


def lost_marks(before: Page, after: Page) -> np.ndarray:
    """Return the middles of marks, including pale ones, that a step removed.

    Returns
    -------
    (N, 2) float array
        In pixels; empty if the step moved pixels.
    """
    same = before.image.shape == after.image.shape
    if not same or not np.array_equal(before.home, after.home):
        return np.zeros((0, 2))
    small, shrink = measurements.reduced(before.image)
    boxes, _ = measurements.marks_on(small, PALE)
    if not len(boxes):
        return np.zeros((0, 2))
    ink, left = (_darkness(image, boxes) for image in (before.image, after.image))
    gone = left <= LOST * ink
    return (boxes[gone, :2] + boxes[gone, 2:] / 2) * shrink


def _darkness(image: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Return how much darker than its neighbourhood each mark is at its darkest."""
    small, _ = measurements.reduced(image)
    soft = cv2.GaussianBlur(small, (3, 3), 0)
    side = measurements.NEIGHBOURHOOD
    dark = cv2.subtract(cv2.boxFilter(soft, -1, (side, side)), soft)
    corners = boxes.astype(int).tolist()
    return np.array([dark[y : y + h, x : x + w].max() for x, y, w, h in corners], float)


def lost_ink(before: Page, after: Page) -> tuple[np.ndarray, np.ndarray]:
    """Draw, whole and alone, the marks of which a step removed a part.

    Returns
    -------
    (H, W) uint8 array
        These marks on white, the page reduced by a whole number.
    (N, 4) float array
        Left, top, width and height of each, in pixels of that image.
    """
    old, shrink = measurements.reduced(before.image)
    new, _ = measurements.reduced(after.image)
    mask = measurements.ink_mask(old, PALE)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    lighter = (cv2.subtract(new, old) > measurements.MIN_INK) & (mask > 0)
    taken = np.bincount(labels[lighter], minlength=count)
    boxes, area = stats[:, :4].astype(float), stats[:, 4]
    tall = measurements.letters_of(before).height / shrink
    shown = (taken > TAKEN * area) & (boxes[:, 3] > TALL * tall)
    shown[0] = False
    around = cv2.dilate(shown[labels].astype(np.uint8), np.ones((5, 5), np.uint8))
    return np.where(around > 0, old, np.uint8(255)), boxes[shown]


def cut_out(
    image: np.ndarray, part: tuple[float, float, float, float], height: float
) -> np.ndarray:
    """Cut (left, top, right, bottom) out of a page, scaled to a legible size."""
    left, top, right, bottom = (max(0, round(edge)) for edge in part)
    cut = image[top : max(bottom, top + 1), left : max(right, left + 1)]
    if not cut.size:
        return np.full((READ_HEIGHT, READ_HEIGHT), 255, np.uint8)
    factor = min(4.0, READ_HEIGHT / max(height, 1))
    size = [max(1, round(length * factor)) for length in cut.shape[::-1]]
    smooth = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return cv2.resize(cut, size, interpolation=smooth)


def with_legible_kept(
    before: Page, after: Page, read: StripReader
) -> tuple[Page, float, int]:
    """Read the ink that a step removed, and restore what is legible.

    Returns
    -------
    Page
        `before` itself if most of that ink is text.
    float
        The share of the letters read in it that are in legible lines.
    int
        The number of such lines.
    """
    image, marks = lost_ink(before, after)
    if not len(marks):
        return after, 0.0, 0
    kept, shrink = after.image.copy(), measurements.reduced(before.image)[1]
    tall = measurements.letters_of(before).height / shrink
    # Small print is enlarged for reading; lower marks are fragments of letters.
    height = max(measurements.common_height(marks[:, 3]), 0.36 * tall)
    middles = marks[:, :2] + marks[:, 2:] / 2
    legible, total, count = 0.0, 0.0, 0
    for part in densest(middles, tall, ROWS, LOST_STRIPS):
        cut = cut_out(image, part, height)
        words = read(cut)
        lines = legible_lines(words)
        legible += sum(letters for _, letters in lines)
        total += sum(len(word.text) for word in words)
        count += len(lines)
        grown = cut.shape[1] / min(part[2] - part[0], image.shape[1] - part[0])
        for box, _ in lines:
            left, top, right, bottom = (
                round((edge / grown + low) * shrink)
                for edge, low in zip(box, 2 * part[:2], strict=True)
            )
            kept[top:bottom, left:right] = before.image[top:bottom, left:right]
    share = legible / max(total, 1.0)
    if share > ERASED_LEGIBLE:
        return before, share, count
    return (after.with_pixels(kept) if count else after), share, count


def judged(report: StepReport) -> bool:
    """Return whether a step checked by reading that it removed no text."""
    if float(report.measured.get("legible", 0.0)) > ERASED_LEGIBLE:
        return False
    return bool({"read_after", "legible"} & report.measured.keys())


def legible_lines(words: Sequence[Word]) -> list[tuple[tuple[int, ...], float]]:
    """Return box and number of letters of each legible line.

    Each box is (left, top, right, bottom).
    """
    found: list[tuple[tuple[int, ...], float]] = []
    for line in lines_of(words):
        letters = float(sum(len(word.text) for word in line))
        if sure_letters(line) < max(WORD, 0.7 * letters):
            continue
        right = max(word.left + word.width for word in line)
        bottom = max(word.top + word.height for word in line)
        left, top = min(w.left for w in line), min(w.top for w in line)
        found.append(((left, top, right, bottom), letters))
    return found
