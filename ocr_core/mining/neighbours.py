"""Neighbours: how often words stand beside each other, and which fit a place."""

import numpy as np

from ocr_core.mining.selection import Selection

MAX_CONTEXT = 100.0  # factor by which the words at the sides can change the odds
UNSEEN = 0.2  # times that two words count as seen side by side which never were


class Neighbours:
    """How often words stand beside each other."""

    def __init__(self, selection: Selection) -> None:
        kept = selection.kept
        terms = selection.terms[kept].astype(np.int64)
        size = len(selection.vocabulary) + 1
        segments = selection.segments_at(kept)
        beside = segments[1:] == segments[:-1]
        self.size = size
        self.left = np.full(len(selection.terms), size - 1, np.int64)
        self.right = np.full(len(selection.terms), size - 1, np.int64)
        self.left[kept[1:][beside]] = terms[:-1][beside]
        self.right[kept[:-1][beside]] = terms[1:][beside]
        self.pairs, self.counts = np.unique(
            (terms[:-1] * size + terms[1:])[beside], return_counts=True
        )
        self.running = max(1, len(kept))
        self.occurring = np.append(selection.counts, 0)

    def count(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Return how often each pair of words stands side by side."""
        keys = left * self.size + right
        if not len(self.pairs):
            return np.zeros(keys.shape, int)
        at = np.minimum(np.searchsorted(self.pairs, keys), len(self.pairs) - 1)
        return np.where(self.pairs[at] == keys, self.counts[at], 0)

    def factors(
        self, form: int, words: np.ndarray, occurrences: np.ndarray, counts: np.ndarray
    ) -> np.ndarray:
        """Return a (W, O) array: how much likelier the sides make words than the form.

        What stands beside is compared with what would by chance. The occurrence itself
        does not count.
        """
        found = np.ones((len(words), len(occurrences)))
        terms = np.array([*words, form])[:, None]
        unseen = counts[words] == 0
        for beside, turned in (
            (self.left[occurrences], False),
            (self.right[occurrences], True),
        ):
            pair = (terms, beside) if turned else (beside, terms)
            seen = self.count(*pair)
            seen[-1] = np.maximum(seen[-1] - 1, 0)
            by_chance = counts[terms] * self.occurring[beside] / self.running
            ratios = (seen + UNSEEN) / (by_chance + UNSEEN)
            ratios[:, beside == self.size - 1] = 1.0
            ratios[:-1][unseen] = 1.0
            found *= ratios[:-1]
            if counts[form]:
                found *= ratios[-1] ** -1.0
        clipped: np.ndarray = np.clip(found, 1 / MAX_CONTEXT, MAX_CONTEXT)
        return clipped
