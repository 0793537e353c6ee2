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
    "low": Measure(
        "low", "lower limit of the 95 % interval, per million", "Wilson 1927"
    ),
    "high": Measure(
        "high", "upper limit of the 95 % interval, per million", "Wilson 1927"
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
    # Topics
    "stability": Measure(
        "stability",
        "mean Jaccard index of a topic's top words and those found with other seeds",
        "Greene and others 2014",
    ),
    "similarity": Measure("similarity", "cosine of TF-IDF vectors", ""),
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
