"""Line words: which words of a typed line stand for the words that were read."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import cache

from rapidfuzz.distance import Levenshtein


def aligned_words(read: Sequence[str], typed: Sequence[str]) -> list[str]:
    """Return for each word of a line what was typed in its stead.

    A word that was read as several stands for the first of them, and the others are
    empty; several words that were read as one are joined by spaces.

    Parameters
    ----------
    read
        The words of the line, at least one unless nothing was typed.
    typed
        The words of the same line as typed.

    Returns
    -------
    list of str
        As many as `read`; "" for a word that is no longer in the line.
    """
    found = [""] * len(read)
    for tag, i, i_end, j, j_end in SequenceMatcher(
        None, read, typed, autojunk=False
    ).get_opcodes():
        if tag == "insert":
            beside = i - 1 if i else 0
            parts = [found[beside], *typed[j:j_end]]
            if not i:  # before the first word, which comes next
                found[0] = " ".join(typed[j:j_end])
            else:
                found[beside] = " ".join(filter(None, parts))
        elif tag != "delete":
            new = _shared(read[i:i_end], typed[j:j_end])
            new[0] = " ".join(filter(None, [found[i], new[0]]))
            found[i:i_end] = new
    return found


def _shared(read: Sequence[str], typed: Sequence[str]) -> list[str]:
    """Divide typed words among those read, so that the fewest letters differ."""
    joins = len(read) < len(typed)
    few, many = (read, typed) if joins else (typed, read)

    @cache
    def best(n: int, start: int) -> tuple[int, tuple[int, ...]]:
        """Return the cost of the groups from `start` on, and where each ends."""
        if n == len(few) - 1:
            return distance(n, start, len(many)), (len(many),)
        last = len(many) - (len(few) - n - 1)
        return min(
            (distance(n, start, end) + rest, (end, *ends))
            for end in range(start + 1, last + 1)
            for rest, ends in [best(n + 1, end)]
        )

    def distance(n: int, start: int, end: int) -> int:
        return int(Levenshtein.distance(few[n], "".join(many[start:end])))

    found, start = [], 0
    for n, end in enumerate(best(0, 0)[1]):
        if joins:
            found.append(" ".join(many[start:end]))
        else:
            found += [few[n], *[""] * (end - start - 1)]
        start = end
    return found
