"""Concordance: the commands that list the hits of queries, and mark them."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from ocr_core.cli.mining import mining, say_hidden, selected, write_table
from ocr_core.cli.options import (
    chosen_concordance,
    concordance_options,
    corpus_argument,
    limit_option,
    named,
    spreadsheet_option,
)
from ocr_core.cli.progress import counted, echo_error
from ocr_core.cli.streams import check_outputs
from ocr_core.errors import SettingsError

if TYPE_CHECKING:
    import pandas as pd


@click.command()
@corpus_argument
@click.argument("query", nargs=-1)
@click.option(
    "--list",
    "query_list",
    type=click.Path(),
    help="A text file with further queries, one a line.",
)
@concordance_options
@click.option(
    "--count-by",
    metavar="COLUMN",
    default="",
    help="Count the hits by document, or by a column of metadata, instead of listing "
    "them.",
)
@click.option(
    "--mark",
    metavar="LABEL",
    help="Mark the lines listed with a label, which the corpus keeps; an empty one "
    "takes their labels off.",
)
@click.option(
    "--offset", type=click.IntRange(0), default=0, help="Number of hits to skip."
)
@limit_option(0, "Maximum number of hits.")
@mining
def kwic(
    corpus: str,
    query: tuple[str, ...],
    query_list: str | None,
    count_by: str,
    mark: str | None,
    offset: int,
    limit: int,
    **flags: Any,
) -> "pd.DataFrame":
    """List every occurrence of QUERY in CORPUS, with its context.

    QUERY is a word, a phrase, harb* or wom?n, ship|boat, or a regular expression for a
    whole word as in /harbou?rs?/. '"Harbour Board"' is looked for as it is spelled, and
    'ship []{0,3} wind' with up to three words between. The hits of several are joined.
    """
    from ocr_core.corpus import Corpus
    from ocr_core.mining import concordance

    queries = _all_queries(query, query_list)
    if count_by and mark is not None:
        raise SettingsError(
            "--count-by lists no lines that --mark could mark.",
            hint="Leave one of them out.",
        )
    options = chosen_concordance(flags)
    selection = selected(corpus, flags)
    say_hidden(selection, [queries])
    with Corpus(corpus) as open_corpus:
        confusions = open_corpus.confusions()
        labels = {mark[:3]: mark.label for mark in open_corpus.marks()}
        if count_by:
            wanted = concordance.ConcordanceOptions(**options)
            hits = concordance.found_hits(
                selection, queries, wanted, confusions, labels
            )
            echo_error(f"{counted(len(hits), 'hit')}.")
            return concordance.count_by(selection, hits, count_by)
        lines, total = concordance.kwic(
            selection,
            queries,
            offset=offset,
            limit=limit or len(selection.tokens),
            printed=partial(
                open_corpus.printed_words, raw=selection.filter.text == "raw"
            ),
            confusions=confusions,
            labels=labels,
            **options,
        )
    echo_error(f"{counted(total, 'hit')}.")
    return lines if mark is None else _marked(corpus, lines, mark)


def _all_queries(query: Sequence[str], path: str | None) -> list[str]:
    """Return the queries that were given, and those in a file."""
    from ocr_core.mining.query import read_queries

    queries = [*query, *(read_queries(path) if path else ())]
    if not queries:
        raise SettingsError(
            "There is nothing to look for.", hint="Give a QUERY, or --list."
        )
    return queries


def _marked(corpus: str, lines: "pd.DataFrame", label: str) -> "pd.DataFrame":
    """Mark the lines of a concordance in its corpus, and return them with the label."""
    from ocr_core.corpus import Corpus

    places = lines[["doc_id", "page_num", "word_index"]].itertuples(index=False)
    with Corpus(named(corpus), write=True) as open_corpus:
        marked = open_corpus.mark([tuple(each) for each in places], label)
    echo_error(
        f"{counted(marked, 'line')} marked. To undo: ocr-core marks CORPUS --undo"
    )
    return lines.assign(label=label)


@click.command()
@corpus_argument
@click.option("--undo", is_flag=True, help="Undo the latest marking.")
@click.option("-o", "--output", type=click.Path(), help="File to write.")
@spreadsheet_option
def marks(corpus: str, undo: bool, output: str | None, spreadsheet: bool) -> None:
    """List the lines of concordances of CORPUS that were marked, with their labels."""
    import pandas as pd

    from ocr_core.corpus import Corpus, Mark

    check_outputs([output], [named(corpus)])
    if undo:
        with Corpus(named(corpus), write=True) as open_corpus:
            undone = counted(open_corpus.undo_marks(), "label")
            echo_error(f"{undone} undone.")
        return
    with Corpus(corpus) as open_corpus:
        found = pd.DataFrame(open_corpus.marks(), columns=Mark._fields)
    write_table(found.drop(columns="id"), output, spreadsheet)
