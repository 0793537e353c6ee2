"""Intake: how documents come into a session, and how they are arranged."""

from pathlib import Path

import streamlit as st

from app.jobs import Session, Upload
from app.language import retell, say
from app.viewer import paste_catcher

SAMPLES = Path(__file__).parents[1] / "sample_images"
TYPES = "png jpg jpeg jpe tif tiff webp avif jp2 bmp gif pbm pgm ppm pnm pdf".split()

state = st.session_state


def take_uploads(session: Session, label: str, *, compact: bool = False) -> None:
    """Take files from the browser, then empty the uploader: it holds them in memory."""
    state.setdefault("drops", 0)
    paste_catcher(key="paste")
    files = st.file_uploader(
        label,
        type=TYPES,
        accept_multiple_files=True,
        key=f"drop_{state.drops}",
        help=say("Drop files here, click to choose them, or paste a picture."),
        label_visibility="collapsed" if compact else "visible",
    )
    with st.container(horizontal=True):
        with st.popover(say("Folder"), icon=":material/folder_open:"):
            folder = st.file_uploader(
                say("Every scan in a folder, in natural order"),
                type=TYPES,
                accept_multiple_files="directory",
                key=f"folder_{state.drops}",
            )
        with st.popover(say("Camera"), icon=":material/photo_camera:"):
            photo = (
                st.camera_input(say("Photograph a page"), key=f"camera_{state.drops}")
                if st.toggle(say("Switch the camera on"), key="camera_on")
                else None
            )
    taken = [*(files or []), *sorted_naturally(folder or [])]
    if photo:
        taken.append(photo)
    if taken:
        take_over(session, taken)


def sorted_naturally(files: list) -> list:
    """Return files in natural order of their names: 2 before 10."""
    from natsort import os_sorted

    return list(os_sorted(files, key=lambda file: file.name))


def take_over(session: Session, files: list) -> None:
    """Spool and open the files, show the first new one, and start afresh."""
    before = set(session.uploads)
    with st.spinner(say("Opening {count} documents…", count=len(files))):
        for file in files:
            session.add(file.file_id, file.name, file.getvalue())
    new = [key for key in session.uploads if key not in before]
    good = [key for key in new if not session.uploads[key].error]
    if new:
        state.document = (good or new)[0]
    state.drops += 1
    st.rerun()


def offer_sample(session: Session) -> None:
    """Offer the sample pages that come with the app."""
    samples = sorted(path for path in SAMPLES.glob("*") if path.suffix[1:] in TYPES)
    names = {path.stem.replace("_", " ").capitalize(): path for path in samples}
    chosen = st.selectbox(
        say("Sample"), list(names), format_func=say, key="sample_name"
    )
    if st.button(say("Open sample page"), type="primary", key="open_sample") and chosen:
        path = names[chosen]
        session.add(f"sample {path.name}", path.name, path.read_bytes())
        st.rerun()


def document_label(upload: Upload) -> str:
    """Return a document's name for the list of documents."""
    if upload.error:
        return f"⚠ {upload.label}"
    if upload.pages > 1:
        return f"{upload.label} · {say('{count} pages', count=upload.pages)}"
    return upload.label


def arrange_documents(session: Session) -> None:
    """Offer to reorder and close documents: the order is that of the corpus."""
    keys = list(session.uploads)
    st.dataframe(
        [
            {
                say("document"): upload.label,
                say("pages"): upload.pages or None,
                say("trouble"): retell(upload.error),
            }
            for upload in session.uploads.values()
        ],
        key="arranged",
        hide_index=True,
        height=min(400, 38 + 35 * len(keys)),
        on_select="rerun",
        selection_mode="multi-row",
        alt=say("The documents in the order of the corpus"),
    )
    rows = state.arranged["selection"]["rows"]
    chosen = [keys[row] for row in rows if row < len(keys)]
    with st.container(horizontal=True):
        for label, icon, move in (
            (say("Up"), "arrow_upward", -1),
            (say("Down"), "arrow_downward", 1),
        ):
            st.button(
                label,
                key=f"move {move}",
                icon=f":material/{icon}:",
                disabled=not chosen,
                on_click=session.move,
                args=(chosen, move),
            )
        st.button(
            say("Sort by name"),
            key="sort",
            icon=":material/sort_by_alpha:",
            on_click=session.sort,
        )
        st.button(
            say("Remove chosen"),
            key="remove_chosen",
            icon=":material/close:",
            disabled=not chosen,
            on_click=session.remove_all,
            args=(chosen,),
        )
    st.caption(say("Choose rows at their left edge. The files on your disk stay."))
