"""Lexicons: whether a language has a word.

simplemma needs up to 3 s to load a lexicon. So the hashes of its words are kept, in
order, in a file in the user's cache folder, of which a process reads what it looks up.
"""

import contextlib
import mmap
import os
import sys
import unicodedata
import zlib
from bisect import bisect_left
from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from ocr_core.replaced_files import replaced_file

# Chance that a word which a lexicon of 5 million words lacks has the hash of one of
# them: 3 in 10^13.
HASH_BYTES = 8


def is_listed(word: str, lexicon: str) -> bool:
    """Return whether a lexicon has a word, in any case of its first letter."""
    word = unicodedata.normalize("NFC", word)
    return _lookup().get_lemma(word, lexicon) is not None


def is_listed_so(word: str, lexicon: str) -> bool:
    """Return whether a lexicon has a word in just this case."""
    found: bool = _lookup().is_dictionary_member(word, lexicon)
    return found


@lru_cache(maxsize=1)
def _lookup() -> Any:
    """Return simplemma's rules for looking up a word, which ask `Lists`."""
    from simplemma.strategies import DictionaryLookupStrategy

    lists: Any = Lists(cache_folder())  # of a mapping, `get` alone is asked for
    return DictionaryLookupStrategy(lists)


class HashedWords:
    """The words of a lexicon, known by their hashes; each is its own lemma."""

    def __init__(self, hashes: memoryview) -> None:
        self._hashes = hashes

    def get(self, word: str) -> str | None:
        wanted = int.from_bytes(_hash(word), sys.byteorder)
        at = bisect_left(self._hashes, wanted)
        found = at < len(self._hashes) and self._hashes[at] == wanted
        return word if found else None


class Lists:
    """The words of all lexicons, kept in a folder.

    A file that is damaged, or of another version of simplemma, is made anew. Without a
    folder that can be written, hashes are kept in memory.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._opened: dict[str, HashedWords] = {}

    def get_dictionary(self, lexicon: str) -> HashedWords:
        """Return the words of a lexicon."""
        if lexicon not in self._opened:
            self._opened[lexicon] = HashedWords(self._hashes(lexicon))
        return self._opened[lexicon]

    def _hashes(self, lexicon: str) -> memoryview:
        if self._folder is None:
            return memoryview(_made(lexicon)).cast("Q")
        from simplemma import __version__ as version

        path = self._folder / f"{lexicon}-{version}.hashes"
        with contextlib.suppress(OSError, ValueError):
            return _read(path)
        made = _made(lexicon)
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            for earlier in self._folder.glob(f"{lexicon}-*.hashes"):
                earlier.unlink()
            with replaced_file(path, "new-", 0o600) as file:
                file.write(_checksum(made) + made)
        return memoryview(made).cast("Q")


def cache_folder(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return where lexicons are kept for the user; None if the user has no folder."""
    if named := environment.get("XDG_CACHE_HOME"):
        return Path(named) / "ocr-core"
    if sys.platform == "win32":
        local = environment.get("LOCALAPPDATA")
        return Path(local) / "ocr-core" / "cache" if local else None
    try:
        home = Path.home()
    except RuntimeError:
        return None
    caches = "Library/Caches" if sys.platform == "darwin" else ".cache"
    return home / caches / "ocr-core"


def _read(path: Path) -> memoryview:
    """Map a file of hashes into memory; raise ValueError if it is damaged."""
    with path.open("rb") as file:
        mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    if _checksum(mapped[HASH_BYTES:]) != mapped[:HASH_BYTES]:
        raise ValueError("the file is damaged")
    return mapped[HASH_BYTES:].cast("Q")


def _checksum(hashes: bytes | memoryview) -> bytes:
    return zlib.crc32(hashes).to_bytes(HASH_BYTES, "big")


def _made(lexicon: str) -> bytes:
    """Return the hashes of the words of a lexicon, in order."""
    from simplemma.strategies.dictionaries import StreamDictionaryFactory

    # A factory that is not kept: its lexicons take up to 0.2 GB.
    words = StreamDictionaryFactory().get_dictionary(lexicon)
    hashes = bytearray()
    for word in words:
        hashes += _hash(word)
    return np.sort(np.frombuffer(hashes, np.uint64)).tobytes()


def _hash(word: str) -> bytes:
    return blake2b(word.encode(), digest_size=HASH_BYTES).digest()
