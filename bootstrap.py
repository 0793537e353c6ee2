"""Set-up: takes a fresh machine to where the app and its tests can run.

`make` calls this with whatever Python it finds; on Windows, call it by hand:
`py bootstrap.py`. It looks for five things and supplies those that are missing:

1. a Python that is new enough: an older one hands over to a newer one;
2. the virtual environment `.venv`;
3. what only the system's packages can bring: Tesseract and, for the tests, a
   browser. They are installed where that asks for no password. Elsewhere the one
   command is named, and set-up goes on: the requirements bring a Tesseract that
   reads English;
4. the requirements, and this project itself, inside `.venv`;
5. the network that flattens curved pages, which set-up can do without.

Notes inside `.venv` tell what has been done, so a second call is over at once.
The standard library is enough to run this file, and a Python too old for the
project can still read it, to say what is wrong.
"""

import argparse
import ctypes
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Callable, NamedTuple, NoReturn  # noqa: UP035

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
EXTRAS = {"run": "app,rapidocr", "test": "app,rapidocr,test", "docs": "docs"}

ON_LINUX = sys.platform.startswith("linux")
OLDEST = (3, 11)
NEW_ENOUGH = f"import sys; sys.exit(sys.version_info < {OLDEST})"

LANGUAGES = {"deu", "eng", "fra", "ind", "osd"}
FRAKTUR = {"frk", "deu_latf", "Fraktur", "script/Fraktur"}
DEWARPING = ROOT / "ocr_core" / "imaging" / "dewarp_model.py"
BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
MAC_BROWSERS = [
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
]
FONTS = [
    Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"),
    Path("/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf"),
]


def main() -> None:
    """Supply what is missing, in an order in which each thing can build on the last."""
    parser = argparse.ArgumentParser(
        description="Set up this project: a virtual environment in .venv, the "
        "requirements and, where that needs no password, Tesseract."
    )
    parser.add_argument(
        "purpose",
        nargs="?",
        choices=sorted(EXTRAS),
        default="run",
        help="run: what the app needs (default); test: what the tests need as well; "
        "docs: what builds the documentation",
    )
    parser.add_argument(
        "--no-system",
        dest="system",
        action="store_false",
        help="leave the system's packages alone",
    )
    parser.add_argument(
        "--again",
        action="store_true",
        help="try again what the system's packages could not bring before",
    )
    options = parser.parse_args()

    find_python()
    make_venv(options.system)
    if options.system:
        install_programs(options.purpose, options.again)
    install_requirements(options.purpose)
    if options.purpose != "docs":
        install_dewarping(options.again)
    if os.name == "nt":
        say(r"Ready. Start: .venv\Scripts\python -m streamlit run app\asgi.py")


def find_python() -> None:
    """Start again under a newer Python where this one is too old."""
    if sys.version_info >= OLDEST:
        return
    for name in (str(VENV_PYTHON), "python3.13", "python3.12", "python3.11"):
        path = shutil.which(name)
        if path and runs([path, "-c", NEW_ENOUGH]):
            sys.exit(subprocess.call([path, *sys.argv]))
    stop(
        "This project needs Python {}.{} or newer; this is {}.{}.".format(
            *OLDEST, *sys.version_info
        ),
        "Install a newer one beside it and run the same command again.",
    )


def make_venv(system: bool) -> None:
    """Make the virtual environment, anew where it is broken or too old."""
    if VENV_PYTHON.exists() and runs([VENV_PYTHON, "-c", f"import pip; {NEW_ENOUGH}"]):
        return
    pip = Need(
        name="the venv module of this Python",
        met=lambda: importlib.util.find_spec("ensurepip") is not None,
        otherwise="no virtual environment can be made.",
        packages={"apt-get": f"python3.{sys.version_info[1]}-venv"},
    )
    if not pip.met() and not (system and supply([pip])):
        stop(*told([pip]))
    say("Making a virtual environment in .venv.")
    if subprocess.call([sys.executable, "-m", "venv", "--clear", str(VENV)]):
        stop("The virtual environment could not be made; Python says why above.")


class Need(NamedTuple):
    """Something that the system's packages can bring, and life without it."""

    name: str
    met: Callable[[], bool]
    otherwise: str
    packages: "dict[str, str]"


class Manager(NamedTuple):
    """A system's package manager, and who may call it: `root`, `user` or `nobody`."""

    program: str
    install: str
    caller: str
    update: str = ""


MANAGERS = [
    Manager("apt-get", "install -y --no-install-recommends", "root", update="update"),
    Manager("dnf", "install -y", "root"),
    Manager("brew", "install", "user"),
    Manager("winget", "install --exact --id", "nobody"),
]


def needs(purpose: str) -> "list[Need]":
    """List what `purpose` wants from the system's packages."""
    tesseract = Need(
        name="Tesseract with English, French, German and Indonesian",
        met=has_tesseract,
        otherwise="the Tesseract that comes with the requirements reads English.",
        packages={
            "apt-get": "tesseract-ocr tesseract-ocr-eng tesseract-ocr-osd"
            " tesseract-ocr-deu tesseract-ocr-fra tesseract-ocr-ind",
            "dnf": "tesseract tesseract-langpack-eng tesseract-osd"
            " tesseract-langpack-deu tesseract-langpack-fra tesseract-langpack-ind",
            "brew": "tesseract tesseract-lang",
            "winget": "UB-Mannheim.TesseractOCR",
        },
    )
    fraktur = Need(
        name="a model of Tesseract for Fraktur",
        met=lambda: bool(tesseract_models() & FRAKTUR),
        otherwise="old German print is read as if it were in the letters of today.",
        packages={
            "apt-get": "tesseract-ocr-frk",
            "dnf": "tesseract-langpack-frk",
            "brew": "tesseract-lang",
        },
    )
    chromium = "chromium-browser" if on_ubuntu() else "chromium"
    browser = Need(
        name="Chromium or Chrome, with what drives it",
        met=has_browser,
        otherwise="the tests in a browser are skipped.",
        packages={
            "apt-get": f"{chromium} libatomic1",
            "dnf": "chromium libatomic",
        },
    )
    fonts = Need(
        name="a DejaVu font",
        met=lambda: not ON_LINUX or any(map(Path.exists, FONTS)),
        otherwise="test pages are drawn with other fonts.",
        packages={"apt-get": "fonts-dejavu-core", "dnf": "dejavu-sans-fonts"},
    )
    always = [tesseract, fraktur]
    return [*always, browser, fonts] if purpose == "test" else always


def install_programs(purpose: str, again: bool) -> None:
    """Bring what the system's packages can, and go on without the rest.

    What could not be brought is noted and asked for only once, or a machine
    without a network would try at every start.
    """
    unmet = [need for need in needs(purpose) if not need.met()]
    name = f"programs-{purpose}"
    if not unmet or (noted(name, missing(unmet)) and not again):
        return
    supply(unmet)
    unmet = [need for need in unmet if not need.met()]
    if unmet:
        say(*told(unmet), "Set-up goes on without; `make setup` looks again.")
    note(name, missing(unmet))


def missing(unmet: "list[Need]") -> str:
    """Return a line that changes when there is reason to try again."""
    return "\n".join([user(), *(need.name for need in unmet)])


def supply(unmet: "list[Need]") -> bool:
    """Install what is needed, where that asks for no password; tell if all is there."""
    manager = find_manager()
    before = free_of_passwords(manager)
    if manager and before is not None:
        if manager.update:
            succeeds([*before, manager.program, manager.update])
        for need in unmet:
            packages = need.packages.get(manager.program)
            if packages:
                say(f"Installing {packages}.")
                install = f"{manager.program} {manager.install} {packages}"
                succeeds([*before, *install.split()])
    importlib.invalidate_caches()  # or a module installed just now stays unseen
    return all(need.met() for need in unmet)


def told(unmet: "list[Need]") -> "list[str]":
    """Say what goes without, and the one command that brings it."""
    lines = [f"Not found: {need.name}. Without it, {need.otherwise}" for need in unmet]
    manager = find_manager()
    packages = [need.packages.get(manager.program) for need in unmet] if manager else []
    if not manager or not any(packages):
        return [*lines, "Install it from wherever this system has its programs."]
    sudo = "sudo " if manager.caller == "root" and shutil.which("sudo") else ""
    command = f"{sudo}{manager.program} {manager.install} "
    command += " ".join(filter(None, packages))
    if manager.update:
        command = f"{sudo}{manager.program} {manager.update} && {command}"
    rights = " as root" if manager.caller == "root" and not sudo else ""
    return [*lines, f"One command{rights} installs it:", f"    {command}"]


def find_manager() -> "Manager | None":
    """Return the package manager of this system, if it is one known here."""
    found = (manager for manager in MANAGERS if shutil.which(manager.program))
    return next(found, None)


def free_of_passwords(manager: "Manager | None") -> "list[str] | None":
    """Return what to put before a call of `manager`; None where it may not be."""
    if not manager or manager.caller == "nobody":
        return None
    if manager.caller == "user" or user() == "root":
        return []
    if shutil.which("sudo") and runs(["sudo", "-n", "true"]):
        return ["sudo", "-n"]
    return None


def has_tesseract() -> bool:
    """Return whether the system has Tesseract, with the languages of the samples."""
    return tesseract_models() >= LANGUAGES


def tesseract_models() -> "set[str]":
    """Return the names of the system's language data; none without Tesseract."""
    program = shutil.which("tesseract")
    if not program:
        return set()
    listed = subprocess.run([program, "--list-langs"], capture_output=True, text=True)
    return set(listed.stdout.split())


def has_browser() -> bool:
    """Return whether there is a browser, and what Playwright needs to drive it."""
    if ON_LINUX:
        try:
            ctypes.CDLL("libatomic.so.1")
        except OSError:
            return False
    return any(map(shutil.which, BROWSERS)) or any(map(Path.exists, MAC_BROWSERS))


def on_ubuntu() -> bool:
    """Return whether this is Ubuntu, which has another name for Chromium."""
    release = Path("/etc/os-release")
    return release.exists() and "ID=ubuntu" in release.read_text().splitlines()


def install_requirements(purpose: str) -> None:
    """Install this project, editable, with its requirements into `.venv`."""
    if noted(purpose, wanted()):
        return
    say("Installing the requirements into .venv. The first time takes some minutes.")
    pip = [str(VENV_PYTHON), "-m", "pip", "--disable-pip-version-check", "install"]
    project = f".[{EXTRAS[purpose]}]"
    if subprocess.call([*pip, "-qq", "--prefer-binary", "-e", project], cwd=ROOT):
        stop(
            "The requirements could not be installed; pip says why above.",
            "They come over the network. Once that is mended, the same command"
            " goes on from here.",
        )
    for done in {"run", purpose}:  # what tests need includes what the app needs
        note(done, wanted())


def install_dewarping(again: bool) -> None:
    """Fetch the network that flattens curved pages; go on without it if that fails."""
    wanted_file = hashlib.sha256(DEWARPING.read_bytes()).hexdigest()
    if noted("dewarping", wanted_file) and not again:
        return
    say("Fetching the network that flattens curved pages.")
    if not succeeds([str(VENV_PYTHON), str(DEWARPING)]):
        say("Set-up goes on without; curved pages are read as they are.")
    note("dewarping", wanted_file)


def wanted() -> str:
    """Return a digest of all that decides what `.venv` should hold."""
    total = hashlib.sha256(str(ROOT).encode())
    for name in ("requirements.txt", "pyproject.toml"):
        total.update((ROOT / name).read_bytes())
    return total.hexdigest()


def noted(name: str, text: str) -> bool:
    """Return whether the note `name` in `.venv` says `text`."""
    path = VENV / f".set-up-{name}"
    return path.exists() and path.read_text() == text


def note(name: str, text: str) -> None:
    """Leave the note `name` in `.venv`: it goes when the environment goes."""
    (VENV / f".set-up-{name}").write_text(text)


def user() -> str:
    """Return who is asking."""
    return "root" if os.name != "nt" and os.geteuid() == 0 else "user"


def runs(command: "list[str | Path]") -> bool:
    """Return whether `command` succeeds, without a word."""
    quiet = subprocess.DEVNULL
    return not subprocess.call(command, stdin=quiet, stdout=quiet, stderr=quiet)


def succeeds(command: "list[str]") -> bool:
    """Run `command`; where it fails, show the end of what it said."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        say(f"This failed: {' '.join(command)}")
        say(*(f"    {line}" for line in done.stdout.splitlines()[-4:]))
    return not done.returncode


def say(*lines: str) -> None:
    """Print `lines` for the person at the terminal."""
    print(*lines, sep="\n", file=sys.stderr, flush=True)


def stop(*lines: str) -> NoReturn:
    """Say why set-up cannot go on, and end it."""
    say(*lines)
    sys.exit(1)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
