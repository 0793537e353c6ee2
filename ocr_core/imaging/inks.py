"""Inks: how dark the marks on a page are, and whether there are two kinds.

Show-through from the back is paler than the text, and so is a second ink.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from ocr_core.imaging.measurements import (
    DARKNESS_PIXELS,
    FEW,
    MIN_INK,
    NEIGHBOURHOOD,
    Glyphs,
    in_rows,
    ink_mask,
    reduced,
)

STRONG = 0.75  # of common ink
# Of common ink, by which the surroundings of a mark may be darker than those of ink. In
# light text on a dark picture the gaps between strokes look like pale marks.
DIM = 0.2
NEAR_CUT = 0.75  # of Otsu's threshold: paler marks lose strokes
PALE = 0.35  # of common ink, from which a mark is seen
MIN_HEIGHT = 3  # px of the reduced page; lower marks are specks
INKED = 0.1  # share of a mark's pixels from which it is ink, and from which it is hurt


@dataclass(frozen=True)
class InkContrast:
    """How dark the marks on a page are, and whether there are two kinds.

    `part` is the darkness that best separates two kinds, as a share of common ink, and
    `cut` the same in grey levels below the surroundings. `pale` is the share of marks
    below it, `between` the share within a twentieth of it, which is small for two
    distinct kinds. `height` is that of the letters, in pixels.
    """

    part: float = 0.0
    cut: float = 0.0
    pale: float = 0.0
    between: float = 1.0
    height: float = 0.0


def strengths_on(image: np.ndarray, letters: Glyphs) -> InkContrast:
    """Measure how much darker each mark, even a faint one, is than its surroundings.

    Parameters
    ----------
    image : (H, W) uint8 array
        Dark ink on light paper.
    letters
        The letters found on it; marks of similar size count.
    """
    small, shrink = reduced(image, DARKNESS_PIXELS)
    soft = cv2.GaussianBlur(small, (3, 3), 0)
    around = cv2.boxFilter(soft, -1, (NEIGHBOURHOOD, NEIGHBOURHOOD))
    dark = cv2.subtract(around, soft)
    some = dark[::2, ::2]
    some = some[some >= MIN_INK].reshape(1, -1)
    if letters.count < FEW or some.size < FEW:
        return InkContrast()
    otsu = cv2.threshold(some, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[0]
    mask = (dark > max(MIN_INK, 0.35 * otsu)).astype(np.uint8)
    count, marks, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    width, height, area = (stats[:, column].astype(float) for column in (2, 3, 4))
    tall = letters.height / shrink
    like = (
        (height > 0.5 * tall) & (height < 2.5 * tall) & (area > 0.12 * width * height)
    )
    like &= (width > 0.2 * tall) & (width < 8 * tall)
    like[0] = False
    if like.sum() < FEW:
        return InkContrast()
    darkest = ranges_of(marks, dark, count)[1]
    ink = float(np.percentile(darkest[like], 75))
    column, row = (stats[like, :2] + stats[like, 2:4] // 2).T
    light = around[row, column].astype(float)
    shares = darkest[like] / ink
    lit = light >= np.percentile(light[shares >= STRONG], 10) - DIM * ink
    parts = [
        InkContrast(
            float(part),
            float(part) * ink,
            float((shares < part).mean()),
            float((np.abs(shares - part) < 0.05).mean()),
            letters.height,
        )
        for part in np.linspace(0.3, 0.7, 9)
    ]
    return min(
        (each for each in parts if (lit & (shares < each.part)).mean() >= 0.08),
        key=lambda each: each.between,
        default=InkContrast(),
    )


@dataclass(frozen=True, eq=False)
class PaleInk:
    """Marks of text that one threshold for the whole page would lose.

    `middles` is an (N, 2) array in pixels of the page, `alone` the page with no other
    marks. `dark` is the number of grey levels by which these marks are darker than
    their surroundings, `ink` the same for common ink.
    """

    middles: np.ndarray
    alone: np.ndarray
    dark: float = 0.0
    ink: float = 0.0


def pale_ink_on(image: np.ndarray) -> PaleInk:
    """Find marks in rows that are as pale as Otsu's threshold for the whole page.

    Thin strokes are lost even if they are a little darker than that.
    """
    small, shrink = reduced(image)
    none = PaleInk(np.zeros((0, 2)), image)
    cut = (
        NEAR_CUT * cv2.threshold(small, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[0]
    )
    soft = cv2.GaussianBlur(small, (3, 3), 0)
    dark = cv2.subtract(cv2.boxFilter(soft, -1, (NEIGHBOURHOOD, NEIGHBOURHOOD)), soft)
    mask = (dark > 1.5 * MIN_INK).astype(np.uint8)
    count, marks, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    crossed = np.bincount(marks[small <= cut], minlength=count) > 0
    crossed[0] = False
    boxes = stats[:, :4].astype(int)
    shape = boxes[:, 2] / np.maximum(boxes[:, 3], 1)
    pale = ~crossed & (boxes[:, 3] >= 6) & (shape > 0.2) & (shape < 8)
    pale[0] = False
    if pale.sum() < 8 or not crossed.any():
        return none
    found = boxes[pale]
    rows = in_rows(found, small.shape)
    if rows.sum() < 8:
        return none
    darkest = ranges_of(marks, dark, count)[1]
    strong, strength = darkest[crossed], darkest[pale]
    middles = (found[rows, :2] + found[rows, 2:] / 2) * shrink
    shown = cv2.dilate(pale[marks].astype(np.uint8), np.ones((3, 3), np.uint8))
    shown = cv2.resize(shown, image.shape[::-1], interpolation=cv2.INTER_NEAREST)
    return PaleInk(
        middles,
        np.where(shown > 0, image, np.uint8(255)),
        float(np.median(strength[rows])),
        float(np.percentile(strong, 75)),
    )


def ranges_of(
    marks: np.ndarray, pixels: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the lowest and the highest value in each mark.

    Parameters
    ----------
    marks : (H, W) int array
        The number of the mark that each pixel belongs to; 0 is none.
    pixels : (H, W) uint8 array
    count : int
        Number of marks, and one for none.

    Returns
    -------
    (count,) float arrays
        255 and 0 for none.
    """
    inside = marks > 0
    # Sorting is ten times as fast as np.minimum.at and np.maximum.at.
    keys = (marks[inside].astype(np.uint32) << 8) | pixels[inside]
    keys.sort()
    ends = np.flatnonzero(np.diff(keys >> 8, append=np.uint32(0)))
    lowest, highest = np.full(count, 255.0), np.zeros(count)
    highest[keys[ends] >> 8] = keys[ends] & 255
    starts = np.concatenate([[0], ends[:-1] + 1])[: len(ends)]
    lowest[keys[starts] >> 8] = keys[starts] & 255
    return lowest, highest


def sharpness_of_pale(image: np.ndarray, cut: float) -> float:
    """Return how sharp pale marks are, as a multiple of the sharpness of ink.

    The sharpness of a mark is its steepest edge as a share of its darkness; the medians
    of both kinds are compared. 0 if there are too few of one kind.

    Parameters
    ----------
    image : (H, W) uint8 array
        Dark ink on light paper.
    cut : float
        Number of grey levels by which ink is darker than its surroundings.
    """
    small, _ = reduced(image, DARKNESS_PIXELS)
    mask = ink_mask(small, PALE)
    count, marks, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    soft = cv2.GaussianBlur(small, (3, 3), 0)
    dark = cv2.subtract(cv2.blur(soft, (NEIGHBOURHOOD, NEIGHBOURHOOD)), soft)
    slope = cv2.magnitude(
        *(cv2.Sobel(small, cv2.CV_32F, x, 1 - x, scale=1 / 4) for x in (1, 0))
    )
    steep = cv2.dilate(slope, np.ones((3, 3), np.uint8)).clip(0, 255).astype(np.uint8)
    darkest, steepest = (ranges_of(marks, each, count)[1] for each in (dark, steep))
    sized = stats[:, 3] > MIN_HEIGHT
    sized[0] = False
    sharp = steepest / np.maximum(darkest, 1)
    pale, ink = (sharp[sized & kind] for kind in (darkest < cut, darkest >= cut))
    if min(len(pale), len(ink)) < FEW // 2:
        return 0.0
    return float(np.median(pale) / np.median(ink))


def erased_marks(before: np.ndarray, after: np.ndarray, cut: float) -> tuple[int, int]:
    """Count the marks that lost a part of their ink, and those without ink.

    Show-through consists of marks of its own. Hairlines are parts of letters whose
    other strokes are dark.

    Parameters
    ----------
    before, after : (H, W) uint8 array
        Dark ink on light paper, before and after pale marks were erased.
    cut : float
        Number of grey levels by which ink is darker than its surroundings.
    """
    (old, _), (new, _) = reduced(before), reduced(after)
    mask = ink_mask(old, PALE)
    count, marks, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    soft = cv2.GaussianBlur(old, (3, 3), 0)
    around = cv2.blur(soft, (NEIGHBOURHOOD, NEIGHBOURHOOD))
    ink = (cv2.subtract(around, soft) > cut) & (mask > 0)
    taken = (cv2.subtract(new, old) > MIN_INK) & (mask > 0)
    area, sized = stats[:, 4], stats[:, 3] > MIN_HEIGHT
    sized[0] = False
    inked = np.bincount(marks[ink], minlength=count) >= INKED * area
    hurt = np.bincount(marks[taken], minlength=count) > INKED * area
    return int((sized & inked & hurt).sum()), int((sized & ~inked).sum())
