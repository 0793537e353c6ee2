"""Variants: the words that an engine may have made of a word, found and counted.

A variant is a word of the corpus that lies near the one looked for, as engines err:
the distance is that of Levenshtein, except that what looks alike costs less than 1,
also where several letters stand for one (Kolak & Resnik 2002, "OCR error correction
using a noisy channel model"; Reynaert 2008, "Non-interactive OCR post-correction for
giga-scale digitization projects"). Tokens hold letters and digits alone: what was read
as a mark inside a word has parted it, and is not found.
"""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ocr_core.errors import SettingsError
from ocr_core.mining.lemmas import lexicons_of
from ocr_core.mining.selection import Selection, select
from ocr_core.tokenizer import split

if TYPE_CHECKING:
    import pandas as pd

Confusions = Mapping[tuple[str, str], float]  # (as printed, as read): cost, below 1
Change = tuple[str, str]
Ending = tuple[str, str, float]

# What looks alike, and its cost; both ways. The pairs are those that studies of OCR
# errors name again and again (Rice, Nagy & Nartker 1999, "Optical character
# recognition: an illustrated guide to the frontier"; Taghva & Stofsky 2001, "OCRSpell";
# Holley 2009, "How good can it get?", for newspapers). The three costs are our own
# judgement of how common each is; `learn` puts them right for a corpus.
ALIKE = {
    0.25: "rn/m cl/d li/h vv/w ii/u l/1 l/i i/1 0/o c/e h/b u/n s/f",
    0.4: "in/m ni/m nn/m ri/n ii/n lc/k lo/b ol/d c/o e/o a/o a/e t/l t/f t/i i/j g/q "
    "v/y n/m n/r r/v 5/s 8/b 6/b 9/g 2/z 8/s 1/t 7/t ll/u ti/h tt/n ll/n ll/h iu/m "
    "ui/m lt/h k/h",
    0.6: "a/s a/u e/s r/t x/z d/a g/y p/n f/r c/t e/i b/d z/s 4/a 3/e 11/u rr/n",
}
ACCENTED = "àáâãäåçèéêëìíîïñòóôõöøùúûüýÿ"
ACCENT = 0.35  # an accent lost, gained or mistaken
CAPITAL = 0.2  # of a letter that has the same shape as a capital
SAME_SHAPE = "ckopsuvwxyz"
# Foldings after which the pairs above are mostly one letter, to find candidates by.
FOLDINGS = (
    "rn/m cl/d li/h vv/w ii/u in/m ni/m nn/m ri/n lc/k ll/u 1/l i/l j/l t/l 0/o c/e "
    "o/e a/e f/s 5/s 8/b h/b n/u r/u v/y 6/b 9/g q/g 2/z"
)
DEAREST = 1.5  # farther words are not listed
UNSURE = 0.9  # dearer words are not selected; in short words less, by `PER_LETTER`
PER_LETTER = 0.15
LEAST = 0.15  # cost of what was learnt for sure
SEEN = 4  # sightings after which half of the way there is learnt
SURE_CONF = 95  # mean confidence of a word that is hardly another, misread
FREQUENT = 0.5  # of the term's own count: more is a word of its own
COLUMNS = ["term", "count", "documents", "conf", "cost", "changes", "known", "selected"]


def default_confusions() -> dict[Change, float]:
    """Return what engines commonly confuse: (as printed, as read) and its cost."""
    table: dict[Change, float] = {}
    for cost, pairs in ALIKE.items():
        for pair in pairs.split():
            one, other = pair.split("/")
            table[one, other] = table[other, one] = cost
    plain = {each: unicodedata.normalize("NFD", each)[0] for each in ACCENTED}
    for letter, base in plain.items():
        for other in (base, *(each for each in plain if plain[each] == base)):
            if other != letter:
                table[letter, other] = table[other, letter] = ACCENT
    for letter in SAME_SHAPE:
        table[letter, letter.upper()] = table[letter.upper(), letter] = CAPITAL
    return table | {("ß", "b"): 0.25, ("ß", "ss"): 0.25, ("ø", "o"): ACCENT}


CONFUSIONS: Confusions = default_confusions()


class Alignment(NamedTuple):
    """How a word turns into what was read: the sum of costs, and what changes."""

    cost: float
    changes: tuple[Change, ...]


def aligned(
    right: str, read: str, confusions: Confusions = CONFUSIONS, most: float = np.inf
) -> Alignment | None:
    """Find the cheapest way from a word to what was read; None where none is cheap.

    Changes that are no confusion cost 1: a letter lost, added or replaced.
    """
    return _walked(_endings(right, confusions), right, read, most)


def _walked(
    ending: Sequence[Sequence[Ending]], right: str, read: str, most: float
) -> Alignment | None:
    width = len(read) + 1
    costs = [[np.inf] * width for _ in ending]
    ways: list[list[Change]] = [[("", "")] * width for _ in ending]
    costs[0] = [float(j) for j in range(width)]
    ways[0] = [("", each) for each in f" {read}"]
    for i, row in enumerate(costs[1:], 1):
        above, way = costs[i - 1], ways[i]
        for j in range(width):
            if j and above[j - 1] + 1 < row[j]:
                row[j], way[j] = above[j - 1] + 1, (right[i - 1], read[j - 1])
            if j and row[j - 1] + 1 < row[j]:
                row[j], way[j] = row[j - 1] + 1, ("", read[j - 1])
            for a, b, cost in ending[i]:
                if read.endswith(b, 0, j) and len(b) <= j:
                    total = costs[i - len(a)][j - len(b)] + cost
                    if total < row[j]:
                        row[j], way[j] = total, (a, b)
    total = costs[-1][-1]
    return Alignment(total, _way_back(ways)) if total <= most else None


def _endings(right: str, confusions: Confusions) -> list[list[Ending]]:
    """Return for each place in a word what may end there, and its cost."""
    by_printed: dict[str, list[Ending]] = {}
    for (a, b), cost in confusions.items():
        by_printed.setdefault(a, []).append((a, b, cost))
    found: list[list[Ending]] = [[]]
    for i, letter in enumerate(right, 1):
        here = [(letter, letter, 0.0), (letter, "", 1.0)]
        for start in range(max(0, i - 3), i):
            here += by_printed.get(right[start:i], [])
        found.append(here)
    return found


def _way_back(ways: Sequence[Sequence[Change]]) -> tuple[Change, ...]:
    i, j = len(ways) - 1, len(ways[0]) - 1
    changes = []
    while i or j:
        a, b = ways[i][j]
        changes.append((a, b))
        i, j = i - len(a), j - len(b)
    return tuple(reversed(changes))


def learn(
    pairs: Iterable[tuple[str, str]], confusions: Confusions = CONFUSIONS
) -> dict[Change, float]:
    """Make what was seen to be confused cheaper.

    Seen n times, what a change costs above `LEAST` shrinks to `SEEN` / (`SEEN` + n) of
    that. The order of the pairs does not matter.

    Parameters
    ----------
    pairs
        As read, and right: words that were corrected, or `word_pairs` of a page and
        its ground truth. A pair that has little in common teaches nothing.
    """
    seen: Counter[Change] = Counter()
    for read, right in pairs:
        was, is_now = split(read.lower()), split(right.lower())
        if len(was) == len(is_now):
            for one, other in zip(was, is_now, strict=True):
                seen.update(_lessons(one, other, confusions))
    learnt = dict(confusions)
    for change, count in seen.items():
        known = confusions.get(change, 1.0)
        learnt[change] = LEAST + max(0.0, known - LEAST) * SEEN / (SEEN + count)
    return learnt


def _lessons(read: str, right: str, confusions: Confusions) -> Iterator[Change]:
    """Yield what was confused; a letter lost or added goes with its neighbour."""
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
) -> "pd.DataFrame":
    """List the words that may be a word misread, the likeliest first.

    Parameters
    ----------
    term
        One word; it comes first, whether it is there or not.
    confusions
        What costs less than another letter: `CONFUSIONS`, or what was learnt.

    Returns
    -------
    DataFrame
        term, count, documents, conf (mean confidence, 0 to 100), cost, changes (as
        in ``rn→m, e→c``), known, selected. A word is not selected that a lexicon of the
        pages' languages knows, that is more than half as frequent as the term, that is
        dearer than `UNSURE` or `PER_LETTER` for each letter, or that was read with a
        mean confidence of `SURE_CONF`: it is a word of its own. What was confirmed
        before is selected.

    Raises
    ------
    SettingsError
        Where the term is no word, or more than one.
    """
    import pandas as pd

    selection = as_read(selection)
    term = as_counted(selection, term)
    confirmed = selection.tokens.misread
    found = {term: Alignment(0.0, ())} | _near(selection, term, confusions)
    ids = selection.ids
    counts = {w: int(selection.counts[ids[w]]) if w in ids else 0 for w in found}
    dear = min(UNSURE, PER_LETTER * len(term))
    knows = _lexicon(selection)
    rows = []
    for word, (cost, changes) in found.items():
        known = knows(word)
        frequent = counts[word] > max(2, FREQUENT * counts[term])
        chosen = word == term or (cost <= dear and not known and not frequent)
        rows.append((word, counts[word], cost, _told(changes), known, chosen))
    rows.sort(key=lambda row: (row[0] != term, not row[-1], row[2], -row[1], row[0]))
    table = pd.DataFrame(rows, columns=["term", "count", *COLUMNS[4:]])
    documents, confs = _spread(selection, table["term"].tolist())
    table = table.assign(documents=documents, conf=confs)[COLUMNS]
    known_as = [confirmed.get(word.lower()) == term.lower() for word in table["term"]]
    sure = ((table["conf"] >= SURE_CONF) & (table["term"] != term)).to_numpy()
    chosen = (table["selected"].to_numpy(bool) & ~sure) | np.array(known_as, bool)
    table["selected"] = chosen
    order = np.argsort(~chosen, kind="stable")
    return table.iloc[order].head(limit).reset_index(drop=True)


def as_read(selection: Selection) -> Selection:
    """Return the same pages with misread forms as they were read."""
    if not selection.tokens.misread or selection.filter.misreadings == "keep":
        return selection
    wanted = selection.filter.model_copy(update={"misreadings": "keep"})
    return select(selection.tokens, wanted).part(selection.chosen)


def likely_misreadings(
    selection: Selection, terms: Sequence[str]
) -> list[tuple[str, str]]:
    """Return which of some words may be commoner ones misread, each with that word.

    No lexicon knows them, they were read with less than `SURE_CONF`, and a word at
    least twice as frequent is near.
    """
    from rapidfuzz import process
    from rapidfuzz.distance import Levenshtein

    knows = _lexicon(selection)
    counts = selection.counts
    common = [selection.vocabulary[n] for n in np.flatnonzero(counts > 1).tolist()]
    confs = _spread(selection, terms)[1]
    found = []
    for term, conf in zip(terms, confs, strict=True):
        if term not in selection.ids or not conf < SURE_CONF or knows(term):
            continue
        own = counts[selection.ids[term]]
        near = process.extract(
            term, common, scorer=Levenshtein.distance, score_cutoff=2, limit=None
        )
        most = min(UNSURE, PER_LETTER * len(term))
        ways = [
            (way.cost, word)
            for word, _, _ in near
            if word != term and counts[selection.ids[word]] >= 2 * own
            if (way := aligned(word, term, most=most))
        ]
        if ways:
            found.append((term, min(ways)[1]))
    return found


def as_counted(selection: Selection, term: str) -> str:
    """Return a word as the selection counts it."""
    words = split(term)
    if len(words) != 1:
        raise SettingsError(
            "{0} is not one word.",
            term.strip() or "Nothing",
            hint="Look for variants of one word at a time.",
        )
    found = selection.as_counted(words[0])
    return next((word for word in found if word in selection.ids), found[0])


def _told(changes: Iterable[Change]) -> str:
    return ", ".join(f"{a}→{b}" for a, b in changes if a != b)


def _near(
    selection: Selection, term: str, confusions: Confusions
) -> dict[str, Alignment]:
    """Return the words that occur within reach of a word."""
    from rapidfuzz import process
    from rapidfuzz.distance import Levenshtein

    words = np.array(selection.vocabulary, object)[selection.counts > 0].tolist()
    if not words:
        return {}
    reach = 1 if len(term) < 4 else 2 if len(term) < 7 else 3
    candidates = {term} & selection.ids.keys()
    for spell, most in ((str, reach), (folded, max(1, reach - 1))):
        # One long text is folded at once: a word at a time takes seconds.
        spellings = spell("\n".join(words)).split("\n")
        near = process.extract(
            spell(term),
            spellings,
            scorer=Levenshtein.distance,
            score_cutoff=most,
            limit=None,
        )
        candidates |= {words[place] for _, _, place in near}
    most_cost = min(DEAREST, 0.2 * len(term))
    ending = _endings(term, confusions)
    ways = ((word, _walked(ending, term, word, most_cost)) for word in candidates)
    return {
        word: way for word, way in ways if way and selection.counts[selection.ids[word]]
    }


def folded(text: str) -> str:
    """Return a text in which what looks alike is the same letter."""
    text = text.lower()
    for letter in ACCENTED:
        text = text.replace(letter, unicodedata.normalize("NFD", letter)[0])
    for pair in FOLDINGS.split():
        text = text.replace(pair.split("/")[0], pair.split("/")[1])
    return text


def _lexicon(selection: Selection) -> Callable[[str], bool]:
    """Return what tells whether a language of the pages that are counted has a word."""
    lexicons = lexicons_of(selection.languages)

    def knows(word: str) -> bool:
        import simplemma  # a lexicon takes 0.1 to 2 s, once a process

        return bool(lexicons) and simplemma.is_known(word, lang=lexicons)

    return knows


def _spread(
    selection: Selection, words: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Return in how many documents words occur, and their mean confidence."""
    place = np.full(len(selection.vocabulary) + 1, -1)
    for n, word in enumerate(words):
        if word in selection.ids:
            place[selection.ids[word]] = n
    of = place[selection.terms]  # what is left out, -1, finds the last: no word
    at = np.flatnonzero(of >= 0)
    of = of[at]
    documents = selection.document_of_page[selection.tokens.pages[at]]
    both = np.unique(of * (len(selection.documents) + 1) + documents)
    spread = np.bincount(both // (len(selection.documents) + 1), minlength=len(words))
    counts = np.bincount(of, minlength=len(words))
    sums = np.bincount(of, selection.tokens.confs[at], minlength=len(words))
    with np.errstate(invalid="ignore"):
        return spread, sums / counts


def counts(selection: Selection, term: str, chosen: Iterable[str]) -> "pd.DataFrame":
    """Count a word strictly, and together with the variants that were selected.

    Returns
    -------
    DataFrame
        Two rows, strict and tolerant: search, words (how many spellings), count,
        documents, pages, per_million (of the running words).
    """
    import pandas as pd

    selection = as_read(selection)
    term = as_counted(selection, term)
    rows = []
    for search, words in (("strict", {term}), ("tolerant", {term, *chosen})):
        wanted = np.zeros(len(selection.vocabulary) + 1, bool)
        wanted[[selection.ids[word] for word in words if word in selection.ids]] = True
        pages = selection.tokens.pages[wanted[selection.terms]]
        on = np.unique(pages)
        documents = len(np.unique(selection.document_of_page[on]))
        rate = 1e6 * len(pages) / max(1, selection.running)
        rows.append((search, len(words), len(pages), documents, len(on), rate))
    columns = ["search", "words", "count", "documents", "pages", "per_million"]
    return pd.DataFrame(rows, columns=columns)
