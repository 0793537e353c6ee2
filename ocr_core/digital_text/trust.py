"""Trust: whether the text of a page agrees with its picture.

A font may map its glyphs to no characters or to wrong ones. A lexicon can show that
words are right; foreign words, numbers and names it does not have. So if words do not
decide, a line or two of the page are drawn and read.
"""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np

from ocr_core.digital_text.words import PlacedText
from ocr_core.documents.pdf_text import UNKNOWN
from ocr_core.imaging.legibility import READ_HEIGHT, StripReader, sure_letters
from ocr_core.page import Word
from ocr_core.text.quality import known_share

UNMAPPED = 0.1  # share of a font's characters, from which the font is not trusted
FEW_WORDS = 8  # fonts with fewer words are judged together
FEW_LETTERS = 8  # in words that may be in a lexicon; fewer are no evidence
KNOWN = 0.5  # of the words; with shifted codes about none, in a foreign language 0.3
AGREES = 0.8  # share of letters that a reading has in common with the text
SURE = 0.5  # minimum share of sure letters in a reading for a comparison
STRIPS = 2
STRIP_LETTERS = 60  # maximum letters of a line that is read
AROUND = (-1.0, -0.2, 1.0, 0.2)  # heights of paper around a strip
X_HEIGHT = 0.5  # of a font's size

DrawPart = Callable[[Sequence[float], float], np.ndarray]


@dataclass
class Trust:
    """The judgement of the fonts of a page.

    `distrusted` has the indices of words that differ from the picture of the page;
    `unmapped` is the share of unknown characters, `known` and `agrees` the lowest share
    of words in a lexicon and of letters in common with a reading, where measured.
    """

    distrusted: set[int]
    unmapped: float = 0.0
    known: float | None = None
    agrees: float | None = None


def judged(text: PlacedText, draw: DrawPart, read: StripReader, language: str) -> Trust:
    """Judge the words of a page, font by font."""
    characters = text.characters
    trust = Trust(set(), round(float(characters.unknown.mean()), 3))
    fonts: dict[int, list[int]] = {}
    for number, members in enumerate(text.members):
        fonts.setdefault(int(characters.fonts[members[0]]), []).append(number)
        if UNKNOWN in text.words[number].text:
            trust.distrusted.add(number)
    small: list[int] = []
    for font, numbers in fonts.items():
        in_font = characters.fonts == font
        if characters.unknown[in_font].mean() > UNMAPPED:
            trust.distrusted.update(numbers)
        elif len(numbers) < FEW_WORDS:
            small += numbers
        else:
            _judge(text, numbers, trust, draw, read, language)
    if small:
        _judge(text, small, trust, draw, read, language)
    return trust


def _judge(
    text: PlacedText,
    numbers: list[int],
    trust: Trust,
    draw: DrawPart,
    read: StripReader,
    language: str,
) -> None:
    """Judge the words of one font, or of several with few words."""
    words = [text.words[number] for number in numbers]
    letters = sum(map(str.isalpha, "".join(word.text for word in words)))
    known = known_share(words, language)
    if known is not None and letters >= FEW_LETTERS:
        trust.known = round(min(known, 1.0 if trust.known is None else trust.known), 2)
        if known >= KNOWN:
            return
    agrees = sampled(text, numbers, draw, read)
    if agrees is None:  # the engine cannot read it: no evidence against the text
        return
    trust.agrees = round(min(agrees, 1.0 if trust.agrees is None else trust.agrees), 2)
    if agrees < AGREES:
        trust.distrusted.update(numbers)


def sampled(
    text: PlacedText, numbers: list[int], draw: DrawPart, read: StripReader
) -> float | None:
    """Read a line or two, and return the share of letters that agree with the text.

    None if the reading is not confident.
    """
    shares: list[float] = []
    weights: list[int] = []
    for line in _longest_lines(text, [n for n in numbers if text.reads_along(n)]):
        words = [text.words[number] for number in line]
        members = [each for number in line for each in text.members[number]]
        cells = text.characters.cells[members]
        size = float(np.median(text.characters.sizes[members]))
        box = [*(cells[:, :2].min(axis=0)), *(cells[:, 2:].max(axis=0))]
        box = [edge + step * size for edge, step in zip(box, AROUND, strict=True)]
        image = draw(box, READ_HEIGHT / (X_HEIGHT * size))
        image = np.ascontiguousarray(np.rot90(image, max(text.turns[line[0]], 0)))
        found = read(image)
        letters = sum(len(word.text) for word in found)
        if not letters or sure_letters(found) < SURE * letters:
            continue
        one, other = _letters(words), _letters(found)
        matcher = SequenceMatcher(None, one, other, autojunk=False)
        # Adjacent text is read too, and does not count as a difference.
        same = sum(block.size for block in matcher.get_matching_blocks())
        shares.append(same / max(1, len(one)))
        weights.append(len(one))
    return float(np.average(shares, weights=weights)) if sum(weights) else None


def _longest_lines(text: PlacedText, numbers: list[int]) -> list[list[int]]:
    """Return the lines of these words with most letters, each in one script.

    A reading of two scripts is sure of the one that the engine knows, and wrong in the
    other.
    """
    lines: dict[tuple[int, ...], list[int]] = {}
    script, run = "", 0
    for number in numbers:
        own = _script(text.words[number].text) or script
        run += own != script
        script = own
        lines.setdefault((*text.words[number][:3], run), []).append(number)
    longest = sorted(
        lines.values(), key=lambda line: -sum(len(text.words[n].text) for n in line)
    )
    cut = []
    for line in longest[:STRIPS]:
        kept: list[int] = []
        for number in line:
            if kept and sum(len(text.words[n].text) for n in kept) > STRIP_LETTERS:
                break
            kept.append(number)
        cut.append(kept)
    return cut


def _script(text: str) -> str:
    """Return the script of a word's first letter; "" if it has none."""
    names = (unicodedata.name(each, "") for each in text if each.isalpha())
    return next(names, "").partition(" ")[0]


def _letters(words: Sequence[Word]) -> str:
    """Return the characters of words, combining marks separate, for a comparison."""
    plain = unicodedata.normalize("NFKD", "".join(word.text for word in words))
    return plain.casefold()
