"""Filter: which words of a corpus are counted, as knobs."""

import fnmatch
import re
from collections.abc import Callable
from typing import Literal

import numpy as np

from ocr_core.knobs import Group, knob
from ocr_core.mining.conditions import compared, metadata_test
from ocr_core.mining.tokens import Tokens

# The knobs that hide words, with the values that hide none; symbols are not words.
HIDING = {"stop_words": "keep", "numbers": "keep", "min_conf": 0.0, "min_length": 1}
HIDDEN_BY = {
    "stop_words": "stop words are dropped",
    "numbers": "numbers are dropped",
    "min_conf": "words of lower confidence are dropped",
    "min_length": "shorter words are dropped",
}


class Filter(Group):
    """Which words are counted, and which of them count as the same."""

    documents: str = knob(
        "",
        "Only documents whose name contains this, several joined by commas; * stands "
        "for anything.",
        max_length=2000,
    )
    languages: str = knob(
        "",
        "Only pages read in these languages, several joined by commas, as in eng,deu.",
        max_length=500,
    )
    metadata: str = knob(
        "",
        "Only documents for which this holds, as in year=1890..1899; paper=Tide,Mail; "
        'date=1890-01..1890-03; place="Paris, Texas".',
        max_length=2000,
    )
    min_conf: float = knob(
        0.0, "Leave out words of lower confidence.", ge=0, le=100, unit="%"
    )
    min_quality: float = knob(
        0.0, "Leave out pages of lower quality.", ge=0, le=1, step=0.05
    )
    text: Literal["corrected", "raw"] = knob(
        "corrected", "Count the words as corrected by hand, or as the engine read them."
    )
    heads: Literal["keep", "drop"] = knob(
        "drop", "Keep or drop running heads and page numbers.", words="running heads"
    )
    words: Literal["lower", "form", "lemma"] = knob(
        "lower",
        "What counts as the same word: lower ignores capitals, form distinguishes "
        "them, lemma counts houses as house.",
    )
    stop_words: Literal["keep", "drop"] = knob(
        "keep",
        "Keep or drop the most frequent words of each page's language, and single "
        "letters.",
    )
    misreadings: Literal["merge", "keep"] = knob(
        "merge",
        "Count misread forms that were confirmed as the words they stand for, or as "
        "they were read.",
    )
    numbers: Literal["keep", "drop"] = knob(
        "drop", "Keep or drop tokens without a letter."
    )
    symbols: Literal["keep", "drop"] = knob(
        "drop", "Keep or drop signs of currency, percent and paragraph."
    )
    sharp_s: Literal["keep", "fold"] = knob(
        "keep", "Distinguish ß from ss, or count both as ss."
    )
    within: Literal["text", "paragraph", "sentence"] = knob(
        "text",
        "Where phrases, n-grams and windows end: text at headings and gaps only; "
        "paragraph and sentence at theirs too.",
    )
    min_length: int = knob(1, "Leave out shorter words.", ge=1, le=20, unit="letters")

    def described(self) -> str:
        """Return the values that differ from the defaults, for the head of a table."""
        plain = Filter()
        changed = [
            f"{name}={value}"
            for name, value in self.model_dump().items()
            if value != getattr(plain, name)
        ]
        return "; ".join(changed) or "default filter"


def chosen_pages(tokens: Tokens, wanted: Filter) -> np.ndarray:
    """Return a mask of the pages that the filter keeps."""
    named = _name_test(wanted.documents)
    true_of = metadata_test(wanted.metadata, tokens.metadata)
    languages = {each.strip() for each in wanted.languages.split(",")} - {""}
    wanted_documents = [named(name) and true_of(name) for name in tokens.documents]
    spoken = [not languages or each in languages for each in tokens.languages]
    chosen = np.array(wanted_documents, bool)[tokens.document_of_page]
    chosen &= np.array(spoken, bool)[tokens.language_of_page]
    return chosen & ~(tokens.qualities < wanted.min_quality)


def documents_of(tokens: Tokens, wanted: Filter) -> list[str]:
    """Return the documents with a page that the filter keeps, in order."""
    numbers = np.unique(tokens.document_of_page[chosen_pages(tokens, wanted)])
    return [tokens.documents[n] for n in numbers.tolist()]


def _name_test(text: str) -> Callable[[str], bool]:
    parts = [compared(part.strip()) for part in text.split(",") if part.strip()]
    plain = (re.sub(r"[\[?]", r"[\g<0>]", part) for part in parts)
    patterns = [part if "*" in part else f"*{part}*" for part in plain]
    if not patterns:
        return lambda name: True
    return lambda name: any(fnmatch.fnmatchcase(compared(name), p) for p in patterns)
