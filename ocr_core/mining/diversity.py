"""Diversity: lexical diversity and readability of documents.

Of n tokens and v types, V(i) of which occur i times:

* type-token ratio: v / n. It falls with length, so only texts of similar length can be
  compared.
* MATTR: the mean of that ratio over all windows of `WINDOW` tokens, or over the whole
  text if it is shorter (Covington & McFall 2010, "Cutting the Gordian knot: the
  moving-average type-token ratio").
* Yule's K: 10,000 (sum of i² V(i) - n) / n² (Yule 1944, "The statistical study of
  literary vocabulary"); higher where words are repeated.
* MTLD: n / factors. A factor ends where the type-token ratio since the previous one
  falls below `FACTOR`; the rest counts in part. The mean of both directions is taken
  (McCarthy & Jarvis 2010, "MTLD, vocd-D, and HD-D: a validation study").
* HD-D: the sum over types of the probability of being among `DRAW` tokens drawn at
  random, divided by `DRAW` (McCarthy & Jarvis 2007, "vocd: a theoretical and empirical
  evaluation"); undefined for shorter texts.
* hapaxes: types that occur once. Misread words are mostly hapaxes, so a badly read page
  seems diverse.

Of w words in s sentences with y syllables:

* LIX: w / s + 100 (words of more than six letters) / w (Björnsson 1968, "Läsbarhet"),
  for any language: 25 is easy, 55 hard.
* Flesch: 206.835 - 1.015 w / s - 84.6 y / w for English (Flesch 1948, "A new
  readability yardstick"); 180 - w / s - 58.5 y / w for German (Amstad 1978, "Wie
  verständlich sind unsere Zeitungen?"); 207 - 1.015 w / s - 73.6 y / w for French
  (Kandel & Moles 1958, "Application de l'indice de Flesch à la langue française"):
  100 is easy, 30 hard.

A sentence ends at ``.``, ``!``, ``?`` or ``…`` before a space and no lower-case letter,
at a heading, and at the end of a document; initials such as ``J.`` and abbreviations
such as ``Mr.`` do not end one (`layout.ABBREVIATIONS`). Syllables are estimated by
counting vowels, in English and French without a silent final e.
"""

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import csr_array

from ocr_core.mining.progress import ReportProgress, Steps, no_report
from ocr_core.mining.selection import Selection
from ocr_core.mining.tokens import TOKENS_AT_ONCE

if TYPE_CHECKING:
    import pandas as pd


WINDOW = 500
FIRST_WINDOW = 256  # tokens in which the end of a factor is looked for
FACTOR = 0.72
TEXTS_APART = 50  # the longest texts: they would advance alone
DRAW = 42
RARE = 64  # a word that occurs less often is counted together with others
LONG = 6  # letters; longer words count as long
# By language: constant, factor of words per sentence, factor of syllables per word.
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


def diversity(
    selection: Selection, *, progress: ReportProgress = no_report
) -> "pd.DataFrame":
    """Measure the words of each document, and of all documents together.

    Parameters
    ----------
    progress
        Called with the number of finished steps and of all steps.

    Returns
    -------
    DataFrame
        doc_id ("" in the first row, for all documents), tokens, types, ttr, mattr (both
        0 to 1), hapaxes, yule_k, word_length (mean, in characters), mtld, hdd. Without
        tokens, ratios are NaN. An empty selection has no row.
    """
    import pandas as pd

    step = Steps(progress, 8)
    counts, documents = selection.counts, len(selection.documents)
    lengths = np.array(list(map(len, selection.vocabulary)), float)
    together = Spectrum.of(counts[counts > 0], None, 1)
    counted = selection.by_document
    apart = Spectrum.of(counted.data, counted.indices, documents)
    step()
    before = previous(selection.running_terms())
    step()
    every = _measured(together, np.array([lengths @ counts]), before, 1)
    each = _measured(apart, counted.T @ lengths, before, documents)
    table = pd.concat([every, each], ignore_index=True)
    step()
    backward = _backward(before)
    step()
    whole = _mtld_by_index(before, backward)
    step()
    step()  # it takes as long as two others
    of_texts = _mtld_of_texts(before, backward, each["tokens"].to_numpy())
    table["mtld"] = [whole, *of_texts]
    step()
    table["hdd"] = np.append(_hdd(together, 1), _hdd(apart, documents))
    step()
    table.insert(0, "doc_id", ["", *selection.documents])
    return table if len(before) else table[:0]


class Spectrum(NamedTuple):
    """How many words occur how often, in each of some texts.

    Parameters
    ----------
    texts, often, types
        (N,) the number of a text, a count, and how many words have this count there.
    """

    texts: np.ndarray
    often: np.ndarray
    types: np.ndarray

    @classmethod
    def of(cls, counts: np.ndarray, texts: np.ndarray | None, many: int) -> "Spectrum":
        """Return that of words, each with its count and the number of its text.

        `texts` is None if all are in the first of the `many` texts.
        """
        rare = counts < RARE
        rows = np.zeros(len(counts), np.int64) if texts is None else texts
        cells = rows[rare].astype(np.int64) * RARE + counts[rare]
        often = np.bincount(cells, minlength=many * RARE)
        found = np.flatnonzero(often)
        rest = np.flatnonzero(~rare)
        return cls(
            np.append(found // RARE, rows[rest]),
            np.append(found % RARE, counts[rest]).astype(np.int64),
            np.append(often[found], np.ones(len(rest), np.int64)),
        )

    def sums(self, values: np.ndarray, many: int) -> np.ndarray:
        """Return the sum of a value, (N,), over the words of each of `many` texts."""
        return np.bincount(self.texts, values * self.types, many)


def previous(terms: np.ndarray) -> np.ndarray:
    """Return for each token the index of its previous occurrence; -1 for none."""
    count = len(terms)
    # The columns of a sparse row are sorted by counting.
    row = np.arange(count, dtype=np.int32), terms, np.array([0, count], np.int32)
    columns = csr_array(row, (1, int(terms.max(initial=-1)) + 1)).tocsc()
    indices, starts = columns.data, columns.indptr[:-1]
    before = np.empty(count, np.int32)
    before[indices[1:]] = indices[:-1]
    before[indices[starts[starts < columns.indptr[1:]]]] = -1
    return before


def _measured(
    spectrum: Spectrum, characters: np.ndarray, before: np.ndarray, count: int
) -> "pd.DataFrame":
    """Measure consecutive texts, whose words have some characters together."""
    import pandas as pd

    often = spectrum.often
    tokens = spectrum.sums(often, count)
    types = spectrum.sums(np.ones(len(often)), count)
    squares = spectrum.sums(often.astype(float) ** 2, count)
    with np.errstate(invalid="ignore"):
        return pd.DataFrame(
            {
                "tokens": tokens.astype(int),
                "types": types.astype(int),
                "ttr": types / tokens,
                "mattr": mattr(before, tokens.astype(int)),
                "hapaxes": spectrum.sums(often == 1, count).astype(int),
                "yule_k": 1e4 * (squares - tokens) / tokens**2,
                "word_length": characters / tokens,
            }
        )


def mtld(terms: Sequence[Hashable]) -> float:
    """Return the measure of textual lexical diversity; NaN without tokens."""
    ids: dict[Hashable, int] = {}
    numbers = [ids.setdefault(term, len(ids)) for term in terms]
    before = previous(np.array(numbers, np.int32))
    return _mtld_by_index(before, _backward(before))


def _backward(before: np.ndarray) -> np.ndarray:
    """Return `previous` for the tokens in reverse, from that of the tokens."""
    size = len(before)
    backward = np.full(size, -1, np.int32)
    for start in range(0, size, TOKENS_AT_ONCE):
        part = before[start : start + TOKENS_AT_ONCE]
        at = np.flatnonzero(part >= 0)
        backward[size - 1 - part[at]] = size - 1 - start - at
    return backward


def _mtld_by_index(before: np.ndarray, backward: np.ndarray) -> float:
    """Return `mtld` of a text from `previous` of its tokens, and of these in reverse.

    Indices below 0 are of other texts. It takes a third of the time of a loop over all
    tokens, and no memory for each.
    """
    if not len(before):
        return float("nan")
    size = len(before)
    ways = [_factors_of_one(each) for each in (before, backward)]
    return float(np.mean([size / way if way else size for way in ways]))


def _factors_of_one(before: np.ndarray) -> float:
    """Return how many factors a long text has."""
    factors, begun, window = 0.0, 0, FIRST_WINDOW
    least = FACTOR * np.arange(1, window + 1)
    while begun < len(before):
        types = np.add.accumulate(before[begun : begun + window] < begun, dtype=int)
        if len(types) > len(least):
            least = FACTOR * np.arange(1, window + 1)
        full = types < least[: len(types)]
        end = int(full.argmax())
        if full[end]:
            factors += 1
            begun += end + 1
            window = FIRST_WINDOW
        elif begun + window < len(before):
            window *= 2
        else:
            return factors + float(1 - types[-1] / len(types)) / (1 - FACTOR)
    return factors


def _mtld_of_texts(
    before: np.ndarray, backward: np.ndarray, tokens: np.ndarray
) -> np.ndarray:
    """Return the `mtld` of consecutive texts; `before` and `tokens` as for `mattr`.

    `backward` is as `before` for the tokens in reverse.
    """
    by_length = np.argsort(-tokens, kind="stable")
    few = np.zeros(len(tokens), bool)
    few[by_length[:TEXTS_APART]] = True
    short = np.where(few, 0, tokens)
    starts = np.cumsum(tokens) - tokens
    ends = len(before) - starts - tokens
    ways = (
        _factors(before, starts, short),
        _factors(backward, ends, short),
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = (np.where(way > 0, tokens / way, tokens) for way in ways)
        found: np.ndarray = np.where(tokens > 0, (one + other) / 2, np.nan)
    for n in np.flatnonzero(few).tolist():
        own = (
            each[first : first + tokens[n]] - np.int32(first)
            for each, first in ((before, starts[n]), (backward, ends[n]))
        )
        found[n] = _mtld_by_index(*own)
    return found


def _factors(before: np.ndarray, starts: np.ndarray, tokens: np.ndarray) -> np.ndarray:
    """Return how many factors each of some texts has.

    All texts advance by one token at a time, which takes a tenth of the time of a loop
    over all tokens.
    """
    longest_first = np.argsort(-tokens, kind="stable")
    starts, lengths = starts[longest_first], tokens[longest_first]
    begun, types = starts.copy(), np.zeros(len(tokens), np.int64)
    factors = np.zeros(len(tokens))
    for step in range(int(lengths.max(initial=0))):
        count = int(np.searchsorted(-lengths, -step))  # texts with such a token
        index = starts[:count] + step
        some = types[:count]
        some += before[index] < begun[:count]
        full = np.flatnonzero(some < FACTOR * (index + 1 - begun[:count]))
        factors[full] += 1
        some[full] = 0
        begun[full] = index[full] + 1
    size = starts + lengths - begun
    rest = np.flatnonzero(size > 0)
    factors[rest] += (1 - types[rest] / size[rest]) / (1 - FACTOR)
    found = np.empty(len(tokens))
    found[longest_first] = factors
    return found


def _hdd(spectrum: Spectrum, count: int, draw: int = DRAW) -> np.ndarray:
    """Return the HD-D of texts; NaN for texts shorter than the draw."""
    from scipy.special import gammaln

    def ways(numbers: np.ndarray) -> np.ndarray:
        """Return the logarithm of n! / (n - draw)!."""
        found: np.ndarray = gammaln(numbers + 1) - gammaln(numbers - draw + 1)
        return found

    tokens = spectrum.sums(spectrum.often, count).astype(np.int64)
    size = tokens[spectrum.texts]
    others = size - spectrum.often  # occurrences of the other words
    some = others >= draw
    missed = np.zeros(len(some))
    missed[some] = np.exp(ways(others[some]) - ways(size[some]))
    drawn = spectrum.sums(1 - missed, count) / draw
    return np.where(tokens >= draw, drawn, np.nan)


def mattr(before: np.ndarray, tokens: np.ndarray, window: int = WINDOW) -> np.ndarray:
    """Return the moving-average type-token ratio of consecutive texts.

    Parameters
    ----------
    before
        (N,) for each token the index of its previous occurrence, or -1; occurrences in
        other texts are ignored.
    tokens
        (M,) lengths of the texts; their sum is N.
    """
    edges = np.append(0, np.cumsum(tokens)).astype(np.int32)
    width = np.minimum(tokens, window)
    lasts = (edges[1:] - width).astype(np.int32)  # where the last window begins
    sums = np.zeros(len(tokens), np.int64)
    for begin in range(0, len(before), TOKENS_AT_ONCE):
        part = before[begin : begin + TOKENS_AT_ONCE]
        index = np.arange(begin, begin + len(part), dtype=np.int32)
        low, high = np.searchsorted(edges, [begin + 1, begin + len(part)])
        own = np.clip(edges[low - 1 : high + 1], begin, begin + len(part))
        first, last = (
            np.repeat(each[low - 1 : high], np.diff(own)) for each in (edges, lasts)
        )
        # A token is the first of its type in windows that begin after the previous
        # occurrence.
        earliest = np.maximum(part + np.int32(1), first)
        np.maximum(earliest, index - np.int32(window - 1), out=earliest)
        new = np.maximum(np.minimum(index, last) - earliest + np.int32(1), 0)
        until = np.append(0, np.cumsum(new, dtype=np.int64))
        sums[low - 1 : high] += np.diff(until[own - begin])
    ratios = np.full(len(tokens), np.nan)
    some = np.flatnonzero(tokens)  # empty texts have no window
    ratios[some] = sums[some] / ((tokens - width + 1) * width)[some]
    return ratios


@dataclass(frozen=True, eq=False)
class VocabularyGrowth:
    """The growth of the vocabulary with the text: types = k * tokens ** beta.

    `table` has the columns tokens and types; `k` and `beta` are the parameters of
    Heaps' law (Heaps 1978, "Information retrieval"), fitted by least squares to the
    logarithms, NaN for fewer than two points.
    """

    table: "pd.DataFrame"
    k: float
    beta: float


def vocabulary_growth(selection: Selection, points: int = 200) -> VocabularyGrowth:
    """Count types by number of tokens, in reading order, at up to `points` points."""
    import pandas as pd

    terms = selection.running_terms()
    first = np.full(len(selection.vocabulary), len(terms))
    first[terms[::-1]] = np.arange(len(terms))[::-1]  # the first occurrence wins
    first.sort()
    tokens = np.unique(np.linspace(0, len(terms), points + 1).astype(int))[1:]
    types = np.searchsorted(first, tokens, side="left")
    table = pd.DataFrame({"tokens": tokens, "types": types})
    if len(table) < 2:
        return VocabularyGrowth(table, np.nan, np.nan)
    beta, log_k = np.polyfit(np.log(tokens), np.log(types), 1)
    return VocabularyGrowth(table, float(np.exp(log_k)), float(beta))


def readability(selection: Selection) -> "pd.DataFrame":
    """Measure the readability of documents.

    All words of the pages count, except headings and running heads, also those that
    the filter leaves out.

    Returns
    -------
    DataFrame
        doc_id, language (of its first page with text), sentences, words, lix, flesch,
        formula (its author). Flesch is NaN and formula "" for languages without one. A
        document without a word that the filter keeps has no row.
    """
    import pandas as pd

    tokens = selection.tokens
    indices = np.flatnonzero(tokens.by_page(selection.chosen) & tokens.words().body)
    documents = selection.documents_at(indices)
    sentences = np.cumsum(tokens.words(indices).starts_sentence)
    lettered = tokens.by_form(tokens.vocabulary.lettered, indices)
    counted = np.flatnonzero(selection.sum_by_document(selection.count_by_page))
    rows = []
    for document in counted.tolist():
        first, end = np.searchsorted(documents, [document, document + 1])
        inside = np.flatnonzero(lettered[first:end]) + first
        if not len(inside):
            continue
        some = indices[inside]
        language = tokens.page(some[0]).language
        count = len(np.unique(sentences[inside]))
        scores = readability_scores(tokens.spelled(some), count, language)
        rows.append((selection.documents[document], language, *scores))
    columns = ["doc_id", "language", "sentences", "words", "lix", "flesch", "formula"]
    return pd.DataFrame(rows, columns=columns)


def readability_scores(
    words: Sequence[str], sentences: int, language: str = ""
) -> tuple[int, int, float, float, str]:
    """Return sentences, words, LIX, Flesch and the author of the formula."""
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
