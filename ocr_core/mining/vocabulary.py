"""Vocabulary: the forms of a corpus, and what holds for each whatever is counted."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar, overload

import numpy as np

from ocr_core.scripts import UNSPACED
from ocr_core.tokenizer import HAS_LETTER, SYMBOL, TURKIC, lowered

Made = TypeVar("Made")
TRAITS = ("lengths", "lettered", "symbols", "unspaced", "lower")  # arrays, (V,)


class Vocabulary(Sequence[str]):
    """Forms as spelled, each once; the number of a form is its index.

    Parameters
    ----------
    forms
        The forms.
    traits
        Arrays of `TRAITS` that are already known.
    """

    def __init__(
        self, forms: Sequence[str], traits: Mapping[str, np.ndarray] | None = None
    ) -> None:
        self.spelled = list(forms)
        self._made: dict[Hashable, Any] = {}
        self.__dict__.update(traits or {})  # cached properties

    def __len__(self) -> int:
        return len(self.spelled)

    def __iter__(self) -> Iterator[str]:
        return iter(self.spelled)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        return self.spelled[at]

    def once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Return the value of a key, computed at the first call."""
        if key not in self._made:
            self._made[key] = make()
        made: Made = self._made[key]
        return made

    @cached_property
    def lengths(self) -> np.ndarray:
        """How many characters each form has."""
        return np.fromiter(map(len, self.spelled), np.int32, len(self))

    @cached_property
    def lettered(self) -> np.ndarray:
        """Whether each form has a letter."""
        return self._flags(lambda form: form.isalpha() or bool(HAS_LETTER.search(form)))

    @cached_property
    def symbols(self) -> np.ndarray:
        """Whether each form is a sign of currency, percent or paragraph."""
        # Such a sign is one character.
        found = np.zeros(len(self), bool)
        short = np.flatnonzero(self.lengths == 1).tolist()
        found[short] = [bool(SYMBOL.fullmatch(self.spelled[n])) for n in short]
        return found

    @cached_property
    def unspaced(self) -> np.ndarray:
        """Whether each form is in a script without spaces between words."""
        return self._flags(
            lambda form: not form.isascii() and bool(UNSPACED.search(form))
        )

    @cached_property
    def lower(self) -> np.ndarray:
        """(V,) int32: the number of each form's lower case, from 0 in order."""
        return numbered(all_lowered(self.spelled))

    def extended(self, forms: Sequence[str]) -> "Vocabulary":
        """Return a vocabulary with more forms after these, and its traits."""
        if not forms:
            return self
        more = Vocabulary(forms)
        traits = {
            name: np.concatenate([getattr(self, name), getattr(more, name)])
            for name in TRAITS
            if name != "lower"
        }
        small = all_lowered(forms)
        wanted, numbers = set(small), self.lower.tolist()
        known = {
            word: number
            for word, number in zip(all_lowered(self.spelled), numbers, strict=True)
            if word in wanted
        }
        count = int(self.lower.max(initial=-1)) + 1
        for word in small:
            if word not in known:
                known[word] = count
                count += 1
        lower = np.array([known[word] for word in small], np.int32)
        traits["lower"] = np.concatenate([self.lower, lower])
        return Vocabulary([*self.spelled, *forms], traits)

    def _flags(self, test: Callable[[str], bool]) -> np.ndarray:
        return np.fromiter(map(test, self.spelled), bool, len(self))

    def numbers_in_lower_case(self, language: str) -> np.ndarray:
        """Return the number of each form's lower case by the rules of a language."""
        code = language.partition("+")[0]
        if code not in TURKIC and language[:3] not in TURKIC:
            return self.lower
        return self.once(
            ("lower", language),
            lambda: numbered(all_lowered(self.spelled, language)),
        )


def all_lowered(forms: Sequence[str], language: str = "") -> list[str]:
    """Return forms in lower case by the rules of a language, as `lowered` does."""
    if not forms or language[:3] in TURKIC:
        return [lowered(form, language) for form in forms]
    plain = list(forms)
    in_ascii = np.fromiter(map(str.isascii, plain), bool, len(plain))
    others = np.flatnonzero(~in_ascii).tolist()
    for n in others:
        plain[n] = ""
    # ASCII as one text, at a tenth of the time.
    small = "\n".join(plain).lower().split("\n")
    if len(small) != len(forms):  # a form contains a line end
        return [lowered(form, language) for form in forms]
    for n in others:
        small[n] = lowered(forms[n], language)
    return small


def numbered(words: Sequence[str]) -> np.ndarray:
    """Return (N,) int32: the number of each word, new ones numbered in order."""
    ids: dict[str, int] = {}
    found = [ids.setdefault(word, len(ids)) for word in words]
    return np.array(found, np.int32)
