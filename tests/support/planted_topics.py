"""Texts with planted topics among common words."""

import numpy as np

PLANTED = {
    "sea": "harbour ship sailor mast anchor tide cargo captain deck voyage".split(),
    "court": "judge jury verdict witness trial lawyer prison guilty oath crime".split(),
    "farm": "wheat harvest plough barn cattle meadow orchard sheep acre mill".split(),
}
COMMON = "the of and to in a was that it on".split()


def written(each=12, length=80, seed=1):
    """Return documents of which each has one planted topic among common words."""
    rng = np.random.default_rng(seed)
    return [
        " ".join(
            [*rng.choice(words, length // 2), *rng.choice(COMMON, length - length // 2)]
        )
        for words in PLANTED.values()
        for _ in range(each)
    ]
