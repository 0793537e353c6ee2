"""Corpora whose pages are written down, so that every count can be checked by hand."""

from ocr_core.page import PageRef, PageResult, Word
from ocr_core.settings import Settings

SETTINGS = Settings()
READER = ("marks 1.0", "0" * 16)


def rows(text: str, conf: float = 90.0) -> tuple[Word, ...]:
    """Return the words of a text, line by line; ``word|50`` has confidence 50."""
    found = []
    for line, words in enumerate(text.strip("\n").split("\n"), 1):
        for number, word in enumerate(words.split(), 1):
            text, _, told = word.partition("|")
            place = (60 * number, 30 * line, 50, 20)
            found.append(Word(1, 1, line, number, *place, float(told or conf), text))
    return tuple(found)


def page(doc_id: str, text: str, number: int = 1, **other) -> PageResult:
    """Return a page of a document."""
    known = {
        "rows": rows(text),
        "size": (1000, 1000),
        "sha256": f"digest of {doc_id}",
        "engine": READER[0],
        "language": "eng",
        "language_data": READER[1],
        "settings_digest": SETTINGS.digest,
        "settings": SETTINGS.flat(),
        "quality": 0.9,
    }
    ref = PageRef(f"/scans/{doc_id}.png", number, doc_id, f"{doc_id}.png")
    return PageResult(ref, **(known | other))


def fill(corpus, *pages: PageResult) -> None:
    """Keep pages in a corpus, in their order."""
    for each in pages:
        corpus.enter(each.ref, each.sha256, 99)
        corpus.keep(each, READER)
