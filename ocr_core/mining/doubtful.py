"""Doubtful words: the words of a selection that were read with the least confidence."""

from typing import NamedTuple

import numpy as np

from ocr_core.mining.selection import Selection
from ocr_core.page import DOUBTFUL


class DoubtfulWord(NamedTuple):
    """A word by its page and its index among those that the engine read there.

    `reading` is the id of the page's reading, `conf` the confidence, 0 to 100.
    """

    doc_id: str
    page_num: int
    word_index: int
    form: str
    conf: int
    reading: int


def doubtful_words(selection: Selection, limit: int = 200) -> list[DoubtfulWord]:
    """Return the words below the limit of confidence, the worst first.

    Words that a person set or confirmed have a confidence of 100. Of a word that is
    divided into several tokens, only the first counts.

    Parameters
    ----------
    limit
        Maximum number of words.
    """
    tokens = selection.tokens
    confs = tokens.confs(selection.kept)
    at = np.flatnonzero(confs < DOUBTFUL)
    if len(at) > 2 * limit:  # more than enough, so that few are sorted
        worst = np.partition(confs[at], 2 * limit)[2 * limit]
        at = at[confs[at] <= worst]
    at = at[np.argsort(confs[at], kind="stable")]
    found: dict[tuple[int, int], DoubtfulWord] = {}
    for token in selection.kept[at].tolist():
        page, word = tokens.page(token), int(tokens.words(token).first)
        [form], conf = tokens.spelled([token]), int(tokens.confs(token))
        found.setdefault(
            (page.reading, word),
            DoubtfulWord(page.doc_id, page.page_num, word, form, conf, page.reading),
        )
        if len(found) == limit:
            break
    return list(found.values())
