"""Topics: topic models of documents, and similar documents."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ocr_core.errors import SettingsError
from ocr_core.mining.progress import ReportProgress, no_report
from ocr_core.mining.selection import Selection, content_words
from ocr_core.page import composed

if TYPE_CHECKING:
    import pandas as pd
    from scipy.sparse import csr_matrix

Method = Literal["nmf", "lda"]
Unit = Literal["document", "page"]
MAX_WORDS = 6_000  # the most frequent ones; the rest is too rare to make a topic
MIN_UNITS = 2  # with a word
MAX_UNITS_SHARE = 0.5  # with a word; more frequent words do not distinguish units
# Non-zero counts, each of a word in a text, from which topics are learnt.
MAX_TRAINING_COUNTS: dict["Method", int] = {"nmf": 200_000, "lda": 150_000}
MIN_SAMPLED = 5  # texts per topic, even if they are long
ONLINE_UNITS = 2000  # from this number on, LDA learns in batches with fewer passes
MAX_SWEEPS = 50  # over the shares of known topics
TOLERANCE = 1e-4  # change of all shares in a sweep, below which sweeps stop
SHARED = 5  # terms listed for a similar document


@dataclass(frozen=True, eq=False)
class Topics:
    """The topics of a corpus.

    Parameters
    ----------
    words
        topic (from 1, largest first), rank (from 1), term, weight: for NMF the term's
        loading, for LDA its probability, both as a share of the topic.
    documents
        doc_id, page_num if the units are pages, and a column per topic, ``topic_1``
        and on: its share, 0 to 1. The shares of a row add up to 1, or to 0 if it has
        none of the topics' words.
    stability
        topic, stability: the mean Jaccard index of the topic's top words with those
        of the most similar topic, over runs with other seeds, 0 to 1; empty without
        other runs.
    units
        The number of texts with a word that is counted.
    sampled
        The number of texts, drawn at random, from which the topics were learnt.
    seed
        Of the sample and of the model.
    """

    words: "pd.DataFrame"
    documents: "pd.DataFrame"
    stability: "pd.DataFrame"
    units: int
    sampled: int
    seed: int

    @property
    def sampling(self) -> str:
        """A sentence on the sample; "" if all texts were used."""
        if self.sampled == self.units:
            return ""
        return (
            f"Topics were learnt from a random sample of {self.sampled:,} of "
            f"{self.units:,} texts (seed {self.seed}); the shares are those of all."
        )

    @property
    def mean_stability(self) -> float | None:
        """The mean over the topics; below about 0.5, topics change with the seed."""
        values = self.stability["stability"]
        return float(values.mean()) if len(values) else None


def topics(
    selection: Selection,
    count: int = 10,
    *,
    method: Method = "nmf",
    unit: Unit = "document",
    seed: int = 0,
    words: int = 10,
    runs: int = 5,
    progress: ReportProgress = no_report,
) -> Topics:
    """Find topics: words that occur in the same documents.

    Of the `MAX_WORDS` most frequent words, those are used that occur in at least
    `MIN_UNITS` units and in at most a share of `MAX_UNITS_SHARE`. The same seed gives
    the same topics.

    Parameters
    ----------
    count
        Number of topics.
    method
        nmf: non-negative matrix factorisation of TF-IDF (Lee & Seung 1999), the
        better for short texts; lda: latent Dirichlet allocation of counts (Blei, Ng &
        Jordan 2003), read online where there are many units (Hoffman, Blei & Bach
        2010).
    unit
        The texts: documents, or pages if documents are long or few.
    seed
        Of the random numbers. A large corpus is sampled: texts are drawn at random, and
        drawn again for each run by which stability is measured.
    words
        Number of top words of each topic that are returned and compared.
    runs
        Number of other seeds with which the topics are compared (Greene, O'Callaghan &
        Cunningham 2014, "How many topics?"); 0 saves that time.
    progress
        Called after each step: counting, learning, each run.

    Raises
    ------
    SettingsError
        If there are fewer units, or fewer usable words, than topics.
    """
    matrix, terms, units = _counts_for_topics(selection, unit)
    _check(count, words, unit, matrix)
    features = matrix if method == "lda" else weighted(matrix)
    steps = 2 + runs
    progress(1, steps)
    sample = _sample(features, count, method, seed)
    model = _learnt(sample, features.shape[0], count, method, seed)
    shares = _normed(_shares(model, features, method))
    order = np.argsort(-shares.sum(axis=0), kind="stable")
    shares, loadings = shares[:, order], _normed(model.components_)[order]
    top = _top(loadings, words)
    others = []
    for done, other in enumerate(range(seed + 1, seed + runs + 1), 2):
        progress(done, steps)
        drawn = _sample(features, count, method, other)
        learnt = _learnt(drawn, features.shape[0], count, method, other)
        others.append(_top(_normed(learnt.components_), words))
    return Topics(
        _words(top, loadings, selection.spelled(terms)),
        _documents(selection, unit, units, shares),
        _stability(top, others),
        units=features.shape[0],
        sampled=sample.shape[0],
        seed=seed,
    )


def counted(
    selection: Selection, unit: Unit = "document", words: np.ndarray | None = None
) -> "csr_matrix":
    """Count words.

    Parameters
    ----------
    words
        The words to count, as sorted numbers; None for all.

    Returns
    -------
    (units, words) sparse matrix of float32
        A row for each document of `selection.documents`, or for each page of the
        corpus; column indices are sorted and unique.
    """
    from scipy.sparse import csr_matrix

    unit_of_page, units = selection.document_of_page, len(selection.documents)
    if unit == "page":
        units = len(selection.chosen)
        unit_of_page = np.arange(units, dtype=np.int32)
    counts = selection.count_by(unit_of_page, units, words)
    return csr_matrix(counts.T, dtype=np.float32)


def _counts_for_topics(
    selection: Selection, unit: Unit
) -> tuple["csr_matrix", np.ndarray, np.ndarray]:
    """Return counts, words and units for a topic model.

    Units without any word are left out; units whose words are all too frequent or too
    rare stay.
    """
    sizes = selection.count_by_page
    units = np.flatnonzero(
        sizes if unit == "page" else selection.sum_by_document(sizes)
    )
    commonest = np.argsort(-selection.counts, kind="stable")[:MAX_WORDS]
    matrix = counted(selection, unit, np.sort(commonest))[units]
    spread = np.bincount(matrix.indices, minlength=matrix.shape[1])
    max_units = max(MIN_UNITS, int(MAX_UNITS_SHARE * len(units)))
    kept = np.flatnonzero((spread >= MIN_UNITS) & (spread <= max_units))
    return matrix[:, kept], np.sort(commonest)[kept], units


def _check(count: int, words: int, unit: Unit, matrix: "csr_matrix") -> None:
    if count < 2 or words < 1:
        raise SettingsError(
            "{0} topics of {1} words cannot be found.",
            count,
            words,
            hint="Ask for at least 2 topics of at least 1 word.",
        )
    units, terms = matrix.shape
    if units < count:
        raise SettingsError(
            "{0} topics cannot be found in {1} texts.",
            count,
            units,
            hint="Ask for fewer topics, loosen the filter, or use pages as texts.",
        )
    if terms < count * 2:
        raise SettingsError(
            "Only {0} words occur in at least {1} texts and in no more "
            "than half of them: too few for {2} topics.",
            terms,
            MIN_UNITS,
            count,
            hint="Ask for fewer topics, loosen the filter, or read more pages.",
        )


def _sample(
    features: "csr_matrix", count: int, method: Method, seed: int
) -> "csr_matrix":
    """Return all texts, or a random sample with about `MAX_TRAINING_COUNTS` counts."""
    units = features.shape[0]
    share = MAX_TRAINING_COUNTS[method] / max(1, features.nnz)
    if share >= 1:
        return features
    size = min(units, max(MIN_SAMPLED * count, round(share * units)))
    drawn = np.random.default_rng(seed).choice(units, size, replace=False)
    return features[np.sort(drawn)]


def _learnt(
    sample: "csr_matrix", units: int, count: int, method: Method, seed: int
) -> Any:
    """Return a topic model learnt from a sample of `units` texts."""
    if method == "lda":
        from sklearn.decomposition import LatentDirichletAllocation

        many = units >= ONLINE_UNITS
        return LatentDirichletAllocation(
            count,
            learning_method="online" if many else "batch",
            batch_size=512,
            max_iter=3 if many else 30,
            max_doc_update_iter=20 if many else 100,
            random_state=seed,
        ).fit(sample)
    from sklearn.decomposition import NMF
    from sklearn.exceptions import ConvergenceWarning

    # Random starts: topics that do not depend on them are stable.
    model = NMF(count, init="random", max_iter=100, tol=1e-3, random_state=seed)
    with warnings.catch_warnings():  # of convergence: the last digits do not matter
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(sample)


def _shares(model: Any, features: "csr_matrix", method: Method) -> np.ndarray:
    """Return the share of each topic in each unit."""
    loadings = model.components_
    if method == "lda":
        if features.shape[0] >= ONLINE_UNITS:
            model.set_params(max_doc_update_iter=10)  # each takes 0.3 s
        found: np.ndarray = model.transform(features)
        return found
    # Coordinate descent, as in NMF's own transform, but the products of the loadings
    # with the features do not change and are computed once.
    wanted, alike = features @ loadings.T, loadings @ loadings.T
    shares = np.zeros_like(wanted)
    for _ in range(MAX_SWEEPS):
        before = shares.copy()
        for topic in np.flatnonzero(np.diag(alike)):
            missing = wanted[:, topic] - shares @ alike[:, topic]
            step = missing / alike[topic, topic]
            shares[:, topic] = np.maximum(0, shares[:, topic] + step)
        if np.abs(shares - before).sum() <= TOLERANCE * shares.sum():
            break
    return shares


def _normed(rows: np.ndarray) -> np.ndarray:
    sums = rows.sum(axis=1, keepdims=True)
    normed: np.ndarray = rows / np.where(sums > 0, sums, 1)
    return normed


def weighted(matrix: "csr_matrix") -> "csr_matrix":
    """Weight counts by TF-IDF, with rows of length 1.

    The weight is (1 + ln tf) (1 + ln((1 + n) / (1 + df))), after Salton & Buckley
    (1988), smoothed as in scikit-learn.
    """
    from sklearn.feature_extraction.text import TfidfTransformer

    return TfidfTransformer(sublinear_tf=True).fit_transform(matrix)


def _top(loadings: np.ndarray, words: int) -> list[list[int]]:
    """Return the heaviest words of each topic; those without weight are not of it."""
    order = np.argsort(-loadings, axis=1, kind="stable")[:, :words]
    return [
        top[row[top] > 0].tolist() for top, row in zip(order, loadings, strict=True)
    ]


def _words(
    top: list[list[int]], loadings: np.ndarray, terms: list[str]
) -> "pd.DataFrame":
    import pandas as pd

    return pd.DataFrame(
        [
            (topic + 1, rank + 1, terms[word], float(loadings[topic, word]))
            for topic, row in enumerate(top)
            for rank, word in enumerate(row)
        ],
        columns=["topic", "rank", "term", "weight"],
    )


def _documents(
    selection: Selection, unit: Unit, units: np.ndarray, shares: np.ndarray
) -> "pd.DataFrame":
    import pandas as pd

    rows = units.tolist()
    named: dict[str, Any]
    if unit == "page":
        page_infos = [selection.tokens.page_infos[n] for n in rows]
        named = {
            "doc_id": [page.doc_id for page in page_infos],
            "page_num": [page.page_num for page in page_infos],
        }
    else:
        named = {"doc_id": [selection.documents[n] for n in rows]}
    columns = {f"topic_{n}": share for n, share in enumerate(shares.T, 1)}
    return pd.DataFrame(named | columns)


def _stability(top: list[list[int]], others: list[list[list[int]]]) -> "pd.DataFrame":
    """Compare top words with those of other runs, each topic with its closest match."""
    import pandas as pd
    from scipy.optimize import linear_sum_assignment

    if not others:
        return pd.DataFrame({"topic": [], "stability": []})
    sets = [set(row) for row in top]
    found = np.zeros((len(others), len(sets)))
    for n, other in enumerate(others):
        theirs = [set(row) for row in other]
        alike = np.array([[_jaccard(a, b) for b in theirs] for a in sets])
        ours, matched = linear_sum_assignment(-alike)
        found[n, ours] = alike[ours, matched]
    numbers = np.arange(1, len(sets) + 1)
    return pd.DataFrame({"topic": numbers, "stability": found.mean(axis=0)})


def _jaccard(one: set[int], other: set[int]) -> float:
    return len(one & other) / max(1, len(one | other))


def topic_trends(
    documents: "pd.DataFrame", values: Mapping[str, str]
) -> "pd.DataFrame":
    """Return the mean share of each topic in the texts of each value of metadata.

    Parameters
    ----------
    documents
        As in `Topics`: a row for each text, with its doc_id and its shares.
    values
        The value of each document; "" if it has none: it is left out.

    Returns
    -------
    table
        value (in natural order), topic (from 1), share (0 to 1), texts (how many).
    """
    import pandas as pd
    from natsort import natsort_keygen

    of_text = documents["doc_id"].map(values).fillna("")
    shares = documents.filter(regex=r"^topic_\d+$")
    groups = shares[of_text != ""].groupby(of_text[of_text != ""])
    means, texts = groups.mean(), groups.size()
    rows = [
        (value, topic, float(share), int(texts[value]))
        for value in sorted(means.index, key=natsort_keygen())
        for topic, share in enumerate(means.loc[value], 1)
    ]
    return pd.DataFrame(rows, columns=["value", "topic", "share", "texts"])


def similar(selection: Selection, doc_id: str, limit: int = 10) -> "pd.DataFrame":
    """List the documents that are most similar to one by their words.

    Stop words are always dropped, as they make all documents alike.

    Returns
    -------
    DataFrame
        doc_id, similarity (the cosine of the TF-IDF weights, above 0 to 1), shared (the
        terms that contribute to it, the largest contribution first).

    Raises
    ------
    SettingsError
        If the selection has no such document.
    """
    import pandas as pd

    named = {composed(name): name for name in selection.documents}
    if doc_id not in selection.documents:  # or spelled otherwise
        doc_id = named.get(composed(doc_id), doc_id)
    if doc_id not in selection.documents:
        raise SettingsError(
            "No page of {0} is counted.",
            doc_id,
            hint="Choose a document that the filter keeps.",
        )
    selection = content_words(selection)
    own = selection.documents.index(doc_id)
    weights = weighted(selection.by_document.T.tocsr().astype(np.float32))
    row = weights[own]
    cosines = weights @ row.toarray().ravel()
    cosines[own] = 0
    best = np.argsort(-cosines, kind="stable")[:limit]
    rows = []
    for n in best[cosines[best] > 0].tolist():
        product = weights[n].multiply(row).tocoo()
        top = np.argsort(-product.data, kind="stable")[:SHARED]
        shared = ", ".join(selection.spelled(product.col[top]))
        rows.append((selection.documents[n], min(1.0, float(cosines[n])), shared))
    return pd.DataFrame(rows, columns=["doc_id", "similarity", "shared"])
