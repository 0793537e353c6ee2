"""Hosts: machines that share no disk, as network namespaces joined by a bridge."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

NETWORK = "10.213.77"  # nobody else's: one of the private ranges
HIDE = 'mount -t tmpfs -o size=1m tmpfs "$1" && shift && exec "$@"'


def why_not() -> str:
    """Say why there can be no hosts here; nothing where there can."""
    if not shutil.which("ip") or not shutil.which("unshare"):
        return "the programs ip and unshare are missing (apt-get install iproute2)"
    name = f"ocr{os.getpid()}"
    try:
        _run("ip", "netns", "add", name)
        _run("ip", "netns", "exec", name, "unshare", "--mount", "true")
    except subprocess.CalledProcessError as error:
        return f"namespaces are not permitted ({error.stderr.strip()})"
    finally:
        _try("ip", "netns", "delete", name)
    return ""


class WorkerNode:
    """A machine with a network of its own, that sees an empty folder for `hidden`."""

    def __init__(self, number: int, bridge: str, hidden: Path, folder: Path) -> None:
        self.name, self.address = f"{bridge}n{number}", f"{NETWORK}.{10 + number}"
        self._link, inner = f"{bridge}v{number}", f"{bridge}i{number}"
        self._hidden, self._folder = hidden, folder / self.name
        self._folder.mkdir()
        _run("ip", "netns", "add", self.name)
        _run("ip", "link", "add", self._link, "type", "veth", "peer", "name", inner)
        _run("ip", "link", "set", self._link, "master", bridge, "up")
        _run("ip", "link", "set", inner, "netns", self.name)
        within = "ip", "-n", self.name
        _run(*within, "address", "add", f"{self.address}/24", "dev", inner)
        _run(*within, "link", "set", inner, "up")
        _run(*within, "link", "set", "lo", "up")

    def start(self, *words: object) -> None:
        """Start a program on this machine."""
        with (self._folder / "log").open("ab") as log:
            subprocess.Popen(
                [
                    *("ip", "netns", "exec", self.name, "unshare", "--mount"),
                    *("sh", "-c", HIDE, "sh", str(self._hidden)),
                    *map(str, words),
                ],
                env={**os.environ, "TMPDIR": str(self._folder)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def processes(self) -> list[int]:
        """List what runs on this machine."""
        listed = _try("ip", "netns", "pids", self.name)
        return [int(word) for word in listed.split()]

    def die(self) -> None:
        """Cut the cable, then kill all that runs here: nobody is told."""
        _try("ip", "link", "set", self._link, "down")
        while alive := [each for each in self.processes() if _kill(each)]:
            time.sleep(0.1 if alive else 0)

    def remove(self) -> None:
        self.die()
        _try("ip", "link", "delete", self._link)
        _try("ip", "netns", "delete", self.name)


@contextlib.contextmanager
def hosts(count: int, hidden: Path) -> Iterator[list[WorkerNode]]:
    """Make so many machines; this one reaches them, and takes them away again."""
    bridge = f"ocr{os.getpid() % 100_000}"
    made: list[WorkerNode] = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            _run("ip", "link", "add", bridge, "type", "bridge")
            _run("ip", "address", "add", f"{NETWORK}.1/24", "dev", bridge)
            _run("ip", "link", "set", bridge, "up")
            for number in range(1, 1 + count):
                made.append(WorkerNode(number, bridge, hidden, Path(folder)))
            yield made
        finally:
            for host in made:
                host.remove()
            _try("ip", "link", "delete", bridge)
            _reap()


def _kill(number: int) -> bool:
    try:
        os.kill(number, signal.SIGKILL)
    except ProcessLookupError:
        return False
    _reap()
    return True


def _reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _run(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def _try(*words: str) -> str:
    try:
        return _run(*words)
    except (OSError, subprocess.CalledProcessError):
        return ""
