"""Whatever the app says, every language of the interface has it."""

import json
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import i18n
from app.i18n import FOLDER, PARAMETER, languages, translate_message
from tests.support import translations
from tests.support.translations import problems, sentences
from tests.support.waiting import HANG

MAIN = Path(__file__).parents[2] / "app" / "main.py"
CODES = sorted(file.stem for file in FOLDER.glob("*.po"))


@pytest.mark.parametrize("code", CODES)
def test_a_language_has_every_sentence_and_no_other(code):
    assert list(problems(code, sentences())) == []


def test_a_translation_that_lacks_or_changes_something_is_named(monkeypatch):
    monkeypatch.setattr(
        translations,
        "phrases",
        {"xx": {"{n} pages": "{m} x", "**Open**": "Open", "Old": "Old"}}.get,
    )

    assert list(problems("xx", {"{n} pages", "**Open**", "New"})) == [
        "xx: missing: New",
        "xx: said nowhere: Old",
        "xx: other marks of Markdown: **Open**",
        "xx: other blanks: {n} pages",
    ]


def opened(lang):
    """Return the app as an address opens it that asks for a language."""
    app = AppTest.from_file(str(MAIN), default_timeout=HANG)
    app.query_params[PARAMETER] = lang
    app.run()
    app.session_state.session.close()
    st.cache_resource.clear()
    return app


def test_each_language_says_its_own_name():
    assert languages() == {
        "en": "English",
        "de": "Deutsch",
        "fr": "Français",
        "id": "Bahasa Indonesia",
    }


@pytest.mark.parametrize(
    ("asked", "spoken", "title"),
    [
        ("de", "de", "Aus Scans verlässlichen Text machen"),
        ("fr", "fr", "Transformer des numérisations en texte fiable"),
        ("id", "id", "Ubah pindaian menjadi teks tepercaya"),
        ("en", "en", "Turn scans into text you can trust"),
        ("../id", "en", "Turn scans into text you can trust"),
    ],
)
def test_the_address_asks_for_a_language(asked, spoken, title):
    app = opened(asked)

    assert app.title[0].value == title
    assert json.loads(app.get("bidi_component")[0].proto.json) == {"code": spoken}


@pytest.mark.parametrize(
    ("told", "retold"),
    [
        (
            "a.png is empty. Save it with fewer pixels.",
            "a.png kosong. Simpan dengan piksel lebih sedikit.",
        ),
        ("My scan 2.pdf has no page 7.", "My scan 2.pdf tidak mempunyai halaman 7."),
        ("for instance deu, fra", "misalnya deu, fra"),
        ("Nobody ever said this.", "Nobody ever said this."),
        ("", ""),
    ],
)
def test_what_the_library_says_is_retold(told, retold, monkeypatch):
    monkeypatch.setattr(i18n, "current", lambda: "id")

    assert translate_message(told) == retold


def test_a_long_message_is_left_as_it_is(monkeypatch):
    monkeypatch.setattr(i18n, "current", lambda: "id")
    told = "a.png is empty. " * 1000

    assert translate_message(told) == told


def test_a_name_in_a_message_stays_as_it_is(monkeypatch):
    monkeypatch.setattr(i18n, "current", lambda: "id")

    assert (
        translate_message("{0.__class__}.png is empty.") == "{0.__class__}.png kosong."
    )
