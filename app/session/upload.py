"""Upload: a document of a project."""

from dataclasses import dataclass
from pathlib import Path

from ocr_core.documents import Document
from ocr_core.errors import OcrError
from ocr_core.language_choice import in_language
from ocr_core.page import PageRef
from ocr_core.processes.pool import Task
from ocr_core.settings import Settings


@dataclass
class Upload:
    """A document: its file and its number of pages.

    A worker opens it in the background; `pages` and `error` wait for the worker. If it
    was opened on an earlier visit, the result is in `document`, and no worker is used.
    """

    key: str
    label: str
    path: Path
    size: int
    task: Task | None = None
    refusal: str = ""
    document: Document | None = None
    digest: str = ""  # of the bytes, even if they cannot be opened
    language: str = ""  # in which it is read; "" if the settings say it

    @property
    def first_page(self) -> PageRef:
        """Its first page."""
        return PageRef(str(self.path), 1)

    def own_settings(self, settings: Settings) -> Settings:
        """Return settings with the language that was chosen for it, if one was."""
        return in_language(settings, self.language) if self.language else settings

    @property
    def opening(self) -> bool:
        """Return whether it is still being opened."""
        return self.task is not None and not self.task.done()

    @property
    def pages(self) -> int:
        """The number of its pages; 0 if it cannot be opened."""
        document = self._document()
        return document.pages if document else 0

    @property
    def sha256(self) -> str:
        """The digest of its bytes; "" if it cannot be opened."""
        document = self._document()
        return document.sha256 if document else ""

    @property
    def error(self) -> str:
        """Why it cannot be opened, or an empty string."""
        self._document()
        return self.refusal

    def _document(self) -> Document | None:
        if self.document is None and self.task:
            try:
                self.document = self.task.result()
            except OcrError as error:
                self.refusal = str(error)
        return self.document
