"""Stability: whether the corpus is read well enough for an analysis."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from ocr_core.errors import OcrError
from ocr_core.mining import Selection
from ocr_core.mining.analyses import Analysis, analysis
from ocr_core.mining.form_groups import FormGroup
from ocr_core.mining.progress import ReportProgress
from ocr_core.mining.stability import Stability, stability

from ..i18n import gettext, gettext_noop, translate_message
from ..session.session import Session
from ..ui.widgets import pick_from_list, show_error
from .charts import bands
from .form_groups import found_groups
from .tables import decimals, described_column, show_table
from .token_cache import TokenCache

ANALYSES: dict[Analysis, str] = gettext_noop(
    {
        "words": "Word list",
        "collocates": "Collocates of a word",
        "keyness": "Keywords of a part",
        "topics": "Topics",
        "trend": "Trend of a word",
    }
)
MANY = 1000.0  # figures from which one decimal is enough
WITHOUT_METADATA = ("words", "collocates", "topics")
VERDICTS = {"good": st.success, "fair": st.warning, "poor": st.error}

# The analysis, its word, condition and column, and the error rate in percent, if given.
Asked = tuple[Analysis, str, str, str, float | None]

state = st.session_state


def stability_view(session: Session, cache: TokenCache, selection: Selection) -> None:
    """Ask for an analysis, simulate recognition errors, and give the verdict."""
    st.subheader(gettext("Good enough for my analysis?"))
    st.caption(
        gettext(
            "Recognition errors are simulated in the texts, as often and of the kinds "
            "as in this corpus. How much the analysis then changes shows how far it "
            "can be trusted."
        )
    )
    asked = ask_analysis(list(selection.tokens.metadata))
    if state.get("stability_asked") != asked:
        return
    try:
        groups = found_groups(session, cache, selection)
        found = cache.long(
            ("stability", asked, selection.filter),
            gettext("Simulating recognition errors…"),
            lambda progress: simulated(selection, asked, groups, progress),
        )
    except OcrError as error:
        show_error(error)
        return
    show_verdict(found, selection, asked[0])


def ask_analysis(columns: list[str]) -> Asked:
    """Ask for the analysis and its details, and offer to check it."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        possible = {
            each: name
            for each, name in ANALYSES.items()
            if columns or each in WITHOUT_METADATA
        }
        name: Analysis = pick_from_list(
            gettext("Analysis"),
            possible,
            key="stability_of",
            width=220,
            help=gettext("What you want to find out with the corpus."),
        )
        query, condition, column = ask_details(name, columns)
        percent = st.number_input(
            gettext("Character error rate, %"),
            0.0,
            50.0,
            None,
            step=0.5,
            key="stability_cer",
            placeholder=gettext("estimated"),
            width=180,
            help=gettext(
                "As an audit of the corpus gives it; without one, it is estimated from "
                "the confidence of the words."
            ),
        )
        asked = name, query, condition, column, percent
        st.button(
            gettext("Check"),
            key="check_stability",
            type="primary",
            icon=":material/fact_check:",
            on_click=ask,
            args=(asked,),
            help=gettext("Makes the analysis 20 times from changed texts."),
        )
    return asked


def ask_details(name: Analysis, columns: list[str]) -> tuple[str, str, str]:
    """Ask for the word, the condition and the column that an analysis needs."""
    query = condition = column = ""
    if name in ("collocates", "trend"):
        query = st.text_input(
            gettext("Word"),
            key="stability_word",
            max_chars=60,
            width=180,
            help=gettext("The word that is analysed."),
        ).strip()
    if name == "keyness":
        condition = st.text_input(
            gettext("Part"),
            key="stability_part",
            max_chars=200,
            placeholder=f"{columns[0]}=…",
            width=220,
            help=gettext(
                "The documents for which this holds, as in year=1890..1899; they are "
                "compared with all others."
            ),
        ).strip()
    if name == "trend":
        column = st.selectbox(
            gettext("By"),
            columns,
            key="stability_by",
            width=160,
            help=gettext("The column of metadata that orders the documents."),
        )
    return query, condition, column


def ask(asked: Asked) -> None:
    """Remember what is to be checked."""
    state.stability_asked = asked


def simulated(
    selection: Selection,
    asked: Asked,
    groups: Sequence[FormGroup],
    progress: ReportProgress,
) -> Stability:
    """Return how stable an analysis is."""
    name, query, condition, column, percent = asked
    view = analysis(name, selection, query=query, condition=condition, column=column)
    cer = None if percent is None else percent / 100
    return stability(selection, view, cer=cer, groups=groups, progress=progress)


def show_verdict(found: Stability, selection: Selection, name: Analysis) -> None:
    """Show the verdict, its evidence, and the band of each figure."""
    VERDICTS[found.verdict](translate_message(found.sentence))
    if found.better_pages is not None and name != "trend":  # its rows are values
        st.caption(
            gettext(
                "{share:.0f} % of the first rows are also the first rows of the better "
                "half of the pages.",
                share=100 * found.better_pages,
            )
        )
    bands(
        found.table,
        selection,
        ordered=name == "trend",
        name="stability",
        alt_text=gettext("The rows of the analysis with the bands of their figures"),
    )
    st.caption(
        gettext(
            "low and high: where the figure would be without recognition errors; "
            "stays: the share of the simulations in which the row stays among the "
            "first."
        )
    )
    show_table(
        found.table,
        selection,
        "stability",
        columns=columns(found.table),
        alt_text=gettext("The rows of the analysis with the bands of their figures"),
    )


def columns(table: pd.DataFrame) -> dict[str, Any]:
    """Return how the columns of a stability check are headed and written."""
    number = decimals(table["figure"])
    if table["figure"].max() >= MANY and number != "%d":
        number = "%.1f"  # as per million words
    band = number if number != "%d" else "%.1f"
    found = {"term": st.column_config.TextColumn(gettext("term"))}
    for name, label, digits in (
        ("figure", gettext("figure"), number),
        ("low", gettext("low"), band),
        ("high", gettext("high"), band),
        ("stays", gettext("stays"), "percent"),
    ):
        found[name] = described_column("stability", name, label=label, format=digits)
    return found
