"""Hit boxes: the position of a hit's words on the page as scanned."""

from typing import NamedTuple

from ocr_core.corpus.database import CorpusFile
from ocr_core.corpus.results import original_indexes, original_result
from ocr_core.errors import SettingsError
from ocr_core.page import box_around

Box = tuple[int, int, int, int]  # left, top, width, height


class HitBoxes(NamedTuple):
    """The boxes of a hit on the page as scanned: of its words and of their lines."""

    words: list[Box]
    lines: list[Box]


def hit_box(
    db: CorpusFile,
    doc_id: str,
    page_num: int,
    word: int,
    joined: bool = False,
    *,
    last: int | None = None,
    raw: bool = False,
) -> HitBoxes:
    """Return the boxes of a hit, in pixels of the page as scanned.

    Parameters
    ----------
    word, joined, last
        As in the table of `kwic`; without `last` the hit is one word.
    raw
        Whether the hit was found in the text without its corrections.

    Returns
    -------
    HitBoxes
        A box for each word, with both parts of a hyphenated word, and the box of each
        line that has one of them, from top to bottom.

    Raises
    ------
    InputError
        If the corpus has no such page.
    SettingsError
        If the page has no such word, because it was read again.
    """
    rows = original_result(db, doc_id, page_num).rows
    indexes = range(len(rows)) if raw else original_indexes(db, doc_id, page_num)
    last = word if last is None else last
    hit = [index for index in indexes if word <= index <= last]
    if joined:  # the second part is the next word that was not struck out
        hit += [index for index in indexes if index > last][:1]
    if not hit or hit[0] != word:
        raise SettingsError(
            "Page {0} of {1} has no word {2}.",
            page_num,
            doc_id,
            word,
            hint="It was read or corrected since: look for the word again.",
        )
    lines = dict.fromkeys(rows[index][:3] for index in hit)
    return HitBoxes(
        [rows[index][4:8] for index in hit],
        [box_around([row for row in rows if row[:3] == line]) for line in lines],
    )
