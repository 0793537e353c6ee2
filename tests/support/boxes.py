"""Boxes of words, compared."""


def overlap(one, other):
    """Return the share that two boxes have in common of all they cover."""
    right = min(one.left + one.width, other.left + other.width)
    bottom = min(one.top + one.height, other.top + other.height)
    common = max(0, right - max(one.left, other.left)) * max(
        0, bottom - max(one.top, other.top)
    )
    return common / (one.width * one.height + other.width * other.height - common)
