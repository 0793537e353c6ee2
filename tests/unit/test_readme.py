"""The manual is true: its examples run, and its tables are compared."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from ocr_core.cli.info import knob_table
from tests.support.manual import manual
from tests.support.waiting import HANG

ROOT = Path(__file__).parents[2]
SCREENS = ROOT / "docs" / "screens"
RESULTS = ROOT / "app" / "projects" / "pictures"
SERVED = "127.0.0.1:8000"  # what asks a server is run by test_api_examples
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TABLE = re.compile(r"<!-- knobs -->\n*(.*?)\n*<!-- /knobs -->", re.DOTALL)

SMALL = """\
# A project

```console
$ echo one
one
$ echo two; echo three
two
...
$ true
```

```python
print(6 * 7)
```

```text
42
```

```json
{}
```
"""


class Example(NamedTuple):
    """A piece of README that can be run, and what is shown to come of it."""

    kind: str
    code: str
    shown: str


def examples(text):
    """Return the commands and programs in Markdown, each with the output shown.

    In a console every line after a ``$`` is output up to the next one; after a
    program a fence of plain text is. Where nothing is shown, anything may come.
    """
    fences = FENCE.findall(text)
    found = []
    for (kind, body), (following, output) in zip(
        fences, [*fences[1:], ("", "")], strict=True
    ):
        if kind == "console":
            for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
                command, _, shown = part.partition("\n")
                found.append(Example("sh", command, shown))
        elif kind in ("python", "sh"):
            shown = output if following == "text" else ""
            found.append(Example(kind, body, shown))
    return found


def matches(output, shown):
    """Compare output with what is shown; three dots stand for anything."""
    wanted = re.escape(shown.strip()).replace(r"\.\.\.", ".*")
    return not shown.strip() or re.fullmatch(wanted, output.strip(), re.DOTALL)


TEXT = manual()
EXAMPLES = [each for each in dict.fromkeys(examples(TEXT)) if SERVED not in each.code]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder that looks like the project, where examples leave their files.

    Those who follow the manual run one after the other: a corpus is read once.
    """
    tmp_path = tmp_path_factory.mktemp("project")
    for path in ROOT.iterdir():
        if path.name in ("sample_images", "ocr_core", "README.md", "docs"):
            (tmp_path / path.name).symlink_to(path)
    programs = tmp_path / "bin"
    programs.mkdir()
    program = programs / "ocr-core"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m ocr_core "$@"\n')
    program.chmod(0o755)
    return tmp_path


def run(example, folder):
    shell = ["sh", "-e", "-c"]
    program = [sys.executable, "-c"] if example.kind == "python" else shell
    return subprocess.run(
        [*program, example.code],
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=HANG,
        env={
            **os.environ,
            "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
        },
    )


def test_examples_are_found_with_what_is_shown():
    assert examples(SMALL) == [
        Example("sh", "echo one", "one\n"),
        Example("sh", "echo two; echo three", "two\n...\n"),
        Example("sh", "true", ""),
        Example("python", "print(6 * 7)\n", "42\n"),
    ]


def test_a_small_page_keeps_its_word(folder):
    for example in examples(SMALL):
        assert matches(run(example, folder).stdout, example.shown)


@pytest.mark.parametrize(
    ("output", "shown", "kept"),
    [
        ("a\nb\nc\n", "a\n...\nc", True),
        ("a\nb\n", "a\n", False),
        ("a.b", "a.b", True),
        ("axb", "a.b", False),
        ("whatever", "", True),
    ],
)
def test_output_is_compared_with_what_is_shown(output, shown, kept):
    assert bool(matches(output, shown)) is kept


def test_the_table_of_knobs_is_what_the_command_line_prints():
    found = TABLE.search(TEXT)

    assert found, "there is no table between <!-- knobs --> and <!-- /knobs -->"
    assert found[1] == knob_table()


def test_the_chart_of_speed_shows_the_figures_of_the_table():
    table = TEXT.split("| pages a minute |")[1]
    rows = re.findall(r"^\| [^|]+ \| ([\d.]+) \|", table.split("\n##")[0], re.MULTILINE)
    chart = (ROOT / "docs/throughput.svg").read_text(encoding="utf-8")
    assert len(rows) == 7
    assert re.findall(r">([\d.]+) a minute<", chart) == rows


def test_each_picture_of_a_screen_is_shown_and_small():
    """`make screens` takes them; the start screen has those of the app's folder."""
    shown = set(re.findall(r"screens/(\w+\.png)", TEXT))
    there = {each.name: each.stat().st_size for each in SCREENS.iterdir()}

    assert there.keys() == shown
    assert all(15_000 < size < 300_000 for size in there.values()), there
    results = [each.stat().st_size for each in RESULTS.glob("*.png")]
    assert len(results) == 3
    assert all(5_000 < size < 100_000 for size in results)


def test_the_manual_shows_the_command_line_and_python():
    assert {example.kind for example in EXAMPLES} >= {"sh", "python"}


@pytest.mark.large
@pytest.mark.needs_tesseract
@pytest.mark.parametrize(
    "example", EXAMPLES, ids=lambda example: example.code.split("\n")[0][:50]
)
def test_an_example_of_the_manual_does_what_it_shows(folder, example):
    ran = run(example, folder)

    assert ran.returncode == 0, ran.stderr
    assert matches(ran.stdout, example.shown), ran.stdout
