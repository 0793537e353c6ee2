"""Demo truth: what the demo corpus says, to compare with what is read and counted.

Words are counted as mining counts them; a hyphen at a line's end always breaks a word.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean

from ocr_core.mining import Selection
from ocr_core.mining.stop_words import as_listed, stop_words
from ocr_core.mining.variants import variants
from ocr_core.page import PageRef, PageResult, Word
from ocr_core.tokenizer import HAS_LETTER, lowered, split
from sample_images.demo import DemoPage
from sample_images.demo_texts import INFLUENZA, LANGUAGES

SAILING = ("under full sail", "unter vollen Segeln", "voilier", "Kapal layar")
MOTORS = ("motor", "Motorschiff", "à moteur", "motor")
EPIDEMICS = ("influenza", "Grippe", "grippe", "influenza")
PRICED = re.compile(
    r"(?:fetched|kosteten am \w+|vendus \w+|terjual dengan harga) (\d+)"
)
COMMONEST = 200


def as_printed(page: DemoPage) -> PageResult:
    """Return a page as an engine reads it that makes no mistake."""
    words, rows, block = iter(page.words), list[Word](), 0
    lines = [line for line in page.text.splitlines() if line]
    for n, line in enumerate(lines, 1):
        own = [next(words) for _ in line.split()]
        block += n < 3 or own[0].top < rows[-1].top  # the head, and two columns
        rows += [
            Word(block, 1, n, place, w.left, w.top, w.width, w.height, 90.0, w.text)
            for place, w in enumerate(own, 1)
        ]
    ref = PageRef(f"{page.name}.png", page.number)
    return PageResult(ref, tuple(rows), page.image.size, language=page.language)


def prose(text: str) -> str:
    """Return a page's text on one line, broken words whole again."""
    return re.sub(r"-\n+", "", text).replace("\n", " ")


def content_words(texts: Iterable[str], language: str) -> Counter[str]:
    """Count the words of texts, in small letters, without stop words and numbers."""
    stops = stop_words(language, {})
    forms = (
        lowered(form, language) for text in texts for form in split(text, language)
    )
    return Counter(
        form
        for form in forms
        if HAS_LETTER.search(form) and as_listed(form, language) not in stops
    )


def body(page: DemoPage) -> str:
    """Return what stands on a page under its running head."""
    return prose(page.text.partition("\n")[2])


def difference(found: Mapping[str, int], true: Counter[str]) -> tuple[int, int]:
    """Return by how much the counts of the commonest words are off, and their sum."""
    common = true.most_common(COMMONEST)
    off = sum(abs(found.get(word, 0) - count) for word, count in common)
    return off, sum(count for _, count in common)


def proposed(selection: Selection, words: Iterable[str]) -> dict[str, str]:
    """Return the misread forms that the program proposes for some words."""
    found = {}
    for word in words:
        table = variants(selection, word)
        selected = table.loc[table["selected"] & (table["term"] != word), "term"]
        found.update(dict.fromkeys(selected, word))
    return found


def planted_trends(texts: Sequence[tuple[int, str]], language: str) -> dict[str, bool]:
    """Tell which of the trends show that the texts of a language were written with.

    Parameters
    ----------
    texts
        Of each page, its year and what stands on it.
    language
        One of `LANGUAGES`.
    """
    turn = LANGUAGES.index(language)

    def count(words: tuple[str, ...], since: int, until: int) -> int:
        some = (text for year, text in texts if since <= year <= until)
        return sum(text.count(words[turn]) for text in some)

    def price(since: int, until: int) -> float:
        some = (text for year, text in texts if since <= year <= until)
        return fmean(int(each) for text in some for each in PRICED.findall(text))

    others = [year for year, _ in texts if year != INFLUENZA]
    return {
        "sails give way": count(SAILING, 1890, 1899) > 4 * count(SAILING, 1920, 1929),
        "motors come": not count(MOTORS, 1890, 1899) and count(MOTORS, 1920, 1929) > 5,
        "fish gets dearer": price(1916, 1929) > 1.5 * price(1890, 1915),
        "influenza in one year": count(EPIDEMICS, INFLUENZA, INFLUENZA) > 1
        and not any(count(EPIDEMICS, year, year) for year in others),
    }
