"""Evaluation tables: what is read as what, and an evaluation as files."""

from collections.abc import Callable, Mapping

import pandas as pd
import streamlit as st

from ocr_core.evaluation.output import (
    Evaluation,
    as_csv,
    as_html,
    confusion_rows,
)
from ocr_core.evaluation.output import as_json as json_of

from ..i18n import gettext
from ..ui.column_help import explained

MOST_ROWS = 200
ROW_HEIGHT = 56  # with pictures


def show_confusions(
    evaluation: Evaluation, pictures: Mapping[tuple[str, str], str] | None = None
) -> None:
    """Show the character confusions, each with the URL of a picture where known."""
    rows = confusion_rows(evaluation.confusions)[:MOST_ROWS]
    if not rows:
        return
    st.subheader(gettext("What is read as what"))
    st.caption(gettext("∅: nothing; ␣: a space."))
    table = pd.DataFrame(
        {
            gettext("ground truth"): [visible(row["truth"]) for row in rows],
            gettext("read as"): [visible(row["read"]) for row in rows],
            gettext("count"): [row["count"] for row in rows],
        }
    )
    columns = {}
    if pictures:
        example = gettext("example")
        table[example] = [pictures.get((row["truth"], row["read"])) for row in rows]
        columns[example] = st.column_config.ImageColumn(width=240)
    st.dataframe(
        table,
        hide_index=True,
        column_config=explained(table, columns),
        row_height=ROW_HEIGHT if pictures else None,
        alt=gettext("Characters that are read as others, the most frequent first"),
        width="content",
    )


def visible(characters: str) -> str:
    """Return characters with signs for nothing and for spaces."""
    return characters.replace(" ", "␣") or "∅"


def offer_evaluation(evaluation: Evaluation, key: str) -> None:
    """Offer an evaluation as files."""
    files: list[tuple[str, str, str, Callable[[], str]]] = [
        (
            gettext("Pages (CSV)"),
            "evaluation.csv",
            "text/csv",
            lambda: as_csv([each.row() for each in evaluation.scores]),
        ),
        (
            gettext("Evaluation (JSON)"),
            "evaluation.json",
            "application/json",
            lambda: json_of(evaluation),
        ),
        (
            gettext("Evaluation (HTML)"),
            "evaluation.html",
            "text/html",
            lambda: as_html(evaluation),
        ),
    ]
    with st.container(horizontal=True):
        for label, name, media, content in files:
            st.download_button(
                label,
                content,
                name,
                media,
                icon=":material/download:",
                on_click="ignore",
                key=f"{key} {name}",
            )
