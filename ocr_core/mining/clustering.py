"""Clustering: documents grouped by their words, as a tree and as a map."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ocr_core.errors import SettingsError
from ocr_core.mining.keyness import distinctive_words
from ocr_core.mining.progress import ReportProgress, no_report
from ocr_core.mining.selection import Selection, content_words
from ocr_core.mining.topics import weighted

if TYPE_CHECKING:
    import pandas as pd

MIN_DOCUMENTS = 3
MAX_DOCUMENTS = 2_000  # all pairs are compared
MAX_TIPS = 60  # of a tree that can be read
STEPS = 5  # reported
LINKAGE = "average"  # UPGMA, Sokal & Michener 1958


@dataclass(frozen=True, eq=False)
class Clusters:
    """Documents in clusters.

    Parameters
    ----------
    documents
        One row per document, in the order of the tree: doc_id, cluster (from 1, the
        largest first), x, y (principal coordinates, without unit).
    words
        One row per cluster: cluster, documents, words (those that distinguish it).
    branches
        One row per corner of the tree's lines: branch, corner (0 to 3), position (of
        the tips: 0.5, 1.5, ...), distance (cosine distance, 0 to 1).
    tips
        The label of each tip, in the order of the tree: a document, or in a shortened
        tree the number of its documents in parentheses.
    left_out
        The number of documents beyond `MAX_DOCUMENTS`, those with the fewest words.
    """

    documents: "pd.DataFrame"
    words: "pd.DataFrame"
    branches: "pd.DataFrame"
    tips: list[str]
    left_out: int


def clusters(
    selection: Selection, count: int, *, progress: ReportProgress = no_report
) -> Clusters:
    """Group documents by their words, without stop words.

    The distance of two documents is 1 minus the cosine of their TF-IDF weights.
    Clusters are merged by the mean distance of their documents (average linkage), and
    the tree is cut into `count` clusters at most. The map has the first two principal
    coordinates of the same cosines. `progress` is called after each step.

    Raises
    ------
    SettingsError
        If there are fewer than `MIN_DOCUMENTS` documents with words, or if `count` is
        below 2.
    """
    import pandas as pd
    from scipy.cluster.hierarchy import dendrogram, fcluster, linkage

    selection = content_words(selection)
    kept = _documents_with_words(selection)
    if count < 2 or len(kept) < MIN_DOCUMENTS:
        raise SettingsError(
            "{0} documents cannot be divided into {1} clusters.",
            len(kept),
            count,
            hint="Choose at least 2 clusters, and a filter that keeps 3 documents.",
        )
    left_out = max(0, len(kept) - MAX_DOCUMENTS)
    kept = np.sort(kept[:MAX_DOCUMENTS])
    weights = weighted(selection.by_document.T.tocsr()[kept].astype(np.float64))
    progress(1, STEPS)
    near = (weights @ weights.T).toarray()
    progress(2, STEPS)
    distances = np.clip(1 - near, 0, 1)[np.triu_indices(len(kept), 1)]
    tree = linkage(distances, LINKAGE)
    progress(3, STEPS)
    cluster = _by_size(fcluster(tree, count, "maxclust"))
    names = [selection.documents[n] for n in kept.tolist()]
    order = dendrogram(tree, no_plot=True)["leaves"]
    drawn = dendrogram(
        tree, MAX_TIPS, "lastp", no_plot=True, labels=np.array(names, object)
    )
    places = principal_coordinates(near)
    progress(4, STEPS)
    documents = pd.DataFrame(
        {"doc_id": names, "cluster": cluster, "x": places[:, 0], "y": places[:, 1]}
    )
    return Clusters(
        documents.iloc[order].reset_index(drop=True),
        _words(selection, kept, cluster),
        _branches(drawn["icoord"], drawn["dcoord"]),
        [str(label) for label in drawn["ivl"]],
        left_out,
    )


def _documents_with_words(selection: Selection) -> np.ndarray:
    """Return the numbers of the documents, those with the most words first."""
    sizes = np.asarray(selection.by_document.sum(axis=0)).ravel()
    order = np.argsort(-sizes, kind="stable")
    found: np.ndarray = order[sizes[order] > 0]
    return found


def _by_size(cluster: np.ndarray) -> np.ndarray:
    """Return the cluster of each document, numbered from 1, the largest first."""
    sizes = np.bincount(cluster)
    order = np.argsort(-sizes, kind="stable")
    number = np.empty(len(sizes), int)
    number[order] = np.arange(1, len(sizes) + 1)
    found: np.ndarray = number[cluster]
    return found


def principal_coordinates(alike: np.ndarray) -> np.ndarray:
    """Return places in a plane whose inner products are closest to given ones.

    Parameters
    ----------
    alike
        (n, n) inner products, such as cosines of vectors of length 1.

    Returns
    -------
    (n, 2) array
        Principal coordinates (Gower 1966); for inner products of vectors, their first
        two principal components.
    """
    from scipy.linalg import eigh

    means = alike.mean(axis=0)
    centred = alike - means - means[:, None] + means.mean()
    last = len(alike) - 1
    values, vectors = eigh(centred, subset_by_index=[last - 1, last])
    places = vectors[:, ::-1] * np.sqrt(np.maximum(values[::-1], 0))
    # The sign of a coordinate is arbitrary: the largest value is made positive.
    largest = np.abs(places).argmax(axis=0)
    found: np.ndarray = places * np.where(places[largest, [0, 1]] < 0, -1, 1)
    return found


def _words(
    selection: Selection, kept: np.ndarray, cluster: np.ndarray
) -> "pd.DataFrame":
    """Return the size of each cluster, and the words that distinguish it."""
    import pandas as pd

    parts = [""] * len(selection.documents)
    for document, number in zip(kept.tolist(), cluster.tolist(), strict=True):
        parts[document] = str(number)
    table = distinctive_words(selection, parts)
    words = table.groupby("part")["term"].agg(", ".join)
    numbers, sizes = np.unique(cluster, return_counts=True)
    return pd.DataFrame(
        {
            "cluster": numbers,
            "documents": sizes,
            "words": [words.get(str(number), "") for number in numbers],
        }
    )


def _branches(
    positions: list[list[float]], distances: list[list[float]]
) -> "pd.DataFrame":
    """Return the corners of a tree's lines; scipy places tips at 5, 15, and so on."""
    import pandas as pd

    return pd.DataFrame(
        [
            (branch, corner, position / 10, distance)
            for branch, (across, up) in enumerate(
                zip(positions, distances, strict=True)
            )
            for corner, (position, distance) in enumerate(zip(across, up, strict=True))
        ],
        columns=["branch", "corner", "position", "distance"],
    )
