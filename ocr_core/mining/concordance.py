"""Concordance: every hit of a query with its context, in the order asked for."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ocr_core.errors import SettingsError
from ocr_core.knobs import Group, knob
from ocr_core.messages import Message
from ocr_core.mining.grouping import grouped, per_million
from ocr_core.mining.hits import Hits, Match, positions
from ocr_core.mining.passages import Passages, Printed
from ocr_core.mining.progress import ReportProgress, Steps, no_report
from ocr_core.mining.selection import Selection
from ocr_core.mining.tokens import Tokens
from ocr_core.mining.variants import CONFUSIONS, Confusions
from ocr_core.tokenizer import unaccented

if TYPE_CHECKING:
    import pandas as pd

CONTEXT = re.compile(r"([LR])([1-9])")
ORDERS = ("page", "left", "right", "keyword", "document", "confidence")
WIDER = {"left": "L1,L2,L3", "right": "R1,R2,R3"}
ANY_LABEL = "*"
DOCUMENT = "document"  # by which hits are counted, beside the columns of metadata

Key = Callable[[Hits], np.ndarray]  # sort keys, whole numbers from 0, of hits
# The labels of marked words, each by doc_id, page_num and its index on the page.
Labels = Mapping[tuple[str, int, int], str]


class ConcordanceOptions(Group):
    """Which hits of a query are listed, and in which order."""

    match: Match = knob(
        "exact",
        "Find words as asked for, only the forms they were probably misread as, or "
        "both.",
    )
    window: int = knob(8, "Words on either side.", ge=0, le=100)
    sort: str = knob(
        "page",
        "By page, left, right, keyword, document, confidence, or words before and "
        "after the hit, as in R1,R2,L1; R9 is the farthest.",
        max_length=100,
    )
    label: str = knob(
        "",
        "List only lines that are marked with this label; * stands for any label.",
        max_length=200,
    )
    sample: int = knob(
        0, "List only this many hits, drawn at random; 0 lists all.", ge=0
    )
    seed: int = knob(
        1, "Of the random numbers: the same one draws the same hits.", ge=0
    )


def kwic(
    selection: Selection,
    query: str | Sequence[str],
    *,
    offset: int = 0,
    limit: int = 50,
    printed: Printed | None = None,
    labels: Labels | None = None,
    confusions: Confusions = CONFUSIONS,
    **options: Any,
) -> tuple["pd.DataFrame", int]:
    """Return a slice of the concordance of a query, and the number of hits.

    The context is shown as spelled. It includes the words that the filter leaves out,
    except running heads, continues across pages, and stops at the ends of the
    document.

    Parameters
    ----------
    query
        As for `positions`.
    offset, limit
        How many hits to skip, and how many to return after them.
    printed
        Returns the words of a reading, so that the text is shown with its punctuation,
        as `Corpus.printed_words` does; without it, tokens are shown alone.
    labels
        The labels of words that people marked, each by doc_id, page_num and its index.
    confusions
        Costs of misreadings, if they are looked for.
    **options
        Those of `ConcordanceOptions`.

    Returns
    -------
    table
        The fields of `ConcordanceLine`.
    total
        Number of all hits, or of those drawn.
    """
    asked = ConcordanceOptions(**options)
    hits = found_hits(selection, query, asked, confusions, labels or {})
    table = concordance_lines(
        selection.tokens,
        hits,
        window=asked.window,
        sort=asked.sort,
        offset=offset,
        limit=limit,
        printed=printed,
        labels=labels,
    )
    return table, len(hits)


def found_hits(
    selection: Selection,
    query: str | Sequence[str],
    options: ConcordanceOptions,
    confusions: Confusions = CONFUSIONS,
    labels: Labels | None = None,
    progress: ReportProgress = no_report,
) -> Hits:
    """Return the hits of a query that the options choose, in reading order."""
    hits = positions(
        selection,
        query,
        match=options.match,
        confusions=confusions,
        progress=progress,
    )
    if options.label:
        marked = [
            each
            for each, label in (labels or {}).items()
            if options.label in (ANY_LABEL, label)
        ]
        hits = hits.at(_begin_at(selection.tokens, hits, set(marked)))
    if not 0 < options.sample < len(hits):
        return hits
    rng = np.random.default_rng(options.seed)
    chosen = rng.choice(len(hits), options.sample, replace=False)
    return hits.at(np.sort(chosen))


def _begin_at(
    tokens: Tokens, hits: Hits, places: set[tuple[str, int, int]]
) -> np.ndarray:
    """Return the numbers of the hits whose first word is at one of some places."""
    pages = {each[:2] for each in places}
    on_page = [(page.doc_id, page.page_num) in pages for page in tokens.page_infos]
    near = np.flatnonzero(tokens.by_page(np.array(on_page, bool), hits.starts))
    words = tokens.words(hits.starts[near]).first.tolist()
    found = []
    for n, word in zip(near.tolist(), words, strict=True):
        page = tokens.page(hits.starts[n])
        if (page.doc_id, page.page_num, word) in places:
            found.append(n)
    return np.array(found, int)


def concordance_lines(
    tokens: Tokens,
    hits: Hits,
    *,
    window: int = 8,
    sort: str = "page",
    offset: int = 0,
    limit: int = 50,
    printed: Printed | None = None,
    labels: Labels | None = None,
) -> "pd.DataFrame":
    """Return a slice of hits with their context, as `kwic` does."""
    import pandas as pd

    shown = sorted_slice(tokens, hits, sort, offset, limit)
    passages = Passages(tokens, printed)
    places = list(zip(shown.starts.tolist(), shown.ends.tolist(), strict=True))
    # In the order of the corpus, so that hits of the same page share its words.
    rows = {each: _row(tokens, *each, window, passages) for each in sorted(places)}
    lines = [rows[each] for each in places]
    if labels:
        lines = [
            line._replace(
                label=labels.get((line.doc_id, line.page_num, line.word_index), "")
            )
            for line in lines
        ]
    return pd.DataFrame(lines, columns=ConcordanceLine._fields)


def sorted_slice(
    tokens: Tokens,
    hits: Hits,
    sort: str,
    offset: int,
    limit: int,
    progress: ReportProgress = no_report,
) -> Hits:
    """Return a slice of hits as sorted, which `concordance_lines` keeps in its order.

    `sort` is as in `ConcordanceOptions`; "page" keeps the order of the hits.
    """
    keys = list(_keys(tokens, hits, sort))
    return _slice(hits, keys, offset, offset + limit, Steps(progress, 1 + len(keys)))


def values_by_document(selection: Selection, column: str) -> list[str]:
    """Return what each document has in a column: its name, or a value of metadata."""
    if column == DOCUMENT and column not in selection.tokens.metadata:
        return selection.documents
    return selection.metadata_of_documents(column)


def count_by(selection: Selection, hits: Hits, column: str) -> "pd.DataFrame":
    """Count hits by document, or by the values of a metadata column.

    Parameters
    ----------
    column
        "document", or a column of `Tokens.metadata`.

    Returns
    -------
    table
        value (in natural order; "" for documents without one), count, documents (that
        have hits), tokens (running words of all documents of the value), per_million.
        Values without hits are rows too.

    Raises
    ------
    SettingsError
        If the corpus has no such column.
    """
    import pandas as pd
    from natsort import natsorted, ns

    of_document = values_by_document(selection, column)
    values = natsorted(set(of_document), alg=ns.IGNORECASE)
    numbers = {value: n for n, value in enumerate(values)}
    cell = np.array([numbers[value] for value in of_document], int)
    documents = selection.documents_at(hits.starts)
    counts = np.bincount(cell[documents], minlength=len(values))
    tokens = np.bincount(cell, selection.running_by_document, len(values)).astype(int)
    return pd.DataFrame(
        {
            "value": values,
            "count": counts,
            "documents": np.bincount(cell[np.unique(documents)], minlength=len(values)),
            "tokens": tokens,
            "per_million": per_million(counts, tokens),
        }
    )


def restricted(
    selection: Selection, hits: Hits, column: str, values: Sequence[str]
) -> Hits:
    """Return the hits in documents that have one of some values in a column."""
    wanted = set(values)
    inside = [each in wanted for each in values_by_document(selection, column)]
    return hits.at(np.array(inside, bool)[selection.documents_at(hits.starts)])


class ConcordanceLine(NamedTuple):
    """A line of a concordance.

    `conf` is the lowest confidence of the hit's words, 0 to 100. `word_index` and
    `last_word_index` are those of its first and last word on its page, among those
    that the engine read; `hyphenated` says whether the last word continues on the next
    line. `result_id` is the page's reading. `label` is what a person marked it with.
    """

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
    label: str = ""


def _row(
    tokens: Tokens, first: int, end: int, window: int, passages: Passages
) -> ConcordanceLine:
    page = tokens.page(first)
    start, stop = tokens.document_range(first)
    start, stop = max(start, first - window), min(stop, end + window)
    left, keyword, right = passages.around(start, first, end, stop)
    conf = int(tokens.confs(slice(first, end)).min())
    while tokens.page(end - 1) != page:  # the rest of the hit is on the next page
        end -= 1
    last = tokens.words(end - 1)
    return ConcordanceLine(
        left,
        keyword,
        right,
        page.doc_id,
        page.page_num,
        conf,
        int(tokens.words(first).first),
        int(last.last),
        bool(last.hyphenated),
        page.reading,
    )


def _slice(hits: Hits, keys: Sequence[Key], start: int, stop: int, step: Steps) -> Hits:
    """Return a slice of the hits as sorted by keys.

    A key is computed only for hits that may still be in the slice.
    """
    start, stop = max(0, start), min(stop, len(hits))
    group = np.zeros(len(hits), np.int64)
    for key in keys:
        if start >= stop:
            break
        order, first = grouped(group, key(hits))
        group = np.cumsum(first)
        low = int(np.searchsorted(group, group[start], "left"))
        high = int(np.searchsorted(group, group[stop - 1], "right"))
        hits, group = hits.at(order[low:high]), group[low:high]
        start, stop = start - low, stop - low
        step()
    return hits.at(slice(start, max(start, stop)))


def _keys(tokens: Tokens, hits: Hits, sort: str) -> Iterator[Key]:
    """Yield the keys by which hits are sorted."""
    for name in ",".join(WIDER.get(part, part) for part in sort.split(",")).split(","):
        beside = CONTEXT.fullmatch(name.strip())
        if beside:
            far = int(beside[2])
            yield _alphabet(tokens, -far if beside[1] == "L" else far)
        elif name == "keyword":
            yield from (_alphabet(tokens, n, inside=True) for n in range(hits.longest))
        elif name == "document":
            yield lambda some: tokens.by_page(_natural(tokens), some.starts)
        elif name == "confidence":
            yield lambda some: _conf(tokens, some)
        elif name != "page":
            raise SettingsError(
                "The concordance cannot be sorted by {0}.",
                name,
                hint=Message(
                    "Choose one of {0}, or words as in R1,R2,L1.", ", ".join(ORDERS)
                ),
            )


def _conf(tokens: Tokens, hits: Hits) -> np.ndarray:
    """Return the lowest confidence of the words of each hit."""
    found = tokens.confs(hits.starts).copy()
    for n in range(1, hits.longest):
        at = np.minimum(hits.starts + n, hits.ends - 1)
        np.minimum(found, tokens.confs(at), out=found)
    return found


def _alphabet(tokens: Tokens, step: int, *, inside: bool = False) -> Key:
    """Return a key by one word of a hit or near it; no word sorts first.

    Parameters
    ----------
    step
        How many tokens before a hit (below 0) or after its end (above 0); `inside`, how
        many after its first.
    """

    def key(hits: Hits) -> np.ndarray:
        starts = hits.starts
        wanted = hits.ends - 1 + step if step > 0 and not inside else starts + step
        beside = np.clip(wanted, 0, len(tokens) - 1)
        known = (beside == wanted) & ((beside < hits.ends) | (not inside))
        document, own = (
            tokens.by_page(tokens.document_of_page, at) for at in (beside, starts)
        )
        known &= document == own
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
        return np.where(known, order[forms], 0)

    return key


def _alphabetical(form: str) -> str:
    """Return the sort key of a word: its letters, then their accents."""
    small = form.lower()
    if small.isascii():
        return small
    return f"{unaccented(small)}\0{small}"


def _natural(tokens: Tokens) -> np.ndarray:
    """Return for each page the rank of its document in natural order of names."""
    from natsort import natsorted, ns

    names = natsorted(tokens.documents, alg=ns.IGNORECASE)
    ranks = {name: n for n, name in enumerate(names)}
    of_document = np.array([ranks[name] for name in tokens.documents], int)
    return of_document[tokens.document_of_page]
