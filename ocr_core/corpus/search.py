"""Search: find pages by their words, with the same tokens as text mining.

The full-text index contains the tokens of each page. Hyphenated words, long s and all
scripts are therefore found as in a concordance. In pages that are not tokenised yet,
the plain text is searched.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

import numpy as np

from ocr_core.corpus.database import CorpusFile
from ocr_core.corpus.full_text import UNINDEXED, apart, fed
from ocr_core.corpus.queries import list_languages
from ocr_core.corpus.results import apply_corrections, corrected_texts, stored_result
from ocr_core.corpus.token_index import count_behind, update_index
from ocr_core.corpus.token_tables import stored_tokens
from ocr_core.errors import OutputError, SettingsError
from ocr_core.mining.token_words import TokenWords
from ocr_core.page import gaps_before
from ocr_core.scripts import UNSPACED
from ocr_core.tokenizer import DIGIT_GROUPS, lowered, split, unpointed

PARTS = re.compile(r'"([^"]*)"|([^\s"]+)')
AROUND = 60  # characters on either side of a hit in plain text
WORDS_AROUND = 8
CUT_AT_ONCE = 200  # pages: about two seconds


class Hit(NamedTuple):
    """A page that a search found, with the words around the hit."""

    doc_id: str
    page_num: int
    snippet: str


def search_pages(db: CorpusFile, query: str, limit: int = 100) -> list[Hit]:
    """Find pages that contain all words of a query, the best first.

    ``"two words"`` is a phrase, ``harb*`` is the beginning of a word. Accents,
    points and capitals are ignored. Pages that are not in the full-text index are
    searched as plain text, in page order, and listed last.

    Raises
    ------
    SettingsError
        If the query has no word.
    """
    wanted = phrases(query, list_languages(db))
    if db.write and count_behind(db) <= CUT_AT_ONCE:
        with suppress(OutputError):  # another program writes: search without the update
            update_index(db)
    with db.translate_errors():
        found: list[Hit] = []
        if db.searchable:
            rows = db.execute(
                "SELECT p.reading, d.doc_id, p.number FROM search "
                "JOIN pages p ON p.reading = search.rowid "
                "JOIN documents d ON d.id = p.document WHERE search MATCH ? "
                f"AND p.reading NOT IN ({UNINDEXED}) "
                "ORDER BY search.rank, p.reading LIMIT ?",
                (wanted, limit),
            )
            found = [
                Hit(doc_id, number, _snippet(db, wanted, reading))
                for reading, doc_id, number in db.check_types(rows, int, str, int)
            ]
        left = limit if limit < 0 else limit - len(found)
        only = f"AND p.reading IN ({UNINDEXED})" if db.searchable else ""
        return found + found_plainly(db, query, left, only)


def _snippet(db: CorpusFile, wanted: str, reading: int) -> str:
    # One page a query: a joint query would highlight every page before it sorts.
    found = db.execute(
        "SELECT highlight(search, 0, char(2), char(3)) FROM search "
        "WHERE search MATCH ? AND rowid = ?",
        (wanted, reading),
    )
    [[marked]] = db.check_types(found, str) or [[""]]
    columns = stored_tokens(db, reading)
    if columns is None:
        return ""
    numbers, words = columns
    every = ", ".join(map(str, set(numbers.tolist())))
    listed = f"SELECT id, form FROM token_forms WHERE id IN ({every})"
    forms = dict(db.check_types(db.execute(listed), int, str))
    _, fed_words = fed([forms.get(n, "") for n in numbers.tolist()], words)
    pieces = marked.split(" ")
    starts = [n for n, each in enumerate(pieces) if each[:1] == "\2"]
    first = starts[0] if starts else 0
    ends = [n for n, each in enumerate(pieces) if each[-1:] == "\3" and n >= first]
    matched = slice(first, (ends[0] if ends else first) + 1)
    hit = [n for n in fed_words[matched] if n >= 0]
    term = "".join(piece.strip("\2\3") for piece in pieces[matched])
    part = term if UNSPACED.search(term) else ""
    return _passage(db, reading, words.at(hit), part) if hit else ""


def _passage(db: CorpusFile, reading: int, hit: TokenWords, part: str) -> str:
    """Return the corrected words of a hit, with some words on either side.

    In scripts without spaces the hit may be a `part` of the words, which can be lines.
    """
    rows = stored_result(db, reading, corrected=False).rows
    texts = corrected_texts(db, reading)
    shown = [n for n in range(len(rows)) if texts.get(n) != ""]
    kept = apply_corrections(rows, texts)
    words = [gap + w.text for gap, w in zip(gaps_before(kept), kept, strict=True)]
    start, end = np.searchsorted(shown, [hit.first[0], hit.last[-1]]).tolist()
    end += 1 + int(hit.hyphenated[-1])
    low, high = max(0, start - WORDS_AROUND), end + WORDS_AROUND
    found = "".join(words[start:end])
    body = found.lstrip()
    gap = found[: len(found) - len(body)]
    left, hit_text, right = body.partition(part if part in body and part else body)
    text = (
        f"{'…' * (low > 0)}{''.join(words[low:start])}{gap}{left}[{hit_text}]"
        f"{right}{''.join(words[end:high])}{'…' * (high < len(words))}"
    )
    return " ".join(text.split())


def phrases(query: str, languages: Iterable[str] = ()) -> str:
    """Convert a query to FTS5 syntax, with all words quoted.

    Parameters
    ----------
    query
        The query as typed.
    languages
        Languages of the pages: words are tokenised and folded by the rules of each.

    Raises
    ------
    SettingsError
        If it has no word.
    """
    joined = DIGIT_GROUPS.sub(lambda found: "".join(found[0].split()), query)
    parts = []
    for phrase, word in PARTS.findall(joined.replace("\0", " ")):
        text = phrase or word.rstrip("*")
        ways = {
            " ".join(
                part
                for token in split(text, language)
                for part in apart(unpointed(lowered(token, language)))
            )
            for language in ("", *languages)
        }
        quoted = sorted('"{}"'.format(way.replace('"', '""')) for way in ways if way)
        if quoted:
            star = "*" * word.endswith("*")
            parts.append(f"({' OR '.join(each + star for each in quoted)})")
    if not parts:
        raise SettingsError(
            "The search contains no word.", hint="Add letters or digits to search for."
        )
    return " AND ".join(parts)


def found_plainly(db: CorpusFile, query: str, limit: int, only: str = "") -> list[Hit]:
    """Find pages whose plain text contains the query, in page order."""
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
