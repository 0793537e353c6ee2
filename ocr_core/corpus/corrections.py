"""Corrections: words corrected by hand, one after the other, and taken back.

What the engine read is never changed. Each correction is a line in a diary, so that
taking back goes step by step; the text of a page and its full-text index follow in
the same transaction.
"""

import unicodedata
from collections.abc import Collection
from typing import NamedTuple

from ocr_core.corpus.database import CorpusFile
from ocr_core.corpus.results import corrected_texts, current_id, stored_result
from ocr_core.corpus.transfer import WordCorrection, transfer_corrections
from ocr_core.errors import InputError, SettingsError
from ocr_core.messages import Message
from ocr_core.page import PageResult, replace_surrogates
from ocr_core.text.quality import corrected_quality

MAX_CHARACTERS = 200  # letters of a word
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
    """A word corrected; `word` counts from 0 among those the engine read."""

    doc_id: str
    page_num: int
    word: int
    original: str
    text: str


class Waiting(NamedTuple):
    """A page that kept its reading, for the work that is in it, and a newer one.

    `reading` is the id of the newer one, `lost` what would not go along to it.
    """

    doc_id: str
    page_num: int
    reading: int
    corrections: int
    lost: tuple[Correction, ...]


def correct_word(
    db: CorpusFile, doc_id: str, page_num: int, word: int, text: str
) -> None:
    """Have a word read otherwise, or confirm it: it is certain from then on.

    Parameters
    ----------
    doc_id, page_num
        A page of the corpus.
    word
        Its place in `original`, from 0 in reading order: striking out a word
        moves no other.
    text
        One line of at most `MAX_CHARACTERS` characters. "" strikes the word out; its
        present text confirms it.

    Raises
    ------
    InputError
        Where the corpus has no such page.
    SettingsError
        Where the page has no such word, or the text cannot be one.
    """
    with db.translate_errors(), db.writing():
        reading = current_id(db, doc_id, page_num)
        rows = stored_result(db, reading, corrected=False).rows
        if not 0 <= word < len(rows):
            raise SettingsError(
                "Page {0} of {1} has no word {2}.",
                page_num,
                doc_id,
                word,
                hint=Message("It has {0}, counted from 0.", len(rows)),
            )
        original = replace_surrogates(rows[word].text)
        text = original if text == original else fit(text)
        texts = corrected_texts(db, reading)
        if word not in texts or text != texts[word]:
            original = _first_original(db, reading, word, text) or original
            db.execute(
                "INSERT INTO corrections (reading, word, original, text) "
                "VALUES (?, ?, ?, ?)",
                (reading, word, original, text),
            )
            rewrite_page(db, reading)


def certain_words(db: CorpusFile, doc_id: str, page_num: int) -> set[int]:
    """Return the places of words that a person has set or confirmed."""
    with db.translate_errors():
        return set(corrected_texts(db, current_id(db, doc_id, page_num)))


def undo_correction(
    db: CorpusFile, doc_id: str = "", page_num: int = 0
) -> Correction | None:
    """Take back the latest correction: of a page, of a document, or of all.

    The word then reads as it did before that correction.

    Returns
    -------
    Correction or None
        What was taken back; None where there is nothing left.
    """
    latest = f"{OF_CURRENT} ORDER BY k.id DESC LIMIT 1"
    with db.translate_errors(), db.writing():
        found = db.one(latest, doc_id, page_num)
        if found is None:
            return None
        step, *values, reading = found
        db.execute("DELETE FROM corrections WHERE id = ?", (step,))
        rewrite_page(db, reading)
    return Correction(*values)


def list_corrections(
    db: CorpusFile, doc_id: str = "", page_num: int = 0
) -> list[Correction]:
    """List the words that read otherwise now, the latest correction last."""
    listed = f"{OF_CURRENT} {LAST} AND k.text <> k.original ORDER BY k.id"
    with db.translate_errors():
        found = db.execute(listed, (doc_id, page_num))
        rows = db.check_types(found, int, str, int, int, str, str, int)
    return [Correction(*values) for _, *values, _ in rows]


def accept_result(
    db: CorpusFile, reading: int, *, chosen: bool = True
) -> list[Correction]:
    """Make a reading its page's current one, and carry the corrections over.

    Corrections follow to the words where `transfer_corrections` finds them again,
    those that had stayed with earlier readings too.

    Parameters
    ----------
    reading
        Id of the reading.
    chosen
        Whether the choice stands, whatever later runs read, until the content of
        the file changes.

    Returns
    -------
    list of Correction
        Corrections whose word was not found again; they stay with their reading.

    Raises
    ------
    InputError
        Where there is no such reading, or its page was removed.
    SettingsError
        Where it failed.
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
                hint="Choose a reading that holds its text.",
            )
        lost = make_current(db, page, reading)
        db.execute("UPDATE pages SET chosen = ? WHERE id = ?", (chosen, page))
    return lost


def find_lost_corrections(
    db: CorpusFile, doc_id: str, page_num: int, new: PageResult
) -> list[Correction]:
    """List the corrections of a page whose words another reading does not have."""
    with db.translate_errors():
        return _transferred(db, current_id(db, doc_id, page_num), new)[1]


def waiting_results(
    db: CorpusFile, digest: str, reader: tuple[str, str], doc_ids: Collection[str]
) -> list[Waiting]:
    """List pages that kept a corrected or chosen reading when they were read again.

    Parameters
    ----------
    digest, reader
        How they were read again, as `Corpus.known` takes them.
    doc_ids
        The documents asked about.
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
        Waiting(
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
    """List corrected pages of documents whose files do not have them any more."""
    with db.translate_errors():
        rows = db.execute(
            "SELECT d.doc_id, p.number FROM pages p "
            "JOIN documents d ON d.id = p.document WHERE p.reading NOTNULL "
            "AND p.number > d.pages AND d.pages > 0 ORDER BY p.document, p.number"
        )
        return [row for row in db.check_types(rows, str, int) if row[0] in doc_ids]


def _first_original(db: CorpusFile, reading: int, word: int, text: str) -> str:
    """Return what the first correction of a word changed, unless `text` is that.

    A correction that came from an earlier reading may stand on a word that reads
    as was typed: what is typed next is still another text than the first one.
    """
    found = db.one(
        "SELECT original FROM corrections WHERE reading = ? AND word = ? "
        "ORDER BY id LIMIT 1",
        reading,
        word,
    )
    return found[0] if found and found[0] != text else ""


def make_current(db: CorpusFile, page: int, reading: int) -> list[Correction]:
    """Let a reading take its page's place; return the corrections that stay.

    Corrections of all earlier readings come along: one that found no word in the
    reading before may find it in this one.
    """
    [before] = db.one("SELECT reading FROM pages WHERE id = ?", page)
    if before == reading:
        return []
    db.execute("UPDATE pages SET reading = ? WHERE id = ?", (reading, page))
    others = db.execute(
        "SELECT id FROM readings WHERE page = ? AND id <> ? AND corrected > 0 "
        "ORDER BY id",
        (page, reading),
    ).fetchall()
    lost = []
    for (other,) in others:
        new = stored_result(db, reading, corrected=False)
        moved, stay = _transferred(db, other, new)
        lost += stay if other == before else []
        db.executemany(
            "UPDATE corrections SET reading = ?, word = ? "
            "WHERE reading = ? AND word = ?",
            [(reading, place, other, word) for word, place in moved.items()],
        )
        if moved:
            rewrite_page(db, other)
            rewrite_page(db, reading)
    return lost


def _transferred(
    db: CorpusFile, reading: int, new: PageResult
) -> tuple[dict[int, int], list[Correction]]:
    """Return where the corrections of a reading go in another, and which stay."""
    listed = (
        "SELECT k.word, k.original, k.text FROM corrections k "
        f"WHERE k.reading = ? AND k.text <> k.original {LAST} ORDER BY k.word"
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
    ]


def rewrite_page(db: CorpusFile, reading: int) -> None:
    """Bring a reading's text, index and figures up to its corrections."""
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
    """Have a reading found as it stands, until its tokens are cut."""
    db.execute("INSERT OR IGNORE INTO unindexed VALUES (?)", (reading,))


def fit(text: str) -> str:
    """Return what was typed as the text of a word.

    Raises
    ------
    SettingsError
        Where it is blank, too long, more than a line, or holds control characters.
    """
    if text == "":
        return text
    kinds = {unicodedata.category(letter) for letter in text}
    text = unicodedata.normalize("NFC", text).strip()
    if not text:
        raise SettingsError(
            "The correction is blank.", hint="Leave it empty to strike the word out."
        )
    if kinds & set(UNFIT):
        raise SettingsError(
            "The correction holds a line break or a control character.",
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
