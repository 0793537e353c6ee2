"""Stop words: published lists by language, or the user's own lists.

Each list in the folder `stop_lists` names its source in its first line. Single letters
of alphabets with capitals are stop words too: they are articles, initials, or remains
of misread words. For a language without a list nothing else is dropped, and the callers
report that.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import regex

from ocr_core.errors import InputError
from ocr_core.scripts import UNSPACED
from ocr_core.text.quality import OLD_PRINT
from ocr_core.tokenizer import ALIKE, lowered, split, unaccented

ALL_LANGUAGES = ""  # key of a list that replaces those of all languages
SAME_LIST = {"bos": "hrv"} | OLD_PRINT
MAX_BYTES = 1_000_000
GREEK = regex.compile(r"\p{Greek}")
LETTERS = frozenset(filter(str.islower, map(chr, range(0x2000))))
OwnLists = Mapping[str, frozenset[str]]


class StopList(NamedTuple):
    """The stop words of a language, and their source; both empty if there are none."""

    words: frozenset[str]
    source: str


@lru_cache
def published(code: str) -> StopList:
    """Return the published list of a language, given as Tesseract's code."""
    file = files("ocr_core.mining") / "stop_lists" / f"{SAME_LIST.get(code, code)}.txt"
    if not code.replace("_", "").isalnum() and code not in SAME_LIST:
        return StopList(frozenset(), "")
    if not file.is_file():
        return StopList(frozenset(), "")
    source, *words = file.read_text("utf-8").splitlines()
    return StopList(frozenset(words), source.removeprefix("# "))


def listed(code: str, own: OwnLists) -> StopList:
    """Return the list in use for a language: the user's own, or the published one."""
    if ALL_LANGUAGES in own:
        return StopList(own[ALL_LANGUAGES], "own list")
    return StopList(own[code], "own list") if code in own else published(code)


def stop_words(language: str, own: OwnLists) -> frozenset[str]:
    """Return the stop words of languages, given as Tesseract's codes joined by +.

    Single letters are among them, unless the user has a list of their own.
    """
    codes = language.split("+")
    lists = (listed(code, own).words for code in codes)
    has_own = ALL_LANGUAGES in own or any(code in own for code in codes)
    return frozenset().union(*lists) if has_own else LETTERS.union(*lists)


def without_list(languages: Iterable[str], own: OwnLists) -> list[str]:
    """Return the codes of the languages that have no stop words."""
    codes = dict.fromkeys(code for each in languages for code in each.split("+"))
    return [code for code in codes if code and not listed(code, own).words]


def sources(languages: Iterable[str], own: OwnLists) -> str:
    """Return a text that names the list of each language, to publish with a table."""
    codes = dict.fromkeys(code for each in languages for code in each.split("+"))
    parts = []
    for code in codes:
        words, source = listed(code, own)
        parts.append(
            f"{code}: {source}, {len(words)} words" if words else f"{code}: none"
        )
    return "; ".join(parts)


def as_listed(form: str, language: str) -> str:
    """Return a form as it is in lists: in lower case, Greek without accents."""
    small = lowered(form, language)
    if small.isascii() or not GREEK.search(small):
        return small
    return unaccented(small)


def parse_stop_list(text: str, language: str = "") -> frozenset[str]:
    """Return the words of a list, separated by space or commas; # begins a note."""
    found: set[str] = set()
    for line in text.translate(ALIKE).splitlines():
        for piece in line.partition("#")[0].replace(",", " ").split():
            elided = piece.endswith("'")  # French l', d'
            whole = elided or UNSPACED.search(piece)  # as listed, however divided
            words = [piece] if whole else split(piece, language)
            found.update(as_listed(word, language) for word in words)
    return frozenset(found)


def read_stop_list(path: str | Path, language: str = "") -> frozenset[str]:
    """Read a list of stop words from a text file.

    Raises
    ------
    InputError
        If the file cannot be read, is not UTF-8 text, or is too large.
    """
    return parse_stop_list(read_list(path), language)


def read_list(path: str | Path) -> str:
    """Return the text of a file that lists words.

    Raises
    ------
    InputError
        If it cannot be read, is not UTF-8 text, or is too large.
    """
    path = Path(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(
                "{0} is larger than {1} MB.", path.name, MAX_BYTES // 10**6
            )
        return path.read_text("utf-8-sig")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError("{0} cannot be read: {1}.", path.name, reason) from error
    except UnicodeDecodeError as error:
        raise InputError(
            "{0} is not a text in UTF-8.",
            path.name,
            hint="Write one word on each line, and save it as UTF-8.",
        ) from error
