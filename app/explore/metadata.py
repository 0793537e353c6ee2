"""Metadata: what is known of documents, from their names, from a table, or typed in."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import streamlit as st

from ocr_core.corpus.metadata import (
    KEY,
    Columns,
    parse_names,
    suggested_pattern,
    unmatched,
)
from ocr_core.errors import OcrError
from ocr_core.execution.metadata_files import read_metadata
from ocr_core.mining import Selection, Tokens

from ..i18n import gettext
from ..session.pools import small_pool
from ..session.session import Session
from ..ui.column_help import explained
from ..ui.widgets import plain, show_error
from .token_cache import token_cache_of

EXAMPLES = 5  # documents in the preview of a pattern
YEAR = "year"
PARTS = 12  # more parts are not read at a glance
SAMPLE = 500  # documents in whose names a date is looked for

state = st.session_state


def metadata_popover(session: Session, tokens: Tokens) -> None:
    """Offer the three ways to add metadata, and show what was added."""
    with st.popover(gettext("Add metadata"), icon=":material/label:"):
        add_metadata(session, tokens)
    st.button(
        gettext("Edit metadata"),
        icon=":material/edit:",
        key="edit_metadata",
        help=gettext(
            "A table in which values are typed, or pasted from a spreadsheet."
        ),
        on_click=open_editor,
    )
    if state.pop("metadata_editor", False):
        title = gettext("Metadata")
        edit = st.dialog(title, width="large")(edit_table)
        edit(session, tokens.documents, tokens.metadata)


def add_metadata(session: Session, tokens: Tokens) -> None:
    """Take metadata from the names of documents or from a table."""
    known = ", ".join(map(plain, tokens.metadata))
    st.caption(
        gettext("Columns: {names}.", names=known)
        if known
        else gettext("The documents have no metadata yet.")
    )
    from_names(session, tokens.documents, tokens.metadata)
    from_table(session, tokens.documents, tokens.metadata)
    show_added()


def from_names(session: Session, names: Sequence[str], known: Columns) -> None:
    """Take columns from the names of documents, after a preview.

    Where the names have dates, the pattern that finds them is proposed.
    """
    pattern = st.text_input(
        gettext("From the names of documents"),
        "" if YEAR in known else suggested_pattern(names[:SAMPLE]),
        key="metadata_pattern",
        placeholder="{paper}_{year}-{month}",
        max_chars=200,
        help=gettext(
            "A name in braces becomes a column; year, month and day must be digits. "
            "All other characters must match exactly."
        ),
    ).strip()
    example = plain(names[0]) if names else ""
    st.caption(gettext("The first document is called {name}.", name=example))
    found: Columns = {}
    if pattern:
        try:
            found = token_cache_of(state).once(
                ("names", pattern), lambda: parse_names(names, pattern)
            )
        except OcrError as error:
            show_error(error)
        else:
            preview(found, names)
    if st.button(gettext("Take them from the names"), disabled=not any(found.values())):
        save_metadata(session, names, found)


def preview(found: Columns, names: Sequence[str]) -> None:
    """Show how many names a pattern fits, and the values of the first of them."""
    fitting = [name for name in names if name in next(iter(found.values()))]
    st.caption(
        gettext(
            "The pattern fits {count} of {total} names.",
            count=len(fitting),
            total=len(names),
        )
    )
    shown = fitting[:EXAMPLES]
    table = pd.DataFrame(
        {
            gettext("document"): shown,
            **{
                column: [values[name] for name in shown]
                for column, values in found.items()
            },
        }
    )
    st.dataframe(
        table,
        hide_index=True,
        column_config=explained(table),
        alt=gettext("The values that the pattern finds in the first names"),
    )


def from_table(session: Session, names: Sequence[str], known: Columns) -> None:
    """Take columns from a file; offer a template for it."""
    file = st.file_uploader(
        gettext("From a table"),
        type=["csv", "tsv", "txt", "xlsx", "ods", "xls"],
        key=f"metadata_table_{state.get('tables_taken', 0)}",
        help=gettext(
            "A CSV file or a workbook (XLSX, ODS, XLS) with a column doc_id or "
            "filename; its other columns become metadata."
        ),
    )
    st.download_button(
        gettext("Template"),
        lambda: as_table(names, known).to_csv(index=False).encode(),
        "metadata.csv",
        "text/csv",
        key="metadata_template",
        icon=":material/download:",
        on_click="ignore",
        help=gettext("A row for each document, with the columns that exist already."),
    )
    if file is not None:
        state.tables_taken = state.get("tables_taken", 0) + 1
        path = Path(session.folder) / "metadata.table"
        path.write_bytes(file.getvalue())
        try:
            save_metadata(session, names, read_metadata(path, small_pool()))
        except OcrError as error:
            show_error(error)


def as_table(names: Sequence[str], known: Columns) -> pd.DataFrame:
    """Return metadata as a table with a row for each document."""
    columns = {
        column: [values.get(name, "") for name in names]
        for column, values in known.items()
    }
    return pd.DataFrame({KEY: list(names), **columns}, dtype=str)


def open_editor() -> None:
    """Open the table at the next run."""
    state.metadata_editor, state.metadata_draft, state.metadata_grid = True, None, 0


def edit_table(session: Session, names: Sequence[str], known: Columns) -> None:
    """Edit metadata in a table, with columns that can be added."""
    before = as_table(names, known)
    draft = before if state.metadata_draft is None else state.metadata_draft
    edited = st.data_editor(
        draft,
        key=f"metadata_grid_{state.metadata_grid}",
        hide_index=True,
        disabled=[KEY],
        column_config=explained(draft, {KEY: gettext("document")}),
    ).fillna("")
    st.caption(
        gettext(
            "Cells can be pasted from a spreadsheet. An emptied cell deletes its value."
        )
    )
    with (
        st.form("new_column", border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        column = st.text_input(
            gettext("New column"),
            max_chars=60,
            help=gettext("Its name, such as year or author."),
        ).strip()
        added = st.form_submit_button(gettext("Add"))
    if added and column and column not in edited:
        # A table with other columns is another widget, so the edits so far go with it.
        state.metadata_draft = edited.assign(**{column: ""})
        state.metadata_grid += 1
        st.rerun(scope="fragment")
    if st.button(gettext("Save"), type="primary", key="save_metadata"):
        save_metadata(session, names, changes(before, edited))


def changes(before: pd.DataFrame, after: pd.DataFrame) -> Columns:
    """Return the values of a table that differ from those before."""
    old = before.set_index(KEY).reindex(columns=after.columns.drop(KEY), fill_value="")
    new = after.set_index(KEY)
    found = {
        str(column): {
            str(name): str(value)
            for name, value in new[column][new[column] != old[column]].items()
        }
        for column in new
    }
    return {column: values for column, values in found.items() if values}


def save_metadata(session: Session, names: Sequence[str], columns: Columns) -> None:
    """Set metadata of the corpus, or show the error."""
    try:
        session.corpus_handle.ask(lambda corpus: corpus.set_metadata(columns))
    except OcrError as error:
        show_error(error)
        return
    token_cache_of(state).leave()
    state.metadata_added = len(columns), unmatched(columns, names)
    st.rerun()


def show_added() -> None:
    """Say what was added, and list the names that are of no document."""
    added, missing = state.pop("metadata_added", (None, {}))
    if added is None:
        return
    st.success(gettext("Columns added or changed: {columns}.", columns=added))
    if missing:
        st.warning(
            gettext("Names of no document of this corpus: {count}.", count=len(missing))
        )
        table = pd.DataFrame(
            {
                gettext("in the table"): list(missing),
                gettext("nearest document"): list(missing.values()),
            }
        )
        st.dataframe(
            table,
            hide_index=True,
            column_config=explained(table),
            alt=gettext("Names that are of no document, each with the nearest name"),
        )


def widest_column(selection: Selection, first: str = "") -> str:
    """Return the metadata column that divides the most documents, into fewest parts.

    Parameters
    ----------
    first
        A column that is returned if it divides the documents at all.
    """
    documents_in: dict[str, tuple[int, int]] = {}
    for column in selection.tokens.metadata:
        values = [each for each in selection.metadata_of_documents(column) if each]
        parts = len({*values})
        if column == first and parts > 1:
            return column
        if 1 < parts <= PARTS:
            documents_in[column] = len(values), -parts
    return max(documents_in, key=documents_in.__getitem__, default="")
