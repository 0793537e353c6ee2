"""Concordance: where a word, a phrase or a pattern stands, with what is around it.

A query is a word, or several in sequence. In a word ``*`` stands for any letters and
``?`` for one; ``/expression/`` is a regular expression for one whole word. Words are
compared as the filter tells them apart. A phrase stands on one page, and a word that
the filter leaves out is no part of it.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ocr_core.errors import SettingsError
from ocr_core.messages import Message
from ocr_core.mining.grouping import grouped
from ocr_core.mining.lemmas import lemma, lexicons_of
from ocr_core.mining.passages import Passages, Printed
from ocr_core.mining.selection import HIDING, Selection, select
from ocr_core.mining.tokens import JOINED, MORE, MOST_MORE, PLACE, Tokens
from ocr_core.page import replace_surrogates
from ocr_core.tokenizer import ALIKE, DIGIT_GROUPS, respelled, split

if TYPE_CHECKING:
    import pandas as pd

LONGEST = 200  # letters of a query
MOST_WORDS = 12
PARTS = re.compile(r"\\.|\[\^?\]?|\]|.", re.DOTALL)  # of a regular expression
LETTER = r"\pL\pM\pN_\x{200C}\x{200D}"
ONE_LETTER = r"(?:\PM\pM*)"
CONTEXT = re.compile(r"([LR])([1-3])")
ORDERS = ("page", "left", "right", "keyword", "document", "confidence")
WIDER = {"left": "L1,L2,L3", "right": "R1,R2,R3"}


Key = Callable[[np.ndarray], np.ndarray]  # whole numbers from 0, for places of hits


class Hits(NamedTuple):
    """Where a query was found: places of the first tokens, and how many it has."""

    places: np.ndarray
    length: int


class HiddenHits(NamedTuple):
    """How many hits the filter hides, and the knobs that hide them."""

    hits: int
    knobs: tuple[str, ...]


def positions(selection: Selection, query: str) -> Hits:
    """Find a query, in reading order; hits may overlap.

    Raises
    ------
    SettingsError
        Where it holds no word, is too long, or its expression cannot be understood.
    """
    slots = _slots(selection, query)
    length = len(slots)
    terms, segments = selection.terms, selection.segments
    rarest = min(range(length), key=lambda n: selection.counts[slots[n]].sum())
    places = _places(selection, slots[rarest]) - rarest
    places = places[(places >= 0) & (places <= len(terms) - length)]
    for n, slot in enumerate(slots):
        if n != rarest:
            places = places[np.isin(terms[places + n], slot)]
    if length > 1:
        places = places[segments[places] == segments[places + length - 1]]
    return Hits(places, length)


def hidden_hits(selection: Selection, query: str) -> HiddenHits:
    """Count the hits on the pages of a selection that its filter hides."""
    every = set(positions(selection.unhidden, query).places.tolist())
    hidden = len(every - set(positions(selection, query).places.tolist()))
    if not hidden:
        return HiddenHits(0, ())
    knobs = []
    for name, shows in HIDING.items():
        alone = HIDING | {name: getattr(selection.filter, name)}
        if alone[name] != shows:
            wanted = selection.filter.model_copy(update=alone)
            part = select(selection.tokens, wanted).part(selection.chosen)
            if len(positions(part, query).places) < len(every):
                knobs.append(name)
    return HiddenHits(hidden, tuple(knobs))


def _places(selection: Selection, wanted: np.ndarray) -> np.ndarray:
    if len(wanted) == 1:
        return np.flatnonzero(selection.terms == wanted[0])
    table = np.zeros(len(selection.vocabulary) + 1, bool)  # -1 is the last, never meant
    table[wanted] = True
    return np.flatnonzero(table[selection.terms])


def _slots(selection: Selection, query: str) -> list[np.ndarray]:
    """Return for each word of a query which words of the vocabulary it may be."""
    if len(query) > LONGEST:
        raise SettingsError(
            "The query has {0} characters, more than {1}.",
            len(query),
            LONGEST,
            hint="Look for a shorter one.",
        )
    slots: list[np.ndarray] = []
    # A number with its thousands apart is one token.
    joined = DIGIT_GROUPS.sub(
        lambda found: "".join(found[0].split()), replace_surrogates(query)
    )
    for word in joined.split():
        if len(word) > 2 and word[0] == word[-1] == "/":
            slots.append(_matching(selection, word[1:-1]))
        elif "*" in word or "?" in word:
            slots.append(_like(selection, word))
        else:
            slots += [_exactly(selection, each) for each in _cut(selection, word)]
    if not 1 <= len(slots) <= MOST_WORDS:
        raise SettingsError(
            "The query holds no word, or more than {0}.",
            MOST_WORDS,
            hint="Write a word, a phrase, harb* or /harbou?rs?/.",
        )
    return slots


def _written(selection: Selection, word: str) -> list[str]:
    """Return how a word may stand in the vocabulary."""
    return selection.as_counted(respelled(word).translate(ALIKE))


def _cut(selection: Selection, word: str) -> list[str]:
    """Return the tokens of a word: one, where the vocabulary has it so."""
    tokens = split(word)
    known = all(
        any(each in selection.ids for each in _written(selection, token))
        for token in tokens
    )
    french = any("fra" in each for each in selection.languages)
    return split(word, "fra") if french and not known else tokens


def _exactly(selection: Selection, word: str) -> np.ndarray:
    written = _written(selection, word)
    found = [selection.ids[each] for each in written if each in selection.ids]
    if selection.filter.words == "lemma" and not found:
        lexicons = lexicons_of(selection.languages)
        listed = lemma(word, lexicons) if lexicons else ""
        found = [selection.ids[listed]] if listed in selection.ids else []
    return np.array(found, np.int32)


def _like(selection: Selection, word: str) -> np.ndarray:
    patterns = [
        re.escape(each).replace(r"\*", ".*").replace(r"\?", ONE_LETTER)
        for each in _written(selection, word)
    ]
    return _matching(selection, "|".join(patterns))


def _matching(selection: Selection, pattern: str) -> np.ndarray:
    """Return the words that a regular expression matches from end to end.

    It is RE2's work, whose time grows with the words' length and no faster.
    """
    import pyarrow as pa
    from pyarrow import compute

    meant = _with_all_letters(pattern)
    fold = selection.filter.words != "form"
    try:
        # Alone first: a)(b would be well formed between the brackets.
        compute.match_substring_regex(pa.array([""]), meant)
        found = compute.match_substring_regex(
            pa.array(selection.vocabulary, pa.string()),
            f"^(?:{meant})$",
            ignore_case=fold,
        )
    except pa.ArrowInvalid as error:
        reason = str(error).partition(": ")[2] or str(error)
        raise SettingsError(
            "The expression /{0}/ cannot be looked for: {1}.",
            pattern,
            reason,
            hint="It stands for one whole word. There are no back-references in it, "
            r"no looking ahead or behind, and no \b.",
        ) from None
    return np.flatnonzero(found.to_numpy(zero_copy_only=False))


def _with_all_letters(pattern: str) -> str:
    r"""Return a pattern whose \w and \d mean letters of all languages."""
    kinds = {r"\w": LETTER, r"\d": r"\p{Nd}"}
    parts, inside = [], False
    for part in PARTS.findall(pattern):
        if part in (r"\b", r"\B"):
            raise SettingsError(
                "The expression /{0}/ cannot be looked for: it has {1}.",
                pattern,
                part,
                hint="It stands for one whole word: leave out what marks its ends.",
            )
        if part[0] == "[" and not inside:
            inside = True
        elif part == "]":
            inside = False
        elif part in kinds:
            part = kinds[part] if inside else f"[{kinds[part]}]"
        elif part.lower() in kinds and not inside:
            part = f"[^{kinds[part.lower()]}]"
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
    printed: Printed | None = None,
) -> tuple["pd.DataFrame", int]:
    """Return a stretch of the concordance of a query, and how many hits there are.

    Context is shown as it is spelled, with the words that the filter leaves out but
    for running heads; it goes on over the end of a page, and stops at the ends of the
    document.

    Parameters
    ----------
    window
        Tokens on either side.
    sort
        page (as they stand), left, right, keyword, document, confidence, or words
        before and after as in R1,R2,L1; equal ones stay in the order of the corpus.
    offset, limit
        How many hits to pass over, and how many to show after them.
    printed
        Gives the words of a reading, so that the text is shown with its punctuation;
        left out, words are shown alone. `Corpus.printed` is such.

    Returns
    -------
    table
        left, keyword, right, doc_id, page_num, conf (the least of its words, 0 to
        100), word_index and last_word_index (of its first and last word among those the
        engine read, from 0), hyphenated (whether the last goes on at the next line),
        result_id.
    total
        Hits in all.
    """
    import pandas as pd

    hits = positions(selection, query)
    tokens = selection.tokens
    keys = list(_keys(tokens, hits.length, sort))
    shown = _slice(hits.places, keys, offset, offset + limit).tolist()
    told = Passages(tokens, printed)
    # As they stand: neighbours share a page.
    rows = {n: _row(tokens, n, hits.length, window, told) for n in sorted(shown)}
    lines = [rows[place] for place in shown]
    return pd.DataFrame(lines, columns=ConcordanceLine._fields), len(hits.places)


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
    tokens: Tokens, place: int, length: int, window: int, told: Passages
) -> ConcordanceLine:
    leaf = tokens.leaves[tokens.pages[place]]
    end = place + length

    def here(other: int) -> bool:
        return tokens.leaves[tokens.pages[other]].doc_id == leaf.doc_id

    start, stop = place, end
    while start > max(0, place - window) and here(start - 1):
        start -= 1
    while stop < min(len(tokens), end + window) and here(stop):
        stop += 1
    words = tokens.words[place:end]
    left, keyword, right = told.around(start, place, end, stop)
    return ConcordanceLine(
        left,
        keyword,
        right,
        leaf.doc_id,
        leaf.page_num,
        int(tokens.confs[place:end].min()),
        int(words[0] & PLACE),
        int(words[-1] & PLACE) + int(words[-1] >> MORE & MOST_MORE),
        bool(words[-1] & JOINED),
        leaf.reading,
    )


def _slice(
    places: np.ndarray, keys: Sequence[Key], start: int, stop: int
) -> np.ndarray:
    """Return a stretch of hits as sorted by some keys.

    A key is asked only of hits that may yet fall into the stretch.
    """
    start, stop = max(0, start), min(stop, len(places))
    group = np.zeros(len(places), np.int64)
    for key in keys:
        if start >= stop:
            break
        order, first = grouped(group, key(places))
        group = np.cumsum(first)
        low = int(np.searchsorted(group, group[start], "left"))
        high = int(np.searchsorted(group, group[stop - 1], "right"))
        places, group = places[order[low:high]], group[low:high]
        start, stop = start - low, stop - low
    return places[start:stop]


def _keys(tokens: Tokens, length: int, sort: str) -> Iterator[Key]:
    """Yield what hits of so many tokens are sorted by."""
    for name in ",".join(WIDER.get(part, part) for part in sort.split(",")).split(","):
        beside = CONTEXT.fullmatch(name.strip())
        if beside:
            far = int(beside[2])
            yield _alphabet(tokens, -far if beside[1] == "L" else length - 1 + far)
        elif name == "keyword":
            yield from (_alphabet(tokens, step) for step in range(length))
        elif name == "document":
            yield lambda places: _natural(tokens)[tokens.pages[places]]
        elif name == "confidence":
            yield lambda places: _conf(tokens, places, length)
        elif name != "page":
            raise SettingsError(
                "The concordance cannot be sorted by {0}.",
                name,
                hint=Message(
                    "Choose one of {0}, or words as in R1,R2,L1.", ", ".join(ORDERS)
                ),
            )


def _conf(tokens: Tokens, places: np.ndarray, length: int) -> np.ndarray:
    found: np.ndarray = np.minimum.reduce(
        [tokens.confs[places + n] for n in range(length)]
    )
    return found


def _alphabet(tokens: Tokens, step: int) -> Key:
    """Return the key by the token so far from a hit; none at all goes first."""
    of_page = _documents(tokens)

    def key(places: np.ndarray) -> np.ndarray:
        beside = np.clip(places + step, 0, len(tokens) - 1)
        inside = beside == places + step
        inside &= of_page[tokens.pages[beside]] == of_page[tokens.pages[places]]
        forms = tokens.forms[beside]
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
    """Return what a word is sorted by: its letters, then their accents."""
    small = form.lower()
    if small.isascii():
        return small
    apart = unicodedata.normalize("NFD", small)
    plain = "".join(each for each in apart if not unicodedata.combining(each))
    return f"{plain}\0{small}"


def _documents(tokens: Tokens) -> np.ndarray:
    """Return for each page the number of its document."""
    ids: dict[str, int] = {}
    return np.array([ids.setdefault(leaf.doc_id, len(ids)) for leaf in tokens.leaves])


def _natural(tokens: Tokens) -> np.ndarray:
    """Return for each page its document's place in natural order of names."""
    from natsort import natsorted, ns

    names = natsorted({leaf.doc_id for leaf in tokens.leaves}, alg=ns.IGNORECASE)
    places = {name: n for n, name in enumerate(names)}
    return np.array([places[leaf.doc_id] for leaf in tokens.leaves])
