"""Lexicons: simplemma's answers, from a file that is made once."""

import pytest
import simplemma
from simplemma.strategies.dictionaries import StreamDictionaryFactory

from ocr_core.text import lexicons
from ocr_core.text.lexicons import Lists, cache_folder, is_listed, is_listed_so


@pytest.fixture
def made(monkeypatch):
    """Count the lexicons that are read in full."""
    made = []
    make = lexicons._made
    monkeypatch.setattr(
        lexicons, "_made", lambda lexicon: made.append(lexicon) or make(lexicon)
    )
    return made


def forms(word):
    """A word, and what may be another or none."""
    return {
        *(word, word.lower(), word.upper(), word.capitalize(), word[::-1]),
        *(f"{word}q", word[1:], word.replace("'", "’")),
    } - {""}


@pytest.mark.parametrize("lexicon", ["ms", "enm", "fa"])
def test_a_word_is_listed_where_simplemma_knows_it(lexicon):
    words = list(StreamDictionaryFactory().get_dictionary(lexicon))[::199]
    asked = sorted({form for word in words for form in forms(word)})

    listed = [word for word in asked if is_listed(word, lexicon)]
    assert listed == [
        word for word in asked if simplemma.is_known(word, lexicon, low_memory=True)
    ]
    assert len(words) <= len(listed) < len(asked)


def test_a_word_is_listed_so_in_its_own_case_only():
    assert [is_listed_so(word, "en") for word in ("house", "House", "hause")] == [
        *(True, False, False)
    ]
    assert is_listed("House", "en")
    assert not is_listed("", "en")


@pytest.mark.parametrize("word", ["cafe\N{COMBINING ACUTE ACCENT}", "aujourd’hui"])
def test_a_word_spelled_with_other_characters_is_listed(word):
    assert is_listed(word, "fr")


def test_a_lexicon_is_read_in_full_once(tmp_path, made):
    for _ in range(2):
        words = Lists(tmp_path / "new" / "cache").get_dictionary("ms")
        assert words.get("rumah") == "rumah"
        assert words.get("rumahq") is None
    assert made == ["ms"]


@pytest.mark.parametrize(
    "damaged",
    [
        *(lambda whole: b"", lambda whole: whole[:8], lambda whole: whole[:-8]),
        *(lambda whole: whole[:-3], lambda whole: bytes(len(whole))),
        lambda whole: whole[:800] + bytes([whole[800] ^ 1]) + whole[801:],
    ],
    ids=["empty", "no words", "cut", "cut within a word", "zeros", "one bit"],
)
def test_a_damaged_file_is_made_anew(tmp_path, made, damaged):
    Lists(tmp_path).get_dictionary("ms")
    [path] = tmp_path.iterdir()
    whole = path.read_bytes()
    path.write_bytes(damaged(whole))

    assert Lists(tmp_path).get_dictionary("ms").get("rumah")
    assert made == ["ms", "ms"]
    assert path.read_bytes() == whole


def test_files_of_another_version_of_a_lexicon_are_deleted(tmp_path):
    earlier, other = tmp_path / "ms-1.9.hashes", tmp_path / "id-1.9.hashes"
    for path in (earlier, other):
        path.write_bytes(b"words")

    Lists(tmp_path).get_dictionary("ms")
    assert not earlier.exists()
    assert other.exists()


@pytest.mark.parametrize("blocked", [None, "a file"])
def test_without_a_folder_hashes_are_in_memory(tmp_path, blocked):
    (tmp_path / "a file").write_text("no folder")
    folder = blocked and tmp_path / blocked

    words = Lists(folder).get_dictionary("ms")
    assert words.get("rumah")
    assert not words.get("rumahq")


@pytest.mark.parametrize(
    ("system", "environment", "expected"),
    [
        ("linux", {}, "/home/eva/.cache/ocr-core"),
        ("linux", {"XDG_CACHE_HOME": "/big/cache"}, "/big/cache/ocr-core"),
        ("darwin", {}, "/home/eva/Library/Caches/ocr-core"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/ocr-core/cache"),
        ("win32", {}, None),
    ],
)
def test_the_folder_is_that_of_the_system(monkeypatch, system, environment, expected):
    monkeypatch.setattr("sys.platform", system)
    monkeypatch.setenv("HOME", "/home/eva")

    found = cache_folder(environment)
    assert (found and found.as_posix()) == expected
