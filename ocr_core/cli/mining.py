"""Mining: the commands that analyse the words of a corpus, as CSV.

`ocr_core.mining` computes the numbers. Reports about the filter go to standard error,
so that standard output holds only the table.
"""

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ocr_core.cli.options import (
    chosen_filter,
    corpus_argument,
    filter_options,
    limit_option,
    named,
    number_option,
    spreadsheet_option,
)
from ocr_core.cli.progress import CLEAR, echo_error
from ocr_core.cli.streams import check_outputs, destination
from ocr_core.errors import OutputError, SettingsError
from ocr_core.mining import Filter
from ocr_core.mining.measures import COLLOCATE_MEASURES, KEYNESS_MEASURES
from ocr_core.mining.progress import ReportProgress

if TYPE_CHECKING:
    import pandas as pd

    from ocr_core.mining import Filter, Selection, Tokens

NETWORK_WORDS = 20
TOP = 50  # keywords that are checked for misreadings
# Keys under which a command stores how its table was counted.
COUNTED = "ocr_core.counted"
SAMPLING = "ocr_core.sampling"


def opened_tokens(
    path: str, raw: bool = False, progress: ReportProgress | None = None
) -> "Tokens":
    """Return the tokens of a corpus file; store new ones in it if it is writable."""
    from ocr_core.corpus import Corpus

    with Corpus(path) as corpus:
        behind = corpus.count_behind(raw=raw)
        if not behind or not os.access(path, os.W_OK):
            return corpus.tokens(raw=raw, progress=progress)
    with suppress(OutputError), Corpus(path, write=True) as corpus:
        return corpus.tokens(raw=raw, progress=progress)
    with Corpus(path) as corpus:
        return corpus.tokens(raw=raw, progress=progress)


def shown(done: int, total: int) -> None:
    """Show on a terminal how many pages are tokenised."""
    if sys.stderr.isatty():
        line = f"{done} of {total} new pages tokenised"
        click.echo(CLEAR if done == total else f"{CLEAR}{line}", err=True, nl=False)


def selected(path: str, flags: dict[str, Any]) -> "Selection":
    """Return the part of a corpus that passes the filter, and report its size."""
    from ocr_core.mining import select

    tokens, wanted = counted_tokens(path, flags)
    selection = select(tokens, wanted)
    report(selection)
    return selection


def counted_tokens(path: str, flags: dict[str, Any]) -> "tuple[Tokens, Filter]":
    """Return the tokens of a corpus, with the flags' stop list, and the filter."""
    from ocr_core.mining.stop_words import ALL_LANGUAGES, read_stop_list

    stop_list, part = flags.pop("stop_list", None), flags.pop("part", None)
    base = opened_part(path, part) if part else None
    if stop_list and flags.get("stop_words") is None:
        flags["stop_words"] = "drop"
    wanted = chosen_filter(flags, base)
    words = read_stop_list(stop_list) if stop_list else None
    tokens = opened_tokens(path, wanted.text == "raw", shown)
    say_unmatched(tokens, wanted.metadata)
    if words is not None:
        tokens = replace(tokens, stop_lists={ALL_LANGUAGES: words})
    return tokens, wanted


def opened_part(path: str, name: str) -> "Filter":
    """Return the filter of a part that is kept with a corpus."""
    from ocr_core.corpus import Corpus

    with Corpus(path) as corpus:
        return corpus.part(name)


def say_unmatched(tokens: "Tokens", metadata: str) -> None:
    """Report the values in conditions that no document has."""
    from ocr_core.mining.conditions import unmatched

    for column, value, known in unmatched(metadata, tokens.metadata):
        echo_error(f"No document has {column}={value}. Existing values: {known}.")


def report(selection: "Selection", of: str = "", by: str = "") -> None:
    """Report what is counted, and with which filter if it is not the selection's."""
    from ocr_core.mining.account import notices, sizes_text

    filtered = by or selection.filter.described()
    echo_error(f"Counted{of}: {sizes_text(selection)} ({filtered}).")
    click.get_current_context().meta.setdefault(COUNTED, selection)
    if not selection.sizes["tokens"]:
        echo_error("The filter leaves no word: nothing is measured.")
    for notice in notices(selection):
        echo_error(notice)
    if missing := selection.without_stop_words:
        echo_error(
            f"There is no list of stop words for {', '.join(missing)}, so none were "
            "dropped there. Give one with --stop-list."
        )


def warn_of_languages(selection: "Selection") -> "Selection":
    """Warn if words of several languages are counted together."""
    if languages := selection.mixed_languages:
        echo_error(
            f"The selection mixes languages ({', '.join(languages)}): count one at a "
            f"time, as with --languages {languages[0]}."
        )
    return selection


def say_hidden(selection: "Selection", queries: Sequence[str | Sequence[str]]) -> None:
    """Report how many hits of each query the filter hides, and by which knobs."""
    from ocr_core.mining.filter import HIDDEN_BY
    from ocr_core.mining.hits import hidden_hits
    from ocr_core.mining.query import in_short

    for query in queries:
        count, names = hidden_hits(selection, query)
        if count:
            why = " and ".join(HIDDEN_BY[name] for name in names)
            name = query if isinstance(query, str) else in_short(query)
            echo_error(f"{name}: {count} hits are hidden, {why}.")


def mining(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the corpus argument, the filter flags and the output flags to `command`."""

    @wraps(command)
    def run(output: str | None, spreadsheet: bool, corpus: str, **asked: Any) -> None:
        check_outputs([output], [named(corpus), asked.get("reference") or corpus])
        found = command(corpus=corpus, **asked)
        write_table(found, output, spreadsheet)
        query = "; ".join(
            f"{name}={value}"
            for name, value in asked.items()
            if value and name not in Filter.model_fields
        )
        give_account(command.__name__.replace("_", "-"), found, output, query)

    output = click.option("-o", "--output", type=click.Path(), help="File to write.")
    stop_list = click.option(
        "--stop-list",
        type=click.Path(),
        help="Drop the words of this text file instead of the stop words of each "
        "page's language.",
    )
    return output(spreadsheet_option(stop_list(filter_options(run))))


def give_account(
    name: str, found: "pd.DataFrame", output: str | None, query: str = ""
) -> None:
    """Report how a table was counted, and write that next to the output file."""
    from ocr_core.mining.account import account

    known = click.get_current_context().meta
    if COUNTED not in known:
        return
    text = account(
        known[COUNTED],
        name,
        found.columns,
        query=query,
        sampling=known.get(SAMPLING, ""),
    )
    echo_error(text)
    if output and Path(output).is_file():
        Path(output).with_suffix(".how.txt").write_text(text + "\n", "utf-8")


def measure_option(measures: Sequence[str]) -> Callable[..., Any]:
    """Return the flag ``--measure``."""
    return click.option(
        "--measure",
        type=click.Choice(list(measures)),
        default=measures[0],
        show_default=True,
        help="Measure to sort by.",
    )


def write_table(found: "pd.DataFrame", output: str | None, spreadsheet: bool) -> None:
    """Write a table as CSV, with its numbers at full precision."""
    from ocr_core.exports.tables import table

    with (
        destination(output) as sink,
        table(sink, list(found.columns), spreadsheet) as write,
    ):
        rows = found.itertuples(index=False, name=None)
        write(["" if cell != cell else cell for cell in row] for row in rows)


@click.command()
@corpus_argument
@number_option("--ngrams", 1, "Number of words in a sequence.", 1, 8)
@click.option(
    "--min-count",
    type=click.IntRange(1),
    callback=lambda context, _, given: given or min(2, context.params["ngrams"]),
    help="Leave out rarer words or sequences.  [default: 1 for words, 2 for sequences]",
)
@click.option(
    "--tf-idf",
    is_flag=True,
    help="List the most typical words of each document, by TF-IDF.",
)
@limit_option(0, "Maximum number of rows; with --tf-idf, of each document.")
@mining
def terms(
    corpus: str, ngrams: int, min_count: int, tf_idf: bool, limit: int, **flags: Any
) -> "pd.DataFrame":
    """Count the words of CORPUS, or sequences of them."""
    from ocr_core.mining import frequency

    if tf_idf and ngrams > 1:
        raise SettingsError("--tf-idf is for single words.", hint="Leave out --ngrams.")
    selection = selected(corpus, flags)
    if tf_idf:
        return frequency.tf_idf(selection, limit=limit)
    if ngrams > 1:
        return frequency.ngrams(selection, ngrams, min_count=min_count, limit=limit)
    found = frequency.word_list(selection, limit=limit)
    return found[found["count"] >= min_count]


@click.command()
@corpus_argument
@click.argument("query")
@number_option("--left", 5, "Words before the hit.", 0, 100)
@number_option("--right", 5, "Words after the hit.", 0, 100)
@number_option("--min-count", 3, "Leave out words that occur less often there.", 1)
@measure_option(COLLOCATE_MEASURES)
@limit_option(0, "Maximum number of words.")
@click.option(
    "--network",
    is_flag=True,
    help="List the links between the word and its collocates instead: of 20 collocates "
    "unless --limit is given, as many words before the hit as after it.",
)
@mining
def collocates(
    corpus: str,
    query: str,
    left: int,
    right: int,
    min_count: int,
    measure: str,
    limit: int,
    network: bool,
    **flags: Any,
) -> "pd.DataFrame":
    """Count the words around QUERY, with measures of association."""
    from ocr_core.mining import association

    if network and left != right:
        raise SettingsError(
            "A network has as many words before the hit as after it.",
            hint="Give --left and --right the same number.",
        )
    selection = warn_of_languages(selected(corpus, flags))
    say_hidden(selection, [query])
    if network:
        from ocr_core.mining.collocate_network import collocate_network

        words = limit or NETWORK_WORDS
        return collocate_network(
            selection,
            query,
            span=left,
            words=words,
            measure=measure,
            min_count=min_count,
        ).links
    return association.collocates(
        selection,
        query,
        left=left,
        right=right,
        min_count=min_count,
        limit=limit,
        measure=measure,
    )


@click.command()
@corpus_argument
@click.option(
    "--against",
    metavar="CONDITION",
    help="Compare with the documents that match this condition, for example "
    "year=1890..1899; documents of both parts count only in the first.",
)
@click.option(
    "--against-part",
    metavar="NAME",
    help="Compare with the pages of a part that is kept with the corpus; pages of both "
    "count only in the first.",
)
@click.option(
    "--rest",
    is_flag=True,
    help="Compare with all documents and pages that the filter leaves out.",
)
@click.option(
    "--reference",
    type=click.Path(),
    help="Compare with a CSV list of words, its columns term and count.",
)
@number_option("--min-count", 1, "Leave out words that are rarer in both together.", 1)
@measure_option(KEYNESS_MEASURES)
@click.option(
    "--smoothing",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    help="What simple maths adds to both frequencies per million.",
)
@limit_option(0, "Maximum number of words.")
@mining
def keyness(
    corpus: str,
    against: str | None,
    against_part: str | None,
    rest: bool,
    reference: str | None,
    min_count: int,
    limit: int,
    measure: str,
    smoothing: float,
    **flags: Any,
) -> "pd.DataFrame":
    """Compare the words of a part of CORPUS with another part, the rest, or a list."""
    from ocr_core.mining.keyness import keywords
    from ocr_core.mining.reliability import parts_differ
    from ocr_core.mining.variants import likely_misreadings
    from ocr_core.mining.word_lists import read_word_list

    if sum(map(bool, (against, against_part, rest, reference))) != 1:
        raise SettingsError(
            "Say what to compare with.",
            hint="Choose one of --against, --against-part, --rest and --reference.",
        )
    compared = partial(
        keywords,
        min_count=min_count,
        limit=limit,
        measure=measure,
        smoothing=smoothing,
    )
    if reference:
        counts = read_word_list(reference)
        return compared(warn_of_languages(selected(corpus, flags)), counts)
    here, there, wanted = _parts(corpus, flags, against, against_part)
    report(here, by=wanted.described())
    other = against or against_part or "the rest"
    report(there, " in the reference", by=other)
    warn_of_languages(here)
    if warning := parts_differ({"The part": here, "the reference": there}).warning:
        echo_error(warning)
    found = compared(here, there)
    for term, word in likely_misreadings(here, found["term"].head(TOP).tolist()):
        echo_error(f"{term} may be {word}, misread.")
    return found


def _parts(
    path: str, flags: dict[str, Any], against: str | None, against_part: str | None
) -> tuple["Selection", "Selection", "Filter"]:
    """Return the filtered part, the part it is compared with, and the filter."""
    from ocr_core.mining import select
    from ocr_core.mining.filter import chosen_pages

    tokens, wanted = counted_tokens(path, flags)
    chosen = chosen_pages(tokens, wanted)
    every = wanted.model_copy(update={"documents": "", "metadata": ""})
    if against is None:
        every = every.model_copy(update={"languages": ""})
    if against_part:  # of its filter, what chooses pages; words count as in the first
        every = every.model_copy(update={"min_quality": 0.0})
        there = chosen_pages(tokens, opened_part(path, against_part)) & ~chosen
    elif against is None:
        there = ~chosen
    else:
        other = wanted.model_copy(update={"metadata": against})
        there = chosen_pages(tokens, other)
        say_unmatched(tokens, against)
    whole = select(tokens, every)
    here = chosen if against_part else chosen & ~there
    return whole.part(here), whole.part(there), wanted


@click.command()
@corpus_argument
@click.argument("query", nargs=-1, required=True)
@click.option(
    "--by", "column", required=True, help="A column of metadata, for example year."
)
@number_option(
    "--bin", 0, "Join years to bins of this width; 0: none.", 0, name="bin_width"
)
@number_option("--smooth", 1, "Smooth over this many values.", 1, 101, name="window")
@click.option("--parts", default="", help="Count each value of this column apart.")
@mining
def trends(
    corpus: str,
    query: tuple[str, ...],
    column: str,
    bin_width: int,
    window: int,
    parts: str,
    **flags: Any,
) -> "pd.DataFrame":
    """Count each QUERY by the values of a metadata column, for example by year."""
    from ocr_core.mining.trends import trends as count

    selection = selected(corpus, flags)
    found = count(
        selection, query, column, bin_width=bin_width, window=window, parts=parts
    )
    say_hidden(selection, query)
    if found["per_million"].isna().any():
        echo_error("Values without running words have no frequency: they are empty.")
    return found


@click.command()
@corpus_argument
@click.argument("query", nargs=-1, required=True)
@mining
def dispersion(corpus: str, query: tuple[str, ...], **flags: Any) -> "pd.DataFrame":
    """List each occurrence of QUERY by its position in the document, from 0 to 1."""
    from ocr_core.mining import frequency

    selection = selected(corpus, flags)
    say_hidden(selection, query)
    return frequency.dispersion(selection, query)
