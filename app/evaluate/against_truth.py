"""Ground truth view: the recognition errors of a page, next to its scan."""

from dataclasses import replace

import numpy as np
import pandas as pd
import streamlit as st

from ocr_core.errors import OcrError
from ocr_core.evaluation.output import Evaluation, as_html, confusion_rows
from ocr_core.evaluation.output import as_json as json_of
from ocr_core.evaluation.page_errors import AlignedWords, aligned_words
from ocr_core.evaluation.scoring import scored_pages
from ocr_core.evaluation.true_lines import true_text, words_at
from ocr_core.page import PageRef, PageResult
from ocr_core.settings import Settings
from ocr_core.text.evaluate import Normalization, TextScore

from ..i18n import gettext
from ..session.session import Session
from ..ui.column_help import explained
from ..ui.widgets import show_error, show_picture
from ..viewer import View, page_viewer
from ..viewer.difference import difference
from ..workbench.reading_status import block_numbers, corners, finished, line_numbers
from .ground_truth import ask_normalization, ask_truth, known_lines
from .page_choice import choose_page, readable_documents, requested, wait

POLL_SECONDS = 0.5
MAX_ERRORS = 500  # listed
MAX_BOXES = 4  # words shown enlarged
ANOTHER_TEXT = 0.5  # CER above which the text is hardly that of the page
MARKED, SURE = 0.0, 100.0  # confidence values that the viewer marks or does not mark

state = st.session_state


def truth_view(session: Session) -> None:
    """Draw the view from top to bottom."""
    st.markdown(
        gettext(
            "How well is one page read? It is compared with the text that you know to "
            "be on it, and each difference is shown on the scan."
        )
    )
    good = readable_documents(session)
    if not good:
        return
    ref = choose_page(session, good, "evaluate")
    truth = ask_truth(session, ref)
    rules = ask_normalization()
    lines = [] if truth.strip() else known_lines(session, ref)
    if not truth.strip() and not lines:
        st.info(
            gettext(
                "Type or load the text of this page to see how well it is read: as "
                "NAME.gt.txt, or as ALTO, PAGE XML or hOCR of another program. A "
                "NAME.gt.txt that is opened together with NAME.png is found here."
            )
        )
        return
    settings = session.settings_for(ref, state.get("settings") or Settings())
    result = finished(requested(session, ref, settings))
    if result is None:
        with st.container():  # keeps a late fragment rerun inside this block
            st.fragment(wait, run_every=POLL_SECONDS)(session, ref, [settings])
        return
    if lines:
        count = gettext(
            "Errors are counted in the {count} lines of this page that were audited "
            "or confirmed.",
            count=len(lines),
        )
        st.caption(count)
        truth, rows = true_text(lines), words_at(result.rows, lines)
        result = replace(result, rows=tuple(word for line in rows for word in line))
    show_errors(session, ref, result, truth, rules)


def show_errors(
    session: Session, ref: PageRef, result: PageResult, truth: str, rules: Normalization
) -> None:
    """Show how far a reading is from the true text, and each difference on the scan."""
    [score] = scored_pages([_as_page_one(result)], {result.ref.doc_id: [truth]}, rules)
    show_figures(score.score)
    if (score.score.cer or 0) > ANOTHER_TEXT:
        st.warning(
            gettext(
                "More than half of the characters differ. Is this the text of this "
                "page, and all of it? If it is, try other settings in the workbench."
            )
        )
    words = aligned_words(truth, result.rows, rules)
    scan, errors = st.columns(2)
    with errors:
        chosen = list_errors(words)
    with scan:
        show_scan(session, ref, result, words, chosen)
        st.caption(gettext("In orange: words that differ from the ground truth."))
    show_texts(words)
    show_confusions(Evaluation([score], rules, result.settings_digest))


def _as_page_one(result: PageResult) -> PageResult:
    """Return a page as page 1 of a document, to evaluate it alone."""
    return replace(result, ref=replace(result.ref, number=1))


def show_figures(score: TextScore) -> None:
    """Show the error rates of the page."""
    with st.container(horizontal=True):
        for label, value, help_text in (
            (
                gettext("CER"),
                score.cer,
                gettext("Character errors for each character of the ground truth"),
            ),
            (
                gettext("WER"),
                score.wer,
                gettext("Word errors for each word of the ground truth"),
            ),
            (
                gettext("Bag-of-words F1"),
                score.bag_f1,
                gettext("Words found in both texts, whatever their order"),
            ),
            (
                gettext("CER, any order of lines"),
                score.order_free_cer,
                gettext("Each line compared with the line that fits it best"),
            ),
        ):
            shown = "–" if value is None else f"{100 * value:.2f} %"
            st.metric(label, shown, help=help_text, width="content")


def list_errors(words: list[AlignedWords]) -> AlignedWords | None:
    """List the errors; return the selected one."""
    found = [each for each in words if each.kind != "equal"][:MAX_ERRORS]
    if not found:
        st.success(gettext("The page reads as its ground truth."))
        return None
    st.caption(gettext("Choose a row to see the words on the scan."))
    table = pd.DataFrame(
        {
            gettext("ground truth"): [" ".join(each.truth) for each in found],
            gettext("read as"): [" ".join(each.read) for each in found],
        }
    )
    chosen = st.dataframe(
        table,
        hide_index=True,
        column_config=explained(table),
        height=min(420, 40 + 36 * len(found)),
        alt=gettext("Words that differ from the ground truth"),
        on_select="rerun",
        selection_mode="single-row",
        key="page_errors",
    )
    rows = [row for row in chosen.selection.rows if row < len(found)]
    return found[rows[0]] if rows else None


def show_scan(
    session: Session,
    ref: PageRef,
    result: PageResult,
    words: list[AlignedWords],
    chosen: AlignedWords | None,
) -> None:
    """Show the scan with differing words marked, and the selected ones enlarged."""
    wrong = {p for each in words if each.kind != "equal" for p in each.indexes}
    if chosen is not None and chosen.indexes:
        boxes = tuple(
            (row.left, row.top, row.width, row.height)
            for row in (result.rows[index] for index in chosen.indexes)
        )
        url = session.pictures.strip(ref, result.settings["dpi"], boxes[:MAX_BOXES])
        show_picture(url, gettext("The word on the scan"))
    try:
        shown = session.pictures.scan(ref, result.settings["dpi"])
    except OcrError as error:
        show_error(error)
        return
    selected = chosen.indexes[0] if chosen is not None and chosen.indexes else None
    if selected != state.get("error_shown"):
        state.error_shown = selected
        state.error_nonce = state.get("error_nonce", 0) + 1
    page_viewer(
        views=[
            View(
                gettext("Scan"),
                shown.url,
                shown.picture.size,
                corners(result.rows, np.linalg.inv(shown.picture.home)),
            )
        ],
        texts=[word.text for word in result.rows],
        confs=[MARKED if n in wrong else SURE for n in range(len(result.rows))],
        lines=line_numbers(result.rows),
        blocks=block_numbers(result.rows),
        revision=f"{shown.url}:{result.settings_digest}",
        key="evaluate_viewer",
        selected=selected,
        nonce=state.get("error_nonce", 0),
        height=420,
    )


def show_texts(words: list[AlignedWords]) -> None:
    """Show both texts as one, with the differences marked."""
    st.subheader(gettext("Differences"))
    st.caption(gettext("Struck through: ground truth; underlined: as it was read."))
    difference(
        [
            {
                "kind": each.kind,
                "first": [[word, 100] for word in each.truth],
                "second": [[word, 100] for word in each.read],
            }
            for each in words
        ],
        key="truth_difference",
    )


def show_confusions(evaluation: Evaluation) -> None:
    """Show the character confusions, and offer the evaluation as files."""
    rows = confusion_rows(evaluation.confusions)
    if rows:
        st.subheader(gettext("What is read as what"))
        st.caption(gettext("∅: nothing; ␣: a space."))
        table = pd.DataFrame(
            {
                **row,
                "truth": row["truth"].replace(" ", "␣") or "∅",
                "read": row["read"].replace(" ", "␣") or "∅",
            }
            for row in rows
        ).rename(
            columns={
                "truth": gettext("ground truth"),
                "read": gettext("read as"),
                "count": gettext("count"),
            }
        )
        st.dataframe(
            table,
            hide_index=True,
            column_config=explained(table),
            alt=gettext("Characters that are read as others, the most frequent first"),
            width="content",
        )
    with st.container(horizontal=True):
        for label, name, media, content in (
            (gettext("Evaluation (HTML)"), "evaluation.html", "text/html", as_html),
            (
                gettext("Evaluation (JSON)"),
                "evaluation.json",
                "application/json",
                json_of,
            ),
        ):
            st.download_button(
                label,
                content(evaluation),
                name,
                media,
                icon=":material/download:",
                on_click="ignore",
                key=name,
            )
