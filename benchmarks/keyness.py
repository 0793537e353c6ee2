"""Keyness: how often random halves of one corpus differ, by each test.

``python -m benchmarks keyness [FOLDER]``: the texts of a folder, one a document;
without a folder, 150 drawn documents whose words come in bursts. A test that is right
calls 5 % of the words different at p < 0.05.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ocr_core.mining import Selection, Tokens, select
from ocr_core.mining.keyness import keywords
from ocr_core.mining.tokens import PageInfo
from ocr_core.tokenizer import split

SPLITS = 200
DOCUMENTS = 20  # in which a word stands at least
ALPHA = 0.05


def drawn(seed: int = 1) -> list[list[str]]:
    """Return documents whose words have frequencies of their own in each."""
    random = np.random.default_rng(seed)
    usual = 1 / np.arange(1, 801)  # Zipf's law
    documents = []
    for size in random.integers(100, 1500, 150).tolist():
        weights = usual * random.gamma(0.5, size=len(usual))
        found = random.choice(len(usual), size, p=weights / weights.sum())
        documents.append([f"w{n}x" for n in found.tolist()])
    return documents


def selected(documents: Sequence[Sequence[str]]) -> Selection:
    """Return documents as a corpus of a page each."""
    ids: dict[str, int] = {}
    columns = [
        (
            np.array([ids.setdefault(word, len(ids)) for word in words], np.uint32),
            np.arange(len(words), dtype=np.uint32),
            np.full(len(words), 100, np.uint8),
        )
        for words in documents
    ]
    page_infos = [PageInfo(f"d{n}", 1, "", None) for n in range(len(documents))]
    return select(Tokens.of_pages(page_infos, columns, list(ids)))


def main(words: list[str]) -> int:
    """Split, compare and count."""
    parser = argparse.ArgumentParser(prog="keyness")
    parser.add_argument("folder", nargs="?", type=Path)
    folder = parser.parse_args(words).folder
    documents = drawn()
    if folder:
        files = sorted(folder.rglob("*.txt"))
        documents = [split(each.read_text("utf-8", "replace")) for each in files]
    whole = selected(documents)
    spread = dict(
        zip(whole.vocabulary, np.diff(whole.by_document.indptr).tolist(), strict=True)
    )
    random = np.random.default_rng(7)
    found: dict[str, list[float]] = {"p": [], "documents_p": [], "documents_q": []}
    for _ in range(SPLITS):
        half = random.permutation(len(documents)) < len(documents) // 2
        table = keywords(whole.part(half), whole.part(~half))
        some = table[[spread[term] >= DOCUMENTS for term in table["term"]]]
        for name, values in found.items():
            values += some[name].tolist()
    print(f"{len(documents)} documents, {SPLITS} splits, {len(found['p']):,} tests")
    for name, values in found.items():
        share = float(np.mean(np.array(values) < ALPHA))
        print(f"{name:12} < {ALPHA}: {share:.1%}")
    return 0
