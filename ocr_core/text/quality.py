"""Quality: how well a page was read, estimated without a ground truth.

Three things are measured: the engine's confidence in each word, whether the word
belongs to the language (or is a number, a name, an odd token), and how much of the
page's ink lies inside word boxes. The first two give each word's probability of being
right; the quality of a page is the mean probability times the share of ink read.
"""

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Literal

import cv2
import numpy as np
import regex

from ocr_core.page import Word
from ocr_core.scripts import UNSPACED_LETTERS, is_unspaced
from ocr_core.text.lexicons import is_listed
from ocr_core.tokenizer import PART

WordKind = Literal["word", "known", "number", "short", "name", "unknown", "mark", "odd"]
# Tesseract's codes for the languages that simplemma has a lexicon for.
LEXICONS = {
    "bos": "hbs", "bul": "bg", "cat": "ca", "ces": "cs", "cym": "cy", "dan": "da",
    "deu": "de", "ell": "el", "eng": "en", "enm": "enm", "est": "et", "fas": "fa",
    "fin": "fi", "fra": "fr", "gla": "gd", "gle": "ga", "glg": "gl", "hin": "hi",
    "hrv": "hbs", "hun": "hu", "hye": "hy", "ind": "id", "isl": "is", "ita": "it",
    "kat": "ka", "lat": "la", "lav": "lv", "lit": "lt", "ltz": "lb", "mkd": "mk",
    "msa": "ms", "nld": "nl", "nor": "nb", "pol": "pl", "por": "pt", "ron": "ro",
    "rus": "ru", "slk": "sk", "slv": "sl", "spa": "es", "sqi": "sq", "srp": "hbs",
    "swa": "sw", "swe": "sv", "tgl": "tl", "tur": "tr", "ukr": "uk",
}  # fmt: skip
# Codes of models for old print, and their languages.
OLD_PRINT = {
    "frk": "deu", "deu_frak": "deu", "deu_latf": "deu", "Fraktur": "deu",
    "script/Fraktur": "deu", "dan_frak": "dan", "slk_frak": "slk", "ita_old": "ita",
    "spa_old": "spa",
}  # fmt: skip
LEXICONS |= {code: LEXICONS[today] for code, today in OLD_PRINT.items()}
UNMARKED = regex.compile(r"[\p{L}\p{N}](?:.*[\p{L}\p{M}\p{N}])?", regex.DOTALL)
# In scripts that put marks between words or sentences without a space, all of them.
JOINTS = regex.compile(
    rf"[-'’./&@:,–—]|(?<=[{UNSPACED_LETTERS}\p{{Ethiopic}}\p{{Tibetan}}])\p{{P}}+"
)
NUMBER = re.compile(r"[(\[#$€£+*-]*\d[\d.,:/'%-]*[A-Za-z%€$£)\]*.,;:]{0,3}")
VOWELS = frozenset("aeiouy")
# Share of right words by confidence, on 50 pages (scans, photos, receipts, forms; four
# languages) read by Tesseract 5.5; every page has the same weight.
CONF_RIGHT = (
    (0, 30, 60, 75, 82, 88, 91.5, 94, 96),
    (0.12, 0.20, 0.40, 0.47, 0.55, 0.68, 0.84, 0.93, 0.97),
)
# What the kind of a word adds to the log-odds of being right: a logistic regression on
# the same pages, read by Tesseract and by RapidOCR, whose fits agree.
PER_KIND = {
    "known": 1.0,
    "word": 0.5,
    "short": 0.4,
    "number": -0.1,
    "mark": -0.6,
    "name": -0.85,
    "unknown": -1.5,
    "odd": -1.8,
}
# Share of the words of correct text that a lexicon lacks, where it is large, in the
# Universal Declaration of Human Rights: an unknown word is weaker evidence there.
LACKING = {
    "fa": 0.16, "gl": 0.22, "hbs": 0.14, "hi": 0.11, "hy": 0.13, "is": 0.13,
    "ka": 0.27, "lb": 0.14, "lv": 0.21, "sq": 0.30, "sw": 0.41, "tl": 0.26,
}  # fmt: skip
USUALLY_LACKING = 0.05
# From this mean probability on, a page counts as read well and no lexicon is used:
# loading one can take longer than a tenth of reading a page.
SURE = 0.93
# Engines confuse marks with high confidence: of nine drawn tables of crosses, ticks,
# digits and letters, three were read 0.1 to 0.6 worse than estimated.
MARKS = 0.8
# Wrong letters of a wrong word, but at most all of its own; see docs/methods.md.
WRONG_LETTERS = 2.0
FEW_WORDS = 10
FIRST_IDEOGRAPH = "\u2e80"
MAP_SIDE = 1500  # px, of the map of the areas that words cover
PARTLY = 0.25  # share of a mark in word boxes from which it counts as read


def page_quality(
    rows: Sequence[Word], language: str, ink: np.ndarray | None = None
) -> float | None:
    """Estimate the share of a page that was read correctly, 0 to 1.

    Parameters
    ----------
    rows
        The words that were read.
    language
        Tesseract's codes, joined by +.
    ink : (N, 4) float array, optional
        What `ink_boxes` found on the image that was read; without it, all ink counts
        as read.

    Returns
    -------
    float or None
        None without evidence: no words and no known ink.
    """
    return estimated(rows, language, ink)[0]


def estimated(
    rows: Sequence[Word], language: str, ink: np.ndarray | None, lost: float = 0.0
) -> tuple[float | None, float]:
    """Return the quality as `page_quality` does, and the share of the text it is of.

    `lost` is the share of the text that is known to be unread.
    """
    if not rows:
        return (None if ink is None or not len(ink) else 0.0), 0.0
    chances, weights = word_chances(rows, needed_lexicons(rows, language))
    share = 1.0 if ink is None else ink_share(rows, ink)
    share = min(share, 1 - lost) * (MARKS if mostly_marks(rows) else 1.0)
    return round(float(np.average(chances, weights=weights)) * share, 4), share


def needed_lexicons(rows: Sequence[Word], language: str) -> str:
    """Return the languages whose lexicons tell how well words were read.

    It is "" for words that were read well without one.
    """
    chances, weights = word_chances(rows)
    return language if np.average(chances, weights=weights) < SURE else ""


def mostly_marks(rows: Sequence[Word]) -> bool:
    """Return whether most words are single characters, such as crosses in cells.

    A single Chinese, Korean or Thai character may be a word, not a mark.
    """
    texts = [row.text for row in rows if len(row.text) == 1]
    marks = sum(text < FIRST_IDEOGRAPH and not is_unspaced(text) for text in texts)
    return len(rows) >= FEW_WORDS and 2 * marks > len(rows)


def read_quality(rows: Sequence[Word], share: float) -> float:
    """Return the quality of a page by its words' calibrated confidences, 0 to 1.

    `share` is that of the text that was read.
    """
    shares, weights = right_shares(rows)
    return round(float(np.average(shares, weights=weights)) * share, 4)


def of_whole(quality: float | None, intact: float) -> float | None:
    """Return the quality of a page of which only the share `intact` was decoded."""
    return None if quality is None else round(quality * intact, 4)


def corrected_quality(
    quality: float | None,
    rows: Sequence[Word],
    texts: Mapping[int, str],
    language: str,
) -> float | None:
    """Return the quality of a page on which a person set or confirmed words.

    Parameters
    ----------
    quality
        As `page_quality` estimated it when the page was read.
    rows
        The words as the engine read them.
    texts
        The words that are now certain, by index; "" for a struck-out word.
    """
    if quality is None or not rows:
        return quality
    shares, weights = right_shares(rows, language)
    before = float(np.average(shares, weights=weights))
    for index, text in texts.items():
        shares[index], weights[index] = 1.0, float(len(text))
    if not weights.any():
        return quality
    after = float(np.average(shares, weights=weights))
    return round(min(1.0, quality * after / before), 4)


def right_shares(
    rows: Sequence[Word], language: str = ""
) -> tuple[np.ndarray, np.ndarray]:
    """Return each word's expected share of right letters, 0 to 1, and its letters.

    Words without a calibrated confidence are right by `word_chances`.
    """
    weights = np.array([float(len(row.text)) for row in rows])
    if any(row.conf_engine is None for row in rows):
        chances, _ = word_chances(rows, needed_lexicons(rows, language))
    else:
        chances = np.zeros(len(rows))
    calibrated = np.array([row.conf_engine is not None for row in rows])
    wrong = 1 - np.array([row.conf for row in rows]) / 100
    shares = 1 - wrong * np.minimum(1, WRONG_LETTERS / np.maximum(1, weights))
    return np.where(calibrated, shares, chances), weights


def compared(readings: Sequence[Sequence[Word]], language: str) -> list[float]:
    """Score several readings of one page against each other, 0 to 1, higher is better.

    The score is the expected F-measure: twice the expected number of right letters,
    divided by the sum of the letters read and the letters on the page. The latter is
    at least the largest expected number of right letters of any reading.
    """
    found = [word_chances(rows, language) for rows in readings]
    right = [float(chances @ weights) for chances, weights in found]
    there = max(right, default=0.0)
    read = [float(weights.sum()) for _, weights in found]
    return [
        2 * some / max(1.0, all_read + there)
        for some, all_read in zip(right, read, strict=True)
    ]


def word_chances(
    rows: Sequence[Word], language: str = ""
) -> tuple[np.ndarray, np.ndarray]:
    """Return each word's probability of being right, 0 to 1, and its weight in letters.

    Without a language, or with one that has no lexicon, no word is unknown.
    """
    weights = np.array([float(len(row.text)) for row in rows])
    kinds = word_kinds(rows, language)
    known = [LACKING.get(LEXICONS.get(code, ""), 0.0) for code in language.split("+")]
    excuse = math.log(max(USUALLY_LACKING, *known) / USUALLY_LACKING)
    return right_chances([row.conf for row in rows], kinds, excuse), weights


def word_kinds(rows: Sequence[Word], language: str = "") -> list[WordKind]:
    """Return the kind of each word; see `word_chances` for `language`."""
    lexicons = tuple(LEXICONS.get(code, "") for code in language.split("+"))
    if not all(lexicons):
        lexicons = ()  # words of the language without a lexicon would count as unknown
    return [word_kind(row.text, lexicons) for row in rows]


def right_chances(
    confs: Sequence[float] | np.ndarray,
    kinds: Sequence[WordKind] | np.ndarray,
    excuse: float = 0.0,
) -> np.ndarray:
    """Return the probability of being right, 0 to 1, by confidence and kind of word.

    `excuse` is added to the log-odds of unknown words.
    """
    usual = np.interp(confs, *CONF_RIGHT)
    per_kind = PER_KIND | {"unknown": PER_KIND["unknown"] + excuse}
    extra = np.array([per_kind[kind] for kind in kinds])
    found: np.ndarray = usual / (usual + (1 - usual) * np.exp(-extra))
    return found


def mean_chance(rows: Sequence[Word], language: str = "") -> float:
    """Return the mean chance of words of being right, 0 to 1, weighted by letters."""
    chances, weights = word_chances(rows, language)
    return float(np.average(chances, weights=weights))


def known_share(rows: Sequence[Word], language: str) -> float | None:
    """Return the share of words that are in a lexicon, 0 to 1.

    Numbers and marks do not count. None if a language has no lexicon or the page has
    no such word.
    """
    lexicons = tuple(LEXICONS.get(code, "") for code in language.split("+"))
    if not all(lexicons):
        return None
    kinds = [word_kind(row.text, lexicons) for row in rows]
    words = [kind for kind in kinds if kind not in ("number", "mark")]
    known = sum(kind in ("known", "short") for kind in words)
    return known / len(words) if words else None


def unmarked(text: str) -> str:
    """Return a word without the punctuation at its ends; "" for punctuation alone."""
    found = UNMARKED.search(text)
    return found[0] if found else ""


@lru_cache(maxsize=50_000)
def word_kind(text: str, lexicons: tuple[str, ...] = ()) -> WordKind:
    """Classify a token; without a lexicon none is unknown."""
    text = unicodedata.normalize("NFC", text)
    core = unmarked(text)
    if not core:
        return "mark"
    if NUMBER.fullmatch(text):
        return "number"
    if _is_odd(text, core):
        return "odd"
    parts = [part for part in JOINTS.split(core) if part]
    if sum(character.isalpha() for character in core) <= 2:
        return "short" if not lexicons or _is_known(core, lexicons) else "unknown"
    if not lexicons:
        return "word"
    if _is_known(core, lexicons) or (
        len(parts) > 1
        and all(len(part) < 3 or _is_known(part, lexicons) for part in parts)
    ):
        return "known"
    return "name" if core[0].isupper() else "unknown"


def _is_odd(text: str, core: str) -> bool:
    """Return whether a token does not look like a word, as when a stain was read."""
    if len(text) - len(core) > 3 or re.search(r"(.)\1\1\1", core):
        return True
    parts = [part for part in JOINTS.split(core) if part]
    if not all(PART.fullmatch(part) for part in parts):
        return True
    if any(character.isdigit() for character in core):
        return any(character.islower() for character in core)
    if not all(part.isupper() or part[1:] == part[1:].lower() for part in parts):
        return True
    plain = unicodedata.normalize("NFD", core.lower())
    latin = all("a" <= character <= "z" for character in plain)
    return latin and len(plain) >= 4 and not VOWELS & set(plain)


def _is_known(word: str, lexicons: tuple[str, ...]) -> bool:
    return any(is_listed(word, lexicon) for lexicon in lexicons)


def ink_share(rows: Sequence[Word], ink: np.ndarray) -> float:
    """Return the share of letter-sized ink in word boxes, 0 to 1.

    Letter-sized means 0.3 to 1.5 times as tall as the median word. A mark of which
    `PARTLY` is in boxes counts as read: engines cut off the last stroke of a letter.
    """
    tall = np.median([row.height for row in rows])
    sized = ink[(ink[:, 3] > 0.3 * tall) & (ink[:, 3] < 1.5 * tall)]
    if not len(sized):
        return 1.0
    right = int(max(max(row.left + row.width for row in rows), sized[:, 0].max())) + 2
    low = int(max(max(row.top + row.height for row in rows), sized[:, 1].max())) + 2
    factor = min(1.0, MAP_SIDE / max(right, low))
    covered = np.zeros((int(low * factor) + 2, int(right * factor) + 2), np.uint8)
    for row in rows:
        left, top, width, height = (int(value * factor) for value in row[4:8])
        covered[max(0, top) : top + height + 1, max(0, left) : left + width + 1] = 1
    inside = cv2.integral(covered)
    limit = np.array(covered.shape[::-1])
    first = np.clip((sized[:, :2] * factor).astype(int), 0, limit - 1)
    last = np.clip(
        ((sized[:, :2] + sized[:, 2:]) * factor).astype(int), first + 1, limit
    )
    (x0, y0), (x1, y1) = first.T, last.T
    found = inside[y1, x1] - inside[y0, x1] - inside[y1, x0] + inside[y0, x0]
    return float((found >= PARTLY * (x1 - x0) * (y1 - y0)).mean())
