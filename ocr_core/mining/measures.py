"""Measures: the name, formula and source of each figure that a table holds.

Tooltips, the account of how a table was counted, and the manual use these definitions.
`SYMBOLS` says what the letters in their formulas stand for.
"""

from typing import NamedTuple


class Measure(NamedTuple):
    """The definition of a table's column."""

    label: str
    formula: str
    source: str

    @property
    def definition(self) -> str:
        """Formula and source, for a tooltip."""
        return f"{self.formula} ({self.source})" if self.source else self.formula

    def described(self, column: str) -> str:
        """Return the definition, after the label if the column's name differs."""
        same = self.label.lower() == column.replace("_", " ")
        return self.definition if same else f"{self.label}: {self.definition}"


SYMBOLS = {
    "": "In formulas, O is an observed count, E the expected count, f a frequency and "
    "N the number of words.",
    "keyness": "Here a and b are the counts of a word in the part and in the "
    "reference, c and d the numbers of words in both.",
}
RUNNING = "N the running words (tokens with a letter) of the selected pages"
MEASURES = {
    # Frequency and dispersion
    "per_million": Measure("per million", f"10⁶ · f / N, f the count, {RUNNING}", ""),
    "smoothed": Measure(
        "smoothed", "10⁶ · Σ f / Σ N over the values of the window", ""
    ),
    "low": Measure(
        "low", "lower limit of the 95 % interval, per million", "Wilson 1927"
    ),
    "high": Measure(
        "high", "upper limit of the 95 % interval, per million", "Wilson 1927"
    ),
    "reference_per_million": Measure(
        "per million in the reference", "10⁶ · b / d, of the words there", ""
    ),
    "range": Measure("range", "documents with the word / documents", ""),
    "dp": Measure(
        "DP",
        "½ · Σ |v - s| over documents, v the share of the word's occurrences, s that "
        "of all words",
        "Gries 2008",
    ),
    "dp_norm": Measure("DPnorm", "DP / (1 - min s)", "Lijffijt & Gries 2012"),
    "juilland_d": Measure(
        "Juilland's D",
        "1 - (σ / μ) / √(n - 1), μ and σ (over n) of the relative frequencies in n "
        "documents",
        "Juilland & Chang-Rodríguez 1964; Gries 2020",
    ),
    "arf": Measure(
        "ARF",
        "Σ min(d, v) / v, v = N / f, d the distances between hits, from the last one "
        "on to the first",
        "Savický & Hlaváčová 2002",
    ),
    "tf_idf": Measure(
        "TF-IDF",
        "f · (ln((1 + D) / (1 + df)) + 1), D documents, df of them with the word; each "
        "document's vector has length 1",
        "Salton & Buckley 1988, as smoothed in scikit-learn",
    ),
    # Collocation
    "expected": Measure(
        "expected", "W · f(w) / N, W the words in all windows", "Evert 2008"
    ),
    "log_likelihood": Measure("log-likelihood", "2 · Σ O · ln(O / E)", ""),
    "pmi": Measure(
        "PMI, window-corrected",
        "log₂(O / E), E = W · f(w) / N",
        "Church & Hanks 1990; Evert 2008",
    ),
    "mi": Measure(
        "MI as in WordSmith and AntConc",
        "log₂(O · N / (f(node) · f(w))), regardless of the window's width",
        "Church & Hanks 1990; Stubbs 1995",
    ),
    "mi3": Measure("MI3", "log₂(O³ · N / (f(node) · f(w)))", "Daille 1994; Oakes 1998"),
    "log_dice": Measure(
        "logDice", "14 + log₂(2 · O / (f(node) + f(w)))", "Rychlý 2008"
    ),
    "t_score": Measure("t-score", "(O - E) / √O", "Church and others 1991"),
    "z_score": Measure(
        "z-score", "(O - E) / √(E · (1 - f(w) / N))", "Berry-Rogghe 1973"
    ),
    "delta_p_word": Measure(
        "ΔP word | window",
        "P(word in windows) - P(word outside windows)",
        "Gries 2013",
    ),
    "delta_p_window": Measure(
        "ΔP window | word",
        "P(window, given the word) - P(window, given another word)",
        "Gries 2013",
    ),
    "odds_ratio": Measure(
        "odds ratio", "O₁₁ · O₂₂ / (O₁₂ · O₂₁), ½ added to each cell if one is 0", ""
    ),
    # Keyness
    "log_likelihood_4": Measure(
        "log-likelihood, 4 terms",
        "2 · Σ O · ln(O / E) over four cells: the word and all others, here and there",
        "Dunning 1993, as in AntConc and quanteda",
    ),
    "p": Measure("p", "upper tail of χ² with 1 degree of freedom, for one word", ""),
    "bic": Measure("BIC", "log-likelihood - ln(c + d)", "Wilson 2013"),
    "log_ratio": Measure(
        "log ratio",
        "log₂((a / c) / (b / d)), 0.5 in place of a count of 0",
        "Hardie 2014",
    ),
    "log_ratio_low": Measure(
        "log ratio, low",
        "log ratio - 1.96 · √(1/a - 1/c + 1/b - 1/d) / ln 2",
        "Katz and others 1978",
    ),
    "log_ratio_high": Measure(
        "log ratio, high",
        "log ratio + 1.96 · √(1/a - 1/c + 1/b - 1/d) / ln 2",
        "Katz and others 1978",
    ),
    "diff_percent": Measure(
        "%DIFF", "100 · (a / c - b / d) / (b / d)", "Gabrielatos & Marchi 2012"
    ),
    "simple_maths": Measure(
        "simple maths",
        "(per million here + n) / (per million there + n)",
        "Kilgarriff 2009",
    ),
    "documents_p": Measure(
        "p over documents",
        "Mann-Whitney rank test of the relative frequencies in documents, corrected "
        "for ties and continuity",
        "Mann & Whitney 1947; Lijffijt and others 2016",
    ),
    "documents_q": Measure(
        "q over documents",
        "p over documents, adjusted to control the false discovery rate among the "
        "words tested",
        "Benjamini & Hochberg 1995",
    ),
    # Diversity
    "ttr": Measure("TTR", "types / tokens", ""),
    "mattr": Measure(
        "MATTR", "mean TTR of all windows of 500 tokens", "Covington & McFall 2010"
    ),
    "mtld": Measure(
        "MTLD",
        "tokens / factors, where a factor ends as soon as TTR falls below 0.72; mean "
        "of both directions",
        "McCarthy & Jarvis 2010",
    ),
    "hdd": Measure(
        "HD-D",
        "Σ over types of P(type occurs among 42 tokens drawn at random) / 42",
        "McCarthy & Jarvis 2007",
    ),
    "yule_k": Measure("Yule's K", "10⁴ · (Σ i² · V(i) - n) / n²", "Yule 1944"),
    "hapaxes": Measure("hapaxes", "types that occur once", ""),
    "word_length": Measure("word length", "mean number of characters of a word", ""),
    # Readability
    "lix": Measure(
        "LIX",
        "words / sentences + 100 · (words of more than six letters) / words",
        "Björnsson 1968",
    ),
    "flesch": Measure(
        "Flesch",
        "the variant of the language that the column formula names: English 206.835 - "
        "1.015 · words / sentences - 84.6 · syllables / words; German 180 - words / "
        "sentences - 58.5 · syllables / words; French 207 - 1.015 · words / sentences "
        "- 73.6 · syllables / words",
        "Flesch 1948; Amstad 1978; Kandel & Moles 1958",
    ),
    # Variants, reliability, places
    "cost": Measure(
        "cost",
        "edit distance in which a common confusion of engines costs less than 1",
        "Kolak & Resnik 2002; Reynaert 2008",
    ),
    "conf": Measure(
        "confidence", "of recognition, 0 to 100; the mean of a word's hits", ""
    ),
    "share_low_conf": Measure(
        "doubtful words", "tokens below conf_threshold / tokens", ""
    ),
    "unrated": Measure(
        "unrated", "share of pages of unknown quality; of parts, their number", ""
    ),
    "quality": Measure("quality", "median quality of the pages, 0 to 1", ""),
    "quality_q1": Measure("quality, first quartile", "of documents' mean quality", ""),
    "quality_median": Measure("quality, median", "of documents' mean quality", ""),
    "quality_q3": Measure("quality, third quartile", "of documents' mean quality", ""),
    "position": Measure(
        "position", "tokens of the document before the hit / all its tokens", ""
    ),
    # Topics
    "weight": Measure(
        "weight",
        "loading (NMF) or probability (LDA) of the term, as a share of the topic",
        "Lee & Seung 1999; Blei and others 2003",
    ),
    "stability": Measure(
        "stability",
        "mean Jaccard index of a topic's top words and those found with other seeds",
        "Greene and others 2014",
    ),
    "similarity": Measure(
        "similarity",
        "cosine of vectors of (1 + ln f) · (1 + ln((1 + D) / (1 + df)))",
        "Salton & Buckley 1988, as smoothed in scikit-learn",
    ),
}
# Columns that mean something else in another table.
VARIANTS = {
    ("keyness", "log_likelihood"): Measure(
        "log-likelihood, 2 terms",
        "2 · (a · ln(a / E₁) + b · ln(b / E₂))",
        "Rayson & Garside 2000",
    ),
    ("collocates", "log_likelihood"): Measure(
        "log-likelihood, 4 terms",
        "2 · Σ O · ln(O / E) over four cells: the word and all others, inside and "
        "outside windows",
        "Dunning 1993",
    ),
}

COLLOCATE_MEASURES = (
    "log_likelihood pmi mi mi3 log_dice t_score z_score delta_p_word delta_p_window "
    "odds_ratio"
).split()

KEYNESS_MEASURES = (
    "log_likelihood log_likelihood_4 bic log_ratio diff_percent odds_ratio simple_maths"
).split()


def measure(table: str, column: str) -> Measure | None:
    """Return the definition of a column; None where its name suffices."""
    return VARIANTS.get((_named(table), column)) or MEASURES.get(column)


def symbols(table: str) -> str:
    """Return what the letters stand for in the formulas of a table."""
    return " ".join(SYMBOLS[name] for name in ("", _named(table)) if name in SYMBOLS)


def _named(table: str) -> str:
    return "keyness" if table == "keywords" else table  # as the app calls it
