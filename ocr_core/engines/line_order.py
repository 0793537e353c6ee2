"""Line order: puts a line that the engine took for a block back into its column."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

GAP_PITCH = 3.0  # most line heights between the middles of lines of a paragraph
ALIGNED = 0.5  # of a line's height: the most by which edges and pitches differ
TALL = 1.5  # of the lower of two lines' heights; a heading is taller

# Left, top, right and bottom of a line.
Box = tuple[float, float, float, float]


def with_gaps_filled(
    boxes: Sequence[Box], blocks: Sequence[int]
) -> list[tuple[int, int]]:
    """Return the order of lines, each as its index and its block.

    Tesseract sometimes takes a line of a paragraph for a block, and puts it after the
    column. Such a line is midway between two lines that follow each other, and begins
    or ends where both do. It is put between these, into the block of the first.

    Parameters
    ----------
    boxes
        Of level lines, in the engine's order.
    blocks
        The number of each line's block.
    """
    lines = Counter(blocks)
    order = list(zip(range(len(boxes)), blocks, strict=True))
    for alone in [each for each in order if lines[each[1]] == 1]:
        others = [each for each in order if each != alone]
        for position, (before, after) in enumerate(pairwise(others), start=1):
            near = boxes[before[0]], boxes[after[0]]
            if _fills_gap(boxes[alone[0]], *near) and order.index(alone) != position:
                order = [*others[:position], (alone[0], before[1]), *others[position:]]
                break
    return order


def _fills_gap(line: Box, before: Box, after: Box) -> bool:
    """Return whether a line is midway between two others, at an edge of both."""
    heights = [box[3] - box[1] for box in (before, line, after)]
    height = min(heights)
    if max(heights) > TALL * height:
        return False
    middles = [(box[1] + box[3]) / 2 for box in (before, line, after)]
    above, below = (lower - upper for upper, lower in pairwise(middles))
    if not 0 < above < GAP_PITCH * height or abs(above - below) > ALIGNED * height:
        return False
    return any(
        max(abs(line[side] - other[side]) for other in (before, after))
        < ALIGNED * height
        for side in (0, 2)
    )
