"""Misread forms: word forms that a person confirmed as misreadings of a word."""

from collections.abc import Iterable

from ocr_core.corpus.database import CorpusFile
from ocr_core.corpus.schema import MISREAD_FORMS

MADE = "SELECT count(*) FROM sqlite_schema WHERE name = 'misread_forms'"


def all_misread_forms(db: CorpusFile) -> dict[str, str]:
    """Return the word of each misread form, both in lower case."""
    with db.translate_errors():
        if not db.one(MADE)[0]:
            return {}
        rows = db.execute("SELECT form, word FROM misread_forms")
        return dict(db.check_types(rows, str, str))


def confirm_misread_forms(db: CorpusFile, word: str, forms: Iterable[str]) -> None:
    """Replace the misread forms of a word by these."""
    word = word.lower()
    with db.translate_errors(), db.writing():
        db.execute(MISREAD_FORMS)
        db.execute("DELETE FROM misread_forms WHERE word = ?", (word,))
        db.execute("DELETE FROM misread_forms WHERE form = ?", (word,))
        db.executemany(
            "INSERT OR REPLACE INTO misread_forms VALUES (?, ?)",
            [(form.lower(), word) for form in forms if form.lower() != word],
        )
