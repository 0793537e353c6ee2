"""The benchmark of accuracy: its measures, and the table in README that it writes."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.accuracy import METHODS, PLAIN, Score, page_error, script_of, tables

ROOT = Path(__file__).parents[2]


def score(method, file, error, language="eng"):
    return Score(file, "letter", "Latin", language, method, error, 1.0)


def rows(text):
    """Return the tables in Markdown, each a list of its lines."""
    parts = [part.splitlines() for part in text.split("\n\n")]
    return [part for part in parts if part and part[0].startswith("|")]


@pytest.mark.parametrize(
    ("text", "in_order", "error"),
    [
        ("one two  three\nfour", True, 0.0),
        ("one two three", True, 5 / 18),  # " four" is missing
        ("four three two one", False, 0.0),
        ("one two three five", False, 1 - 2 * 3 / 8),  # three words of four and four
        ("", False, 1.0),
    ],
)
def test_the_error_is_of_characters_in_order_or_of_words(text, in_order, error):
    truth = "one two three four"
    assert page_error(truth, text, in_order=in_order) == pytest.approx(error)


@pytest.mark.parametrize(
    ("truth", "kinds", "script"),
    [
        ("Der Hafen, 1902", "letter", "Latin"),
        ("Der Hafen", "newspaper;fraktur", "Fraktur"),
        ("новая гавань (port)", "letter", "Cyrillic"),
    ],
)
def test_the_script_is_that_of_most_letters(truth, kinds, script):
    assert script_of(truth, kinds) == script


def test_the_tables_compare_each_page_with_plain_tesseract():
    plain = [score(PLAIN, "a", 0.5), score(PLAIN, "b", 0.1, "deu")]
    ours = [score("ours", "a", 0.1), score("ours", "b", 0.2, "deu")]
    ours = [replace(each, cpu_seconds=2.5) for each in ours]

    summary, kinds, scripts, languages = rows(tables([*plain, *ours]))

    assert summary[2] == f"| {PLAIN} | 0.300 |  |  | 1.00 | 1.00 |"
    assert (
        summary[3] == "| ours | 0.150 | -0.150 (-0.400 to +0.100) | 1 | 2.50 | 2.50 |"
    )
    assert kinds[2:] == ["| letter | 2 | 0.300 | 0.150 |"]
    assert scripts[2:] == ["| Latin | 2 | 0.300 | 0.150 |"]
    assert languages[2:] == [
        "| deu | 1 | 0.100 | 0.200 |",
        "| eng | 1 | 0.500 | 0.100 |",
    ]


def test_readme_shows_the_results_as_the_benchmark_wrote_them():
    results = rows((ROOT / "docs/accuracy.md").read_text(encoding="utf-8"))
    form = rows(tables([score(method, "a", 0.1) for method in METHODS]))

    assert [table[:2] for table in results] == [table[:2] for table in form]
    named = [line.split(" |")[0] for line in results[0]]
    assert named == [line.split(" |")[0] for line in form[0]]
    assert results[0] in rows((ROOT / "README.md").read_text(encoding="utf-8"))
