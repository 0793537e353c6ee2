"""Index: a corpus as tokens, kept beside its pages and brought up to date when asked.

It is made of the readings and can be made again, so it is no step of the schema. Where
the file may not be written, what is missing is made in memory.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from natsort import natsorted, ns

from ocr_core.corpus.document_series import DocumentSeries, ReadPages
from ocr_core.corpus.metadata import DocumentMetadata
from ocr_core.corpus.misread_forms import MisreadForms
from ocr_core.corpus.queries import CURRENT
from ocr_core.corpus.results import apply_corrections
from ocr_core.corpus.schema import TOKENS
from ocr_core.corpus.stop_lists import StopLists
from ocr_core.mining.tokens import (
    PageInfo,
    PageTokens,
    Tokens,
    columns,
    document_tokens,
)
from ocr_core.page import PageResult
from ocr_core.text.cleaning import vocabulary
from ocr_core.tokenizer import VERSION

TOGETHER = 12_000_000  # letters of a document that are cut at once, and 20 a word more
CONTENTS = (  # of which tokens are made; what stands in a reading never changes
    "SELECT group_concat(coalesce(reading, 0)) FROM pages NOT INDEXED",
    "SELECT group_concat(id), group_concat(reading), group_concat(word), "
    "group_concat(text, '\x1e') FROM corrections NOT INDEXED",
    "SELECT group_concat(document), group_concat(name, '\x1e'), "
    "group_concat(value, '\x1e') FROM metadata",
)


class Entry(NamedTuple):
    """The tokens of a reading as the index holds them."""

    reading: int
    forms: np.ndarray
    words: np.ndarray
    confs: np.ndarray


class Cut(NamedTuple):
    """The tokens of a page, and of which corrections and neighbours they are made."""

    page: PageTokens
    diary: int
    series: int


class Part(NamedTuple):
    """Pages of a document: readings, results, places of words, and corrections."""

    document: int
    readings: list[int]
    results: list[PageResult]
    places: list[list[int]]
    diaries: list[int]


class TokenIndex(DocumentMetadata, StopLists, MisreadForms, DocumentSeries):
    """What stands on the current pages, as columns of tokens."""

    _stamped: tuple[tuple[int, int], str] | None = None

    def tokens(
        self, *, raw: bool = False, progress: Callable[[int, int], None] | None = None
    ) -> Tokens:
        """Return all tokens of the current readings, with their documents' metadata.

        Documents stand in natural order, vol2 before vol10.

        Pages that were read or corrected since the last time are cut into tokens, a
        document at a time; that takes some milliseconds a page.

        Parameters
        ----------
        raw
            As the engine read them, without the corrections.
        progress
            Told now and then how many pages of how many are done.
        """
        with self._told():
            if self.write:
                self._keep_tokens(raw, progress)
            with self._snapshot():
                ids = self._forms()
                fresh = {
                    reading: _entry(reading, cut.page, ids)
                    for document in self._cut(raw, progress)
                    for reading, cut in document.items()
                }
                leaves = self._leaves()
                kept = self._kept(raw)
                known, lists = self.metadata(), self.stop_lists()
                misread = self.misread_forms()
        empty = Entry(0, *(np.empty(0, kind) for kind in ("<u4", "<u4", "u1")))
        entries = [
            fresh.get(leaf.reading) or kept.get(leaf.reading, empty) for leaf in leaves
        ]
        if any(len({*map(len, entry[1:])}) > 1 for entry in entries):
            raise self._damaged()
        tokens = columns(
            leaves,
            [entry.forms for entry in entries],
            [entry.words for entry in entries],
            [entry.confs for entry in entries],
            list(ids),
        )
        if len(tokens) and int(tokens.forms.max()) >= len(ids):
            raise self._damaged()
        tokens.metadata.update(known)
        tokens.stop_lists.update(lists)
        tokens.misread.update(misread)
        return tokens

    def bring_up_to_date(
        self, *, raw: bool = False, progress: Callable[[int, int], None] | None = None
    ) -> None:
        """Cut what is missing and keep it."""
        with self._told():
            self._keep_tokens(raw, progress)

    def stamp(self) -> str:
        """Return a digest that changes with whatever `tokens` is made of."""
        with self._told():
            [others] = self._one("PRAGMA data_version")
            state = others, self._db.total_changes
            if self._stamped is None or self._stamped[0] != state:
                digest = hashlib.blake2b(digest_size=16)
                for question in CONTENTS:
                    for content in self._one(question):
                        digest.update(f"{content}\x1d".encode())
                lists = sorted((of, *sorted(w)) for of, w in self.stop_lists().items())
                misread = sorted(self.misread_forms().items())
                digest.update(repr((lists, misread)).encode())
                self._stamped = state, digest.hexdigest()
            return self._stamped[1]

    def behind(self, *, raw: bool = False) -> int:
        """Count the pages that `tokens` would have to cut."""
        with self._told():
            return len(self._missing(raw))

    def _has_index(self) -> bool:
        made = "SELECT count(*) FROM pragma_table_info('token_pages')"
        return bool(self._one(f"{made} WHERE name = 'series'")[0])

    def _forms(self) -> dict[str, int]:
        """Return the number of each form."""
        if not self._has_index():
            return {}
        rows = self._db.execute("SELECT form, id FROM token_forms ORDER BY id")
        return dict(self._sound(rows, str, int))

    def _missing(self, raw: bool) -> set[int]:
        """Return the current readings that are not in the index as they are now."""
        every = f"SELECT r.id {CURRENT} WHERE r.n_words > 0 OR r.corrected > 0"
        missing = {reading for (reading,) in self._db.execute(every)}
        if not self._has_index():
            return missing
        diaries = {} if raw else self._diaries()
        series = self._series().state
        done = self._db.execute(
            "SELECT t.reading, t.diary, t.series, p.document FROM token_pages t "
            "JOIN pages p ON p.reading = t.reading WHERE t.rule = ? AND t.raw = ?",
            (VERSION, raw),
        )
        return missing - {
            reading
            for reading, diary, beside, document in done
            if diary == diaries.get(reading, 0) and beside == series.get(document, 0)
        }

    def _diaries(self) -> dict[int, int]:
        """Return for each reading that was ever corrected which corrections it has."""
        texts: dict[int, dict[int, str]] = {}
        rows = "SELECT reading, word, text FROM corrections ORDER BY id"
        told = self._sound(self._db.execute(rows), int, int, str)
        for reading, word, text in told:
            texts.setdefault(reading, {})[word] = text
        return {reading: corrections_number(each) for reading, each in texts.items()}

    def _cut(
        self, raw: bool, progress: Callable[[int, int], None] | None
    ) -> Iterator[dict[int, Cut]]:
        """Cut what is missing, document after document."""
        missing = self._missing(raw)
        total = len(missing)
        series = self._series()
        loaded: dict[int, ReadPages] = {}
        for part in self._parts(missing, raw, loaded):
            cut = document_tokens(
                part.results,
                vocabulary(part.results),
                part.places,
                self._neighbours(series, part.document, loaded),
            )
            # Of the whole document: words go over pages, heads stand on several.
            state = series.state.get(part.document, 0)
            fresh = {
                reading: Cut(page, diary, state)
                for reading, diary, page in zip(
                    part.readings, part.diaries, cut, strict=True
                )
            }
            yield fresh
            missing -= set(fresh)
            if progress:
                progress(total - len(missing), total)

    def _parts(
        self, readings: set[int], raw: bool, loaded: dict[int, ReadPages]
    ) -> Iterator[Part]:
        """Yield documents that have such readings, whole; large ones in parts."""
        if not readings:
            return
        every = f"SELECT r.id, p.document {CURRENT}"
        of = dict(self._db.execute(every).fetchall())
        wanted = {of[reading] for reading in readings & of.keys()}
        for document in self._series().order:
            if document not in wanted:
                continue
            part, size = Part(document, [], [], [], []), 0
            for reading, read in loaded.pop(document, ()) or self._read_pages(document):
                if size > TOGETHER:
                    yield part
                    part, size = Part(document, [], [], [], []), 0
                # Asked once: the tokens and their diary must be of the same texts.
                texts = {} if raw else self._texts(reading)
                rows = apply_corrections(read.rows, texts)
                part.readings.append(reading)
                part.results.append(replace(read, rows=rows))
                part.places.append(
                    [n for n in range(len(read.rows)) if texts.get(n) != ""]
                )
                part.diaries.append(corrections_number(texts))
                size += sum(len(word.text) + 20 for word in read.rows)
            yield part

    def _keep_tokens(
        self, raw: bool, progress: Callable[[int, int], None] | None
    ) -> None:
        """Cut what is missing and keep it."""
        if not self._has_index():
            with self._writing():
                self._db.execute("DROP TABLE IF EXISTS token_pages")
                for table in TOKENS:
                    self._db.execute(table)
        ids: dict[str, int] = {}
        for document in self._cut(raw, progress):
            self._store(document, ids, raw)
        self._after_cutting()

    def _after_cutting(self) -> None:
        """Follow what was cut."""

    def _store(self, fresh: dict[int, Cut], ids: dict[str, int], raw: bool) -> None:
        with self._writing():
            [count] = self._one("SELECT count(*) FROM token_forms")
            if count != len(ids):  # not asked yet, or another program has added some
                ids.clear()
                ids.update(self._forms())
            known = len(ids)
            entries = [_entry(reading, cut.page, ids) for reading, cut in fresh.items()]
            self._db.executemany(
                "INSERT INTO token_forms VALUES (?, ?)",
                list(enumerate(list(ids)[known:], known)),
            )
            self._db.executemany(
                "INSERT OR REPLACE INTO token_pages "
                "(reading, raw, rule, diary, series, forms, words, confs) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        reading,
                        raw,
                        VERSION,
                        fresh[reading].diary,
                        fresh[reading].series,
                        *(each.tobytes() for each in columns),
                    )
                    for reading, *columns in entries
                ],
            )
            if not raw:
                self._db.executemany(
                    "INSERT OR IGNORE INTO unindexed VALUES (?)",
                    [(reading,) for reading in fresh],
                )

    def _kept(self, raw: bool) -> dict[int, Entry]:
        if not self._has_index():
            return {}
        rows = self._db.execute(
            "SELECT t.reading, t.forms, t.words, t.confs FROM token_pages t "
            "JOIN pages p ON p.reading = t.reading WHERE t.rule = ? AND t.raw = ?",
            (VERSION, raw),
        )
        kinds = ("<u4", "<u4", "u1")
        try:
            return {
                reading: Entry(reading, *map(np.frombuffer, blobs, kinds))
                for reading, *blobs in self._sound(rows, int, bytes, bytes, bytes)
            }
        except ValueError:
            raise self._damaged() from None

    def _leaves(self) -> list[PageInfo]:
        rows = self._db.execute(
            f"SELECT d.doc_id, p.number, r.language, r.quality, r.id {CURRENT} "
            "WHERE r.status <> 'failed' ORDER BY p.document, p.number"
        )
        known = self._sound(rows, str, int, str, float | None, int)
        names = natsorted({row[0] for row in known}, alg=ns.IGNORECASE)
        order = {name: n for n, name in enumerate(names)}
        return sorted(
            (PageInfo(*row) for row in known),
            key=lambda page: (order[page.doc_id], page.page_num),
        )


def _entry(reading: int, page: PageTokens, ids: dict[str, int]) -> Entry:
    forms = (ids.setdefault(form, len(ids)) for form in page.forms)
    return Entry(reading, np.fromiter(forms, "<u4"), page.words, page.confs)


def corrections_number(texts: Mapping[int, str]) -> int:
    """Return a number that tells corrections from others; 0 where there are none."""
    if not texts:
        return 0
    told = json.dumps(sorted(texts.items())).encode()
    return int.from_bytes(hashlib.blake2b(told, digest_size=7).digest(), "big")
