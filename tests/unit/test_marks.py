"""Marks: labels of concordance lines, which outlive every new reading of a page."""

import csv
import io
import os

import pytest
from click.testing import CliRunner

from ocr_core.cli import cli
from ocr_core.corpus import Corpus
from ocr_core.corpus.word_positions import position_of, word_at
from ocr_core.errors import InputError, SettingsError
from ocr_core.mining import select
from ocr_core.mining.concordance import kwic
from ocr_core.settings import Settings
from tests.support.written_corpora import READER, fill, page, rows

TEXT = "the old ship and the ship\nof the harbour"
OTHER = Settings.from_flat({"psm": 6})


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "ships.sqlite"
    with Corpus(path, write=True) as corpus:
        fill(corpus, page("a", TEXT), page("b", "a ship"))
    return path


def listed(corpus):
    return [(*mark[:3], mark.label) for mark in corpus.marks()]


def read_again(corpus, words):
    again = page(
        "a", "", rows=words, settings=OTHER.flat(), settings_digest=OTHER.digest
    )
    corpus.save_result(again, READER)
    corpus.accept(corpus.readings("a", 1)[-1].id)


def test_marks_are_set_changed_taken_off_and_undone_step_by_step(path):
    with Corpus(path, write=True) as corpus:
        assert corpus.marks() == []
        assert corpus.undo_marks() == 0
        assert corpus.mark([("a", 1, 2), ("b", 1, 1), ("a", 1, 2)], " my  ship ") == 2
        assert corpus.mark([("a", 1, 2)], "my ship") == 0
        assert corpus.mark([("a", 1, 2), ("a", 1, 5)], "other") == 2
        assert corpus.mark([("b", 1, 1)], "") == 1
        assert listed(corpus) == [("a", 1, 2, "other"), ("a", 1, 5, "other")]

        assert corpus.undo_marks() == 1
        assert corpus.undo_marks() == 2

    with Corpus(path) as corpus:
        assert listed(corpus) == [("a", 1, 2, "my ship"), ("b", 1, 1, "my ship")]
        assert [mark.text for mark in corpus.marks()] == ["ship", "ship"]


def test_a_mark_is_found_by_its_place_after_another_reading(path):
    first, _, third = (row._replace(left=row.left + 3) for row in rows(TEXT)[:3])
    with Corpus(path, write=True) as corpus:
        corpus.mark([("a", 1, 2), ("a", 1, 5)], "mine")

        read_again(corpus, (first, third._replace(text="fhip"), *rows(TEXT)[6:]))
        assert listed(corpus) == [("a", 1, 1, "mine")]

        corpus.mark([("a", 1, 1)], "yours")
        corpus.accept(corpus.readings("a", 1)[0].id)
        assert listed(corpus) == [("a", 1, 2, "yours"), ("a", 1, 5, "mine")]
        corpus.undo_marks()
        assert listed(corpus) == [("a", 1, 2, "mine"), ("a", 1, 5, "mine")]


def test_a_word_is_found_again_by_its_place_in_another_reading(path):
    first, _, third = (row._replace(left=row.left + 3) for row in rows(TEXT)[:3])
    with Corpus(path, write=True) as corpus:
        position = position_of(corpus.original("a", 1), 2)
        assert word_at(corpus.original("a", 1), position) == 2
        corpus.correct("a", 1, 0, "")
        assert word_at(corpus.original("a", 1), position) == 2

        read_again(corpus, (first, third._replace(text="fhip"), *rows(TEXT)[6:]))
        assert word_at(corpus.original("a", 1), position) == 1
        for other in (
            "",
            "1-2",
            "x",
            "9" * 40,
            f"{position}-1",
            "9000-9000-5-5-100-100",
        ):
            assert word_at(corpus.original("a", 1), other) is None
        assert position_of(corpus.original("a", 1), 99) == ""


def test_a_mark_follows_its_page_when_that_is_removed_and_restored(path):
    with Corpus(path, write=True) as corpus:
        corpus.mark([("a", 1, 2)], "mine")
        corpus.remove("a")
        assert corpus.marks() == []
        corpus.restore("a")
        assert listed(corpus) == [("a", 1, 2, "mine")]


def test_what_cannot_be_marked_is_refused_and_nothing_is_kept(path):
    with Corpus(path, write=True) as corpus:
        for each, label, wrong in [
            (("a", 1, 99), "mine", SettingsError),
            (("a", 7, 0), "mine", InputError),
            (("z", 1, 0), "mine", InputError),
            (("a", 1, 0), "x" * 201, SettingsError),
        ]:
            with pytest.raises(wrong):
                corpus.mark([("b", 1, 1), each], label)
        assert corpus.marks() == []


def test_lines_show_their_labels_and_are_chosen_by_them(path):
    with Corpus(path, write=True) as corpus:
        corpus.mark([("a", 1, 5)], "mine")
        corpus.mark([("b", 1, 1)], "other")
        labels = {mark[:3]: mark.label for mark in corpus.marks()}
        selection = select(corpus.tokens())

    every, _ = kwic(selection, "ship", labels=labels)
    assert every["label"].tolist() == ["", "mine", "other"]
    for label, wanted in [("*", ["mine", "other"]), ("mine", ["mine"]), ("no", [])]:
        some, total = kwic(selection, "ship", labels=labels, label=label)
        assert some["label"].tolist() == wanted
        assert total == len(wanted)


def test_the_command_line_marks_lists_and_undoes(path, tmp_path):
    def run(*args):
        ran = CliRunner().invoke(cli, list(args), catch_exceptions=False)
        assert ran.exit_code == 0, ran.stderr
        return list(csv.DictReader(io.StringIO(ran.stdout)))

    words = tmp_path / "words.txt"
    words.write_text("ship\n")
    corpus = os.fspath(path)

    marked = run("kwic", corpus, "old []{0,2} ship", "--mark", "mine")
    lines = run("kwic", corpus, "old", "--list", os.fspath(words))
    counts = run("kwic", corpus, "ship", "--count-by", "document")

    assert [line["label"] for line in marked] == ["mine"]
    assert [line["keyword"] for line in lines] == ["old", "ship", "ship", "ship"]
    assert [line["label"] for line in lines] == ["mine", "", "", ""]
    assert [(row["value"], row["count"]) for row in counts] == [("a", "2"), ("b", "1")]
    assert [row["text"] for row in run("marks", corpus)] == ["old"]
    run("marks", corpus, "--undo")
    assert run("marks", corpus) == []


def test_a_table_of_counts_marks_no_lines(shell, path):
    call = shell("kwic", path, "ship", "--count-by", "document", "--mark", "mine")

    assert (call.code, call.out) == (2, b"")
    assert "--count-by lists no lines that --mark could mark." in call.err
    assert shell("marks", path).out.count(b"\n") == 1  # the names of the columns
