"""The commands for topics, variants and reliability give the library's numbers."""

import csv
import io
import re

import pytest

from ocr_core.corpus import Corpus
from ocr_core.mining import Filter, select
from ocr_core.mining.clustering import clusters
from ocr_core.mining.collocate_network import collocate_network
from ocr_core.mining.diversity import diversity, vocabulary_growth
from ocr_core.mining.reliability import measure_reliability
from ocr_core.mining.topics import similar, topic_trends, topics
from ocr_core.mining.variants import learn, variants
from tests.support.planted_topics import written
from tests.support.written_corpora import fill, page

TEXTS = [
    f"{text} {'Burnlqy' if n in (1, 10) else 'Burnley'} "
    f"{'Bumley' if n % 3 == 0 else ''}. A tide"
    for n, text in enumerate(written(each=6, length=20))
]
NAMES = [f"mail_{1890 + n}" for n in range(18)]


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "harbour.sqlite"
    with Corpus(path, write=True) as corpus:
        fill(
            corpus,
            *(
                page(name, text, quality=0.9 if n < 9 else 0.6)
                for n, (name, text) in enumerate(zip(NAMES, TEXTS, strict=True))
            ),
        )
        corpus.correct("mail_1891", 1, 20, "Burnley")
        half = {name: "old" if n < 9 else "new" for n, name in enumerate(NAMES)}
        corpus.set_metadata({"half": half})
    return path


def read(call):
    assert call.code == 0, call.err
    return list(csv.DictReader(io.StringIO(call.out.decode(), newline="")))


def same(rows, table):
    """Return whether what was written is a table of the library to the last digit."""
    text = table.astype(object).where(table.notna(), "").astype(str)
    return [list(row.values()) for row in rows] == text.to_numpy().tolist()


def library(path, **wanted):
    with Corpus(path) as corpus:
        return select(corpus.tokens(), Filter(**wanted))


def test_topics_are_those_of_the_library(shell, path):
    call = shell("topics", path, "--topics", 3, "--seed", 4, "--runs", 2)
    shares = shell("topics", path, "--topics", 3, "--seed", 4, "--shares")

    found = topics(library(path), 3, seed=4, runs=2)
    rows = read(call)
    assert [row["term"] for row in rows] == found.words["term"].tolist()
    assert float(rows[0]["stability"]) == found.stability["stability"][0]
    assert f"{found.mean_stability:.2f} of 1" in call.err
    assert same(read(shares), found.documents)


def test_topics_over_a_column_are_those_of_the_library(shell, path):
    rows = read(shell("topics", path, "--topics", 3, "--over", "half"))

    selection = library(path)
    found = topics(selection, 3, runs=0)
    assert same(rows, topic_trends(found.documents, selection.tokens.metadata["half"]))
    call = shell("topics", path, "--topics", 3, "--over", "year")
    assert (call.code, "Known: half." in call.err) == (2, True)


def test_clusters_are_those_of_the_library(shell, path):
    found = clusters(library(path), 3)

    assert same(read(shell("clusters", path, "--clusters", 3)), found.documents)
    rows = read(shell("clusters", path, "--clusters", 3, "--sizes"))
    assert same(rows, found.words)
    call = shell("clusters", path, "--documents", "mail_1890")
    assert (call.code, "cannot be divided" in call.err) == (2, True)


def test_the_links_of_a_network_are_those_of_the_library(shell, path):
    rows = read(shell("collocates", path, "Burnley", "--network", "--limit", 8))

    found = collocate_network(library(path), "Burnley", words=8)
    assert rows
    assert same(rows, found.links)
    call = shell("collocates", path, "Burnley", "--network", "--left", 2)
    assert (call.code, "as many words before" in call.err) == (2, True)


def test_too_few_texts_for_topics_are_reported(shell, path):
    call = shell("topics", path, "--topics", 20)

    assert call.code == 2
    assert "20 topics cannot be found in 18 texts" in call.err


def test_similar_documents_are_those_of_the_library(shell, path):
    rows = read(shell("similar", path, "mail_1890", "--limit", 3))

    assert same(rows, similar(library(path), "mail_1890", 3))
    assert len(read(shell("similar", path, "mail_1890", "--limit", 0))) == 17


def test_variants_are_those_that_corrections_teach(shell, path):
    rows = read(shell("variants", path, "Burnley", "--documents", "mail_1*"))

    wanted = variants(
        library(path, documents="mail_1*"), "Burnley", learn([("Burnlqy", "Burnley")])
    )
    assert same(rows, wanted)
    assert [row["term"] for row in rows] == ["burnley", "bumley", "burnlqy"]


def test_a_word_is_counted_strictly_and_tolerantly(shell, path):
    rows = read(shell("variants", path, "Burnley", "--counts"))

    assert [row["count"] for row in rows] == ["17", "24"]


def test_ground_truth_teaches_what_is_confused(shell, path, tmp_path):
    folder = tmp_path / "truth"
    folder.mkdir()
    (folder / "mail_1891.gt.txt").write_text(TEXTS[1].replace("Burnlqy", "Burnley"))
    wrong = shell("variants", path, "Burnley", "--truth", tmp_path)

    call = shell("variants", path, "Burnley", "--truth", folder)

    assert "1 words of 1 documents differ from their truth." in call.err
    taught = learn([("Burnlqy", "Burnley")] * 2)
    assert same(read(call), variants(library(path), "Burnley", taught))
    assert wrong.code == 3 and "holds no ground truth" in wrong.err


def test_diversity_and_growth_are_those_of_the_library(shell, path):
    assert same(read(shell("diversity", path)), diversity(library(path)))
    grown = shell("vocabulary-growth", path, "--points", 5)
    assert same(read(grown), vocabulary_growth(library(path), 5).table)
    assert "Heaps' law: types = " in grown.err


def test_readability_is_of_what_the_filter_leaves(shell, path):
    rows = read(shell("readability", path, "--documents", "mail_1890"))

    assert [(row["doc_id"], row["sentences"]) for row in rows] == [("mail_1890", "2")]
    assert rows[0]["formula"] == "Flesch"


def test_trust_tells_shares_and_whether_parts_differ(shell, path):
    [row] = read(shell("reliability", path, "--conf-threshold", 95))
    parts = shell("reliability", path, "--by", "half")

    assert (
        float(row["share_low_conf"])
        == measure_reliability(library(path), conf_threshold=95).share_low_conf
    )
    assert row["tokens"] == str(measure_reliability(library(path)).tokens)
    assert [row["part"] for row in read(parts)] == ["new", "old"]
    assert "new was read worse than old" in parts.err


def test_forms_are_confirmed_and_counted_apart_again(shell, path):
    def listed():
        return {row["term"] for row in read(shell("terms", path))}

    assert {"the", "burnley"} <= listed()
    shell("variants", path, "Burnley", "--confirm", "--form", "the")
    assert "the" not in listed() and "burnley" in listed()

    shell("variants", path, "Burnley", "--confirm", "--form", "")
    assert "the" in listed()


@pytest.mark.parametrize(
    ("former", "today"),
    [
        (["growth", "--points", 5], ["vocabulary-growth", "--points", 5]),
        (["trust", "--cut", 95], ["reliability", "--conf-threshold", 95]),
        (["terms", "--heads", "keep"], ["terms", "--running-heads", "keep"]),
    ],
)
def test_commands_and_flags_work_by_their_former_names(shell, path, former, today):
    before = shell(former[0], path, *former[1:])
    now = shell(today[0], path, *today[1:])

    assert (before.code, before.out) == (now.code, now.out) == (0, before.out)


@pytest.mark.parametrize("command", [[], ["terms"], ["reliability"]])
def test_no_help_shows_a_former_name(shell, command):
    words = set(re.findall(r"[\w-]+", shell(*command, "--help").out.decode()))

    assert {"help", "--help"} & words
    assert not {"growth", "trust", "--heads", "--cut"} & words
