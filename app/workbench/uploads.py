"""Uploads: add documents to a session, and arrange them."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from ocr_core.corpus.shared_project import MAX_PROJECT_BYTES
from ocr_core.documents.discovery import ENDINGS
from ocr_core.documents.pairs import TRUTH_ENDINGS, name_of_scan
from ocr_core.errors import LimitError
from ocr_core.settings import Settings

from ..evaluate.ground_truth import take_truths
from ..i18n import gettext, translate_message
from ..session.arrival import add_files
from ..session.session import Session
from ..session.upload import Upload
from ..ui.progress import show_progress
from ..ui.widgets import plain
from ..viewer import paste_catcher
from .document_languages import language_popover, list_languages

SAMPLES = Path(__file__).parents[2] / "sample_images"
TYPES = [ending.removeprefix(".") for ending in ENDINGS]

THUMBNAIL_HEIGHT = 64
MAX_VISIBLE_ERRORS = 4  # a longer list scrolls
MAX_LISTED = 50  # errors
ROWS = 25  # documents listed at a time
NEARLY_FULL = 0.8  # share of the size limit above which a warning is shown

state = st.session_state


def take_uploads(session: Session, label: str, *, compact: bool = False) -> None:
    """Add uploaded files, then clear the uploader, which keeps them in memory."""
    state.setdefault("drops", 0)
    paste_catcher(key="paste", most_bytes=most_bytes(), on_large=note_large)
    # All file types are accepted, so that unsupported files are listed as errors.
    files = st.file_uploader(
        label,
        accept_multiple_files=True,
        key=f"drop_{state.drops}",
        help=gettext("Drop files here, click to choose them, or paste a picture."),
        label_visibility="collapsed" if compact else "visible",
    )
    with st.container(horizontal=True):
        with st.popover(gettext("Folder"), icon=":material/folder_open:"):
            folder = st.file_uploader(
                gettext("Every scan in a folder, in natural order"),
                type=[*TYPES, *(ending[1:] for ending in TRUTH_ENDINGS)],
                accept_multiple_files="directory",
                key=f"folder_{state.drops}",
                help=gettext("Files of other kinds are left out."),
            )
        with st.popover(gettext("Camera"), icon=":material/photo_camera:"):
            photo = (
                st.camera_input(
                    gettext("Photograph a page"), key=f"camera_{state.drops}"
                )
                if st.toggle(
                    gettext("Switch the camera on"),
                    key="camera_on",
                    help=gettext("The browser asks whether the camera may be used."),
                )
                else None
            )
    taken = [*(files or []), *sorted_naturally(folder or [])]
    if photo:
        taken.append(photo)
    if taken:
        take_over(session, taken)
    if session.uploads:
        say_how_full(session)


def most_bytes() -> int:
    """Return the maximum size of an uploaded file in bytes."""
    return int(st.get_option("server.maxUploadSize")) * 2**20


def note_large() -> None:
    """Record files that are too large to upload.

    They are listed when the others have been received: a new list entry would move the
    uploader and interrupt an upload in progress. On a busy machine that may be before
    this note arrives.
    """
    large = state.paste.large or {"files": [], "others": []}
    state.setdefault("large_files", []).extend(large["files"])
    if state.get("received", set()) >= set(large["others"]):
        list_large(state.session)


def list_large(session: Session) -> None:
    """List the files that were too large to upload."""
    most = most_bytes() // 2**20
    for name, size in state.pop("large_files", []):
        error = LimitError(
            "{0} is larger than {1} MB.",
            name,
            most,
            hint="Read it with ocr-core on the command line.",
        )
        session.refuse(f"large {name} {size}", str(name), error)


def refused_files(session: Session, shown: str = "") -> None:
    """List the files that could not be opened, and why, until they are dismissed.

    The document `shown` is left out, as its error is already on the screen.
    """
    refused = [
        each
        for each in session.uploads.values()
        if each.key != shown and not each.opening and each.error
    ]
    if not refused:
        return
    tall = len(refused) > MAX_VISIBLE_ERRORS
    with st.container(border=True, key="refused", height=320 if tall else "content"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                f"**{gettext('Not opened: {count}', count=len(refused))}**",
                width="stretch",
            )
            if len(refused) > 1:
                st.button(
                    gettext("Dismiss all"),
                    key="dismiss_all",
                    on_click=session.remove_all,
                    args=([each.key for each in refused],),
                )
        for each in refused[:MAX_LISTED]:
            # With a key, a row that moves is still recognized as the same element, so
            # the browser does not show it twice during a rerun.
            with st.container(
                key=f"refused {each.key}",
                horizontal=True,
                vertical_alignment="center",
            ):
                st.markdown(
                    f":material/error: **{plain(each.label)}** · "
                    f"{plain(translate_message(each.error))}",
                    width="stretch",
                )
                st.button(
                    gettext("Dismiss"),
                    key=f"dismiss {each.key}",
                    icon=":material/close:",
                    on_click=session.remove,
                    args=(each.key,),
                )
        if len(refused) > MAX_LISTED:
            st.caption(gettext("The first {count} are listed.", count=MAX_LISTED))


def say_how_full(session: Session) -> None:
    """Show the used storage; warn when it is nearly full."""
    st.caption(
        gettext(
            "{held} of {most} MB used. Remove documents to make room."
            if session.project.documents.held >= NEARLY_FULL * MAX_PROJECT_BYTES
            else "{held} of {most} MB used.",
            held=math.ceil(session.project.documents.held / 10**6),
            most=MAX_PROJECT_BYTES // 10**6,
        )
    )


def sorted_naturally(files: list) -> list:
    """Return files in natural order of their names: 2 before 10."""
    from natsort import os_sorted

    return list(os_sorted(files, key=lambda file: file.name))


def take_over(session: Session, files: list[UploadedFile]) -> None:
    """Save the files, show the first new one that opens, and clear the uploader."""
    before = set(session.uploads)
    with st.spinner(gettext("Receiving the files…")):
        added = [(file.file_id, file.name, file.getvalue()) for file in files]
        truths = [each for each in added if name_of_scan(each[1])]
        add_files(session, [each for each in added if each not in truths])
        take_truths(session, truths)
        for file in files:
            release_upload(file)
        state.setdefault("received", set()).update(file.name for file in files)
        list_large(session)
        new = [key for key in session.uploads if key not in before]
        if new:
            good = (key for key in new if not session.uploads[key].error)
            state.document = next(good, new[0])
    state.drops += 1
    st.rerun()


def release_upload(file: UploadedFile) -> None:
    """Remove a file from Streamlit's memory, where it would stay otherwise."""
    context = get_script_run_ctx()
    if context and hasattr(context.uploaded_file_mgr, "remove_file"):
        context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)


def watch_opening(session: Session) -> None:
    """Show how many documents are still being opened, until all are."""
    left, total = session.project.documents.opening, len(session.uploads)
    if not left:
        st.rerun()
    text = gettext(
        "{count} of {total} documents opened", count=total - left, total=total
    )
    show_progress(text, 1 - left / total, None)


def offer_sample(session: Session) -> None:
    """Offer the sample pages that come with the app."""
    samples = sorted(path for path in SAMPLES.glob("*") if path.suffix[1:] in TYPES)
    names = {path.stem.replace("_", " ").capitalize(): path for path in samples}
    chosen = st.selectbox(
        gettext("Sample"),
        list(names),
        format_func=gettext,
        key="sample_name",
        help=gettext("A page that comes with the program."),
    )
    if (
        st.button(gettext("Open sample page"), type="primary", key="open_sample")
        and chosen
    ):
        path = names[chosen]
        session.add(f"sample {path.name}", path.name, path.read_bytes())
        st.rerun()


def document_label(upload: Upload) -> str:
    """Return a document's name for the list of documents."""
    if upload.opening:
        return upload.label
    if upload.error:
        return f"⚠ {upload.label}"
    if upload.pages > 1:
        return f"{upload.label} · {gettext('{count} pages', count=upload.pages)}"
    return upload.label


def arrange_documents(session: Session, settings: Settings) -> None:
    """Offer to view, reorder and close documents, and to choose their language."""
    chosen = document_table(session, settings)
    project = session.project
    with st.container(horizontal=True):
        for label, icon, change, usable in (
            (
                gettext("Up"),
                "arrow_upward",
                partial(project.documents.move, chosen, -1),
                chosen,
            ),
            (
                gettext("Down"),
                "arrow_downward",
                partial(project.documents.move, chosen, 1),
                chosen,
            ),
            (gettext("Sort by name"), "sort_by_alpha", project.documents.sort, True),
            (
                gettext("Remove chosen"),
                "close",
                partial(session.remove_all, chosen),
                chosen,
            ),
        ):
            st.button(
                label,
                key=f"arrange {icon}",
                icon=f":material/{icon}:",
                disabled=not usable,
                on_click=rearrange,
                args=(session, change, chosen),
            )
        language_popover(session, chosen)
        if st.button(
            gettext("Show this one"),
            key="show_chosen",
            icon=":material/visibility:",
            disabled=len(chosen) != 1,
        ):
            state.wanted_document = chosen[0]
            st.rerun()
    st.caption(
        gettext(
            "Choose rows at their left edge. The order is that of the corpus. "
            "What you remove here stays on your disk and in the corpus."
        )
    )


def document_table(session: Session, settings: Settings) -> list[str]:
    """Show a part of the documents with thumbnails; return the selected ones."""
    count = max(1, -(-len(session.uploads) // ROWS))
    state.arranged_sheet = min(state.get("arranged_sheet") or 1, count)
    keys = shown_documents(session)
    languages = list_languages(session, settings, keys)
    st.dataframe(
        [
            {
                gettext("first page"): None
                if upload.error
                else session.pictures.thumbnail(key, upload.first_page),
                gettext("document"): upload.label,
                gettext("pages"): upload.pages or None,
                gettext("language"): language,
                gettext("evidence"): evidence,
                gettext("problem"): translate_message(upload.error),
            }
            for (key, upload), (language, evidence) in zip(
                ((key, session.uploads[key]) for key in keys), languages, strict=True
            )
        ],
        key=arranged_key(),
        hide_index=True,
        row_height=THUMBNAIL_HEIGHT,
        height=min(480, 40 + THUMBNAIL_HEIGHT * len(keys)),
        on_select="rerun",
        selection_mode="multi-row",
        placeholder="",
        alt=gettext("The documents in the order of the corpus"),
        column_config={
            gettext("first page"): st.column_config.ImageColumn(width="small"),
            gettext("pages"): st.column_config.NumberColumn(width="small"),
            gettext("language"): st.column_config.TextColumn(width="small"),
            gettext("problem"): st.column_config.TextColumn(width="large"),
        },
    )
    if count > 1:
        st.pagination(count, key="arranged_sheet")
    rows = state[arranged_key()]["selection"]["rows"]
    return [keys[row] for row in rows if row < len(keys)]


def shown_documents(session: Session) -> list[str]:
    """Return the documents in the part of the list that is shown."""
    first = ((state.get("arranged_sheet") or 1) - 1) * ROWS
    return list(session.uploads)[first : first + ROWS]


def arranged_key() -> str:
    """Return the key of the table: Streamlit selects rows by index."""
    sheet = state.get("arranged_sheet") or 1
    return "arranged" if sheet == 1 else f"arranged {sheet}"


def rearrange(
    session: Session, change: Callable[[], None], chosen: Sequence[str]
) -> None:
    """Reorder or remove documents; the remaining ones stay selected."""
    change()
    keys = shown_documents(session)
    rows = [keys.index(key) for key in chosen if key in keys]
    state[arranged_key()] = {"selection": {"rows": rows, "columns": [], "cells": []}}
