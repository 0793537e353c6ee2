"""Token tables: the stored tokens of the pages of a corpus.

They can be made again from the readings, so they are not part of the migrations.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from ocr_core.corpus.database import CorpusFile
from ocr_core.corpus.results import corrected_texts
from ocr_core.mining.page_tokens import PageTokens
from ocr_core.mining.token_words import TokenWords
from ocr_core.tokenizer import VERSION, rule_of, segmented_rule

READINGS_AT_ONCE = 500  # of one query
FORMS_COMPARED = 1000  # to tell whether two files number forms alike


class StoredTokens(NamedTuple):
    """The tokens of a reading as they are stored."""

    reading: int
    calibrated: bool
    forms: np.ndarray
    words: np.ndarray
    confs: np.ndarray


class StoredState(NamedTuple):
    """The state of the tokens of a reading: a key that changes with them, their number.

    `calibrated` says whether the confidences of their words are calibrated.
    """

    key: int
    calibrated: bool
    tokens: int


class TokenizedPage(NamedTuple):
    """The tokens of a page, with hashes of their corrections and neighbours.

    `calibrated` says whether the confidences of its words are calibrated.
    """

    page: PageTokens
    corrections_hash: int
    series: int
    calibrated: bool


def current_rules() -> tuple[int, str]:
    """Return the values of `rule` of tokens that are not outdated."""
    return VERSION, segmented_rule()


def has_index(db: CorpusFile) -> bool:
    """Return whether the file has the token tables of this version."""
    made = "SELECT count(*) FROM pragma_table_info('token_pages')"
    return bool(db.one(f"{made} WHERE name = 'calibrated'")[0])


def form_numbers(db: CorpusFile) -> dict[str, int]:
    """Return the number of each form."""
    if not has_index(db):
        return {}
    rows = db.execute("SELECT form, id FROM token_forms ORDER BY id")
    return dict(db.check_types(rows, str, int))


def store_tokens(
    db: CorpusFile, fresh: dict[int, TokenizedPage], ids: dict[str, int], raw: bool
) -> None:
    """Save the tokens of readings, and the word forms that `ids` does not have yet."""
    with db.writing():
        # Not count(*), which reads the whole table; forms are numbered from 0.
        [count] = db.one("SELECT coalesce(max(id) + 1, 0) FROM token_forms")
        if count != len(ids):  # not loaded yet, or another program added some
            ids.clear()
            ids.update(form_numbers(db))
        known = len(ids)
        entries = [entry_of(reading, cut, ids) for reading, cut in fresh.items()]
        db.executemany(
            "INSERT INTO token_forms VALUES (?, ?)",
            list(enumerate(list(ids)[known:], known)),
        )
        db.executemany(
            "INSERT OR REPLACE INTO token_pages "
            "(reading, raw, rule, diary, series, calibrated, forms, words, confs) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    reading,
                    raw,
                    rule_of(fresh[reading].page.forms),
                    fresh[reading].corrections_hash,
                    fresh[reading].series,
                    calibrated,
                    *(each.tobytes() for each in columns),
                )
                for reading, calibrated, *columns in entries
            ],
        )
        if not raw:
            db.executemany(
                "INSERT OR IGNORE INTO unindexed VALUES (?)",
                [(reading,) for reading in fresh],
            )


def stored_entries(
    db: CorpusFile, raw: bool, readings: Sequence[int]
) -> dict[int, StoredTokens]:
    """Return the stored tokens of some current readings."""
    found: dict[int, StoredTokens] = {}
    if not has_index(db):
        return found
    for first in range(0, len(readings), READINGS_AT_ONCE):
        some = readings[first : first + READINGS_AT_ONCE]
        among = ", ".join(str(int(reading)) for reading in some)
        rows = db.execute(
            "SELECT t.reading, t.calibrated, t.forms, t.words, t.confs "
            "FROM token_pages t JOIN pages p ON p.reading = t.reading "
            "WHERE t.rule IN (?, ?) AND t.raw = ? "
            f"AND t.reading IN ({among})",
            (*current_rules(), raw),
        )
        kinds = ("<u4", "<u4", "u1")
        try:
            found |= {
                reading: StoredTokens(
                    reading, bool(calibrated), *map(np.frombuffer, blobs, kinds)
                )
                for reading, calibrated, *blobs in db.check_types(
                    rows, int, int, bytes, bytes, bytes
                )
            }
        except ValueError:
            raise db.damaged() from None
    return found


def stored_state(db: CorpusFile, raw: bool) -> dict[int, StoredState]:
    """Describe the stored tokens of each current reading."""
    if not has_index(db):
        return {}
    # Numbers of rows are given again when rows are deleted: the readings are named too.
    named = (
        *("t.id", "t.reading", "t.rule", "t.diary", "t.series", "t.calibrated"),
        *("length(t.confs)", "r.seconds", "coalesce(r.conf_mean, '')", "r.sha256"),
        "r.recipe",
    )
    described = " || ' ' || ".join(named)
    rows = db.execute(
        f"SELECT t.reading, {described}, t.calibrated, "
        "length(t.confs) FROM token_pages t JOIN pages p ON p.reading = t.reading "
        "JOIN readings r ON r.id = t.reading WHERE t.rule IN (?, ?) AND t.raw = ?",
        (*current_rules(), raw),
    )
    return {
        reading: StoredState(_key(text), bool(calibrated), count)
        for reading, text, calibrated, count in db.check_types(rows, int, str, int, int)
    }


def _key(described: str) -> int:
    digest = hashlib.blake2b(described.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def forms_after(db: CorpusFile, known: Sequence[str]) -> list[str] | None:
    """Return the forms that are numbered after known ones.

    Return None if the known ones, some of which are compared, have other numbers.
    """
    some = range(0, len(known), max(1, len(known) // FORMS_COMPARED))
    among = ", ".join(map(str, some))
    rows = db.execute(f"SELECT id, form FROM token_forms WHERE id IN ({among})")
    found = dict(db.check_types(rows, int, str))
    if any(found.get(number) != known[number] for number in some):
        return None
    asked = "SELECT form FROM token_forms WHERE id >= ? ORDER BY id"
    rows = db.execute(asked, (len(known),))
    return [form for (form,) in db.check_types(rows, str)]


def stored_tokens(db: CorpusFile, reading: int) -> tuple[np.ndarray, TokenWords] | None:
    """Return forms and words of a reading's tokens; None if they are outdated."""
    row = db.one(
        "SELECT forms, words, diary FROM token_pages "
        "WHERE reading = ? AND raw = 0 AND rule IN (?, ?)",
        reading,
        *current_rules(),
    )
    if row is None or row[2] != corrections_hash(corrected_texts(db, reading)):
        return None
    db.check_types([row], bytes, bytes, int)
    try:
        forms, words = (np.frombuffer(each, "<u4") for each in row[:2])
    except ValueError:
        raise db.damaged() from None
    return forms, TokenWords(words)


def entry_of(reading: int, cut: TokenizedPage, ids: dict[str, int]) -> StoredTokens:
    """Return the tokens of a page with form numbers; adds new forms to `ids`."""
    page = cut.page
    forms = np.fromiter((ids.setdefault(form, len(ids)) for form in page.forms), "<u4")
    return StoredTokens(reading, cut.calibrated, forms, page.words, page.confs)


def corrections_hash(texts: Mapping[int, str]) -> int:
    """Return a hash of corrections; 0 if there are none."""
    if not texts:
        return 0
    text = json.dumps(sorted(texts.items())).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=7).digest(), "big")
