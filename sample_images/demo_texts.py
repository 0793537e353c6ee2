"""What the demo corpus says: four small newspapers over forty years.

The sentences stand in demo.toml as whole phrases, so that every choice agrees; which
of them an issue prints follows from its language, its date and a seed. What changes
over the years is planted: sailing ships give way to steamers and these to motor
vessels, prices rise, gas lamps to electric light; nothing appears from the summer of
1914 to the autumn of 1918, and the issue after that is full of influenza.
"""

import random
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = ("eng", "deu", "fra", "ind")
SECTIONS = ("shipping", "market", "council", "weather", "notices")
LEADS = ("shipping", "market", "council", "notices")  # what an issue writes most about
DEGRADATIONS = ("clean", "faded", "noisy", "skewed", "coarse")
DATES = (  # year and month
    *((1890, 2), (1892, 5), (1894, 10), (1896, 9), (1898, 3)),
    *((1900, 1), (1902, 11), (1904, 6), (1906, 8), (1908, 4)),
    *((1910, 12), (1911, 5), (1912, 2), (1913, 7), (1914, 4), (1918, 11)),
    *((1920, 10), (1922, 6), (1924, 3), (1927, 1), (1929, 7)),
)
LONG = 1906  # an issue of three pages, so that its running heads show
INFLUENZA = 1918
ELECTRIC_SINCE = 1908
USUAL = {"shipping": 3, "market": 3, "council": 2, "weather": 1, "notices": 2}
LEADING = 4  # sentences more in the section that leads
FILLER = 6  # sentences more of the last section, cut where the page ends
CHOICE = re.compile(r"\[([^\[\]]*)\]")
SLOT = re.compile(r"\{(\w+)(?::(\d+))?\}")


@dataclass(frozen=True)
class Issue:
    """One issue of a newspaper: what is known of it before it is written."""

    language: str
    year: int
    month: int
    pages: int
    lead: str
    degradation: str

    @property
    def name(self) -> str:
        """The name of its document, as in ``harbour-mail_1893-04``."""
        return f"{phrases(self.language)['paper']}_{self.year}-{self.month:02}"

    @property
    def metadata(self) -> dict[str, str]:
        """What metadata.csv says of it."""
        return {
            "paper": str(phrases(self.language)["paper"]),
            "year": str(self.year),
            "month": str(self.month),
            "language": self.language,
            "lead": self.lead,
            "degradation": self.degradation,
        }


@cache
def phrases(language: str) -> dict[str, Any]:
    """Return the sentences, names and heads of a language."""
    path = Path(__file__).with_name("demo.toml")
    found: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))[language]
    return found


def issues() -> list[Issue]:
    """List all issues, language after language, the oldest first."""
    return [
        Issue(
            language,
            year,
            month,
            3 if year == LONG else 1,
            "council" if year == INFLUENZA else LEADS[(place + turn) % len(LEADS)],
            _degradation(language, year, 2 * place + turn),
        )
        for turn, language in enumerate(LANGUAGES)
        for place, (year, month) in enumerate(DATES)
    ]


def _degradation(language: str, year: int, turn: int) -> str:
    """Take turns, so that no language or time is read worse, but for one group.

    So that there is something to be warned of, the German issues up to 1900, and of
    the German ones only these, are noisy.
    """
    usual = DEGRADATIONS[turn % len(DEGRADATIONS)]
    if language != "deu":
        return usual
    if year <= 1900:
        return "noisy"
    return "clean" if usual == "noisy" else usual


def head_of(issue: Issue, page: int) -> tuple[str, str]:
    """Return page number, and title with date, as they stand above a page from 1 on."""
    told = phrases(issue.language)
    number = 4 * DATES.index((issue.year, issue.month)) + page
    month = told["months"].split()[issue.month - 1]
    return str(number), f"{told['title']}, {month} {issue.year}"


def written_page(
    issue: Issue, page: int, seed: int
) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield the head of each section of a page from 1 on, and its sentences.

    There are more than a page holds: the last ones are to be left out.
    """
    rng = random.Random(f"{seed} {issue.name} {page}")
    told = phrases(issue.language)
    order = [issue.lead, *(each for each in SECTIONS if each != issue.lead)]
    for section in order:
        count = USUAL[section] + LEADING * (section == issue.lead)
        count += FILLER * (section == order[-1])
        templates = _templates(issue, section, count, rng)
        yield (
            told["heads"][section],
            [spelled_out(each, issue, rng) for each in templates],
        )


def _templates(
    issue: Issue, section: str, count: int, rng: random.Random
) -> Iterator[str]:
    """Yield as many sentences with their slots, none again while there are others."""
    pools: dict[str, list[str]] = phrases(issue.language)[section]
    if section == "shipping":
        left: dict[str, list[str]] = {kind: [] for kind in pools}
        for kind in rng.choices(list(pools), _fleet(issue.year), k=count):
            left[kind] = left[kind] or rng.sample(pools[kind], len(pools[kind]))
            yield left[kind].pop()
        return
    pool = list(pools["all"])
    if section == "council":
        pool += pools["electric" if issue.year >= ELECTRIC_SINCE else "gas"]
    pool = rng.sample(pool, len(pool))
    if section == "council" and issue.year == INFLUENZA:
        pool = [*rng.sample(pools["influenza"], len(pools["influenza"])), *pool]
    for place in range(count):
        yield pool[place % len(pool)]


def _fleet(year: int) -> tuple[float, float, float]:
    """Return the shares of sailing ships, steamers and motor vessels in a year."""
    sail = max(0.04, 0.85 - 0.04 * (year - 1890))
    motor = max(0.0, 0.035 * (year - 1907))
    return sail, 1 - sail - motor, motor


def price(base: int, year: int, rng: random.Random) -> int:
    """Return what cost `base` in 1890, give or take a twelfth, at least 2."""
    dearer = 1 + 0.02 * (year - 1890) if year < 1915 else 2.2 + 0.05 * (year - 1918)
    return max(2, round(base * dearer * rng.uniform(11 / 12, 13 / 12)))


def spelled_out(template: str, issue: Issue, rng: random.Random) -> str:
    """Make all choices of a sentence and fill its slots."""
    told = phrases(issue.language)

    def fill(slot: re.Match[str]) -> str:
        match slot[1]:
            case "price":
                return str(price(int(slot[2]), issue.year, rng))
            case "n":
                return str(rng.randint(12, 96))
            case "few":
                return str(rng.randint(3, 9))
            case "day":
                return str(rng.choice(told["days"].split()))
        return str(rng.choice(told[slot[1]]))

    chosen = CHOICE.sub(lambda found: rng.choice(found[1].split("|")), template)
    # French sets a blank before these, where no line may break.
    return re.sub(" (?=[:;])", "\N{NO-BREAK SPACE}", SLOT.sub(fill, chosen))


# Languages differ in what begins a syllable.
ONSETS = {"fra": "gn|", "ind": "ng|ny|sy|kh|"}
CLUSTERS = "sch[lmnrw]?|[cstpw]h|[bcdfgkptv]r|[bcfgkp]l|qu|[bcdfghjklmnpqrstvwxzçß]"
VOWELS = "aeiouyäöüàâéèêëîïôûùœ"
PARTED = """
char-acter every-body light-house mack-erel meet-ings north-ern stone-quay be-schwerten
be-stellte bespro-chen kai-straße nord-stern rats-herr see-schwalbe sonn-abend
galang-an kuning-an
""".split()  # where the rule goes wrong
PLACES = {word.replace("-", ""): word.index("-") for word in PARTED}


def breaks(word: str, language: str) -> list[tuple[str, str]]:
    """Return how a word may be broken at a line's end, its longest beginning first.

    Before the consonants that can begin a syllable, from the third letter on and with
    four left; words of less than eight letters and those with a hyphen stay whole.
    """
    core = word.rstrip(".,:;")
    if len(core) < 8 or not core.isalpha():
        return []
    if core.lower() in PLACES:
        places = [PLACES[core.lower()]]
    else:
        onset = rf"(?:{ONSETS.get(language, '')}{CLUSTERS})(?=[{VOWELS}])"
        places = [found.start() for found in re.finditer(onset, core.lower())]
    first_vowel = re.search(f"[{VOWELS}]", core.lower())
    least = max(3, first_vowel.end()) if first_vowel else len(core)
    return [
        (core[:place], word[place:])
        for place in reversed(places)
        if least <= place <= len(core) - 4
    ]
