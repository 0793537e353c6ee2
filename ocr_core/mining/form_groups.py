"""Form groups: words of a corpus that are probably misreadings, to correct together.

A group are the forms of one word, as tbe, tlie and thc of the, the forms with one
confusion, as tbe, otber and bouse with h read as b, or those with rare confusions. A
person accepts or refuses it by a few of its places.
"""

import heapq
import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ocr_core.mining.filter import Filter
from ocr_core.mining.misreadings import (
    FOREIGN_ACCENT,
    INNER_CAPITAL,
    FormOccurrence,
    misreadings,
)
from ocr_core.mining.progress import ReportProgress, no_report
from ocr_core.mining.tokens import Tokens
from ocr_core.mining.variants import CONFUSIONS, Change, Confusions

SHOWN = 5  # occurrences of a group that a person looks at
RIGHT_SHARE = 0.8  # of them, from which the forms that are not shown are accepted too
SURE_CHANCE = 0.7  # mean chance of a form that is grouped by its confusions
NOT_SHOWN = 0.925  # chance of the places of a group that are not shown, at least
MAX_PLACES = 50  # of a group: the places shown say little of many more
# Places of a confusion, and share of those of all: with fewer than both, it is grouped
# with other such ones.
FEW_PLACES, FEW_SHARE = 10, 0.05
ANY = "*"  # in a confusion: any letter, where the other character is none
NAMED = (FOREIGN_ACCENT, INNER_CAPITAL)  # confusions with a group of their own
OTHERS: Change = (ANY, ANY)  # the confusions with few places

# A word and its language, and what was printed and read; two of them are empty.
GroupKey = tuple[str, str, str, str]


@dataclass(frozen=True)
class FormGroup:
    """Forms that are probably misreadings of one word, or have one confusion.

    Parameters
    ----------
    word
        What they are misread from, as counted; "" for a group of one confusion.
    language
        That of their pages; "" for a group of one confusion.
    occurrences
        The most doubtful one of each form first, then the others, each from the most
        doubtful on; each is in one group only.
    confusion
        The characters printed and those read, `ANY` for a letter of any kind; `OTHERS`
        for rare confusions; None for a group of one word.
    part
        Counted from 1: forms of which a group would have too many are several groups.
    """

    word: str
    language: str
    occurrences: tuple[FormOccurrence, ...]
    confusion: Change | None = None
    part: int = 1

    @property
    def name(self) -> str:
        """The word, or the confusion, as in ``h→b``; ∅ for no character."""
        if self.confusion is None:
            return self.word
        printed, read = (each or "∅" for each in self.confusion)
        return f"{printed}→{read}"

    @property
    def key(self) -> tuple[str, str, int]:
        """What tells the group from the others."""
        return self.language, self.name, self.part

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """The forms in lower case with their words, the most frequent first."""
        counts = Counter(each.pair for each in self.occurrences)
        return tuple(sorted(counts, key=lambda pair: (-counts[pair], pair)))

    @property
    def forms(self) -> tuple[str, ...]:
        """The forms in lower case, the most frequent first."""
        return tuple(dict.fromkeys(form for form, _ in self.pairs))

    @property
    def expected(self) -> float:
        """The expected number of words put right if all occurrences are corrected."""
        return sum(occurrence.chance for occurrence in self.occurrences)

    @property
    def shown(self) -> tuple[FormOccurrence, ...]:
        """The occurrences to look at before the group is accepted.

        They are the most doubtful ones: if these are right, the others are likelier so.
        """
        return self.occurrences[:SHOWN]

    def accepted(self, right: Sequence[bool]) -> list[FormOccurrence]:
        """Return the occurrences to correct, by which of those shown are right.

        Of the forms shown, those with a right one; those not shown only if at least
        `RIGHT_SHARE` of the occurrences are right.
        """
        shown = dict(zip(self.shown, right, strict=True))
        known = {occurrence.pair: False for occurrence in shown}
        for occurrence, yes in shown.items():
            known[occurrence.pair] |= yes
        others = sum(right) >= RIGHT_SHARE * len(right)
        return [
            occurrence
            for occurrence in self.occurrences
            if shown.get(occurrence, known.get(occurrence.pair, others))
        ]


def form_groups(
    tokens: Tokens,
    confusions: Confusions = CONFUSIONS,
    *,
    refused: Collection[tuple[str, str]] = (),
    wanted: Filter | None = None,
    progress: ReportProgress = no_report,
) -> list[FormGroup]:
    """Group the forms of a corpus that are probably misread, the most gain first.

    Each occurrence is in one group. See `misreadings` for the parameters.
    """
    return grouped(
        misreadings(
            tokens, confusions, refused=refused, wanted=wanted, progress=progress
        )
    )


def grouped(occurrences: Iterable[FormOccurrence]) -> list[FormGroup]:
    """Group occurrences by word or confusion: each time, the group with the most gain.

    The places of a form stay together. A form is only grouped by its confusion if that
    is its only one and its mean chance is at least `SURE_CHANCE`: the places shown say
    less of other words than of other forms of one word, and nothing of other
    confusions. Of too many places, the surest forms are a group first.
    """
    places: dict[tuple[str, str, str], list[FormOccurrence]] = {}
    for each in occurrences:
        places.setdefault((*each.pair, each.language), []).append(each)
    members: dict[GroupKey, list[list[FormOccurrence]]] = {}
    rare = _rare(places.values())
    for form in places.values():
        for key in _keys_of(form, rare):
            members.setdefault(key, []).append(form)
    # Of equal groups, one of a word comes first.
    queue = [
        (-_likely_gain(_surest(forms)), not key[0], key)
        for key, forms in members.items()
    ]
    heapq.heapify(queue)
    groups, done, parts = [], set[int](), Counter[GroupKey]()
    while queue:
        before, last, key = heapq.heappop(queue)
        left = [form for form in members[key] if form[0].token not in done]
        if not left:
            continue
        members[key], part = left, _surest(left)
        # Gains only fall: one that fell since goes back to its place in the queue.
        if before < (gain := -_likely_gain(part)):
            heapq.heappush(queue, (gain, last, key))
            continue
        done |= {form[0].token for form in part}
        word, language, *change = key
        confusion = None if word else (change[0], change[1])
        chosen = _doubtful_first([each for form in part for each in form])
        parts[key] += 1
        groups.append(FormGroup(word, language, chosen, confusion, parts[key]))
        if len(part) < len(left):
            heapq.heappush(queue, (gain, last, key))
    return groups


def _surest(forms: Sequence[list[FormOccurrence]]) -> list[list[FormOccurrence]]:
    """Return the likeliest forms: at least one, and as many as a group may have.

    It has at most `MAX_PLACES`. All but the most doubtful ones, which are shown, have
    a chance of at least `NOT_SHOWN`.
    """
    ranked = sorted(forms, key=lambda form: -_gain([form]) / len(form))
    shown: list[float] = []  # how doubtful the places are that are shown
    places = 0
    for n, form in enumerate(ranked):
        places, doubt = places + len(form), 0.0
        for each in form:
            heapq.heappush(shown, 1 - each.chance)
            if len(shown) > SHOWN:
                doubt = max(doubt, heapq.heappop(shown))
        if n and (places > MAX_PLACES or doubt > 1 - NOT_SHOWN):
            return ranked[:n]
    return ranked


def _gain(forms: Iterable[Iterable[FormOccurrence]]) -> float:
    return sum(each.chance for form in forms for each in form)


def _rare(forms: Iterable[Sequence[FormOccurrence]]) -> set[Change]:
    """Return the confusions with so few places that they are grouped together."""
    counts: Counter[Change] = Counter()
    for form in forms:
        if len(form[0].changes) == 1:
            counts[_kind(form[0].changes[0])] += len(form)
    least = min(FEW_PLACES, FEW_SHARE * counts.total())
    return {
        kind
        for kind, count in counts.items()
        if count < least and kind not in NAMED and all(kind)
    }


def _keys_of(
    form: Sequence[FormOccurrence], rare: Collection[Change]
) -> Iterator[GroupKey]:
    """Yield what the places of a form may be grouped by."""
    yield form[0].word, form[0].language, "", ""
    changes = form[0].changes
    if len(changes) == 1 and _gain([form]) >= SURE_CHANCE * len(form):
        kind = _kind(changes[0])
        yield "", "", *(OTHERS if kind in rare else kind)


def _kind(change: Change) -> Change:
    """Return what forms with a change are grouped by: `ANY` for a stray letter."""
    printed, read = change
    if change in CONFUSIONS or (printed and read):
        return change
    return printed and ANY, read and ANY


def _likely_gain(forms: Sequence[Sequence[FormOccurrence]]) -> float:
    """Return the gain of a group, times the chance that a person accepts it.

    At least `RIGHT_SHARE` of the places shown have to be right; the places of one form
    are right or wrong together.
    """
    shown = _doubtful_first([each for form in forms for each in form])[:SHOWN]
    counts = Counter(each.pair for each in shown)
    least = {each.pair: each.chance for each in reversed(shown)}
    right = np.array([1.0])  # chance of each number of right places
    for pair, count in counts.items():
        now = np.zeros(len(right) + count)
        now[: len(right)] = right * (1 - least[pair])
        now[count:] += right * least[pair]
        right = now
    enough = math.ceil(RIGHT_SHARE * len(shown))
    return _gain(forms) * float(right[enough:].sum())


def _doubtful_first(
    occurrences: Sequence[FormOccurrence],
) -> tuple[FormOccurrence, ...]:
    """Return the most doubtful one of each form, then the others, both in order."""
    order = sorted(occurrences, key=lambda occurrence: occurrence.chance)
    first: dict[tuple[str, str], FormOccurrence] = {}
    for occurrence in order:
        first.setdefault(occurrence.pair, occurrence)
    chosen = {occurrence.token for occurrence in first.values()}
    others = (each for each in order if each.token not in chosen)
    return *first.values(), *others
