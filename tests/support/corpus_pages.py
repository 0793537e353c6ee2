"""Corpus pages: results as a run saves them, read or failed."""

from dataclasses import replace

from ocr_core.errors import InputError
from ocr_core.execution.batch import failed_page
from ocr_core.page import PageRef, PageResult, Word
from ocr_core.settings import Settings

SETTINGS = Settings()
READER = ("marks 1.0", "0" * 16)


def words(text, conf=90.0):
    return tuple(
        Word(1, 1, 1, number, 10 * number, 20, 8, 12, conf, each)
        for number, each in enumerate(text.split(), 1)
    )


def page(name="a", text="one two", number=1, settings=SETTINGS, **other):
    known = {
        "rows": words(text),
        "size": (240, 180),
        "sha256": f"digest of {name}",
        "engine": READER[0],
        "language": "eng",
        "language_data": READER[1],
        "settings_digest": settings.digest,
        "settings": settings.flat(),
    }
    ref = PageRef(f"/scans/{name}.png", number, name, f"{name}.png")
    return PageResult(ref, **(known | other))


def fill(corpus, *pages):
    for each in pages:
        corpus.add_document(each.ref, each.sha256, 9)
        corpus.save_result(each, READER)


def failed(name="a", cause="Torn.", **other):
    result = failed_page(page(name).ref, SETTINGS, InputError(cause))
    return replace(result, sha256=f"digest of {name}", **other)


def came_out(corpus):
    return [(each.ref.doc_id, each.ref.number, each.text) for each in corpus.results()]
