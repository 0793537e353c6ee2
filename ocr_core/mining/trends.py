"""Trends: the frequency of words over the values of a metadata column, such as year."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ocr_core.errors import SettingsError
from ocr_core.mining.grouping import per_million, wilson
from ocr_core.mining.hits import positions
from ocr_core.mining.progress import ReportProgress, Steps, no_report
from ocr_core.mining.selection import Selection

if TYPE_CHECKING:
    import pandas as pd

NUMBER = re.compile(r"\s*(\d+)")  # at the start of a value: the year of a date
MAX_BINS = 2000


def trends(
    selection: Selection,
    terms: Sequence[str] | Mapping[str, str],
    column: str,
    *,
    bin_width: int = 0,
    window: int = 1,
    parts: str = "",
    progress: ReportProgress = no_report,
) -> "pd.DataFrame":
    """Count words by the values of a metadata column, such as year.

    Documents without a value are not counted. The frequency is NaN for a value without
    running words.

    Parameters
    ----------
    terms
        Words, phrases or patterns, as in a concordance; or a query for each name that
        is to stand in the table.
    column
        Of `Tokens.metadata`.
    bin_width
        Join the numbers at the start of the values to bins of this width, such as 10
        for decades; 0 keeps each value. Bins without a document are rows too.
    window
        Smooth over this many values, centred; odd.
    parts
        Another column: count each of its values apart.
    progress
        Called with the number of finished steps and of all steps.

    Returns
    -------
    table
        value (in natural order; of a bin the first number), term, part (if `parts` is
        given), count, per_million (of the value's running words), tokens (the running
        words of the value), low, high (of the 95 % interval after Wilson 1927, per
        million), smoothed (if `window` is above 1: the counts of the window per million
        of its running words), hidden (hits that the filter leaves out, beside those
        counted).

    Raises
    ------
    SettingsError
        If the corpus has no such column, or its values do not begin with numbers.
    """
    import pandas as pd
    from natsort import natsorted

    queries = terms if isinstance(terms, Mapping) else {term: term for term in terms}
    of_document = selection.metadata_of_documents(column)
    if bin_width:
        of_document, values = _binned(of_document, column, bin_width)
    else:
        values = natsorted({*of_document} - {""})
    names, part_of = [""], [""] * len(of_document)
    if parts:
        part_of = selection.metadata_of_documents(parts)
        names = natsorted({*part_of} - {""})
    shape = len(names), len(values)
    cells = _cells(part_of, names, of_document, values)
    tokens = _sums(cells, shape, selection.running_by_document)
    step = Steps(progress, 2 * len(queries))

    def counted(selection: Selection, query: str) -> np.ndarray:
        documents = selection.documents_at(positions(selection, query).starts)
        step()
        return _sums(cells[documents], shape)

    counts, shown = (
        np.array([counted(each, query) for query in queries.values()], int).reshape(
            len(queries), *shape
        )
        for each in (selection, selection.unhidden)
    )
    figures = _figures(counts, tokens, window)
    figures["hidden"] = np.maximum(0, shown - counts)
    labels = {"value": values, "term": list(queries), "part": names}
    index = pd.MultiIndex.from_product([*labels.values()], names=[*labels])
    columns = {
        name: figure.transpose(2, 0, 1).ravel() for name, figure in figures.items()
    }
    table = pd.DataFrame(columns, index=index).reset_index()
    return table if parts else table.drop(columns="part")


def _figures(
    counts: np.ndarray, tokens: np.ndarray, window: int
) -> dict[str, np.ndarray]:
    """Return the columns that follow from (terms, parts, values) counts of hits.

    `tokens` are the running words of (parts, values).
    """
    low, high = wilson(counts, np.maximum(tokens, counts))
    figures = {
        "count": counts,
        "per_million": _rates(counts, tokens),
        "tokens": np.broadcast_to(tokens, counts.shape),
        "low": np.where(tokens, 1e6 * low, np.nan),
        "high": np.where(tokens, 1e6 * high, np.nan),
    }
    if window > 1:
        figures["smoothed"] = _rates(_over(counts, window), _over(tokens, window))
    return figures


def _binned(
    values: Sequence[str], column: str, width: int
) -> tuple[list[str], list[str]]:
    """Return the bin of each value, "" for one without a number, and all bins."""
    numbers = [NUMBER.match(value) for value in values]
    starts = [int(each[1]) // width * width if each else None for each in numbers]
    known = [start for start in starts if start is not None]
    if not known:
        raise SettingsError(
            "The values of {0} do not begin with a number.",
            column,
            hint="Count each value, without bins.",
        )
    if (max(known) - min(known)) // width >= MAX_BINS:
        raise SettingsError(
            "There would be more than {0} bins.", MAX_BINS, hint="Make them wider."
        )
    bins = [str(start) for start in range(min(known), max(known) + 1, width)]
    return ["" if start is None else str(start) for start in starts], bins


def _cells(
    part_of: Sequence[str],
    parts: Sequence[str],
    value_of: Sequence[str],
    values: Sequence[str],
) -> np.ndarray:
    """Return the number of each document's cell in (parts, values); -1 for none."""
    rows = {part: n for n, part in enumerate(parts)}
    columns = {value: n for n, value in enumerate(values)}
    return np.array(
        [
            rows[part] * len(values) + columns[value]
            if part in rows and value in columns
            else -1
            for part, value in zip(part_of, value_of, strict=True)
        ],
        int,
    )


def _sums(
    cells: np.ndarray, shape: tuple[int, int], weights: np.ndarray | None = None
) -> np.ndarray:
    """Return the number of items in each cell, or the sum of their weights."""
    sums = np.bincount(cells + 1, weights, shape[0] * shape[1] + 1)[1:]
    return sums.astype(int).reshape(shape)


def _rates(counts: np.ndarray, tokens: np.ndarray) -> np.ndarray:
    return np.where(tokens, per_million(counts, tokens), np.nan)


def _over(figures: np.ndarray, window: int) -> np.ndarray:
    """Return the sums over a window of values around each value."""
    from scipy.ndimage import correlate1d

    sums: np.ndarray = correlate1d(figures, np.ones(window, int), mode="constant")
    return sums
