"""Word chances: the probability of each token's word to be right.

A calibrated confidence is that probability. An engine's own, as of imported pages and
those read before there was a calibration, becomes one by the kind of the word.
"""

from collections.abc import Sequence

import numpy as np

from ocr_core.mining.tokens import Positions, Tokens
from ocr_core.text.quality import WordKind, right_chances

LEAST = 0.01  # confidences are stored as whole numbers: 0 stands for less than 0.005


def token_chances(
    tokens: Tokens, at: Positions, kinds: Sequence[WordKind] | np.ndarray
) -> np.ndarray:
    """Return the probability of tokens to be read right, 0 to 1.

    Parameters
    ----------
    at
        The tokens, as for the methods of `Tokens`.
    kinds
        The kind of each one's word, as `text.quality.word_kind` tells it.
    """
    confs = tokens.confs(at)
    calibrated = tokens.by_page(tokens.calibrated_pages, at)
    chances: np.ndarray = np.maximum(LEAST, confs / 100)
    if calibrated.all():
        return chances
    return np.where(calibrated, chances, right_chances(confs, kinds))
