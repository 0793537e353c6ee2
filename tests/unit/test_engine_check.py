"""Engine check: the cause of a failure is the page, the engine or the machine."""

import os
import re
import shutil
import stat
import subprocess

import numpy as np
import pytest

from ocr_core.corpus import Corpus
from ocr_core.engines import Recognition, tesseract_cli
from ocr_core.engines.tesseract_cli import Pytesseract
from ocr_core.errors import (
    BrokenEngineError,
    EngineError,
    EngineOutputError,
    InputError,
    LimitError,
    LostWorkerError,
    MissingEngineError,
    OutputError,
    SlowEngineError,
)
from ocr_core.execution.engine_check import (
    MAX_DOUBTS,
    MAX_HELD,
    draw_test_page,
    judged,
)
from ocr_core.page import PageRef, PageResult
from tests.support.processes import COMMAND, ROOT, Batch

GOOD = None
CRASH, SLOW = EngineError("It crashed."), SlowEngineError("It hung.")
UNDECODABLE = EngineOutputError("Tesseract's output is not UTF-8.")
KILLED, TORN, LONG = LostWorkerError("Killed."), InputError("Torn."), LimitError("Long")


def needs_program(test):
    """Have a test read with the real program."""
    there = pytest.mark.skipif(not shutil.which("tesseract"), reason="no such program")
    return pytest.mark.kill(pytest.mark.needs_tesseract(there(test)))


# What decides


def outcomes(*errors):
    """Return what became of pages 1, 2, ..., each with its error."""
    for number, error in enumerate(errors, 1):
        status, kind = ("failed", error.error_kind) if error else ("ok", "")
        ref = PageRef("a.png", number)
        yield PageResult(ref=ref, status=status, error_kind=kind), error


def kinds(errors, check=lambda: pytest.fail("no test page was needed")):
    results = list(judged(outcomes(*errors), check))
    assert [each.ref.number for each in results] == [*range(1, len(results) + 1)]
    return [each.error_kind for each in results]


class TestPage:
    """Replaces the test page: it is read or fails, and counts its readings."""

    __test__ = False

    def __init__(self, fault=None):
        self.fault, self.read = fault, 0

    def __call__(self):
        self.read += 1
        return self.fault


@pytest.mark.parametrize("error", [TORN, LONG])
def test_a_page_that_cannot_be_decoded_raises_no_doubt(error):
    assert kinds([error] * 30) == [error.error_kind] * 30


@pytest.mark.parametrize("error", [CRASH, SLOW, KILLED])
def test_a_failure_between_pages_that_are_read_keeps_its_kind(error):
    errors = [GOOD, error, error, GOOD, error, TORN, error, GOOD]

    assert kinds(errors) == [each.error_kind if each else "" for each in errors]


@pytest.mark.parametrize("error", [CRASH, SLOW, KILLED, UNDECODABLE])
def test_after_three_failures_a_broken_engine_ends_the_run(error):
    page, results = TestPage(SlowEngineError("More than 30 seconds.")), []

    with pytest.raises(BrokenEngineError, match=re.escape(error.message)) as fault:
        for result in judged(outcomes(GOOD, error, error, error, GOOD), page):
            results.append(result)

    assert [each.ref.number for each in results] == [1]  # nothing is known of the rest
    assert (page.read, fault.value.exit_code) == (1, 4)
    assert "30 seconds" not in fault.value.message  # the limit of pages, not its own


@pytest.mark.parametrize(
    ("error", "kind"), [(CRASH, "input"), (SLOW, "limit"), (KILLED, "machine")]
)
def test_where_the_test_page_is_read_the_pages_are_at_fault(error, kind):
    page = TestPage()

    assert kinds([*[error] * 7, GOOD], page) == [*[kind] * 6, error.error_kind, ""]
    assert page.read == 2


@pytest.mark.parametrize("errors", [[CRASH], [GOOD, CRASH], [CRASH, TORN, CRASH]])
def test_where_the_last_pages_fail_a_test_page_is_read(errors):
    assert kinds(errors, TestPage()) == [
        each.error_kind if each else "" for each in errors
    ]
    with pytest.raises(BrokenEngineError):
        kinds(errors, TestPage(SLOW))


def test_damaged_files_do_not_keep_a_doubt_waiting_for_ever():
    page = TestPage()

    shown = next(judged(outcomes(CRASH, *[TORN] * (MAX_HELD - 1), None), page))

    assert (shown.error_kind, page.read) == ("input", 1)


def test_output_that_cannot_be_decoded_is_never_the_fault_of_the_page():
    assert kinds([*[UNDECODABLE] * 4, GOOD], TestPage()) == [*["engine"] * 4, ""]


# Programs that do what Tesseract should not

REAL = shutil.which("tesseract") or "tesseract"
HEADER = r"level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth"
FAULTS = {
    "crash": ("kill -SEGV $$", EngineError, "killed by signal 11"),
    "abort": ("kill -ABRT $$", EngineError, "killed by signal 6"),
    "kill": ("kill -KILL $$", LostWorkerError, "killed by signal 9"),
    "interrupt": ("kill -INT $$", LostWorkerError, "killed by signal 2"),
    "exit": ("exit 1", EngineError, "exit code 1"),
    "nothing": ("exit 0", EngineError, "wrote no output"),
    "empty": (': > "$2.tsv"', EngineError, "wrote no output"),
    "header": (f"printf '{HEADER}\\n' > \"$2.tsv\"", EngineError, "wrote no output"),
    "bytes": (
        r"""printf '1\t\377\376' > "$2.tsv" """,
        EngineOutputError,
        "not UTF-8",
    ),
    "damaged": (
        r"""printf '\n1\t1\n5\tx\tx\tx\tx\tx\tx\tx\tx\tx\tx\tx\n' > "$2.tsv" """,
        EngineError,
        "damaged table",
    ),
    "hang": ("sleep 600 & wait", SlowEngineError, "more than 1 seconds"),
    "vanish": (f'{shutil.which("rm")} -f "$0"', EngineError, "wrote no output"),
}
LOUD = f'head -c 100000000 /dev/zero >&2; exec "{REAL}" "$@"'


class Stub:
    """A program called tesseract that prints its version and then fails as
    requested."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        self.program = folder / "tesseract"

    def does(self, deed):
        version = 'case "$1" in --version) echo "tesseract 5.3.0"; exit 0;; esac'
        self.program.write_text(f"#!/bin/sh\n{version}\n{deed}\n")
        self.program.chmod(self.program.stat().st_mode | stat.S_IXUSR)

    def is_mended(self):
        self.does(f'exec "{REAL}" "$@"')


@pytest.fixture
def stub(tmp_path):
    return Stub(tmp_path / "bin")


@pytest.fixture
def engine(stub, monkeypatch):
    """The engine that runs the stub."""
    monkeypatch.setenv("PATH", str(stub.folder), prepend=os.pathsep)
    monkeypatch.setattr(tesseract_cli, "PAGE_SECONDS", 1)
    monkeypatch.setattr(tesseract_cli, "data_folder", lambda language: "nowhere")
    stub.does("exit 0")
    return Pytesseract()


def sheet():
    return np.full((40, 90), 255, np.uint8)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_program_is_named(stub, engine, fault):
    deed, error, sentence = FAULTS[fault]
    stub.does(deed)

    with pytest.raises(error, match=sentence) as raised:
        engine.recognize(sheet(), Recognition())

    assert raised.type is error


def test_a_program_that_is_gone_is_named(stub, engine):
    stub.program.unlink()
    stub.folder.rmdir()
    os.environ["PATH"] = "/nowhere"

    with pytest.raises(MissingEngineError, match="not installed"):
        engine.recognize(sheet(), Recognition())


def test_a_full_disk_is_no_fault_of_the_program(stub, engine, monkeypatch):
    usage = shutil.disk_usage("/")._replace(free=0)
    monkeypatch.setattr(tesseract_cli.shutil, "disk_usage", lambda path: usage)
    stub.does(': > "$2.tsv"')

    with pytest.raises(OutputError, match="no room"):
        engine.recognize(sheet(), Recognition())


@pytest.mark.parametrize(
    "deed", ["exec sleep 600", "exit 3", "echo x", "kill -9 $$", "kill -11 $$"]
)
def test_a_program_that_does_not_tell_its_version_is_refused(stub, monkeypatch, deed):
    monkeypatch.setenv("PATH", str(stub.folder), prepend=os.pathsep)
    monkeypatch.setattr(tesseract_cli, "VERSION_SECONDS", 0.5)
    stub.program.write_text(f"#!/bin/sh\n{deed}\n")
    stub.program.chmod(0o755)

    with pytest.raises(MissingEngineError, match="does not"):
        tesseract_cli.program_version()


@pytest.mark.parametrize("number", [9, 15])  # nohup ignores 1, a job 2
def test_a_program_killed_by_others_is_asked_for_its_version_again(
    stub, monkeypatch, number
):
    monkeypatch.setenv("PATH", str(stub.folder), prepend=os.pathsep)
    once = stub.folder / "killed"
    stub.program.write_text(
        f"#!/bin/sh\n[ -e {once} ] && exec echo tesseract 5.3.0\n"
        f": > {once}; kill -{number} $$; sleep 600\n"
    )
    stub.program.chmod(0o755)

    assert tesseract_cli.program_version() == "5.3.0"


@needs_program
def test_a_hundred_megabytes_of_complaints_do_no_harm(stub, monkeypatch):
    from ocr_core.pipeline import recognize_page
    from ocr_core.settings import Settings

    monkeypatch.setenv("PATH", str(stub.folder), prepend=os.pathsep)
    stub.does(LOUD)
    page = draw_test_page(stub.folder)
    settings = Settings.from_flat({"engine": "pytesseract"})

    assert recognize_page(PageRef(str(page)), settings).text == "Page 12345"


# The command


@pytest.fixture
def scans(tmp_path):
    """Five pages of one line."""
    from sample_images.drawing import draw_text_page

    folder = tmp_path / "scans"
    folder.mkdir()
    for number in range(1, 6):
        page, _ = draw_text_page(f"page number {100 + number}", size=(560, 200))
        page.save(folder / f"{number}.png", dpi=(200, 200))
    return folder


def crash_at(text):
    """Return what crashes on pages that hold a text, and reads others."""
    found = f'{shutil.which("grep")} -q "{text}" "$2.tsv"'
    return f'"{REAL}" "$@" && if {found}; then kill -SEGV $$; fi'


def states(path):
    with Corpus(path) as corpus:
        return [(each.status, each.error_kind) for each in corpus.results()]


def ended(*words):
    """Run a batch with one worker, as starting one takes longer than five pages."""
    return Batch(*words, workers=1).end()


@needs_program
@pytest.mark.parametrize("fault", ["crash", "vanish"])
def test_a_broken_program_ends_the_run_and_after_repair_the_same_command_reads_all(
    scans, tmp_path, stub, fault, monkeypatch
):
    monkeypatch.setenv("PATH", "/nowhere")  # nor is there another program
    path, book = tmp_path / "corpus.sqlite", tmp_path / "book"
    deed, _, sentence = FAULTS[fault]
    stub.does(deed)

    code, output = ended(scans, path, book, stub)

    sentence = "not installed" if fault == "vanish" else sentence
    assert code == 4, output
    assert "Error: Neither the last pages nor a page drawn as a test" in output
    assert sentence in output
    assert "the same command goes on" in output

    stub.is_mended()
    code, output = ended(scans, path, book, stub)

    assert code == 0, output
    assert output.endswith("5 pages read, 0 there already, 0 failed.\n")


@needs_program
def test_a_page_that_crashes_the_program_stops_no_run_and_is_tried_again(
    scans, tmp_path, stub
):
    path, book = tmp_path / "corpus.sqlite", tmp_path / "book"
    stub.does(crash_at(104))

    code, output = ended(scans, path, book, stub)

    assert code == 3, output
    assert "4 pages read, 0 there already, 1 failed.\n" in output
    assert "killed by signal 11" in output
    assert "1 failed through the engine or the machine" in output
    assert sorted(states(path)) == [("failed", "engine"), *[("ok", "")] * 4]

    stub.is_mended()
    code, output = ended(scans, path, book, stub)

    assert code == 0, output
    assert output.endswith("1 page read, 4 there already, 0 failed.\n")


@needs_program
def test_pages_that_all_crash_the_program_stop_no_run_that_can_read_others(
    scans, tmp_path, stub
):
    path, book = tmp_path / "corpus.sqlite", tmp_path / "book"
    stub.does(crash_at("number"))

    code, output = ended(scans, path, book, stub)

    assert code == 3, output
    assert "0 pages read, 0 there already, 5 failed.\n" in output
    decided = [("failed", "input")] * MAX_DOUBTS
    assert sorted(states(path)) == [*[("failed", "engine")] * 2, *decided]

    stub.is_mended()
    code, output = ended(scans, path, book, stub)

    assert code == 3, output  # what the pages are at fault of waits for --retry-failed
    assert "2 pages read, 0 there already, 3 failed.\n" in output


@needs_program
def test_reading_with_a_broken_program_ends_with_its_cause(scans, tmp_path, stub):
    deed, _, sentence = FAULTS["nothing"]
    stub.does(deed)

    done = subprocess.run(
        [
            *(*COMMAND, "read", scans, "--workers", "1"),
            *("--engine", "pytesseract", "-o", tmp_path / "out"),
        ],
        env={**os.environ, "PATH": f"{stub.folder}:{os.environ['PATH']}"},
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )

    assert done.returncode == 4, done.stderr
    assert sentence in done.stderr
    assert not (tmp_path / "out").exists()
