"""Written corpora: pages given as text, so that every count can be checked by hand."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np

from ocr_core.mining.page_tokens import PageTokens, document_tokens
from ocr_core.mining.tokens import PageInfo, Tokens
from ocr_core.page import PageRef, PageResult, StepReport, Word
from ocr_core.settings import Settings
from ocr_core.text.context import context_of, summary_of

SETTINGS = Settings()
CALIBRATION = StepReport("calibration", {"conf_scale": "2026-11"})
READER = ("marks 1.0", "0" * 16)


def rows(text: str, conf: float = 90.0) -> tuple[Word, ...]:
    """Return the words of a text, line by line; ``word|50`` has confidence 50."""
    found = []
    for line, words in enumerate(text.strip("\n").split("\n"), 1):
        for number, word in enumerate(words.split(), 1):
            text, _, stated = word.partition("|")
            box = (60 * number, 30 * line, 50, 20)
            found.append(Word(1, 1, line, number, *box, float(stated or conf), text))
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
        corpus.add_document(each.ref, each.sha256, 99)
        corpus.save_result(each, READER)


def columns_of(
    pages: Sequence[tuple[str, Sequence[str]]],
    confs: Callable[[int], int] = lambda n: 90,
    **metadata: dict[str, str],
) -> Tokens:
    """Return tokens of pages given as document and forms, documents in order.

    `confs` gives the confidence of the n-th word of a page.
    """
    numbers: Counter[str] = Counter()
    page_infos, cut = [], []
    for reading, (doc_id, forms) in enumerate(pages, 1):
        numbers[doc_id] += 1
        page_infos.append(PageInfo(doc_id, numbers[doc_id], "eng", 0.9, reading))
        ids = np.arange(len(forms), dtype=np.uint32)
        sure = np.fromiter(map(confs, range(len(forms))), np.uint8)
        cut.append(PageTokens(list(forms), ids, sure))
    return gathered(page_infos, cut, metadata=metadata)


def documents(pages: Sequence[tuple[str, Sequence[str]]]) -> list[tuple[str, list]]:
    """Return the words of each document, whose pages follow one another."""
    return [
        (doc_id, [word for _, words in group for word in words])
        for doc_id, group in groupby(pages, key=lambda page: page[0])
    ]


def tokens_of(pages: Sequence[PageResult]) -> Tokens:
    """Return the tokens of pages as a corpus makes them, documents in order."""
    page_infos, cut = [], []
    for _, group in groupby(pages, key=lambda page: page.ref.doc_id):
        own = list(group)
        cut += document_tokens(own, context_of(summary_of(own)))
        for each in own:
            key = each.ref.doc_id, each.ref.number
            page = *key, each.language, each.quality, len(page_infos) + 1
            page_infos.append(PageInfo(*page, bool(each.conf_scale)))
    return gathered(page_infos, cut)


def gathered(
    page_infos: Sequence[PageInfo], pages: Sequence[PageTokens], **known
) -> Tokens:
    """Make columns of tokenised pages, in the order given."""
    ids: dict[str, int] = {}
    columns = [
        (
            np.array([ids.setdefault(form, len(ids)) for form in page.forms], "u4"),
            page.words,
            page.confs,
        )
        for page in pages
    ]
    return Tokens.of_pages(page_infos, columns, list(ids), **known)


def in_language(tokens: Tokens, language: str) -> Tokens:
    """Return tokens whose pages are all read in a language."""
    page_infos = [page._replace(language=language) for page in tokens.page_infos]
    return replace(tokens, page_infos=page_infos, lemma_tables={})


def corpus(*texts, language="eng"):
    """Return a corpus of one page per document; spaces separate the words."""
    pages = [(f"d{n}", text.split()) for n, text in enumerate(texts)]
    return in_language(columns_of(pages), language)
