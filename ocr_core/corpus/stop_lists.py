"""Stop lists: the user's own stop words, kept with the corpus they were chosen for."""

from collections.abc import Iterable

from ocr_core.corpus.database import CorpusFile

# No step of the schema: earlier versions open the file and pass the table over.
TABLE = """
    CREATE TABLE IF NOT EXISTS stop_lists (
        language TEXT PRIMARY KEY,  -- Tesseract's code; empty stands for all
        words TEXT NOT NULL         -- one a line
    )
"""
MADE = "SELECT count(*) FROM sqlite_schema WHERE name = 'stop_lists'"


class StopLists(CorpusFile):
    """Stop words that take the place of the published ones."""

    def stop_lists(self) -> dict[str, frozenset[str]]:
        """Return the lists by language; "" stands for all languages."""
        with self._told():
            if not self._one(MADE)[0]:
                return {}
            rows = self._db.execute("SELECT language, words FROM stop_lists")
            return {
                language: frozenset(words.splitlines())
                for language, words in self._sound(rows, str, str)
            }

    def set_stop_list(self, language: str, words: Iterable[str] | None) -> None:
        """Keep a list for a language; None brings the published one back."""
        with self._told(), self._writing():
            self._db.execute(TABLE)
            if words is None:
                self._db.execute(
                    "DELETE FROM stop_lists WHERE language = ?", (language,)
                )
            else:
                self._db.execute(
                    "INSERT OR REPLACE INTO stop_lists VALUES (?, ?)",
                    (language, "\n".join(sorted(words))),
                )
