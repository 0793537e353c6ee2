"""A cluster: three hosts of which one is killed, scaling, and the cost of a page.

    python -m benchmarks cluster [--pages 24] [hosts] [scaling] [overhead]

The hosts are network namespaces that share no disk, and speak TLS; as root only. All
runs on this machine, so its processors bound what more workers can bring.
"""

import argparse
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

from benchmarks._hosts import WorkerNode, hosts, why_not
from benchmarks._measure import draw_pages
from ocr_core.corpus import Corpus
from ocr_core.documents.discovery import find_documents
from ocr_core.execution import dask_worker as host_module
from ocr_core.execution.batch import recognize_documents
from ocr_core.execution.dask_cluster import Cluster
from ocr_core.page import PageRef
from ocr_core.processes.pool import PageExecutor, Pool
from ocr_core.settings import Settings
from sample_images.drawing import draw_text_page
from tests.support.certificates import make

PORT = 8786
SECONDS = 300
LINE = "The harbour master wrote page {} of his minute book by lamp light."
SETTINGS = Settings()
CALLS = 200
ROUNDS = 2
PAUSE = 1.0  # seconds
OCR_CORE = (sys.executable, "-m", "ocr_core")
DASK = (sys.executable, "-m", "dask")


def draw_small(folder: Path, count: int) -> None:
    """Draw pages of twelve lines, each with words of its own."""
    for number in range(count):
        text = "\n".join(LINE.format(100 * number + line) for line in range(12))
        image, _ = draw_text_page(text, size=(1500, 800), font_size=32, margin=60)
        image.save(folder / f"page{number:03}.png", dpi=(200, 200))


# Three hosts, one of them killed


def kept(path: Path) -> int:
    try:
        with sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True) as db:
            return int(db.execute("SELECT count(*) FROM pages").fetchone()[0])
    except sqlite3.OperationalError:  # no file yet
        return 0


def words_of(path: Path) -> Sequence[object]:
    """Return what was read, page by page: status, file, and each word in its place."""
    with Corpus(path) as corpus:
        return sorted(
            (each.ref.doc_id, each.ref.number, each.status, each.sha256, each.rows)
            for each in corpus.results()
        )


def start_cluster(machines: list[WorkerNode], certificates: Path) -> list[str]:
    """Start a scheduler on the first host and a worker on each; return our flags."""
    ca, cert, key = make(certificates)
    flags = "--tls-ca-file", ca, "--tls-cert", cert, "--tls-key", key
    address = f"tls://{machines[0].address}:{PORT}"
    machines[0].start(
        *(*DASK, "scheduler", "--protocol", "tls", "--port", PORT, *flags),
        *("--host", machines[0].address, "--no-dashboard"),
    )
    for host in machines:
        host.start(
            *(*DASK, "worker", address, "--protocol", "tls", "--nthreads", 1, *flags),
            *("--host", host.address, "--no-dashboard"),
        )
    ours = zip(("--tls-ca", "--tls-cert", "--tls-key"), (ca, cert, key), strict=True)
    return ["--scheduler", address, *(str(word) for pair in ours for word in pair)]


def run_hosts(pages: int) -> int:
    """Kill one of three hosts under way; compare with what this machine reads alone."""
    if reason := why_not():
        print(f"three hosts: skipped, {reason}")
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder, scans = Path(name), Path(name) / "scans"
        scans.mkdir()
        draw_small(scans, pages)
        alone, together = folder / "alone.sqlite", folder / "together.sqlite"
        subprocess.run([*OCR_CORE, "batch", scans, "--corpus", alone], check=True)
        with hosts(3, scans) as machines:
            flags = start_cluster(machines, folder / "certificates")
            run = subprocess.Popen(
                [*OCR_CORE, "batch", scans, "--corpus", together, *flags]
            )
            try:
                until(lambda: kept(together) >= pages // 4 or run.poll() is not None)
                print(f"{kept(together)} pages are kept: {machines[2].name} is killed")
                machines[2].die()
                died = time.monotonic()
                code = run.wait(SECONDS)
            finally:
                run.kill()
            print(f"exit code {code}, {time.monotonic() - died:.0f} s after its death")
        one, other = words_of(alone), words_of(together)
        same = one == other and len(other) == pages and code == 0
        print(f"{len(other)} pages, each once: {'as' if same else 'NOT as'} read alone")
        return int(not same)


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not true():
        if time.monotonic() > end:
            sys.exit("It never came to that.")
        time.sleep(0.1)


# More workers


@contextmanager
def dask_workers(threads: int, folder: Path) -> Iterator[str]:
    """Run a scheduler and one worker of so many threads; the address of the former."""
    written = folder / f"scheduler-{threads}.json"
    common = "--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(written)

    def started(*words: str) -> subprocess.Popen[bytes]:
        command = [*DASK, *words, *common]
        return subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    running = [started("scheduler", "--port", "0")]
    try:
        until(written.exists)
        words = "worker", "--nthreads", str(threads), "--local-directory", str(folder)
        running.append(started(*words))
        yield str(written)
    finally:
        for process in reversed(running):
            process.terminate()
            process.wait()


def cluster_at(scheduler: str) -> Cluster:
    return Cluster(scheduler, SETTINGS.recognition, report=lambda text: None)


def pace(readers: PageExecutor, scans: list[PageRef]) -> str:
    """Return pages a minute, the better of some rounds, once the workers are warm.

    And the share of their time in which the workers read: on a busy machine that
    tells more.
    """
    warm = recognize_documents(scans[: readers.workers], SETTINGS, readers)
    assert all(page.status == "ok" for page in warm)
    rounds = []
    for _ in range(ROUNDS):
        start = time.monotonic()
        pages = list(recognize_documents(scans, SETTINGS, readers))
        took = time.monotonic() - start
        share = sum(page.seconds for page in pages) / (took * readers.workers)
        rounds.append((60 * len(pages) / took, share))
    pages_a_minute, share = max(rounds)
    return f"{pages_a_minute:4.0f} ({share:3.0%} of the time spent reading)"


def pause(ref: PageRef, settings: Settings) -> None:
    """Take as long as a page, but no processor: as if each worker had its own."""
    time.sleep(PAUSE)


def run_scaling(pages: int) -> int:
    """Read with more and more workers; where processors run out, wait with them."""
    print(f"\npages a minute, the best of {ROUNDS} rounds; {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory() as name:
        folder, scans = Path(name), Path(name) / "scans"
        scans.mkdir()
        draw_small(scans, pages)
        refs, _ = find_documents([scans])
        for threads in (1, 2, 4):
            with Pool(threads) as pool:
                alone = pace(pool, refs)
            with dask_workers(threads, folder) as scheduler:
                with cluster_at(scheduler) as cluster:
                    seen = pace(cluster, refs)
                    many = [PageRef(refs[0].path)] * 20 * threads
                    idle = 60_000 / cost(cluster, many, pause)
                with unseen(), cluster_at(scheduler) as cluster:
                    sent = pace(cluster, refs)
            print(f"{threads} workers, no cluster       {alone}")
            print(f"{threads} workers, files seen       {seen}")
            print(f"{threads} workers, files sent       {sent}")
            wait = f"{threads} pages that wait {PAUSE:.0f} s each"
            print(f"{wait}  {idle:4.0f} of {60 * threads / PAUSE:.0f}", flush=True)
    return 0


# What a page costs over its recognition


def nothing(ref: PageRef, settings: Settings) -> int:
    """Do nothing with a page: what is left is the way there and back."""
    return ref.number


@contextmanager
def unseen() -> Iterator[None]:
    """Have workers find other files where ours lie: all must be sent."""
    of = host_module.FileIdentity.of
    with patch.object(
        host_module.FileIdentity, "of", lambda ref: replace(of(ref), changed=1)
    ):
        yield


def cost(
    readers: PageExecutor, refs: list[PageRef], deed: Callable[..., object] = nothing
) -> float:
    """Return milliseconds a page, with as many on their way as in a batch."""
    rounds = []
    for _ in range(ROUNDS):
        start = time.monotonic()
        waiting = []
        for ref in refs:
            waiting.append(readers.submit(deed, ref, SETTINGS))
            if len(waiting) >= 4 * readers.workers:
                waiting.pop(0).result()
        for task in waiting:
            task.result()
        rounds.append(1000 * (time.monotonic() - start) / len(refs))
    return sorted(rounds)[0]


def run_overhead(_: int) -> int:
    print(f"\nmilliseconds a page that is not read, the best of {ROUNDS} rounds")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        large = draw_pages(folder, 1)[0]
        small = folder / "small.png"
        draw_text_page("small", size=(300, 120), font_size=24, margin=20)[0].save(small)
        refs = [PageRef(str(large), number) for number in range(1, CALLS + 1)]
        with Pool(2) as pool:
            print(f"{'this machine alone':42} {cost(pool, refs):7.1f}")
        with dask_workers(2, folder) as scheduler:
            with cluster_at(scheduler) as cluster:
                print(
                    f"{'cluster, the file is seen there':42} {cost(cluster, refs):7.1f}"
                )
            for path in (small, large):
                copies = []
                for number in range(CALLS // 4):
                    copy = folder / f"{path.stem}-{number}.png"
                    copy.write_bytes(path.read_bytes() + number.to_bytes(4, "big"))
                    copies.append(PageRef(str(copy)))
                size = f"{path.stat().st_size / 1e6:.2g} MB"
                with (
                    unseen(),
                    cluster_at(scheduler) as cluster,
                    patch(f"{__name__}.ROUNDS", 1),
                ):
                    took = cost(cluster, copies)
                print(f"{f'cluster, a file of {size} is sent':42} {took:7.1f}")
    return 0


PARTS = {"hosts": run_hosts, "scaling": run_scaling, "overhead": run_overhead}


def main(words: list[str]) -> int:
    # Asked to end, take the hosts and all that runs on them away, as after Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    parser = argparse.ArgumentParser(prog="python -m benchmarks cluster")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=[])
    parser.add_argument("--pages", type=int, default=24)
    options = parser.parse_args(words)
    return max(PARTS[name](options.pages) for name in options.parts or PARTS)
