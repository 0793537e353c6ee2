"""Parts: filters kept with a corpus under a name, compared, and made metadata."""

import csv
import io
import os

import pytest
from click.testing import CliRunner

from ocr_core.cli import cli
from ocr_core.corpus import Corpus
from ocr_core.errors import SettingsError
from ocr_core.mining import Filter
from tests.support.written_corpora import fill, page

EARLY = Filter(metadata="year=1890..1899", stop_words="drop")
PAGES = (
    page("a", "the ship and the sails"),
    page("b", "the ship of the harbour"),
    page("c", "a motor and the harbour"),
)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "ships.sqlite"
    with Corpus(path, write=True) as corpus:
        fill(corpus, *PAGES)
        corpus.set_metadata({"year": {"a": "1890", "b": "1895", "c": "1920"}})
    return path


def run(*args, code=0):
    ran = CliRunner().invoke(cli, list(map(os.fspath, args)), catch_exceptions=False)
    assert ran.exit_code == code, ran.stderr
    return list(csv.DictReader(io.StringIO(ran.stdout))), ran.stderr


def test_parts_are_kept_renamed_replaced_and_deleted(path):
    with Corpus(path, write=True) as corpus:
        assert corpus.parts() == {}
        assert corpus.save_part(" early  years ", EARLY) == "early years"
        corpus.save_part("late", Filter(documents="c"))
        corpus.save_part("late", Filter(documents="c*"))
        corpus.rename_part("early years", "early")
        for wrong in ("early", "", "x" * 201, "a\nb\x00"):
            with pytest.raises(SettingsError):
                corpus.rename_part("late", wrong)
        for change in (corpus.delete_part, corpus.part):
            with pytest.raises(SettingsError, match="no part nothing"):
                change("nothing")

    with Corpus(path, write=True) as corpus:
        assert corpus.parts() == {"early": EARLY, "late": Filter(documents="c*")}
        corpus.delete_part("early")
        assert [*corpus.parts()] == ["late"]


def test_commands_take_a_part_and_flags_have_priority(path):
    run("parts", path, "early", "--metadata", "year=1890..1899", "--save")
    run("parts", path, "ship", "--documents", "b,c", "--stop-words", "drop", "--save")

    assert [row["part"] for row in run("parts", path)[0]] == ["early", "ship"]
    words, _ = run("terms", path, "--part", "ship")
    assert {row["term"] for row in words} == {"ship", "harbour", "motor"}
    words, _ = run("terms", path, "--part", "ship", "--documents", "c")
    assert {row["term"] for row in words} == {"harbour", "motor"}
    with pytest.raises(SettingsError, match="no part none"):
        run("terms", path, "--part", "none")


def test_two_parts_are_compared_and_shared_pages_count_in_the_first(path):
    run("parts", path, "early", "--metadata", "year=1890..1899", "--save")
    run("parts", path, "late", "--metadata", "year=1895..1929", "--save")

    found, said = run("keyness", path, "--part", "early", "--against-part", "late")

    counts = {row["term"]: (row["count"], row["reference_count"]) for row in found}
    assert counts["ship"] == ("2", "0")
    assert counts["harbour"] == ("1", "1")
    assert "2 documents" in said and "in the reference: 1 document" in said


def test_a_part_becomes_a_value_of_metadata(path):
    run("parts", path, "early", "--metadata", "year=1890..1899", "--save")
    run("parts", path, "early", "--to-metadata", "period = early")

    with Corpus(path) as corpus:
        assert corpus.metadata()["period"] == {"a": "early", "b": "early"}


def test_the_command_says_what_it_needs(path):
    for wrong in (
        ["early"],
        ["--save"],
        ["early", "--save", "--delete"],
        ["early", "--to-metadata", "period"],
    ):
        with pytest.raises(SettingsError):
            run("parts", path, *wrong)
