"""Project documents: the files of a project, opened in workers, in the user's order.

A document that the record does not list is recovered from its file.
"""

import contextlib
import hashlib
import secrets
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from natsort import os_sorted

from ocr_core.corpus.shared_project import MAX_PROJECT_BYTES
from ocr_core.documents import Document, survey
from ocr_core.documents.discovery import unique_names
from ocr_core.errors import InputError, LimitError, OcrError, OutputError
from ocr_core.execution.batch import SURVEY_SECONDS
from ocr_core.exports.zip_bundle import safe_name
from ocr_core.page import PageRef
from ocr_core.settings import Settings

from .pools import small_pool
from .project_record import MAX_DOCUMENTS, MAX_TEXT, DocumentRecord
from .upload import Upload

LEFT_OUT = "left out"  # key of the last document that does not fit
DIGEST_IN_NAME = 16  # hexadecimal digits of the digest in a file name


class ProjectDocuments:
    """The documents of an open project.

    Parameters
    ----------
    files
        The folder of their files.
    records
        What is known of them.
    owner
        Of the tasks that open them.
    save
        Called after each change; raises `OutputError`.
    check_room
        Called with a number of bytes to be added; raises an error if they do not fit.
    """

    def __init__(
        self,
        files: Path,
        records: Iterable[DocumentRecord],
        *,
        owner: str,
        save: Callable[[], None],
        check_room: Callable[[int], None],
    ) -> None:
        self.files, self.owner = files, owner
        self._save, self._check_room = save, check_room
        self._lock = threading.RLock()
        self.uploads = {each.key: self._restored(each) for each in records}
        for upload in self._unnamed():
            self.uploads[upload.key] = upload

    @property
    def held(self) -> int:
        """The total size of its documents in bytes."""
        return sum(each.size for each in self.uploads.values())

    @property
    def opening(self) -> int:
        """The number of documents that are still being opened."""
        return sum(each.opening for each in self.uploads.values())

    def add(self, key: str, label: str, content: bytes, *, save: bool = True) -> Upload:
        """Add a document and open it; a rejected one is listed with its error.

        With `save` false, the caller saves the project once it has added others.
        """
        with self._lock:
            digest = hashlib.sha256(content).hexdigest()
            if missing := self._missing(digest):
                key = missing.key
            elif key in self.uploads:
                return self.uploads[key]
            elif len(self.uploads) >= MAX_DOCUMENTS - 1:
                return self._refuse_more(label, save=save)
            upload = Upload(key, label, self._path(label, digest), len(content))
            upload.digest = digest
            try:
                self._check_size(label, len(content))
                self._write(upload, content)
                self._open(upload)
            except OcrError as error:
                upload.refusal, upload.size = str(error), 0
            self._enter(upload, save=save)
            return upload

    def refuse(
        self, key: str, label: str, error: OcrError, *, save: bool = True
    ) -> None:
        """List a document that was rejected before its upload."""
        with self._lock:
            if len(self.uploads) >= MAX_DOCUMENTS - 1:
                self._refuse_more(label, save=save)
                return
            nowhere = self.files / ".none"
            upload = Upload(key, label, nowhere, 0, refusal=str(error))
            self._enter(upload, save=save)

    def _enter(self, upload: Upload, *, save: bool) -> None:
        self.uploads[upload.key] = upload
        if save:
            with contextlib.suppress(OutputError):  # reported when the screen is drawn
                self._save()

    def _refuse_more(self, label: str, *, save: bool) -> Upload:
        """List the last document that does not fit, in place of the one before it."""
        error = LimitError(
            "This and others were left out: a project holds {0} documents.",
            MAX_DOCUMENTS - 1,
            hint="Pack folders of pages into zips, or read them with ocr-core batch.",
        )
        nowhere = self.files / ".none"
        upload = Upload(LEFT_OUT, label, nowhere, 0, refusal=str(error))
        self._enter(upload, save=save)
        return upload

    def _missing(self, digest: str) -> Upload | None:
        """Return the listed document with this digest whose file is missing.

        A project that was shared without its scans has such documents.
        """
        return next(
            (
                each
                for each in self.uploads.values()
                if each.digest == digest and not each.path.is_file()
            ),
            None,
        )

    def _check_size(self, label: str, size: int) -> None:
        if self.held + size > MAX_PROJECT_BYTES:
            raise LimitError(
                "{0} would bring this project to more than {1} MB.",
                label,
                MAX_PROJECT_BYTES // 10**6,
                hint="Remove documents, or read many files with ocr-core read.",
            )
        self._check_room(size)

    def _path(self, label: str, digest: str) -> Path:
        """Return an unused path, made of the digest and the name."""
        start = name = f"{digest[:DIGEST_IN_NAME]}_{safe_name(label)}"
        count = 1
        while (self.files / safe_name(name)).exists():
            count += 1
            name = f"{start[:DIGEST_IN_NAME]}_{count}_{safe_name(label)}"
        return self.files / safe_name(name)

    def _write(self, upload: Upload, content: bytes) -> None:
        draft = upload.path.with_name(f".{secrets.token_hex(8)}")
        try:
            upload.path.parent.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(content)
            draft.replace(upload.path)
        except OSError as error:
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
            raise OutputError(
                "{0} cannot be kept: {1}.",
                upload.label,
                (error.strerror or "").lower(),
                hint="Free disk space, then open it again.",
            ) from error

    def _open(self, upload: Upload) -> None:
        ref = PageRef(str(upload.path), 0, source_file=upload.label)
        upload.task = small_pool().submit(
            survey, ref, owner=self.owner, seconds=SURVEY_SECONDS
        )

    def _restored(self, record: DocumentRecord) -> Upload:
        """Restore a document from its record."""
        path = self.files / (record.file or ".none")
        upload = Upload(
            record.key, record.label, path, record.size, refusal=record.refusal
        )
        upload.digest, upload.language = record.sha256, record.language
        if not record.file:
            upload.size = 0
        elif not path.is_file():
            upload.size = 0
            upload.refusal = str(
                InputError(
                    "{0} is not in this project.",
                    record.label,
                    hint="Open it again to see its scans: it is recognized by its "
                    "content.",
                )
            )
        elif record.pages and not record.refusal:
            ref = PageRef(str(path), 0, source_file=record.label)
            upload.document = Document(ref, record.pages, record.sha256)
        else:  # try a rejected document again: the cause may have been this machine
            upload.refusal = ""
            self._try_to_open(upload)
        return upload

    def _unnamed(self) -> Iterable[Upload]:
        """Yield files that are not in the record, after an interrupted save."""
        named = {each.path.name for each in self.uploads.values()}
        paths = self.files.iterdir() if self.files.is_dir() else ()
        for path in os_sorted(paths):
            if path.name not in named and path.name[0] != "." and path.is_file():
                label = path.name.partition("_")[2] or path.name
                upload = Upload(path.name, label, path, path.stat().st_size)
                self._try_to_open(upload)
                yield upload

    def _try_to_open(self, upload: Upload) -> None:
        try:
            self._open(upload)
        except OcrError as error:  # too many are waiting
            upload.refusal = str(error)

    def remove(self, key: str) -> None:
        """Remove a document and delete its file."""
        with self._lock:
            upload = self.uploads.pop(key, None)
            if upload is None:
                return
            if upload.task:
                small_pool().cancel(upload.task)
            with contextlib.suppress(OutputError):
                self._save()
            with contextlib.suppress(OSError):
                upload.path.unlink(missing_ok=True)

    def move(self, keys: Sequence[str], by: int) -> None:
        """Move documents up (-1) or down (1) by one position."""
        order = list(self.uploads)
        for key in keys if by < 0 else reversed(keys):
            index = order.index(key)
            other = index + by
            if 0 <= other < len(order) and order[other] not in keys:
                order[index], order[other] = order[other], order[index]
        self.uploads = {key: self.uploads[key] for key in order}

    def sort(self) -> None:
        """Sort the documents in natural order of their names: 2 before 10."""
        order = os_sorted(self.uploads, key=lambda key: self.uploads[key].label)
        self.uploads = {key: self.uploads[key] for key in order}

    def set_language(self, keys: Iterable[str], language: str) -> None:
        """Choose the language in which documents are read; "" leaves it to settings."""
        for key in keys:
            self.uploads[key].language = language
        with contextlib.suppress(OutputError):  # reported when the screen is drawn
            self._save()

    def settings_for(self, path: str, settings: Settings) -> Settings:
        """Return settings with the language chosen for the document at a path."""
        opened = (each for each in self.uploads.values() if str(each.path) == path)
        upload = next(opened, None)
        return upload.own_settings(settings) if upload else settings

    def digest_of(self, path: str) -> str:
        """Return the digest of the document at a path; "" if there is none."""
        opened = (each for each in self.uploads.values() if str(each.path) == path)
        return next((each.sha256 for each in opened), "")

    @property
    def scans(self) -> dict[str, str]:
        """The paths of the documents that could be opened, by digest."""
        opened = [each for each in self.uploads.values() if each.sha256]
        return {each.sha256: str(each.path) for each in opened}

    def refs(self) -> dict[str, PageRef]:
        """Return a reference to each document, by key."""
        keys = list(self.uploads)
        labels = [Path(self.uploads[key].label) for key in keys]
        names = dict(zip(keys, unique_names(labels), strict=True))
        return {
            key: PageRef(
                str(self.uploads[key].path),
                0,
                doc_id=names[key],
                source_file=self.uploads[key].label,
            )
            for key in keys
        }

    def records(self) -> tuple[DocumentRecord, ...]:
        """Return the records of all documents."""
        return tuple(map(_recorded, list(self.uploads.values())))

    def close(self) -> None:
        """Cancel the documents that wait to be opened."""
        small_pool().cancel_owner(self.owner)


def _recorded(upload: Upload) -> DocumentRecord:
    """Return the record of a document, without waiting until it is opened."""
    known = not upload.opening
    return DocumentRecord(
        upload.key,
        upload.label,
        upload.path.name if upload.path.is_file() else "",
        upload.digest,
        upload.size,
        upload.pages if known else 0,
        upload.refusal[:MAX_TEXT] if known else "",
        upload.language,
    )
