"""Misread forms: what a person confirmed to be a word misread, kept with the corpus."""

from collections.abc import Iterable

from ocr_core.corpus.database import CorpusFile

# No step of the schema: earlier versions open the file and pass the table over.
TABLE = """
    CREATE TABLE IF NOT EXISTS misread_forms (
        form TEXT PRIMARY KEY,  -- in small letters
        word TEXT NOT NULL      -- what it counts as
    )
"""
MADE = "SELECT count(*) FROM sqlite_schema WHERE name = 'misread_forms'"


class MisreadForms(CorpusFile):
    """Forms that every view counts as the word they were."""

    def misread_forms(self) -> dict[str, str]:
        """Return each form with its word, both in small letters."""
        with self._told():
            if not self._one(MADE)[0]:
                return {}
            rows = self._db.execute("SELECT form, word FROM misread_forms")
            return dict(self._sound(rows, str, str))

    def confirm_misread(self, word: str, forms: Iterable[str]) -> None:
        """Count these forms as a word from now on; those confirmed before go."""
        word = word.lower()
        with self._told(), self._writing():
            self._db.execute(TABLE)
            self._db.execute("DELETE FROM misread_forms WHERE word = ?", (word,))
            self._db.execute("DELETE FROM misread_forms WHERE form = ?", (word,))
            self._db.executemany(
                "INSERT OR REPLACE INTO misread_forms VALUES (?, ?)",
                [(form.lower(), word) for form in forms if form.lower() != word],
            )
