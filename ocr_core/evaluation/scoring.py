"""Scoring: compare pages with their ground truth, and summarise the scores."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from typing import Any

import numpy as np

from ocr_core.evaluation.intervals import (
    MIN_DOCUMENTS,
    Estimate,
    estimated,
    grouped_sums,
)
from ocr_core.evaluation.true_lines import KnownLines, text_at, true_text
from ocr_core.messages import Message
from ocr_core.page import PageResult
from ocr_core.text.evaluate import (
    Normalization,
    TextScore,
    characters_of,
    confusions,
    normalize,
    score,
)

Confusions = Counter[tuple[str, str]]


@dataclass(frozen=True)
class PageScore:
    """The score of one page, or of a whole document as page 0."""

    doc_id: str
    page_num: int
    score: TextScore
    language: str = ""
    quality: float | None = None
    seconds: float = 0.0
    status: str = "ok"
    truth: str = field(default="", repr=False)
    read: str = field(default="", repr=False)

    def row(self) -> dict[str, Any]:
        """Return the counts and rates as a row of a table."""
        return {
            "doc_id": self.doc_id,
            "page_num": self.page_num,
            "lang": self.language,
            "status": self.status,
            **asdict(self.score),
            "cer": rounded(self.score.cer),
            "wer": rounded(self.score.wer),
            "bag_f1": rounded(self.score.bag_f1),
            "order_free_cer": rounded(self.score.order_free_cer),
            "quality": self.quality,
            "seconds": self.seconds,
        }


@dataclass(frozen=True)
class Summary:
    """The error rates of several pages, each with its 95 % interval.

    `micro` is the number of errors divided by all characters (or words), `macro` the
    mean of the pages' rates. `resampled` names the units of the bootstrap.
    """

    pages: int
    documents: int
    total: TextScore
    micro: Mapping[str, Estimate]
    macro: Mapping[str, Estimate]
    resampled: str

    def as_dict(self) -> dict[str, Any]:
        """Return the summary as a JSON object."""
        return asdict(self)


def rounded(value: float | None) -> float | None:
    """Return a rate rounded for tables."""
    return None if value is None else round(value, 6)


def scored_pages(
    results: Iterable[PageResult],
    truths: Mapping[str, Sequence[str]],
    rules: Normalization,
    lines: KnownLines | None = None,
) -> Iterator[PageScore]:
    """Compare results with the ground truth of their documents, by `doc_id`.

    If there are as many texts as pages, each page is compared with its text, otherwise
    the whole document. In documents without ground truth, pages with known `lines` are
    compared there; other pages are skipped. A page that could not be read counts as a
    page without text.
    """
    for doc_id, group in groupby(results, key=lambda result: result.ref.doc_id):
        pages = list(group)
        texts = truths.get(doc_id)
        if texts is None:
            pairs = _by_lines(pages, lines or {})
        elif len(texts) == len(pages) or len(texts) > 1:
            pairs = _by_page(pages, texts)
        else:
            pairs = [(pages[0], texts[0], "\n".join(page.text for page in pages), 0)]
        for page, truth, read, number in pairs:
            yield PageScore(
                doc_id,
                number,
                score(truth, read, rules),
                page.language or str(page.settings.get("language", "")),
                page.quality,
                page.seconds,
                page.status,
                truth,
                read,
            )


def _by_lines(
    pages: Sequence[PageResult], lines: KnownLines
) -> list[tuple[PageResult, str, str, int]]:
    """Pair the true text of known lines with what was read in their boxes."""
    return [
        (page, true_text(known), text_at(page.rows, known), page.ref.number)
        for page in pages
        if (known := lines.get((page.ref.doc_id, page.ref.number)))
    ]


def _by_page(
    pages: Sequence[PageResult], texts: Sequence[str]
) -> list[tuple[PageResult, str, str, int]]:
    """Pair pages and texts by number; a document that did not open has no pages."""
    if len(pages) == 1 and not pages[0].ref.number:
        return [(pages[0], "\n".join(texts), "", 0)]
    return [
        (page, texts[page.ref.number - 1], page.text, page.ref.number)
        for page in pages
        if page.ref.number <= len(texts)
    ]


# Of the counts of each unit, those whose sums are divided.
MICRO: dict[str, Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]] = {
    "cer": lambda counts: (counts[:, 1], counts[:, 0]),
    "wer": lambda counts: (counts[:, 3], counts[:, 2]),
    "bag_f1": lambda counts: (2 * counts[:, 5], counts[:, 2] + counts[:, 4]),
    "order_free_cer": lambda counts: (counts[:, 6], counts[:, 0]),
}


def summary(scores: Sequence[PageScore]) -> Summary:
    """Return micro and macro averages with bootstrap intervals."""
    units, name = resampled_units(scores)
    counts = np.array([list(vars(each.score).values()) for each in scores], float)
    sums = grouped_sums(counts, units)
    macro = {}
    for figure in MICRO:
        values = [getattr(each.score, figure) for each in scores]
        known = [[value or 0.0, float(value is not None)] for value in values]
        columns = grouped_sums(np.array(known), units)
        macro[figure] = estimated(*columns.T)
    return Summary(
        pages=len(scores),
        documents=len({each.doc_id for each in scores}),
        total=sum((each.score for each in scores), TextScore()),
        micro={name: estimated(*figure(sums)) for name, figure in MICRO.items()},
        macro=macro,
        resampled=name,
    )


def resampled_units(scores: Sequence[PageScore]) -> tuple[list[Any], str]:
    """Return the bootstrap unit of each page, and the kind of unit."""
    documents = [each.doc_id for each in scores]
    if len(set(documents)) >= MIN_DOCUMENTS:
        return documents, Message("documents")
    return [(each.doc_id, each.page_num) for each in scores], Message("pages")


def summaries_by(
    scores: Iterable[PageScore], key: Callable[[PageScore], str]
) -> dict[str, Summary]:
    """Return a summary for each value of a key, such as the language."""
    groups: dict[str, list[PageScore]] = {}
    for each in scores:
        groups.setdefault(key(each), []).append(each)
    return {name: summary(groups[name]) for name in sorted(groups)}


def all_confusions(scores: Iterable[PageScore], rules: Normalization) -> Confusions:
    """Count the confusions on all pages."""
    found: Confusions = Counter()
    for each in scores:
        truth = characters_of(normalize(each.truth, rules), rules)
        read = characters_of(normalize(each.read, rules), rules)
        found.update(confusions(truth, read))
    return found
