"""Hits: where the words that a query asks for are in a corpus.

A phrase lies within text without a break and contains no word that the filter leaves
out, except in its gaps. Of hits that begin at the same word, the shortest counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from ocr_core.errors import SettingsError
from ocr_core.mining.filter import HIDING
from ocr_core.mining.grouping import grouped
from ocr_core.mining.progress import ReportProgress, Steps, no_report
from ocr_core.mining.query import NONE, Block, QueryParser, Slot, either
from ocr_core.mining.selection import Selection, select
from ocr_core.mining.variants import CONFUSIONS, Confusions

Match = Literal["exact", "variants", "both"]

MAX_QUERIES = 2000  # of a list


@dataclass(frozen=True, eq=False)
class Hits:
    """Where a query was found, in reading order.

    Parameters
    ----------
    starts, ends
        (N,) int: the index of each hit's first token, and that after its last.
    """

    starts: np.ndarray
    ends: np.ndarray

    def __len__(self) -> int:
        return len(self.starts)

    def at(self, which: np.ndarray | slice) -> "Hits":
        """Return some of the hits."""
        return Hits(self.starts[which], self.ends[which])

    @property
    def longest(self) -> int:
        """The number of tokens of the longest hit."""
        return int((self.ends - self.starts).max(initial=0))


class HiddenHits(NamedTuple):
    """The number of hits that the filter hides, and the knobs that hide them."""

    hits: int
    knobs: tuple[str, ...]


def positions(
    selection: Selection,
    query: str | Sequence[str],
    *,
    match: Match = "exact",
    confusions: Confusions = CONFUSIONS,
    progress: ReportProgress = no_report,
) -> Hits:
    """Find the hits of a query, or of several; they may overlap.

    Parameters
    ----------
    query
        A query, or a list of queries, whose hits are joined.
    match
        exact: words as asked for; variants: hits in which a word was probably misread
        as another form, by `variants`; both. Patterns and words in quotation marks have
        no variants.
    confusions
        Costs of the misreadings.
    progress
        Called with the number of finished steps and of all steps.

    Raises
    ------
    SettingsError
        If a query has no word, is too long, or has an invalid expression or gap.
    """
    queries = [query] if isinstance(query, str) else list(query)
    if len(queries) > MAX_QUERIES:
        raise SettingsError(
            "The list has {0} lines, more than {1}.",
            len(queries),
            MAX_QUERIES,
            hint="Look for them in parts.",
        )
    step = Steps(progress, (1 + len(queries)) * (1 if match == "exact" else 2))
    exact = _joined(QueryParser(selection), queries, step)
    if match == "exact":
        return exact
    both = _joined(QueryParser(selection, confusions), queries, step)
    if match == "both":
        return both
    return both.at(~np.isin(both.starts, exact.starts))


def hidden_hits(selection: Selection, query: str | Sequence[str]) -> HiddenHits:
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
            if len(positions(part, query)) < len(every):
                knobs.append(name)
    return HiddenHits(hidden, tuple(knobs))


def _joined(parser: QueryParser, queries: Sequence[str], step: Steps) -> Hits:
    """Return the hits of several queries, each once; single words are one search."""
    parsed = []
    for each in queries:
        parsed.append(parser.blocks(each))
        step()
    words = [blocks[0].slots[0] for blocks in parsed if _is_word(blocks)]
    others = [blocks for blocks in parsed if not _is_word(blocks)]
    if words:
        others.append([Block([either(words)], (0, 0))])
    found = [_hits(parser.selection, blocks) for blocks in others]
    step()
    if len(found) == 1:
        return found[0]
    starts = np.concatenate([NONE, *(hits.starts for hits in found)])
    ends = np.concatenate([NONE, *(hits.ends for hits in found)])
    order, first = grouped(starts, ends)
    return Hits(starts, ends).at(order[first])


def _is_word(blocks: Sequence[Block]) -> bool:
    return len(blocks) == len(blocks[0].slots) == 1


def _hits(selection: Selection, blocks: Sequence[Block]) -> Hits:
    """Find the blocks of a query, from the last to the first.

    The nearest hit of a block after a gap is also the one that ends first, as later
    starts never end earlier.
    """
    hits, gap = None, (0, 0)
    for block in reversed(blocks):
        starts = _starts(selection, block.slots)
        ends = starts + len(block.slots)
        if hits is not None:
            nearest = np.searchsorted(hits.starts, ends + gap[0])
            near = nearest < len(hits)
            near[near] = hits.starts[nearest[near]] <= ends[near] + gap[1]
            starts, ends = starts[near], hits.ends[nearest[near]]
        hits, gap = Hits(starts, ends), block.gap
    assert hits is not None, "a query has a block"
    if _is_word(blocks):
        return hits
    first, last = map(selection.segments_at, (hits.starts, hits.ends - 1))
    return hits.at(first == last)


def _starts(selection: Selection, slots: Sequence[Slot]) -> np.ndarray:
    """Return where tokens match slots one after the other."""
    rarest = min(range(len(slots)), key=lambda n: _cost(selection, slots[n]))
    starts = _matched(selection, slots[rarest]) - rarest
    starts = starts[(starts >= 0) & (starts <= len(selection.tokens) - len(slots))]
    for n, slot in enumerate(slots):
        if n != rarest:
            starts = starts[_matches(selection, slot, starts + n)]
    return starts


def _cost(selection: Selection, slot: Slot) -> int:
    """Return an upper bound of the number of tokens that match a slot."""
    every = len(selection.tokens) if len(slot.forms) else 0
    return every + int(selection.counts[slot.terms].sum())


def _matched(selection: Selection, slot: Slot) -> np.ndarray:
    """Return all tokens that match a slot, in reading order."""
    found = selection.positions(slot.terms)
    if not len(slot.forms):
        return found
    spelled = selection.tokens.with_forms(slot.forms)
    spelled = spelled[selection.terms_at(spelled) >= 0]
    return np.union1d(found, spelled).astype(np.int32)


def _matches(selection: Selection, slot: Slot, at: np.ndarray) -> np.ndarray:
    """Return whether tokens match a slot."""
    terms = selection.terms_at(at)
    found = np.isin(terms, slot.terms)
    if len(slot.forms):
        found |= np.isin(selection.tokens.forms(at), slot.forms) & (terms >= 0)
    return found
