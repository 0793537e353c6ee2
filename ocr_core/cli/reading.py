"""Reading: the command that recognises the text of pages."""

import contextlib
from typing import Any

import click

from ocr_core.cli.options import (
    check_engine,
    chosen_settings,
    output_option,
    run_options,
    settings_options,
    spreadsheet_option,
    writer,
)
from ocr_core.cli.progress import ReadReport, counted, echo_error
from ocr_core.cli.streams import (
    check_outputs,
    destination,
    folder_of_texts,
    spooled,
    tell_one_file,
)
from ocr_core.documents.discovery import page_filter
from ocr_core.errors import InputError
from ocr_core.exports import FORMATS, atomic_write

TELL_FAILURES = ("pages", "jsonl", "zip")  # written even if every page failed


@click.command()
@click.argument("source", nargs=-1, required=True)
@click.option(
    "--to",
    "form",
    type=click.Choice(list(FORMATS)),
    default="txt",
    show_default=True,
    help="; ".join(f"{each.name}: {each.help}" for each in FORMATS.values()) + ".",
)
@output_option
@click.option("--pages", help="Pages to read of each document, for example 1-3,7.")
@run_options
@click.option(
    "--save-recipe", type=click.Path(), help="Write the settings used to a file."
)
@spreadsheet_option
@settings_options
def read(
    source: tuple[str, ...],
    form: str,
    output: str | None,
    pages: str | None,
    max_pages: int,
    workers: int | None,
    save_recipe: str | None,
    spreadsheet: bool,
    recipe: str | None,
    **flags: Any,
) -> None:
    """Recognise the pages of SOURCE: files, folders, or - for standard input."""
    from ocr_core.execution.batch import recognize_documents
    from ocr_core.exports.texts import write_texts
    from ocr_core.processes.pool import Pool

    settings = chosen_settings(recipe, flags)
    folder = folder_of_texts(form, output)
    write = writer(form, output, spreadsheet)
    wanted = page_filter(pages)
    check_engine(settings)
    report = ReadReport()
    with contextlib.ExitStack() as stack:
        documents = stack.enter_context(spooled(source))
        inputs = [each.path for each in documents]
        written = [None if folder else output, save_recipe]
        check_outputs(written, [*inputs, *filter(None, [recipe])])
        if save_recipe:
            with atomic_write(save_recipe) as file:
                file.write(settings.recipe().encode() + b"\n")
        pool = stack.enter_context(Pool(workers))
        sink = None if folder else stack.enter_context(destination(output))
        results = report.watched(
            recognize_documents(
                documents, settings, pool, pages=wanted, max_pages=max_pages
            )
        )
        if folder:
            texts = counted(write_texts(results, folder), "text")
            echo_error(f"{texts} written.")
        else:
            write(results, sink)
        if report.broken and not report.read:
            raise report.broken
        is_reported = form in TELL_FAILURES or output in (None, "-")
        if not report.read and not is_reported:
            raise InputError(f"No page could be read, so {output} was not written.")
    report.report()
    tell_one_file(form, output)
