"""The sample pages are what their script draws, and they are read well."""

import subprocess
import sys
from pathlib import Path

import pytest
from rapidfuzz.distance import Levenshtein

from ocr_core.engines.tesseract import installed_languages
from ocr_core.execution.batch import recognize_documents
from ocr_core.page import PageRef
from ocr_core.settings import Settings
from sample_images.draw import SAMPLES

ROOT = Path(__file__).parents[2]

# The largest share of wrong letters with the settings as they come. The bounds leave
# room for other versions of Tesseract; what is hard has a loose one.
BOUNDS = {
    "english_clean.png": 0.02,
    "english_two_columns.png": 0.03,
    "english_noisy.png": 0.10,
    "english_uneven_light.png": 0.10,
    "english_rotated.png": 0.05,
    "german_skewed.png": 0.03,
    "french_typescript.png": 0.10,
    "indonesian_receipt.png": 0.75,  # its figures stand far from their words
    "indonesian_photo.jpg": 0.30,
    "multi_page.pdf": 0.05,
}


def error_rate(text, truth):
    """Return the edits that text needs to be the truth, a letter; blanks are one."""
    text, truth = (" ".join(each.split()) for each in (text, truth))
    return Levenshtein.distance(text, truth) / len(truth)


def test_the_samples_are_what_their_script_draws():
    check = subprocess.run(
        [sys.executable, "-m", "sample_images.draw", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )

    assert (check.returncode, check.stderr) == (0, "")


def test_every_sample_has_a_bound():
    assert {sample.file for sample in SAMPLES} == set(BOUNDS)


@pytest.mark.large
@pytest.mark.needs_tesseract
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.file)
def test_a_sample_is_read_well_with_the_settings_as_they_come(pool, sample):
    if sample.language not in installed_languages():
        pytest.skip(f"no language data for {sample.language}")
    settings = Settings.from_flat({"language": sample.language})
    ref = PageRef(str(sample.path), 0)

    results = list(recognize_documents([ref], settings, pool))

    truth = sample.truth_path.read_text(encoding="utf-8")
    assert [result.status for result in results] == ["ok"] * len(sample.pages)
    assert (
        error_rate("\f".join(result.text for result in results), truth)
        <= BOUNDS[sample.file]
    )


@pytest.mark.needs_tesseract
def test_a_receipt_read_as_one_block_keeps_figures_beside_their_words(pool):
    if "ind" not in installed_languages():
        pytest.skip("no language data for ind")
    [sample] = [each for each in SAMPLES if each.file == "indonesian_receipt.png"]
    settings = Settings.from_flat({"language": "ind", "psm": 6})
    ref = PageRef(str(sample.path), 0)

    [result] = recognize_documents([ref], settings, pool)

    assert error_rate(result.text, sample.truth) <= 0.10
