"""Full text: the tokens of current pages in the index that SQLite searches."""

from collections.abc import Collection, Sequence

import numpy as np

from ocr_core.corpus.database import CorpusFile
from ocr_core.corpus.queries import CURRENT
from ocr_core.corpus.token_tables import form_numbers, stored_tokens
from ocr_core.mining.token_words import TokenWords
from ocr_core.scripts import AROUND_EACH
from ocr_core.tokenizer import lowered, unpointed

FED_AT_ONCE = 500  # pages in one transaction
STOPPED = "\ue000"  # separates texts, so that no phrase crosses it
UNINDEXED = "SELECT reading FROM unindexed"


def has_full_text_index(db: CorpusFile) -> bool:
    """Return whether the full-text index contains all current pages."""
    with db.translate_errors():
        behind = f"SELECT 1 {CURRENT} WHERE r.id IN ({UNINDEXED}) LIMIT 1"
        return db.searchable and db.one(behind) is None


def feed(db: CorpusFile, readings: Collection[int] | None = None) -> None:
    """Add the tokens of missing pages to the full-text index.

    By default of all pages; otherwise of some readings.
    """
    if not db.searchable:
        return
    every = f"SELECT r.id {CURRENT} WHERE r.id IN ({UNINDEXED})"
    behind = [
        reading
        for (reading,) in db.execute(every)
        if readings is None or reading in readings
    ]
    forms = list(form_numbers(db)) if behind else []
    for start in range(0, len(behind), FED_AT_ONCE):
        with db.writing():
            for reading in behind[start : start + FED_AT_ONCE]:
                _feed(db, reading, forms)


def _feed(db: CorpusFile, reading: int, forms: Sequence[str]) -> None:
    n_words, language = db.one(
        "SELECT n_words, language FROM readings WHERE id = ?", reading
    )
    row = stored_tokens(db, reading)
    if row is None and n_words:
        return  # its tokens are outdated
    db.execute("DELETE FROM search WHERE rowid = ?", (reading,))
    if row is not None:
        numbers, words = row
        if len(numbers) and int(numbers.max()) >= len(forms):
            return  # another program added forms; the next call indexes it
        words_so_far, _ = fed(
            [unpointed(lowered(forms[n], language)) for n in numbers], words
        )
        db.execute(
            "INSERT INTO search (rowid, tokens) VALUES (?, ?)",
            (reading, " ".join(words_so_far)),
        )
    db.execute("DELETE FROM unindexed WHERE reading = ?", (reading,))


def fed(forms: Sequence[str], words: TokenWords) -> tuple[list[str], list[int]]:
    """Return the index terms of a page, and for each the number of its token.

    Running heads come last. No phrase crosses a break in the text. Chinese and Thai
    characters are separate terms, so that a word is found inside a sentence.
    """
    words_so_far: list[str] = []
    token_numbers: list[int] = []
    starts = words.after_break("text").tolist()
    for outer in (False, True):
        for n in np.flatnonzero(words.outer == outer).tolist():
            parts = apart(forms[n])
            if starts[n] or not words_so_far:
                parts, token_numbers = [STOPPED, *parts], [*token_numbers, -1]
            words_so_far += parts
            token_numbers += [n] * (len(parts) - (parts[0] == STOPPED))
        words_so_far.append(STOPPED)
        token_numbers.append(-1)
    return words_so_far, token_numbers


def apart(form: str) -> list[str]:
    """Split a form into index terms: one for each Chinese or Thai character."""
    return [part for part in AROUND_EACH.split(form) if part] or [form]
