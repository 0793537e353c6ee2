"""Scripts: which ones separate words by white space, which run from right to left."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

# Thai, Lao, Burmese, Khmer: they have spaces between phrases, and around numbers.
PHRASED_LETTERS = (
    "\u0e00-\u0e3e\u0e40-\u0eff\u1000-\u109f\u1780-\u17ff\u19e0-\u19ff\uaa60-\uaa7f"
)
# And Chinese and Japanese with their marks. Korean has spaces.
UNSPACED_LETTERS = (
    PHRASED_LETTERS
    + "\u2e80-\u312f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\ufe30-\ufe4f\uff01-\uff9f\U00020000-\U0003ffff"
)
UNSPACED = re.compile(f"[{UNSPACED_LETTERS}]")
PHRASED = re.compile(f"[{PHRASED_LETTERS}]")
AROUND_EACH = re.compile(f"(?<=[{UNSPACED_LETTERS}])|(?=[{UNSPACED_LETTERS}])")
BETWEEN_TWO = re.compile(f"(?<=[{UNSPACED_LETTERS}]) (?=[{UNSPACED_LETTERS}])")


# Tesseract's codes of right-to-left languages; names of scripts have a capital.
LEFTWARDS = frozenset(
    "ara div fas heb kur_ara pus snd syr uig urd yid Arabic Hebrew Syriac "
    "Thaana".split()
)


# Those of languages with marks, or parts of letters, above and below most letters.
MARKED = LEFTWARDS | frozenset(
    "asm ben bod dzo guj hin kan kat khm lao mal mar mya nep ori pan san sin tam tel "
    "tha Bengali Devanagari Georgian Gujarati Gurmukhi Kannada Khmer Lao Malayalam "
    "Myanmar Oriya Sinhala Tamil Telugu Thai Tibetan".split()
)


# Those of languages with two rows of marks above the letters.
STACKED = frozenset("khm lao tha Khmer Lao Thai".split())


# Those of languages that may be written in vertical lines.
VERTICAL = frozenset("chi_sim chi_tra jpn kor HanS HanT Japanese Hangul".split())


def may_run_down(language: str) -> bool:
    """Return whether one of Tesseract's languages may be written in vertical lines."""
    codes = (code.removesuffix("_vert") for code in _codes(language))
    return not VERTICAL.isdisjoint(codes)


def has_marks(language: str) -> bool:
    """Return whether one of Tesseract's languages has marks on most letters."""
    return not MARKED.isdisjoint(_codes(language))


def has_stacked_marks(language: str) -> bool:
    """Return whether one of Tesseract's languages has two rows of marks on letters."""
    return not STACKED.isdisjoint(_codes(language))


def _codes(language: str) -> list[str]:
    return [code.rpartition("/")[2] for code in language.split("+")]


def runs_left(language: str) -> bool:
    """Return whether one of Tesseract's languages, joined by +, is right-to-left."""
    return not LEFTWARDS.isdisjoint(_codes(language))


def reads_left(text: str) -> bool:
    """Return whether most letters of a text are right-to-left."""
    kinds = Counter(map(unicodedata.bidirectional, text))
    return kinds["R"] + kinds["AL"] > kinds["L"]


def is_unspaced(character: str) -> bool:
    """Return whether a character is of a script that puts no space between words."""
    return bool(UNSPACED.match(character))


def joined_terms(terms: Iterable[str]) -> str:
    """Join terms with spaces, but without them inside Chinese or Thai text."""
    return BETWEEN_TWO.sub("", " ".join(terms))
