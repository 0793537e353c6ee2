"""Sharing: export a project as one file, and import it again."""

import shutil
import zipfile
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePath
from typing import IO

import streamlit as st

from ocr_core.corpus.backup import export_copy
from ocr_core.corpus.shared_project import (
    AUDIT,
    CORPUS,
    FILES,
    RECORD,
    TRUTH,
    check_foreign,
    opened_project,
)
from ocr_core.errors import CorpusError, OcrError, OutputError
from ocr_core.exports.zip_bundle import safe_name

from ..i18n import gettext
from ..session.project import Project
from ..session.project_library import Library
from ..session.project_paths import ProjectPaths
from ..session.project_record import MAX_BYTES, Record, parsed_record
from ..session.promised_files import PromisedFile
from ..session.session import Session
from ..ui.file_buttons import FileButton, offer_files
from ..workbench.uploads import release_upload
from .position import show_project

CORPUS_MAGIC = b"SQLite format 3\0"
ZIP_MAGIC = b"PK\x03\x04"
MAX_FILE_MB = 500  # of a file that is imported
STORED = {".png", ".jpg", ".jpeg", ".webp", ".avif", ".jp2", ".pdf", ".gif", ".heic"}

state = st.session_state


def write_shared(project: Project, path: Path, *, scans: bool) -> None:
    """Write a project to one file, with or without its documents.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    project.save()
    draft = path.with_name(f"{path.name}.corpus")
    try:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            if scans:
                for each in project.documents.uploads.values():
                    if each.path.is_file():
                        packed = PurePath(each.path).suffix.lower() in STORED
                        how = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
                        file.write(each.path, f"{FILES}/{each.path.name}", how)
            if project.corpus_handle.begun:
                with project.corpus_handle.open() as corpus:
                    export_copy(corpus, draft)
                file.write(draft, CORPUS)
            for sheet, name in _sheets(project.paths):
                if sheet.is_file():
                    file.write(sheet, name)
            file.writestr(RECORD, _leaving(project.record).content())
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OutputError(
            "{0} cannot be written: {1}.",
            project.record.name,
            reason,
            hint="Free some space and try again.",
        ) from error
    finally:
        draft.unlink(missing_ok=True)


def _leaving(record: Record) -> Record:
    """Return the record for export: without the last opening time and the run."""
    return replace(record, created="", opened="", run=None)


def _sheets(paths: ProjectPaths) -> tuple[tuple[Path, str], ...]:
    """Return the paths of audit and ground truth, with their names in the export."""
    return (paths.audit, AUDIT), (paths.truth, TRUTH)


def take_shared(library: Library, label: str, file: IO[bytes]) -> Project:
    """Create a project from a shared file: a project, or only a corpus.

    The file is untrusted: its names are not used as paths, sizes are bounded, the
    corpus must contain exactly the expected tables, and no path in it is opened.

    Raises
    ------
    OcrError
        If it is neither, too large, or cannot be saved.
    """
    begins = file.read(len(CORPUS_MAGIC))
    file.seek(0)
    library.check_room(0)
    if begins == CORPUS_MAGIC:
        return library.adopt(PurePath(label).stem, lambda paths: _corpus(file, paths))
    if begins.startswith(ZIP_MAGIC):
        return library.adopt(
            PurePath(label).stem, lambda paths: _unpack(library, label, file, paths)
        )
    raise CorpusError(
        "{0} is no project and no corpus.",
        label,
        hint="Name a file that was shared from Projects, or that ocr-core batch made.",
    )


def _corpus(file: IO[bytes], paths: ProjectPaths) -> Record:
    """Import a corpus file."""
    with paths.corpus.open("wb") as target:
        shutil.copyfileobj(file, target)
    check_foreign(paths.corpus)
    return Record("", foreign=True)


def _unpack(
    library: Library, label: str, file: IO[bytes], paths: ProjectPaths
) -> Record:
    """Extract the parts of a shared project, each under its expected name."""
    with opened_project(label, file) as shared:
        library.check_room(shared.size)
        record = parsed_record(shared.record(MAX_BYTES + 1))
        paths.files.mkdir()
        documents = []
        for each in record.documents:
            if each.file and shared.extract(
                f"{FILES}/{each.file}", paths.files / each.file
            ):
                each = replace(each, pages=0, refusal="")  # it is decoded again
            documents.append(each)
        for sheet, name in _sheets(paths):
            shared.extract(name, sheet)
        if shared.extract(CORPUS, paths.corpus):
            check_foreign(paths.corpus)
    return replace(record, documents=tuple(documents), foreign=True)


def open_shared_file(session: Session, *, key: str) -> None:
    """Import an uploaded project or corpus as a new project."""
    file = st.file_uploader(
        gettext("Open a shared project or a corpus file"),
        type=["zip", "sqlite"],
        key=f"{key}_{state.get('shared_files', 0)}",
        max_upload_size=MAX_FILE_MB,
        help=gettext("It becomes a project of its own; the open one stays as it is."),
    )
    if file is None:
        return
    state.shared_files = state.get("shared_files", 0) + 1
    try:
        project = take_shared(session.library, file.name, file)
    except OcrError as error:
        state.project_fault = str(error)
        st.rerun()
    finally:
        release_upload(file)
    show_project(session, project)


def share_offers(session: Session) -> None:
    """Offer the open project as one file, with or without its scans."""
    project = session.project
    name = safe_name(project.record.name)
    offers = []
    for label, scans, file_name, text in (
        (
            gettext("Project with its scans (.zip)"),
            True,
            f"{name}.zip",
            gettext(
                "Can be opened elsewhere with everything in it, including the scans."
            ),
        ),
        (
            gettext("Project without its scans (.zip)"),
            False,
            f"{name}_without_scans.zip",
            gettext(
                "Smaller; where a scan is missing, the app says which file to open."
            ),
        ),
    ):
        file = PromisedFile(
            partial(write_shared, project, scans=scans), file_name, "application/zip"
        )
        secret = session.secret(f"project {project.paths.record} {scans}")
        offers.append(FileButton(label, secret, file, text))
    offer_files(offers, session.folder, key="share_files")
