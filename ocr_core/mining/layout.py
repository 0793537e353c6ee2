"""Layout: where the running text of a document breaks.

Text continues from column to column and page to page. It breaks at headings, at missing
pages, and where a block ends in the middle of a line and of a sentence while the next
block begins with a capital, as captions and tables do.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

import regex

from ocr_core.mining.token_words import HEADING, PARAGRAPH, SENTENCE, STOP
from ocr_core.page import PageResult, Word, lines_of

TALL = 1.3  # times the median height of letters: a heading
MAX_HEADING_WORDS = 15  # of a line
SHORT = 0.85  # of its block's width: a line that ends before the column's edge
MIN_CAPITALS = 4
# Unicode's sentence ends, the ellipsis, those of Tibetan and of the Hebrew Bible.
ENDS = regex.compile(r"[\p{Sentence_Terminal}…།༎\u05c3]")
GREEK_QUESTION = ";\u037e"
CLOSING = "\"'’”»›)]}“‘«」』\uff09】》〉"
OPENING = regex.compile(r"[^\p{L}\p{N}]*")
INITIAL = regex.compile(r"[^\p{L}\p{N}]*\p{L}\p{M}*\.")
DOTTED = regex.compile(r"[^\p{L}\p{N}]*\p{L}\p{M}*(?:\.\p{L}\p{M}*)+\.")
ORDINAL = regex.compile(r"\d{1,2}\.")
GREEK = {"ell", "grc"}
WITH_ORDINALS = set(
    "ces dan deu est fin frk hrv hun isl lav nor pol slk slv srp_latn tur".split()
)
# Words with a full stop inside sentences: titles, and what precedes a name, number or
# example. By language; the English list serves languages without one.
ABBREVIATIONS = {
    "eng": "mr mrs ms messrs mme mlle dr st prof rev hon esq sr capt col gen lt maj "
    "sgt adm gov pres sen rep supt no nos vol vols ch fig figs art sec p pp cf ed eds "
    "viz vs jan feb mar apr aug sept oct nov dec mt ft",
    "deu": "hr fr frl dr prof st nr bd bde hrsg abb art kap bzw vgl ca geb gest usw "
    "evtl ggf jan feb aug sept okt nov dez str",
    "fra": "m mm mme mlle mgr me dr st ste no vol chap fig art p pp cf éd av",
    "spa": "sr sra srta d dña dr dra prof ud uds núm vol pág págs art fig cap gral",
    "ita": "sig sigg dott prof on avv ing s ss vol pag pagg fig cap art cfr no",
    "por": "sr sra dr dra prof exmo núm vol pág págs art fig cap",
    "nld": "dhr mw mevr dr prof st nr blz vgl bijv art fig ca",
    "ind": "tn ny nn sdr dr prof drs ir no hlm jl kol gen",
    "rus": "г гг г-н г-жа проф им рис стр т тт см ул",
}
KNOWN = {code: frozenset(words.split()) for code, words in ABBREVIATIONS.items()}


class PageLine(NamedTuple):
    """A line of running text: its page, the index of its first word, its words."""

    page: int
    row: int
    words: list[Word]


def text_breaks(
    pages: Sequence[PageResult], outer: Sequence[set[int]]
) -> list[dict[int, int]]:
    """Find the words of a document before which the text breaks.

    Parameters
    ----------
    pages
        Of one document, in order.
    outer
        For each page, the lines that are running heads or page numbers.

    Returns
    -------
    list of dict
        For each page, flags by the word's index: `STOP`, `PARAGRAPH`, `SENTENCE`, and
        `HEADING` for all words of a heading. Words without flags have no entry.
    """
    found: list[dict[int, int]] = [{} for _ in pages]
    lines: list[PageLine] = []
    headings: list[bool] = []
    widths: list[float] = []
    for page, result in enumerate(pages):
        own = list(_lines(page, result, outer[page]))
        lines += own
        headings += _headings(own)
        widths += _widths(own)
    for n, line in enumerate(lines):
        here, language = found[line.page], pages[line.page].language
        for index in range(len(line.words)) if headings[n] else ():
            here[line.row + index] = HEADING
        for index, (one, two) in enumerate(pairwise(line.words), line.row + 1):
            if ends_sentence(one.text, two.text, language):
                here[index] = here.get(index, 0) | SENTENCE
    for n, (line, after) in enumerate(pairwise(lines)):
        flags = 0
        if not _goes_on(pages, line.page, after.page) or headings[n] != headings[n + 1]:
            flags = STOP
        else:
            flags = _between(line, after, widths[n], pages[line.page].language)
        if flags & STOP:
            flags |= PARAGRAPH | SENTENCE
        if flags:
            before = found[after.page].get(after.row, 0)
            found[after.page][after.row] = before | flags
    return found


def _lines(page: int, result: PageResult, outer: set[int]) -> Iterator[PageLine]:
    row = 0
    for number, words in enumerate(lines_of(result.rows)):
        if number not in outer:
            yield PageLine(page, row, words)
        row += len(words)


def _goes_on(pages: Sequence[PageResult], here: int, there: int) -> bool:
    """Return whether no page is missing between two pages."""
    between = pages[here : there + 1]
    return all(
        after.ref.number == page.ref.number + 1 and after.status != "failed"
        for page, after in pairwise(between)
    )


def _headings(lines: Sequence[PageLine]) -> list[bool]:
    """Return which lines of a page are headings: tall ones, or those in capitals."""
    if not lines:
        return []
    heights = [_height(line) for line in lines]
    usual = median(
        height for line, height in zip(lines, heights, strict=True) for _ in line.words
    )
    capitals = [_is_shouted(line) for line in lines]
    shouted = (
        sum(capitals) > len(lines) / 2
    )  # on a page in capitals, these do not count
    paragraphs: dict[tuple[int, int], list[bool]] = {}
    for line, capital in zip(lines, capitals, strict=True):
        paragraphs.setdefault(line.words[0][:2], []).append(capital)
    return [
        len(line.words) <= MAX_HEADING_WORDS
        and any(letter.isalpha() for word in line.words for letter in word.text)
        and (
            height >= TALL * usual
            or (capital and not shouted and all(paragraphs[line.words[0][:2]]))
        )
        for line, height, capital in zip(lines, heights, capitals, strict=True)
    ]


def _height(line: PageLine) -> int:
    """Return the height of a line's words that have both ascenders and descenders."""
    heights = sorted(word.height for word in line.words)
    return heights[(len(heights) - 1) * 4 // 5]


def _is_shouted(line: PageLine) -> bool:
    text = "".join(word.text for word in line.words)
    letters = "".join(filter(str.isalpha, text))
    return len(letters) >= MIN_CAPITALS and letters.isupper()


def _widths(lines: Sequence[PageLine]) -> list[float]:
    """Return each line's width as a share of its block's, or of the next block's."""
    own = [
        line.words[-1].left + line.words[-1].width - line.words[0].left
        for line in lines
    ]
    own = [abs(width) for width in own]  # of right-to-left scripts too
    blocks: dict[int, list[int]] = {}
    for line, width in zip(lines, own, strict=True):
        blocks.setdefault(line.words[0].block_num, []).append(width)
    shares = []
    for n, (line, width) in enumerate(zip(lines, own, strict=True)):
        here = blocks[line.words[0].block_num]
        if len(here) == 1 and n + 1 < len(lines):
            here = blocks[lines[n + 1].words[0].block_num]
        shares.append(width / max(1, *here))
    return shares


def _between(line: PageLine, after: PageLine, share: float, language: str) -> int:
    """Return the flags of the break before a line, by the line before it."""
    last, first = line.words[-1], after.words[0]
    if line.page == after.page and last[:2] == first[:2]:
        return SENTENCE if ends_sentence(last.text, first.text, language) else 0
    start = OPENING.sub("", first.text)[:1]
    if start.islower():
        return 0
    same_block = line.page == after.page and last.block_num == first.block_num
    if ends_sentence(last.text, first.text, language):
        return SENTENCE | PARAGRAPH * (same_block or share < SHORT)
    end = last.text.rstrip(CLOSING)[-1:]
    if end in set(",;:-–—"):
        return PARAGRAPH * same_block
    return STOP if share < SHORT else 0


def ends_sentence(text: str, after: str, language: str) -> bool:
    """Return whether a word ends a sentence, judged by the word and the next one."""
    if text[-1:].isalnum():
        return False
    core = text.rstrip(CLOSING)
    code = language.partition("+")[0]
    asks = code in GREEK and core[-1:] in GREEK_QUESTION
    if not core or not (ENDS.match(core[-1]) or asks):
        return False
    start = OPENING.sub("", after)[:1]
    if start.islower():
        return False
    if core[-1] != ".":
        return True
    if INITIAL.fullmatch(core) or DOTTED.fullmatch(core):
        return False
    if ORDINAL.fullmatch(core) and code in WITH_ORDINALS:
        return False
    known = KNOWN.get(code) or KNOWN["eng"]
    return OPENING.sub("", core).rstrip(".").lower() not in known
