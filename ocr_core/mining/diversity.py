"""Diversity: how rich the words of documents are, and how hard their sentences.

Of n tokens and v types, V(i) of which occur i times:

* type-token ratio: v / n; it falls with length, so that only texts of about the same
  length can be compared by it.
* MATTR: the mean of that ratio over all windows of `WINDOW` tokens, or of all tokens
  where there are fewer (Covington & McFall 2010, "Cutting the Gordian knot: the
  moving-average type-token ratio").
* Yule's K: 10,000 (sum of i² V(i) - n) / n² (Yule 1944, "The statistical study of
  literary vocabulary"); higher where words are repeated.
* MTLD: n / factors; a factor ends where the type-token ratio since the last falls below
  `FACTOR`, what is left counts in part; the mean of both directions (McCarthy & Jarvis
  2010, "MTLD, vocd-D, and HD-D: a validation study").
* HD-D: the sum over types of the chance to be in `DRAW` tokens drawn at random, divided
  by `DRAW` (McCarthy & Jarvis 2007, "vocd: a theoretical and empirical evaluation");
  none for shorter texts.
* hapaxes: types that occur once. Misread words are mostly such, so that a page that
  was read badly looks rich.

Of w words in s sentences with y syllables:

* LIX: w / s + 100 (words of more than six letters) / w (Björnsson 1968, "Läsbarhet"),
  for any language: 25 is easy, 55 hard.
* Flesch: 206.835 - 1.015 w / s - 84.6 y / w for English (Flesch 1948, "A new
  readability yardstick"); 180 - w / s - 58.5 y / w for German (Amstad 1978, "Wie
  verständlich sind unsere Zeitungen?"); 207 - 1.015 w / s - 73.6 y / w for French
  (Kandel & Moles 1958, "Application de l'indice de Flesch à la langue française"):
  100 is easy, 30 hard.

A sentence ends at ``.``, ``!``, ``?`` or ``…`` before a space and no small letter, at a
heading, and where a document ends; an initial such as ``J.`` and abbreviations such as
``Mr.`` end none (`layout.ABBREVIATIONS`). Syllables are counted by
their vowels, in English and French without a silent e at the end: an estimate.
"""

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ocr_core.mining.layout import HEADING, SENTENCE
from ocr_core.mining.selection import Selection
from ocr_core.mining.tokens import OUTER

if TYPE_CHECKING:
    import pandas as pd


WINDOW = 500
FACTOR = 0.72
DRAW = 42
LONG = 6  # letters: longer words are long ones
# Constant, for words in a sentence, for syllables in a word.
FLESCH = {
    "eng": ("Flesch", 206.835, 1.015, 84.6),
    "deu": ("Amstad", 180.0, 1.0, 58.5),
    "fra": ("Kandel-Moles", 207.0, 1.015, 73.6),
}
VOWELS = {
    "eng": re.compile(r"[aeiouy]+"),
    "deu": re.compile(r"aa|ee|oo|ie|ei|ai|au|eu|äu|ey|ay|[aeiouyäöü]"),
    "fra": re.compile(r"[aeiouyàâäæéèêëîïôöœùûü]+"),
}
SILENT = {
    "eng": re.compile(
        r"(?:(?<![aeiouyl])|(?<=[aeiouy]l))e$|(?<![aeiouytd])ed$"
        r"|(?:(?<![aeiouylcgszxh])|(?<=[aeiouy]l))es$"
    ),
    "deu": re.compile(r"$"),
    "fra": re.compile(r"(?<=[b-df-hj-np-tv-xzç])es?$|(?<=[b-df-hj-lnp-tv-xzç])ent$"),
}


def diversity(selection: Selection) -> "pd.DataFrame":
    """Measure the words of each document, and of all together.

    Returns
    -------
    DataFrame
        doc_id ("" in the first row, which is of all), tokens, types, ttr, mattr (both
        0 to 1), hapaxes, yule_k, word_length (mean, in characters), mtld, hdd. Ratios
        of no token are NaN.
    """
    import pandas as pd

    occurring = np.flatnonzero(selection.counts)
    together = TermCounts(
        selection.counts[occurring], occurring, np.zeros(len(occurring), np.int32)
    )
    counted = selection.by_document
    words = np.repeat(np.arange(counted.shape[0]), np.diff(counted.indptr))
    apart = TermCounts(counted.data, words, counted.indices)
    before = previous(selection.terms[selection.kept])
    every = _measured(selection, together, before, 1)
    each = _measured(selection, apart, before, len(selection.documents))
    table = pd.concat([every, each], ignore_index=True)
    terms = selection.terms[selection.kept].tolist()
    ends = np.cumsum([0, *each["tokens"]]).tolist()
    parts = [terms, *(terms[a:b] for a, b in pairwise(ends))]
    table["mtld"] = [mtld(part) for part in parts]
    table["hdd"] = np.append(_hdd(together, 1), _hdd(apart, len(selection.documents)))
    table.insert(0, "doc_id", ["", *selection.documents])
    return table


class TermCounts(NamedTuple):
    """How often a word occurs in a text, which word and text, as columns."""

    often: np.ndarray
    words: np.ndarray
    texts: np.ndarray


def previous(terms: np.ndarray) -> np.ndarray:
    """Return for each token the place of the one like it before; -1 for none."""
    packed = terms.astype(np.int64)
    packed <<= 32
    packed |= np.arange(len(terms), dtype=np.uint32)
    packed.sort()
    places = packed.astype(np.int32)  # the lower half
    packed >>= 32
    before = np.empty(len(terms), np.int32)
    before[places[1:]] = np.where(packed[1:] == packed[:-1], places[:-1], -1)
    before[places[:1]] = -1
    return before


def _measured(
    selection: Selection, times: TermCounts, before: np.ndarray, count: int
) -> "pd.DataFrame":
    """Measure texts that stand one after the other."""
    import pandas as pd

    lengths = np.array(list(map(len, selection.vocabulary)), float)

    def summed(values: np.ndarray) -> np.ndarray:
        return np.bincount(times.texts, values, count)

    tokens = summed(times.often)
    types = np.bincount(times.texts, minlength=count)
    squares = summed(times.often.astype(float) ** 2)
    with np.errstate(invalid="ignore"):
        return pd.DataFrame(
            {
                "tokens": tokens.astype(int),
                "types": types,
                "ttr": types / tokens,
                "mattr": mattr(before, tokens.astype(int)),
                "hapaxes": np.bincount(times.texts[times.often == 1], minlength=count),
                "yule_k": 1e4 * (squares - tokens) / tokens**2,
                "word_length": summed(times.often * lengths[times.words]) / tokens,
            }
        )


def mtld(terms: Sequence[Hashable]) -> float:
    """Return the measure of textual lexical diversity; NaN where there is no token."""
    if not terms:
        return float("nan")
    return (_mtld(terms) + _mtld(terms[::-1])) / 2


def _mtld(terms: Sequence[Hashable]) -> float:
    seen: set[Hashable] = set()
    factors, size = 0.0, 0
    for term in terms:
        seen.add(term)
        size += 1
        if len(seen) < FACTOR * size:
            factors += 1
            size = 0
            seen.clear()
    if size:
        factors += (1 - len(seen) / size) / (1 - FACTOR)
    return len(terms) / factors if factors else float(len(terms))


def _hdd(times: TermCounts, count: int, draw: int = DRAW) -> np.ndarray:
    """Return the HD-D of texts; NaN for those of fewer tokens than are drawn."""
    from scipy.special import gammaln

    often = times.often.astype(float)
    tokens = np.bincount(times.texts, often, count)
    size = tokens[times.texts]
    with np.errstate(invalid="ignore"):
        none = gammaln(size - often + 1) - gammaln(size - often - draw + 1)
        none -= gammaln(size + 1) - gammaln(size - draw + 1)
    missed = np.where(size - often >= draw, np.exp(none), 0)
    drawn = np.bincount(times.texts, 1 - missed, count) / draw
    return np.where(tokens >= draw, drawn, np.nan)


def mattr(before: np.ndarray, tokens: np.ndarray, window: int = WINDOW) -> np.ndarray:
    """Return the moving-average type-token ratio of texts one after the other.

    Parameters
    ----------
    before
        (N,) for each token the place of the one like it before, or -1; one in another
        text counts for none.
    tokens
        (M,) how long the texts are; together N.
    """
    starts = (np.cumsum(tokens) - tokens).astype(np.int32)
    width = np.minimum(tokens, window)
    place = np.arange(len(before), dtype=np.int32)
    # A token is the first of its kind in the windows that begin after the one before.
    earliest = np.maximum(before + 1, np.repeat(starts, tokens))
    np.maximum(earliest, place - np.int32(window - 1), out=earliest)
    last = (starts + tokens - width).astype(np.int32)  # where the last window begins
    new = np.minimum(place, np.repeat(last, tokens))
    new -= earliest - 1
    np.maximum(new, 0, out=new)
    ratios = np.full(len(tokens), np.nan)
    some = np.flatnonzero(tokens)  # texts of no token have no window
    if len(some):
        sums = np.add.reduceat(new, starts[some], dtype=np.int64)
        ratios[some] = sums / ((tokens - width + 1) * width)[some]
    return ratios


@dataclass(frozen=True, eq=False)
class Growth:
    """How the vocabulary grows with the text: types = k * tokens ** beta.

    `table` has the columns tokens and types; `k` and `beta` are Heaps' (1978,
    "Information retrieval"), fitted by least squares of the logarithms, NaN where
    there are fewer than two points.
    """

    table: "pd.DataFrame"
    k: float
    beta: float


def growth(selection: Selection, points: int = 200) -> Growth:
    """Count types after so many tokens, in reading order, at up to `points` places."""
    import pandas as pd

    terms = selection.terms[selection.kept]
    first = np.full(len(selection.vocabulary), len(terms))
    first[terms[::-1]] = np.arange(len(terms))[::-1]  # the earliest is written last
    first.sort()
    tokens = np.unique(np.linspace(0, len(terms), points + 1).astype(int))[1:]
    types = np.searchsorted(first, tokens, side="left")
    table = pd.DataFrame({"tokens": tokens, "types": types})
    if len(table) < 2:
        return Growth(table, np.nan, np.nan)
    beta, log_k = np.polyfit(np.log(tokens), np.log(types), 1)
    return Growth(table, float(np.exp(log_k)), float(beta))


def readability(selection: Selection) -> "pd.DataFrame":
    """Measure how hard documents are to read.

    Every word of the pages counts, whatever else the filter leaves out, but for
    headings and running heads.

    Returns
    -------
    DataFrame
        doc_id, language (that of its first page with text), sentences, words, lix,
        flesch, formula (whose: "" and NaN where the language has none). A document of
        which the filter leaves no word has no row.
    """
    import pandas as pd

    tokens = selection.tokens
    page_of = selection.document_of_page
    text = page_of[tokens.pages] >= 0
    text &= tokens.words & (OUTER | HEADING) == 0
    places = np.flatnonzero(text)
    documents = page_of[tokens.pages[places]]
    starts = tokens.words[places] & SENTENCE > 0
    sentences = np.cumsum(starts)
    lettered = tokens.lettered[tokens.forms[places]]
    counted = np.unique(page_of[tokens.pages[selection.kept]])
    rows = []
    for document in counted.tolist():
        first, end = np.searchsorted(documents, [document, document + 1])
        inside = np.flatnonzero(lettered[first:end]) + first
        if not len(inside):
            continue
        some = places[inside]
        language = tokens.leaves[tokens.pages[some[0]]].language
        words = [tokens.vocabulary[form] for form in tokens.forms[some].tolist()]
        count = len(np.unique(sentences[inside]))
        scores = readability_scores(words, count, language)
        rows.append((selection.documents[document], language, *scores))
    columns = ["doc_id", "language", "sentences", "words", "lix", "flesch", "formula"]
    return pd.DataFrame(rows, columns=columns)


def readability_scores(
    words: Sequence[str], sentences: int, language: str = ""
) -> tuple[int, int, float, float, str]:
    """Return sentences, words, LIX, Flesch and whose formula."""
    length = len(words) / sentences
    lix = length + 100 * sum(len(word) > LONG for word in words) / len(words)
    if language not in FLESCH:
        return sentences, len(words), lix, float("nan"), ""
    whose, start, per_length, per_syllable = FLESCH[language]
    mean = sum(syllables(word, language) for word in words) / len(words)
    flesch = start - per_length * length - per_syllable * mean
    return sentences, len(words), lix, flesch, whose


def syllables(word: str, language: str) -> int:
    """Estimate the syllables of a word of a language in `FLESCH`; at least 1."""
    plain = SILENT[language].sub("", word.lower().replace("qu", "q"))
    return max(1, len(VOWELS[language].findall(plain)))
