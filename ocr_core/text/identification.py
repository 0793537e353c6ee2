"""Identification: the most likely language of some words.

py3langid ranks languages by the letter sequences of the words, lexicons state how many
words they know. Each is wrong at times: py3langid about similar languages and noise, a
lexicon about the few words of a receipt. Together they name the language of a receipt
that was read with a model of another language in Latin letters.
"""

import math
from collections.abc import Collection, Sequence
from typing import NamedTuple

from ocr_core.language_tags import FROM_TAGS
from ocr_core.page import Word, lines_of
from ocr_core.text.quality import LEXICONS, known_share, unmarked, word_kind
from ocr_core.text.receipt_words import receipt_language

CANDIDATES = 4  # languages that are compared by their lexicons
TRIED = 2  # languages whose own models are tried
CONFIRMED = 3.0  # rise of the mean conf with the language's own model
# Units by which no other language is that near to what the own model read: on drawn
# lists in Vietnamese the next one was 15 to 23 behind. Then a fall by as much is no
# evidence against it: of a table it was 0.6, as English dropped what it could not read.
VERY_FAR = 12.0
# py3langid's log-odds grow about with the root of the text's length. On 50 pages and 25
# receipts and lists, the right language was behind by at most 1 of such units, and of
# languages that were farther than 6 behind, no lexicon knew most of the words.
FAR = 6.0
SHARE_WEIGHT = 10.0  # units for all words known instead of none
# A language is proven if its lexicon knows this share of the distinct words; or fewer,
# as on receipts, if it is also ahead of the expected language by some units. Of random
# letters no lexicon knew more than 0.06.
PROVEN, INDICATED, AHEAD = 0.5, 0.3, 3.0
NEAR = 0.05  # difference of shares between languages with the same words
# Letters needed for a language by its letter sequences alone: where it is ahead of all
# others by half of `FAR` and has no lexicon, and where it is ahead by `FAR`.
LONG_TEXT, SHORT_TEXT = 600, 100
SECOND_SHARE = 0.15  # of the words, from which a document is in two languages
SECOND_KNOWN = 0.6  # share of these words that the second language's lexicon knows
CERTAIN_CONF, LONG_WORD = 80, 4  # conf and letters of a word that is no accident
CLEARLY_MORE = 0.25  # difference of the known shares of a line in its own language
LINE_WORDS = 4  # words of a line that tell its language
FOREIGN = 0.65  # known share of a line below which it may be in another language


class Ranked(NamedTuple):
    """A language, its distance behind the first one, and its share of known words."""

    code: str
    behind: float
    known: float | None

    @property
    def score(self) -> float:
        """Return the evidence of both kinds; higher is likelier."""
        return SHARE_WEIGHT * (self.known or 0.0) - self.behind


def letters_in(words: Sequence[Word]) -> int:
    """Return the number of letters in words."""
    return sum(sum(map(str.isalpha, word.text)) for word in words)


def likely_language(
    words: Sequence[Word],
    possible: Collection[str],
    expected: str = "",
    installed: Collection[str] = (),
) -> str:
    """Return the most likely of the possible languages; "" if the evidence is weak.

    Parameters
    ----------
    words
        Also if they were read with a model of another language in the same script.
    possible, installed
        Tesseract's codes; of languages whose lexicons know almost the same words, as
        Bosnian and Croatian, an installed one is chosen.
    expected
        The language that less evidence is enough for.
    """
    receipt = receipt_language(words)
    if receipt in possible:
        return receipt
    ranked = _ranked(words, possible, expected, few=not installed)
    first = ranked[0] if ranked else None
    lexical = [each for each in ranked if each.known is not None]
    close = [each for each in lexical if each.behind <= FAR]
    best = max(close, key=lambda each: each.score, default=None)
    if best is None or not _is_proven(best, lexical, expected):
        if first and _leads(ranked, letters_in(words)):
            return first.code
        return _of_near(ranked, letters_in(words), installed)
    known = best.known or 0.0
    same = [each.code for each in close if (each.known or 0.0) >= known - NEAR]
    return next((code for code in (best.code, *same) if code in installed), best.code)


def _leads(ranked: Sequence[Ranked], letters: int) -> bool:
    """Return whether the first language needs no lexicon, so far ahead is it."""
    ahead = min((each.behind for each in ranked[1:]), default=math.inf)
    if letters >= LONG_TEXT and ranked[0].known is None:
        return ahead >= FAR / 2
    return letters >= SHORT_TEXT and ahead >= FAR


def _of_near(ranked: list[Ranked], letters: int, installed: Collection[str]) -> str:
    """Return the installed one of near languages that are together far ahead, or "".

    As Indonesian, Malay and Javanese: on lists of names other languages were 8 behind.
    """
    near = [each for each in ranked if each.behind <= FAR / 2]
    rest = [each.behind for each in ranked[len(near) :]]
    if letters < SHORT_TEXT or not rest or min(rest) < FAR:
        return ""
    able = [each for each in near if each.code in installed]
    return max(able, key=lambda each: each.score).code if able else ""


def _is_proven(best: Ranked, lexical: Sequence[Ranked], expected: str) -> bool:
    """Return whether a lexicon knows enough words, compared with the expected one."""
    if (best.known or 0.0) < INDICATED:
        return False
    rivals = [each for each in lexical if each.code == expected and each is not best]
    ahead = all(best.score - rival.score >= AHEAD for rival in rivals)
    return (best.known or 0.0) >= PROVEN or ahead


def most_similar(words: Sequence[Word], possible: Collection[str]) -> str:
    """Return the first of the possible languages by letter sequences alone."""
    return next(iter(distances(words, possible)), "")


def near_languages(
    words: Sequence[Word], possible: Collection[str], installed: Collection[str]
) -> list[str]:
    """Return the first of the possible languages that are installed and not far."""
    behind = distances(words, possible)
    near = [code for code, units in behind.items() if units <= FAR]
    return [code for code in near if code in installed][:TRIED]


def is_confirmed(
    language: str,
    words: Sequence[Word],
    possible: Collection[str],
    installed: Collection[str],
    gain: float,
) -> bool:
    """Return whether words that were read with a language's own model are in it.

    `gain` is by how much their mean conf is higher than in another language. Less is
    needed where their letter sequences are far from all other `possible` languages.
    """
    behind = distances(words, possible)
    first, second = [*behind.items(), ("", 0.0), ("", 0.0)][:2]
    ahead = second[1] if first[0] == language else 0.0
    if gain <= (-CONFIRMED if ahead >= VERY_FAR else CONFIRMED):
        return False
    if first[0] == language and known_share(words, language) is None:
        return True
    return likely_language(words, possible, language, installed) == language


def may_be(
    words: Sequence[Word], possible: Collection[str], languages: Collection[str]
) -> bool:
    """Return whether letter sequences alone leave one of the languages possible."""
    behind = distances(words, possible)
    return any(behind.get(language, math.inf) < FAR / 2 for language in languages)


def second_language(words: Sequence[Word], main: str, possible: Collection[str]) -> str:
    """Return the other language of words in two languages; "" if there is none.

    It is the language of lines of which its lexicon knows far more words than that of
    the main language: some lexicons know many words of other languages too.
    """
    foreign = foreign_words(words, main)
    second = most_similar(foreign, {*possible} - {main}) if foreign else ""
    own: list[Word] = []
    for line in lines_of(foreign):
        there, here = known_share(line, second), known_share(line, main)
        if there is not None and there >= (here or 0.0) + CLEARLY_MORE:
            own += line
    if not own or len(own) < SECOND_SHARE * len(words):
        return ""
    return second if (known_share(own, second) or 0.0) >= SECOND_KNOWN else ""


def certain_share(words: Sequence[Word], language: str) -> float:
    """Return the share of letters in long confident words that a lexicon knows."""
    lexicon = LEXICONS.get(language, "")
    known = [
        word
        for word in words
        if lexicon
        and word.conf >= CERTAIN_CONF
        and letters_in([word]) >= LONG_WORD
        and word_kind(word.text, (lexicon,)) == "known"
    ]
    return letters_in(known) / max(1, letters_in(words))


def foreign_words(words: Sequence[Word], language: str) -> list[Word]:
    """Return the words of lines of which the language's lexicon knows few words.

    Lines of names alone, as of people, may be in any language.
    """
    found: list[Word] = []
    for line in lines_of(words):
        if len(line) >= LINE_WORDS:
            known = known_share(line, language)
            if known is not None and known < FOREIGN and not _are_names(line, language):
                found += line
    return found


def _are_names(line: Sequence[Word], language: str) -> bool:
    """Return whether the words that a lexicon does not know begin with a capital."""
    lexicons = tuple(LEXICONS[code] for code in language.split("+"))
    new = [
        word for word in line if word_kind(word.text, lexicons) in ("name", "unknown")
    ]
    return all(unmarked(word.text).istitle() for word in new)


def _ranked(
    words: Sequence[Word], possible: Collection[str], expected: str, *, few: bool
) -> list[Ranked]:
    """Return the likeliest languages, and the expected one, the most similar first.

    With `few`, no lexicon is loaded, which takes a second, for a language that could
    not have the highest score if it knew all words.
    """
    behind = distances(words, possible)
    codes = dict.fromkeys([*list(behind)[:CANDIDATES], *({expected} & {*behind})])
    distinct = dict.fromkeys(unmarked(word.text).lower() for word in words)
    texts = [text for text in distinct if word_kind(text) == "word"]

    def known(code: str) -> float | None:
        lexicon = LEXICONS.get(code, "")
        if not lexicon or not texts or (behind[code] > FAR and code != expected):
            return None
        return sum(word_kind(text, (lexicon,)) == "known" for text in texts) / len(
            texts
        )

    ranked: list[Ranked] = []
    for code in codes:
        best = max((each.score for each in ranked), default=-math.inf)
        needed = not few or code == expected or SHARE_WEIGHT - behind[code] > best
        ranked.append(Ranked(code, behind[code], known(code) if needed else None))
    return ranked


def distances(words: Sequence[Word], possible: Collection[str]) -> dict[str, float]:
    """Return how far each possible language is behind the first, which comes first."""
    from py3langid import rank  # loading its model takes 1 s and 120 MB

    # In lower case: capitals, as on receipts, are other letters to py3langid.
    distinct = dict.fromkeys(unmarked(word.text).lower() for word in words)
    text = " ".join(each for each in distinct if any(map(str.isalpha, each)))
    unit = math.sqrt(max(1, len(text.encode())))
    found: dict[str, float] = {}
    for tag, score in rank(text):
        code = FROM_TAGS.get(tag, "")
        if code in possible:
            found.setdefault(code, score)
    top = max(found.values(), default=0.0)
    return {code: (top - score) / unit for code, score in found.items()}
