"""Word lists: words with their counts from a file, to compare with a corpus.

The filter of the corpus is applied to the list as well. Where that is not possible, as
with lemmas of words without sentences, the comparison is refused.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ocr_core.errors import InputError, SettingsError
from ocr_core.messages import Message
from ocr_core.mining.counted_words import counted_form
from ocr_core.mining.filter import Filter
from ocr_core.mining.selection import Selection
from ocr_core.mining.stop_words import as_listed, stop_words
from ocr_core.text.table_files import table_rows
from ocr_core.tokenizer import HAS_LETTER, SYMBOL

MAX_BYTES = 50_000_000
NUMBER = re.compile(r"\d+")
DESCRIBED = re.compile(r"(\w+)=([^;]*)")


@dataclass(frozen=True)
class WordList:
    """Words with their counts, and the filter by which they were counted, if known.

    `filter` is a text from `Filter.described`; empty if unknown.
    """

    counts: Mapping[str, int]
    filter: str = ""

    @property
    def counted_by(self) -> Filter | None:
        """The filter of the list; None if unknown or not valid here."""
        if not self.filter:
            return None
        values = dict(DESCRIBED.findall(self.filter))
        try:
            return Filter.model_validate(values)
        except ValueError:
            return None


def comparable(
    words: WordList, selection: Selection
) -> tuple[dict[str, int], np.ndarray]:
    """Apply the filter of a selection to a list.

    Returns
    -------
    counts
        The words of the list as the filter counts them, without those it leaves out.
    kept
        (M,) bool: which words of the selection's vocabulary can be compared. Stop words
        of only some of its languages cannot, nor words without a letter if the list
        has none.

    Raises
    ------
    SettingsError
        If the filter cannot be applied to the list.
    """
    wanted = selection.filter
    _check(words, selection)
    some, every = _stop_words(selection)
    numbers = wanted.numbers == "keep" and any(
        not HAS_LETTER.search(word) for word in words.counts
    )

    language = selection.languages[0] if selection.languages else ""

    def compared(word: str, stops: frozenset[str]) -> bool:
        if SYMBOL.fullmatch(word):
            return wanted.symbols == "keep"
        if not HAS_LETTER.search(word):
            return numbers
        return as_listed(word, language) not in stops

    counts: Counter[str] = Counter()
    for word, count in words.counts.items():
        if compared(word, some) and len(word) >= wanted.min_length:
            lemma = wanted.words == "lemma"
            counts[word if lemma else counted_form(word, wanted, language)] += count
    kept = [compared(word, some - every) for word in selection.vocabulary]
    return dict(counts), np.array(kept, bool)


def _check(words: WordList, selection: Selection) -> None:
    """Raise SettingsError for a list that was counted in an incomparable way."""
    wanted, theirs = selection.filter, words.counted_by
    if wanted.words == "lemma" and (theirs is None or theirs.words != "lemma"):
        raise SettingsError(
            "A word list cannot be compared by lemma: it has words without sentences.",
            hint="Count the corpus by lower case or forms, or use a list that was "
            "saved here with the same filter.",
        )
    if theirs is None:
        folded = all(word == word.lower() for word in words.counts)
        capitals = any(word != word.lower() for word in selection.vocabulary)
        if wanted.words == "form" and folded and capitals:
            raise SettingsError(
                "The word list has no capital letter, so forms cannot be compared.",
                hint="Count the corpus by lower case.",
            )
        return
    stricter = [
        name
        for name in ("stop_words", "numbers", "symbols")
        if getattr(theirs, name) == "drop" and getattr(wanted, name) == "keep"
    ]
    if theirs.min_length > wanted.min_length:
        stricter.append("min_length")
    if theirs.words != wanted.words and theirs.words != "form":
        stricter.append("words")
    if stricter:
        raise SettingsError(
            "The word list was counted with another filter: {0}.",
            words.filter,
            hint=Message(
                "Set the same for {0}, or count the list again.", ", ".join(stricter)
            ),
        )


def _stop_words(selection: Selection) -> tuple[frozenset[str], frozenset[str]]:
    """Return the stop words of any of a selection's languages, and those of all."""
    if selection.filter.stop_words == "keep":
        return frozenset(), frozenset()
    own = selection.tokens.stop_lists
    lists = [stop_words(each, own) for each in selection.languages]
    if not lists:
        return frozenset(), frozenset()
    return frozenset().union(*lists), lists[0].intersection(*lists)


def read_word_list(path: str | Path) -> WordList:
    """Read words and their counts from a table, such as another corpus's word list.

    Its first line names the columns, including term and count; or it has two columns
    and no such line. Commas, semicolons or tabs separate the columns. Counts of a word
    that is listed twice are added. A column filter states how the words were counted.

    Raises
    ------
    InputError
        If the file cannot be read, or is not such a table.
    """
    path = Path(path)
    rows = list(table_rows(path, MAX_BYTES, quoted_tabs=False))
    head = [cell.strip().lower() for cell in rows[0][1]] if rows else []
    described = -1
    if "term" in head and "count" in head:
        term, count = head.index("term"), head.index("count")
        described = head.index("filter") if "filter" in head else -1
        first = 1
    elif len(head) == 2 and NUMBER.fullmatch(head[1]):
        term, count, first = 0, 1, 0
    else:
        raise InputError(
            "{0} is not a list of words with their counts.",
            path.name,
            hint="Its first line names the columns; two of them are term and count.",
        )
    found: dict[str, int] = {}
    for number, row in rows[first:]:
        cells = [row[n].strip() if n < len(row) else "" for n in (term, count)]
        if not cells[0] or not NUMBER.fullmatch(cells[1]) or len(cells[1]) > 15:
            raise InputError(
                "Line {0} of {1} has no word with a whole count.",
                number,
                path.name,
                hint="Each line has a word and how often it occurs, as in: house,12",
            )
        found[cells[0]] = found.get(cells[0], 0) + int(cells[1])
    if not found:
        raise InputError("{0} lists no word.", path.name, hint="Choose another list.")
    row = rows[first][1]
    return WordList(found, row[described] if 0 <= described < len(row) else "")
