"""Load: many clients at once, some of them hostile, on a server of its own.

    python -m benchmarks load [--clients 40] [--seconds 60] [--workers 2]

Each client sends documents of mixed sizes, and bad files, and comes again when it is
told to. Nothing may be dropped, nothing may end in a 500, and memory stays bounded.
Only this machine is asked.
"""

import argparse
import contextlib
import http.client
import io
import json
import os
import random
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from PIL import Image

from sample_images.drawing import draw_text_page

LINE = "The quick brown fox jumps over the lazy dog, twice."
MAX_PAUSE = 5
ANSWERS = (200, 413, 415, 422)
LATER = (429, 503)


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def drawn(lines: int, size: tuple[int, int], font: int) -> Image.Image:
    return draw_text_page("\n".join([LINE] * lines), size=size, font_size=font)[0]


def png_bomb(side: int) -> bytes:
    """Return a PNG of many pixels and few bytes."""
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )


def documents() -> dict[str, tuple[bytes, int, int]]:
    """Return what clients send: bytes, pages to be read, and how often."""
    small = drawn(2, (900, 160), 24)
    page = drawn(24, (1240, 1754), 30)
    three = saved(small, "TIFF", save_all=True, append_images=[small, small])
    png = saved(small, "PNG")
    return {
        "small": (png, 1, 8),
        "page": (saved(page, "PNG"), 1, 3),
        "three": (three, 3, 2),
        "cut": (png[: len(png) // 2], 0, 1),
        "empty": (b"", 0, 1),
        "text": (b"no picture at all", 0, 1),
        "bomb": (png_bomb(30_000), 0, 1),
        "huge": (bytes(21 * 2**20), 0, 1),
    }


class Tally:
    """What came back."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.statuses: Counter[tuple[str, object]] = Counter()
        self.pages = self.unkind = 0

    def note(self, kind: str, status: object, seconds: float, pages: int) -> None:
        with self.lock:
            self.statuses[kind, status] += 1
            if status in ANSWERS:
                self.seconds[kind].append(seconds)
                self.pages += pages if status == 200 else 0


def client(url: str, end: float, tally: Tally, seed: int) -> None:
    """Send documents until the time is over, and be patient with refusals."""
    dice = random.Random(seed)
    kinds = documents_once()
    while time.monotonic() < end:
        kind = dice.choices([*kinds], [each[2] for each in kinds.values()])[0]
        content, pages, _ = kinds[kind]
        start = time.monotonic()
        while True:
            status, later = send(url, content, seed)
            if status in LATER and later is None:
                tally.unkind += 1
            if status not in LATER:
                break
            tally.note(kind, status, 0, 0)
            time.sleep(min(MAX_PAUSE, later or 1) * dice.uniform(0.5, 1))
            if time.monotonic() > end:
                return
        tally.note(kind, status, time.monotonic() - start, pages)


_DOCUMENTS: dict[str, tuple[bytes, int, int]] = {}


def documents_once() -> dict[str, tuple[bytes, int, int]]:
    if not _DOCUMENTS:
        _DOCUMENTS.update(documents())
    return _DOCUMENTS


def send(url: str, content: bytes, seed: int = 0) -> tuple[object, int | None]:
    """Send a document; return the status, or what went wrong, and Retry-After.

    On Linux all of 127.x.x.x is this machine: two clients share an address.
    """
    head = (
        '--xx\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
    )
    body = head.encode() + content + b"\r\n--xx--\r\n"
    kind = {"Content-Type": "multipart/form-data; boundary=xx"}
    address = urlsplit(url)
    near = ("127.0.0.1" if sys.platform != "linux" else f"127.0.1.{1 + seed // 2}", 0)
    line = http.client.HTTPConnection(
        address.hostname or "", address.port, timeout=200, source_address=near
    )
    try:
        line.request("POST", "/api/v1/ocr", body, kind)
        answer = line.getresponse()
        answer.read()
        later = answer.headers.get("Retry-After")
        return answer.status, int(later) if later else None
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__, None
    finally:
        line.close()


def family(process: int) -> list[int]:
    """Return a process and all below it."""
    below = defaultdict(list)
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            words = entry.read_text().rpartition(")")[2].split()
            below[int(words[1])].append(int(entry.parent.name))
    found = [process]
    for each in found:
        found += below[each]
    return found


def memory(process: int) -> int:
    """Return the megabytes that a server and its workers hold."""
    total = 0
    for each in family(process):
        with contextlib.suppress(OSError, IndexError):
            total += int(Path(f"/proc/{each}/statm").read_text().split()[1])
    return total * os.sysconf("SC_PAGE_SIZE") // 2**20


@contextlib.contextmanager
def server(workers: int) -> Iterator[tuple[str, int]]:
    """Start a server that listens to this machine only."""
    command = [sys.executable, "-m", "ocr_core", "serve", "--port", "0"]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with log.open("wb") as err:
            process = subprocess.Popen(
                [*command, "--workers", str(workers)],
                env={**os.environ, "TMPDIR": folder},
                stderr=err,
            )
        try:
            while not (line := log.read_text().partition("\n")[0]):
                if process.poll() is not None:
                    raise SystemExit("The server ended at once.")
                time.sleep(0.1)
            yield json.loads(line)["url"], process.pid
        finally:
            process.terminate()
            process.wait(60)


def table(tally: Tally) -> Iterator[str]:
    yield f"{'kind':8} {'median s':>9} {'95 % s':>9}  answers"
    for kind in documents_once():
        taken = sorted(tally.seconds[kind]) or [float("nan")]
        high = taken[min(len(taken) - 1, int(len(taken) * 0.95))]
        told = {
            status: count
            for (name, status), count in sorted(tally.statuses.items(), key=str)
            if name == kind
        }
        answers = "  ".join(f"{status}: {count}" for status, count in told.items())
        yield f"{kind:8} {statistics.median(taken):9.2f} {high:9.2f}  {answers}"


def main(words: list[str] | None = None) -> int:
    """Run the load; 0 where all was answered as it should be."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--clients", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args(words)
    documents_once()
    tally, peak = Tally(), 0
    with server(asked.workers) as (url, process):
        send(url, documents_once()["small"][0])  # wakes the workers
        idle = memory(process)
        start = time.monotonic()
        clients = [
            threading.Thread(
                target=client, args=(url, start + asked.seconds, tally, n), daemon=True
            )
            for n in range(asked.clients)
        ]
        for each in clients:
            each.start()
        while any(each.is_alive() for each in clients):
            peak = max(peak, memory(process))
            time.sleep(0.5)
        took = time.monotonic() - start
    print("\n".join(table(tally)))
    wrong = {
        status: count
        for (_, status), count in tally.statuses.items()
        if status not in (*ANSWERS, *LATER)
    }
    print(f"{asked.clients} clients, {took:.0f} s, {asked.workers} workers")
    print(f"{60 * tally.pages / took:.0f} pages a minute")
    print(f"memory of server and workers: {idle} MB idle, {peak} MB at most")
    print(f"dropped or faulty: {wrong or 'none'}; no Retry-After: {tally.unkind}")
    return int(bool(wrong or tally.unkind))


if __name__ == "__main__":
    sys.exit(main())
