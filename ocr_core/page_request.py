"""Page request: the settings of a user for a page, and the language that is read."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ocr_core.chosen_language import LanguageChoice
from ocr_core.engines import AUTO
from ocr_core.language_choice import (
    expected_language,
    in_language,
    language_of_document,
    language_of_text,
)
from ocr_core.page import Page, PageRef, PageResult, Word
from ocr_core.settings import Settings

DOUBTFUL = 0.5  # factor of the quality of words that look like no language


@dataclass(frozen=True)
class Request:
    """The settings of a user for a page, and those in the language that is read.

    `choice` is None if the user names the language, or if the language that is read is
    only expected, because `is_open`: then the first reading of the page decides.
    """

    wanted: Settings
    settings: Settings
    start: float
    choice: LanguageChoice | None = None

    @property
    def is_open(self) -> bool:
        """Return whether the language is not known yet."""
        return self.choice is None and self.wanted.recognition.language == AUTO

    def chosen(self, choice: LanguageChoice) -> "Request":
        """Return the request with the language of the page.

        A second opinion compares models for Fraktur and for today's letters; without
        it, the one for the letters of the page reads it.
        """
        alone = self.wanted.recognition.second_opinion == "off"
        code = choice.fraktur if alone and choice.fraktur else choice.code
        return replace(self, choice=choice, settings=in_language(self.wanted, code))

    def of_text(self, words: Sequence[Word]) -> "Request":
        """Return the request with a language found in the page's own text."""
        return self.chosen(language_of_text(words)) if self.is_open else self

    def answered(self, result: PageResult) -> PageResult:
        """Return a result with the settings of the user and the language found."""
        result = replace(
            result,
            settings=self.wanted.flat(),
            settings_digest=self.wanted.digest,
            seconds=round(time.perf_counter() - self.start, 3),
        )
        if self.choice is None:
            return result
        is_read = result.source != "pdf-text"
        notes = self.choice.notes(is_read=is_read, words=result.rows)
        quality = result.quality
        if quality and is_read and self.choice.is_doubtful(result.rows):
            quality = round(DOUBTFUL * quality, 4)
        return replace(
            result,
            quality=quality,
            language=result.language if is_read else self.choice.text_language,
            reports=(self.choice.report, *result.reports),
            notes=(*notes, *result.notes),
        )


def request_for(page: Page | PageRef, wanted: Settings, start: float) -> Request:
    """Return the request for a page in the language of its document."""
    knobs = wanted.recognition
    if knobs.language != AUTO:
        return Request(wanted, wanted, start)
    expected = in_language(wanted, expected_language(knobs.engine))
    request = Request(wanted, expected, start)
    choice = language_of_document(page, knobs)
    return request.chosen(choice) if choice else request
