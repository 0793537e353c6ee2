"""Evaluation of texts: how far a text that was read is from its ground truth.

Texts are normalised first, both in the same way; the distances are Levenshtein's, each
substitution, insertion and deletion counting one. docs/methods.md has the definitions
with their sources.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import regex

from ocr_core.knobs import Group, knob

# Quotation marks and apostrophes that are written ' and " where quotes are folded.
SINGLE_QUOTES = (
    "\u2018\u2019\u201a\u201b\u2039\u203a\u0060\u00b4\u02b9\u02bb\u02bc\u2032\uff07"
)
DOUBLE_QUOTES = "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\u301d\u301e\u301f\uff02"
QUOTES = str.maketrans(
    {**dict.fromkeys(SINGLE_QUOTES, "'"), **dict.fromkeys(DOUBLE_QUOTES, '"')}
)
LONG_S = str.maketrans({"\u017f": "s", "\u1e9b": "\u1e61"})
MAX_CONFUSION_LENGTH = 3  # characters: a longer stretch is a difference, no confusion


class Normalization(Group):
    """What counts as the same text, on both sides of a comparison."""

    unicode_form: Literal["nfc", "nfkc", "none"] = knob(
        "nfc",
        "Unicode normalization: nfc composes accents; nfkc also splits ligatures; "
        "none compares code points as they are.",
    )
    white_space: Literal["fold", "keep"] = knob(
        "fold", "Treat each run of white space as one space, or compare it exactly."
    )
    letter_case: Literal["keep", "fold"] = knob(
        "keep", "Distinguish capital and small letters, or ignore case."
    )
    punctuation: Literal["keep", "drop"] = knob(
        "keep", "Compare punctuation, or ignore it."
    )
    quotes: Literal["keep", "fold"] = knob(
        "keep", "Distinguish kinds of quotation marks, or treat all as ' and \"."
    )
    long_s: Literal["keep", "fold"] = knob(
        "keep", "Distinguish the long s from the round one, or treat both as s."
    )
    characters: Literal["code-points", "graphemes"] = knob(
        "code-points",
        "What counts as one character: a code point of Unicode, or a letter with all "
        "its marks (a grapheme cluster).",
    )

    def described(self) -> str:
        """Return all values as one line, to be printed with every figure."""
        return "; ".join(f"{name}={value}" for name, value in self.model_dump().items())


@dataclass(frozen=True)
class TextScore:
    """The differences between one text and its ground truth, as counts.

    Counts of several texts add up, and so do the rates that are made of them.
    """

    characters: int = 0  # of the ground truth
    character_errors: int = 0
    words: int = 0  # of the ground truth
    word_errors: int = 0
    words_read: int = 0
    words_matched: int = 0  # in both, whatever their order
    order_free_errors: int = 0  # characters, lines matched in the best order

    def __add__(self, other: "TextScore") -> "TextScore":
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return TextScore(*(one + two for one, two in pairs))

    @property
    def cer(self) -> float | None:
        """Character error rate: errors for each character of the ground truth."""
        return rate(self.character_errors, self.characters)

    @property
    def wer(self) -> float | None:
        """Word error rate: errors for each word of the ground truth."""
        return rate(self.word_errors, self.words)

    @property
    def order_free_cer(self) -> float | None:
        """Character error rate whatever the order of the lines."""
        return rate(self.order_free_errors, self.characters)

    @property
    def bag_f1(self) -> float:
        """F-measure of the bags of words, 0 to 1: whatever their order."""
        both = self.words + self.words_read
        return 2 * self.words_matched / both if both else 1.0


class AlignedSpan(NamedTuple):
    """A stretch of two aligned texts: alike in both, or different.

    `kind` is ``equal``, ``replace``, ``delete`` (only in the ground truth) or
    ``insert`` (only in what was read); the spans count characters.
    """

    kind: str
    start: int
    end: int
    read_start: int
    read_end: int


def rate(errors: float, total: float) -> float | None:
    """Return errors over total; None where there was nothing to read, and it was."""
    if total:
        return errors / total
    return None if errors else 0.0


def normalize(text: str, rules: Normalization) -> str:
    """Return a text with what does not count taken out or made alike."""
    if rules.unicode_form == "nfc":
        text = unicodedata.normalize("NFC", text)
    elif rules.unicode_form == "nfkc":
        text = unicodedata.normalize("NFKC", text)
    if rules.long_s == "fold":
        text = text.translate(LONG_S)
    if rules.quotes == "fold":
        text = text.translate(QUOTES)
    if rules.letter_case == "fold":
        text = text.casefold()
    if rules.punctuation == "drop":
        text = "".join(c for c in text if not unicodedata.category(c).startswith("P"))
    return " ".join(text.split()) if rules.white_space == "fold" else text


def characters_of(text: str, rules: Normalization) -> Sequence[str]:
    """Return the characters of a text, as they are counted."""
    if rules.characters == "graphemes" and not text.isascii():
        return list(regex.findall(r"\X", text))
    return text


def score(truth: str, read: str, rules: Normalization) -> TextScore:
    """Compare a text that was read with its ground truth."""
    from rapidfuzz.distance import Levenshtein

    there = characters_of(normalize(truth, rules), rules)
    found = characters_of(normalize(read, rules), rules)
    words, words_read = normalize(truth, rules).split(), normalize(read, rules).split()
    errors = Levenshtein.distance(there, found)
    return TextScore(
        characters=len(there),
        character_errors=errors,
        words=len(words),
        word_errors=Levenshtein.distance(words, words_read),
        words_read=len(words_read),
        words_matched=(Counter(words) & Counter(words_read)).total(),
        order_free_errors=min(errors, order_free_errors(truth, read, rules)),
    )


def order_free_errors(truth: str, read: str, rules: Normalization) -> int:
    """Count the errors where each line is compared with the line that fits it best.

    Lines of both texts are matched one to one so that the sum of their distances is
    least; a line without a partner counts with all its characters. (An assignment
    problem, solved by scipy.)
    """
    from rapidfuzz.distance import Levenshtein
    from rapidfuzz.process import cdist
    from scipy.optimize import linear_sum_assignment

    there, found = _lines(truth, rules), _lines(read, rules)
    lengths = np.array([len(line) for line in there], int)
    lengths_read = np.array([len(line) for line in found], int)
    alone = int(lengths.sum() + lengths_read.sum())
    if not there or not found:
        return alone
    distances = cdist(there, found, scorer=Levenshtein.distance, dtype=np.int32)
    saved = lengths[:, None] + lengths_read[None, :] - distances
    rows, columns = linear_sum_assignment(saved, maximize=True)
    return alone - int(saved[rows, columns].sum())


def _lines(text: str, rules: Normalization) -> list[Sequence[str]]:
    lines = (normalize(line, rules).strip() for line in text.splitlines())
    return [characters_of(line, rules) for line in lines if line]


def aligned(truth: Sequence[str], read: Sequence[str]) -> list[AlignedSpan]:
    """Align two texts with the fewest edits; neighbouring edits are one piece."""
    from rapidfuzz.distance import Levenshtein

    pieces: list[AlignedSpan] = []
    for code in Levenshtein.opcodes(truth, read):
        kind, start, end = code.tag, code.src_start, code.src_end
        read_start, read_end = code.dest_start, code.dest_end
        last = pieces[-1] if pieces else None
        if last and "equal" not in (kind, last.kind):
            pieces[-1] = _joined(last, end, read_end)
        else:
            pieces.append(AlignedSpan(kind, start, end, read_start, read_end))
    return pieces


def _joined(last: AlignedSpan, end: int, read_end: int) -> AlignedSpan:
    kind = "replace"
    if end == last.start:
        kind = "insert"
    elif read_end == last.read_start:
        kind = "delete"
    return AlignedSpan(kind, last.start, end, last.read_start, read_end)


def confusions(truth: Sequence[str], read: Sequence[str]) -> Counter[tuple[str, str]]:
    """Count what is read as what, as in rn for m; "" stands for nothing.

    A longer stretch that differs is taken apart character by character where both
    sides are equally long, and is left out elsewhere: it is a passage lost or added.
    """
    found: Counter[tuple[str, str]] = Counter()
    for piece in aligned(truth, read):
        if piece.kind == "equal":
            continue
        there = truth[piece.start : piece.end]
        seen = read[piece.read_start : piece.read_end]
        if max(len(there), len(seen)) <= MAX_CONFUSION_LENGTH:
            found["".join(there), "".join(seen)] += 1
        elif len(there) == len(seen):
            pairs = zip(there, seen, strict=True)
            found.update(pair for pair in pairs if pair[0] != pair[1])
    return found


def errors_by_span(
    truth: Sequence[str], read: Sequence[str], ends: Iterable[int]
) -> list[int]:
    """Count the errors of each stretch of the ground truth, given where they end.

    What was read beyond the ground truth counts for the stretch in which it stands.
    """
    from rapidfuzz.distance import Levenshtein

    limits = np.array(list(ends), int)
    edits = [edit.src_pos for edit in Levenshtein.editops(truth, read)]
    parts = np.searchsorted(limits, np.array(edits, int), side="right")
    parts = np.minimum(parts, len(limits) - 1)
    return [int(n) for n in np.bincount(parts, minlength=len(limits))]
