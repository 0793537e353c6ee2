"""Chosen language: the language that a document is read in, and the evidence for it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ocr_core.documents.notes import note
from ocr_core.engines.fraktur import TODAY
from ocr_core.language_tags import NAMES, package_of
from ocr_core.page import Note, StepReport, Word
from ocr_core.text.identification import INDICATED, letters_in
from ocr_core.text.quality import known_share

LEAST_LETTERS = 40  # needed to find a language
ENGLISH_NAMES = {code: name for name, code in NAMES.items()}
ENGLISH_NAMES["chi_tra"] = "traditional Chinese"


@dataclass(frozen=True)
class LanguageChoice:
    """The language that a document is read in, and the evidence for it.

    `code` is what reads it, `likely` its own language, "" if unknown; `known` the share
    of the words that the lexicon of `likely` knows, None if it has none; `fraktur` the
    model for German if it is printed so. Lines that are vertical run down.
    """

    code: str
    likely: str = ""
    script: str = "Latin"
    letters: int = 0
    known: float | None = None
    fraktur: str = ""
    runs_down: bool = False

    @property
    def report(self) -> StepReport:
        """Return the evidence as a step of the page."""
        measured: dict[str, float | str] = {"script": self.script}
        measured["letters"] = self.letters
        measured["looks_like"] = self.likely or "nothing known"
        if self.known is not None:
            measured["known"] = round(self.known, 2)
        return StepReport("language", measured | {"read_as": self.code}, "chosen")

    @property
    def missing(self) -> str:
        """Return the model that the document needs and that is not installed, or ""."""
        if self.script == "Fraktur" and self.likely == TODAY:
            return "" if self.fraktur else "frk"
        own = f"{self.likely}_vert" if self.runs_down else self.likely
        return "" if own in self.code.split("+") else own

    @property
    def text_language(self) -> str:
        """Return the language of text that need not be read."""
        return self.likely or self.code

    def is_doubtful(self, words: Sequence[Word]) -> bool:
        """Return whether no language was found, and the words look like none."""
        if self.likely or letters_in(words) < LEAST_LETTERS:
            return False
        known = known_share(words, self.code)
        return known is not None and known < INDICATED

    def notes(
        self, *, is_read: bool = True, words: Sequence[Word] = ()
    ) -> Iterator[Note]:
        """Yield the evidence, and what is missing if the engine read the `words`."""
        name = ENGLISH_NAMES.get(self.likely, self.likely)
        if not self.likely:
            if max(letters_in(words), self.letters) >= LEAST_LETTERS:
                yield note("language-unknown", self.code)
        elif self.known is None:
            yield note("language-found", name)
        else:
            yield note("language-found-known", name, round(100 * self.known))
        if is_read and (missing := self.missing):
            yield note("language-missing", missing, package_of(missing), self.code)
