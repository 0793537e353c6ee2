"""Translations: every language of the interface has every sentence of the app."""

import ast
import json

import pytest
import streamlit as st

from app import NAME, i18n
from app.i18n import FOLDER, PARAMETER, languages, translate_message, wished_language
from ocr_core.errors import InputError
from ocr_core.messages import Message
from tests.support import translations
from tests.support.app_driver import simulated
from tests.support.translations import problems, sentences, template

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
    app = simulated()
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
    ("asked", "spoken", "sentence"),
    [
        ("de", "de", "Scans in Text verwandeln"),
        ("fr", "fr", "Transformer des numérisations en texte"),
        ("id", "id", "Ubah pindaian menjadi teks"),
        ("en", "en", "Turn scans into text"),
        ("../id", "en", "Turn scans into text"),
    ],
)
def test_the_address_asks_for_a_language(asked, spoken, sentence):
    app = opened(asked)

    assert app.title[0].value == NAME
    assert app.subheader[0].value.startswith(sentence)
    assert json.loads(app.get("bidi_component")[0].proto.json) == {"code": spoken}


def test_choices_stand_in_the_language_of_the_interface():
    app = opened("de")

    [speed] = [each for each in app.get("button_group") if each.key == "simple_speed"]
    names = [each.content for each in speed.proto.options]
    assert names == ["Schnell", "Ausgewogen", "Gründlich"]


@pytest.mark.parametrize(
    ("header", "code"),
    [("de-AT,de;q=0.9", "de"), ("ID", "id"), ("nl", "en"), ("", "en"), ("../d", "en")],
)
def test_a_browser_asks_for_its_language(header, code):
    assert wished_language(header) == code


@pytest.mark.parametrize(
    ("said", "retold"),
    [
        (
            str(InputError("{0} is empty.", "a", hint="Save it with fewer pixels.")),
            "a kosong. Simpan dengan piksel lebih sedikit.",
        ),
        (
            Message("{0} has no page {1}.", "2.pdf", 7),
            "2.pdf tidak mempunyai halaman 7.",
        ),
        (Message("{0}!", Message("Check the name.")), "Periksa namanya.!"),
        (Message("{0} is empty.", "{0.__class__}"), "{0.__class__} kosong."),
        (Message("{0} is empty.", "Check the name."), "Check the name. kosong."),
        ("Check the name.", "Periksa namanya."),
        ("a.png is empty.", "a.png is empty."),
        ("Nobody ever said this.", "Nobody ever said this."),
        ("", ""),
    ],
)
def test_messages_of_the_library_are_translated_by_their_template(
    said, retold, monkeypatch
):
    monkeypatch.setattr(i18n, "current", lambda: "id")

    assert translate_message(said) == retold


def test_a_sentence_put_together_in_english_is_refused():
    with pytest.raises(AssertionError, match="give a template"):
        template(ast.parse('f"{name} is empty."', mode="eval").body)
