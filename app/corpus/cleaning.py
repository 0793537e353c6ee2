"""Cleaning: what would be changed in the text is shown before it leaves."""

from itertools import groupby, islice

import streamlit as st

from app.downloads import Source
from app.jobs import Session
from app.language import say, spoken
from ocr_core.cleaning import Mode, clean
from ocr_core.corpus import Corpus

MOST_PAGES = 200  # looked at for the list; the file holds the changes of all
MOST_CHANGES = 300
KINDS = spoken(
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
    """List what cleaning changes in the first of these pages."""
    changes = session.shelf.ask(lambda corpus: first_changes(corpus, pages))
    if not changes:
        st.caption(say("Cleaning finds nothing to change in these pages."))
        return
    st.caption(
        say("What cleaning changes:") if mode == "on" else say("What it would change:")
    )
    st.dataframe(
        changes,
        hide_index=True,
        height=min(420, 40 + 35 * len(changes)),
        alt=say("Every change with its place, before and after"),
    )
    if len(changes) == MOST_CHANGES:
        st.caption(say("The first {count} are shown.", count=MOST_CHANGES))


def first_changes(corpus: Corpus, pages: Source) -> list[dict[str, object]]:
    """Return the changes in the first pages as rows."""
    some = islice(pages(corpus), MOST_PAGES)
    read = (page for page in some if page.status != "failed")
    found: list[dict[str, object]] = []
    for doc_id, document in groupby(read, key=lambda page: page.ref.doc_id):
        for page in clean(list(document), "suggest"):
            found += [
                {
                    say("document"): doc_id,
                    say("page"): change.page,
                    say("line"): change.line,
                    say("what"): say(KINDS[change.kind]),
                    say("before"): change.before,
                    say("after"): change.after,
                }
                for change in page.changes
            ]
    return found[:MOST_CHANGES]
