"""Corpus audit: a random sample of lines, confirmed or corrected by the user."""

from dataclasses import replace

import numpy as np
import pandas as pd
import streamlit as st

from ocr_core.errors import OcrError
from ocr_core.evaluation.audit import (
    AuditLine,
    AuditResult,
    audit_result,
    drawn_sample,
    empty_sheet,
    filled_sheet,
    joined_sheets,
    paired_answers,
    sheet_csv,
    sheets_agree,
)
from ocr_core.evaluation.intervals import Estimate
from ocr_core.evaluation.recalibration import corpus_recalibration

from ..corpus.page_editor import dpi_of
from ..i18n import gettext, translate_message
from ..session.session import Session
from ..ui.column_help import explained
from ..ui.widgets import plain, show_error, show_picture
from .audit_sheet import audit_of, save_sheet
from .ground_truth import chosen_normalization

LINES = 60
QUALITIES = (0.5, 0.7, 0.8, 0.9, 0.95, 0.98)  # of which the fitted ones are shown
ROW_HEIGHT = 56  # of lines with their scans
WANTED = 1.0  # target half-width of the interval, in percentage points

state = st.session_state


def say_no_corpus() -> None:
    """Say that documents must be read first, and link to where."""
    st.info(gettext("There is no corpus yet. Read all documents first."))
    st.page_link(
        "views/batch.py",
        label=gettext("Read all"),
        icon=":material/library_books:",
    )


def audit_view(session: Session) -> None:
    """Draw the view from top to bottom."""
    handle = session.corpus_handle
    lines = audit_of(session) if handle.begun else []
    if not lines:
        st.markdown(
            gettext(
                "How many errors does the whole corpus have? Lines are drawn at "
                "random; for each you see the scan and confirm what was read, or "
                "correct it. The error rate of the corpus and its 95 % interval "
                "follow. Each line is kept at once: stop when you like, and go on "
                "another day."
            )
        )
    if not handle.begun:
        say_no_corpus()
        return
    if not lines:
        begin(session)
        return
    result = audit_result(lines, chosen_normalization())
    show_estimate(result)
    waiting = [n for n, line in enumerate(lines) if line.truth is None]
    if waiting:
        ask_line(session, lines, waiting[0])
    else:
        st.success(gettext("All lines of the sample are done."))
    show_fit(session, lines)
    offer_sheet(session, lines, result)


def begin(session: Session) -> None:
    """Draw a sample, or load a saved audit file."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        count = st.number_input(
            gettext("Lines to draw"),
            10,
            2000,
            LINES,
            step=10,
            width=180,
            help=gettext("More lines make the interval narrower."),
        )
        st.button(
            gettext("Draw lines"),
            type="primary",
            icon=":material/casino:",
            key="draw_lines",
            on_click=draw,
            args=(session, int(count)),
        )
    dropped = st.file_uploader(
        gettext("Or go on with a sheet (CSV)"),
        type=["csv"],
        key="audit_sheet",
        help=gettext("A sheet that was saved here, with some lines answered."),
    )
    if dropped is not None:
        try:
            save_sheet(session, filled_sheet(dropped.getvalue()))
        except OcrError as error:
            show_error(error)
            return
        st.rerun()


def draw(session: Session, count: int) -> None:
    """Draw the sample of lines."""
    try:
        lines = session.corpus_handle.ask(
            lambda corpus: drawn_sample(corpus.results(), count)
        )
        save_sheet(session, lines)
    except OcrError as error:
        state.audit_fault = error


def show_estimate(result: AuditResult) -> None:
    """Show the estimated error rates of the corpus so far."""
    with st.container(horizontal=True):
        for label, estimate, said in (
            (
                gettext("CER of the corpus"),
                result.cer,
                gettext("Character errors for each character of the ground truth"),
            ),
            (
                gettext("WER of the corpus"),
                result.wer,
                gettext("Word errors for each word of the ground truth"),
            ),
        ):
            st.metric(
                label,
                *shown(estimate),
                width="content",
                delta_color="off",
                delta_arrow="off",
                help=f"{said}. {gettext('Below it: the 95 % interval.')}",
            )
        st.metric(gettext("Lines done"), result.lines, width="content")
        wanted = st.number_input(
            gettext("Wanted: ± points"),
            0.1,
            10.0,
            WANTED,
            step=0.1,
            width=180,
            help=gettext(
                "How far the CER may be off, in percentage points: half of its 95 % "
                "interval. The narrower, the more lines are needed."
            ),
        )
    if result.half_width is not None:
        st.caption(say_more(result.more_lines(wanted / 100), wanted))


def say_more(lines: int | None, points: float) -> str:
    """Say how many more lines make the interval as narrow as wanted."""
    if lines is None:
        return gettext(
            "How many more lines are needed can be told once some lines with errors "
            "are done."
        )
    if not lines:
        return gettext("The interval is as narrow as wanted.")
    return gettext(
        "About {count} more lines make the interval ± {points:.1f} points.",
        count=lines,
        points=points,
    )


def show_fit(session: Session, lines: list[AuditLine]) -> None:
    """Show how the quality of pages errs in this corpus, if enough were checked."""
    rules = chosen_normalization()
    fit = session.corpus_handle.ask(
        lambda corpus: corpus_recalibration(corpus, lines, rules)
    )
    if fit is None:
        return
    st.caption(gettext("Quality in this corpus"))
    said = gettext(
        "On {pages} checked pages the mean absolute error of the estimated quality is "
        "{before:.3f}; fitted to what was checked it is {after:.3f}.",
        pages=fit.pages,
        before=fit.error_before,
        after=fit.error_after,
    )
    if not fit.helps:
        st.markdown(f"{said} {gettext('Quality is used as it is.')}")
        return
    fitted = fit.applied(np.array(QUALITIES))
    st.markdown(
        f"{said} "
        + gettext("The report gives the fitted quality too; exports keep the estimate.")
    )
    table = pd.DataFrame(
        {
            gettext("estimated quality"): QUALITIES,
            gettext("fitted"): fitted.round(3),
        }
    )
    st.dataframe(
        table,
        hide_index=True,
        column_config=explained(table),
        width="content",
        alt=gettext("Estimated quality of a page, and what it is in this corpus"),
    )


def shown(estimate: Estimate) -> tuple[str, str | None]:
    """Format a rate and its interval for a metric."""
    if estimate.value is None:
        return "–", None
    value = f"{100 * estimate.value:.2f} %"
    if estimate.low is None or estimate.high is None:
        return value, None
    return value, f"{100 * estimate.low:.2f} – {100 * estimate.high:.2f} %"


def ask_line(session: Session, lines: list[AuditLine], index: int) -> None:
    """Show a line of the scan, and ask to confirm or correct its text."""
    line = lines[index]
    st.subheader(
        gettext("Line {number} of {count}", number=index + 1, count=len(lines))
    )
    st.caption(
        plain(
            gettext("{document}, page {page}", document=line.doc_id, page=line.page_num)
        )
    )
    scan = line_scan(session, line)
    if scan:
        show_picture(scan, gettext("The line on the scan"))
    else:
        st.warning(gettext("The scan of this line is not here."))
    with st.form(f"audit {line.line_id}", border=False, enter_to_submit=True):
        answer = st.text_input(
            gettext("What the line says: Enter confirms it"),
            value=line.read,
            key=f"audit_answer_{line.line_id}",
            help=gettext("Type exactly what is printed, also where it is wrong."),
        )
        sent = st.form_submit_button(
            gettext("Confirm or correct"),
            type="primary",
            key=f"audit_next_{line.line_id}",
        )
    if sent:
        lines[index] = replace(line, truth=answer.strip())
        save_sheet(session, lines)
        st.rerun()
    done = [n for n in range(index) if lines[n].truth is not None]
    with st.container(horizontal=True):
        if index + 1 < len(lines) and st.button(
            gettext("Later"),
            icon=":material/skip_next:",
            key="audit_later",
            help=gettext("Puts the line at the end of the sample."),
        ):
            lines.append(lines.pop(index))
            save_sheet(session, lines)
            st.rerun()
        if done and st.button(
            gettext("Back to the line before"), icon=":material/undo:", key="audit_back"
        ):
            lines[done[-1]] = replace(lines[done[-1]], truth=None)
            save_sheet(session, lines)
            st.rerun()


def line_scan(session: Session, line: AuditLine) -> str:
    """Return the URL of a line's image; "" if its scan is not available."""
    handle = session.corpus_handle
    try:
        page = handle.ask(lambda corpus: corpus.page(line.doc_id, line.page_num))
    except OcrError:
        return ""  # removed from the corpus in the meantime
    ref = handle.found(page, session.scans)
    if ref is None:
        return ""
    box = line.left, line.top, line.width, line.height
    return session.pictures.strip(ref, dpi_of(page), (box,))


def compare_sheets(session: Session, lines: list[AuditLine]) -> None:
    """Compare the answers with those of another person, and show where they differ."""
    dropped = st.file_uploader(
        gettext("Compare with the sheet of another person (CSV)"),
        type=["csv"],
        key="other_sheet",
        help=gettext("The same lines, answered by somebody else."),
    )
    if dropped is None:
        return
    try:
        other = filled_sheet(dropped.getvalue())
        joined_sheets([lines, other])
    except OcrError as error:
        show_error(error)
        return
    agreed = sheets_agree(lines, other)
    if agreed is None:
        st.info(gettext("There is no line yet that both have answered."))
        return
    st.metric(gettext("Lines on which both agree"), f"{100 * agreed:.1f} %")
    pairs = paired_answers(lines, other)
    differ = [(one, two) for one, two in pairs if one.truth != two.truth]
    if differ:
        table = pd.DataFrame(
            {
                gettext("as scanned"): [line_scan(session, one) for one, _ in differ],
                gettext("your answer"): [one.truth for one, _ in differ],
                gettext("answer of the other"): [two.truth for _, two in differ],
            }
        )
        scans = st.column_config.ImageColumn(width=360)
        st.dataframe(
            table,
            hide_index=True,
            row_height=ROW_HEIGHT,
            column_config=explained(table, {gettext("as scanned"): scans}),
            alt=gettext("Lines on which the two people differ"),
        )


def offer_sheet(session: Session, lines: list[AuditLine], result: AuditResult) -> None:
    """Offer the audit file, a text for a methods section, and a new audit."""
    st.divider()
    if result.cer.low is not None:
        st.caption(gettext("For your methods section"))
        st.code(translate_message(result.sentence), language=None, wrap_lines=True)
    compare_sheets(session, lines)
    with st.container(horizontal=True):
        st.download_button(
            gettext("Sheet (CSV)"),
            sheet_csv(lines),
            "audit.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
            help=gettext("All lines with their text; load the file to continue later."),
            key="audit_csv",
        )
        st.download_button(
            gettext("Empty sheet (CSV)"),
            empty_sheet(lines),
            "audit_empty.csv",
            "text/csv",
            icon=":material/group:",
            on_click="ignore",
            help=gettext(
                "The same lines without your answers, for another person: to be "
                "filled in, or loaded in a program that has the same corpus."
            ),
            key="audit_empty",
        )
        with st.popover(gettext("Begin another audit")):
            st.markdown(
                gettext(
                    "The {count} lines done are lost for this program: save the sheet "
                    "first to keep them.",
                    count=result.lines,
                )
            )
            if st.button(
                gettext("Drop them and begin anew"), key="audit_anew", type="primary"
            ):
                save_sheet(session, [])
                st.rerun()
