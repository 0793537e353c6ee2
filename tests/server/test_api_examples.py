"""The examples of the HTTP API in the manual run as written, and every front end reads
a page the same way.
"""

import io
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ocr_core import Settings, open_document, recognize_page
from ocr_core.engines.tesseract import installed_languages
from ocr_core.exports import FORMATS
from tests.support.serving import serving
from tests.support.waiting import HANG

ROOT = Path(__file__).parents[2]
ADDRESS = "http://127.0.0.1:8000"
PAGE = ROOT / "sample_images" / "english_clean.png"

pytestmark = pytest.mark.needs_tesseract


def examples(language):
    text = (ROOT / "docs" / "api.md").read_text("utf-8")
    section = text.partition("## HTTP API\n")[2]
    return re.findall(rf"```{language}\n(.*?)```", section, flags=re.DOTALL)


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("served")) as (url, _):
        yield url.removesuffix("/api/")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "sample_images").symlink_to(ROOT / "sample_images")
    return tmp_path


def run(command, folder):
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=HANG,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_there_are_examples():
    assert len(examples("sh")) == 1
    assert len(examples("python")) == 2


@pytest.mark.large
@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl")
def test_the_examples_for_the_shell(url, folder):
    [script] = examples("sh")
    named = set(re.findall(r'"language": "([a-z]+)"', script)) - set(
        installed_languages()
    )
    if named:
        pytest.skip(f"no language data for {', '.join(sorted(named))}")

    output = run(["sh", "-ec", script.replace(ADDRESS, url)], folder)

    assert output.startswith("Harbour House, 14 March 1887\n")
    words = (folder / "words.csv").read_text("utf-8")
    assert words.startswith("doc_id,page_num,block_num") and words.count("\n") > 50


@pytest.mark.large
@pytest.mark.parametrize(
    ("number", "words"), [(0, "^Harbour 9[0-9]"), (1, "^doc_id,text.*\nmulti_page,")]
)
def test_the_examples_for_python(url, folder, number, words):
    script = examples("python")[number].replace(ADDRESS, url)

    output = run([sys.executable, "-c", script], folder)

    assert re.search(words, output)


@pytest.mark.large
def test_every_front_end_reads_the_same_words(url, folder):
    settings = Settings.from_flat({"deskew": "on", "psm": 4})
    (folder / "recipe.json").write_text(settings.recipe(), "utf-8")
    file = io.BytesIO()
    pages = open_document(PAGE)
    FORMATS["words"].write([recognize_page(page, settings) for page in pages], file)

    ours = [sys.executable, "-m", "ocr_core"]
    read = [*ours, "read", str(PAGE), "--recipe", "recipe.json", "--to", "words"]
    run([*read, "-o", "words.csv"], folder)
    curl = ["curl", "-sS", "-F", f"file=@{PAGE}", "-F", "settings=<recipe.json"]
    run([*curl, "-F", "format=words", "-o", "api.csv", f"{url}/api/v1/ocr"], folder)

    assert file.getvalue().count(b"\n") > 20
    assert (folder / "words.csv").read_bytes() == file.getvalue()
    assert (folder / "api.csv").read_bytes() == file.getvalue()
