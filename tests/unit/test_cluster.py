"""A cluster reads as this machine does, even if workers are killed; other machines are
refused."""

import builtins
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import dask
import pytest
from distributed import LocalCluster

from ocr_core.corpus import Corpus
from ocr_core.documents.discovery import find_documents
from ocr_core.engines import Recognition
from ocr_core.errors import (
    ClusterError,
    LostWorkerError,
    MissingEngineError,
)
from ocr_core.execution import dask_worker
from ocr_core.execution.batch import read_into, recognize_documents
from ocr_core.execution.dask_cluster import Cluster
from ocr_core.page import PageRef
from ocr_core.settings import Settings
from sample_images.drawing import draw_text_page
from tests.support import tasks
from tests.support.waiting import HANG, until

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.needs_tesseract, pytest.mark.kill]
SETTINGS = Settings.from_flat({"rotate": "0"})
KNOBS = SETTINGS.recognition
PAGES = 8
SHEET = {"size": (460, 90), "font_size": 28, "margin": 20}


@pytest.fixture(scope="module", autouse=True)
def no_script():
    """Remove the main script, which a new process would import; a simulated app leaves
    its own.
    """
    script = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    yield
    sys.modules["__main__"] = script


@pytest.fixture(autouse=True)
def long_time_limits(monkeypatch):
    """Raise the time limits, for busy machines."""
    for limit in ("CONNECT_SECONDS", "INSPECT_SECONDS"):
        monkeypatch.setattr(f"ocr_core.execution.dask_cluster.{limit}", HANG)


@pytest.fixture(scope="module")
def local_cluster(no_script):
    on_busy_machines = {  # a worker that does not connect in time is not started again
        "distributed.scheduler.allowed-failures": 1,
        "distributed.comm.timeouts.connect": f"{HANG}s",
    }
    with (
        dask.config.set(on_busy_machines),
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address="127.0.0.1:0",
            silence_logs=50,
        ) as cluster,
    ):
        yield cluster


@pytest.fixture
def dask_cluster(local_cluster):
    """Two Dask workers of one thread on this machine; one that was lost is replaced."""
    local_cluster.scale(2)
    return local_cluster


@pytest.fixture
def cluster(dask_cluster):
    """Two workers that can be reached from here."""
    with Cluster(dask_cluster.scheduler_address, KNOBS, wait_seconds=HANG) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    """Pages of different words, two of them in one file, and one that is damaged."""
    folder = tmp_path_factory.mktemp("scans")
    sheets = [
        draw_text_page(f"page number {100 + n}", **SHEET)[0] for n in range(PAGES)
    ]
    for number, sheet in enumerate(sheets[2:]):
        sheet.save(folder / f"{number}.png")
    sheets[0].save(folder / "long.tif", save_all=True, append_images=sheets[1:2])
    (folder / "bad.png").write_bytes((folder / "0.png").read_bytes()[:100])
    return folder


def read(pool, scans, path, kill_workers_at=lambda number: None):
    """Read the scans into a corpus; call a function after each page."""
    documents, _ = find_documents([scans])
    with Corpus(path, write=True) as corpus:
        for number, _ in enumerate(read_into(corpus, documents, SETTINGS, pool)):
            kill_workers_at(number)
    with Corpus(path) as corpus:
        return sorted(
            (each.ref.doc_id, each.ref.number, each.status, each.sha256, each.text)
            for each in corpus.results()
        )


@pytest.fixture(scope="module")
def local_results(pool, scans, tmp_path_factory):
    """The results of this machine alone."""
    return read(pool, scans, tmp_path_factory.mktemp("home") / "corpus.sqlite")


@pytest.fixture
def no_shared_disk(monkeypatch):
    """Let the workers see other files at the paths of ours."""
    of = dask_worker.FileIdentity.of
    monkeypatch.setattr(
        dask_worker.FileIdentity, "of", lambda ref: replace(of(ref), changed=1)
    )


def workers_of(dask_cluster):
    return [nanny.process.pid for nanny in dask_cluster.workers.values()]


# What is read


def test_a_cluster_reads_what_one_machine_reads(
    cluster, scans, local_results, tmp_path
):
    assert read(cluster, scans, tmp_path / "corpus.sqlite") == local_results
    assert Counter(each[2] for each in local_results) == {"ok": PAGES, "failed": 1}


@pytest.mark.usefixtures("no_shared_disk")
def test_files_travel_where_no_disk_is_shared(cluster, scans, local_results, tmp_path):
    assert read(cluster, scans, tmp_path / "corpus.sqlite") == local_results


@pytest.mark.usefixtures("no_shared_disk")
def test_a_long_file_travels_in_pieces(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr("ocr_core.execution.dask_cluster.PIECE_BYTES", 1000)
    path = tmp_path / "long.bin"
    path.write_bytes(os.urandom(4321))

    tasks_ = [cluster.submit(tasks.content, PageRef(str(path))) for _ in range(4)]

    assert [task.result(HANG) for task in tasks_] == [path.read_bytes()] * 4


def test_pages_are_read_in_processes_of_their_own(cluster, dask_cluster, scans):
    ref = PageRef(str(scans / "0.png"))

    numbers = {cluster.submit(tasks.reader_process, ref).result(HANG)}

    assert not numbers & {os.getpid(), *workers_of(dask_cluster)}


def test_a_page_that_crashes_costs_itself(cluster, dask_cluster, scans):
    before = workers_of(dask_cluster)
    ref = PageRef(str(scans / "0.png"))

    with pytest.raises(Exception, match="page ended unexpectedly"):
        cluster.submit(tasks.abort_at, ref).result(HANG)

    assert cluster.submit(tasks.content, ref).result(HANG)
    assert workers_of(dask_cluster) == before


def test_a_missing_file_is_refused_as_without_a_cluster(cluster, tmp_path):
    [result] = recognize_documents(
        [PageRef(str(tmp_path / "gone.png"))], SETTINGS, cluster
    )

    assert (result.status, result.error) == (
        "failed",
        "gone.png does not exist. Check the name.",
    )


# Who is killed


def test_workers_that_are_killed_cost_no_page(
    cluster, dask_cluster, scans, local_results, tmp_path
):
    def kill_workers_at(number):
        if number in (1, 4):
            with contextlib.suppress(ProcessLookupError):
                os.kill(workers_of(dask_cluster)[number % 2], signal.SIGKILL)

    assert (
        read(cluster, scans, tmp_path / "corpus.sqlite", kill_workers_at)
        == local_results
    )


def test_a_page_that_kills_all_who_read_it_fails_alone(cluster, dask_cluster, scans):
    ref = PageRef(str(scans / "0.png"))

    with pytest.raises(LostWorkerError, match=r"The worker .* was killed"):
        cluster.submit(tasks.kill_owner_of_pool, ref).result(HANG)

    task = cluster.submit(tasks.content, ref)
    # On a busy machine Dask may give a killed worker up: it is replaced then.
    until(lambda: dask_cluster.scale(2) or task.done(), tick=1)
    assert task.result(HANG)


class Daemon:
    """A Dask scheduler or worker in a separate process."""

    def __init__(self, kind, *words):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "dask", kind, *map(str, words)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def scheduler(port, folder):
    return Daemon(
        *("scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard"),
        *("--scheduler-file", folder / "scheduler.json"),
    )


def worker(folder):
    return Daemon(
        *("worker", "--scheduler-file", folder / "scheduler.json", "--nthreads", 1),
        *("--host", "127.0.0.1", "--no-dashboard", "--no-nanny"),
        *("--local-directory", folder),
    )


def test_a_scheduler_that_comes_back_finds_the_run_waiting(tmp_path, scans):
    """The scheduler is killed during the run; all pending requests are sent again."""
    running = [scheduler(0, tmp_path), worker(tmp_path)]
    written = tmp_path / "scheduler.json"
    said = []
    gate = tmp_path / "gate"
    try:
        until(lambda: written.exists() and written.read_text())
        port = json.loads(written.read_text())["address"].rpartition(":")[2]
        with Cluster(
            str(written), KNOBS, wait_seconds=HANG, report=said.append
        ) as there:
            ref = PageRef(str(scans / "0.png"))
            task = there.submit(tasks.wait_at, ref, str(gate))
            for each in running:
                each.kill()
            until(lambda: any("does not answer" in each for each in said))
            assert not task.done()
            running = [scheduler(port, tmp_path), worker(tmp_path)]
            gate.touch()
            assert task.result(HANG) == str(gate)
            until(lambda: "The cluster is back." in said)
            for each in running:
                each.kill()
            there._wait_seconds = 2
            last = there.submit(tasks.wait_at, ref, str(gate))
            with pytest.raises(ClusterError) as lost:
                last.result(HANG)
            assert "did not change within 2 seconds" in lost.value.message
            assert "the same command goes on" in lost.value.hint
            with pytest.raises(ClusterError):
                there.submit(tasks.wait_at, ref, str(gate))
    finally:
        for each in running:
            each.kill()


# Who may read


def test_a_cluster_without_workers_is_waited_for(dask_cluster, monkeypatch):
    monkeypatch.setattr(Cluster, "_look", lambda self: None)
    address, said = dask_cluster.scheduler_address, []

    with pytest.raises(ClusterError, match=r"has no worker\. That did not change"):
        Cluster(address, KNOBS, wait_seconds=0.1, report=said.append)

    assert said == ["The cluster has no worker. Waiting for up to 0 seconds."]


def test_a_worker_that_is_stopped_leaves_nothing(tmp_path, scans):
    running = [scheduler(0, tmp_path), worker(tmp_path)]
    written = tmp_path / "scheduler.json"
    try:
        until(lambda: written.exists() and written.read_text())
        with Cluster(str(written), KNOBS, wait_seconds=HANG) as there:
            ref = PageRef(str(scans / "0.png"))
            reader = there.submit(tasks.reader_process, ref).result(HANG)
            folder = there.submit(tasks.temporary_folder, ref).result(HANG)
        assert Path(folder).is_dir()
        running[1].process.terminate()
        running[1].process.wait(HANG)
        until(lambda: not Path(f"/proc/{reader}").exists())
        assert not Path(folder).exists()
    finally:
        for each in running:
            each.kill()


def test_a_worker_that_reads_otherwise_is_left_out(dask_cluster, monkeypatch):
    monkeypatch.setattr(
        dask_worker, "reader_here", lambda knobs: ("0.1.0", "tesserocr 9.9", "0")
    )

    with pytest.raises(MissingEngineError, match=r"has .*, and this machine "):
        Cluster(dask_cluster.scheduler_address, KNOBS, report=lambda text: None)


def test_a_worker_without_the_language_is_left_out(dask_cluster, monkeypatch):
    monkeypatch.setattr(dask_worker, "reader_here", lambda knobs: ("", "", ""))

    with pytest.raises(MissingEngineError, match=r"cannot read these pages: .*xyz"):
        Cluster(
            dask_cluster.scheduler_address,
            Recognition(language="xyz"),
            report=lambda text: None,
        )


def test_a_worker_that_joined_unseen_refuses_by_itself(cluster, scans):
    """Its refusal sends the request to other workers, of which there are none."""
    said = []
    cluster._report, cluster._reader = said.append, ("9", "other", "0")
    ref = PageRef(str(scans / "0.png"))
    cluster._wait_seconds = 1

    with pytest.raises(ClusterError, match="The cluster has no worker"):
        cluster.submit(tasks.content, ref).result(HANG)

    assert any("and this machine 9. It is left out." in each for each in said)


# The command line


@pytest.fixture
def batch(shell, scans, tmp_path):
    def batch(*words):
        return shell("batch", scans, "--corpus", tmp_path / "c.sqlite", *words)

    return batch


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--scheduler", "tcp://10.0.0.7:8786"], "without TLS"),
        (["--scheduler", "tcp://127.0.0.1:1", "--workers", 2], "--workers is for this"),
        (["--tls-ca", "x"], "Name one with --scheduler."),
        (["--insecure-scheduler"], "Name one with --scheduler."),
        (["--scheduler", "tcp://127.0.0.1:1", "--tls-ca", "x"], "speaks no TLS"),
        (["--scheduler", "tls://127.0.0.1:1"], "there is none for --tls-ca"),
        (
            [*("--scheduler", "tls://127.0.0.1:1", "--tls-ca", "x"), "--tls-cert", "y"],
            "The certificates will not do",
        ),
    ],
    ids=lambda value: " ".join(map(str, value))[:40] if isinstance(value, list) else "",
)
def test_flags_that_contradict_each_other_are_refused(batch, words, said):
    call = batch(*words)

    assert (call.code, call.out) == (2, b"")
    assert said in call.err
    assert "Traceback" not in call.err


def test_a_scheduler_that_is_not_there_is_named(batch, monkeypatch):
    monkeypatch.setattr("ocr_core.execution.dask_cluster.CONNECT_SECONDS", 1)

    call = batch("--scheduler", "tcp://127.0.0.1:1")

    assert call.code == 4
    assert "Error: No scheduler answers at tcp://127.0.0.1:1" in call.err
    assert "Traceback" not in call.err


def test_without_dask_the_command_that_mends_it_is_named(batch, monkeypatch):
    plain = builtins.__import__

    def without(name, *rest, **named):
        if name.split(".")[0] in ("distributed", "dask"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return plain(name, *rest, **named)

    for name in [
        each
        for each in sys.modules
        if each.startswith("ocr_core.execution.dask_cluster")
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", without)

    call = batch("--scheduler", "tcp://127.0.0.1:1")

    assert call.code == 4
    assert "A cluster needs Dask, and distributed is not installed." in call.err
    assert "pip install 'distributed" in call.err


def test_a_scheduler_may_be_named_by_its_file(
    batch, dask_cluster, tmp_path, local_results
):
    path = tmp_path / "scheduler.json"
    path.write_text(json.dumps({"address": dask_cluster.scheduler_address}))

    first = batch("--scheduler", path, "--rotate", "0")
    second = batch("--scheduler", path, "--rotate", "0")

    assert (first.code, second.code) == (3, 3)  # one file is damaged
    assert f"{PAGES} pages read, 0 there already, 1 failed." in first.err
    assert f"0 pages read, {PAGES} there already, 1 failed." in second.err


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl")
def test_a_cluster_with_certificates_is_asked_in_secret(batch, tmp_path, monkeypatch):
    from tests.support.certificates import make

    ca, cert, key = make(tmp_path)
    flags = ["--tls-ca-file", ca, "--tls-cert", cert, "--tls-key", key]
    written = tmp_path / "scheduler.json"
    running = [
        Daemon(
            *("scheduler", "--protocol", "tls", "--host", "127.0.0.1", "--port", 0),
            *("--no-dashboard", "--scheduler-file", written, *flags),
        ),
        Daemon(
            *("worker", "--scheduler-file", written, "--nthreads", 1, "--no-nanny"),
            *("--host", "127.0.0.1", "--no-dashboard", "--protocol", "tls", *flags),
            *("--local-directory", tmp_path),
        ),
    ]
    stranger = make(tmp_path / "stranger")
    try:
        until(lambda: written.exists() and written.read_text())
        assert json.loads(written.read_text())["address"].startswith("tls://")
        names = "--tls-ca", "--tls-cert", "--tls-key"
        trusted = zip(names, (ca, cert, key), strict=True)
        unknown = zip(names, stranger, strict=True)

        call = batch("--scheduler", written, *(x for pair in trusted for x in pair))
        monkeypatch.setattr("ocr_core.execution.dask_cluster.CONNECT_SECONDS", 10)
        other = batch("--scheduler", written, *(x for pair in unknown for x in pair))
    finally:
        for each in running:
            each.kill()

    assert f"{PAGES} pages read" in call.err
    assert (other.code, other.out) == (4, b"")
    assert "certificate" in other.err.lower()
