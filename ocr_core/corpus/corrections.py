"""Corrections: correct words by hand, and undo that step by step.

The words of the engine are never changed. Each correction is a new row, so that each
can be undone. The text of the page and its entry in the full-text index are updated in
the same transaction.
"""

import unicodedata
from collections.abc import Collection, Sequence
from typing import NamedTuple

from ocr_core.corpus.database import CorpusFile
from ocr_core.corpus.results import corrected_texts, current_id, stored_result
from ocr_core.corpus.schema import JOINT_CORRECTIONS
from ocr_core.corpus.transfer import WordCorrection, transfer_corrections
from ocr_core.errors import InputError, SettingsError
from ocr_core.messages import Message
from ocr_core.page import PageResult, Word, replace_surrogates
from ocr_core.text.line_words import aligned_words
from ocr_core.text.quality import corrected_quality

MAX_CHARACTERS = 200  # of a word
UNFIT = ("Cc", "Cs", "Zl", "Zp")  # Unicode: control, surrogate, line, paragraph

OF_CURRENT = """
    SELECT k.id, d.doc_id, p.number, k.word, k.original, k.text, k.reading
    FROM corrections k JOIN pages p ON p.reading = k.reading
    JOIN documents d ON d.id = p.document
    WHERE ? IN ('', d.doc_id) AND ? IN (0, p.number)
"""
LAST = """
    AND NOT EXISTS (SELECT 1 FROM corrections l
    WHERE l.reading = k.reading AND l.word = k.word AND l.id > k.id)
"""


class Correction(NamedTuple):
    """A corrected word; `word` is its index, from 0, among the words of the engine."""

    doc_id: str
    page_num: int
    word: int
    original: str
    text: str


class PendingResult(NamedTuple):
    """A page that kept its corrected or chosen reading although a newer one exists.

    `reading` is the id of the newer one; `lost` are the corrections it would lose.
    """

    doc_id: str
    page_num: int
    reading: int
    corrections: int
    lost: tuple[Correction, ...]


def correct_word(
    db: CorpusFile, doc_id: str, page_num: int, word: int, text: str
) -> None:
    """Set the text of a word, or confirm it; its confidence is then 100.

    Parameters
    ----------
    doc_id, page_num
        A page of the corpus.
    word
        Its index in `original`, from 0 in reading order. Striking out a word changes
        no other index.
    text
        One line of at most `MAX_CHARACTERS` characters. "" strikes the word out; its
        current text confirms it.

    Raises
    ------
    InputError
        If the corpus has no such page.
    SettingsError
        If the page has no such word, or the text is not valid as a word.
    """
    with db.translate_errors(), db.writing():
        reading = current_id(db, doc_id, page_num)
        rows = stored_result(db, reading, corrected=False).rows
        _check_word(rows, doc_id, page_num, word)
        texts = corrected_texts(db, reading)
        if _set_text(db, reading, word, rows[word].text, texts.get(word), text):
            rewrite_page(db, reading)


def correct_line(
    db: CorpusFile, doc_id: str, page_num: int, word: int, text: str
) -> int:
    """Set the text of a whole line, as one step; all of its words are then certain.

    `aligned_words` finds which word each part of the text stands for.

    Parameters
    ----------
    word
        The index of any word of the line, as for `correct_word`.
    text
        The line, its words separated by spaces; "" strikes all of them out.

    Returns
    -------
    int
        How many words have another text than before.

    Raises
    ------
    InputError, SettingsError
        As `correct_word` does.
    """
    with db.translate_errors(), db.writing():
        reading = current_id(db, doc_id, page_num)
        rows = stored_result(db, reading, corrected=False).rows
        _check_word(rows, doc_id, page_num, word)
        texts = corrected_texts(db, reading)
        line = [
            (n, shown)
            for n, row in enumerate(rows)
            if row[:3] == rows[word][:3]
            if (shown := texts.get(n, replace_surrogates(row.text)))
        ]
        if not line:
            raise SettingsError(
                "All words of the line are struck out.", hint="Correct one of them."
            )
        typed = aligned_words([shown for _, shown in line], text.split())
        before = latest_correction(db)
        for (n, _), new in zip(line, typed, strict=True):
            _set_text(db, reading, n, rows[n].text, texts.get(n), new)
        join_corrections(db, before)
        rewrite_page(db, reading)
    return sum(shown != new for (_, shown), new in zip(line, typed, strict=True))


def _check_word(rows: Sequence[Word], doc_id: str, page_num: int, word: int) -> None:
    """Raise SettingsError if a page has no such word."""
    if not 0 <= word < len(rows):
        raise SettingsError(
            "Page {0} of {1} has no word {2}.",
            page_num,
            doc_id,
            word,
            hint=Message("It has {0}, counted from 0.", len(rows)),
        )


def _set_text(
    db: CorpusFile, reading: int, word: int, read: str, now: str | None, text: str
) -> bool:
    """Add a correction unless it repeats the last one; return whether it was added."""
    original = replace_surrogates(read)
    text = original if text == original else validate_text(text)
    if text == now:
        return False
    original = _first_original(db, reading, word, text) or original
    db.execute(
        "INSERT INTO corrections (reading, word, original, text) VALUES (?, ?, ?, ?)",
        (reading, word, original, text),
    )
    return True


def latest_correction(db: CorpusFile) -> int:
    """Return the id of the latest correction; 0 if there is none."""
    return int(db.one("SELECT coalesce(max(id), 0) FROM corrections")[0])


def join_corrections(db: CorpusFile, before: int) -> None:
    """Make all corrections after `before` one step for `undo_correction`."""
    db.execute(JOINT_CORRECTIONS)
    db.execute(
        "INSERT INTO joint_corrections SELECT id, min(id) OVER () FROM corrections "
        "WHERE id > ?",
        (before,),
    )


def certain_words(db: CorpusFile, doc_id: str, page_num: int) -> set[int]:
    """Return the indexes of words that were set or confirmed, also in a group."""
    with db.translate_errors():
        return set(corrected_texts(db, current_id(db, doc_id, page_num)))


def undo_correction(
    db: CorpusFile, doc_id: str = "", page_num: int = 0
) -> Correction | None:
    """Undo the latest step of a page, of a document, or of the corpus.

    A step is the correction of a word or a line, or the confirmation of a page. Each
    word then has its text from before.

    Returns
    -------
    Correction or None
        The correction that was undone, the first one of a step; None if there was none.
    """
    with db.translate_errors(), db.writing():
        found = db.one(f"{OF_CURRENT} ORDER BY k.id DESC LIMIT 1", doc_id, page_num)
        if found is None:
            return None
        db.execute(JOINT_CORRECTIONS)
        step = db.execute(
            f"{OF_CURRENT} AND (k.id = ? OR k.id IN (SELECT correction "
            "FROM joint_corrections WHERE first = (SELECT first "
            "FROM joint_corrections WHERE correction = ?))) ORDER BY k.id",
            (doc_id, page_num, found[0], found[0]),
        ).fetchall()
        for each, *_ in step:
            db.execute("DELETE FROM corrections WHERE id = ?", (each,))
        for reading in {row[-1] for row in step}:
            rewrite_page(db, reading)
        _, *values, _ = step[0]
    return Correction(*values)


def list_corrections(
    db: CorpusFile, doc_id: str = "", page_num: int = 0
) -> list[Correction]:
    """List the words that differ from the engine's, the latest correction last."""
    listed = f"{OF_CURRENT} {LAST} AND k.text <> k.original ORDER BY k.id"
    with db.translate_errors():
        found = db.execute(listed, (doc_id, page_num))
        rows = db.check_types(found, int, str, int, int, str, str, int)
    return [Correction(*values) for _, *values, _ in rows]


def accept_result(
    db: CorpusFile, reading: int, *, chosen: bool = True
) -> list[Correction]:
    """Make a reading the current one of its page, and transfer the corrections.

    `transfer_corrections` finds the words again. Corrections that are still attached
    to earlier readings are transferred too.

    Parameters
    ----------
    reading
        Id of the reading.
    chosen
        Whether later runs keep this choice, until the content of the file changes.

    Returns
    -------
    list of Correction
        Corrections whose word was not found; they stay attached to their reading.

    Raises
    ------
    InputError
        If there is no such reading, or its page was removed.
    SettingsError
        If the reading failed.
    """
    with db.translate_errors(), db.writing():
        found = db.one(
            "SELECT r.page, r.status FROM readings r JOIN pages p ON p.id = r.page "
            "WHERE r.id = ? AND NOT p.removed",
            reading,
        )
        if found is None:
            raise InputError("{0} has no reading {1}.", db.name, reading)
        page, status = found
        if status == "failed":
            raise SettingsError(
                "The page could not be read that way.",
                hint="Choose a reading that contains its text.",
            )
        lost = make_current(db, page, reading)
        db.execute("UPDATE pages SET chosen = ? WHERE id = ?", (chosen, page))
    return lost


def transferred_texts(
    db: CorpusFile, doc_id: str, page_num: int, new: PageResult
) -> dict[int, str]:
    """Return the texts that persons set, by the index of the word in another reading.

    They are those that `accept_result` would transfer to it.
    """
    with db.translate_errors():
        reading = current_id(db, doc_id, page_num)
        texts = corrected_texts(db, reading)
        moved = _transferred(db, reading, new)[0]
    return {index: texts[word] for word, index in moved.items()}


def find_lost_corrections(
    db: CorpusFile, doc_id: str, page_num: int, new: PageResult
) -> list[Correction]:
    """List the corrections of a page whose words are missing in another reading."""
    with db.translate_errors():
        return _transferred(db, current_id(db, doc_id, page_num), new)[1]


def pending_results(
    db: CorpusFile, digest: str, reader: tuple[str, str], doc_ids: Collection[str]
) -> list[PendingResult]:
    """List pages that kept a corrected or chosen reading when they were read again.

    Parameters
    ----------
    digest, reader
        Settings and engine of the newer reading, as for `Corpus.existing_results`.
    doc_ids
        Only pages of these documents are listed.
    """
    listed = (
        "SELECT d.doc_id, p.number, r.id, c.corrected FROM pages p "
        "JOIN documents d ON d.id = p.document JOIN readings c ON c.id = p.reading "
        "JOIN readings r ON r.page = p.id AND r.sha256 = d.sha256 "
        "JOIN engines e ON e.id = r.engine "
        "WHERE r.recipe = ? AND e.name = ? AND e.language_data = ? "
        "AND r.status <> 'failed' AND r.id <> c.id "
        "AND (p.chosen OR c.corrected > 0) ORDER BY p.document, p.number"
    )
    with db.translate_errors():
        found = db.execute(listed, (digest, *reader))
        rows = db.check_types(found, str, int, int, int)
    return [
        PendingResult(
            doc_id,
            number,
            reading,
            corrected,
            tuple(
                find_lost_corrections(db, doc_id, number, stored_result(db, reading))
            ),
        )
        for doc_id, number, reading, corrected in rows
        if doc_id in doc_ids
    ]


def corrected_pages_gone(
    db: CorpusFile, doc_ids: Collection[str]
) -> list[tuple[str, int]]:
    """List corrected pages that are no longer in the files of these documents."""
    with db.translate_errors():
        rows = db.execute(
            "SELECT d.doc_id, p.number FROM pages p "
            "JOIN documents d ON d.id = p.document WHERE p.reading NOTNULL "
            "AND p.number > d.pages AND d.pages > 0 ORDER BY p.document, p.number"
        )
        return [row for row in db.check_types(rows, str, int) if row[0] in doc_ids]


def _first_original(db: CorpusFile, reading: int, word: int, text: str) -> str:
    """Return the original text in a word's first correction, unless it equals `text`.

    A transferred correction may belong to a word that the new reading already has as
    corrected. The next correction must still be compared with the first original.
    """
    found = db.one(
        "SELECT original FROM corrections WHERE reading = ? AND word = ? "
        "ORDER BY id LIMIT 1",
        reading,
        word,
    )
    return found[0] if found and found[0] != text else ""


def make_current(db: CorpusFile, page: int, reading: int) -> list[Correction]:
    """Make a reading current; return the corrections that cannot be transferred.

    The corrections of all other readings are tried: one whose word is missing in the
    previous reading may find it in this one. A confirmed word that this reading has
    otherwise becomes a correction.
    """
    [before] = db.one("SELECT reading FROM pages WHERE id = ?", page)
    if before == reading:
        return []
    db.execute("UPDATE pages SET reading = ? WHERE id = ?", (reading, page))
    others = db.execute(
        "SELECT id FROM readings r WHERE page = ? AND id <> ? AND EXISTS "
        "(SELECT 1 FROM corrections WHERE reading = r.id) ORDER BY id",
        (page, reading),
    ).fetchall()
    lost = []
    for (other,) in others:
        new = stored_result(db, reading, corrected=False)
        moved, stay = _transferred(db, other, new)
        lost += stay if other == before else []
        for word, index in moved.items():
            here = replace_surrogates(new.rows[index].text)
            db.execute(
                "UPDATE corrections SET original = ? WHERE text = original AND id = "
                "(SELECT max(id) FROM corrections WHERE reading = ? AND word = ?)",
                (here, other, word),
            )
            db.execute(
                "UPDATE corrections SET reading = ?, word = ? "
                "WHERE reading = ? AND word = ?",
                (reading, index, other, word),
            )
        if moved:
            rewrite_page(db, other)
            rewrite_page(db, reading)
    return lost


def _transferred(
    db: CorpusFile, reading: int, new: PageResult
) -> tuple[dict[int, int], list[Correction]]:
    """Return the new indexes of corrected words, and the corrections without a word.

    Confirmed words are found like corrected ones; one that is not found loses no text.
    """
    listed = (
        "SELECT k.word, k.original, k.text FROM corrections k "
        f"WHERE k.reading = ? {LAST} ORDER BY k.word"
    )
    rows = db.check_types(db.execute(listed, (reading,)), int, str, str)
    if not rows:
        return {}, []
    old = stored_result(db, reading, corrected=False)
    if any(word >= len(old.rows) for word, *_ in rows):
        raise db.damaged()
    moved, lost = transfer_corrections([WordCorrection(*row) for row in rows], old, new)
    ref = old.ref
    return moved, [
        Correction(ref.doc_id, ref.number, word, original, text)
        for word, original, text in lost
        if text != original
    ]


def rewrite_page(db: CorpusFile, reading: int) -> None:
    """Update the text, index entry and figures of a reading after a correction."""
    [corrected] = db.one(
        "SELECT count(*) FROM corrections k WHERE k.reading = ? "
        f"AND k.text <> k.original {LAST}",
        reading,
    )
    db.execute("UPDATE readings SET corrected = ? WHERE id = ?", (corrected, reading))
    result = stored_result(db, reading)
    [quality] = db.one(
        "SELECT coalesce(quality_read, quality) FROM readings WHERE id = ?", reading
    )
    rows = stored_result(db, reading, corrected=False).rows
    now = corrected_quality(
        quality, rows, corrected_texts(db, reading), result.language
    )
    db.execute(
        "UPDATE readings SET n_words = ?, conf_mean = ?, quality = ?, "
        "quality_read = ? WHERE id = ?",
        (len(result.rows), result.conf_mean, now, quality, reading),
    )
    db.execute(
        "UPDATE contents SET text = ? WHERE reading = ?",
        (replace_surrogates(result.text), reading),
    )
    mark_unindexed(db, reading)


def mark_unindexed(db: CorpusFile, reading: int) -> None:
    """Mark a reading as not indexed: until then, search uses its plain text."""
    db.execute("INSERT OR IGNORE INTO unindexed VALUES (?)", (reading,))


def validate_text(text: str) -> str:
    """Return typed text as the normalised text of a word.

    Raises
    ------
    SettingsError
        If it is blank, too long, has several lines, or has control characters.
    """
    if text == "":
        return text
    unfit = has_unfit(text)
    text = unicodedata.normalize("NFC", text).strip()
    if not text:
        raise SettingsError(
            "The correction is blank.", hint="Leave it empty to strike the word out."
        )
    if unfit:
        raise SettingsError(
            "The correction contains a line break or a control character.",
            hint="Type it as plain text on one line.",
        )
    if len(text) > MAX_CHARACTERS:
        raise SettingsError(
            "The correction has {0} characters, more than {1}.",
            len(text),
            MAX_CHARACTERS,
            hint="Correct one word at a time.",
        )
    return text


def has_unfit(text: str) -> bool:
    """Return whether a text has a line break or a control character."""
    return any(unicodedata.category(letter) in UNFIT for letter in text)
