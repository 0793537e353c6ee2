"""Soak test: any process of a run is killed at any moment, by one of three signals."""

import contextlib
import os
import random
import shutil
import signal
import threading
from pathlib import Path

import pytest

from ocr_core.corpus import Corpus
from tests.support.numbered_pages import draw, whole
from tests.support.processes import Batch, Readings, answers, kept
from tests.support.soak import rounds
from tests.support.waiting import HANG, until

PAGES = 8
MAX_REPEATED = 6  # pages that a kill may cost
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
INTERRUPTED = 130
pytestmark = [
    pytest.mark.needs_tesseract,
    pytest.mark.kill,
    pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc"),
    pytest.mark.skipif(
        not shutil.which("tesseract"), reason="the Tesseract program is not installed"
    ),
]


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    return draw(tmp_path_factory.mktemp("soak") / "scans", PAGES)


def roles(batch):
    """Return the processes of a run by what they do."""
    found = {}
    workers = set(batch.workers())
    for process in batch.family():
        with contextlib.suppress(OSError):
            words = Path(f"/proc/{process}/cmdline").read_bytes()
            if process == batch.process.pid:
                role = "command"
            elif process in workers:
                role = "worker"
            elif b"resource_tracker" in words:
                role = "tracker"
            elif b"forkserver" in words:
                role = "fork server"
            elif b"tesseract" in words:
                role = "engine"
            else:
                continue  # it is being born
            found.setdefault(role, []).append(process)
    return found


def moment(chance, batch, path):
    """Wait for some moment of the run, its start included."""
    over, least = batch.process.poll, chance.randrange(PAGES)
    reached = {
        "imports": lambda: answers(batch.process.pid),
        "fork server": lambda: "fork server" in roles(batch),
        "worker": lambda: "worker" in roles(batch),
        "engine": lambda: "engine" in roles(batch),
        "page": lambda: kept(path) >= least,
    }
    name = chance.choice([*reached])
    until(lambda: reached[name]() or over() is not None)
    threading.Event().wait(chance.random() * chance.choice((0.05, 0.5, 1.5)))
    return name


def strike(chance, batch):
    """Send a signal to one of the processes; return to which, and what."""
    there = roles(batch)
    if not there:
        return "none", 0
    role = chance.choice(sorted(there))
    number = chance.choice(SIGNALS)
    with contextlib.suppress(ProcessLookupError):
        os.kill(chance.choice(there[role]), number)
    return role, number


@pytest.mark.timeout(3 * HANG)
@rounds(40)
def test_a_process_that_is_killed_at_any_moment_costs_no_page(
    scans, tmp_path, seed, record_property
):
    chance = random.Random(seed)
    path, book = tmp_path / "corpus.sqlite", tmp_path / "book"
    readings = Readings(tmp_path / "readings")
    engine = chance.choice((readings, None))  # the program, or the library

    batch = Batch(scans, path, book, engine)
    when = moment(chance, batch, path)
    role, number = strike(chance, batch)
    struck = f"{role} by {number} after {when}"
    record_property("struck", struck)
    code, output = batch.end()

    assert "Traceback" not in output, (struck, output)
    assert "Exception ignored" not in output, (struck, output)
    ends = {0, INTERRUPTED, -number} if role == "command" else {0}
    assert code in ends, (struck, output)
    if code == INTERRUPTED:
        assert "Interrupted." in output
    before = kept(path)
    if before:
        with Corpus(path) as corpus:
            assert set(corpus.counts()) == {"ok"}, struck

    code, output = Batch(scans, path, book, engine).end()

    assert code == 0, (struck, output)
    end = f"{PAGES - before} pages read, {before} there already, 0 failed.\n"
    assert output.endswith(end), (struck, output)
    assert whole(path, PAGES)
    assert not list(book.glob("*ocr-core-*"))
    if engine:
        assert PAGES <= len(readings) <= PAGES + MAX_REPEATED, struck
