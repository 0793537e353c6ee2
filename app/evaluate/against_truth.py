"""Ground truth view: the recognition errors of a page, next to its scan."""

from dataclasses import replace

import numpy as np
import streamlit as st

from ocr_core.errors import OcrError
from ocr_core.evaluation.output import Evaluation
from ocr_core.evaluation.page_errors import (
    AlignedWords,
    aligned_words,
    confusion_examples,
)
from ocr_core.evaluation.scoring import scored_pages
from ocr_core.evaluation.true_lines import true_text, words_at
from ocr_core.page import PageRef, PageResult
from ocr_core.settings import Settings
from ocr_core.text.evaluate import Normalization, TextScore

from ..i18n import gettext
from ..session.session import Session
from ..ui.widgets import show_error, show_picture
from ..viewer import View, page_viewer
from ..viewer.difference import changed, equal, picked_part
from ..viewer.reading_diff import boxes_of
from ..workbench.reading_status import block_numbers, corners, finished, line_numbers
from .evaluation_tables import offer_evaluation, show_confusions
from .ground_truth import ask_normalization, ask_truth, known_lines
from .page_choice import choose_page, readable_documents, requested, wait

POLL_SECONDS = 0.5
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
        chosen = show_differences(session, ref, result, words)
    with scan:
        show_scan(session, ref, result, words, chosen)
        if any(each.kind != "equal" for each in words):
            st.caption(gettext("In orange: words that differ from the ground truth."))
    pictures = {
        confusion: strip_of(session, ref, result, example)
        for confusion, example in confusion_examples(words, rules).items()
    }
    found = Evaluation([score], rules, result.settings_digest)
    show_confusions(found, pictures)
    offer_evaluation(found, "truth")


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


def show_differences(
    session: Session, ref: PageRef, result: PageResult, words: list[AlignedWords]
) -> AlignedWords | None:
    """Show both texts as one, with the differences marked; return the one clicked."""
    if all(each.kind == "equal" for each in words):
        st.success(gettext("The page reads as its ground truth."))
        return None
    st.caption(
        gettext("Struck through: ground truth; underlined: as it was read.")
        + " "
        + gettext("A click on a difference shows it on the scan.")
    )
    picked = picked_part(
        [
            equal(" ".join(each.truth))
            if each.kind == "equal"
            else changed(" ".join(each.truth), " ".join(each.read))
            for each in words
        ],
        key="truth_difference",
        revision=f"{result.sha256} {ref.number} {result.settings_digest} {words}",
    )
    if picked is None:
        return None
    chosen = words[picked]
    if chosen.indexes:
        url = strip_of(session, ref, result, chosen)
        show_picture(url, gettext("The word on the scan"))
    return chosen


def strip_of(
    session: Session, ref: PageRef, result: PageResult, words: AlignedWords
) -> str:
    """Return the URL of words as they are on the scan."""
    boxes = boxes_of([result.rows[index] for index in words.indexes])
    return session.pictures.strip(ref, result.settings["dpi"], boxes)


def show_scan(
    session: Session,
    ref: PageRef,
    result: PageResult,
    words: list[AlignedWords],
    chosen: AlignedWords | None,
) -> None:
    """Show the scan with differing words marked, and the chosen ones selected."""
    wrong = {p for each in words if each.kind != "equal" for p in each.indexes}
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
        marks=True,
        height=420,
    )
