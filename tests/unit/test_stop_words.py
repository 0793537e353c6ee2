"""Stop words: published lists, the user's own, and what has none."""

# ruff: noqa: RUF001

from dataclasses import replace
from importlib.resources import files

import pytest

from ocr_core.corpus import Corpus
from ocr_core.errors import InputError
from ocr_core.mining import Filter, select
from ocr_core.mining.stop_words import (
    ALL_LANGUAGES,
    parse_stop_list,
    published,
    read_stop_list,
    stop_words,
    without_list,
)
from ocr_core.tokenizer import split
from tests.support.written_corpora import columns_of, fill, in_language, page

LISTS = sorted(
    each.name.removesuffix(".txt")
    for each in (files("ocr_core.mining") / "stop_lists").iterdir()
    if each.name.islower()
)


@pytest.fixture
def corpus(tmp_path):
    with Corpus(tmp_path / "c.sqlite", write=True) as opened:
        yield opened


def words(selection):
    return [selection.vocabulary[n] for n in selection.terms[selection.kept].tolist()]


def dropping(text, language):
    tokens = in_language(columns_of([("d", split(text, language))]), language)
    return words(select(tokens, Filter(stop_words="drop")))


@pytest.mark.parametrize("code", LISTS)
def test_a_list_is_short_and_names_its_source(code):
    found = published(code)

    assert found.source.partition(",")[0] in ("Snowball", "Apache Lucene", "spaCy")
    assert 30 < len(found.words) < 500
    assert not any("Ã" in word or "�" in word or " " in word for word in found.words)


# Snowball's own count of its English list; its words of content are none.
def test_the_english_list_is_snowballs():
    found = published("eng").words

    assert len(found) == 174
    assert {"the", "of", "won't", "ourselves"} <= found
    assert not {"man", "men", "state", "work", "home", "fire", "bill"} & found


@pytest.mark.parametrize(
    ("language", "text", "left"),
    [
        (
            "fra",
            "L’eau qu'il boit jusqu'à l'île, lorsqu'on t'aime",
            "eau boit île aime",
        ),
        ("tur", "Bu gemi ve İçin büyük", "gemi büyük"),
        ("ell", "Η θάλασσα και το Λιμάνι είναι", "θάλασσα λιμάνι"),
        ("ron", "și corabia în țară", "corabia țară"),
        ("fas", "کشتی که در دریا", "کشتی دریا"),
        ("frk", "Die Häuſer und der Hafen", "häuser hafen"),
        ("deu_latf", "Die Häuser und der Hafen", "häuser hafen"),
        ("script/Fraktur", "Das Schiff", "schiff"),
        ("bos", "brod je i more", "brod more"),
        ("srp_latn", "brod je i more", "brod more"),
        ("srp", "брод је и море", "брод море"),
        ("eng+deu", "the ship und das Meer", "ship meer"),
        ("gle", "an long agus an fharraige", "long fharraige"),
        ("fra", "Le vapeur a un port; c'est M. Ker", "vapeur port ker"),
        ("isl", "Á skip Þ b", "skip"),  # letters, though it has no list
        ("chi_sim", "海 水", "海 水"),  # one sign is a word
        ("kor", "물 A", "물"),
    ],
)
def test_what_is_no_content_is_dropped_in_each_language(language, text, left):
    assert dropping(text, language) == left.split()


def test_a_language_without_a_list_is_named():
    languages = ["enm", "eng+jpn", "isl", "swa", "chi_sim", "frk"]

    assert without_list(languages, {}) == ["enm", "jpn", "isl", "swa", "chi_sim"]
    assert without_list(languages, {ALL_LANGUAGES: frozenset({"x"})}) == []

    tokens = in_language(columns_of([("d", ["skip"])]), "isl")
    assert select(tokens).without_stop_words == []  # none were to be dropped
    assert select(tokens, Filter(stop_words="drop")).without_stop_words == ["isl"]


def test_an_own_list_takes_the_place_of_the_published_one():
    tokens = in_language(columns_of([("d", ["The", "old", "ship"])]), "eng")
    wanted = Filter(stop_words="drop")

    own = replace(tokens, stop_lists={"eng": frozenset({"old"})})
    every = replace(tokens, stop_lists={ALL_LANGUAGES: frozenset({"ship"})})
    other = replace(tokens, stop_lists={"deu": frozenset({"ship"})})

    assert words(select(own, wanted)) == ["the", "ship"]
    assert words(select(every, wanted)) == ["the", "old"]
    assert words(select(other, wanted)) == ["old", "ship"]


def test_a_list_is_read_from_a_file_as_people_write_it(tmp_path):
    file = tmp_path / "mine.txt"
    file.write_text("\ufeffThe, and\n# names\nHafen  # a place\nl’\nΚαί\n", "utf-8")

    assert read_stop_list(file) == {"the", "and", "hafen", "l'", "και"}
    assert parse_stop_list("I", "tur") == {"ı"}


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"x" * 1_000_001])
def test_what_is_no_list_is_refused(tmp_path, content):
    file = tmp_path / "mine.txt"
    file.write_bytes(content)

    with pytest.raises(InputError):
        read_stop_list(file)


def test_a_list_is_kept_with_the_corpus(corpus):
    fill(corpus, page("letter", "The old ship"))
    before = corpus.content_stamp()

    corpus.set_stop_list("eng", {"old"})

    assert corpus.content_stamp() != before
    selection = select(corpus.tokens(), Filter(stop_words="drop"))
    assert words(selection) == ["the", "ship"]

    corpus.set_stop_list("eng", None)
    assert corpus.stop_lists() == {}
    assert stop_words("eng", corpus.stop_lists()) >= published("eng").words
