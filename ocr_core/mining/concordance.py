"""Concordance: where a word, a phrase or a pattern occurs, with its context.

A query is a word, or a sequence of words. In a word ``*`` matches any letters and ``?``
one; ``/expression/`` is a regular expression for one whole word; ``this|that`` is
either word. Words are compared as the filter counts them, and between quotation marks
as they are spelled. A phrase lies within one page and contains no word that the filter
leaves out.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ocr_core.errors import SettingsError
from ocr_core.messages import Message
from ocr_core.mining.filter import HIDING
from ocr_core.mining.grouping import grouped
from ocr_core.mining.lemmas import lemma, lexicons_of
from ocr_core.mining.passages import Passages, Printed
from ocr_core.mining.selection import Selection, select
from ocr_core.mining.tokens import Tokens
from ocr_core.page import replace_surrogates
from ocr_core.tokenizer import (
    ABJAD,
    ALIKE,
    DIGIT_GROUPS,
    respelled,
    split,
    unpointed,
)

if TYPE_CHECKING:
    import pandas as pd

MAX_CHARACTERS = 200  # of a query
MAX_WORDS = 12
PARTS = re.compile(r"\\.|\[\^?\]?|\]|.", re.DOTALL)  # of a regular expression
LETTER = r"\pL\pM\pN_\x{200C}\x{200D}"
ANY_POINTS = r"[\p{Mn}\x{640}]*"
ONE_LETTER = r"(?:\PM\pM*)"
QUERY_PARTS = re.compile(r'(?<!\S)"([^"]+)"(?!\S)|(\S+)')
CONTEXT = re.compile(r"([LR])([1-3])")
ORDERS = ("page", "left", "right", "keyword", "document", "confidence")
WIDER = {"left": "L1,L2,L3", "right": "R1,R2,R3"}


Key = Callable[[np.ndarray], np.ndarray]  # sort keys, whole numbers from 0, of hits


class Slot(NamedTuple):
    """What may stand at one place of a query.

    `terms` are words as counted; `forms`, unless None, are the only forms of the tokens
    that match.
    """

    terms: np.ndarray
    forms: np.ndarray | None = None


class Hits(NamedTuple):
    """Where a query was found: the index of each hit's first token, and its length."""

    starts: np.ndarray
    length: int


class HiddenHits(NamedTuple):
    """The number of hits that the filter hides, and the knobs that hide them."""

    hits: int
    knobs: tuple[str, ...]


def positions(selection: Selection, query: str) -> Hits:
    """Find the hits of a query, in reading order; they may overlap.

    Raises
    ------
    SettingsError
        If it has no word, is too long, or its expression is invalid.
    """
    slots = _slots(selection, query)
    length = len(slots)
    terms, segments = selection.terms, selection.segments
    rarest = min(range(length), key=lambda n: selection.counts[slots[n].terms].sum())
    starts = selection.positions(slots[rarest].terms) - rarest
    starts = starts[(starts >= 0) & (starts <= len(terms) - length)]
    for n, slot in enumerate(slots):
        if n != rarest:
            starts = starts[np.isin(terms[starts + n], slot.terms)]
        if slot.forms is not None:
            forms = selection.tokens.forms(starts + n)
            starts = starts[np.isin(forms, slot.forms)]
    if length > 1:
        starts = starts[segments[starts] == segments[starts + length - 1]]
    return Hits(starts, length)


def hidden_hits(selection: Selection, query: str) -> HiddenHits:
    """Count the hits on the pages of a selection that its filter hides."""
    every = set(positions(selection.unhidden, query).starts.tolist())
    hidden = len(every - set(positions(selection, query).starts.tolist()))
    if not hidden:
        return HiddenHits(0, ())
    knobs = []
    for name, shows in HIDING.items():
        alone = HIDING | {name: getattr(selection.filter, name)}
        if alone[name] != shows:
            wanted = selection.filter.model_copy(update=alone)
            part = select(selection.tokens, wanted).part(selection.chosen)
            if len(positions(part, query).starts) < len(every):
                knobs.append(name)
    return HiddenHits(hidden, tuple(knobs))


def _slots(selection: Selection, query: str) -> list[Slot]:
    """Return for each word of a query the words of the vocabulary that match it."""
    if len(query) > MAX_CHARACTERS:
        raise SettingsError(
            "The query has {0} characters, more than {1}.",
            len(query),
            MAX_CHARACTERS,
            hint="Look for a shorter one.",
        )
    slots: list[Slot] = []
    # A number with spaces between its thousands is one token.
    joined = DIGIT_GROUPS.sub(
        lambda found: "".join(found[0].split()), replace_surrogates(query)
    )
    for quoted, word in QUERY_PARTS.findall(joined):
        if quoted:
            slots += [_as_spelled(selection, each) for each in split(quoted)]
        else:
            slots += _of_word(selection, word)
    if not 1 <= len(slots) <= MAX_WORDS:
        raise SettingsError(
            "The query contains no word, or more than {0}.",
            MAX_WORDS,
            hint="Write a word, a phrase, harb* or /harbou?rs?/.",
        )
    return slots


def _of_word(selection: Selection, word: str) -> list[Slot]:
    """Return the slots of a part of a query without white space."""
    if len(word) > 2 and word[0] == word[-1] == "/":
        return [Slot(_matching(selection, word[1:-1]))]
    alternatives = [each for each in word.split("|") if each]
    if len(alternatives) > 1:
        found = [_of_word(selection, each) for each in alternatives]
        if any(len(slots) != 1 for slots in found):
            raise SettingsError(
                "In {0}, one of the alternatives is not a single word.",
                word,
                hint="Look for each of them alone.",
            )
        return [Slot(np.unique(np.concatenate([slot.terms for [slot] in found])))]
    if "*" in word or "?" in word:
        return [Slot(_like(selection, word))]
    return [Slot(_exactly(selection, each)) for each in _cut(selection, word)]


def _as_spelled(selection: Selection, word: str) -> Slot:
    """Return the slot of a word that must be spelled like this, capitals included."""
    forms = [n for n, form in enumerate(selection.tokens.vocabulary) if form == word]
    return Slot(_exactly(selection, word), np.array(forms, int))


def _written(selection: Selection, word: str) -> list[str]:
    """Return the spellings a word may have in the vocabulary."""
    return selection.as_counted(respelled(word).translate(ALIKE))


def _cut(selection: Selection, word: str) -> list[str]:
    """Return the tokens of a word; a single one if the vocabulary has it."""
    tokens = split(word)
    known = all(
        any(each in selection.ids for each in _written(selection, token))
        for token in tokens
    )
    french = any("fra" in each for each in selection.languages)
    return split(word, "fra") if french and not known else tokens


def _exactly(selection: Selection, word: str) -> np.ndarray:
    written = _written(selection, word)
    if ABJAD.search(word):
        return _matching(selection, "|".join(map(_pattern, written)))
    found = [selection.ids[each] for each in written if each in selection.ids]
    if selection.filter.words == "lemma" and not found:
        lexicons = lexicons_of(selection.languages)
        listed = lemma(word, lexicons) if lexicons else ""
        found = [selection.ids[listed]] if listed in selection.ids else []
    return np.array(found, np.int32)


def _like(selection: Selection, word: str) -> np.ndarray:
    patterns = [
        _pattern(each).replace(r"\*", ".*").replace(r"\?", ONE_LETTER)
        for each in _written(selection, word)
    ]
    return _matching(selection, "|".join(patterns))


def _pattern(word: str) -> str:
    """Return an expression for a word; without points it matches pointed words too."""
    if not ABJAD.search(word) or unpointed(word) != word:
        return re.escape(word)
    return "".join(re.escape(letter) + ANY_POINTS for letter in word)


def _matching(selection: Selection, pattern: str) -> np.ndarray:
    """Return the words that a regular expression matches in full.

    RE2 matches them, in time linear in the length of the words.
    """
    import pyarrow as pa
    from pyarrow import compute

    extended = _with_all_letters(pattern)
    fold = selection.filter.words != "form"
    try:
        # First alone, since a)(b would be valid between the brackets.
        compute.match_substring_regex(pa.array([""]), extended)
        found = compute.match_substring_regex(
            pa.array(selection.vocabulary, pa.string()),
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


def kwic(
    selection: Selection,
    query: str,
    *,
    window: int = 8,
    sort: str = "page",
    offset: int = 0,
    limit: int = 50,
    sample: int = 0,
    seed: int = 1,
    printed: Printed | None = None,
) -> tuple["pd.DataFrame", int]:
    """Return a slice of the concordance of a query, and the number of hits.

    The context is shown as spelled. It includes the words that the filter leaves out,
    except running heads, continues across pages, and stops at the ends of the
    document.

    Parameters
    ----------
    window
        Tokens on either side.
    sort
        page (order of the corpus), left, right, keyword, document, confidence, or
        words before and after as in R1,R2,L1; ties keep the order of the corpus.
    offset, limit
        How many hits to skip, and how many to return after them.
    sample
        List only this many hits, drawn at random without replacement; 0 for all.
    seed
        Of the random numbers: the same seed draws the same hits.
    printed
        Returns the words of a reading, so that the text is shown with its punctuation,
        as `Corpus.printed_words` does; without it, tokens are shown alone.

    Returns
    -------
    table
        left, keyword, right, doc_id, page_num, conf (the lowest of its words, 0 to
        100), word_index and last_word_index (of its first and last word among those
        the engine read), hyphenated (whether the last word continues on the next
        line), result_id (of the page's reading).
    total
        Number of all hits, or of those drawn.
    """
    import pandas as pd

    hits = positions(selection, query)
    if 0 < sample < len(hits.starts):
        drawn = np.random.default_rng(seed).choice(hits.starts, sample, replace=False)
        hits = hits._replace(starts=np.sort(drawn))
    tokens = selection.tokens
    keys = list(_keys(tokens, hits.length, sort))
    shown = _slice(hits.starts, keys, offset, offset + limit).tolist()
    passages = Passages(tokens, printed)
    # In the order of the corpus, so that hits of the same page share its words.
    rows = {n: _row(tokens, n, hits.length, window, passages) for n in sorted(shown)}
    lines = [rows[start] for start in shown]
    return pd.DataFrame(lines, columns=ConcordanceLine._fields), len(hits.starts)


class ConcordanceLine(NamedTuple):
    """A line of a concordance."""

    left: str
    keyword: str
    right: str
    doc_id: str
    page_num: int
    conf: int
    word_index: int
    last_word_index: int
    hyphenated: bool
    result_id: int


def _row(
    tokens: Tokens, first: int, length: int, window: int, passages: Passages
) -> ConcordanceLine:
    page, end = tokens.page(first), first + length
    start, stop = tokens.document_range(first)
    start, stop = max(start, first - window), min(stop, end + window)
    last = tokens.words(end - 1)
    left, keyword, right = passages.around(start, first, end, stop)
    return ConcordanceLine(
        left,
        keyword,
        right,
        page.doc_id,
        page.page_num,
        int(tokens.confs(slice(first, end)).min()),
        int(tokens.words(first).first),
        int(last.last),
        bool(last.hyphenated),
        page.reading,
    )


def _slice(
    starts: np.ndarray, keys: Sequence[Key], start: int, stop: int
) -> np.ndarray:
    """Return a slice of the hits as sorted by keys.

    A key is computed only for hits that may still be in the slice.
    """
    start, stop = max(0, start), min(stop, len(starts))
    group = np.zeros(len(starts), np.int64)
    for key in keys:
        if start >= stop:
            break
        order, first = grouped(group, key(starts))
        group = np.cumsum(first)
        low = int(np.searchsorted(group, group[start], "left"))
        high = int(np.searchsorted(group, group[stop - 1], "right"))
        starts, group = starts[order[low:high]], group[low:high]
        start, stop = start - low, stop - low
    return starts[start:stop]


def _keys(tokens: Tokens, length: int, sort: str) -> Iterator[Key]:
    """Yield the keys by which hits of `length` tokens are sorted."""
    for name in ",".join(WIDER.get(part, part) for part in sort.split(",")).split(","):
        beside = CONTEXT.fullmatch(name.strip())
        if beside:
            far = int(beside[2])
            yield _alphabet(tokens, -far if beside[1] == "L" else length - 1 + far)
        elif name == "keyword":
            yield from (_alphabet(tokens, step) for step in range(length))
        elif name == "document":
            yield lambda starts: tokens.by_page(_natural(tokens), starts)
        elif name == "confidence":
            yield lambda starts: _conf(tokens, starts, length)
        elif name != "page":
            raise SettingsError(
                "The concordance cannot be sorted by {0}.",
                name,
                hint=Message(
                    "Choose one of {0}, or words as in R1,R2,L1.", ", ".join(ORDERS)
                ),
            )


def _conf(tokens: Tokens, starts: np.ndarray, length: int) -> np.ndarray:
    found: np.ndarray = np.minimum.reduce(
        [tokens.confs(starts + n) for n in range(length)]
    )
    return found


def _alphabet(tokens: Tokens, step: int) -> Key:
    """Return a key by the token `step` tokens from a hit; no token sorts first."""

    def key(starts: np.ndarray) -> np.ndarray:
        beside = np.clip(starts + step, 0, len(tokens) - 1)
        inside = beside == starts + step
        document, own = (
            tokens.by_page(tokens.document_of_page, at) for at in (beside, starts)
        )
        inside &= document == own
        forms = tokens.forms(beside)
        order = np.zeros(len(tokens.vocabulary), np.int32)
        order[forms] = 1
        seen = np.flatnonzero(order)
        names = np.array(
            [_alphabetical(tokens.vocabulary[form]) for form in seen.tolist()],
            np.dtypes.StringDType(),
        )
        sorting = np.argsort(names, kind="stable")
        new = np.ones(len(seen), np.int32)
        new[1:] = names[sorting][1:] != names[sorting][:-1]
        order[seen[sorting]] = np.cumsum(new)
        return np.where(inside, order[forms], 0)

    return key


def _alphabetical(form: str) -> str:
    """Return the sort key of a word: its letters, then their accents."""
    small = form.lower()
    if small.isascii():
        return small
    apart = unicodedata.normalize("NFD", small)
    plain = "".join(each for each in apart if not unicodedata.combining(each))
    return f"{plain}\0{small}"


def _natural(tokens: Tokens) -> np.ndarray:
    """Return for each page the rank of its document in natural order of names."""
    from natsort import natsorted, ns

    names = natsorted(tokens.documents, alg=ns.IGNORECASE)
    ranks = {name: n for n, name in enumerate(names)}
    of_document = np.array([ranks[name] for name in tokens.documents], int)
    return of_document[tokens.document_of_page]
