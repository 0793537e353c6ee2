"""Stop lists: the user's own stop words, stored in the corpus."""

from collections.abc import Iterable

from ocr_core.corpus.database import CorpusFile
from ocr_core.corpus.schema import STOP_LISTS

MADE = "SELECT count(*) FROM sqlite_schema WHERE name = 'stop_lists'"


def all_stop_lists(db: CorpusFile) -> dict[str, frozenset[str]]:
    """Return the lists by language; "" means all languages."""
    with db.translate_errors():
        if not db.one(MADE)[0]:
            return {}
        rows = db.execute("SELECT language, words FROM stop_lists")
        return {
            language: frozenset(words.splitlines())
            for language, words in db.check_types(rows, str, str)
        }


def save_stop_list(db: CorpusFile, language: str, words: Iterable[str] | None) -> None:
    """Save the list of a language; None restores the published one."""
    with db.translate_errors(), db.writing():
        db.execute(STOP_LISTS)
        if words is None:
            db.execute("DELETE FROM stop_lists WHERE language = ?", (language,))
        else:
            db.execute(
                "INSERT OR REPLACE INTO stop_lists VALUES (?, ?)",
                (language, "\n".join(sorted(words))),
            )
