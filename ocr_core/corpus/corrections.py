"""Corrections: words put right by hand, one after the other, and taken back.

What the engine read is never changed. Each correction is a line in a diary, so that
taking back goes step by step; the text of a page and its full-text index follow in
the same transaction.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ocr_core.corpus.readings import Readings
from ocr_core.errors import InputError, SettingsError
from ocr_core.page import PageResult, Word, spelled

LONGEST = 200  # letters of a word
UNFIT = ("Cc", "Cs", "Zl", "Zp")  # Unicode: control, surrogate, line, paragraph
SAME_PLACE = 0.5  # intersection over union of two boxes

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
    """A word put right; `word` counts from 0 among those the engine read."""

    doc_id: str
    page_num: int
    word: int
    original: str
    text: str


class Corrections(Readings):
    """Words of current readings are corrected, and readings take turns."""

    def correct(self, doc_id: str, page_num: int, word: int, text: str) -> None:
        """Have a word read otherwise; its confidence stays the engine's.

        Parameters
        ----------
        doc_id, page_num
            A page of the corpus.
        word
            Its place in `original`, from 0 in reading order: striking out a word
            moves no other.
        text
            One line of at most `LONGEST` characters. "" strikes the word out; its
            original text takes the correction away.

        Raises
        ------
        InputError
            Where the corpus has no such page.
        SettingsError
            Where the page has no such word, or the text cannot be one.
        """
        with self._told(), self._writing():
            reading = self._current(doc_id, page_num)
            rows = self._read(reading, corrected=False).rows
            if not 0 <= word < len(rows):
                raise SettingsError(
                    f"Page {page_num} of {doc_id} has no word {word}.",
                    hint=f"It has {len(rows)}, counted from 0.",
                )
            original = spelled(rows[word].text)
            text = original if text == original else fit(text)
            if text != self._texts(reading).get(word, original):
                self._db.execute(
                    "INSERT INTO corrections (reading, word, original, text) "
                    "VALUES (?, ?, ?, ?)",
                    (reading, word, original, text),
                )
                self._rewrite(reading)

    def undo(self, doc_id: str = "", page_num: int = 0) -> Correction | None:
        """Take back the latest correction: of a page, of a document, or of all.

        The word then reads as it did before that correction.

        Returns
        -------
        Correction or None
            What was taken back; None where there is nothing left.
        """
        latest = f"{OF_CURRENT} ORDER BY k.id DESC LIMIT 1"
        with self._told(), self._writing():
            found = self._one(latest, doc_id, page_num)
            if found is None:
                return None
            step, *told, reading = found
            self._db.execute("DELETE FROM corrections WHERE id = ?", (step,))
            self._rewrite(reading)
        return Correction(*told)

    def corrections(self, doc_id: str = "", page_num: int = 0) -> list[Correction]:
        """List the words that read otherwise now, the latest correction last."""
        listed = f"{OF_CURRENT} {LAST} AND k.text <> k.original ORDER BY k.id"
        with self._told():
            found = self._db.execute(listed, (doc_id, page_num))
            rows = self._sound(found, int, str, int, int, str, str, int)
        return [Correction(*told) for _, *told, _ in rows]

    def accept(self, reading: int) -> int:
        """Make a reading its page's current one, and carry the corrections over.

        They follow to words of the same original text at the same place. The choice
        stands, whatever later runs read, until the file's content changes.

        Returns
        -------
        int
            Corrected words that are not there any more; they stay with their reading.

        Raises
        ------
        InputError
            Where there is no such reading.
        SettingsError
            Where it failed.
        """
        with self._told(), self._writing():
            found = self._one("SELECT page, status FROM readings WHERE id = ?", reading)
            if found is None:
                raise InputError(f"{self.name} has no reading {reading}.")
            page, status = found
            if status == "failed":
                raise SettingsError(
                    "The page could not be read that way.",
                    hint="Choose a reading that holds its text.",
                )
            lost = self._make_current(page, reading)
            self._db.execute("UPDATE pages SET chosen = 1 WHERE id = ?", (page,))
        return lost

    def _make_current(self, page: int, reading: int) -> int:
        """Let a reading take its page's place; return how many corrections stay."""
        [before] = self._one("SELECT reading FROM pages WHERE id = ?", page)
        self._db.execute("UPDATE pages SET reading = ? WHERE id = ?", (reading, page))
        if before in (None, reading) or not self._texts(before):
            return 0
        homes = dict(
            carried(
                sorted(self._texts(before)),
                self._read(before, corrected=False).rows,
                self._read(reading, corrected=False).rows,
            )
        )
        for old, new in homes.items():
            self._db.execute(
                "UPDATE corrections SET reading = ?, word = ? "
                "WHERE reading = ? AND word = ?",
                (reading, new, before, old),
            )
        self._rewrite(reading)
        return self._rewrite(before)

    def _rewrite(self, reading: int) -> int:
        """Bring a reading's text, index and figures up to its corrections."""
        [corrected] = self._one(
            "SELECT count(*) FROM corrections k WHERE k.reading = ? "
            f"AND k.text <> k.original {LAST}",
            reading,
        )
        self._db.execute(
            "UPDATE readings SET corrected = ? WHERE id = ?", (corrected, reading)
        )
        result = self._read(reading)
        self._db.execute(
            "UPDATE readings SET n_words = ?, conf_mean = ? WHERE id = ?",
            (len(result.rows), result.conf_mean, reading),
        )
        self._retell(reading, result)
        return int(corrected)

    def _retell(self, reading: int, result: PageResult) -> None:
        # The index holds no text of its own: it must be told what it forgets.
        [told] = self._one("SELECT text FROM contents WHERE reading = ?", reading)
        if self.full_text:
            self._db.execute(
                "INSERT INTO search (search, rowid, text) VALUES ('delete', ?, ?)",
                (reading, told),
            )
        self._db.execute(
            "UPDATE contents SET text = ? WHERE reading = ?",
            (spelled(result.text), reading),
        )
        self._make_findable(reading)

    def _make_findable(self, reading: int) -> None:
        if self.full_text:
            self._db.execute(
                "INSERT INTO search (rowid, text) "
                "SELECT reading, text FROM contents WHERE reading = ?",
                (reading,),
            )
        else:
            self._db.execute("INSERT OR IGNORE INTO unindexed VALUES (?)", (reading,))


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
    if len(text) > LONGEST:
        raise SettingsError(
            f"The correction has {len(text)} characters, more than {LONGEST}.",
            hint="Correct one word at a time.",
        )
    return text


def carried(
    words: Sequence[int], old: Sequence[Word], new: Sequence[Word]
) -> Iterator[tuple[int, int]]:
    """Yield where words of one reading stand in another: same text, same place."""
    free: dict[str, list[int]] = {}
    for place, row in enumerate(new):
        free.setdefault(row.text, []).append(place)
    for word in words:
        alike = free.get(old[word].text, [])
        shares = {place: overlap(old[word], new[place]) for place in alike}
        best = max(shares, key=lambda place: shares[place], default=None)
        if best is not None and shares[best] >= SAME_PLACE:
            alike.remove(best)
            yield word, best


def overlap(one: Word, other: Word) -> float:
    """Return the intersection over union of two boxes, 0 to 1."""
    both = shared(one.left, one.width, other.left, other.width) * shared(
        one.top, one.height, other.top, other.height
    )
    union = one.width * one.height + other.width * other.height - both
    return both / union if union else 0.0


def shared(start: int, length: int, other: int, size: int) -> int:
    """Return the length that two stretches have in common."""
    return max(0, min(start + length, other + size) - max(start, other))
