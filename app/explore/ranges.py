"""Ranges: years, decades and other numbers of metadata, picked by slider."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import streamlit as st

from ocr_core.mining.conditions import range_in, with_range

from ..i18n import gettext
from .metadata import YEAR

WIDTHS = (0, 2, 5, 10, 20, 25, 50, 100)  # of a bin, in years; 0 joins none
DECADE = 10
MANY = 12  # numbers; more are joined to decades at first
TO = "–"  # between the ends of a bin
CONDITIONS = "only_metadata"  # the control of the filter that holds the range

state = st.session_state


def whole_numbers(values: Iterable[str]) -> list[int]:
    """Return the values of a column, each once, rising; none if one is no number."""
    known = {*values} - {""}
    plain = all(each.removeprefix("-").isdecimal() and len(each) < 10 for each in known)
    return sorted({int(each) for each in known}) if plain else []


def usual_width(numbers: Sequence[int]) -> int:
    """Return the width of bins to begin with: many numbers are joined to decades."""
    return DECADE if len(numbers) > MANY else 0


def bin_of(number: int, width: int) -> str:
    """Return the bin of a number: 1890–1899 of 1893 for a width of 10."""
    start = number // max(1, width) * max(1, width)
    return f"{start}{TO}{start + width - 1}" if width > 1 else str(start)


def ask_width(key: str, chosen: int = 0) -> int:
    """Ask how many years are joined to a bin."""
    return int(
        st.selectbox(
            gettext("Bins"),
            WIDTHS,
            index=WIDTHS.index(chosen),
            format_func=lambda width: str(width) if width else gettext("none"),
            key=key,
            bind="query-params",
            width=110,
            help=gettext("Join years to bins, such as 10 for decades."),
        )
    )


def pick_bins(
    label: str,
    bins: Sequence[str],
    picked: tuple[str, str],
    key: str,
    help: str,
    **options: Any,
) -> list[str]:
    """Ask for bins beside each other, at first from one to another; return them."""
    if len(bins) < 2:
        return [*bins]
    low, high = st.select_slider(label, bins, picked, key=key, help=help, **options)
    return [*bins[bins.index(low) : bins.index(high) + 1]]


def range_popover(metadata: Mapping[str, Mapping[str, str]]) -> None:
    """Offer to count only documents of some years, for each column of numbers."""
    columns = {
        column: numbers
        for column, values in metadata.items()
        if len(numbers := whole_numbers(values.values())) > 1
    }
    if not columns:
        return
    with st.popover(gettext("Years"), icon=":material/date_range:", key="ranges"):
        for column in sorted(columns, key=lambda column: column != YEAR):
            ask_range(column, columns[column])


def ask_range(column: str, numbers: Sequence[int]) -> None:
    """Ask for a range of a column, and set the condition of the filter to it."""
    width = usual_width(numbers)
    if width:
        width = ask_width(f"range_bins_{column}", width)
    bins = list(dict.fromkeys(bin_of(each, width) for each in numbers))
    wanted = range_in(str(state.get(CONDITIONS, "")), column)
    low, high = wanted or (numbers[0], numbers[-1])
    inside = [bin_of(each, width) for each in numbers if low <= each <= high] or bins
    known, count = state.get(f"range_{column}", (wanted, 0))
    if wanted != known:  # set elsewhere: a slider that is hidden keeps its own value
        count += 1
    state[f"range_{column}"] = wanted, count
    key = f"range_{column}_{width}_{count}"
    pick_bins(
        column,
        bins,
        (inside[0], inside[-1]),
        key,
        gettext("Only documents within this range are counted."),
        on_change=take_range,
        args=(column, bins, key, count),
    )


def take_range(column: str, bins: Sequence[str], key: str, count: int) -> None:
    """Set the condition of the filter to the range that was picked."""
    low, high = state[key]
    wanted = None
    if (low, high) != (bins[0], bins[-1]):
        wanted = int(low.partition(TO)[0]), int(high.rpartition(TO)[2])
    state[f"range_{column}"] = wanted, count
    state[CONDITIONS] = with_range(str(state.get(CONDITIONS, "")), column, wanted)
