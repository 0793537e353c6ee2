"""Second opinion: a page with a poor result is read again with other settings.

No engine and no recipe is the best for every page, and the best one can only be found
by comparing results. Therefore the first result is scored without ground truth. If it
is poor, other settings are tried, the most promising first, and the result with most
letters right, as estimated, is kept. If both Tesseract and RapidOCR read the page, they
vote on each word.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ocr_core.documents.notes import note
from ocr_core.engines import (
    Recognition,
    engine_named,
    guess_script,
    installed_engines,
)
from ocr_core.engines.alphabets import LETTERS, in_latin_letters
from ocr_core.engines.fraktur import fraktur_language, in_letters_of_today
from ocr_core.engines.reading_order import has_columns, mostly_columns
from ocr_core.errors import EngineError, LimitError, MissingEngineError
from ocr_core.messages import Message
from ocr_core.page import DOUBTFUL, Note, Page, StepReport, Word
from ocr_core.scripts import has_marks
from ocr_core.settings import Settings
from ocr_core.text.quality import compared, mean_chance, page_quality
from ocr_core.text.word_vote import voted

# Quality from which a first result is kept. Of 50 pages with ground truth 13 were above
# it: twelve had less than 2 % errors, and only the other page was read better, by more
# than 0.02, with other settings.
GOOD = 0.93
# Least gain in score of another result: smaller gains were losses equally often.
TIE = 0.005
# Least gain as a share of what is uncertain: on a page in Nastaliq that no attempt read
# well, a gain of 0.03 of it was a loss of 0.05.
UNCERTAIN = 0.05
# In Latin letters Tesseract's lines are kept only if their score is this many times as
# high: of 35 pages that Tesseract read poorly, RapidOCR read 33 as well or better, one
# of them with a lower score. It does not know Fraktur.
FAVOUR = 1.1
# A score close to 1 leaves no room for that: the errors that it stands for are at most
# halved. Else dots of a picture, which only seem to be unread text, would be enough to
# drop a reading that has nearly every word right.
ERRORS_LEFT = 0.5
# Share of the letters from which a reading is complete, so that its lines may be the
# base of the vote.
COMPLETE = 0.95
# Share of the characters in sure words from which sparse text has lost some. Of two
# lists whose numbers it dropped it was 0.05, of a table that it read well under 0.01.
LOST = 0.02
# Share of the kept score from which a reading with better columns may be the base:
# leaders that Tesseract read as letters left a price list with a third of it, of which
# votes put only half right.
LEGIBLE = 0.75
# CPU time spent on a page, in seconds, from which it is not read once more. It is CPU
# time because the words must not depend on what else the machine does.
CPU_SECONDS = 60.0
# Least gain in score of a model for Fraktur over the one for today's letters.
FRAKTUR_GAIN = 0.02
# Score of such a reading from which `auto` asks no other engine: RapidOCR does not know
# these letters. On two such pages its votes put 1 in 150 letters right, for twice the
# time of all other readings; on one that the model read with a score of 0.5, 1 in 7.
FRAKTUR_READ = 0.85
ILLEGIBLE = 0.5  # quality under which OSD cannot be trusted to see Fraktur
FRAKTUR, SPARSE, SMOOTHED = "fraktur", "sparse text", "smoothed"
ONLY_NOISE = "only-noise"  # code of the note on a page that is not read
GRAIN = 3.0  # levels from which a page is also read smoothed
RAPID = "rapidocr"
AS_SCANNED = {
    "flatten": "off",
    "contrast": "off",
    "denoise": "none",
    "binarize": "none",
    "scale": "off",
}
# Other settings to try, the most promising first, with their time as a multiple of the
# first reading's. RapidOCR read all but two of the poor pages better; it needs the page
# straightened, with its original pixel values. The last six, for Tesseract, are mainly
# for systems without RapidOCR.
CANDIDATES: dict[str, tuple[Mapping[str, Any], float]] = {
    "rapidocr": ({"engine": "rapidocr", **AS_SCANNED}, 5.0),
    "tesseract": ({"engine": "auto"}, 1.0),
    "as scanned": (AS_SCANNED, 1.0),
    "sauvola": ({"binarize": "sauvola"}, 1.0),
    "one block": ({"psm": 6}, 1.0),
    "vertical block": ({"psm": 5}, 1.0),
    SPARSE: ({"psm": 11}, 1.0),
    SMOOTHED: ({"denoise": "median"}, 1.0),
}
AGAIN = ("as scanned", "sauvola", "one block", SPARSE, SMOOTHED)
AGAIN_DOWN = ("as scanned", "sauvola", "vertical block")  # for vertical lines
ACROSS = ("one block", SPARSE)  # these read straight across columns


@dataclass(frozen=True, eq=False)
class Attempt:
    """One attempt to read a page: its words on the page as scanned, and its details.

    `steps` are reports on how the page was prepared, `reports` on how it was read.
    `cpu` is the CPU time in seconds, including child processes; `share` is that of the
    text that was read, 0 to 1; `voters` are the words of each engine, if two read it.
    `ink` has, for each word without its numbers, the box of its ink where the engine's
    box is larger.
    """

    rows: tuple[Word, ...]
    engine: str
    language: str
    language_data: str
    prepared: Page
    steps: tuple[StepReport, ...]
    quality: float | None
    cpu: float
    reports: tuple[StepReport, ...] = ()
    share: float = 1.0
    notes: tuple[Note, ...] = ()
    voters: tuple[tuple[Word, ...], ...] = ()
    ink: Mapping[tuple[Any, ...], tuple[int, ...]] = field(default_factory=dict)

    @property
    def words(self) -> tuple[Word, ...]:
        """The words with boxes as narrow as their ink."""
        return tuple(
            Word._make((*word[:4], *self.ink.get(word[4:], word[4:8]), *word[8:]))
            for word in self.rows
        )


def of_noise(
    prepared: Page, steps: Sequence[StepReport], knobs: Recognition, cpu: float
) -> Attempt:
    """Return an attempt without words: Tesseract needs minutes for a page of noise."""
    engine = engine_named(knobs.engine)
    return Attempt(
        rows=(),
        engine=f"{engine.name} {engine.version}",
        language=knobs.language,
        language_data=engine.language_data(knobs.language),
        prepared=prepared,
        steps=tuple(steps),
        notes=(note(ONLY_NOISE),),
        quality=0.0,
        cpu=cpu,
    )


def rapidocr_follows(
    words: Sequence[Word], settings: Settings, asked: Settings | None = None
) -> bool:
    """Return whether RapidOCR will read a page, however much of it Tesseract adds.

    It will if the words that Tesseract has read are poor themselves. `asked` are the
    settings of the first attempt if these are of another one.
    """
    least = GOOD
    if asked and _are_of_fraktur(settings, asked):
        words, settings = in_letters_of_today(words), asked
        least = FRAKTUR_READ
    knobs = settings.recognition
    changes, times = CANDIDATES[RAPID]
    if knobs.second_opinion != "auto" or times > knobs.opinion_budget - 1.0:
        return False
    if knobs.engine == RAPID or not _can_read({**settings.flat(), **changes}):
        return False
    return (page_quality(words, knobs.language) or 0.0) < least


def _are_of_fraktur(settings: Settings, asked: Settings) -> bool:
    """Return whether settings differ from others by a model for Fraktur."""
    language = settings.recognition.language
    model = fraktur_language(asked.recognition.language, language.split("+"))
    return language == model


# Reads the page with other settings; None if they change nothing for the engine.
PageReader = Callable[[Settings], Attempt | None]


def second_opinion(
    first: Attempt, settings: Settings, read: PageReader
) -> tuple[Attempt, StepReport]:
    """Return the best attempt at a page within the budget, and a report on the choice.

    Parameters
    ----------
    first
        The attempt with the settings as given.
    settings
        If `second_opinion` is auto, a good first attempt is kept.
    read
        Reads a page with other settings.
    """
    knobs = settings.recognition
    measured: dict[str, float | str] = {"quality": first.quality or 0.0}
    if knobs.second_opinion == "auto" and _is_good(first, knobs.language):
        return first, StepReport("second opinion", measured)
    readings, failed, spent = _read_again(first, settings, read)
    if FRAKTUR in readings:
        rows = in_letters_of_today(readings[FRAKTUR].rows)
        readings[FRAKTUR] = replace(readings[FRAKTUR], rows=rows)
    scores = compared([reading.rows for reading in readings.values()], knobs.language)
    ranking = dict(zip(readings, scores, strict=True))
    if FRAKTUR in readings and ranking[FRAKTUR] <= ranking["first"] + FRAKTUR_GAIN:
        del readings[FRAKTUR]
    if SPARSE in readings and _drops_marks(readings[SPARSE], first, knobs.language):
        del readings[SPARSE]
    best = _best(readings, ranking, knobs.language)
    kept = readings[best]
    rivals = [name for name in readings if _is_rapid(readings[name]) != _is_rapid(kept)]
    if rivals:
        other = max(rivals, key=lambda name: ranking[name])
        rival = readings[other]
        legible = ranking[other] >= LEGIBLE * ranking[best]
        if legible and _reads_across(kept, rival):
            kept, rival = rival, kept
            measured["order"] = "columns"
        kept, taken = _with_votes(kept, rival, knobs.language)
        measured["taken"] = taken
    if (kept.quality or 0.0) < GOOD and _lacks_rapidocr(knobs.language):
        kept = replace(kept, notes=(*kept.notes, note("second-engine-missing")))
    measured |= {name: round(score, 3) for name, score in ranking.items()}
    measured["times"] = round(spent / max(first.cpu, 1e-3), 1)
    if failed:
        measured["failed"] = ", ".join(failed)
    return kept, StepReport("second opinion", measured, Message("kept {0}", best))


def _is_good(first: Attempt, language: str) -> bool:
    """Return whether a first attempt is kept; one in Fraktur has no better rival."""
    if (first.quality or 0.0) >= GOOD:
        return True
    if not _is_fraktur(first, language):
        return False
    return compared([first.rows], language)[0] >= FRAKTUR_READ


def _is_fraktur(attempt: Attempt, language: str) -> bool:
    """Return whether a model for Fraktur read a page in a language."""
    model = fraktur_language(language, attempt.language.split("+"))
    return attempt.language == model


def _read_again(
    first: Attempt, settings: Settings, read: PageReader
) -> tuple[dict[str, Attempt], list[str], float]:
    """Return all attempts by name, what failed, and the CPU time of all in seconds."""
    knobs = settings.recognition
    readings, failed, spent = {"first": first}, [], first.cpu
    for name, other in _others(first, settings):
        if spent >= CPU_SECONDS:
            failed.append(name)
            continue
        try:
            reading = read(other)
        except (EngineError, LimitError, MemoryError):
            failed.append(name)
            continue
        if reading is None:
            continue
        readings[name] = reading
        spent += reading.cpu
        decides = name == FRAKTUR and knobs.second_opinion == "auto"
        if decides and _is_fraktur_read(first, reading, knobs.language):
            break
    return readings, failed, spent


def _is_fraktur_read(first: Attempt, other: Attempt, language: str) -> bool:
    """Return whether a model for Fraktur reads a page well, and better."""
    rows = in_letters_of_today(other.rows)
    before, after = compared([first.rows, rows], language)
    return after >= FRAKTUR_READ and after > before + FRAKTUR_GAIN


def _drops_marks(sparse: Attempt, first: Attempt, language: str) -> bool:
    """Return whether sparse text has hardly more right letters than a first attempt.

    It parts lines and cuts marks off, which no confidence shows: of a drawn Khmer page
    it lost 2 % of the characters, and seemed better by a score of 0.01. It drops short
    words: of two drawn lists in Arabic and Hebrew, half of the numbers.
    """
    if not has_marks(language):
        return False
    if lost_share(first.rows, sparse.rows) > LOST:
        return True
    more, before = (
        mean_chance(each.rows, language) * sum(len(word.text) for word in each.rows)
        if each.rows
        else 0.0
        for each in (sparse, first)
    )
    return more < (1 + TIE) * before


def lost_share(before: Sequence[Word], after: Sequence[Word]) -> float:
    """Return the share of characters in sure words where no word is read any more."""

    def is_lost(word: Word) -> bool:
        x, y = word.left + word.width / 2, word.top + word.height / 2
        return not any(
            other.left <= x <= other.left + other.width
            and other.top <= y <= other.top + other.height
            for other in after
        )

    lost = [word for word in before if word.conf >= DOUBTFUL and is_lost(word)]
    return sum(len(word.text) for word in lost) / max(
        1, sum(len(word.text) for word in before)
    )


def _best(
    readings: Mapping[str, Attempt], ranking: Mapping[str, float], language: str
) -> str:
    """Return the name of the best attempt; the first if no other is much better."""
    fraktur = FRAKTUR in readings or _is_fraktur(readings["first"], language)
    favoured = in_latin_letters(language) and not fraktur
    scores = {
        name: _favoured(ranking[name])
        if favoured and _is_rapid(reading)
        else ranking[name]
        for name, reading in readings.items()
    }
    best = max(scores, key=lambda name: scores[name])
    first = scores["first"]
    return best if scores[best] >= first + least_gain(first) else "first"


def least_gain(score: float) -> float:
    """Return by how much another attempt must be better than one with a score."""
    return max(TIE * score, UNCERTAIN * (1 - score))


def _favoured(score: float) -> float:
    """Return the score of RapidOCR that is compared with those of Tesseract."""
    return min(FAVOUR * score, 1 - ERRORS_LEFT * (1 - score))


def _is_rapid(reading: Attempt) -> bool:
    return reading.engine.startswith(RAPID)


def _reads_across(kept: Attempt, rival: Attempt) -> bool:
    """Return whether an attempt reads across columns that a complete rival divides."""
    letters, others = (
        sum(len(word.text) for word in each.rows) for each in (kept, rival)
    )
    if not _is_rapid(kept) or others < COMPLETE * letters:
        return False
    return mostly_columns(rival.rows) and not has_columns(kept.rows)


def _with_votes(kept: Attempt, rival: Attempt, language: str) -> tuple[Attempt, int]:
    """Return an attempt with the likelier words of a rival, and their number."""
    rows = voted(kept.rows, rival.rows, language, kept.prepared.from_scan)
    taken = len({word[4:] for word in rows} - {word[4:] for word in kept.rows})
    voters = kept, rival
    # Words that were not read again are the rival's, too.
    shared = any(not kept.engine.startswith(word.engine) for word in kept.rows)
    kept = replace(kept, voters=(kept.words, rival.words))
    if not taken and not shared:
        return kept, 0
    before, after = (mean_chance(words, language) for words in (kept.rows, rows))
    quality = None if kept.quality is None else min(1.0, kept.quality * after / before)
    return replace(
        kept,
        rows=rows,
        engine=", ".join(voter.engine for voter in voters),
        language="+".join(
            dict.fromkeys(
                code for voter in voters for code in voter.language.split("+")
            )
        ),
        language_data=", ".join(voter.language_data for voter in voters),
        quality=None if quality is None else round(quality, 4),
        ink={**kept.ink, **rival.ink},
    ), taken


def _others(first: Attempt, settings: Settings) -> Iterator[tuple[str, Settings]]:
    """Yield the other settings to try, with names, within the time budget."""
    flat = settings.flat()
    left = settings.recognition.opinion_budget - 1.0
    # A model for Fraktur takes no budget from the others, whose times are upper bounds.
    if language := _fraktur_language(first, settings):
        model = {"language": language, "engine": _tesseract_of(settings)}
        yield FRAKTUR, Settings.from_flat({**flat, **model})
    rapid = _is_rapid(first)
    again = AGAIN_DOWN if "_vert" in settings.recognition.language else AGAIN
    names = ["tesseract"] if rapid else ["rapidocr", *again]
    if not rapid and has_columns(first.rows):
        names = [name for name in names if name not in ACROSS]
    if _grain(first) < GRAIN:
        names = [name for name in names if name != SMOOTHED]
    for name in names:
        changes, times = CANDIDATES[name]
        if times <= left and _can_read({**flat, **changes}):
            left -= times
            yield name, Settings.from_flat({**flat, **changes})


def _grain(first: Attempt) -> float:
    """Return the grain of a page in levels, as its first attempt measured it."""
    found = [each.measured.get("grain", 0.0) for each in first.steps]
    return max((float(each) for each in found), default=0.0)


def _fraktur_language(first: Attempt, settings: Settings) -> str:
    """Return the languages with a model for Fraktur if the page may be printed so.

    "" if such a model made the first attempt.
    """
    language = settings.recognition.language
    if _is_fraktur(first, language):
        return ""
    try:
        installed = engine_named("auto").languages()
    except MissingEngineError:
        return ""
    other = fraktur_language(language, installed)
    if not other or (first.quality or 0.0) < ILLEGIBLE:
        return other
    _, script = guess_script(first.prepared.image) or (0, "")
    return other if script == "Fraktur" else ""


def _tesseract_of(settings: Settings) -> str:
    """Return the requested engine if it is a Tesseract."""
    engine = settings.recognition.engine
    return "auto" if engine == RAPID else engine


def _lacks_rapidocr(language: str) -> bool:
    """Return whether RapidOCR could read a language but is not installed."""
    known = all(code in LETTERS for code in language.split("+"))
    return known and "rapidocr" not in installed_engines()


def _can_read(flat: Mapping[str, Any]) -> bool:
    try:
        engine_named(flat["engine"]).language_data(flat["language"])
    except MissingEngineError:
        return False
    return True
