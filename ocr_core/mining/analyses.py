"""Analyses: views of a corpus as terms with a figure, the first ones first.

`stability` says of each how much of it recognition errors change.
"""

from functools import partial
from typing import Literal

from ocr_core.errors import SettingsError
from ocr_core.messages import Message
from ocr_core.mining.selection import Selection, chosen_pages
from ocr_core.mining.stability import View

Analysis = Literal["words", "collocates", "keyness", "trend"]
MAX_TERMS = 200  # of a view
MIN_TOGETHER = 2  # occurrences of a collocate


def analysis(
    name: Analysis, *, query: str = "", condition: str = "", column: str = ""
) -> View:
    """Return the view of an analysis.

    Parameters
    ----------
    name
        words: the commonest words; collocates: the words around `query`; keyness: the
        keywords of the documents of which `condition` is true against the others;
        trend: the frequency of `query` for each value of `column`.

    Raises
    ------
    SettingsError
        If it lacks what it needs.
    """
    needed = {
        "words": (),
        "collocates": ((Message("a word"), query),),
        "keyness": ((Message("a condition, as in year=1890..1899"), condition),),
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
    from ocr_core.mining.frequency import trends

    table = trends(selection, [query], column).dropna(subset=["per_million"])
    return dict(zip(table["value"].astype(str), table["per_million"], strict=True))
