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


def all_misread_forms(db: CorpusFile) -> dict[str, str]:
    """Return each form with its word, both in small letters."""
    with db.translate_errors():
        if not db.one(MADE)[0]:
            return {}
        rows = db.execute("SELECT form, word FROM misread_forms")
        return dict(db.check_types(rows, str, str))


def confirm_misread_forms(db: CorpusFile, word: str, forms: Iterable[str]) -> None:
    """Count these forms as a word from now on; those confirmed before go."""
    word = word.lower()
    with db.translate_errors(), db.writing():
        db.execute(TABLE)
        db.execute("DELETE FROM misread_forms WHERE word = ?", (word,))
        db.execute("DELETE FROM misread_forms WHERE form = ?", (word,))
        db.executemany(
            "INSERT OR REPLACE INTO misread_forms VALUES (?, ?)",
            [(form.lower(), word) for form in forms if form.lower() != word],
        )
