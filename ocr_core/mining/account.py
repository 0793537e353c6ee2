"""Account: a paragraph on how a table was counted, to publish with it."""

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version

from ocr_core.mining.measures import measure
from ocr_core.mining.selection import Selection
from ocr_core.mining.stop_words import sources
from ocr_core.tokenizer import VERSION
from ocr_core.version import ocr_core_version

LIBRARIES = ("numpy", "scipy", "scikit-learn", "simplemma")
WORDS = {
    "lower": "Words are compared in lower case.",
    "form": "Words are compared as they are spelled.",
    "lemma": "Words are counted by lemma (simplemma).",
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
    wanted = selection.filter
    sizes = ", ".join(f"{count:,} {name}" for name, count in selection.sizes.items())
    languages = ", ".join(selection.languages) or "none"
    parts = [
        f"How this was counted. Table: {table}{f' ({query})' if query else ''}.",
        f"Counted: {sizes}, of {selection.running:,} running words (tokens with a "
        f"letter); languages: {languages}.",
        f"Filter: {wanted.described()}.",
        f"Tokens: rule {VERSION} of ocr-core, after Unicode Standard Annex 29; words "
        "broken at line ends are joined.",
        WORDS[wanted.words],
    ]
    if wanted.heads == "drop":
        parts.append("Running heads and page numbers are left out.")
    if wanted.stop_words == "drop":
        own = selection.tokens.stop_lists
        parts.append(f"Stop words dropped: {sources(selection.languages, own)}.")
    known = ((name, measure(table, str(name))) for name in columns)
    formulas = [
        f"{name}: {found.label}, {found.definition}" for name, found in known if found
    ]
    if formulas:
        parts.append(f"Measures: {'; '.join(formulas)}.")
    if sampling:
        parts.append(sampling)
    parts.append(f"Made with {_versions()}.")
    return " ".join(parts)


def _versions() -> str:
    found = [f"ocr-core {ocr_core_version()}"]
    for name in LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)
