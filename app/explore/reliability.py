"""Reliability: how recognition quality affects the numbers of a view."""

from collections.abc import Callable, Iterable, Mapping

import pandas as pd
import streamlit as st

from ocr_core.errors import SettingsError
from ocr_core.mining import Selection
from ocr_core.mining.frequency import commonest
from ocr_core.mining.reliability import (
    Difference,
    better_half,
    groups_differ,
    measure_reliability,
    overlap,
)
from ocr_core.page import DOUBTFUL

from ..i18n import gettext
from ..ui.widgets import plain
from .background import showing_progress
from .distributions import quality_boxes
from .tables import described_column, show_table
from .token_cache import TokenCache

TOP = 50

state = st.session_state


View = Callable[[Selection], Iterable[str]]


def show_reliability(
    cache: TokenCache,
    selection: Selection,
    terms: Iterable[str] = (),
    view: View | None = None,
    *,
    key: object = "",
) -> None:
    """Show the confidence of the counted words, and the agreement of better pages.

    Parameters
    ----------
    terms
        The rows of the current view, in its order.
    view
        The function that computes these rows; called again for the better half of the
        pages.
    key
        The options of the view besides the filter.
    """
    of = (
        selection.filter,
        selection.chosen.tobytes(),
    )  # a part of the corpus has the same filter
    with showing_progress(cache.jobs):  # what follows does not wait for it
        found = cache.long(
            ("trust", *of),
            gettext("Looking how well the words were read…"),
            lambda _: measure_reliability(selection),
        )
        parts = [
            gettext(
                "{share:.0f} % of the tokens are below {cut} % confidence",
                share=100 * found.share_low_conf,
                cut=DOUBTFUL,
            )
        ]
        top = list(terms)[:TOP]
        if view is not None and len(top) == TOP:
            better = cache.long(
                ("better", key, *of),
                gettext("Counting the pages that were read better…"),
                lambda _: best_rows(view, better_half(selection)),
            )
            if better:  # the pages may have no quality value
                parts.append(
                    gettext(
                        "{share:.0f} % of the first {top} rows are also among the "
                        "first {top} rows for the half of the pages with better "
                        "quality",
                        share=100 * overlap(top, better),
                        top=TOP,
                    )
                )
        st.caption(":material/verified: " + " · ".join(parts))


def best_rows(view: View, better: Selection) -> list[str]:
    """Return the first rows of a view; none if there is nothing to count."""
    try:
        return list(view(better))[:TOP]
    except SettingsError:
        return []


def most_common(selection: Selection) -> list[str]:
    """Return the most frequent words."""
    return commonest(selection, TOP)


def common_terms(cache: TokenCache, selection: Selection) -> list[str]:
    """Return the most frequent words, from the cache if possible."""
    return cache.once(("terms", selection.filter), lambda: commonest(selection, TOP))


def say_gap(found: Difference) -> bool:
    """Warn if the compared parts differ in recognition quality."""
    gap = found.gap
    if gap is None:
        return False
    text = gettext(
        "{worst} was read worse than {best} (median quality {low:.2f} and "
        "{high:.2f}): recognition errors may explain part of any difference between "
        "them.",
        worst=plain(gap.worst),
        best=plain(gap.best),
        low=gap.low,
        high=gap.high,
    )
    st.warning(f"{text} {say_test(found)}")
    return True


def say_test(found: Difference) -> str:
    """Return the test and its result as text."""
    if found.p_value is None:
        return gettext("There are too few documents for a test.")
    return gettext(
        "Kruskal–Wallis test on the mean quality of documents: p = {p:.3g}, effect "
        "(epsilon squared) {effect:.2f}.",
        p=found.p_value,
        effect=found.effect,
    )


def reliability_view(cache: TokenCache, selection: Selection) -> None:
    """Show the quality of the pages, and whether compared parts differ in it."""
    show_reliability(
        cache, selection, common_terms(cache, selection), most_common, key="words"
    )
    columns = list(selection.tokens.metadata)
    if not columns:
        st.info(
            gettext(
                "Press Add metadata above to compare the quality of years, sources "
                "or groups: if it differs, the counts may differ for that reason "
                "alone."
            )
        )
        return
    column = st.selectbox(
        gettext("Compare"),
        columns,
        key="quality_over",
        bind="query-params",
        help=gettext("The column of metadata whose values are compared."),
    )
    found = cache.once(
        ("groups", column, selection.filter), lambda: groups_differ(selection, column)
    )
    if not say_gap(found):
        text = gettext(
            "No important difference in quality was found between the values of "
            "{column}.",
            column=plain(column),
        )
        st.success(f"{text} {say_test(found)}")
    names = {
        "quality_q1": gettext("quality, first quartile"),
        "quality_median": gettext("quality, median"),
        "quality_q3": gettext("quality, third quartile"),
    }
    quality_boxes(found, selection, column, names)
    show_parts(found.parts, selection, column, names)


def show_parts(
    table: pd.DataFrame, selection: Selection, column: str, names: Mapping[str, str]
) -> None:
    """Show the quality of the pages for each value of a column.

    `names` are the headings of the quartiles.
    """
    counted = {
        "documents": gettext("documents"),
        "rated": gettext("rated"),
        "pages": gettext("pages"),
        "unrated": gettext("unrated"),
    }
    show_table(
        table,
        selection,
        "quality",
        query=column,
        columns={
            "part": st.column_config.TextColumn(gettext("part")),
            **{
                each: described_column("quality", each, label=label, format="%d")
                for each, label in counted.items()
            },
            **{
                each: described_column("quality", each, label=label, format="%.3f")
                for each, label in names.items()
            },
        },
        alt_text=gettext(
            "The quality of the pages for each value of {column}", column=column
        ),
    )
