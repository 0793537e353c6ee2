"""Language names: languages are found by their usual names."""

import pytest

from app.ui.language_names import in_order, language_name
from ocr_core.engines import checked_languages
from ocr_core.errors import MissingEngineError


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("fra", ["French", "français"]),
        ("fas", ["Persian", "فارسی"]),
        ("chi_sim", ["Chinese", "中文"]),
        ("frk", ["German", "Deutsch", "Fraktur"]),
        ("jpn_vert", ["Japanese", "vertical writing"]),
        ("ita_old", ["Italian", "old spelling"]),
        ("script/Latin", ["Latin: any language of the script"]),
    ],
)
def test_a_language_has_its_english_and_its_own_name(code, names):
    shown = language_name(code)

    assert all(name in shown for name in names)  # Unicode CLDR
    assert shown.endswith(f"({code})")


def test_languages_are_sorted_by_name_and_scripts_come_last():
    codes = {"script/Arabic", "fra", "deu", "ara", "Latin"}

    assert in_order(codes) == ["ara", "fra", "deu", "Latin", "script/Arabic"]


@pytest.mark.parametrize(
    ("code", "package"),
    [("script/Latin", "script-latn"), ("deu_latf", "frk"), ("chi_sim", "chi-sim")],
)
def test_the_package_named_for_a_missing_language_exists(code, package):
    with pytest.raises(MissingEngineError) as error:
        checked_languages(code, {"eng": ""})

    assert error.value.hint.endswith(f"tesseract-ocr-{package}")  # Debian 12
