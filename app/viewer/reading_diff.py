"""Comparison: key figures and differing words of two OCR results of a page."""

from collections.abc import Sequence

import streamlit as st

from ocr_core.page import PageResult
from ocr_core.text.diff import TextDifference, word_changes
from ocr_core.text.quality import known_share

from ..i18n import gettext
from .difference import difference

Named = tuple[str, str, PageResult]  # letter, recipe name, result


def show_difference(sides: Sequence[Named], text: str, *, key: str) -> None:
    """Show which of two results has more known words, and where they differ."""
    st.dataframe(
        [numbers(*side) for side in sides],
        hide_index=True,
        alt=gettext("Words, confidence and known words of both readings"),
        column_config={
            name: st.column_config.NumberColumn(format=digits)
            for name, digits in (
                (gettext("mean confidence"), "%.1f"),
                (gettext("words a dictionary knows (%)"), "%.1f"),
                (gettext("quality"), "%.2f"),
                (gettext("seconds"), "%.1f"),
            )
        },
    )
    (_, _, first), (_, _, second) = sides
    changes = word_changes(first.rows, second.rows)
    different = [change for change in changes if change.kind != "equal"]
    if not different:
        st.success(gettext("Both read the same words."))
        return
    st.subheader(gettext("Where they differ"))
    st.caption(text.format(count=len(different)))
    difference(parts(changes), key=key)


def numbers(letter: str, recipe: str, result: PageResult) -> dict[str, object]:
    """Return a row with the key figures of one result."""
    known = known_share(result.rows, result.language)
    return {
        "": letter,
        gettext("recipe"): recipe,
        gettext("words"): len(result.rows),
        gettext("mean confidence"): result.conf_mean,
        gettext("words a dictionary knows (%)"): None if known is None else 100 * known,
        gettext("quality"): result.quality,
        gettext("seconds"): result.seconds,
    }


def parts(changes: Sequence[TextDifference]) -> list[dict[str, object]]:
    """Convert differences to the arguments of the `difference` component."""
    return [
        {
            "kind": change.kind,
            "first": [[word.text, round(word.conf)] for word in change.first],
            "second": [[word.text, round(word.conf)] for word in change.second],
        }
        for change in changes
    ]
