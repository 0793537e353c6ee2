"""Clusters of documents: planted groups are found, drawn as a tree and as a map."""

import numpy as np
import pytest

from ocr_core.errors import SettingsError
from ocr_core.mining import clustering, select
from ocr_core.mining.clustering import clusters, principal_coordinates
from tests.support.planted_topics import PLANTED, written
from tests.support.written_corpora import corpus


@pytest.fixture(scope="module")
def planted():
    """Twelve documents of three kinds, four of each, one after the other."""
    return select(corpus(*written(each=4)))


def test_documents_of_one_kind_are_one_cluster(planted):
    found = clusters(planted, 3)

    kind = dict(zip(planted.documents, "aaaabbbbcccc", strict=True))
    table = found.documents
    assert len(table) == 12
    assert table.groupby(table["doc_id"].map(kind))["cluster"].nunique().max() == 1
    assert found.words["documents"].tolist() == [4, 4, 4]
    listed = [set(words.split(", ")) for words in found.words["words"]]
    assert all(any(words <= set(kind) for kind in PLANTED.values()) for words in listed)


def test_documents_of_one_kind_are_near_on_the_map(planted):
    table = clusters(planted, 3).documents
    places = {n: part[["x", "y"]].to_numpy() for n, part in table.groupby("cluster")}
    middles = {n: where.mean(axis=0) for n, where in places.items()}

    for number, where in places.items():
        for each in where:
            far = {n: np.linalg.norm(each - middle) for n, middle in middles.items()}
            assert min(far, key=far.get) == number


def test_the_tree_names_each_document_and_joins_all(planted):
    found = clusters(planted, 2)

    assert found.tips == found.documents["doc_id"].tolist()
    assert found.branches["branch"].nunique() == 11  # one less than documents
    assert found.branches["corner"].tolist() == [0, 1, 2, 3] * 11
    assert found.branches["distance"].between(0, 1).all()


def test_a_large_tree_is_shortened_and_says_how_many_documents_a_leaf_has(
    planted, monkeypatch
):
    monkeypatch.setattr(clustering, "MAX_TIPS", 5)

    found = clusters(planted, 3)

    assert len(found.tips) == 5
    inside = [int(tip.strip("()")) if tip[0] == "(" else 1 for tip in found.tips]
    assert sum(inside) == 12
    assert len(found.documents) == 12


def test_of_many_documents_those_with_few_words_are_left_out(monkeypatch):
    monkeypatch.setattr(clustering, "MAX_DOCUMENTS", 3)
    selection = select(corpus("ship sea sail", "ship sea mast", "barn", "barn cow hay"))

    found = clusters(selection, 2)

    assert found.left_out == 1
    assert len(found.documents) == 3
    assert selection.documents[2] not in set(found.documents["doc_id"])


@pytest.mark.parametrize(
    ("texts", "count"), [(("ship", "barn"), 2), (("a", "b", "c"), 1), (("", "x"), 2)]
)
def test_too_few_documents_or_clusters_are_refused(texts, count):
    with pytest.raises(SettingsError, match="cannot be divided"):
        clusters(select(corpus(*texts)), count)


@pytest.mark.parametrize("texts", [["same words here"] * 4, ["one", "two", "three"]])
def test_documents_that_are_all_alike_or_have_nothing_in_common_are_drawn(texts):
    found = clusters(select(corpus(*texts)), 3)

    assert np.isfinite(found.documents[["x", "y"]].to_numpy()).all()


def test_principal_coordinates_give_back_a_plane():
    places = np.array([[0, 0], [3, 0], [3, 4], [0, 1]], float)
    centred = places - places.mean(axis=0)

    found = principal_coordinates(places @ places.T)

    assert found @ found.T == pytest.approx(centred @ centred.T)
