"""Variants: words of a corpus that may be misreadings of a word.

A variant is a word at a small distance from the one looked for. The distance is that of
Levenshtein, except that confusing characters that look alike costs less than 1, also
where several characters replace one (Kolak & Resnik 2002, "OCR error correction using a
noisy channel model"; Reynaert 2008, "Non-interactive OCR post-correction for giga-scale
digitization projects"). Tokens consist of letters and digits: a word in which a
character was read as a punctuation mark is two tokens, and is not found.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ocr_core.errors import SettingsError
from ocr_core.mining.lemmas import lexicons_of
from ocr_core.mining.progress import ReportProgress, Steps, no_report
from ocr_core.mining.selection import Selection, select
from ocr_core.text.lexicons import is_listed
from ocr_core.tokenizer import split, unaccented

if TYPE_CHECKING:
    import pandas as pd

Confusions = Mapping[tuple[str, str], float]  # (as printed, as read): cost, below 1
Change = tuple[str, str]
# Letters printed, below 0; rank in the table; cost.
Confusion = tuple[int, int, float, Change]

# Characters that look alike, and the cost of confusing them, in both directions.
# Studies of OCR errors name these pairs repeatedly (Rice, Nagy & Nartker 1999, "Optical
# character recognition: an illustrated guide to the frontier"; Taghva & Stofsky 2001,
# "OCRSpell"; Holley 2009, "How good can it get?", for newspapers). The three costs are
# estimates of how common each confusion is; `learn` adapts them to a corpus.
ALIKE = {
    0.25: "rn/m cl/d li/h vv/w ii/u l/1 l/i i/1 0/o c/e h/b u/n s/f",
    0.4: "in/m ni/m nn/m ri/n ii/n lc/k lo/b ol/d c/o e/o a/o a/e t/l t/f t/i i/j g/q "
    "v/y n/m n/r r/v 5/s 8/b 6/b 9/g 2/z 8/s 1/t 7/t ll/u ti/h tt/n ll/n ll/h iu/m "
    "ui/m lt/h k/h",
    0.6: "a/s a/u e/s r/t x/z d/a g/y p/n f/r c/t e/i b/d z/s 4/a 3/e 11/u rr/n "
    "e/f c/g o/q",  # as capitals
}
ACCENTED = "àáâãäåçèéêëìíîïñòóôõöøùúûüýÿ"
ACCENT = 0.35  # an accent lost, gained or mistaken
CAPITAL = 0.2  # of a letter that has the same shape as a capital
SAME_SHAPE = "ckopsuvwxyz"
# Foldings that make most pairs above equal, to find candidates.
FOLDINGS = (
    "rn/m cl/d li/h vv/w ii/u in/m ni/m nn/m ri/n lc/k ll/u 1/l i/l j/l t/l 0/o c/e "
    "o/e a/e f/s 5/s 8/b h/b n/u r/u v/y 6/b 9/g q/g 2/z"
)
MAX_COST = 1.5  # of words that are listed
MAX_SELECTED_COST = 0.9  # of words selected at first; short words: `COST_PER_LETTER`
COST_PER_LETTER = 0.15
MIN_COST = 0.15  # of a confusion that was seen often
HALF_LEARNT = 4  # sightings after which a cost is half-way to `MIN_COST`
SURE_CONF = 95  # mean confidence from which a word is hardly a misreading
MAX_MISREADINGS = 500  # that count as a word
FREQUENT = 0.5  # times the term's count: a more frequent word is a word of its own
COLUMNS = ["term", "count", "documents", "conf", "cost", "changes", "known", "selected"]


def default_confusions() -> dict[Change, float]:
    """Return common confusions of engines, (as printed, as read), and their costs."""
    table: dict[Change, float] = {}
    for cost, pairs in ALIKE.items():
        for pair in pairs.split():
            one, other = pair.split("/")
            table[one, other] = table[other, one] = cost
    plain = {each: unaccented(each) for each in ACCENTED}
    for letter, base in plain.items():
        for other in (base, *(each for each in plain if plain[each] == base)):
            if other != letter:
                table[letter, other] = table[other, letter] = ACCENT
    for letter in SAME_SHAPE:
        table[letter, letter.upper()] = table[letter.upper(), letter] = CAPITAL
    return table | {("ß", "b"): 0.25, ("ß", "ss"): 0.25, ("ø", "o"): ACCENT}


CONFUSIONS: Confusions = default_confusions()


class Alignment(NamedTuple):
    """How a word became what was read: total cost, and changes."""

    cost: float
    changes: tuple[Change, ...]


def aligned(
    right: str, read: str, confusions: Confusions = CONFUSIONS, max_cost: float = np.inf
) -> Alignment | None:
    """Find the cheapest alignment of a word with what was read; None above `max_cost`.

    Other changes cost 1: a letter lost, added or replaced.
    """
    [found] = Aligner(confusions).aligned([right], read)
    return found if found.cost <= max_cost else None


class Aligner:
    """Finds the cheapest alignments of words with what was read, by some confusions."""

    def __init__(self, confusions: Confusions = CONFUSIONS) -> None:
        self.by_printed: dict[str, list[Confusion]] = {}
        for rank, (change, cost) in enumerate(confusions.items()):
            ranked = -len(change[0]), rank, cost, change
            self.by_printed.setdefault(change[0], []).append(ranked)
        self.longest = max(map(len, self.by_printed), default=0)
        self.longest_read = max((len(read) for _, read in confusions), default=0)
        self.endings: dict[str, dict[str, list[Confusion]]] = {}

    def aligned(self, words: Sequence[str], read: str) -> list[Alignment]:
        """Align each of some words with what was read.

        Words with the same beginning share the rows of the distance matrix.
        """
        added: list[Change] = [("", letter) for letter in f" {read}"]
        costs, steps = [[float(j) for j in range(len(added))]], [added]
        ends: dict[str, list[int]] = {}
        for length in range(self.longest_read + 1):
            for j in range(length, len(added)):
                ends.setdefault(read[j - length : j], []).append(j)
        found, before = dict[str, Alignment](), ""
        for word in sorted(words):
            shared = _shared(before, word)
            del costs[shared + 1 :], steps[shared + 1 :]
            for i in range(shared, len(word)):
                part = word[max(0, i + 1 - self.longest) : i + 1]
                self._add_row(part, read, ends, costs, steps)
            found[word] = Alignment(costs[-1][-1], _trace_back(steps))
            before = word
        return [found[word] for word in words]

    def _ending(self, part: str) -> dict[str, list[Confusion]]:
        """Return the confusions at the end of a part of a word, by what is read."""
        if (known := self.endings.get(part)) is not None:
            return known
        found: dict[str, list[Confusion]] = {}
        for start in range(len(part)):
            for each in self.by_printed.get(part[start:], ()):
                found.setdefault(each[3][1], []).append(each)
        self.endings[part] = found
        return found

    def _add_row(
        self,
        part: str,
        read: str,
        ends: Mapping[str, list[int]],
        costs: list[list[float]],
        steps: list[list[Change]],
    ) -> None:
        """Add the row of the last letter of `part`: costs, and the last changes."""
        ending, letter = self._ending(part), part[-1]
        confused: dict[int, list[Confusion]] = {}
        for each in ending.keys() & ends.keys():
            for j in ends[each]:
                confused.setdefault(j, []).extend(ending[each])
        above, added = costs[-1], steps[0]
        row, step = list[float](), list[Change]()
        diagonal, least = np.inf, np.inf
        for j, (lost, (_, other)) in enumerate(zip(above, added, strict=True)):
            if least + 1 < diagonal + 1:
                least, change = least + 1, added[j]
            else:
                least, change = diagonal + 1, (letter, other)
            if other == letter and diagonal < least:
                least, change = diagonal, (letter, letter)
            if lost + 1 < least:
                least, change = lost + 1, (letter, "")
            diagonal = lost
            if j in confused:
                some = confused[j]
                if len(some) > 1:
                    some.sort()  # of equal costs the first counts
                for back, _, cost, pair in some:
                    total = costs[back][j - len(pair[1])] + cost
                    if total < least:
                        least, change = total, pair
            row.append(least)
            step.append(change)
        costs.append(row)
        steps.append(step)


def _shared(one: str, other: str) -> int:
    """Return the number of letters with which both begin."""
    unlike = (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return next(unlike, min(len(one), len(other)))


def _trace_back(steps: Sequence[Sequence[Change]]) -> tuple[Change, ...]:
    i, j = len(steps) - 1, len(steps[0]) - 1
    changes = []
    while i or j:
        a, b = steps[i][j]
        changes.append((a, b))
        i, j = i - len(a), j - len(b)
    return tuple(reversed(changes))


def learn(
    pairs: Iterable[tuple[str, str]], confusions: Confusions = CONFUSIONS
) -> dict[Change, float]:
    """Lower the costs of confusions that were seen.

    After n sightings, the part of a cost above `MIN_COST` is multiplied by
    `HALF_LEARNT` / (`HALF_LEARNT` + n). The order of the pairs does not matter.

    Parameters
    ----------
    pairs
        (as read, as printed): words that were corrected, or `word_pairs` of a page and
        its ground truth. Pairs with little in common are ignored.
    """
    seen: Counter[Change] = Counter()
    for read, right in pairs:
        was, is_now = split(read.lower()), split(right.lower())
        if len(was) == len(is_now):
            for one, other in zip(was, is_now, strict=True):
                seen.update(confusions_in(one, other, confusions))
    learnt = dict(confusions)
    for change, count in seen.items():
        known = confusions.get(change, 1.0)
        learnt[change] = MIN_COST + max(0.0, known - MIN_COST) * HALF_LEARNT / (
            HALF_LEARNT + count
        )
    return learnt


def confusions_in(read: str, right: str, confusions: Confusions) -> Iterator[Change]:
    """Yield the confusions in a word; a lost or added letter joins its neighbour."""
    found = aligned(right, read, confusions)
    if not found or found.cost > len(right) / 2:
        return
    block, before = ("", ""), ""
    for a, b in (*found.changes, ("", "")):
        if a != b and (a, b) not in confusions:
            block = block[0] + a, block[1] + b
            continue
        if block != ("", ""):
            if not all(block) and before:
                block = before + block[0], before + block[1]
            elif not all(block):
                block = block[0] + a, block[1] + b
            if max(map(len, block)) <= 3:
                yield block
        block = ("", "")
        if a != b:
            yield a, b
        before = b[-1:] if a == b else ""


def word_pairs(read: str, right: str) -> Iterator[tuple[str, str]]:
    """Yield the words that differ between a text as read and its ground truth."""
    from rapidfuzz.distance import Levenshtein

    was, is_now = split(read), split(right)
    for block in Levenshtein.opcodes(was, is_now):
        if block.tag == "replace":
            yield from zip(
                was[block.src_start : block.src_end],
                is_now[block.dest_start : block.dest_end],
                strict=True,
            )


def variants(
    selection: Selection,
    term: str,
    confusions: Confusions = CONFUSIONS,
    limit: int = 50,
    progress: ReportProgress = no_report,
) -> "pd.DataFrame":
    """List the words that may be misreadings of a word, the most likely first.

    Parameters
    ----------
    term
        One word; it is the first row, even if it does not occur.
    confusions
        Costs below 1: `CONFUSIONS`, or those from `learn`.
    progress
        Called with the number of finished steps and of all steps.

    Returns
    -------
    DataFrame
        term, count, documents, conf (mean confidence, 0 to 100), cost, changes (as in
        ``rn→m, e→c``), known (in a lexicon of the pages' languages), selected. Words
        are not selected if they are known, more than half as frequent as the term,
        costlier than `MAX_SELECTED_COST` or `COST_PER_LETTER` per letter, or read with
        a mean confidence of `SURE_CONF`: they are words of their own. Forms confirmed
        before are selected.

    Raises
    ------
    SettingsError
        If the term is not a single word.
    """
    import pandas as pd

    selection = as_read(selection)
    term = as_counted(selection, term)
    confirmed = selection.tokens.misread
    found = {term: Alignment(0.0, ())}
    found |= _near(selection, term, confusions, progress)
    ids = selection.ids
    counts = {w: int(selection.counts[ids[w]]) if w in ids else 0 for w in found}
    max_cost = min(MAX_SELECTED_COST, COST_PER_LETTER * len(term))
    is_known = _lexicon(selection)
    rows = []
    for word, (cost, changes) in found.items():
        known = is_known(word)
        frequent = counts[word] > max(2, FREQUENT * counts[term])
        selected = word == term or (cost <= max_cost and not known and not frequent)
        rows.append((word, counts[word], cost, _formatted(changes), known, selected))
    rows.sort(key=lambda row: (row[0] != term, not row[-1], row[2], -row[1], row[0]))
    table = pd.DataFrame(rows, columns=["term", "count", *COLUMNS[4:]])
    documents, confs = _spread(selection, table["term"].tolist())
    table = table.assign(documents=documents, conf=confs)[COLUMNS]
    known_as = [confirmed.get(word.lower()) == term.lower() for word in table["term"]]
    sure = ((table["conf"] >= SURE_CONF) & (table["term"] != term)).to_numpy()
    selected = (table["selected"].to_numpy(bool) & ~sure) | np.array(known_as, bool)
    table["selected"] = selected
    order = np.argsort(~selected, kind="stable")
    return table.iloc[order].head(limit).reset_index(drop=True)


def probable_misreadings(
    selection: Selection, term: str, confusions: Confusions = CONFUSIONS
) -> list[str]:
    """Return the forms that a word was probably misread as, the commonest first."""
    table = variants(selection, term, confusions, limit=MAX_MISREADINGS)
    chosen = table[table["selected"] & (table["cost"] > 0)]
    forms = chosen.sort_values("count", ascending=False, kind="stable")["term"]
    return [str(form) for form in forms]


def as_read(selection: Selection) -> Selection:
    """Return the same pages with misread forms counted as they were read."""
    if not selection.tokens.misread or selection.filter.misreadings == "keep":
        return selection
    wanted = selection.filter.model_copy(update={"misreadings": "keep"})
    return select(selection.tokens, wanted).part(selection.chosen)


def likely_misreadings(
    selection: Selection, terms: Sequence[str]
) -> list[tuple[str, str]]:
    """Return the terms that may be misreadings of more frequent words, with those.

    Such a term is in no lexicon, was read with less than `SURE_CONF`, and is near a
    word at least twice as frequent.
    """
    from rapidfuzz import process
    from rapidfuzz.distance import Levenshtein

    is_known = _lexicon(selection)
    counts = selection.counts
    common = selection.spelled(np.flatnonzero(counts > 1))
    confs = _spread(selection, terms)[1]
    found = []
    for term, conf in zip(terms, confs, strict=True):
        if term not in selection.ids or not conf < SURE_CONF or is_known(term):
            continue
        own = counts[selection.ids[term]]
        near = process.extract(
            term, common, scorer=Levenshtein.distance, score_cutoff=2, limit=None
        )
        max_cost = min(MAX_SELECTED_COST, COST_PER_LETTER * len(term))
        costs = [
            (alignment.cost, word)
            for word, _, _ in near
            if word != term and counts[selection.ids[word]] >= 2 * own
            if (alignment := aligned(word, term, max_cost=max_cost))
        ]
        if costs:
            found.append((term, min(costs)[1]))
    return found


def as_counted(selection: Selection, term: str) -> str:
    """Return a word as the selection counts it."""
    words = [term] if term in selection.ids else split(term)
    if len(words) != 1:
        raise SettingsError(
            "{0} is not one word.",
            term.strip() or "Nothing",
            hint="Look for variants of one word at a time.",
        )
    found = selection.as_counted(words[0])
    return next((word for word in found if word in selection.ids), found[0])


def _formatted(changes: Iterable[Change]) -> str:
    return ", ".join(f"{a}→{b}" for a, b in changes if a != b)


def _near(
    selection: Selection,
    term: str,
    confusions: Confusions,
    progress: ReportProgress = no_report,
) -> dict[str, Alignment]:
    """Return the occurring words near a word, with their alignments."""
    from rapidfuzz import process
    from rapidfuzz.distance import Levenshtein

    if not (words := selection.spelled(np.flatnonzero(selection.counts))):
        return {}
    reach = 1 if len(term) < 4 else 2 if len(term) < 7 else 3
    candidates = {term} & selection.ids.keys()
    for spell, max_distance in ((str, reach), (folded, max(1, reach - 1))):
        # All words are folded as one text: one at a time takes seconds.
        spellings = spell("\n".join(words)).split("\n")
        near = process.extract(
            spell(term),
            spellings,
            scorer=Levenshtein.distance,
            score_cutoff=max_distance,
            limit=None,
        )
        candidates |= {words[index] for _, _, index in near}
    max_cost = min(MAX_COST, 0.2 * len(term))
    aligner = Aligner(confusions)
    step, found = Steps(progress, 1 + len(candidates)), {}
    for word in candidates:
        alignment = aligner.aligned([term], word)[0]
        if alignment.cost <= max_cost and selection.counts[selection.ids[word]]:
            found[word] = alignment
        step()
    return found


def folded(text: str) -> str:
    """Return a text in which characters that look alike are the same."""
    text = text.lower()
    for letter in ACCENTED:
        text = text.replace(letter, unaccented(letter))
    for pair in FOLDINGS.split():
        text = text.replace(pair.split("/")[0], pair.split("/")[1])
    return text


def _lexicon(selection: Selection) -> Callable[[str], bool]:
    """Return a test of whether a lexicon of the counted pages' languages has a word."""
    lexicons = lexicons_of(selection.languages)
    return lambda word: any(is_listed(word, lexicon) for lexicon in lexicons)


def _spread(
    selection: Selection, words: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the number of documents with each word, and its mean confidence."""
    occurring = np.array([word in selection.ids for word in words], bool)
    terms = np.array([selection.ids[w] for w in words if w in selection.ids], int)
    at = selection.positions(terms)
    number = np.flatnonzero(occurring)[selection.numbers(terms, at)]
    both = np.unique(
        number * (len(selection.documents) + 1) + selection.documents_at(at)
    )
    spread = np.bincount(both // (len(selection.documents) + 1), minlength=len(words))
    counts = np.bincount(number, minlength=len(words))
    sums = np.bincount(number, selection.tokens.confs(at), minlength=len(words))
    with np.errstate(invalid="ignore"):
        return spread, sums / counts


def counts(selection: Selection, term: str, selected: Iterable[str]) -> "pd.DataFrame":
    """Count a word strictly, and together with the selected variants.

    Returns
    -------
    DataFrame
        Two rows, strict and tolerant: search, words (number of spellings), count,
        documents, pages, per_million (of the running words).
    """
    import pandas as pd

    selection = as_read(selection)
    term = as_counted(selection, term)
    rows = []
    for search, words in (("strict", {term}), ("tolerant", {term, *selected})):
        terms = [selection.ids[word] for word in words if word in selection.ids]
        at = selection.positions(np.array(terms, int))
        pages = np.flatnonzero(selection.tokens.count_by_page(at))
        documents = len(np.unique(selection.document_of_page[pages]))
        rate = 1e6 * len(at) / max(1, selection.running)
        rows.append((search, len(words), len(at), documents, len(pages), rate))
    columns = ["search", "words", "count", "documents", "pages", "per_million"]
    return pd.DataFrame(rows, columns=columns)
