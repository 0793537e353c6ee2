"""Script choice: detects the script of a part of a page by reading it.

Tesseract's OSD guesses the script; it knows no Armenian, Georgian, Ethiopic or Khmer,
and can mistake receipts and damaged letters for any script. Therefore the part is read
with a model of that script. If these words are not certain, a few lines are read with a
model of each other installed script, and the one with the most certain words is chosen.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from ocr_core.engines import PART_LANGUAGE, Recognition, guess_script, part_reader
from ocr_core.engines.fraktur import FRAKTUR
from ocr_core.imaging.orientation import LATIN
from ocr_core.page import PartReader, Word
from ocr_core.text.identification import PROVEN, distances
from ocr_core.text.quality import LEXICONS, known_share, word_kind

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
LATIN_SCRIPT, FRAKTUR_SCRIPT, HAN_SCRIPT = "Latin", "Fraktur", "Han"
# Of a drawn Serbian page the English model was sure by 69, with small and capitals
# mixed in every second word.
LOOK_ALIKE, MIXED = ("Cyrillic", "Greek"), 0.25
KANA = re.compile("[\u3041-\u30ff]")
HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]+")
CHINESE = "gb2312", "big5"  # character sets of simplified and traditional Chinese
JAPANESE = "Hiragana", "Katakana", "Cjk"  # in names of Unicode
# What the names of signs for syllables or words begin with in Unicode.
OTHER_NAMES: dict[str, str | tuple[str, ...]] = {
    "Han": "CJK",
    "Hangul": "HANGUL",
    "Japanese": ("CJK", "HIRAGANA", "KATAKANA"),
    "Korean": "HANGUL",
}
LETTERS_PER_SIGN = 2  # at least: a sign is as much evidence as so many letters
EAST_ASIAN = {"Han", "Japanese"}  # have letters in common: neither is a rival
MOSTLY = 0.5
LEAST_KANA = (
    0.1  # share of the letters: 0.56 on a drawn Japanese page, 0 on a Chinese one
)

# The mean conf of the letters of drawn pages in 40 languages was 58 to 97 if they were
# read with a model of their script, and at most 45 with a model of another one, except
# for the Thai model, which gave up to 75 to letters of any other script.
CERTAIN = 55.0
POSSIBLE = 45.0  # up to it, a reading is no evidence of a script that is not likely
OVERRATED = {"Thai": 25.0}
# By which the Thai model is surer than the Lao one of Thai text: on six drawn pages by
# 51 to 64. Of Lao, for which it gives similar Thai letters, it was on five by 6 to 35.
SURELY_THAI = 43.0
LEAST_LETTERS = 30  # fewer are no evidence of a script
FEW_LETTERS = 10  # fewer are no reason to read more than a few lines in a script
# Ratio of evidence from which a script is believed. Of four drawn lists in Nastaliq it
# was 2.6 to 3.5 between Urdu and English; of Burmese and Amharic pages that are read
# badly it was 2.2 to 3.5 to any other model, of a page of broken letters 1.6.
FAR_MORE = 2.0
SHORT_POSSIBLE = 35.0
WHOLE = 2  # scripts in which the whole part is read, if none is certain
TRIED_SHARE = 1 / 3  # of a part's rows, which other scripts are tried on: five lines
MIDDLE_GREY = 128
# Units of `distances` behind the likely language, up to which another one is tried. On
# drawn pages read as Arabic the right one was at most 28 behind (Urdu); on those in
# Arabic, others were at least 34 behind.
ALIKE = 31.0
# Languages that py3langid does not know, by the other one of their script, each with a
# letter that is frequent in it. In the Universal Declaration of Human Rights they are
# 12 % and 2 % of the letters of Yiddish and Sanskrit (Hebrew 2 %, Hindi 0.1 %), and the
# other letters 2 % and 1 % (Hebrew 8 %, Hindi 1.4 %).
FEW_TELLING = 2  # such letters are no evidence
TOLD_BY_LETTERS = {
    "heb": ("yid", "\u05e2", "\u05d4"),
    "hin": ("san", "\u0903", "\u0948"),
    "amh": ("tir", "\u12dd", "\u12a0"),
}


@lru_cache(maxsize=10_000)
def _is_in(letter: str, script: str) -> bool:
    """Return whether a character is a letter, or a vowel sign, of a script."""
    if unicodedata.category(letter)[0] not in "LM":
        return False
    begins = "LATIN" if script == FRAKTUR_SCRIPT else script.upper()
    return unicodedata.name(letter, "").startswith(OTHER_NAMES.get(script, begins))


@dataclass(frozen=True)
class ScriptReading:
    """The words of a part of a page, read with a model of a script."""

    script: str
    turn: int  # degrees clockwise, by which the part was turned
    words: Sequence[Word] = ()
    least: int = LEAST_LETTERS

    @cached_property
    def per_word(self) -> list[int]:
        """The number of letters of the script in each word; with vowel signs."""
        return [
            sum(_is_in(each, self.script) for each in word.text) for word in self.words
        ]

    @cached_property
    def letters(self) -> int:
        """The number of letters of the script; a wrong model also reads others."""
        per_sign = LETTERS_PER_SIGN if self.script in OTHER_NAMES else 1
        return per_sign * sum(self.per_word)

    @cached_property
    def mean(self) -> float:
        """The mean conf of the letters, less what the model gives to other scripts."""
        if not self.letters:
            return 0.0
        mean = np.average([word.conf for word in self.words], weights=self.per_word)
        return max(0.0, float(mean) - OVERRATED.get(self.script, 0.0))

    @property
    def evidence(self) -> float:
        """The sum of the confs of its letters: of a wrong model few and low ones."""
        return self.mean * sum(self.per_word)

    @property
    def certainty(self) -> float:
        """The mean conf of the letters, 0 to 100; 0 if there are too few."""
        return self.mean if self.letters >= self.least else 0.0


def read_in_their_script(
    images: Iterable[np.ndarray], knobs: Recognition, installed: Collection[str]
) -> list[ScriptReading]:
    """Read parts of a document, (H, W) uint8 images, with models of their script.

    Where nothing can be read, as under dots, some script is always the least uncertain.
    So other scripts than the likely ones are tried once in a document, on a few lines;
    the surest is believed if they are certain, or the whole part is `POSSIBLE`, or has
    far more letters of its script, and surer ones, than any other reading.
    """
    found: list[ScriptReading] = []
    searched = False
    for image in images:
        turn, guessed = guess_script(image) or (0, LATIN_SCRIPT)
        last = [(each.script, each.turn) for each in found[-1:]]
        likely = dict.fromkeys([(guessed, turn), *last, (LATIN_SCRIPT, turn)])
        best = _of_likely(image, list(likely), knobs, installed)
        if best.script == LATIN_SCRIPT and _is_mixed(best.words):
            alike = [(script, best.turn) for script in LOOK_ALIKE]
            other = _of_likely(image, alike, knobs, installed)
            best = max(best, other, key=lambda each: each.certainty)
        if best.certainty < CERTAIN and not searched:
            searched = True
            others = _others(likely, turn)
            best = _of_others(image, best, others, knobs, installed)
        if best.certainty < CERTAIN and not reading_code(guessed, installed):
            best = ScriptReading(guessed, turn)
        if best.script == "Thai":
            best = _thai_or_lao(image, best, knobs, installed)
        found.append(best)
    return found


def read_alike(
    likely: str,
    words: Sequence[Word],
    images: Iterable[np.ndarray],
    knobs: Recognition,
    installed: Collection[str],
) -> str:
    """Return the likely language, or one of its script that its own model shows.

    A model gives its own letters to other languages: Persian read as Arabic looks
    Arabic. So parts, (H, W) uint8 images, are read with the models of the likely
    language and of others that are not far. Of two languages the one is likelier that
    leads by more in its own model's reading, or is less behind in the other's.
    """
    possible = {*languages_of(script_of(likely))} & {*installed}
    behind = distances(words, possible)
    near = [code for code, units in behind.items() if units < ALIKE]
    if len(near) < 2 or likely not in near or _is_proven(words, likely, near):
        return _by_letters(likely, words, installed)
    parts = list(images)
    own: dict[str, dict[str, float]] = {}

    def lead(code: str, other: str) -> float:
        """Return by how much a language leads in its reading and in the other one."""
        return sum(
            own[each].get(other, 0.0) - own[each].get(code, 0.0)
            for each in (code, other)
        )

    while near:
        for code in near:
            read = part_reader(knobs.model_copy(update={"language": code}))
            found = [word for part in parts for word in read(part)]
            own[code] = distances(found, possible)
        likely = max(
            own, key=lambda code: min(lead(code, each) for each in own if each != code)
        )
        # Of Urdu in Naskh that is read as Arabic, only Persian is near enough.
        behind = own[likely]
        near = [code for code in behind if behind[code] < ALIKE and code not in own]
    return likely


def _is_proven(words: Sequence[Word], likely: str, near: Collection[str]) -> bool:
    """Return whether lexicons prove a language; the Persian one knows Urdu words."""
    if not all(code in LEXICONS for code in near):
        return False
    return (known_share(words, likely) or 0.0) >= PROVEN


def _by_letters(likely: str, words: Sequence[Word], installed: Collection[str]) -> str:
    """Return the likely language, or one that py3langid does not know, by letters."""
    other, its_letter, letter = TOLD_BY_LETTERS.get(likely, ("", "", ""))
    text = "".join(word.text for word in words)
    count = text.count(its_letter) if other in installed else 0
    return other if count > max(FEW_TELLING, text.count(letter)) else likely


def chinese_of(
    images: Iterable[np.ndarray],
    knobs: Recognition,
    installed: Collection[str],
    *,
    vertical: bool,
) -> str:
    """Return chi_tra or chi_sim, whichever reads (H, W) uint8 images the surest.

    Letter sequences do not tell them apart: each model writes its own letters. Of
    drawn pages the right one had 2 to 16 conf more. "" if neither is installed.
    """
    models = {code + "_vert" * vertical: code for code in languages_of(HAN_SCRIPT)}
    able = [model for model in models if model in installed]
    parts = list(images) if len(able) > 1 else []

    def certainty(model: str) -> float:
        read = part_reader(knobs.model_copy(update={"language": model}))
        words = [word for part in parts for word in read(part)]
        return ScriptReading(HAN_SCRIPT, 0, words).mean

    return models[max(able, key=certainty)] if able else ""


def _is_mixed(words: Sequence[Word]) -> bool:
    """Return whether many words have capitals or digits among small letters."""
    odd = sum(word_kind(word.text) == "odd" for word in words)
    return odd >= MIXED * max(1, len(words))


def _of_likely(
    image: np.ndarray,
    likely: Sequence[tuple[str, int]],
    knobs: Recognition,
    installed: Collection[str],
) -> ScriptReading:
    """Return the most certain reading with models of the likely scripts.

    Lines may be vertical: then the other model of the script is certain.
    """
    best = ScriptReading(LATIN_SCRIPT, likely[0][1])
    for script, turn in likely:
        for model in _models(reading_code(script, installed), installed):
            read = part_reader(knobs.model_copy(update={"language": model}))
            attempt = ScriptReading(script, turn, tuple(read(_turned(image, turn))))
            best = max(best, attempt, key=lambda each: each.certainty)
            if attempt.certainty >= CERTAIN:
                break
    return best


def _thai_or_lao(
    image: np.ndarray,
    thai: ScriptReading,
    knobs: Recognition,
    installed: Collection[str],
) -> ScriptReading:
    """Return a Thai reading, or the Lao one if the Thai model is not much surer."""
    lao = _of_likely(image, [("Lao", thai.turn)], knobs, installed)
    near = thai.certainty - lao.certainty < SURELY_THAI
    return lao if lao.script == "Lao" and near else thai


def _of_others(
    image: np.ndarray,
    best: ScriptReading,
    others: Iterable[tuple[str, int]],
    knobs: Recognition,
    installed: Collection[str],
) -> ScriptReading:
    """Return the surest reading in the scripts that read a few lines the surest.

    That is the `best` reading with the likely scripts unless another one is possible.
    All models of a script are tried: a language may have a hand of its own, as Urdu.
    """
    lines: dict[int, np.ndarray] = {}  # by turn
    tried: list[_Attempt] = []
    for script, turn in others:
        if turn not in lines:
            lines[turn] = _few_lines(_turned(image, turn))
        codes = [reading_code(script, installed)]
        tried += _attempts((script, turn), codes, lines[turn], knobs, installed)
        if any(each.is_certain for each in tried):
            break
    certain = [each for each in tried if each.is_certain]
    read_whole: list[ScriptReading] = []
    for each in certain or _surest(tried, WHOLE):
        script, turn = each.lines.script, each.lines.turn
        codes = [] if certain else languages_of(script)[1:]
        more = _attempts((script, turn), codes, lines[turn], knobs, installed)
        surest = _surest([each, *more], 1)[0]
        words = surest.read(_in_dark_ink(_turned(image, turn)))
        whole = ScriptReading(script, turn, tuple(words))
        surer = whole.certainty > max(POSSIBLE, best.certainty)
        read_whole.append(whole)
        if surest.is_certain or surer:
            best = whole
    if best.certainty < POSSIBLE:
        best = _standing_out([best, *read_whole])
    return best


def _standing_out(readings: Sequence[ScriptReading]) -> ScriptReading:
    """Return the reading with far more evidence than the others; else the first."""
    best, *others = sorted(readings, key=lambda each: -each.evidence)
    rivals = [each for each in others if not {each.script, best.script} <= EAST_ASIAN]
    rival = max((each.evidence for each in rivals), default=0.0)
    enough = best.letters >= FEW_LETTERS and best.mean > SHORT_POSSIBLE
    return best if enough and best.evidence >= FAR_MORE * rival else readings[0]


@dataclass(frozen=True)
class _Attempt:
    """A few lines read with a model, and its reader."""

    lines: ScriptReading
    read: PartReader

    @property
    def is_certain(self) -> bool:
        return self.lines.certainty >= CERTAIN and self.lines.letters >= LEAST_LETTERS


def _attempts(
    way: tuple[str, int],
    codes: Iterable[str],
    lines: np.ndarray,
    knobs: Recognition,
    installed: Collection[str],
) -> list[_Attempt]:
    """Return lines read with models of languages, up to a certain reading.

    `way` is their script and turn.
    """
    tried: list[_Attempt] = []
    for code in [model for each in codes for model in _models(each, installed)]:
        read = part_reader(knobs.model_copy(update={"language": code}), dark=True)
        reading = ScriptReading(*way, tuple(read(lines)), FEW_LETTERS)
        tried.append(_Attempt(reading, read))
        if tried[-1].is_certain:
            break
    return tried


def _surest(tried: Sequence[_Attempt], count: int) -> list[_Attempt]:
    """Return the attempts with most evidence, one for each script and turn."""
    found: dict[tuple[str, int], _Attempt] = {}
    for each in sorted(tried, key=lambda each: -each.lines.evidence):
        if each.lines.certainty:
            found.setdefault((each.lines.script, each.lines.turn), each)
    return list(found.values())[:count]


def _models(code: str, installed: Collection[str]) -> list[str]:
    """Return the installed models of a language: of its lines across, and vertical."""
    return [each for each in (code, f"{code}_vert") if each in installed]


def _turned(image: np.ndarray, degrees: int) -> np.ndarray:
    return np.ascontiguousarray(np.rot90(image, -degrees // 90))


def _in_dark_ink(image: np.ndarray) -> np.ndarray:
    return 255 - image if np.median(image) < MIDDLE_GREY else image


def _few_lines(image: np.ndarray) -> np.ndarray:
    """Return the `TRIED_SHARE` of an image's rows with most ink, in dark ink."""
    image = _in_dark_ink(image)
    rows = max(1, round(TRIED_SHARE * len(image)))
    ink = np.concatenate([[0], np.cumsum((255 - image).sum(axis=1, dtype=float))])
    top = int(np.argmax(ink[rows:] - ink[:-rows]))
    return image[top : top + rows]


def _others(tried: Collection[tuple[str, int]], turn: int) -> list[tuple[str, int]]:
    """Return each script that was not tried, upright and turned; Han as Chinese."""
    one_each = {codes: script for script, codes in SCRIPTS.items()}
    del one_each[SCRIPTS[FRAKTUR_SCRIPT]]
    scripts = [*one_each.values(), LATIN_SCRIPT]
    every = [(script, degrees) for degrees in sorted({0, turn}) for script in scripts]
    return [attempt for attempt in every if attempt not in tried]


def languages_of(script: str) -> list[str]:
    """Return the languages that are written in a script only; none for Latin."""
    return SCRIPTS.get(script, "").split()


def is_chinese(words: Iterable[Word]) -> bool:
    """Return whether words that were read as Japanese have too few kana for it."""
    letters = "".join(word.text for word in words)
    return len(KANA.findall(letters)) < LEAST_KANA * len(letters)


def chinese_by_letters(words: Sequence[Word]) -> str:
    """Return chi_sim or chi_tra if the letters of a text are Chinese; else "".

    Simplified letters are missing in Big5, traditional ones in GB 2312.
    """
    letters = [each for word in words for each in word.text if each.isalpha()]
    text = "".join(HAN.findall("".join(letters)))
    if len(text) <= MOSTLY * len(letters) or not is_chinese(words):
        return ""
    simplified, traditional = (
        len(text.encode(charset, "ignore").decode(charset)) for charset in CHINESE
    )
    return "chi_tra" if traditional > simplified else "chi_sim"


def script_of(language: str) -> str:
    """Return the script that a language is written in."""
    found = (script for script in SCRIPTS if language in languages_of(script))
    script = next(found, "Latin")
    return "Latin" if script == "Fraktur" else script


def mean_conf(words: Sequence[Word]) -> float:
    """Return the mean conf of the characters of words, 0 to 100."""
    letters = sum(len(word.text) for word in words)
    return sum(word.conf * len(word.text) for word in words) / max(1, letters)


def script_of_letters(words: Iterable[Word]) -> str:
    """Return the script of most letters, other than Latin; "" if there is none."""
    letters = (each for word in words for each in word.text if each.isalpha())
    names = Counter(unicodedata.name(each, "").partition(" ")[0] for each in letters)
    name = max(names, key=names.__getitem__, default="").title()
    script = "Japanese" if name in JAPANESE else name  # Chinese has no kana
    return script if script in SCRIPTS else ""


def reading_code(script: str, installed: Collection[str]) -> str:
    """Return a model that reads a script well enough to detect the language, or ""."""
    named = languages_of(script) or [PART_LANGUAGE, "script/Latin", *sorted(LATIN)]
    wanted = [
        *(FRAKTUR if script == FRAKTUR_SCRIPT else ()),
        *named,
        f"script/{script}",
    ]
    return next((code for code in wanted if code in installed), "")
