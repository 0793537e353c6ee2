"""Corpora: the commands that fill, export and search a corpus file."""

import contextlib
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ocr_core.cli.options import (
    check_engine,
    chosen_cluster,
    chosen_settings,
    cluster_options,
    corpus_argument,
    limit_option,
    named,
    output_option,
    run_options,
    settings_options,
    spreadsheet_option,
    writer,
    written_corpus_argument,
)
from ocr_core.cli.progress import ReadReport, counted, echo_error, report_waiting
from ocr_core.cli.streams import (
    check_outputs,
    destination,
    folder_of_texts,
    spooled,
    tell_one_file,
)
from ocr_core.errors import (
    BrokenEngineError,
    InputError,
    MissingEngineError,
    OutputError,
    SettingsError,
)
from ocr_core.exports import FORMATS, filter_results
from ocr_core.settings import Settings

if TYPE_CHECKING:
    from ocr_core.exports.tables import Unit
    from ocr_core.processes.pool import PageExecutor
    from ocr_core.text.cleaning import Mode


@click.command()
@click.argument("source", nargs=-1, required=True)
@click.option("--corpus", type=click.Path(), required=True, help="The corpus file.")
@run_options
@cluster_options
@click.option("--retry-failed", is_flag=True, help="Read failed pages again.")
@click.option(
    "--replace-corrected",
    is_flag=True,
    help="Replace corrected readings too; corrections are transferred to the words "
    "that are found again.",
)
@settings_options
def batch(
    source: tuple[str, ...],
    corpus: str,
    max_pages: int,
    workers: int | None,
    retry_failed: bool,
    replace_corrected: bool,
    recipe: str | None,
    **flags: Any,
) -> None:
    """Recognise SOURCE into a corpus; a second run reads only what is missing.

    Pages that were corrected by hand keep their reading; removed pages are not read
    again.
    """
    from ocr_core.corpus import Corpus
    from ocr_core.execution.batch import Progress, read_into

    cluster = chosen_cluster(flags)
    settings = chosen_settings(recipe, flags)
    check_engine(settings)
    readers = _readers(settings, workers, *cluster)
    report = ReadReport()
    with contextlib.ExitStack() as stack:
        documents = stack.enter_context(spooled(source))
        check_outputs([corpus], [each.path for each in documents])
        if not any(os.path.lexists(each.path) for each in documents):
            raise InputError(
                f"{documents[0].source_file} does not exist.", hint="Check the name."
            )
        open_corpus = stack.enter_context(Corpus(corpus, write=True))
        pool = stack.enter_context(readers())
        progress = Progress(documents=len(documents))
        results = read_into(
            open_corpus,
            documents,
            settings,
            pool,
            max_pages=max_pages,
            retry_failed=retry_failed,
            progress=progress,
        )
        try:
            report.pace(results, progress)
        except (KeyboardInterrupt, BrokenEngineError):
            echo_error("What was read is kept: the same command goes on with the rest.")
            raise
        report_waiting(progress.waiting, replace=replace_corrected)
        if replace_corrected:
            for each in progress.waiting:
                open_corpus.accept(each.reading, chosen=False)
    report.report_batch(progress)


def _readers(
    settings: Settings,
    workers: int | None,
    scheduler: str | None,
    certificates: tuple[str, str, str],
    insecure: bool,
) -> "Callable[[], PageExecutor]":
    """Return a function that starts local workers or connects to a cluster."""
    from ocr_core.processes.pool import Pool

    if not scheduler:
        if any(certificates) or insecure:
            raise SettingsError(
                "--tls-ca, --tls-cert, --tls-key and --insecure-scheduler are for a "
                "cluster.",
                hint="Name one with --scheduler.",
            )
        return partial(Pool, workers)
    if workers:
        raise SettingsError(
            "--workers is for this machine alone: a cluster reads as many pages at the "
            "same time as its workers have threads.",
            hint="Leave out --workers or --scheduler.",
        )
    try:
        from ocr_core.execution.dask_cluster import Cluster
    except ImportError as error:
        raise MissingEngineError(
            f"A cluster needs Dask, and {error.name} is not installed.",
            hint="Install it with: pip install 'distributed>=2026.8,<2027'",
        ) from None
    return partial(
        Cluster,
        scheduler,
        settings.recognition,
        certificates=certificates,
        insecure=insecure,
        report=echo_error,
    )


@click.command()
@corpus_argument
@click.option(
    "--to",
    "form",
    type=click.Choice(list(FORMATS)),
    required=True,
    help="; ".join(f"{each.name}: {each.help}" for each in FORMATS.values()) + ".",
)
@output_option
@click.option(
    "--unit",
    type=click.Choice(["document", "page"]),
    default="document",
    show_default=True,
    help="What one row or file contains, with --to corpus, zip, xlsx, texts, and txt "
    "into a folder. Other formats always separate pages.",
)
@click.option(
    "--min-conf",
    type=click.FloatRange(0, 100),
    default=0,
    help="Leave out words of lower confidence.",
)
@click.option(
    "--min-quality",
    type=click.FloatRange(0, 1),
    default=0,
    help="Leave out pages of lower quality.",
)
@click.option(
    "--clean",
    "cleaning",
    type=click.Choice(["off", "suggest", "on"]),
    default="off",
    help="For --to corpus, xlsx and zip: join words broken at line ends, drop running "
    "heads and page numbers, spell old letters as today. on keeps the text as read in "
    "text_raw; suggest changes nothing; both list every change.  [default: off]",
)
@spreadsheet_option
def export(
    corpus: str,
    form: str,
    output: str | None,
    unit: "Unit",
    min_conf: float,
    min_quality: float,
    cleaning: "Mode",
    spreadsheet: bool,
) -> None:
    """Export a corpus to another format."""
    from ocr_core.corpus import Corpus
    from ocr_core.exports.texts import write_texts

    folder = folder_of_texts(form, output)
    written = [None if folder else output]
    check_outputs(written, [named(corpus)])
    write = writer(form, output, spreadsheet)
    if FORMATS[form].cleans:
        write = partial(write, cleaning=cleaning)
    elif cleaning != "off":
        raise SettingsError(
            f"--clean is for the table corpus, and {form} has no place for the "
            "text as it was read.",
            hint="Choose --to corpus, xlsx or zip, or leave --clean out.",
        )
    if FORMATS[form].divides:
        write = partial(write, unit=unit)
    with Corpus(corpus) as open_corpus:
        check_outputs(written, open_corpus.scans())
        if FORMATS[form].describes:
            write = partial(write, metadata=open_corpus.metadata())
        if FORMATS[form].heads:
            write = partial(write, contexts=open_corpus.document_contexts())
        results = filter_results(open_corpus.results(), min_conf, min_quality)
        if folder:
            count = write_texts(results, folder, unit)
            echo_error(f"{counted(count, 'text')} written.")
            return
        with destination(output) as sink:
            write(results, sink)
    tell_one_file(form, output)


@click.command()
@written_corpus_argument
@click.argument("document", metavar="DOC")
@click.option("--page", type=click.IntRange(0), help="Only this page.")
@click.option("--undo", is_flag=True, help="Restore what was removed.")
def remove(corpus: str, document: str, page: int | None, undo: bool) -> None:
    """Remove the document DOC, or one of its pages, from a corpus.

    It no longer appears in lists, searches, counts and exports, and batch does not read
    it again. The corpus file keeps it with its corrections, so that --undo can restore
    it. The scan is not deleted.
    """
    from ocr_core.corpus import Corpus

    if not Path(corpus).exists():
        raise InputError(f"{corpus} does not exist.", hint="Check the name.")
    with Corpus(corpus, write=True) as open_corpus:
        if undo:
            pages = counted(len(open_corpus.restore(document, page)), "page")
            echo_error(f"{pages} restored.")
            return
        pages = counted(len(open_corpus.remove(document, page)), "page")
    echo_error(f"{pages} removed. To restore: the same command with --undo")


@click.command()
@corpus_argument
@click.argument("query")
@limit_option(0, "Maximum number of pages to list.")
@click.option("-o", "--output", type=click.Path(), help="File to write.")
def search(corpus: str, query: str, limit: int, output: str | None) -> None:
    """List the pages that contain all words of QUERY, the best first, as CSV."""
    from ocr_core.cli.mining import shown
    from ocr_core.corpus import Corpus, Hit
    from ocr_core.exports.tables import table

    check_outputs([output], [named(corpus)])
    with Corpus(corpus) as open_corpus:
        behind = not open_corpus.full_text
    if behind and os.access(corpus, os.W_OK):
        with (
            contextlib.suppress(OutputError),
            Corpus(corpus, write=True) as open_corpus,
        ):
            open_corpus.update_index(progress=shown)
    with Corpus(corpus) as open_corpus:
        if not open_corpus.full_text:
            echo_error(
                "There is no full-text index: the words are looked for as they stand, "
                "in page order."
            )
        hits = open_corpus.search(query, limit or -1)  # -1 means no limit in SQLite
    with destination(output) as sink, table(sink, Hit._fields) as write:
        write(hits)
