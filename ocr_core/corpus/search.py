"""Search: pages are found by their words, which are those that mining counts.

The full-text index holds the tokens of each page, so that broken words, long s and all
scripts are found as a concordance finds them. Pages whose tokens were not cut yet are
looked through as they stand.
"""

import re
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import NamedTuple

import numpy as np

from ocr_core.corpus.queries import CURRENT, Queries
from ocr_core.corpus.results import apply_corrections
from ocr_core.corpus.token_index import TokenIndex, corrections_number
from ocr_core.errors import OutputError, SettingsError
from ocr_core.mining.layout import STOP
from ocr_core.mining.tokens import JOINED, OUTER, PLACE
from ocr_core.page import gaps_before
from ocr_core.scripts import AROUND_EACH
from ocr_core.tokenizer import DIGIT_GROUPS, VERSION, lowered, split

PARTS = re.compile(r'"([^"]*)"|([^\s"]+)')
AROUND = 60  # characters of a plain find's snippet on either side
WORDS_AROUND = 8
CUT_AT_ONCE = 200  # pages: about two seconds
FED_AT_ONCE = 500  # pages of one transaction
STOPPED = "\ue000"  # between texts: no phrase goes over it
UNINDEXED = "SELECT reading FROM unindexed"


class Hit(NamedTuple):
    """Where a search found something, and the words around it."""

    doc_id: str
    page_num: int
    snippet: str


class Search(Queries, TokenIndex):
    """What stands on the current pages is found by its words."""

    @property
    def full_text(self) -> bool:
        """Whether the full-text index has all current pages."""
        with self._told():
            behind = f"SELECT 1 {CURRENT} WHERE r.id IN ({UNINDEXED}) LIMIT 1"
            return self.searchable and self._one(behind) is None

    def search(self, query: str, limit: int = 100) -> list[Hit]:
        """Find pages that hold all words of a query, the best first.

        ``"two words"`` stand side by side, ``harb*`` is the beginning of a word;
        accents and capitals make no difference. What is not in the full-text index is
        looked for as it stands, in page order, and listed last.

        Raises
        ------
        SettingsError
            Where the query holds no word.
        """
        wanted = phrases(query, self.languages())
        if self.write and self.behind() <= CUT_AT_ONCE:
            with suppress(OutputError):  # another program writes: then as it stands
                self.bring_up_to_date()
        with self._told():
            found: list[Hit] = []
            if self.searchable:
                rows = self._db.execute(
                    "SELECT p.reading, d.doc_id, p.number FROM search "
                    "JOIN pages p ON p.reading = search.rowid "
                    "JOIN documents d ON d.id = p.document WHERE search MATCH ? "
                    f"AND p.reading NOT IN ({UNINDEXED}) "
                    "ORDER BY search.rank, p.reading LIMIT ?",
                    (wanted, limit),
                )
                found = [
                    Hit(doc_id, number, self._snippet(wanted, reading))
                    for reading, doc_id, number in self._sound(rows, int, str, int)
                ]
            left = limit if limit < 0 else limit - len(found)
            only = f"AND p.reading IN ({UNINDEXED})" if self.searchable else ""
            return found + found_plainly(self._db, query, left, only)

    def _after_cutting(self) -> None:
        """Give the full-text index the tokens of pages that it does not hold."""
        if not self.searchable:
            return
        every = f"SELECT r.id {CURRENT} WHERE r.id IN ({UNINDEXED})"
        behind = [reading for (reading,) in self._db.execute(every)]
        forms = list(self._forms()) if behind else []
        for start in range(0, len(behind), FED_AT_ONCE):
            with self._writing():
                for reading in behind[start : start + FED_AT_ONCE]:
                    self._feed(reading, forms)

    def _feed(self, reading: int, forms: Sequence[str]) -> None:
        n_words, language = self._one(
            "SELECT n_words, language FROM readings WHERE id = ?", reading
        )
        row = self._token_columns(reading)
        if row is None and n_words:
            return  # its tokens are not those of now
        self._db.execute("DELETE FROM search WHERE rowid = ?", (reading,))
        if row is not None:
            numbers, words = row
            if len(numbers) and int(numbers.max()) >= len(forms):
                return  # another program has added some: the next time
            told, _ = _fed([lowered(forms[n], language) for n in numbers], words)
            self._db.execute(
                "INSERT INTO search (rowid, tokens) VALUES (?, ?)",
                (reading, " ".join(told)),
            )
        self._db.execute("DELETE FROM unindexed WHERE reading = ?", (reading,))

    def _token_columns(self, reading: int) -> tuple[np.ndarray, np.ndarray] | None:
        """Return forms and words of a reading's tokens; None where they are behind."""
        row = self._one(
            "SELECT forms, words, diary FROM token_pages "
            "WHERE reading = ? AND raw = 0 AND rule = ?",
            reading,
            VERSION,
        )
        if row is None or row[2] != corrections_number(self._texts(reading)):
            return None
        self._sound([row], bytes, bytes, int)
        try:
            forms, words = (np.frombuffer(each, "<u4") for each in row[:2])
        except ValueError:
            raise self._damaged() from None
        return forms, words

    def _snippet(self, wanted: str, reading: int) -> str:
        # One by one: SQLite would mark every page found, then sort.
        found = self._db.execute(
            "SELECT highlight(search, 0, char(2), char(3)) FROM search "
            "WHERE search MATCH ? AND rowid = ?",
            (wanted, reading),
        )
        [[marked]] = self._sound(found, str) or [[""]]
        columns = self._token_columns(reading)
        if columns is None:
            return ""
        numbers, words = columns
        every = ", ".join(map(str, set(numbers.tolist())))
        listed = f"SELECT id, form FROM token_forms WHERE id IN ({every})"
        forms = dict(self._sound(self._db.execute(listed), int, str))
        _, places = _fed([forms.get(n, "") for n in numbers.tolist()], words)
        told = marked.split(" ")
        starts = [n for n, each in enumerate(told) if each[:1] == "\2"]
        first = starts[0] if starts else 0
        ends = [n for n, each in enumerate(told) if each[-1:] == "\3" and n >= first]
        spot = places[first : (ends[0] if ends else first) + 1]
        hit = [int(words[n]) for n in spot if n >= 0]
        return self._passage(reading, hit) if hit else ""

    def _passage(self, reading: int, hit: Sequence[int]) -> str:
        """Return the words of a hit as they are read now, and some on either side."""
        rows = self._read(reading, corrected=False).rows
        texts = self._texts(reading)
        places = [n for n in range(len(rows)) if texts.get(n) != ""]
        kept = apply_corrections(rows, texts)
        words = [gap + w.text for gap, w in zip(gaps_before(kept), kept, strict=True)]
        start = int(np.searchsorted(places, hit[0] & PLACE))
        end = int(np.searchsorted(places, hit[-1] & PLACE)) + 1
        end += hit[-1] & JOINED > 0
        low, high = max(0, start - WORDS_AROUND), end + WORDS_AROUND
        found = "".join(words[start:end])
        gap = found[: len(found) - len(found.lstrip())]
        text = (
            f"{'…' * (low > 0)}{''.join(words[low:start])}{gap}[{found.lstrip()}]"
            f"{''.join(words[end:high])}{'…' * (high < len(words))}"
        )
        return " ".join(text.split())


def _fed(forms: Sequence[str], words: np.ndarray) -> tuple[list[str], list[int]]:
    """Return what the index is given of a page, and which token each of it is of.

    Heads come last; no phrase goes over a place where the text stops. Characters of
    Chinese or Thai stand by themselves: they are found inside a sentence.
    """
    told: list[str] = []
    places: list[int] = []
    for outer in (False, True):
        for n in np.flatnonzero((words & OUTER > 0) == outer).tolist():
            parts = apart(forms[n])
            if words[n] & STOP or not told:
                parts, places = [STOPPED, *parts], [*places, -1]
            told += parts
            places += [n] * (len(parts) - (parts[0] == STOPPED))
        told.append(STOPPED)
        places.append(-1)
    return told, places


def apart(form: str) -> list[str]:
    """Return a form as the index has it: characters of Chinese or Thai one by one."""
    return [part for part in AROUND_EACH.split(form) if part] or [form]


def phrases(query: str, languages: Iterable[str] = ()) -> str:
    """Turn a query into FTS5's own language, in which nothing of it is an operator.

    Parameters
    ----------
    query
        What people type.
    languages
        Of the pages: words are cut and folded as any of them has it.

    Raises
    ------
    SettingsError
        Where it holds no word.
    """
    joined = DIGIT_GROUPS.sub(lambda found: "".join(found[0].split()), query)
    parts = []
    for phrase, word in PARTS.findall(joined.replace("\0", " ")):
        text = phrase or word.rstrip("*")
        ways = {
            " ".join(
                part
                for token in split(text, language)
                for part in apart(lowered(token, language))
            )
            for language in ("", *languages)
        }
        quoted = sorted('"{}"'.format(way.replace('"', '""')) for way in ways if way)
        if quoted:
            star = "*" * word.endswith("*")
            parts.append(f"({' OR '.join(each + star for each in quoted)})")
    if not parts:
        raise SettingsError(
            "The search holds no word.", hint="Give it letters or digits to look for."
        )
    return " AND ".join(parts)


def found_plainly(
    db: sqlite3.Connection, query: str, limit: int, only: str = ""
) -> list[Hit]:
    """Find pages whose text holds a query as it stands, in page order."""
    wanted = query.strip('"* ')
    escaped = re.sub(r"([%_\\])", r"\\\1", wanted)
    found = db.execute(
        "SELECT d.doc_id, p.number, CAST(c.text AS TEXT) FROM pages p "
        "JOIN contents c ON c.reading = p.reading "
        f"JOIN documents d ON d.id = p.document WHERE c.text LIKE ? ESCAPE '\\' {only} "
        "ORDER BY p.document, p.number LIMIT ?",
        (f"%{escaped}%", limit),
    )
    return [Hit(doc, number, _around(text, wanted)) for doc, number, text in found]


def _around(text: str, wanted: str) -> str:
    start = max(0, text.lower().find(wanted.lower()))
    end = start + len(wanted)
    before = text[max(0, start - AROUND) : start]
    snippet = f"…{before}[{text[start:end]}]{text[end : end + AROUND]}…"
    return " ".join(snippet.split())
