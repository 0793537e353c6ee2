"""Removal: documents and pages are taken out of a corpus, and brought back.

What is taken out stays in the file, so that nothing is lost by a slip: a page gives up
its current reading, and is then in no list, search, count or export. Runs leave it out.
"""

from collections.abc import Collection
from typing import Any

from ocr_core.corpus.database import CorpusFile
from ocr_core.errors import InputError
from ocr_core.messages import Message

Place = tuple[str, int]  # of a page: document and number
# A reading that failed may have been deleted since: then the best of the others.
RESTORE = """
    UPDATE pages SET removed = 0, reading = coalesce(
        (SELECT id FROM readings r WHERE r.id = pages.removed),
        (SELECT max(id) FROM readings r
            WHERE r.page = pages.id AND r.status <> 'failed'),
        (SELECT max(id) FROM readings r WHERE r.page = pages.id)
    ) WHERE id = ?
"""


class Removal(CorpusFile):
    """Pages that a person has taken out."""

    def remove(self, doc_id: str, page_num: int | None = None) -> list[Place]:
        """Take out a page, or a document with all its pages, read or still to be read.

        Returns
        -------
        list
            The pages that are out now and were in before.

        Raises
        ------
        InputError
            Where the corpus has no such page or document, or it is out already.
        """
        with self._told(), self._writing():
            document = self._known_document(doc_id)
            whole = page_num is None
            marked = whole and self._mark(document, removed=True)
            taken = self._pages(document, page_num, "reading NOTNULL")
            if not taken and not marked:
                what = doc_id if whole else Message("page {0} of {1}", page_num, doc_id)
                raise InputError(
                    "{0} has no {1}.",
                    self.name,
                    what,
                    hint="Was it removed already? --undo brings it back.",
                )
            self._db.executemany(
                "UPDATE pages SET removed = reading, reading = NULL WHERE id = ?",
                [(page,) for page, _ in taken],
            )
            if whole:
                self._db.execute(
                    "UPDATE pages SET removed = -1 WHERE document = ? AND removed = 0",
                    (document,),
                )
        return [(doc_id, number) for _, number in taken]

    def restore(self, doc_id: str, page_num: int | None = None) -> list[Place]:
        """Bring back a page, or all of a document, as it was when it was taken out.

        Returns
        -------
        list
            The pages that are in again.

        Raises
        ------
        InputError
            Where nothing of that was taken out.
        """
        with self._told(), self._writing():
            document = self._known_document(doc_id)
            whole = page_num is None
            marked = whole and self._mark(document, removed=False)
            back = self._pages(document, page_num, "removed <> 0")
            if not back and not marked:
                what = doc_id if whole else Message("page {0} of {1}", page_num, doc_id)
                raise InputError("{0} was not removed.", what)
            self._db.executemany(RESTORE, [(page,) for page, _ in back])
            current = set(self._pages(document, page_num, "reading NOTNULL"))
        return [(doc_id, page[1]) for page in back if page in current]

    def removed(self) -> list[Place]:
        """List the pages that were taken out and can be brought back."""
        with self._told():
            rows = self._db.execute(
                "SELECT d.doc_id, p.number FROM pages p "
                "JOIN documents d ON d.id = p.document WHERE p.removed <> 0 "
                "AND EXISTS (SELECT 1 FROM readings r WHERE r.page = p.id) "
                "ORDER BY p.document, p.number"
            )
            return [(doc_id, page) for doc_id, page in self._sound(rows, str, int)]

    def left_out(self, doc_id: str, numbers: Collection[int]) -> set[int]:
        """Return which of these pages a run must not read, as they were taken out."""
        with self._told():
            return self._removed(self._known_document(doc_id), numbers)

    def _removed(self, document: int, numbers: Collection[int]) -> set[int]:
        [whole] = self._one("SELECT removed FROM documents WHERE id = ?", document)
        pages: dict[int, int] = dict(
            self._db.execute(
                "SELECT number, removed FROM pages WHERE document = ?", (document,)
            ).fetchall()
        )
        return {number for number in numbers if pages.get(number, whole)}

    def _known_document(self, doc_id: str) -> int:
        name = self._stored_name(doc_id)
        found = self._one("SELECT id FROM documents WHERE doc_id = ?", name)
        if found is None:
            raise InputError(
                "{0} has no document {1}.",
                self.name,
                doc_id,
                hint="Name it as the column doc_id does.",
            )
        return int(found[0])

    def _pages(
        self, document: int, page_num: int | None, which: str
    ) -> list[tuple[int, int]]:
        """Return ids and numbers of a document's pages, or of one, that are so."""
        rows = self._db.execute(
            "SELECT id, number FROM pages WHERE document = ? "
            f"AND ? IN (number, -1) AND {which} ORDER BY number",
            (document, -1 if page_num is None else page_num),
        )
        return rows.fetchall()

    def _mark(self, document: int, *, removed: bool) -> bool:
        """Note that a whole document is out, or in; tell whether that is new."""
        changed: Any = self._db.execute(
            "UPDATE documents SET removed = ? WHERE id = ? AND removed <> ?",
            (removed, document, removed),
        )
        return bool(changed.rowcount)
