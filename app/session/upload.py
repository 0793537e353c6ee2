"""Upload: a document of a project, and what is known of it."""

from dataclasses import dataclass
from pathlib import Path

from ocr_core.documents import Document
from ocr_core.errors import OcrError
from ocr_core.page import PageRef
from ocr_core.processes.pool import Task


@dataclass
class Upload:
    """A document: where its bytes lie, and how many pages it has.

    A worker opens it in its own time; whoever asks for `pages` or `error` waits. What
    is known from an earlier visit stands in `document`, and no worker is asked.
    """

    key: str
    label: str
    path: Path
    size: int
    task: Task | None = None
    refusal: str = ""
    document: Document | None = None
    digest: str = ""  # of the bytes, whether they can be opened or not

    @property
    def first_page(self) -> PageRef:
        """Its first page."""
        return PageRef(str(self.path), 1)

    @property
    def opening(self) -> bool:
        """Return whether nobody knows yet if it can be opened."""
        return self.task is not None and not self.task.done()

    @property
    def pages(self) -> int:
        """The number of its pages; 0 where it cannot be opened."""
        document = self._document()
        return document.pages if document else 0

    @property
    def sha256(self) -> str:
        """The digest of its bytes; nothing where it cannot be opened."""
        document = self._document()
        return document.sha256 if document else ""

    @property
    def error(self) -> str:
        """Why it cannot be opened, or nothing."""
        self._document()
        return self.refusal

    def _document(self) -> Document | None:
        if self.document is None and self.task:
            try:
                self.document = self.task.result()
            except OcrError as error:
                self.refusal = str(error)
        return self.document
