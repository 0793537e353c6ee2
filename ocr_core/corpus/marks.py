"""Marks: lines of concordances that a person has labelled.

A mark is kept with the box of its word on the scan, so that the word is found again
after the page was read in another way. Each change is a new row, so that each can be
undone.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from ocr_core.corpus.corrections import validate_text
from ocr_core.corpus.database import CorpusFile
from ocr_core.corpus.results import current_id, stored_result
from ocr_core.corpus.schema import MARKS
from ocr_core.corpus.word_positions import word_in_box
from ocr_core.errors import SettingsError
from ocr_core.page import PageResult, replace_surrogates

MADE = "SELECT count(*) FROM sqlite_schema WHERE name = 'marks'"
FIELDS = (
    "mark, document, number, reading, word, x, y, width, height, page_width, "
    "page_height, text"
)
LATEST = """
    SELECT d.doc_id, m.number, m.mark, m.reading, m.word, m.x, m.y, m.width, m.height,
        m.page_width, m.page_height, m.text, m.label, m.made, p.reading
    FROM marks m JOIN documents d ON d.id = m.document
    JOIN pages p ON p.document = m.document AND p.number = m.number
    WHERE p.reading NOTNULL AND NOT p.removed AND m.label <> ''
    AND NOT EXISTS (SELECT 1 FROM marks l WHERE l.mark = m.mark AND l.id > m.id)
    ORDER BY m.document, m.number, m.word
"""
KINDS = (str, int, int, int, int, *[int] * 6, str, str, str, int)

WordId = tuple[str, int, int]  # doc_id, page_num, and the word's index on the page


class Mark(NamedTuple):
    """A labelled word; `word_index` counts the words of the page's current reading.

    `text` is what was read there when it was marked; `made` is the time in UTC.
    """

    doc_id: str
    page_num: int
    word_index: int
    text: str
    label: str
    made: str
    id: int


def mark_words(db: CorpusFile, words: Iterable[WordId], label: str) -> int:
    """Label words, as one step that can be undone; "" takes their labels off.

    Parameters
    ----------
    words
        The words, each by doc_id, page_num and its index among those that the engine
        read, as `word_index` in a concordance.
    label
        One line of at most 200 characters.

    Returns
    -------
    int
        How many words have another label than before.

    Raises
    ------
    InputError
        If the corpus has no such page.
    SettingsError
        If a page has no such word, or the label is not valid.
    """
    label = validate_text(" ".join(label.split()))
    known = {mark[:3]: mark for mark in all_marks(db)}
    count = 0
    with db.translate_errors(), db.writing():
        db.execute(MARKS)
        step = db.one("SELECT coalesce(max(step), 0) + 1 FROM marks")[0]
        for word_id in dict.fromkeys(words):
            mark = known.get(word_id)
            if label == (mark.label if mark else ""):
                continue
            _add(db, word_id, label, step, mark.id if mark else None)
            count += 1
    return count


def _add(
    db: CorpusFile, word_id: WordId, label: str, step: int, mark: int | None
) -> None:
    """Add a row for a change of a label, where the word is in the current reading."""
    doc_id, page_num, word = word_id
    reading = current_id(db, doc_id, page_num)
    page = stored_result(db, reading, corrected=False)
    if not 0 <= word < len(page.rows):
        raise SettingsError(
            "Page {0} of {1} has no word {2}.",
            page_num,
            doc_id,
            word,
            hint="It was read or corrected since: look for the word again.",
        )
    row = page.rows[word]
    [document] = db.one(
        "SELECT id FROM documents WHERE doc_id = ?", db.stored_name(doc_id)
    )
    made = datetime.now(UTC).isoformat(timespec="seconds")
    box = int(row.left), int(row.top), int(row.width), int(row.height)
    values = (document, page_num, reading, word, *box, *page.size)
    new = db.execute(
        f"INSERT INTO marks ({FIELDS}, label, made, step) "
        f"VALUES (?{', ?' * (len(FIELDS.split(',')) + 2)})",
        (mark or 0, *values, replace_surrogates(row.text), label, made, step),
    ).lastrowid
    if mark is None:
        db.execute("UPDATE marks SET mark = id WHERE id = ?", (new,))


def undo_marks(db: CorpusFile) -> int:
    """Undo the latest step; return how many labels it had changed."""
    with db.translate_errors(), db.writing():
        db.execute(MARKS)
        last = "SELECT max(step) FROM marks"
        return db.execute(f"DELETE FROM marks WHERE step = ({last})").rowcount


def all_marks(db: CorpusFile) -> list[Mark]:
    """List the labelled words that are still found on their pages, page by page.

    After another reading of a page became current, a word is the one whose box overlaps
    most with the marked one, as in `transfer_corrections`.
    """
    with db.translate_errors():
        if not db.one(MADE)[0]:
            return []
        rows = db.check_types(db.execute(LATEST), *KINDS)
    pages: dict[int, PageResult] = {}
    found = []
    for doc_id, number, mark, reading, word, *box, text, label, made, now in rows:
        index: int | None = word
        if reading != now:
            if now not in pages:
                pages[now] = stored_result(db, now, corrected=False)
            index = _found_again(pages[now], word, text, box)
        if index is not None:
            found.append(Mark(doc_id, number, index, text, label, made, mark))
    return found


def _found_again(page: PageResult, word: int, text: str, box: list[int]) -> int | None:
    """Return the index of the word in a box of a page; None if there is none.

    Words without a box, as of imported text, must have the same index and text.
    """
    x, y, width, height, *size = box
    if not width * height:
        same = word < len(page.rows) and page.rows[word].text == text
        return word if same else None
    return word_in_box(page, (x, y, width, height), (size[0], size[1]))
