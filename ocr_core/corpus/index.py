"""Index: a corpus as tokens, kept beside its pages and brought up to date when asked.

It is made of the readings and can be made again, so it is no step of the schema. Where
the file may not be written, what is missing is made in memory.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from ocr_core.cleaning import vocabulary
from ocr_core.corpus.lists import CURRENT
from ocr_core.corpus.metadata import Metadata
from ocr_core.corpus.readings import CURRENT_RESULTS, Readings
from ocr_core.corpus.schema import TOKENS
from ocr_core.mining.tokens import Leaf, PageTokens, Tokens, columns, document_tokens
from ocr_core.page import PageResult

RULE = 1  # raised with the rule by which tokens are cut: older ones are cut anew
UP_TO_DATE = """
    t.rule = :rule AND t.raw = :raw AND t.diary =
    CASE WHEN :raw THEN 0 ELSE
    coalesce((SELECT max(id) FROM corrections k WHERE k.reading = t.reading), 0) END
"""


class Entry(NamedTuple):
    """The tokens of a reading as the index holds them."""

    reading: int
    forms: np.ndarray
    words: np.ndarray
    confs: np.ndarray


class TokenIndex(Metadata, Readings):
    """What stands on the current pages, as columns of tokens."""

    def tokens(
        self, *, raw: bool = False, progress: Callable[[int, int], None] | None = None
    ) -> Tokens:
        """Return all tokens of the current readings, with their documents' metadata.

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
            ids = self._forms()
            fresh = dict(self._cut(ids, raw, progress))
            leaves = self._leaves()
            kept = self._kept(raw)
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
        tokens.metadata.update(self.metadata())
        return tokens

    def stamp(self) -> tuple[int, ...]:
        """Return numbers that change with whatever `tokens` is made of."""
        with self._told():
            pages = "SELECT count(reading), total(reading), max(reading) FROM pages"
            told = "SELECT count(*), total(length(name) * length(value)) FROM metadata"
            diary = "SELECT count(*), max(id) FROM corrections"
            asked = (self._one(question) for question in (pages, told, diary))
            return tuple(int(number or 0) for row in asked for number in row)

    def behind(self, *, raw: bool = False) -> int:
        """Count the pages that `tokens` would have to cut."""
        with self._told():
            return len(self._missing(raw))

    def _has_index(self) -> bool:
        made = "SELECT count(*) FROM sqlite_schema WHERE name = 'token_pages'"
        return bool(self._one(made)[0])

    def _forms(self) -> dict[str, int]:
        """Return the number of each form; make the tables where they may be made."""
        if not self._has_index():
            if not self.write:
                return {}
            with self._writing():
                for table in TOKENS:
                    self._db.execute(table)
        rows = self._db.execute("SELECT form, id FROM token_forms ORDER BY id")
        return dict(rows.fetchall())

    def _missing(self, raw: bool) -> set[int]:
        """Return the current readings that are not in the index as they are now."""
        every = f"SELECT r.id {CURRENT} WHERE r.n_words > 0 OR r.corrected > 0"
        missing = {reading for (reading,) in self._db.execute(every)}
        if self._has_index():
            done = f"SELECT t.reading FROM token_pages t WHERE {UP_TO_DATE}"
            rows = self._db.execute(done, {"rule": RULE, "raw": raw})
            missing -= {reading for (reading,) in rows}
        return missing

    def _cut(
        self,
        ids: dict[str, int],
        raw: bool,
        progress: Callable[[int, int], None] | None,
    ) -> Iterator[tuple[int, Entry]]:
        """Cut what is missing; yield it where it cannot be kept."""
        missing = self._missing(raw)
        total = len(missing)
        for pages in self._documents_of(missing, raw):
            cut = document_tokens(
                [result for _, result, _ in pages],
                vocabulary(result for _, result, _ in pages),
                [places for _, _, places in pages],
            )
            fresh = {
                reading: page
                for (reading, *_), page in zip(pages, cut, strict=True)
                if reading in missing
            }
            if self.write:
                self._store(fresh, ids, raw)
            else:
                yield from ((n, _entry(n, page, ids)) for n, page in fresh.items())
            missing -= set(fresh)
            if progress:
                progress(total - len(missing), total)

    def _documents_of(
        self, readings: set[int], raw: bool
    ) -> Iterator[list[tuple[int, PageResult, list[int]]]]:
        """Yield documents that have such readings, with all their pages."""
        if not readings:
            return
        every = f"SELECT r.id, p.document {CURRENT} ORDER BY p.document"
        of = dict(self._db.execute(every).fetchall())
        for document in sorted({of[reading] for reading in readings}):
            rows = self._db.execute(
                f"{CURRENT_RESULTS} WHERE p.document = ? ORDER BY p.number", (document,)
            ).fetchall()
            pages = []
            for row in rows:
                result = self._result(row, corrected=not raw)
                places = list(range(len(result.rows)))
                if not raw and row[1]:
                    texts = self._texts(row[0])
                    count = len(places) + sum(not text for text in texts.values())
                    places = [n for n in range(count) if texts.get(n) != ""]
                pages.append((row[0], result, places))
            yield pages

    def _store(
        self, fresh: dict[int, PageTokens], ids: dict[str, int], raw: bool
    ) -> None:
        with self._writing():
            [count] = self._one("SELECT count(*) FROM token_forms")
            if count != len(ids):  # another program has added some
                ids.clear()
                ids.update(self._forms())
            known = len(ids)
            entries = [_entry(reading, page, ids) for reading, page in fresh.items()]
            self._db.executemany(
                "INSERT INTO token_forms VALUES (?, ?)",
                list(enumerate(list(ids)[known:], known)),
            )
            self._db.executemany(
                "INSERT OR REPLACE INTO token_pages "
                "(reading, raw, rule, diary, forms, words, confs) VALUES (?, ?, ?, "
                "CASE WHEN ? THEN 0 ELSE coalesce((SELECT max(id) FROM corrections "
                "WHERE reading = ?), 0) END, ?, ?, ?)",
                [
                    (
                        reading,
                        raw,
                        RULE,
                        raw,
                        reading,
                        *(each.tobytes() for each in columns),
                    )
                    for reading, *columns in entries
                ],
            )

    def _kept(self, raw: bool) -> dict[int, Entry]:
        if not self._has_index():
            return {}
        rows = self._db.execute(
            "SELECT t.reading, t.forms, t.words, t.confs FROM token_pages t "
            f"JOIN pages p ON p.reading = t.reading WHERE {UP_TO_DATE}",
            {"rule": RULE, "raw": raw},
        )
        kinds = ("<u4", "<u4", "u1")
        return {
            reading: Entry(reading, *map(np.frombuffer, blobs, kinds))
            for reading, *blobs in rows
        }

    def _leaves(self) -> list[Leaf]:
        rows = self._db.execute(
            f"SELECT d.doc_id, p.number, r.language, r.quality, r.id {CURRENT} "
            "WHERE r.status <> 'failed' ORDER BY p.document, p.number"
        )
        return [Leaf(*row) for row in rows]


def _entry(reading: int, page: PageTokens, ids: dict[str, int]) -> Entry:
    forms = (ids.setdefault(form, len(ids)) for form in page.forms)
    return Entry(reading, np.fromiter(forms, "<u4"), page.words, page.confs)
