"""Token index: the tokens of a corpus, stored with its pages and updated on request.

It can be made again from the readings, so it is not part of the schema's migrations. If
the file is read-only, missing tokens are made in memory.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from natsort import natsorted, ns

from ocr_core.corpus.database import CorpusFile
from ocr_core.corpus.document_series import (
    contexts_in,
    current_series,
    read_pages,
)
from ocr_core.corpus.full_text import feed
from ocr_core.corpus.metadata import all_metadata
from ocr_core.corpus.misread_forms import all_misread_forms
from ocr_core.corpus.queries import CURRENT
from ocr_core.corpus.results import apply_corrections, corrected_texts
from ocr_core.corpus.schema import TOKENS
from ocr_core.corpus.stop_lists import all_stop_lists
from ocr_core.corpus.token_tables import (
    READINGS_AT_ONCE,
    StoredState,
    StoredTokens,
    TokenizedPage,
    corrections_hash,
    current_rules,
    entry_of,
    form_numbers,
    forms_after,
    has_index,
    store_tokens,
    stored_entries,
    stored_state,
)
from ocr_core.corpus_header import beside
from ocr_core.mining.page_tokens import document_tokens
from ocr_core.mining.progress import ReportProgress
from ocr_core.mining.token_columns import (
    StoredColumns,
    StoredPages,
    read_columns,
    stored_tokens_of,
    write_columns,
)
from ocr_core.mining.token_splicing import spliced, stored_pages
from ocr_core.mining.tokens import PageInfo, Tokens
from ocr_core.page import PageResult

CHARACTERS_AT_ONCE = 12_000_000  # characters tokenised at once; each word adds 20
MAX_CHANGED = 0.1  # share of tokens that are not in the file; more are written anew
MIN_TOKENS_ON_DISK = 500_000  # fewer are gathered from the tables in no time
CORRECTIONS = (
    "SELECT group_concat(id), group_concat(reading), group_concat(word), "
    "group_concat(text, '\x1e') FROM corrections NOT INDEXED"
)
CONTENTS = (  # sources of the tokens; a reading itself never changes
    "SELECT group_concat(coalesce(reading, 0)) FROM pages NOT INDEXED",
    CORRECTIONS,
    "SELECT group_concat(document), group_concat(name, '\x1e'), "
    "group_concat(value, '\x1e') FROM metadata",
)
SOURCES = (  # numbers of rows are given again in another file: readings are named too
    "SELECT group_concat(doc_id || ' ' || pages, '\x1e') FROM documents NOT INDEXED",
    "SELECT group_concat(described, '\x1e') FROM (SELECT "
    "r.id || ' ' || p.document || ' ' || p.number || ' ' || r.status || ' ' || "
    "r.language || ' ' || coalesce(r.quality, '') || ' ' || r.seconds || ' ' || "
    "coalesce(r.conf_mean, '') || ' ' || r.sha256 || ' ' || r.recipe || ' ' || "
    f"r.n_words AS described "
    f"{CURRENT} ORDER BY p.document, p.number)",
    CORRECTIONS,
)


class PageChunk(NamedTuple):
    """Pages of a document: readings, results, word indexes, hashes of corrections."""

    document: int
    readings: list[int]
    results: list[PageResult]
    word_indexes: list[list[int]]
    correction_hashes: list[int]


def load_tokens(
    db: CorpusFile,
    *,
    raw: bool = False,
    progress: ReportProgress | None = None,
) -> Tokens:
    """Return all tokens of the current readings, with their documents' metadata.

    Documents are in natural order, vol2 before vol10. Pages that were read or corrected
    since the last call are tokenised, a document at a time; that takes some
    milliseconds a page.

    Parameters
    ----------
    raw
        Whether to use the words of the engine, without the corrections.
    progress
        Called from time to time with the number of finished pages and of all pages.
    """
    path = columns_path(db.path, raw)
    with db.translate_errors():
        with db.snapshot():
            stored = read_columns(path)
            if stored and _is_of_today(db, stored):
                known = {**_known(db), "page_infos": StoredPages(stored)}
                return stored_tokens_of(stored, **known)
        if db.write:
            _keep_tokens(db, raw, progress)
        with db.snapshot():
            fresh, ids = _entries_of_missing(db, raw, progress)
            pages, state = page_infos(db), stored_state(db, raw)
            known = _known(db)
            count = sum(each.tokens for each in state.values())
            if fresh or count < MIN_TOKENS_ON_DISK:
                return _gathered(db, raw, pages, fresh, ids, known)
            scales = {reading: each.calibrated for reading, each in state.items()}
            known["page_infos"] = _with_scales(pages, scales)
            tokens = stored and _from_columns(db, stored, raw, pages, state, known)
            if tokens is not None:
                return tokens
            tokens = _gathered(db, raw, pages, fresh, ids, known)
            source = source_state(db)
    if not db.write:
        return tokens
    try:
        mode = db.path.stat().st_mode & 0o666
        write_columns(path, _page_keys(pages, state), tokens, mode, source)
    except OSError:  # no space, or a folder that may not be written
        return tokens
    stored = read_columns(path)
    return stored_tokens_of(stored, **known) if stored else tokens


def _known(db: CorpusFile) -> dict[str, Any]:
    """Return what is known of a corpus beside its tokens."""
    return {
        "metadata": all_metadata(db),
        "stop_lists": all_stop_lists(db),
        "misread": all_misread_forms(db),
    }


def _is_of_today(db: CorpusFile, stored: StoredColumns) -> bool:
    """Return whether a file has the tokens of a corpus as it is."""
    if stored.state != source_state(db):
        return False
    # Another corpus of this name may have readings that are called the same.
    return has_index(db) and forms_after(db, stored.vocabulary.spelled) is not None


def source_state(db: CorpusFile) -> str:
    """Return a digest of the readings and corrections of which tokens are made."""
    digest = hashlib.blake2b(repr(current_rules()).encode(), digest_size=16)
    for question in SOURCES:
        for content in db.one(question):
            digest.update(f"{content}\x1d".encode())
    return digest.hexdigest()


def _from_columns(
    db: CorpusFile,
    stored: StoredColumns,
    raw: bool,
    pages: Sequence[PageInfo],
    state: Mapping[int, StoredState],
    known: Mapping[str, Any],
) -> Tokens | None:
    """Return the tokens in the file of columns, with those of the pages changed since.

    Return None if the file has too few of the present tokens.
    """
    forms = forms_after(db, stored.vocabulary.spelled)
    if forms is None:
        return None
    keys = _page_keys(pages, state)
    there = stored_pages(stored, keys)
    changed = np.flatnonzero((there < 0) & (keys != 0)).tolist()
    same_pages = np.array_equal(stored.page_keys, keys)
    if same_pages and not forms:
        return stored_tokens_of(stored, **known)
    whole = sum(each.tokens for each in state.values())
    if sum(state[pages[n].reading].tokens for n in changed) > MAX_CHANGED * whole:
        return None
    entries = stored_entries(db, raw, [pages[n].reading for n in changed])
    fresh = {
        n: (entry.forms, entry.words, entry.confs)
        for n in changed
        if (entry := entries.get(pages[n].reading))
    }
    vocabulary = stored.vocabulary.extended(forms)
    if any(int(f.max(initial=0)) >= len(vocabulary) for f, _, _ in fresh.values()):
        raise db.damaged()
    return spliced(stored, there, fresh, vocabulary, **known)


def _page_keys(
    pages: Sequence[PageInfo], state: Mapping[int, StoredState]
) -> np.ndarray:
    """Return the key of each page's tokens; 0 if it has none."""
    found = (state.get(page.reading) for page in pages)
    return np.array([each.key if each else 0 for each in found], np.uint64)


def columns_path(corpus: Path, raw: bool = False) -> Path:
    """Return the file with the tokens of a large corpus, beside it."""
    ending = "-raw-tokens.arrow" if raw else "-tokens.arrow"
    return beside(corpus.resolve(), ending)


def _with_scales(
    pages: Sequence[PageInfo], calibrated: Mapping[int, bool]
) -> list[PageInfo]:
    """Return pages that say whether their confidences are calibrated."""
    return [
        page._replace(calibrated=True) if calibrated.get(page.reading) else page
        for page in pages
    ]


def _entries_of_missing(
    db: CorpusFile, raw: bool, progress: ReportProgress | None
) -> tuple[dict[int, StoredTokens], dict[str, int]]:
    """Tokenise the readings without tokens; return these, and the numbers of forms."""
    fresh: dict[int, StoredTokens] = {}
    ids: dict[str, int] = {}
    for document in tokenize_missing(db, raw, progress):
        ids = ids or form_numbers(db)
        fresh |= {
            reading: entry_of(reading, cut, ids) for reading, cut in document.items()
        }
    return fresh, ids


def _gathered(
    db: CorpusFile,
    raw: bool,
    pages: Sequence[PageInfo],
    fresh: Mapping[int, StoredTokens],
    ids: Mapping[str, int],
    known: Mapping[str, Any],
) -> Tokens:
    """Return the tokens of pages in memory: those stored, and fresh ones.

    `ids` are the forms of the fresh ones and all others, if there are any.
    """
    ids = ids or form_numbers(db)
    scales: dict[int, bool] = {}
    none = (np.empty(0, kind) for kind in ("<u4", "<u4", "u1"))
    empty = StoredTokens(0, False, *none)

    def columns() -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        for first in range(0, len(pages), READINGS_AT_ONCE):
            some = [page.reading for page in pages[first : first + READINGS_AT_ONCE]]
            kept = stored_entries(db, raw, some)
            for reading in some:
                entry = fresh.get(reading) or kept.get(reading, empty)
                scales[reading] = entry.calibrated
                yield entry.forms, entry.words, entry.confs

    try:
        known = {**known, "page_infos": pages}
        tokens = Tokens.of_pages(columns=columns(), vocabulary=list(ids), **known)
        return replace(tokens, page_infos=_with_scales(pages, scales))
    except ValueError:
        raise db.damaged() from None


def update_index(
    db: CorpusFile,
    *,
    raw: bool = False,
    progress: ReportProgress | None = None,
) -> None:
    """Tokenise the missing readings and save their tokens."""
    with db.translate_errors():
        _keep_tokens(db, raw, progress)


def index_documents(
    db: CorpusFile, doc_ids: Collection[str], *, complete: bool = False
) -> None:
    """Tokenise missing readings of some documents, so that nobody waits for them later.

    Parameters
    ----------
    doc_ids
        The documents.
    complete
        Leave out documents of which a page is still to be read: words and running heads
        of a document depend on its other pages.
    """
    there = (
        "SELECT count(*) FROM pages p WHERE p.document = d.id "
        "AND (p.reading IS NOT NULL OR p.removed <> 0)"
    )
    with db.translate_errors():
        rows = db.execute(
            f"SELECT d.id, d.doc_id, d.pages <= ({there}) FROM documents d"
        )
        documents = {
            document
            for document, doc_id, whole in db.check_types(rows, int, str, int)
            if doc_id in doc_ids and (whole or not complete)
        }
        _keep_tokens(db, False, None, documents)


def content_stamp(db: CorpusFile) -> str:
    """Return a digest that changes with every source of `load_tokens`."""
    with db.translate_errors():
        stamp: str = db.cached("stamp", db.state, lambda: _content_digest(db))
        return stamp


def _content_digest(db: CorpusFile) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for question in CONTENTS:
        for content in db.one(question):
            digest.update(f"{content}\x1d".encode())
    lists = sorted((of, *sorted(w)) for of, w in all_stop_lists(db).items())
    misread = sorted(all_misread_forms(db).items())
    digest.update(repr((lists, misread)).encode())
    return digest.hexdigest()


def count_behind(db: CorpusFile, *, raw: bool = False) -> int:
    """Count the pages that `load_tokens` would have to tokenise."""
    with db.translate_errors():
        return len(_missing_readings(db, raw))


def _missing_readings(db: CorpusFile, raw: bool) -> set[int]:
    """Return the current readings whose tokens are missing or outdated."""
    every = f"SELECT r.id {CURRENT} WHERE r.n_words > 0 OR r.corrected > 0"
    missing = {reading for (reading,) in db.execute(every)}
    if not has_index(db):
        return missing
    correction_hashes = {} if raw else _correction_hashes(db)
    series = current_series(db).state
    done = db.execute(
        "SELECT t.reading, t.diary, t.series, p.document FROM token_pages t "
        "JOIN pages p ON p.reading = t.reading WHERE t.rule IN (?, ?) AND t.raw = ?",
        (*current_rules(), raw),
    )
    return missing - {
        reading
        for reading, stored_hash, beside, document in done
        if stored_hash == correction_hashes.get(reading, 0)
        and beside == series.get(document, 0)
    }


def _correction_hashes(db: CorpusFile) -> dict[int, int]:
    """Return a hash of the corrections of each reading that was ever corrected."""
    texts: dict[int, dict[int, str]] = {}
    rows = "SELECT reading, word, text FROM corrections ORDER BY id"
    corrected = db.check_types(db.execute(rows), int, int, str)
    for reading, word, text in corrected:
        texts.setdefault(reading, {})[word] = text
    return {reading: corrections_hash(each) for reading, each in texts.items()}


def tokenize_missing(
    db: CorpusFile,
    raw: bool,
    progress: ReportProgress | None,
    documents: Collection[int] | None = None,
) -> Iterator[dict[int, TokenizedPage]]:
    """Tokenise the missing readings, document after document; by default of all."""
    missing = set(
        db.cached(
            f"missing {raw}",
            (db.state, current_rules()),
            lambda: _missing_readings(db, raw),
        )
    )
    if documents is not None:
        of = db.execute(f"SELECT r.id, p.document {CURRENT}")
        missing &= {reading for reading, document in of if document in documents}
    total = len(missing)
    series = current_series(db)
    contexts = lru_cache(maxsize=1)(contexts_in(db, series))  # parts of a document
    for part in _parts(db, missing, raw):
        # The whole document at once, because words continue on the next page.
        cut = document_tokens(part.results, contexts(part.document), part.word_indexes)
        state = series.state.get(part.document, 0)
        fresh = {
            reading: TokenizedPage(page, corrections, state, bool(result.conf_scale))
            for reading, corrections, page, result in zip(
                part.readings, part.correction_hashes, cut, part.results, strict=True
            )
        }
        yield fresh
        missing -= set(fresh)
        if progress:
            progress(total - len(missing), total)


def _parts(db: CorpusFile, readings: set[int], raw: bool) -> Iterator[PageChunk]:
    """Yield all pages of the documents with these readings; large ones in parts."""
    if not readings:
        return
    every = f"SELECT r.id, p.document {CURRENT}"
    of = dict(db.execute(every).fetchall())
    wanted = {of[reading] for reading in readings & of.keys()}
    for document in current_series(db).order:
        if document not in wanted:
            continue
        part, size = PageChunk(document, [], [], [], []), 0
        for reading, read in read_pages(db, document):
            if size > CHARACTERS_AT_ONCE:
                yield part
                part, size = PageChunk(document, [], [], [], []), 0
            # One query, so that tokens and hash are made of the same corrections.
            texts = {} if raw else corrected_texts(db, reading)
            rows = apply_corrections(read.rows, texts)
            part.readings.append(reading)
            part.results.append(replace(read, rows=rows))
            part.word_indexes.append(
                [n for n in range(len(read.rows)) if texts.get(n) != ""]
            )
            part.correction_hashes.append(corrections_hash(texts))
            size += sum(len(word.text) + 20 for word in read.rows)
        yield part


def _keep_tokens(
    db: CorpusFile,
    raw: bool,
    progress: ReportProgress | None,
    documents: Collection[int] | None = None,
) -> None:
    """Tokenise the missing readings, by default of all documents; save their tokens."""
    if not has_index(db):
        with db.writing():
            db.execute("DROP TABLE IF EXISTS token_pages")
            for table in TOKENS:
                db.execute(table)
    ids: dict[str, int] = {}
    stored: set[int] = set()
    for document in tokenize_missing(db, raw, progress, documents):
        store_tokens(db, document, ids, raw)
        stored |= document.keys()
    feed(db, None if documents is None else stored)


def page_infos(db: CorpusFile) -> list[PageInfo]:
    """List the current pages that did not fail, with documents in natural order."""
    rows = db.execute(
        f"SELECT d.doc_id, p.number, r.language, r.quality, r.id {CURRENT} "
        "WHERE r.status <> 'failed' ORDER BY p.document, p.number"
    )
    known = db.check_types(rows, str, int, str, float | None, int)
    names = natsorted({row[0] for row in known}, alg=ns.IGNORECASE)
    order = {name: n for n, name in enumerate(names)}
    return sorted(
        (PageInfo(*row) for row in known),
        key=lambda page: (order[page.doc_id], page.page_num),
    )
