"""Checked pages: pages whose words a person has set or confirmed."""

from ocr_core.corpus.corrections import (
    join_corrections,
    latest_correction,
    rewrite_page,
)
from ocr_core.corpus.database import CorpusFile
from ocr_core.corpus.group_corrections import texts_of_groups
from ocr_core.corpus.results import corrected_texts, current_id, stored_result
from ocr_core.page import replace_surrogates

# Pages whose current reading has corrections or confirmations.
CHECKED = """
    SELECT d.doc_id, p.number FROM pages p JOIN documents d ON d.id = p.document
    WHERE p.reading IN (SELECT reading FROM corrections) ORDER BY d.id, p.number
"""
QUALITIES = """
    SELECT d.doc_id, p.number, coalesce(r.quality_read, r.quality)
    FROM pages p JOIN documents d ON d.id = p.document
    JOIN readings r ON r.id = p.reading
    WHERE coalesce(r.quality_read, r.quality) IS NOT NULL
"""


def confirm_page(db: CorpusFile, doc_id: str, page_num: int) -> int:
    """Confirm, as one step, all words of a page that nobody has set or confirmed yet.

    Returns
    -------
    int
        The number of words confirmed.

    Raises
    ------
    InputError
        If the corpus has no such page.
    """
    with db.translate_errors(), db.writing():
        reading = current_id(db, doc_id, page_num)
        rows = stored_result(db, reading, corrected=False).rows
        certain, grouped = _certain_texts(db, reading), texts_of_groups(db, reading)
        texts = [(n, replace_surrogates(row.text)) for n, row in enumerate(rows)]
        new = [
            (reading, n, text, grouped.get(n, text))
            for n, text in texts
            if n not in certain
        ]
        before = latest_correction(db)
        db.executemany(
            "INSERT INTO corrections (reading, word, original, text) "
            "VALUES (?, ?, ?, ?)",
            new,
        )
        join_corrections(db, before)
        rewrite_page(db, reading)
    return len(new)


def unconfirm_page(db: CorpusFile, doc_id: str, page_num: int) -> None:
    """Take back all confirmations of a page; corrected words stay corrected.

    Raises
    ------
    InputError
        If the corpus has no such page.
    """
    with db.translate_errors(), db.writing():
        reading = current_id(db, doc_id, page_num)
        # Not where the word was corrected before: the confirmation took that back.
        db.execute(
            "DELETE FROM corrections WHERE reading = ? AND word NOT IN (SELECT word "
            "FROM corrections WHERE reading = ? AND text <> original)",
            (reading, reading),
        )
        for word, text in texts_of_groups(db, reading).items():
            db.execute(
                "DELETE FROM corrections WHERE reading = ? AND word = ? AND text = ? "
                "AND id NOT IN (SELECT correction FROM step_corrections)",
                (reading, word, text),
            )
        rewrite_page(db, reading)


def certain_texts(db: CorpusFile, doc_id: str, page_num: int) -> dict[int, str]:
    """Return the text of each word that a person has set or confirmed, by its index.

    The index is that of the word in `original`; the text "" is struck out. Words that
    were corrected as a group of forms are not certain: a person saw examples of them.
    """
    with db.translate_errors():
        return _certain_texts(db, current_id(db, doc_id, page_num))


def _certain_texts(db: CorpusFile, reading: int) -> dict[int, str]:
    texts, grouped = corrected_texts(db, reading), texts_of_groups(db, reading)
    if grouped:
        rows = db.execute(
            "SELECT DISTINCT word FROM corrections WHERE reading = ? "
            "AND id NOT IN (SELECT correction FROM step_corrections)",
            (reading,),
        )
        own = {word for (word,) in db.check_types(rows, int)}
        texts = {n: text for n, text in texts.items() if n in own}
    return texts


def checked_pages(db: CorpusFile) -> list[tuple[str, int]]:
    """List the pages with words that a person has set or confirmed."""
    with db.translate_errors():
        return [
            (doc_id, number)
            for doc_id, number in db.check_types(db.execute(CHECKED), str, int)
        ]


def read_qualities(db: CorpusFile) -> dict[tuple[str, int], float]:
    """Return the quality of each page as it was estimated when it was read."""
    with db.translate_errors():
        rows = db.check_types(db.execute(QUALITIES), str, int, float)
        return {(doc_id, number): quality for doc_id, number, quality in rows}


def documents_of(db: CorpusFile, sha256: str) -> list[str]:
    """Return the names of the documents with this content."""
    with db.translate_errors():
        found = db.execute("SELECT doc_id FROM documents WHERE sha256 = ?", (sha256,))
        return [doc_id for (doc_id,) in db.check_types(found, str)]
