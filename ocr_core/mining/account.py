"""Account: a paragraph on how a table was counted, to publish with it."""

from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version

from ocr_core.messages import Message
from ocr_core.mining.filter import Filter
from ocr_core.mining.lemmas import lexicons_of
from ocr_core.mining.measures import measure, symbols
from ocr_core.mining.selection import Selection
from ocr_core.mining.stop_words import sources
from ocr_core.segmentation import MISSING, segmenter
from ocr_core.tokenizer import VERSION
from ocr_core.version import ocr_core_version

LIBRARIES = ("numpy", "scipy", "scikit-learn", "simplemma")
WORDS = {
    "lower": "Upper and lower case are not distinguished.",
    "form": "Upper and lower case are distinguished.",
    "lemma": "All forms of a word are counted as its lemma (found with simplemma).",
}
NOT_COUNTED = {  # what the filter drops, by its knobs
    "heads": "running heads and page numbers",
    "numbers": "numbers and other tokens without a letter",
    "symbols": "signs of currency, percent and paragraph",
}


def account(
    selection: Selection,
    table: str,
    columns: Iterable[str],
    *,
    query: str = "",
    sampling: str = "",
) -> str:
    """Return a paragraph on the filter, the words, the formulas and the versions.

    Parameters
    ----------
    table
        The kind of table, such as keyness.
    columns
        The columns of the table; for measures, formula and source are given.
    query
        What was asked for besides the filter.
    sampling
        A sentence on the sample that was drawn, if any.
    """
    parts = [
        f"How this was counted. Table: {table}{f' ({query})' if query else ''}.",
        f"Counted: {sizes_text(selection)}.",
        f"The selected pages have {selection.running:,} running words (tokens with a "
        f"letter) in these languages: {', '.join(selection.languages) or 'none'}.",
        *_rules(selection),
    ]
    known = ((name, measure(table, str(name))) for name in columns)
    formulas = [f"{name} = {found.described(name)}" for name, found in known if found]
    if formulas:
        parts.append(f"Measures: {'; '.join(formulas)}. {symbols(table)}")
    if sampling:
        parts.append(sampling)
    parts.append(f"Computed with {_versions()}.")
    return " ".join(parts)


def notices(selection: Selection) -> Iterator[Message]:
    """Yield sentences on what the words of a selection need and is not there."""
    if not segmenter() and selection.tokens.vocabulary.unspaced.any():
        yield MISSING
    if selection.filter.words == "lemma":
        codes = dict.fromkeys("+".join(selection.languages).split("+"))
        missing = [code for code in codes if code and not lexicons_of([code])]
        if missing:
            yield Message(
                "There are no lemmas for {0}: words count there as they are spelled.",
                ", ".join(missing),
            )


def sizes_text(selection: Selection) -> str:
    """Return how many documents, pages and tokens are counted, as text."""
    return ", ".join(
        f"{count:,} {name.removesuffix('s') if count == 1 else name}"
        for name, count in selection.sizes.items()
    )


def _rules(selection: Selection) -> Iterator[str]:
    """Yield sentences on the filter and on what counts as a word."""
    wanted, tokens = selection.filter, selection.tokens
    changed = wanted.described()
    yield (
        "The filter has its default settings."
        if wanted == Filter()
        else f"Filter settings that differ from the defaults: {changed}."
    )
    yield (
        f"Text was divided into tokens by version {VERSION} of ocr-core's rules, which "
        "follow Unicode Standard Annex 29; a word that is broken at the end of a line "
        "is one token."
    )
    if tokens.vocabulary.unspaced.any():
        yield (
            f"Words of scripts without spaces were found by {segmenter()}."
            if segmenter()
            else "Text in scripts without spaces was not divided into words."
        )
    yield WORDS[wanted.words]
    dropped = [
        what for name, what in NOT_COUNTED.items() if getattr(wanted, name) == "drop"
    ]
    if dropped:
        yield f"Not counted: {'; '.join(dropped)}."
    if wanted.stop_words == "drop":
        lists = sources(selection.languages, tokens.stop_lists)
        yield f"Stop words were dropped (list for {lists})."
    if tokens.misread and wanted.misreadings == "merge":
        yield "Confirmed misread forms are counted as the words they stand for."


def _versions() -> str:
    found = [f"ocr-core {ocr_core_version()}"]
    for name in LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)
