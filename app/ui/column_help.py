"""Column help: an explanation for each column of a table, shown on its head.

Measures explain themselves with formula and source (`ocr_core.mining.measures`); the
other columns are explained here.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import pandas as pd

from ..i18n import current, gettext, gettext_noop, translate_message

HELP = gettext_noop(
    {
        "term": "The word, or words, in the form in which they are counted.",
        "word": "The word in the form in which it is counted.",
        "words": "The words that are typical, the strongest first.",
        "distinctive words": "The words that distinguish this part from the others.",
        "count": "How often it occurs in what the filter keeps.",
        "reference_count": "How often it occurs in the part compared with.",
        "left": "How often it stands before the word that was looked for.",
        "right": "How often it stands after the word that was looked for.",
        "doc_id": "The name of the document.",
        "document": "The name of the document.",
        "documents": "The number of documents.",
        "page": "The number of the page in its document.",
        "page_num": "The number of the page in its document.",
        "pages": "The number of pages.",
        "open": "Opens the page beside its scan.",
        "conf": "The share of such words that are right, in percent.",
        "confidence": "The share of such words that are right, in percent.",
        "scan": "The line on the scan, with the word marked.",
        "as scanned": "The line on the scan, with the word marked.",
        "label": "The label with which you marked the line.",
        "selected": "Whether the form is counted as the word.",
        "changes": "The letters that were confused on the way from word to form.",
        "correct": "Whether the word is corrected here.",
        "corrected to": "What the word becomes.",
        "in the table": "The name that the table has.",
        "nearest document": "The document whose name is most similar.",
        "quality": "The estimated share of the page that was read correctly, 0 to 1.",
        "tokens": "The number of running words, with numbers and signs.",
        "types": "The number of different words.",
        "value": "The value of the column of metadata, or the bin of years.",
        "hidden": "Occurrences that the filter leaves out.",
        "token_index": "The position in the corpus, in words from its start.",
        "topic": "The number of the topic; the largest comes first.",
        "topic_*": "The share of the text that is about this topic, 0 to 1.",
        "cluster": "The number of the cluster; the largest comes first.",
        "shared": "The words that make the documents alike, the strongest first.",
        "part": "The part of the corpus, by the column that was chosen.",
        "rated": "The number of documents whose quality is known.",
        "figure": "The figure of the analysis, as counted.",
        "low": "Where the figure would be at least without recognition errors.",
        "high": "Where the figure would be at most without recognition errors.",
        "stays": "The share of the simulations in which the row stays at the top.",
        "formula": "The variant of the readability formula, by language.",
        "sentences": "The number of sentences.",
        "language": "The language in which the pages were read.",
        "ground truth": "What the page really has there.",
        "read as": "What was read there.",
        "example": "A place on the scan where it was read so.",
        "CER (micro)": "Edits of characters for each character, over all pages.",
        "CER (macro)": "The mean character error rate of the pages.",
        "WER (micro)": "Edits of words for each word, over all pages.",
        "WER (macro)": "The mean word error rate of the pages.",
        "all characters (micro)": "All pages as one text: long pages count more.",
        "mean of pages (macro)": "The mean of the pages: each counts the same.",
        "estimated quality": "The quality of a page as it was estimated.",
        "fitted": "The quality that such pages have in this corpus.",
    }
)

HEADINGS = gettext_noop(
    {
        "doc_id": "document",
        "page_num": "page",
        "term": "word",
        "count": "count",
        "per_million": "per million",
        "reference_count": "count in the reference",
        "reference_per_million": "per million in the reference",
        "documents": "documents",
        "pages": "pages",
        "value": "value",
        "part": "part",
        "left": "left",
        "right": "right",
        "expected": "expected",
        "hidden": "hidden",
        "low": "low",
        "high": "high",
        "smoothed": "smoothed",
        "tokens": "tokens",
        "types": "types",
        "topic": "topic",
        "cluster": "cluster",
        "similarity": "similarity",
        "shared": "shared",
        "rated": "rated",
        "unrated": "unrated",
        "word_length": "word length",
        "language": "language",
        "sentences": "sentences",
    }
)


def column_help(name: str) -> str:
    """Return the explanation of a column, by its English or its translated name."""
    key = "topic_*" if name.startswith("topic_") else name
    if key not in HELP:
        key = _english_names(current()).get(name, "")
    return gettext(HELP[key]) if key else ""


@cache
def _english_names(code: str) -> dict[str, str]:
    """Return the English names of columns by their names in a language."""
    return {translate_message(each, code): each for each in reversed(HELP)}


def column_heading(name: str) -> str:
    """Return the heading of a column in the user's language; "" if it has none."""
    return gettext(HEADINGS[name]) if name in HEADINGS else ""


def explained(
    table: pd.DataFrame, configured: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the column configuration of a table, with the explanations it lacks."""
    found: dict[str, Any] = {}
    for name in map(str, table.columns):
        config = (configured or {}).get(name) or {}
        if isinstance(config, str):
            config = {"label": config}
        heading = column_heading(name)
        if heading and isinstance(config, dict) and not config.get("label"):
            config = {**config, "label": heading}
        help = column_help(name)
        # A column of buttons is no dictionary, and brings its own explanation.
        lacks = help and isinstance(config, dict) and not config.get("help")
        found[name] = {**config, "help": help} if lacks else config
    return found
