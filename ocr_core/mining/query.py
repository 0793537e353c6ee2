"""Query: a text that says which words of a corpus are looked for.

A query is a word, or a sequence of words. In a word ``*`` matches any letters and ``?``
one; ``/expression/`` is a regular expression for one whole word; ``this|that`` is
either word. Words are compared as the filter counts them, and between quotation marks
as they are spelled. ``[]{0,3}`` is a gap of at most three words, ``[]`` of one.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ocr_core.errors import SettingsError
from ocr_core.messages import Message
from ocr_core.mining.lemmas import lemma, lexicons_of
from ocr_core.mining.selection import Selection
from ocr_core.mining.stop_words import read_list
from ocr_core.mining.variants import Confusions, probable_misreadings
from ocr_core.page import replace_surrogates
from ocr_core.segmentation import JAPANESE
from ocr_core.tokenizer import (
    ABJAD,
    ALIKE,
    DIGIT_GROUPS,
    respelled,
    split,
    unpointed,
)

MAX_CHARACTERS = 200  # of a query
MAX_WORDS = 12
MAX_GAP = 20  # words
NAMED = 3  # queries of a list
PARTS = re.compile(r"\\.|\[\^?\]?|\]|.", re.DOTALL)  # of a regular expression
LETTER = r"\pL\pM\pN_\x{200C}\x{200D}"
ANY_POINTS = r"[\p{Mn}\x{640}]*"
ONE_LETTER = r"(?:\PM\pM*)"
QUERY_PARTS = re.compile(
    r'(?<!\S)(\[\](?:\s?\{[^}]*\})?)(?!\S)|(?<!\S)"([^"]+)"(?!\S)|(\S+)'
)
GAP = re.compile(r"\[\](?:\s?\{\s*(\d{1,3})\s*(?:,\s*(\d{1,3})\s*)?\})?")
# What may be left open: its beginning and end, and what it is called.
UNCLOSED = (
    ('"', '"', Message("the quotation mark")),
    ("/", "/", Message("the regular expression")),
    ("[]{", "}", Message("the gap")),
)
NONE = np.empty(0, np.int32)


def read_queries(path: str | Path) -> list[str]:
    """Read a list of queries from a text file, one a line.

    Raises
    ------
    InputError
        If the file cannot be read, is too large, or is no text.
    """
    return queries_in(read_list(path))


def queries_in(text: str) -> list[str]:
    """Return the lines of a text that are not empty, each once."""
    return list(dict.fromkeys(filter(None, map(str.strip, text.splitlines()))))


def in_short(queries: Sequence[str]) -> str:
    """Return the first queries of a list, as text."""
    more = ", …" if len(queries) > NAMED else ""
    return ", ".join(queries[:NAMED]) + more


class Slot(NamedTuple):
    """What may stand at one place of a query.

    `terms` are words as counted, in any spelling; `forms` are tokens as spelled.
    """

    terms: np.ndarray
    forms: np.ndarray = NONE


class Block(NamedTuple):
    """Slots of a query without a gap between them, and the gap before them.

    `gap` is the least and the largest number of words in it.
    """

    slots: list[Slot]
    gap: tuple[int, int]


def either(slots: Sequence[Slot]) -> Slot:
    """Return what may stand where any of some slots may."""
    terms, forms = zip(*slots, strict=True)
    return Slot(np.unique(np.concatenate(terms)), np.unique(np.concatenate(forms)))


class QueryParser:
    """Finds the words of a vocabulary that match the parts of a query.

    With `confusions`, a word also matches the forms that it was probably misread as.
    """

    def __init__(
        self, selection: Selection, confusions: Confusions | None = None
    ) -> None:
        self.selection = selection
        self.confusions = confusions

    def blocks(self, query: str) -> list[Block]:
        """Return the blocks of a query; words before the first gap have none."""
        if len(query) > MAX_CHARACTERS:
            raise SettingsError(
                "The query has {0} characters, more than {1}.",
                len(query),
                MAX_CHARACTERS,
                hint="Look for a shorter one.",
            )
        blocks = [Block([], (0, 0))]
        # A number with spaces between its thousands is one token.
        joined = DIGIT_GROUPS.sub(
            lambda found: "".join(found[0].split()), replace_surrogates(query)
        )
        for gap, quoted, word in QUERY_PARTS.findall(joined):
            if gap:
                low, high = _gap(gap)
                if not blocks[-1].slots and len(blocks) > 1:  # gaps in a row add up
                    before = blocks.pop().gap
                    low, high = low + before[0], high + before[1]
                blocks.append(Block([], (low, high)))
            elif quoted:
                blocks[-1].slots.extend(map(self.as_spelled, self.cut(quoted)))
            else:
                blocks[-1].slots.extend(self.of_word(word))
        _check(blocks)
        return blocks

    def of_word(self, word: str) -> list[Slot]:
        """Return the slots of a part of a query without white space."""
        if len(word) > 2 and word[0] == word[-1] == "/":
            return [Slot(self.matching(word[1:-1]))]
        alternatives = [each for each in word.split("|") if each]
        _check_closed(alternatives)
        if len(alternatives) > 1:
            found = [self.of_alternative(each) for each in alternatives]
            if any(len(slots) != 1 for slots in found):
                raise SettingsError(
                    "In {0}, one of the alternatives is not a single word.",
                    word,
                    hint="Look for each of them alone.",
                )
            return [either([slot for [slot] in found])]
        if "*" in word or "?" in word:
            return [Slot(self.like(word))]
        return [Slot(self.exactly(each)) for each in self.cut(word)]

    def of_alternative(self, word: str) -> list[Slot]:
        """Return the slots of one of several words, which may be quoted."""
        if len(word) > 2 and word[0] == word[-1] == '"':
            return list(map(self.as_spelled, self.cut(word[1:-1])))
        return self.of_word(word)

    def as_spelled(self, word: str) -> Slot:
        """Return the slot of a word that must be spelled so, capitals included."""
        forms = self.selection.tokens.vocabulary
        return Slot(NONE, np.array([n for n, each in enumerate(forms) if each == word]))

    def written(self, word: str) -> list[str]:
        """Return the spellings a word may have in the vocabulary."""
        return self.selection.as_counted(respelled(word).translate(ALIKE))

    def cut(self, word: str) -> list[str]:
        """Return the tokens of a word, by the first rules whose tokens are known."""
        spoken = "+".join(self.selection.languages)
        rules = [JAPANESE] * (JAPANESE in spoken) + [""] + ["fra"] * ("fra" in spoken)
        ways = [split(word, language) for language in rules]
        return next(filter(self.knows, ways), ways[-1])

    def knows(self, tokens: Sequence[str]) -> bool:
        """Return whether the vocabulary has all of some tokens."""
        number = self.selection.counted.number
        return all(
            any(number(each) >= 0 for each in self.written(token)) for token in tokens
        )

    def exactly(self, word: str) -> np.ndarray:
        """Return a word in the spellings that count as it, and its misreadings."""
        written, selection = self.written(word), self.selection
        if ABJAD.search(word):
            return self.matching("|".join(map(_pattern, written)))
        number = selection.counted.number
        found = [n for each in written if (n := number(each)) >= 0]
        if selection.filter.words == "lemma" and not found:
            lexicons = lexicons_of(selection.languages)
            listed = lemma(word, lexicons) if lexicons else ""
            found = [n] if (n := number(listed)) >= 0 else []
        if self.confusions:
            forms = probable_misreadings(selection, word, self.confusions)
            found += [selection.ids[each] for each in forms if each in selection.ids]
        return np.unique(np.array(found, np.int32))

    def like(self, word: str) -> np.ndarray:
        """Return the words that match a word with * and ?."""
        patterns = [
            _pattern(each).replace(r"\*", ".*").replace(r"\?", ONE_LETTER)
            for each in self.written(word)
        ]
        return self.matching("|".join(patterns))

    def matching(self, pattern: str) -> np.ndarray:
        """Return the words that a regular expression matches in full.

        RE2 matches them, in time linear in the length of the words.
        """
        import pyarrow as pa
        from pyarrow import compute

        extended = _with_all_letters(pattern)
        fold = self.selection.filter.words != "form"
        try:
            # First alone, since a)(b would be valid between the brackets.
            compute.match_substring_regex(pa.array([""]), extended)
            found = compute.match_substring_regex(
                pa.array(self.selection.vocabulary, pa.string()),
                f"^(?:{extended})$",
                ignore_case=fold,
            )
        except pa.ArrowInvalid as error:
            reason = str(error).partition(": ")[2] or str(error)
            raise SettingsError(
                "The expression /{0}/ cannot be looked for: {1}.",
                pattern,
                reason,
                hint="It must match one whole word. Back-references, lookahead, "
                "lookbehind and \\b are not supported.",
            ) from None
        return np.flatnonzero(found.to_numpy(zero_copy_only=False))


def _gap(text: str) -> tuple[int, int]:
    """Return the least and the largest number of words in a gap."""
    found = GAP.fullmatch(text)
    low, high = 1, 1
    if found and found[1]:
        low = int(found[1])
        high = int(found[2] or low)
    if not found or not low <= high <= MAX_GAP:
        raise SettingsError(
            "{0} is no gap.",
            text,
            hint=Message("Write it as in []{0,3}, with at most {0} words.", MAX_GAP),
        )
    return low, high


def _check_closed(words: Sequence[str]) -> None:
    """Raise SettingsError if a part of a query begins what it does not end."""
    for word in words:
        for mark, end, name in UNCLOSED:
            if word.startswith(mark) and not word.endswith(end, len(mark)):
                raise SettingsError(
                    "In {0}, {1} has no end.",
                    word,
                    name,
                    hint='Write "two words", /expression/ or []{0,3}.',
                )


def _check(blocks: Sequence[Block]) -> None:
    """Raise SettingsError if a query has no word or too many, or a gap at an end."""
    words = sum(len(block.slots) for block in blocks)
    if not 1 <= words <= MAX_WORDS:
        raise SettingsError(
            "The query contains no word, or more than {0}.",
            MAX_WORDS,
            hint="Write a word, a phrase, harb* or /harbou?rs?/.",
        )
    if not all(block.slots for block in blocks):
        raise SettingsError(
            "The query begins or ends with a gap.",
            hint="A gap is between two words, as in ship []{0,3} wind.",
        )


def _pattern(word: str) -> str:
    """Return an expression for a word; without points it matches pointed words too."""
    if not ABJAD.search(word) or unpointed(word) != word:
        return re.escape(word)
    return "".join(re.escape(letter) + ANY_POINTS for letter in word)


def _with_all_letters(pattern: str) -> str:
    r"""Return a pattern in which \w and \d match letters and digits of all scripts."""
    classes = {r"\w": LETTER, r"\d": r"\p{Nd}"}
    parts, inside = [], False
    for part in PARTS.findall(pattern):
        if part in (r"\b", r"\B"):
            raise SettingsError(
                "The expression /{0}/ cannot be looked for: it has {1}.",
                pattern,
                part,
                hint="It must match one whole word: leave out anchors such as ^, $ "
                "and \\b.",
            )
        if part[0] == "[" and not inside:
            inside = True
        elif part == "]":
            inside = False
        elif part in classes:
            part = classes[part] if inside else f"[{classes[part]}]"
        elif part.lower() in classes and not inside:
            part = f"[^{classes[part.lower()]}]"
        parts.append(part)
    return "".join(parts)
