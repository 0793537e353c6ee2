"""Group corrections: correct a misread form wherever it occurs, and undo that.

Each word gets a correction of its own, as if made by hand. The steps record which
corrections were made together, from which form and when, so that one call undoes all.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from ocr_core.corpus.corrections import (
    has_unfit,
    list_corrections,
    rewrite_page,
    validate_text,
)
from ocr_core.corpus.database import CorpusFile
from ocr_core.corpus.results import corrected_texts, stored_result
from ocr_core.corpus.schema import (
    CORRECTION_STEPS,
    REFUSED_FORMS,
    STEP_CORRECTIONS,
)
from ocr_core.corpus.token_index import load_tokens
from ocr_core.mining.form_groups import FormGroup, form_groups
from ocr_core.mining.misreadings import FormOccurrence
from ocr_core.mining.variants import Confusions, learn
from ocr_core.page import replace_surrogates
from ocr_core.tokenizer import pieces, respelled

MADE = "SELECT count(*) FROM sqlite_schema WHERE name = ?"


class Replacement(NamedTuple):
    """A token of a word on a page, and what it is to be.

    `reading` is the id of the page's reading, `word_index` the index of the word among
    those that the engine read.
    """

    reading: int
    word_index: int
    form: str
    replacement: str


class CorrectionStep(NamedTuple):
    """Words that were corrected together; `words` of them are still corrected so.

    `made` is the time in UTC, as in 2026-01-31T12:00:00+00:00.
    """

    id: int
    made: str
    title: str
    words: int


def suspicious_groups(db: CorpusFile) -> list[FormGroup]:
    """Group the forms of the corpus that are probably misread, the most gain first.

    The corrections made so far lower the costs of the confusions in them. Forms that
    were refused for a word are not proposed for it again.
    """
    return form_groups(
        load_tokens(db), learnt_confusions(db), refused=refused_forms(db)
    )


def learnt_confusions(db: CorpusFile) -> Confusions:
    """Return the costs of confusions, lower for those in the corrections made."""
    return learn(
        (each.original, each.text) for each in list_corrections(db) if each.text
    )


def replacements_of(occurrences: Iterable[FormOccurrence]) -> list[Replacement]:
    """Return the replacements that correct occurrences of a group."""
    return [
        Replacement(each.reading, each.word_index, each.form, each.replacement)
        for each in occurrences
    ]


def replaced(text: str, form: str, replacement: str, language: str = "") -> str | None:
    """Return the text of a word with one of its tokens replaced.

    Only a whole token is replaced, never a part of one. None if the text has no such
    token, or several.
    """
    plain = respelled(text)
    found = [piece for piece in pieces(text, language) if piece.form == form]
    if len(found) != 1:
        return None
    return f"{plain[: found[0].start]}{replacement}{plain[found[0].end :]}"


def replace_forms(
    db: CorpusFile, replacements: Iterable[Replacement], title: str = ""
) -> int:
    """Correct the words of all replacements as one step.

    A word that a person has set or confirmed, that no longer has the form, or whose
    other characters no correction may have, is left as it is.

    Parameters
    ----------
    title
        What the step is called in `list_steps`, as in ``tbe, tlie → the``.

    Returns
    -------
    int
        The number of words corrected.

    Raises
    ------
    InputError
        If a reading is not in the corpus.
    SettingsError
        If a replacement is not valid as a word.
    """
    by_reading: dict[int, dict[int, list[Replacement]]] = {}
    for each in replacements:
        words = by_reading.setdefault(each.reading, {})
        words.setdefault(each.word_index, []).append(each)
    with db.translate_errors(), db.writing():
        for table in (CORRECTION_STEPS, STEP_CORRECTIONS):
            db.execute(table)
        step = db.execute(
            "INSERT INTO correction_steps (made, title) VALUES (?, ?)",
            (datetime.now(UTC).isoformat(timespec="seconds"), title),
        ).lastrowid
        count = 0
        for reading, wanted in by_reading.items():
            count += _replace_on_page(db, step, reading, wanted)
        if not count:
            db.execute("DELETE FROM correction_steps WHERE id = ?", (step,))
    return count


def _replace_on_page(
    db: CorpusFile,
    step: int | None,
    reading: int,
    wanted: dict[int, list[Replacement]],
) -> int:
    result = stored_result(db, reading, corrected=False)
    certain = corrected_texts(db, reading)
    count = 0
    for index, replacements in wanted.items():
        if index >= len(result.rows) or index in certain:
            continue
        original = replace_surrogates(result.rows[index].text)
        text: str | None = original
        for each in replacements:
            new = text and replaced(text, each.form, each.replacement, result.language)
            text = new or text
        if not text or text == original or has_unfit(original):
            continue
        correction = db.execute(
            "INSERT INTO corrections (reading, word, original, text) "
            "VALUES (?, ?, ?, ?)",
            (reading, index, original, validate_text(text)),
        ).lastrowid
        db.execute("INSERT INTO step_corrections VALUES (?, ?)", (correction, step))
        count += 1
    if count:
        rewrite_page(db, reading)
    return count


def texts_of_groups(db: CorpusFile, reading: int) -> dict[int, str]:
    """Return the words of a reading that groups corrected, with what they set."""
    if not db.one(MADE, "step_corrections")[0]:
        return {}
    rows = db.execute(
        "SELECT c.word, c.text FROM corrections c "
        "JOIN step_corrections s ON s.correction = c.id WHERE c.reading = ?",
        (reading,),
    )
    return dict(db.check_types(rows, int, str))


def list_steps(db: CorpusFile) -> list[CorrectionStep]:
    """List the steps that corrected words together, the latest first."""
    with db.translate_errors():
        if not db.one(MADE, "correction_steps")[0]:
            return []
        rows = db.execute(
            "SELECT s.id, s.made, s.title, count(c.correction) FROM correction_steps s "
            "JOIN step_corrections c ON c.step = s.id GROUP BY s.id ORDER BY s.id DESC"
        )
        found = db.check_types(rows, int, str, str, int)
        return [CorrectionStep(*row) for row in found]


def undo_step(db: CorpusFile, step: int = 0) -> CorrectionStep | None:
    """Undo all corrections of a step; without a number, of the latest.

    Words that were corrected again by hand keep that correction.

    Returns
    -------
    CorrectionStep or None
        The step that was undone; None if there is none.
    """
    found = [each for each in list_steps(db) if step in (0, each.id)][:1]
    if not found:
        return None
    with db.translate_errors(), db.writing():
        own = "SELECT correction FROM step_corrections WHERE step = ?"
        readings = db.execute(
            f"SELECT DISTINCT reading FROM corrections WHERE id IN ({own})",
            (found[0].id,),
        ).fetchall()
        db.execute(f"DELETE FROM corrections WHERE id IN ({own})", (found[0].id,))
        db.execute("DELETE FROM correction_steps WHERE id = ?", (found[0].id,))
        for (reading,) in readings:
            rewrite_page(db, reading)
    return found[0]


def refuse_forms(
    db: CorpusFile, pairs: Iterable[tuple[str, str]], *, refused: bool = True
) -> None:
    """Record that forms are no misreadings of words, or take that back.

    Parameters
    ----------
    pairs
        Each form with the word; both are put in lower case.
    """
    change = (
        "INSERT OR IGNORE INTO refused_forms VALUES (?, ?)"
        if refused
        else "DELETE FROM refused_forms WHERE form = ? AND word = ?"
    )
    with db.translate_errors(), db.writing():
        db.execute(REFUSED_FORMS)
        db.executemany(change, [(form.lower(), word.lower()) for form, word in pairs])


def refused_forms(db: CorpusFile) -> set[tuple[str, str]]:
    """Return the (form, word) pairs that were refused, in lower case."""
    with db.translate_errors():
        if not db.one(MADE, "refused_forms")[0]:
            return set()
        rows = db.execute("SELECT form, word FROM refused_forms")
        return set(map(tuple, db.check_types(rows, str, str)))
