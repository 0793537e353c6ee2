"""The network of collocates: which words are in it, and which are linked."""

import numpy as np
import pytest

from ocr_core.mining import select
from ocr_core.mining.collocate_network import LINKS, collocate_network
from tests.support.written_corpora import corpus

# Each filler is one word of its own, so that windows do not meet.
FILLER = [" ".join(f"filler{n}x{m}" for m in range(12)) for n in range(40)]
OLD = [f"old harbour wall {text}" for text in FILLER[:8]]
NEW = [f"new harbour light {text}" for text in FILLER[8:16]]


@pytest.fixture(scope="module")
def network():
    return collocate_network(select(corpus(*OLD, *NEW, *FILLER[16:])), "harbour")


def links(network):
    ends = network.links[["source", "target"]].itertuples(index=False, name=None)
    return {frozenset(pair) for pair in ends}


def test_the_word_is_linked_to_its_collocates(network):
    around = {"old", "wall", "new", "light"}

    assert network.words["term"].iloc[0] == "harbour"
    assert set(network.words["term"]) == {"harbour", *around}
    assert {frozenset(("harbour", term)) for term in around} <= links(network)


def test_collocates_are_linked_where_they_occur_together(network):
    own = {pair for pair in links(network) if "harbour" not in pair}

    assert own == {frozenset(("old", "wall")), frozenset(("new", "light"))}
    together = network.links.set_index(["source", "target"])["count"]
    assert together["old", "wall"] == 8


def test_words_that_occur_together_are_near(network):
    where = network.words.set_index("term")[["x", "y"]]

    def far(one, other):
        return np.linalg.norm(where.loc[one] - where.loc[other])

    assert far("old", "wall") < min(far("old", "new"), far("old", "light"))
    assert far("new", "light") < far("wall", "light")


def test_a_word_with_one_collocate_or_none_has_a_place():
    lone = select(corpus(*[f"deep sea {text}" for text in FILLER[:5]]))

    one = collocate_network(lone, "deep")
    none = collocate_network(lone, "filler0x3")

    assert set(one.words["term"]) == {"deep", "sea"}
    assert none.words["term"].tolist() == ["filler0x3"]
    assert none.links.empty


def test_no_word_keeps_more_than_its_strongest_links():
    text = " ".join(f"w{n}" for n in range(9))
    network = collocate_network(select(corpus(*[text] * 6)), "w4", span=8)

    own = [pair for pair in links(network) if "w4" not in pair]
    assert len(own) <= LINKS * (len(network.words) - 1)
