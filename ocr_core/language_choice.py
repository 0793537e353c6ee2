"""Language choice: detects the language of a document if the settings name none.

Parts of some pages with much text are read with a model of their script, and py3langid
detects the language of the words: this works for words in Latin letters even if they
were read as English. The language is chosen once for the whole document.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from ocr_core.documents import MOST_PAGES, file_digest, load_page, survey
from ocr_core.documents.notes import note
from ocr_core.engines import (
    AUTO,
    Recognition,
    engine_named,
    part_reader,
)
from ocr_core.engines.fraktur import FRAKTUR, fraktur_model
from ocr_core.errors import InputError
from ocr_core.imaging import legibility
from ocr_core.imaging.orientation import LATIN, word_letters
from ocr_core.language_tags import FROM_TAGS, NAMES, TWO_LETTERS, package_of
from ocr_core.page import Note, Page, PageRef, StepReport, Word
from ocr_core.script_choice import (
    SCRIPTS,
    languages_of,
    letters_in,
    read_in_their_script,
    reading_code,
)
from ocr_core.settings import Settings
from ocr_core.text.quality import known_share

PART, PARTS = (60, 30), 2  # width and height of a part in letters; parts per page
LEAST_LETTERS = 40  # needed to detect a language
SURE_CONF = 50  # least conf of a word that is used
CANDIDATES = 4  # languages that are compared by their lexicons
PROVEN, NEAR = 0.5, 0.05  # share of the words that a lexicon knows
CONFIRMED = 3.0  # rise of the mean conf with the language's own model
LONG_TEXT = 600  # letters needed for a language without a lexicon
# A page does not fit its language if the lexicon knows a smaller share of its words
# than `FITS`, and another language's lexicon knows `MUCH_BETTER` more.
FITS, MUCH_BETTER = 0.5, 0.25
# Log-probability in py3langid by which another language is likelier, for each letter.
# On ten poor readings of receipts it was at most 0.08, on texts in another language at
# least 0.47.
LEAD = 0.2
LEAST_WORDS, LEAST_MISFIT = 30, 100  # words on a page; letters in its confident words
FRAKTUR_LANGUAGES = {*"deu dan swe nor ces lav est fin".split()}
ENGLISH_NAMES = {code: name for name, code in NAMES.items()}


@dataclass(frozen=True)
class LanguageChoice:
    """The language that a document is read in, and the evidence for it."""

    code: str
    report: StepReport
    notes: tuple[Note, ...]


def with_language(
    page: Page | PageRef, settings: Settings
) -> tuple[Settings, LanguageChoice | None]:
    """Return settings with a language; a language set by the user is never changed."""
    knobs = settings.recognition
    if knobs.language != AUTO:
        return settings, None
    plain = Recognition(engine=knobs.engine, dpi=knobs.dpi)
    if isinstance(page, Page):
        choice = _chosen([page], plain)
    else:
        whole = replace(page, number=0)
        choice = _of_document(whole, file_digest(page), plain)
    flat = settings.flat() | {"language": choice.code}
    return Settings.from_flat(flat), choice


@lru_cache(maxsize=32)
def _of_document(ref: PageRef, digest: str, knobs: Recognition) -> LanguageChoice:
    """Choose the language once for all pages of a document in this process."""
    return _chosen(_samples(ref, knobs), knobs)


def _samples(ref: PageRef, knobs: Recognition) -> Iterator[Page]:
    """Yield the first, a middle and the last page, if they can be opened."""
    pages = survey(ref, max_pages=MOST_PAGES).pages
    for number in sorted({1, (pages + 1) // 2, pages}):
        try:
            yield load_page(replace(ref, number=number), knobs.dpi)
        except InputError:  # reported when the page is read
            continue


def _chosen(pages: Iterable[Page], knobs: Recognition) -> LanguageChoice:
    """Read parts of some pages, and choose the language of their words."""
    installed = set(engine_named(knobs.engine).languages())
    parts = [part for page in pages for part in _parts(page)]
    readings = read_in_their_script(parts, knobs, installed)
    scripts = [reading.script for reading in readings]
    script = max(scripts, key=scripts.count, default="Latin")
    sure: Sequence[Word] = _sure(word for reading in readings for word in reading.words)
    letters = sum(letters_in(word) for word in sure)
    likely = ""
    if letters >= LEAST_LETTERS:
        likely = _likely(sure, script, installed)
        if not likely and script == "Latin":
            likely, sure = _confirmed(parts, sure, knobs, installed)
    likely = likely or next(iter(languages_of(script)), "")
    code = _readable(likely, script, installed)
    known = known_share(sure, likely) if likely else None
    measured: dict[str, float | str] = {"script": script, "letters": letters}
    measured["looks_like"] = likely or "nothing known"
    if known is not None:
        measured["known"] = round(known, 2)
    report = StepReport("language", measured | {"read_as": code}, "chosen")
    return LanguageChoice(code, report, tuple(_notes(likely, code, script, known)))


def _confirmed(
    parts: Sequence[np.ndarray],
    words: Sequence[Word],
    knobs: Recognition,
    installed: Collection[str],
) -> tuple[str, Sequence[Word]]:
    """Return the language that words point to, if its own model reads them better.

    "" if it does not, and the words of the better reading.
    """
    first = next(iter(_ranked(words, "Latin")), "")
    if first not in installed:
        return "", words
    own = knobs.model_copy(update={"language": first})
    found = _sure(word for part in parts for word in part_reader(own)(part))
    if _mean_conf(found) < _mean_conf(words) + CONFIRMED:
        return "", words
    known = known_share(found, first)
    again = next(iter(_ranked(found, "Latin")), "")
    proven = again == first and (known is None or known >= PROVEN)
    return (first, found) if proven else ("", words)


def _sure(words: Iterable[Word]) -> list[Word]:
    return [word for word in words if word.conf >= SURE_CONF]


def _mean_conf(words: Sequence[Word]) -> float:
    letters = sum(len(word.text) for word in words)
    return sum(word.conf * len(word.text) for word in words) / max(1, letters)


def _parts(page: Page) -> Iterator[np.ndarray]:
    letters = word_letters(page)
    parts = legibility.densest(letters.middles, letters.height, PART, PARTS)
    return (legibility.cut_out(page.image, part, letters.height) for part in parts)


def _likely(words: Sequence[Word], script: str, installed: Collection[str] = ()) -> str:
    """Return the most likely language of some words, among those of their script.

    Of the languages that py3langid ranks highest, the one whose lexicon knows most of
    the words is chosen, if there are lexicons; of languages whose lexicons know almost
    the same words, as Bosnian and Croatian, an installed one. "" if the evidence is too
    weak.
    """
    ranked = [*_ranked(words, script)][:CANDIDATES]
    shares = {code: known_share(words, code) for code in ranked}
    lexical = {code: share for code, share in shares.items() if share is not None}
    best = max(lexical, key=lexical.__getitem__, default="")
    first = ranked[0] if ranked else ""
    if best and lexical[best] >= PROVEN:
        near = [
            code for code in ranked if lexical.get(code, 0.0) >= lexical[best] - NEAR
        ]
        likely = first if first in near else best
        return next((code for code in (likely, *near) if code in installed), likely)
    letters = sum(letters_in(word) for word in words)
    if script not in SCRIPTS and (first in lexical or letters < LONG_TEXT):
        return ""
    return first


def _ranked(words: Sequence[Word], script: str) -> dict[str, float]:
    """Return the languages of a script with their log-probabilities in py3langid.

    The likeliest is the first.
    """
    from py3langid import rank  # loading its model takes 1 s and 120 MB

    possible = {*languages_of(script)} or LATIN & {*TWO_LETTERS}
    if script == "Fraktur":
        possible = FRAKTUR_LANGUAGES
    found = rank(" ".join(word.text for word in words))
    scores: dict[str, float] = {}
    for tag, score in found:
        scores.setdefault(FROM_TAGS.get(tag, ""), float(score))
    return {code: score for code, score in scores.items() if code in possible}


def _readable(likely: str, script: str, installed: set[str]) -> str:
    """Return the model of the language, or the best available one."""
    model = fraktur_model(installed)
    if script == "Fraktur" and likely == "deu" and model:
        return model
    if likely in installed:
        return likely
    found = reading_code(script, installed)
    return found or reading_code("", installed) or sorted(installed - {"osd"})[0]


def _notes(likely: str, code: str, script: str, known: float | None) -> Iterator[Note]:
    name = ENGLISH_NAMES.get(likely, likely)
    if not likely:
        yield note("language-unknown", code)
        return
    if known is None:
        yield note("language-found", name)
    else:
        yield note("language-found-known", name, round(100 * known))
    missing = "" if likely == code or code in FRAKTUR else likely
    if script == "Fraktur" and likely == "deu" and code not in FRAKTUR:
        missing = "frk"
    if missing:
        yield note("language-missing", missing, package_of(missing), code)


def misfit(rows: Sequence[Word], language: str) -> tuple[Note, ...]:
    """Return a note if the words are not in the language they were read in."""
    known = known_share(rows, language)
    if known is None or known >= FITS or len(rows) < LEAST_WORDS:
        return ()
    sure = _sure(rows)
    if sum(letters_in(row) for row in sure) < LEAST_MISFIT:
        return ()
    mains = {each.partition("_")[0] for each in language.split("+")}
    try:
        ranked = _ranked(sure, "Latin")
        least = max(ranked.values()) - LEAD * sum(letters_in(row) for row in sure)
        if any(ranked.get(main, -math.inf) > least for main in mains):
            return ()  # without loading the lexicons of other languages
        likely = _likely(sure, "Latin")
    except ImportError:
        return ()
    better = known_share(rows, likely) if likely else None
    if better is None or likely in mains or better < known + MUCH_BETTER:
        return ()
    name = ENGLISH_NAMES.get(likely, likely)
    shares = round(100 * known), round(100 * better)
    return (note("language-misfit", name, *shares),)
