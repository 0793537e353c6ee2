"""Token words: which words of its page a token is, and the breaks before it.

They are packed in one number, since a corpus has millions of tokens. `TokenWords` reads
these numbers; only `layout` and `page_tokens` make them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

WORD_INDEX_MASK = (1 << 20) - 1  # bits of the word's index on its page
HEADING = 1 << 23  # the word is part of a heading
EXTRA_WORDS_SHIFT = 24  # position of the number of further words in the token, 0 to 7
MAX_EXTRA_WORDS = 7
SENTENCE = 1 << 27  # the word is the first of a sentence
PARAGRAPH = 1 << 28  # the word is the first of a paragraph
STOP = 1 << 29  # the text before the word does not continue
OUTER = 1 << 30  # part of a running head, or a page number
JOINED = 1 << 31  # continues at the start of the next line
BREAKS = SENTENCE | PARAGRAPH | STOP
# The breaks at which text is divided: at headings and gaps, and at which ends too.
ENDS = {"text": STOP, "paragraph": STOP | PARAGRAPH, "sentence": BREAKS}


@dataclass(frozen=True, eq=False)
class TokenWords:
    """The words of tokens.

    Parameters
    ----------
    packed
        (N,) uint32, or a single number: the index of the first word on its page from 0,
        among those the engine read (`WORD_INDEX_MASK`), the number of further words
        (`EXTRA_WORDS_SHIFT`), and the flags above.
    """

    packed: np.ndarray

    def at(self, indices: Sequence[int]) -> "TokenWords":
        """Return the words of some of the tokens."""
        return TokenWords(self.packed[indices])

    @property
    def first(self) -> np.ndarray:
        """The index on the page of each token's first word."""
        return self.packed & WORD_INDEX_MASK

    @property
    def last(self) -> np.ndarray:
        """The index on the page of each token's last word on the same line."""
        return self.first + (self.packed >> EXTRA_WORDS_SHIFT & MAX_EXTRA_WORDS)

    @property
    def hyphenated(self) -> np.ndarray:
        """Whether the last word continues at the start of the next line."""
        return self.packed & JOINED > 0

    @property
    def single(self) -> np.ndarray:
        """Whether each token is, or is part of, exactly one word."""
        more = MAX_EXTRA_WORDS << EXTRA_WORDS_SHIFT
        return self.packed & (JOINED | more) == 0

    @property
    def outer(self) -> np.ndarray:
        """Whether each token is in a running head, or is a page number."""
        return self.packed & OUTER > 0

    @property
    def body(self) -> np.ndarray:
        """Whether each token is in running text, which headings are not."""
        return self.packed & (OUTER | HEADING) == 0

    @property
    def starts_sentence(self) -> np.ndarray:
        """Whether each token is the first of a sentence."""
        return self.packed & SENTENCE > 0

    def after_break(self, within: str) -> np.ndarray:
        """Return whether text, paragraph or sentence ends before each token."""
        return self.packed & ENDS[within] > 0
