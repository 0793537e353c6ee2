"""Search: what people type, as full-text search understands it, and a plain way."""

import re
import sqlite3
from typing import NamedTuple

from ocr_core.errors import SettingsError
from ocr_core.scripts import AROUND_EACH

PARTS = re.compile(r'"([^"]*)"|([^\s"]+)')
WORD = re.compile(r"\w")
BREAK = "\N{ZERO WIDTH SPACE}"
AROUND = 60  # characters of a plain find's snippet on either side


class Hit(NamedTuple):
    """Where a search found something, and the words around it."""

    doc_id: str
    page_num: int
    snippet: str


def findable(text: str) -> str:
    """Return a text as it is indexed: each character of Chinese or Thai by itself.

    Without spaces a sentence would be one word, found by no other.
    """
    return AROUND_EACH.sub(BREAK, text)


def readable(text: str) -> str:
    """Return an indexed text, or a piece of it, on one line as people read it."""
    return " ".join(text.replace(BREAK, "").split())


def phrases(query: str) -> str:
    """Turn a query into FTS5's own language, in which nothing of it is an operator.

    Raises
    ------
    SettingsError
        Where it holds no word.
    """
    parts = []
    for phrase, word in PARTS.findall(query.replace("\0", " ")):
        text = phrase or word.rstrip("*")
        if WORD.search(text):
            # As it is indexed, and as earlier versions indexed it: by the words that
            # the engine saw.
            forms = dict.fromkeys((findable(text), text))
            ways = [f'"{form}"' + "*" * word.endswith("*") for form in forms]
            parts.append(ways[0] if len(ways) == 1 else f"({' OR '.join(ways)})")
    if not parts:
        raise SettingsError(
            "The search holds no word.", hint="Give it letters or digits to look for."
        )
    return " AND ".join(parts)


def found_plainly(db: sqlite3.Connection, query: str, limit: int) -> list[Hit]:
    """Find pages whose text holds a query as it stands, in page order."""
    wanted = findable(query.strip('"* '))
    escaped = re.sub(r"([%_\\])", r"\\\1", wanted)
    found = db.execute(
        "SELECT d.doc_id, p.number, CAST(c.text AS TEXT) FROM pages p "
        "JOIN contents c ON c.reading = p.reading "
        "JOIN documents d ON d.id = p.document WHERE c.text LIKE ? ESCAPE '\\' "
        "ORDER BY p.document, p.number LIMIT ?",
        (f"%{escaped}%", limit),
    )
    return [Hit(doc, number, _around(text, wanted)) for doc, number, text in found]


def _around(text: str, wanted: str) -> str:
    start = max(0, text.lower().find(wanted.lower()))
    end = start + len(wanted)
    before = text[max(0, start - AROUND) : start]
    snippet = f"…{before}[{text[start:end]}]{text[end : end + AROUND]}…"
    return readable(snippet)
