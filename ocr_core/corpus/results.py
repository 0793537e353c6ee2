"""Results: readings of pages as stored in a corpus, with or without corrections."""

import json
import os
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from ocr_core.corpus.database import CorpusFile
from ocr_core.errors import InputError
from ocr_core.messages import restored
from ocr_core.page import (
    SURROGATE,
    Note,
    PageRef,
    PageResult,
    StepReport,
    Word,
    replace_surrogates,
    words_kept,
)

# Limit of a page's unpacked words. A newspaper page has 2 MB, 3 to 6 times its
# packed size.
MAX_BYTES = 2**23
MAX_WORDS = 100_000
SWOLLEN = 64
# Number of columns. The column of white space is omitted if it is always true and the
# last; those of the engines' confidences and names if no word has either.
LISTS = (10, 11, 13)
RESULT = """
    SELECT r.id, EXISTS (SELECT 1 FROM corrections k WHERE k.reading = r.id),
    d.path, p.number, d.doc_id, d.source_file, c.words, c.steps, s.settings,
    r.width, r.height, r.dpi, r.sha256, e.name, r.language,
    e.language_data, r.seconds, r.status, r.error, r.recipe, r.quality,
    r.error_kind, r.source, r.error_parts, c.notes
    FROM readings r JOIN pages p ON p.id = r.page
    JOIN documents d ON d.id = p.document JOIN contents c ON c.reading = r.id
    JOIN engines e ON e.id = r.read_by JOIN recipes s ON s.digest = r.recipe
"""
KINDS = (  # types of the columns of RESULT
    *(int, int, str | bytes, int, str, str, bytes),
    *(str, str, int, int, int, str, str, str),
    *(str, float, str, str, str, float | None, *(str,) * 4),
)
LARGEST = 2**31 - 1  # for every number of a page
CURRENT_RESULTS = RESULT.replace("r.page", "r.page AND p.reading = r.id")


class StoredResult(NamedTuple):
    """One reading of a page, without its words; `recipe` is the settings' digest."""

    id: int
    recipe: str
    engine: str
    status: str
    n_words: int
    conf_mean: float | None
    quality: float | None
    current: bool


def all_results(db: CorpusFile) -> Iterator[PageResult]:
    """Yield the corrected result of each page, document after document."""
    listed = f"{CURRENT_RESULTS} ORDER BY p.document, p.number"
    with db.translate_errors():
        for row in db.execute(listed):
            yield result_of_row(db, row)


def current_result(db: CorpusFile, doc_id: str, page_num: int) -> PageResult:
    """Return the current reading of a page, corrected.

    Raises
    ------
    InputError
        If the corpus has no such page.
    """
    return stored_result(db, current_id(db, doc_id, page_num))


def original_result(db: CorpusFile, doc_id: str, page_num: int) -> PageResult:
    """Return the current reading of a page as the engine read it."""
    return stored_result(db, current_id(db, doc_id, page_num), corrected=False)


def original_indexes(db: CorpusFile, doc_id: str, page_num: int) -> list[int]:
    """Return the index in `original`, from 0, of each word of `page`."""
    reading = current_id(db, doc_id, page_num)
    with db.translate_errors():
        texts = corrected_texts(db, reading)
    rows = stored_result(db, reading, corrected=False).rows
    return [index for index in range(len(rows)) if texts.get(index) != ""]


def printed_words(db: CorpusFile, reading: int, *, raw: bool = False) -> list[Word]:
    """Return the words of a reading by index; the text "" is struck out."""
    with db.translate_errors():
        texts = {} if raw else corrected_texts(db, reading)
    rows = stored_result(db, reading, corrected=False).rows
    return [row._replace(text=texts.get(n, row.text)) for n, row in enumerate(rows)]


def list_results(db: CorpusFile, doc_id: str, page_num: int) -> list[StoredResult]:
    """List all readings of a page, the oldest first."""
    with db.translate_errors():
        page, _ = _page_ids(db, doc_id, page_num)
        listed = db.execute(
            "SELECT r.id, r.recipe, e.name, r.status, r.n_words, r.conf_mean, "
            "r.quality, p.reading = r.id FROM readings r "
            "JOIN pages p ON p.id = r.page JOIN engines e ON e.id = r.read_by "
            "WHERE p.id = ? ORDER BY r.id",
            (page,),
        )
        rows = db.check_types(
            listed, int, str, str, str, int, float | None, float | None, int | None
        )
        return [
            StoredResult._make((*content_text, bool(now)))
            for *content_text, now in rows
        ]


def stored_result(
    db: CorpusFile, reading: int, *, corrected: bool = True
) -> PageResult:
    """Return any reading, with or without its own corrections.

    Raises
    ------
    InputError
        If no reading has this id.
    """
    with db.translate_errors():
        row = db.one(f"{RESULT} WHERE r.id = ?", reading)
        if row is None:
            raise InputError("{0} has no reading {1}.", db.name, reading)
        return result_of_row(db, row, corrected=corrected)


def current_id(db: CorpusFile, doc_id: str, page_num: int) -> int:
    """Return the id of a page's current reading.

    Raises
    ------
    InputError
        If the corpus has no such page.
    """
    with db.translate_errors():
        _, reading = _page_ids(db, doc_id, page_num)
    if reading is None:
        raise _unknown_page(db, doc_id, page_num)
    return int(reading)


def _page_ids(db: CorpusFile, doc_id: str, page_num: int) -> tuple[int, int | None]:
    """Return the ids of a page and of its current reading."""
    found: tuple[int, int | None] | None = db.one(
        "SELECT p.id, p.reading FROM pages p JOIN documents d ON d.id = p.document "
        "WHERE d.doc_id = ? AND p.number = ? AND NOT p.removed",
        db.stored_name(doc_id),
        page_num,
    )
    if found is None:
        raise _unknown_page(db, doc_id, page_num)
    return found


def _unknown_page(db: CorpusFile, doc_id: str, page_num: int) -> InputError:
    return InputError(
        "{0} has no page {1} of {2}.",
        db.name,
        page_num,
        doc_id,
        hint="Choose one of those that are listed.",
    )


def corrected_texts(db: CorpusFile, reading: int) -> dict[int, str]:
    """Return the current text of each word that was ever corrected."""
    last = db.execute(
        "SELECT word, text FROM corrections WHERE reading = ? ORDER BY id",
        (reading,),
    )
    return dict(db.check_types(last, int, str))


def result_of_row(
    db: CorpusFile, row: Sequence[Any], *, corrected: bool = True
) -> PageResult:
    """Return a row of `RESULT` as a page's result."""
    db.check_types([row], *KINDS)
    reading, changed, path, number, doc_id, source_file, words, *rest = row
    steps, settings, width, height, dpi, sha256, engine, language, *rest = rest
    language_data, seconds, status, error, digest, quality, *rest = rest
    error_kind, source, parts, notes = rest
    try:
        rows = unpacked(words)
        reports = tuple(StepReport(*each) for each in parsed(steps, list))
        known = tuple(Note(*each) for each in parsed(notes, list))
        values = parsed(settings, dict)
    except (ValueError, TypeError, OverflowError, RecursionError, zlib.error):
        raise db.damaged() from None
    db.check_types(((r.step, r.measured, r.did) for r in reports), str, dict, str)
    db.check_types(known, str, str)
    numbers = (number, width, height, dpi, seconds, quality or 0)
    if not all(abs(each) <= LARGEST for each in numbers):
        raise db.damaged()
    result = PageResult(
        ref=PageRef(os.fsdecode(path), number, doc_id, source_file),
        rows=rows,
        size=(width, height),
        dpi=dpi,
        sha256=sha256,
        engine=engine,
        language=language,
        language_data=language_data,
        seconds=seconds,
        status=status,
        error=restored(error, parts),
        error_kind=error_kind,
        source=source,
        reports=reports,
        notes=known,
        settings_digest=digest,
        settings=values,
        quality=quality,
    )
    if corrected and changed:
        return replace(
            result, rows=apply_corrections(rows, corrected_texts(db, reading))
        )
    return result


def apply_corrections(rows: Sequence[Word], texts: dict[int, str]) -> tuple[Word, ...]:
    """Return words with corrected texts, by index; an empty text removes the word.

    The confidence of corrected and confirmed words is 100.
    """
    found = [
        row._replace(text=texts[n], conf=100.0, conf_engine=row.own_conf)
        if n in texts
        else row
        for n, row in enumerate(rows)
    ]
    return words_kept(found, (texts.get(n) != "" for n in range(len(rows))))


def packed(result: PageResult) -> bytes:
    """Return a page's words as compressed JSON, with a list for each column."""
    columns = list(zip(*result.rows, strict=True))
    if columns and not any(columns[-1]) and set(columns[-2]) == {None}:
        columns = columns[: LISTS[1]]
        if all(columns[-1]):  # all words follow white space, as in most scripts
            columns = columns[:-1]
    return zlib.compress(json.dumps(columns).encode())


def unpacked(content: bytes) -> tuple[Word, ...]:
    """Return the words from the bytes of `packed`.

    Raises
    ------
    ValueError, TypeError, OverflowError, RecursionError, zlib.error
        If the bytes are damaged or have other content.
    """
    opening = zlib.decompressobj()
    most = min(MAX_BYTES, SWOLLEN * max(len(content), 1024))
    content_text = opening.decompress(content, most)
    if not opening.eof:
        raise zlib.error("The words end too early, or not at all.")
    columns = json.loads(content_text)
    if not columns:
        return ()
    if len(columns) not in LISTS or max(map(len, columns)) > MAX_WORDS:
        raise ValueError("No page has such words, or so many.")
    count = len(columns[0])
    absent = [[True] * count, [None] * count, [""] * count]
    *numbers, conf, texts, spaces, own, engines = columns + absent[len(columns) - 10 :]
    integers = np.array(numbers, np.int32)  # fails for larger or other values
    confs = np.array(conf, float)
    if integers.shape != (8, count) or confs.shape != (count,):
        raise ValueError("The columns of words are not of one length.")
    own_confs = np.array([0.0 if each is None else each for each in own], float)
    if not np.isfinite(confs).all() or not np.isfinite(own_confs).all():
        raise ValueError("A word's confidence is no number.")
    if not {*spaces} <= {True, False}:
        raise ValueError("The column of white space is of another kind.")
    texts = [*map(str, texts)]
    if SURROGATE.search("".join(texts)):
        texts = [*map(replace_surrogates, texts)]
    own = [
        None if each is None else conf
        for each, conf in zip(own, own_confs.tolist(), strict=True)
    ]
    names = map(replace_surrogates, map(str, engines))
    spaced = map(bool, spaces)
    rows = zip(
        *integers.tolist(), confs.tolist(), texts, spaced, own, names, strict=True
    )
    return tuple(Word(*row) for row in rows)


def parsed(text: str, kind: type) -> Any:
    """Return the value of JSON of one type, with lone surrogates replaced.

    Raises
    ------
    ValueError, TypeError, RecursionError
        If it is damaged, of another type, or too deeply nested.
    """
    value = json.loads(text)
    if not isinstance(value, kind):
        raise TypeError("The JSON is of another kind.")
    if "\\ud" in text.lower():
        value = json.loads(replace_surrogates(json.dumps(value, ensure_ascii=False)))
    return value
