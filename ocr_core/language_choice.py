"""Language choice: detects the language of a document if the settings name none.

Tesseract's OSD detects the script. Parts of some pages with much text are read with a
model of that script, and py3langid detects the language of the words: this works for
words in Latin letters even if they were read as English. The language is chosen once
for the whole document.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from ocr_core.documents import MOST_PAGES, file_digest, load_page, survey
from ocr_core.documents.notes import note
from ocr_core.engines import (
    AUTO,
    PART_LANGUAGE,
    Recognition,
    engine_named,
    guess_script,
    part_reader,
)
from ocr_core.errors import InputError
from ocr_core.imaging import legibility
from ocr_core.imaging.orientation import LATIN, word_letters
from ocr_core.language_tags import FROM_TAGS, NAMES, TWO_LETTERS, package_of
from ocr_core.page import Note, Page, PageRef, StepReport, Word
from ocr_core.settings import Settings
from ocr_core.text.quality import known_share

PART, PARTS = (60, 30), 2  # width and height of a part in letters; parts per page
LEAST_LETTERS = 40  # needed to detect a language
SURE_CONF = 50  # least conf of a word that is used
LEAST_LATIN = 30  # confident letters that show that a part is in Latin letters
CANDIDATES = 4  # languages that are compared by their lexicons
PROVEN, NEAR = 0.5, 0.05  # share of the words that a lexicon knows
LONG_TEXT = 600  # letters needed for a language without a lexicon
# A page does not fit its language if the lexicon knows a smaller share of its words
# than `FITS`, and another language's lexicon knows `MUCH_BETTER` more.
FITS, MUCH_BETTER = 0.5, 0.25
LEAST_WORDS, LEAST_MISFIT = 30, 100  # words on a page; letters in its confident words
# Languages of the scripts that OSD knows, the most common first; Latin has all others.
SCRIPTS = {
    "Arabic": "ara fas urd pus snd uig",
    "Armenian": "hye",
    "Bengali": "ben asm",
    "Cyrillic": "rus ukr bel bul srp mkd kaz kir mon tat tgk",
    "Devanagari": "hin mar nep san",
    "Ethiopic": "amh tir",
    "Fraktur": "deu",
    "Georgian": "kat",
    "Greek": "ell grc",
    "Gujarati": "guj",
    "Gurmukhi": "pan",
    "Han": "chi_sim chi_tra",
    "Hangul": "kor",
    "Hebrew": "heb yid",
    "Japanese": "jpn",
    "Kannada": "kan",
    "Khmer": "khm",
    "Korean": "kor",
    "Lao": "lao",
    "Malayalam": "mal",
    "Myanmar": "mya",
    "Oriya": "ori",
    "Sinhala": "sin",
    "Tamil": "tam",
    "Telugu": "tel",
    "Thai": "tha",
    "Tibetan": "bod dzo",
}
FRAKTUR = ("frk", "deu_latf", "script/Fraktur", "deu_frak")
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
    words: list[Word] = []
    scripts: list[str] = []
    for image in (part for page in pages for part in _parts(page)):
        script, read = _read_part(image, knobs, installed)
        scripts.append(script)
        words += read
    script = max(set(scripts), key=scripts.count, default="Latin")
    sure = [word for word in words if word.conf >= SURE_CONF]
    letters = sum(sum(map(str.isalpha, word.text)) for word in sure)
    likely = _likely(sure, script) if letters >= LEAST_LETTERS else ""
    likely = likely or _codes(script, [""])[0]
    code = _readable(likely, script, installed)
    known = known_share(sure, likely) if likely else None
    measured: dict[str, float | str] = {"script": script, "letters": letters}
    measured["looks_like"] = likely or "nothing known"
    if known is not None:
        measured["known"] = round(known, 2)
    report = StepReport("language", measured | {"read_as": code}, "chosen")
    return LanguageChoice(code, report, tuple(_notes(likely, code, script, known)))


def _read_part(
    image: np.ndarray, knobs: Recognition, installed: set[str]
) -> tuple[str, list[Word]]:
    """Return the script of a part, and its words as read with a model of that script.

    OSD can mistake receipts and damaged letters for any script. Therefore another
    script is accepted only if the part does not read well in Latin letters.
    """
    turn, script = guess_script(image) or (0, "Latin")
    upright = np.ascontiguousarray(np.rot90(image, -turn // 90))

    def read(code: str) -> list[Word]:
        if not code:
            return []
        return list(part_reader(knobs.model_copy(update={"language": code}))(upright))

    words = read(_reading_code(script, installed))
    if script in SCRIPTS and script != "Fraktur":
        latin = read(_reading_code("Latin", installed))
        if legibility.sure_letters(latin) >= max(
            LEAST_LATIN, legibility.sure_letters(words)
        ):
            return "Latin", latin
    return script if script in SCRIPTS else "Latin", words


def _parts(page: Page) -> Iterator[np.ndarray]:
    letters = word_letters(page)
    parts = legibility.densest(letters.middles, letters.height, PART, PARTS)
    return (legibility.cut_out(page.image, part, letters.height) for part in parts)


def _codes(script: str, usual: list[str]) -> list[str]:
    return SCRIPTS[script].split() if script in SCRIPTS else usual


def _reading_code(script: str, installed: set[str]) -> str:
    """Return a model that reads a script well enough to detect the language."""
    named = _codes(script, [PART_LANGUAGE, "script/Latin", *sorted(LATIN)])
    wanted = [*(FRAKTUR if script == "Fraktur" else ()), *named, f"script/{script}"]
    return next((code for code in wanted if code in installed), "")


def _likely(words: Sequence[Word], script: str) -> str:
    """Return the most likely language of some words, among those of their script.

    Of the languages that py3langid ranks highest, the one whose lexicon knows most of
    the words is chosen, if there are lexicons. "" if the evidence is too weak.
    """
    from py3langid import rank  # loading its model takes 1 s and 120 MB

    possible = {*_codes(script, sorted(LATIN & {*TWO_LETTERS}))}
    if script == "Fraktur":
        possible = FRAKTUR_LANGUAGES
    text = " ".join(word.text for word in words)
    found = (FROM_TAGS.get(tag, "") for tag, _ in rank(text))
    ranked = [code for code in found if code in possible][:CANDIDATES]
    shares = {code: known_share(words, code) for code in ranked}
    lexical = {code: share for code, share in shares.items() if share is not None}
    best = max(lexical, key=lexical.__getitem__, default="")
    first = ranked[0] if ranked else ""
    if best and lexical[best] >= PROVEN:
        near = lexical.get(first, 0.0) >= lexical[best] - NEAR
        return first if near else best
    letters = sum(map(str.isalpha, text))
    if script not in SCRIPTS and (first in lexical or letters < LONG_TEXT):
        return ""
    return first


def _readable(likely: str, script: str, installed: set[str]) -> str:
    """Return the model of the language, or the best available one."""
    if script == "Fraktur" and likely == "deu":
        for code in FRAKTUR:
            if code in installed:
                return code
    if likely in installed:
        return likely
    found = _reading_code(script, installed)
    return found or _reading_code("", installed) or sorted(installed - {"osd"})[0]


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
    sure = [row for row in rows if row.conf >= SURE_CONF]
    if sum(sum(map(str.isalpha, row.text)) for row in sure) < LEAST_MISFIT:
        return ()
    try:
        likely = _likely(sure, "Latin")
    except ImportError:
        return ()
    better = known_share(rows, likely) if likely else None
    mains = {each.partition("_")[0] for each in language.split("+")}
    if better is None or likely in mains or better < known + MUCH_BETTER:
        return ()
    name = ENGLISH_NAMES.get(likely, likely)
    shares = round(100 * known), round(100 * better)
    return (note("language-misfit", name, *shares),)
