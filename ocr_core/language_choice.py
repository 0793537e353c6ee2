"""Language choice: finds the language of a document if the settings name none.

It is chosen once for a whole document, by its own text, as in a PDF, or by lines of two
pages or more, read in the language that is expected. If the document is
one picture, its first reading in that language decides and is kept if it fits, so that
the choice costs nothing there. Only if the words do not fit that language, the script
and other languages are considered.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import lru_cache, partial

import numpy as np

from ocr_core.chosen_language import ENGLISH_NAMES, LEAST_LETTERS, LanguageChoice
from ocr_core.digital_text.words import placed_text
from ocr_core.documents import (
    MOST_PAGES,
    file_digest,
    is_pdf,
    load_page,
    survey,
    text_of_page,
)
from ocr_core.documents.notes import note
from ocr_core.documents.pdf_text import MAX_CHARACTERS
from ocr_core.engines import (
    AUTO,
    PART_LANGUAGE,
    Recognition,
    engine_named,
    part_reader,
    text_languages,
)
from ocr_core.engines.fraktur import TODAY, fraktur_model
from ocr_core.errors import InputError
from ocr_core.imaging import legibility, table_rules
from ocr_core.imaging.orientation import LATIN, letters_of, runs_down, word_letters
from ocr_core.language_tags import TWO_LETTERS
from ocr_core.page import Note, Page, PageRef, Word
from ocr_core.processes.shared import once
from ocr_core.script_choice import (
    FEW_LETTERS,
    HAN_SCRIPT,
    chinese_by_letters,
    chinese_of,
    is_chinese,
    languages_of,
    mean_conf,
    read_alike,
    read_in_their_script,
    reading_code,
    script_of,
    script_of_letters,
)
from ocr_core.scripts import may_run_down
from ocr_core.settings import Settings
from ocr_core.text.identification import (
    LONG_TEXT,
    SECOND_SHARE,
    certain_share,
    foreign_words,
    is_confirmed,
    letters_in,
    likely_language,
    may_be,
    most_similar,
    near_languages,
    second_language,
)
from ocr_core.text.quality import compared, known_share
from ocr_core.text.receipt_words import receipt_language

PART, PARTS = (60, 30), 2  # width and height of a part in letters; parts per page
FIRST_PART = (60, 5)  # read of each page in the expected language
SURE_CONF = 50  # least conf of a word that is used
# Words fit the expected language if its lexicon knows this share of them. Of 50 pages,
# 0.6 to 0.99 of the words of English ones were known in English, and at most 0.46 of
# the words of pages in German, French or Indonesian.
FITS_EXPECTED, FEW_FIT, FEW_WORDS = 0.7, 0.85, 20
MOSTLY_SURE = 0.5  # share of the letters: the others may be in another script
# Mean conf of letters in the script of the language that read them: of Fraktur read as
# English it was up to 60, of other scripts up to 45.
SAME_SCRIPT = 75.0
# Gain in score of a reading in two languages. In long texts in Latin letters it is at
# most a loss: a model reads the letters of another language almost as well.
READ_BETTER = 0.005
# A page does not fit its language if the lexicon knows a smaller share of its words
# than `FITS`, and another language's lexicon knows `MUCH_BETTER` more.
FITS, MUCH_BETTER = 0.5, 0.25
LEAST_WORDS, LEAST_MISFIT = 30, 100  # words on a page; letters in its confident words
FRAKTUR_LANGUAGES = {*"deu dan swe nor ces lav est fin".split()}
LATIN_LANGUAGES = LATIN & {*TWO_LETTERS}


@dataclass(frozen=True)
class Sample:
    """Words of a page in the expected language, and how to load the page.

    The words are its own text, or of a reading in the expected language.
    """

    words: Sequence[Word]
    load: Callable[[], Page] | None = None
    is_text: bool = False


def in_language(settings: Settings, code: str) -> Settings:
    """Return settings with another language."""
    return Settings.from_flat(settings.flat() | {"language": code})


def expected_language(engine: str) -> str:
    """Return the language in which a document is first read."""
    installed = engine_named(engine).languages()
    latin = reading_code("Latin", installed)
    return latin or next(iter(sorted(text_languages(engine))), PART_LANGUAGE)


def language_of_document(
    page: Page | PageRef, knobs: Recognition
) -> LanguageChoice | None:
    """Return the language of a page's document, the same for each of its pages.

    None if the document is one picture, or if only one language is installed: then
    `language_of_reading` returns it when the page has been read.
    """
    if isinstance(page, Page):
        return None
    plain = Recognition(engine=knobs.engine, dpi=knobs.dpi, text_layer=knobs.text_layer)
    return _of_document(replace(page, number=0), file_digest(page), plain)


def language_of_reading(
    page: Page, words: Sequence[Word], knobs: Recognition
) -> LanguageChoice:
    """Choose the language by a page's words, read in the expected language."""
    plain = Recognition(engine=knobs.engine, dpi=knobs.dpi)
    return _chosen([Sample(words, lambda: page)], plain)


def language_of_text(words: Sequence[Word]) -> LanguageChoice:
    """Choose the language of words that need not be read."""
    fitting = fits(words, PART_LANGUAGE)
    likely = PART_LANGUAGE if fitting else _language_of_text(words, PART_LANGUAGE, ())
    return _choice(likely or PART_LANGUAGE, likely, script_of(likely), words)


def must_read_first(ref: PageRef, knobs: Recognition) -> bool:
    """Return whether pages may have to be read to find the language of a document."""
    if knobs.language != AUTO:
        return False
    return _is_read(survey(ref, max_pages=MOST_PAGES).pages, knobs.engine)


def _is_read(pages: int, engine: str) -> bool:
    return pages > 1 and len(text_languages(engine)) > 1


@lru_cache(maxsize=32)
def _of_document(
    ref: PageRef, digest: str, knobs: Recognition
) -> LanguageChoice | None:
    """Choose the language once for all pages of a document and all workers."""
    pages = survey(ref, max_pages=MOST_PAGES).pages
    is_read = _is_read(pages, knobs.engine)
    has_text = knobs.text_layer != "off" and is_pdf(ref)
    if not is_read and not has_text:
        return None
    key = "-".join([digest[:24], knobs.engine, str(knobs.dpi), knobs.text_layer])
    samples = partial(_samples, ref, knobs, is_read=is_read, has_text=has_text)

    def choice() -> str:
        numbers = {-(-pages // 4), -(-3 * pages // 4)}
        found = list(samples(numbers))
        if not fits(_deciding(found), expected_language(knobs.engine)):
            found += samples({1, (pages + 1) // 2, pages} - numbers)
        return json.dumps(asdict(_chosen(found, knobs)) if found else None)

    known = json.loads(once(f"language-{key}.json", choice))
    return LanguageChoice(**known) if known else None


def _samples(
    ref: PageRef,
    knobs: Recognition,
    numbers: Collection[int],
    *,
    is_read: bool,
    has_text: bool,
) -> Iterator[Sample]:
    """Yield some pages of a document, if they can be opened."""
    expected = knobs.model_copy(update={"language": expected_language(knobs.engine)})
    for number in sorted(numbers):
        one = replace(ref, number=number)
        with suppress(InputError):  # reported when the page is read
            text = _text_words(one, knobs) if has_text else []
            if text:
                yield Sample(text, is_text=True)
            elif is_read:
                page = load_page(one, knobs.dpi)
                words = _read_parts(_parts(page, FIRST_PART, 1), expected)
                yield Sample(words, partial(load_page, one, knobs.dpi))


def _text_words(ref: PageRef, knobs: Recognition) -> list[Word]:
    """Return the words of a PDF page that are drawn with ink; none if they are few."""
    with text_of_page(ref, knobs.dpi) as opened:
        if opened.text.count > MAX_CHARACTERS:
            return []
        characters = opened.text.characters()
        seen = characters.inked | (knobs.text_layer == "on")
        if not len(characters) or not seen.any():
            return []
        words = placed_text(characters.only(seen)).words
    return words if letters_in(words) >= LEAST_LETTERS else []


def _read_parts(parts: Iterable[np.ndarray], knobs: Recognition) -> list[Word]:
    read = part_reader(knobs)
    return [word for part in parts for word in read(part)]


def _chosen(samples: Sequence[Sample], knobs: Recognition) -> LanguageChoice:
    """Choose the language of samples of a document."""
    expected = expected_language(knobs.engine)
    installed = {*engine_named(knobs.engine).languages()}
    words = _deciding(samples)
    if fits(words, expected):
        return _choice(expected, expected, script_of(expected), words)
    if words and words == _words_of(samples, is_text=True):
        likely = _language_of_text(words, expected, installed)
        if likely:
            script = script_of(likely)
            return _choice(_readable(likely, script, installed), likely, script, words)
    script, latin = script_of(expected), LATIN_LANGUAGES & installed
    sure: Sequence[Word] = _sure(words)
    if mean_conf(words) < SAME_SCRIPT:
        script, sure = _in_their_script(samples, sure, knobs, installed)
    likely = ""
    if letters_in(sure) >= (LEAST_LETTERS if script == "Latin" else FEW_LETTERS):
        likely = likely_language(sure, _written_in(script), expected, installed)
        if likely not in installed and script == "Latin":
            own, found = _confirmed(samples, sure, knobs, installed - {expected})
            likely, sure = (own, found) if own else (likely, sure)
            # Half in the expected language and half in another, it looks like neither.
            if not likely and second_language(sure, expected, latin):
                likely = expected
        elif script != "Latin":
            likely = likely or most_similar(sure, _written_in(script))
            likely = read_alike(likely, sure, _parts_of(samples), knobs, installed)
    likely = likely or next(iter(languages_of(script)), "")
    down = _runs_down(likely, samples)
    if script == HAN_SCRIPT:
        parts = _parts_of(samples)
        likely = chinese_of(parts, knobs, installed, vertical=down) or likely
    code = _readable(likely, script, installed)
    if likely == code and script != "Fraktur":
        second = expected if certain_share(words, expected) >= SECOND_SHARE else ""
        least_gain = READ_BETTER
        if script == "Latin":
            second = second_language(sure, code, latin)
            if letters_in(sure) >= LONG_TEXT:  # its own lines are evidence enough
                least_gain = -READ_BETTER
        code = _in_both(samples, code, second, least_gain, knobs)
    choice = _choice(code, likely, script, sure)
    if script == "Fraktur" and likely == TODAY:
        return replace(choice, fraktur=fraktur_model(installed))
    vertical = f"{likely}_vert" if f"{likely}_vert" in installed else code
    return replace(choice, code=vertical, runs_down=True) if down else choice


def _runs_down(likely: str, samples: Iterable[Sample]) -> bool:
    """Return whether the lines of a document are vertical."""
    pages = (sample.load() for sample in samples if sample.load)
    return may_run_down(likely) and any(runs_down(letters_of(page)) for page in pages)


def _deciding(samples: Sequence[Sample]) -> list[Word]:
    """Return the words that were read, as these need the language; else the text."""
    read, text = (_words_of(samples, is_text=each) for each in (False, True))
    return text if letters_in(read) < LEAST_LETTERS and text else read


def _words_of(samples: Sequence[Sample], *, is_text: bool) -> list[Word]:
    return [word for each in samples if each.is_text is is_text for word in each.words]


def _choice(
    code: str, likely: str, script: str, words: Sequence[Word]
) -> LanguageChoice:
    known = known_share(_sure(words), likely) if likely else None
    return LanguageChoice(code, likely, script, letters_in(words), known)


def fits(words: Sequence[Word], language: str) -> bool:
    """Return whether words, and those of most lines, are in a language."""
    sure = _sure(words)
    if letters_in(sure) < max(LEAST_LETTERS, MOSTLY_SURE * letters_in(words)):
        return False
    receipt = receipt_language(sure)
    if receipt:
        return receipt == language
    least = FITS_EXPECTED if len(sure) >= FEW_WORDS else FEW_FIT
    known = known_share(sure, language)
    if known is None or known < least:
        return False
    return len(foreign_words(sure, language)) < SECOND_SHARE * len(sure)


def _language_of_text(
    words: Sequence[Word], expected: str, installed: Collection[str]
) -> str:
    """Return the language of a document's own text; "" if it is uncertain."""
    if letters_in(words) < LEAST_LETTERS:
        return ""
    likely = chinese_by_letters(words)
    likely = likely or likely_language(words, {*TWO_LETTERS}, expected, installed)
    return likely or most_similar(words, languages_of(script_of_letters(words)))


def _written_in(script: str) -> Collection[str]:
    if script == "Fraktur":
        return FRAKTUR_LANGUAGES
    return languages_of(script) or LATIN_LANGUAGES


def _in_their_script(
    samples: Sequence[Sample],
    words: Sequence[Word],
    knobs: Recognition,
    installed: Collection[str],
) -> tuple[str, Sequence[Word]]:
    """Read parts with models of their script; return it and the confident words.

    `words` were read in the expected language.
    """
    readings = read_in_their_script(_parts_of(samples), knobs, installed)
    scripts = [reading.script for reading in readings]
    script = max(scripts, key=scripts.count, default="Latin")
    found = _sure(word for each in readings for word in each.words)
    if script == "Japanese" and is_chinese(found):
        script = HAN_SCRIPT
    more = script == "Latin" and letters_in(words) > letters_in(found)
    return script, words if more else found


def _confirmed(
    samples: Sequence[Sample],
    words: Sequence[Word],
    knobs: Recognition,
    installed: Collection[str],
) -> tuple[str, Sequence[Word]]:
    """Return a language that words point to, if its own model reads them better.

    "" if none does, and the words of the better reading.
    """
    for code in near_languages(words, LATIN_LANGUAGES, installed):
        own = knobs.model_copy(update={"language": code})
        found = _sure(_read_parts(_parts_of(samples), own))
        gain = mean_conf(found) - mean_conf(words)
        if is_confirmed(code, found, LATIN_LANGUAGES, installed, gain):
            return code, found
    return "", words


def _in_both(
    samples: Sequence[Sample],
    main: str,
    second: str,
    least_gain: float,
    knobs: Recognition,
) -> str:
    """Return two languages joined by + if parts are read better by the least gain."""
    if not second or second == main:
        return main
    both, parts = f"{main}+{second}", list(_parts_of(samples))
    one, two = (
        _read_parts(parts, knobs.model_copy(update={"language": code}))
        for code in (main, both)
    )
    before, after = compared([one, two], both)
    return both if after >= before + least_gain else main


def _parts_of(samples: Iterable[Sample]) -> Iterator[np.ndarray]:
    return (part for each in samples if each.load for part in _parts(each.load()))


def _sure(words: Iterable[Word]) -> list[Word]:
    return [word for word in words if word.conf >= SURE_CONF]


def _parts(
    page: Page, span: tuple[int, int] = PART, parts: int = PARTS
) -> Iterator[np.ndarray]:
    letters = word_letters(page)
    boxes = legibility.densest(letters.middles, letters.height, span, parts)
    cuts = (legibility.cut_out(page.image, box, letters.height) for box in boxes)
    return (table_rules.with_rules_erased(cut, legibility.READ_HEIGHT) for cut in cuts)


def _readable(likely: str, script: str, installed: Collection[str]) -> str:
    """Return the model of the language, or the best available one."""
    if likely in installed:
        return likely
    found = fraktur_model(installed) if likely == TODAY else ""
    found = found or reading_code(script, installed)
    return found or reading_code("", installed) or sorted({*installed} - {"osd"})[0]


def misfit(rows: Sequence[Word], language: str) -> tuple[Note, ...]:
    """Return a note if the words are not in the language they were read in."""
    known = known_share(rows, language)
    if known is None or known >= FITS or len(rows) < LEAST_WORDS:
        return ()
    sure = _sure(rows)
    if letters_in(sure) < LEAST_MISFIT:
        return ()
    mains = {each.partition("_")[0] for each in language.split("+")}
    try:
        if may_be(sure, LATIN_LANGUAGES, mains):
            return ()  # without loading the lexicons of other languages
        likely = likely_language(sure, LATIN_LANGUAGES, language)
    except ImportError:
        return ()
    better = known_share(rows, likely) if likely else None
    if better is None or likely in mains or better < known + MUCH_BETTER:
        return ()
    name = ENGLISH_NAMES.get(likely, likely)
    shares = round(100 * known), round(100 * better)
    return (note("language-misfit", name, *shares),)
