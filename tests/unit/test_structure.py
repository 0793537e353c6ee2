"""The structure holds: who imports whom, and what importing the library costs."""

import json
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = {
    *("streamlit", "flask", "click", "distributed", "dask", "sklearn"),
    *("pytesseract", "rapidocr", "pandas"),
}
STATE = """
import json, logging, multiprocessing.spawn, os, signal, sys, tempfile, warnings
import cv2, numpy, PIL.Image, PIL.ImageFile

def state():
    return repr([
        sorted(os.environ.items()), PIL.Image.MAX_IMAGE_PIXELS,
        PIL.ImageFile.LOAD_TRUNCATED_IMAGES, cv2.getNumThreads(),
        logging.root.handlers, logging.root.level, warnings.filters,
        multiprocessing.get_start_method(allow_none=True), tempfile.tempdir,
        multiprocessing.spawn.get_preparation_data, numpy.geterr(),
        [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)],
        sys.path, sys.excepthook, os.getcwd(),
    ])

before = state()
from ocr_core import Settings, open_document, recognize_page
from ocr_core import corpus, documents, exports, mining, pipeline
from ocr_core.execution import batch
from ocr_core.processes import pool
print(json.dumps(before == state()))
"""


@pytest.fixture(scope="module")
def packages():
    """The module that draws the packages."""
    spec = spec_from_file_location("packages", ROOT / "docs" / "packages.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(code):
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_no_packages_import_each_other(packages):
    assert packages.layers(packages.imports())  # raises where there is a circle


def test_a_circle_of_packages_is_noticed(packages):
    with pytest.raises(ValueError, match="a -> b"):
        packages.layers({"a": {"b"}, "b": {"a"}})


def test_the_drawing_in_the_manual_shows_the_imports_of_today(packages):
    drawn = packages.drawn(packages.imports())

    assert packages.TARGET.read_text(encoding="utf-8") == drawn


def test_importing_the_library_loads_nothing_heavy():
    loaded = run("import json, sys, ocr_core; print(json.dumps(sorted(sys.modules)))")

    assert not {name.partition(".")[0] for name in loaded} & HEAVY


def test_importing_the_library_changes_no_state_of_others():
    assert run(STATE)
