"""Cleaning: a preview of the changes that text cleaning makes on export."""

from itertools import groupby, islice

import streamlit as st

from ocr_core.corpus import Corpus
from ocr_core.text.cleaning import Mode, clean

from ..i18n import gettext, gettext_noop
from ..session.session import Session
from ..ui.downloads import Source

MAX_PAGES = 200  # in the preview; the file has the changes of all pages
MAX_CHANGES = 300
KINDS = gettext_noop(
    {
        "hyphen": "word joined",
        "running head": "running head",
        "page number": "page number",
        "ligature": "ligature",
        "long s": "long s",
        "composed": "accent composed",
    }
)


def show_changes(session: Session, pages: Source, mode: Mode) -> None:
    """List the changes that cleaning makes in the first pages."""
    changes = session.corpus_handle.ask(lambda corpus: first_changes(corpus, pages))
    if not changes:
        st.caption(gettext("Cleaning finds nothing to change in these pages."))
        return
    st.caption(
        gettext("What cleaning changes:")
        if mode == "on"
        else gettext("What it would change:")
    )
    st.dataframe(
        changes,
        hide_index=True,
        height=min(420, 40 + 35 * len(changes)),
        alt=gettext("Every change with its position, before and after"),
    )
    if len(changes) == MAX_CHANGES:
        st.caption(gettext("The first {count} are shown.", count=MAX_CHANGES))


def first_changes(corpus: Corpus, pages: Source) -> list[dict[str, object]]:
    """Return the changes in the first pages as rows."""
    some = islice(pages(corpus), MAX_PAGES)
    read = (page for page in some if page.status != "failed")
    found: list[dict[str, object]] = []
    contexts = corpus.document_contexts()
    for doc_id, document in groupby(read, key=lambda page: page.ref.doc_id):
        for page in clean(list(document), "suggest", contexts(doc_id)):
            found += [
                {
                    gettext("document"): doc_id,
                    gettext("page"): change.page,
                    gettext("line"): change.line,
                    gettext("what"): gettext(KINDS[change.kind]),
                    gettext("before"): change.before,
                    gettext("after"): change.after,
                }
                for change in page.changes
            ]
    return found[:MAX_CHANGES]
