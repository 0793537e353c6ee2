"""Lemmas: those of simplemma, computed once per corpus and equal for every filter."""

import gc
import weakref
from types import SimpleNamespace

import pytest
import simplemma

from app.explore.token_cache import look_ahead
from ocr_core.mining import Filter, lemmas, select
from tests.support.written_corpora import columns_of, in_language

WRITTEN = {
    "eng": "The ships' captains don't sail 1,234 well-known seas 1890 Harbours bei",
    "deu": "Die Häuser stehen Hafenstädten über Nord-Süd-Linien bes ging",
    "fra": "Les navires étaient l' eau aujourd'hui Trois-mâts chevaux",
    "ind": "Dicari dibunyikan mengenai kapal-kapal pelabuhannya berlayar",
    "eng+deu": "Häuser houses seas ging",
    "lat": "Naves Longae",
}


@pytest.mark.parametrize("language", WRITTEN)
def test_lemmas_are_those_of_the_lexicons(language):
    words = WRITTEN[language].split()
    tokens = in_language(columns_of([("a", words)]), language)
    codes = lemmas.lexicons_of([language])

    found = lemmas.lemmas(tokens, language)

    wanted = [
        (simplemma.lemmatize(word, lang=codes) if codes else word).lower()
        for word in found.words
    ]
    assert sorted(found.words) == sorted(set(words))
    assert found.lemmas == wanted


@pytest.mark.parametrize(
    ("language", "wanted"),
    [("eng+deu", ["war", "die"]), ("deu+eng", ["sein", "der"])],
)
def test_the_main_language_is_asked_first(language, wanted):
    tokens = in_language(columns_of([("a", ["war", "die"])]), language)

    assert lemmas.lemmas(tokens, language).lemmas == wanted


def test_rare_forms_that_no_lexicon_lists_stay_themselves(monkeypatch):
    monkeypatch.setattr(lemmas, "MAX_DERIVED", 1)
    words = ["mengenai", "dibunyikan", "dibunyikan", "Kapal"]
    tokens = in_language(columns_of([("a", words)]), "ind")

    _, words, found = lemmas.lemmas(tokens, "ind")

    assert dict(zip(words, found, strict=True)) == {
        "mengenai": "mengenai",
        "dibunyikan": "bunyi",  # twice, so that it comes before the others
        "Kapal": "kapal",
    }


def test_a_filter_does_not_change_what_is_listed_under_what():
    tokens = columns_of([("a", ["houses", "sailed"]), ("b", ["sailed", "seas"])])

    one = select(tokens, Filter(words="lemma", documents="b"))
    kept = tokens.lemma_tables["eng"]
    every = select(tokens, Filter(words="lemma"))

    assert [one.vocabulary[n] for n in one.terms[one.kept]] == ["sail", "sea"]
    assert [every.vocabulary[n] for n in every.terms] == "house sail sail sea".split()
    assert tokens.lemma_tables["eng"] is kept


def test_lemmas_are_there_before_they_are_asked_for(monkeypatch):
    monkeypatch.setattr("app.explore.token_cache.REST_SECONDS", 0)
    tokens = columns_of([("a", ["houses"])])

    look_ahead(tokens, lambda: False)
    assert tokens.lemma_tables["eng"].lemmas == ["house"]

    tokens.lemma_tables.clear()
    look_ahead(tokens, lambda: True)
    assert not tokens.lemma_tables


def test_a_lexicon_leaves_memory_once_the_lemmas_are_found(monkeypatch):
    class Lexicon(dict):
        pass

    loaded = []

    def get_dictionary(_):
        lexicon = Lexicon(ships="ship")
        loaded.append(weakref.ref(lexicon))
        return lexicon

    monkeypatch.setattr(
        "simplemma.strategies.dictionaries.DefaultDictionaryFactory",
        lambda **_: SimpleNamespace(get_dictionary=get_dictionary),
    )
    gc.disable()
    try:
        found = lemmas.lemmas(columns_of([("a", ["ships", "tqde"])]), "eng")
    finally:
        gc.enable()

    assert dict(zip(found.words, found.lemmas, strict=True))["ships"] == "ship"
    assert [lexicon() for lexicon in loaded] == [None]
