"""Runs into a corpus that are killed, run at the same time, or find the disk full."""

import contextlib
import os
import random
import re
import shutil
import signal
from pathlib import Path

import pytest

from ocr_core.corpus import Corpus
from tests.support.numbered_pages import draw, whole
from tests.support.processes import Batch, Readings, kept
from tests.support.waiting import until

PAGES = 24
FEW = 10
MAX_REPEATED = 6  # pages that a kill may cost
pytestmark = [
    pytest.mark.needs_tesseract,
    pytest.mark.kill,
    pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc"),
]
needs_program = pytest.mark.skipif(
    not shutil.which("tesseract"), reason="the Tesseract program is not installed"
)


@pytest.fixture
def scans(tmp_path):
    return draw(tmp_path / "scans", PAGES)


@pytest.fixture
def few(tmp_path):
    return draw(tmp_path / "scans", FEW)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "corpus.sqlite"


@pytest.fixture
def readings(tmp_path):
    return Readings(tmp_path / "readings")


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_batch_that_is_stopped_says_what_is_kept(scans, path, tmp_path, name):
    batch = Batch(scans, path, tmp_path / "book")
    until(lambda: kept(path) >= 3)

    batch.process.send_signal(getattr(signal, name))
    code, output = batch.end()

    assert code == 130
    assert "What was read is kept: the same command goes on" in output
    assert "Interrupted." in output
    with Corpus(path) as corpus:
        assert corpus.one("SELECT count(*) FROM claims") == (0,)


def test_workers_that_are_killed_cost_no_page(scans, path, tmp_path):
    batch = Batch(scans, path, tmp_path / "book")
    chance = random.Random(3)
    for wanted in (1, 6, 12, 16):
        until(lambda least=wanted: kept(path) >= least)
        if workers := batch.workers():
            with contextlib.suppress(ProcessLookupError):
                os.kill(chance.choice(workers), signal.SIGKILL)

    code, output = batch.end()

    assert code == 0
    assert output.endswith(f"{PAGES} pages read, 0 there already, 0 failed.\n")
    assert whole(path, PAGES)


# At the same time


@needs_program
def test_two_runs_on_one_corpus_share_the_pages(few, path, tmp_path, readings):
    both = [Batch(few, path, tmp_path / name, readings) for name in ("one", "two")]

    ends = [batch.end() for batch in both]

    assert [code for code, _ in ends] == [0, 0]
    matches = [
        re.search(r"(\d+) pages read, (\d+) there already, 0 failed", said)
        for _, said in ends
    ]
    assert all(matches), ends
    read, there = ([int(each[group]) for each in matches] for group in (1, 2))
    assert [sum(pair) for pair in zip(read, there, strict=True)] == [FEW, FEW]
    assert sum(read) == FEW == len(readings)
    assert whole(path, FEW)


@needs_program
def test_a_run_takes_over_what_a_killed_one_had_claimed(few, path, tmp_path, readings):
    killed, other = (Batch(few, path, tmp_path / name, readings) for name in "ab")
    until(lambda: kept(path) >= 2)
    killed.process.kill()

    assert killed.end()[0] in (-9, 0)
    assert other.end()[0] == 0
    assert whole(path, FEW)
    assert len(readings) <= FEW + MAX_REPEATED


def test_a_full_disk_is_named_and_the_same_command_continues(scans, path, tmp_path):
    import resource

    def narrow():
        resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))

    code, output = Batch(scans, path, tmp_path / "book", preexec_fn=narrow).end()

    assert code == 5
    assert "Error: corpus.sqlite cannot be written: " in output
    assert "Traceback" not in output
    before = kept(path)
    assert 0 < before < PAGES

    code, output = Batch(scans, path, tmp_path / "book").end()

    assert code == 0
    assert f"{PAGES - before} pages read, {before} there already" in output
    assert whole(path, PAGES)
