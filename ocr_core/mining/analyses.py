"""Analyses: views of a corpus as terms with a figure, the first ones first.

`stability` says of each how much of it recognition errors change.
"""

from functools import partial
from typing import TYPE_CHECKING, Literal

from ocr_core.errors import SettingsError
from ocr_core.messages import Message
from ocr_core.mining.filter import chosen_pages
from ocr_core.mining.selection import Selection
from ocr_core.mining.stability import View

if TYPE_CHECKING:
    from ocr_core.mining.topics import Unit

Analysis = Literal["words", "collocates", "keyness", "topics", "trend"]
MAX_TERMS = 200  # of a view
MIN_TOGETHER = 2  # occurrences of a collocate
TOPICS, TOPIC_WORDS = 5, 10
MANY_DOCUMENTS = 4 * TOPICS  # with fewer, topics are found in pages


def analysis(
    name: Analysis,
    selection: Selection,
    *,
    query: str = "",
    condition: str = "",
    column: str = "",
) -> View:
    """Return the view of an analysis of a selection.

    Parameters
    ----------
    name
        words: the commonest words; collocates: the words around `query`; keyness: the
        keywords of the documents of which `condition` is true against the others;
        topics: the top words of five topics; trend: the frequency of `query` for each
        value of `column`.

    Raises
    ------
    SettingsError
        If it lacks what it needs.
    """
    needed = {
        "words": (),
        "collocates": ((Message("a word"), query),),
        "keyness": ((Message("a condition, as in year=1890..1899"), condition),),
        "topics": (),
        "trend": (
            (Message("a word"), query),
            (Message("a column of metadata"), column),
        ),
    }
    for what, given in needed[name]:
        if not given:
            raise SettingsError(
                "The analysis {0} needs {1}.", name, what, hint="Give it."
            )
    if name == "topics":
        return topic_words(selection)
    views: dict[Analysis, View] = {
        "words": common_words,
        "collocates": partial(words_around, query=query),
        "keyness": partial(keywords_of, condition=condition),
        "trend": partial(trend_of, query=query, column=column),
    }
    return views[name]


def common_words(selection: Selection) -> dict[str, float]:
    """Return the commonest words with their counts."""
    from ocr_core.mining.frequency import word_list

    table = word_list(selection, limit=MAX_TERMS)
    return dict(zip(table["term"], table["count"].astype(float), strict=True))


def words_around(selection: Selection, *, query: str) -> dict[str, float]:
    """Return the collocates of a word with their log-likelihood."""
    from ocr_core.mining.association import collocates

    table = collocates(selection, query, min_count=MIN_TOGETHER, limit=MAX_TERMS)
    return dict(zip(table["term"], table["log_likelihood"], strict=True))


def keywords_of(selection: Selection, *, condition: str) -> dict[str, float]:
    """Return the keywords of a part with their log-likelihood."""
    from ocr_core.mining.keyness import keywords

    wanted = selection.filter.model_copy(update={"metadata": condition})
    inside = chosen_pages(selection.tokens, wanted)
    part, rest = selection.part(inside), selection.part(~inside)
    table = keywords(part, rest, limit=MAX_TERMS)
    return dict(zip(table["term"], table["log_likelihood"], strict=True))


def trend_of(selection: Selection, *, query: str, column: str) -> dict[str, float]:
    """Return the frequency per million of a word for each value of a column."""
    from ocr_core.mining.trends import trends

    table = trends(selection, [query], column).dropna(subset=["per_million"])
    return dict(zip(table["value"].astype(str), table["per_million"], strict=True))


def topic_words(selection: Selection) -> View:
    """Return the view of the top words of topics, numbered as those of a selection.

    Each topic found in other texts has the number of the topic of the selection that
    shares the most weight with it, one to one (Kuhn 1955, "The Hungarian method").

    Raises
    ------
    SettingsError
        If the selection has too few texts or words for topics.
    """
    many = len(selection.documents) >= MANY_DOCUMENTS
    unit: Unit = "document" if many else "page"
    known = _topics_of(selection, unit)

    def view(other: Selection) -> dict[str, float]:
        found = known if other is selection else _topics_of(other, unit)
        return {
            f"{number}: {term}": weight
            for number, words in enumerate(_matched(known, found), 1)
            for term, weight in words.items()
        }

    return view


def _topics_of(selection: Selection, unit: "Unit") -> list[dict[str, float]]:
    """Return the top words of each topic with their weights."""
    from ocr_core.mining.topics import topics

    words = topics(selection, TOPICS, unit=unit, words=TOPIC_WORDS, runs=0).words
    return [
        dict(zip(group["term"], group["weight"].astype(float), strict=True))
        for _, group in words.groupby("topic", sort=True)
    ]


def _matched(
    known: list[dict[str, float]], found: list[dict[str, float]]
) -> list[dict[str, float]]:
    """Return topics in the order of those they share the most weight with."""
    from scipy.optimize import linear_sum_assignment

    shared = [
        [
            sum(min(weight, one.get(term, 0.0)) for term, weight in two.items())
            for two in found
        ]
        for one in known
    ]
    _, order = linear_sum_assignment(shared, maximize=True)
    return [found[n] for n in order.tolist()]
