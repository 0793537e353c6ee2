"""Checked pages view: the error rates of all pages of the corpus with a known text."""

from collections.abc import Iterator, Mapping

import pandas as pd
import streamlit as st

from ocr_core.corpus import Corpus
from ocr_core.evaluation.audit import AuditLine
from ocr_core.evaluation.intervals import Estimate
from ocr_core.evaluation.output import NAMES, Evaluation, shown
from ocr_core.evaluation.scoring import (
    PageScore,
    Summary,
    scored_pages,
    summaries_by,
)
from ocr_core.evaluation.true_lines import known_lines
from ocr_core.page import PageId
from ocr_core.text.evaluate import Normalization

from ..i18n import gettext, gettext_noop, translate_message
from ..session.session import Session
from ..ui.column_help import explained
from ..ui.pinning import offer_pin
from .audit_sheet import audit_of
from .corpus_audit import say_no_corpus
from .evaluation_tables import offer_evaluation, show_confusions
from .ground_truth import ask_normalization, given_texts

GROUPS = gettext_noop({"lang": "Language", "doc_id": "Document", "page": "Page"})
FIGURES = gettext_noop(
    {
        "cer": "CER",
        "wer": "WER",
        "bag_f1": "Bag-of-words F1",
        "order_free_cer": "CER, any order of lines",
    }
)

state = st.session_state


def checked_view(session: Session) -> None:
    """Draw the view from top to bottom."""
    st.markdown(
        gettext(
            "How well were all pages read whose true text is known: given under One "
            "page, audited, or confirmed in Corpus? Errors are those of the engine, "
            "before any correction."
        )
    )
    if not session.corpus_handle.begun:
        say_no_corpus()
        return
    rules = ask_normalization()
    found = evaluation(session, rules)
    if not found.scores:
        st.info(
            gettext(
                "There is no page yet whose text is known. Audit the corpus, confirm "
                "pages in Corpus, or give the text of a page that is in the corpus."
            )
        )
        return
    whole = found.summary
    st.caption(
        gettext(
            "{pages} pages of {documents} documents. 95 % intervals: bootstrap of "
            "{unit}.",
            pages=whole.pages,
            documents=whole.documents,
            unit=translate_message(whole.resampled),
        )
    )
    title = gettext("Error rates of all checked pages, with their intervals")
    table = pd.DataFrame(summary_rows(whole))
    st.dataframe(
        table,
        hide_index=True,
        width="content",
        alt=title,
        column_config=explained(table),
    )
    offer_pin("checked", title, lambda: table, lambda: how_counted(found))
    show_groups(found)
    show_confusions(found)
    offer_evaluation(found, "checked")


def evaluation(session: Session, rules: Normalization) -> Evaluation:
    """Compare the pages with what is known; the result is kept until that changes."""
    handle, given, audit = (
        session.corpus_handle,
        given_texts(session),
        audit_of(session),
    )
    stamp = handle.ask(lambda corpus: (corpus.content_stamp(), corpus.metadata()))
    key = str(handle.path), stamp, rules, given, audit
    if state.get("checked_pages", (None, None))[0] != key:
        found = handle.ask(
            lambda corpus: Evaluation(
                list(scores(corpus, given, audit, rules)),
                rules,
                metadata=corpus.metadata(),
            )
        )
        state.checked_pages = key, found
    result: Evaluation = state.checked_pages[1]
    return result


def scores(
    corpus: Corpus,
    given: Mapping[tuple[str, int], str],
    audit: list[AuditLine],
    rules: Normalization,
) -> Iterator[PageScore]:
    """Yield the score of each page whose text, or whose lines, are known."""
    lines = known_lines(corpus, audit)
    texts: dict[PageId, str] = {
        (doc_id, number): text
        for (digest, number), text in given.items()
        for doc_id in corpus.documents_of(digest)
    }
    page_ids = [(row.doc_id, row.page_num) for row in corpus.rows()]
    for page_id in page_ids:
        if page_id not in texts and page_id not in lines:
            continue
        # The texts of a document by page: those of its other pages are not looked at.
        text = [*[""] * (page_id[1] - 1), texts.get(page_id, ""), ""]
        truths = {page_id[0]: text} if page_id in texts else {}
        yield from scored_pages([corpus.original(*page_id)], truths, rules, lines)


def summary_rows(found: Summary) -> list[dict[str, str]]:
    """Return a row for each figure: over all characters, and as the mean of pages."""
    return [
        {
            "": gettext(FIGURES[name]),
            gettext("all characters (micro)"): percent(found.micro[name]),
            gettext("mean of pages (macro)"): percent(found.macro[name]),
        }
        for name in NAMES
    ]


def percent(estimate: Estimate) -> str:
    """Return a rate and its interval in percent."""
    return "–" if estimate.value is None else shown(estimate, " – ")


def show_groups(found: Evaluation) -> None:
    """Show the error rates for each value of a column."""
    columns = [*GROUPS, *found.metadata]
    chosen = st.selectbox(
        gettext("Error rates by"),
        columns,
        format_func=lambda each: gettext(GROUPS[each]) if each in GROUPS else each,
        key="checked_by",
        width=320,
        help=gettext("What the pages are grouped by."),
    )
    if chosen in found.metadata:
        groups = found.by_metadata[chosen]
    elif chosen == "lang":
        groups = found.by_language
    elif chosen == "page":
        groups = summaries_by(
            found.scores, lambda each: f"{each.doc_id}, {each.page_num}"
        )
    else:
        groups = summaries_by(found.scores, lambda each: each.doc_id)
    if not groups:
        st.caption(gettext("No checked page has a value of this column."))
        return
    title = gettext("Error rates for each value, with their intervals")
    table = pd.DataFrame(
        {
            gettext("value"): value,
            gettext("pages"): each.pages,
            gettext("CER (micro)"): percent(each.micro["cer"]),
            gettext("CER (macro)"): percent(each.macro["cer"]),
            gettext("WER (micro)"): percent(each.micro["wer"]),
            gettext("WER (macro)"): percent(each.macro["wer"]),
        }
        for value, each in groups.items()
    )
    st.dataframe(table, hide_index=True, alt=title, column_config=explained(table))
    offer_pin("checked_groups", title, lambda: table, lambda: how_counted(found))


def how_counted(found: Evaluation) -> str:
    """Say how the errors were counted."""
    whole = found.summary
    return (
        f"Errors of {whole.pages} pages of {whole.documents} documents against known "
        f"text: micro over all characters, macro the mean of the pages; 95 % "
        f"intervals by the bootstrap of {whole.resampled}. Normalization: "
        f"{found.rules.described()}."
    )
