"""Collocate network: a word, its collocates, and which of these go together."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ocr_core.mining.association import collocates
from ocr_core.mining.clustering import principal_coordinates
from ocr_core.mining.progress import ReportProgress, no_report
from ocr_core.mining.selection import Selection

if TYPE_CHECKING:
    import pandas as pd

LINKS = 3  # strongest links that each word keeps
WEAK = 2.0  # length of a link of strength 0, of the weakest that is drawn


@dataclass(frozen=True, eq=False)
class CollocateNetwork:
    """Words and their links.

    Parameters
    ----------
    words
        One row per word, the node first: term, count (near the node; of the node
        itself its hits), x, y (without unit).
    links
        One row per link: source, target, count (co-occurrences), log_dice.
    """

    words: "pd.DataFrame"
    links: "pd.DataFrame"


def collocate_network(
    selection: Selection,
    query: str,
    *,
    span: int = 5,
    words: int = 20,
    measure: str = "log_likelihood",
    min_count: int = 3,
    progress: ReportProgress = no_report,
) -> CollocateNetwork:
    """Find the strongest collocates of a word, and the links between them.

    Each collocate is linked to the node, and to those other collocates that are its
    own collocates: the `LINKS` with the highest logDice (Rychly 2008) that occur more
    often than expected. Words are placed by stress majorization of the lengths of
    their shortest paths (Gansner and others 2005), from their principal coordinates.
    `progress` is called after each word.
    """
    import pandas as pd

    window: dict[str, Any] = {"left": span, "right": span, "min_count": min_count}
    near = collocates(selection, query, **window, measure=measure, limit=words)
    near = near[(near["count"] > near["expected"]) & (near["term"] != query)]
    terms = near["term"].tolist()
    links = {
        (query, row.term): (row.count, row.log_dice)
        for row in near[["term", "count", "log_dice"]].itertuples(index=False, name="R")
    }
    for done, term in enumerate(terms, 1):
        progress(done, len(terms) + 2)
        own = collocates(selection, term, **window, measure="log_dice")
        own = own[own["term"].isin(terms) & (own["term"] != term)]
        own = own[own["count"] > own["expected"]].head(LINKS)
        for other, count, strength in own[["term", "count", "log_dice"]].itertuples(
            index=False, name=None
        ):
            pair = (term, other) if term < other else (other, term)
            links.setdefault(pair, (count, strength))
    table = pd.DataFrame(
        [(*pair, *values) for pair, values in links.items()],
        columns=["source", "target", "count", "log_dice"],
    )
    names = [query, *terms]
    places = _places(names, table)
    counts = [int(near["count"].sum()), *near["count"].tolist()]
    nodes = pd.DataFrame(
        {"term": names, "count": counts, "x": places[:, 0], "y": places[:, 1]}
    )
    return CollocateNetwork(nodes, table)


def _places(names: list[str], links: "pd.DataFrame") -> np.ndarray:
    """Return a place in the plane for each word; strongly linked words are near."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import shortest_path
    from sklearn.manifold import smacof

    if len(names) < 3:
        return np.stack([np.arange(len(names), dtype=float), np.zeros(len(names))], 1)
    index = {name: n for n, name in enumerate(names)}
    strength = links["log_dice"].to_numpy(float)
    spread = max(float(np.ptp(strength)), 1e-9)
    length = 1 + (WEAK - 1) * (strength.max() - strength) / spread
    rows, columns = (links[end].map(index).to_numpy() for end in ("source", "target"))
    graph = csr_array((length, (rows, columns)), shape=(len(names), len(names)))
    paths = shortest_path(graph, directed=False)
    start = principal_coordinates(-(paths**2) / 2)
    # Words with the same links start at the same place: they are moved apart a little.
    start = start + np.random.default_rng(0).normal(0, 0.05, start.shape)
    places, _ = smacof(paths, init=start, n_init=1, normalized_stress=False)
    found: np.ndarray = places
    return found
