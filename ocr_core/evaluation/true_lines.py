"""True lines: lines of a page whose text a person has stated, as ground truth.

They come from an audit, or from a page of a corpus on which a person has set or
confirmed every word of a line. Another reading of the page is compared with them by
its words inside the boxes of the lines.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ocr_core.evaluation.audit import AuditLine
from ocr_core.page import PageId, Word, box_around, lines_of, text_of, words_kept

if TYPE_CHECKING:
    from ocr_core.corpus import Corpus


class TrueLine(NamedTuple):
    """The box of a line, in pixels of the page as scanned, and its true text."""

    left: int
    top: int
    width: int
    height: int
    text: str


KnownLines = Mapping[PageId, Sequence[TrueLine]]


def audited_lines(lines: Iterable[AuditLine]) -> dict[PageId, list[TrueLine]]:
    """Return the audited lines by page."""
    found: dict[PageId, list[TrueLine]] = {}
    for line in lines:
        if line.truth is not None:
            box = line.left, line.top, line.width, line.height
            page_id = line.doc_id, line.page_num
            found.setdefault(page_id, []).append(TrueLine(*box, line.truth))
    return found


def confirmed_lines(rows: Sequence[Word], texts: Mapping[int, str]) -> list[TrueLine]:
    """Return the lines of which a person has set or confirmed every word.

    Parameters
    ----------
    rows
        The words as the engine read them.
    texts
        The words that are certain, by index; "" for a struck-out word.
    """
    found, start = [], 0
    for line in lines_of(rows):
        indexes = range(start, start + len(line))
        start += len(line)
        if all(n in texts for n in indexes):
            true = [
                word._replace(text=texts[n])
                for n, word in zip(indexes, line, strict=True)
            ]
            kept = words_kept(true, [bool(word.text) for word in true])
            found.append(TrueLine(*box_around(line), text_of(kept)))
    return found


def known_lines(corpus: "Corpus", audit: Iterable[AuditLine] = ()) -> KnownLines:
    """Return all lines with a known text: audited ones, and those of checked pages."""
    audited = audited_lines(audit)
    page_ids = [*audited, *(each for each in corpus.checked() if each not in audited)]
    found = {}
    for page_id in page_ids:
        lines = page_lines(corpus, page_id, audited.get(page_id, ()))
        if lines:
            found[page_id] = lines
    return found


def page_lines(
    corpus: "Corpus", page_id: PageId, audited: Sequence[TrueLine] = ()
) -> list[TrueLine]:
    """Return the lines of a page with a known text, each once."""
    certain = corpus.certain_texts(*page_id)
    rows = corpus.original(*page_id).rows if certain else ()
    confirmed = confirmed_lines(rows, certain)
    return [
        *confirmed,
        *(line for line in audited if not any(_is_in(line, one) for one in confirmed)),
    ]


def _is_in(line: TrueLine, other: TrueLine) -> bool:
    """Return whether the centre of a line lies in another."""
    x, y = line.left + line.width / 2 - other.left, line.top + line.height / 2
    return 0 <= x <= other.width and 0 <= y - other.top <= other.height


def true_text(lines: Sequence[TrueLine]) -> str:
    """Return the true text of lines."""
    return "\n".join(line.text for line in lines)


def words_at(rows: Sequence[Word], lines: Sequence[TrueLine]) -> list[list[Word]]:
    """Return for each line the words whose centres lie in its box."""
    boxes = np.array([row[4:8] for row in rows], float).reshape(-1, 4)
    x, y = (boxes[:, :2] + boxes[:, 2:] / 2).T
    return [
        [
            rows[n]
            for n in np.flatnonzero(
                (x >= line.left)
                & (x <= line.left + line.width)
                & (y >= line.top)
                & (y <= line.top + line.height)
            ).tolist()
        ]
        for line in lines
    ]


def text_at(rows: Sequence[Word], lines: Sequence[TrueLine]) -> str:
    """Return the words inside the boxes of lines, one line of text for each."""
    return "\n".join(
        " ".join(text_of(words).split()) for words in words_at(rows, lines)
    )
