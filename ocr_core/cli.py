"""The command line: ``ocr-core read scan.pdf --language eng+deu --to words``.

Data goes to standard output, everything else to standard error. Heavy imports stay
inside the commands, so that help answers at once.
"""

import contextlib
import io
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import click

from ocr_core.documents import MAX_PAGES, MOST_PAGES, find_documents, page_filter
from ocr_core.engines.tesseract import installed_languages
from ocr_core.errors import InputError, OcrError, OutputError, SettingsError
from ocr_core.exports import FORMATS, Writer, sifted, whole_file
from ocr_core.knobs import Knob, knobs
from ocr_core.page import PageRef
from ocr_core.settings import Settings, ocr_core_version
from ocr_core.terminal import Tally, complain

STDIN_BYTES = 200_000_000


def knob_option(knob: Knob) -> Callable[..., Any]:
    """Turn one knob into a flag; left out, it says nothing, so a recipe may speak."""
    kind: Any = knob.kind
    if knob.choices:
        kind = click.Choice([str(choice) for choice in knob.choices])
    elif knob.minimum is not None:
        ranges: dict[type, Any] = {int: click.IntRange, float: click.FloatRange}
        kind = ranges[knob.kind](knob.minimum, knob.maximum)
    unit = f" in {knob.unit}" if knob.unit else ""
    default = knob.default if knob.default != "" else "empty"
    text = f"{knob.help}  [default: {default}{unit}]"
    return click.option(knob.flag, knob.name, type=kind, default=None, help=text)


def settings_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give `command` a flag for every knob, and ``--recipe``."""
    for knob in reversed(list(knobs(Settings))):
        command = knob_option(knob)(command)
    recipe = click.option(
        "--recipe", type=click.Path(), help="Settings from a file; flags go before it."
    )
    return recipe(command)


def spreadsheet_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give `command` the flag ``--spreadsheet``."""
    return click.option(
        "--spreadsheet",
        is_flag=True,
        help="Make a table safe to open in a spreadsheet: a byte-order mark, and no "
        "live formulas.",
    )(command)


def chosen_settings(recipe: str | None, flags: dict[str, Any]) -> Settings:
    """Return the recipe's settings with the flags that were given laid over them."""
    base = Settings.load(recipe).flat() if recipe else {}
    given = {name: value for name, value in flags.items() if value is not None}
    return Settings.from_flat({**base, **given})


class Commands(click.Group):
    """The commands; a reader of their output that has seen enough is no fault."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except BrokenPipeError:
            leave_output()
            return None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(ocr_core_version())
def cli() -> None:
    """Read scanned pages: text, and every word with its place and confidence."""


@cli.command()
@click.argument("source", nargs=-1, required=True)
@click.option(
    "--to",
    "form",
    type=click.Choice(list(FORMATS)),
    default="txt",
    show_default=True,
    help="; ".join(f"{each.name}: {each.help}" for each in FORMATS.values()) + ".",
)
@click.option("-o", "--output", type=click.Path(), help="File to write.")
@click.option("--pages", help="Pages to read of each document, as in 1-3,7.")
@click.option(
    "--max-pages",
    type=click.IntRange(1, MOST_PAGES),
    default=MAX_PAGES,
    show_default=True,
    help="Longest document to accept.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    default=None,
    help="Pages to read at the same time.  [default: one a processor]",
)
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
    from ocr_core.batch import recognize_documents
    from ocr_core.workers import Pool

    settings = chosen_settings(recipe, flags)
    write = writer(form, spreadsheet)
    wanted = page_filter(pages)
    check_engine(settings)
    tally = Tally()
    with contextlib.ExitStack() as stack:
        documents = stack.enter_context(spooled(source))
        spare(documents, output, save_recipe)
        if save_recipe:
            with whole_file(save_recipe) as file:
                file.write(settings.recipe().encode() + b"\n")
        pool = stack.enter_context(Pool(workers))
        sink = stack.enter_context(destination(output))
        results = recognize_documents(
            documents, settings, pool, pages=wanted, max_pages=max_pages
        )
        write(tally.watched(results), sink)
    tally.report()


@cli.command()
@click.argument("source", nargs=-1, required=True)
@click.option("--corpus", type=click.Path(), required=True, help="The corpus file.")
@click.option(
    "--max-pages",
    type=click.IntRange(1, MOST_PAGES),
    default=MAX_PAGES,
    show_default=True,
    help="Longest document to accept.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    default=None,
    help="Pages to read at the same time.  [default: one a processor]",
)
@click.option("--retry-failed", is_flag=True, help="Read again what failed before.")
@settings_options
def batch(
    source: tuple[str, ...],
    corpus: str,
    max_pages: int,
    workers: int | None,
    retry_failed: bool,
    recipe: str | None,
    **flags: Any,
) -> None:
    """Recognise SOURCE into a corpus; run again, only what is missing is read."""
    from ocr_core.batch import Progress, read_into
    from ocr_core.corpus import Corpus
    from ocr_core.workers import Pool

    settings = chosen_settings(recipe, flags)
    check_engine(settings)
    tally = Tally()
    with contextlib.ExitStack() as stack:
        documents = stack.enter_context(spooled(source))
        spare(documents, corpus)
        keeper = stack.enter_context(Corpus(corpus, write=True))
        pool = stack.enter_context(Pool(workers))
        progress = Progress(documents=len(documents))
        results = read_into(
            keeper,
            documents,
            settings,
            pool,
            max_pages=max_pages,
            retry_failed=retry_failed,
            progress=progress,
        )
        try:
            tally.pace(results, progress)
        except KeyboardInterrupt:
            complain("What was read is kept: the same command goes on with the rest.")
            raise
    tally.report_batch(progress)


@cli.command()
@click.argument("corpus", type=click.Path())
@click.option(
    "--to",
    "form",
    type=click.Choice(list(FORMATS)),
    required=True,
    help="; ".join(f"{each.name}: {each.help}" for each in FORMATS.values()) + ".",
)
@click.option("-o", "--output", type=click.Path(), help="File to write.")
@click.option(
    "--min-conf",
    type=click.FloatRange(0, 100),
    default=0,
    help="Leave out words of less confidence.",
)
@click.option(
    "--min-quality",
    type=click.FloatRange(0, 1),
    default=0,
    help="Leave out pages of less quality.",
)
@click.option(
    "--clean",
    "cleaning",
    type=click.Choice(["off", "suggest", "on"]),
    default="off",
    help="For --to corpus: join words broken at line ends, drop running heads and page "
    "numbers, spell old letters as today. on keeps the text as read in text_raw; "
    "suggest changes nothing; both list every change.  [default: off]",
)
@spreadsheet_option
def export(
    corpus: str,
    form: str,
    output: str | None,
    min_conf: float,
    min_quality: float,
    cleaning: str,
    spreadsheet: bool,
) -> None:
    """Write a corpus out in another form, page after page."""
    from ocr_core.corpus import Corpus

    if output and Path(output).resolve() == Path(corpus).resolve():
        raise OutputError(
            f"{output} is the corpus itself and would be overwritten.",
            hint="Name another file to write.",
        )
    write = writer(form, spreadsheet)
    if cleaning != "off":
        if form != "corpus":
            raise SettingsError(
                f"--clean is for the table corpus, and {form} has no place for the "
                "text as it was read.",
                hint="Choose --to corpus, or leave --clean out.",
            )
        write = partial(write, cleaning=cleaning)
    with Corpus(corpus) as keeper, destination(output) as sink:
        write(sifted(keeper.results(), min_conf, min_quality), sink)


@cli.command()
@click.argument("corpus", type=click.Path())
@click.argument("query")
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=100,
    show_default=True,
    help="Most pages to list.",
)
def search(corpus: str, query: str, limit: int) -> None:
    """List the pages that hold all words of QUERY, the best first, as CSV."""
    import csv

    from ocr_core.corpus import Corpus, Hit

    with Corpus(corpus) as keeper:
        if not keeper.full_text:
            complain(
                "There is no full-text index: the words are looked for as they stand, "
                "in page order."
            )
        hits = keeper.search(query, limit)
    with destination(None) as sink:
        text = io.TextIOWrapper(sink, "utf-8", newline="", write_through=True)
        csv.writer(text).writerows([Hit._fields, *hits])
        text.detach()


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.option("--workers", type=click.IntRange(1, 256), help="Pages to read at once.")
@click.option(
    "--allow-remote",
    is_flag=True,
    help="Let other machines in; OCR_CORE_TOKEN holds the token they must bring.",
)
def serve(host: str, port: int, workers: int | None, allow_remote: bool) -> None:
    """Serve the HTTP API: http://127.0.0.1:8000/api/."""
    from ocr_core.server.serve import serve

    serve(host, port, workers=workers, remote=allow_remote)


@cli.command("languages")
def list_languages() -> None:
    """List the languages that are installed, and where each comes from."""
    for code, path in sorted(installed_languages().items()):
        click.echo(f"{code}\t{path}")


@cli.command()
def doctor() -> None:
    """Say what is installed, what is missing, and the command that mends it."""
    from ocr_core.doctor import examine

    findings = examine()
    for finding in findings:
        mark = "ok     " if finding.well else "missing"
        click.echo(f"{mark}  {finding.subject}: {finding.found}")
        if finding.remedy:
            click.echo(f"         mend it with: {finding.remedy}")
    if any(finding.needed and not finding.well for finding in findings):
        sys.exit(4)


@cli.command("knobs")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--markdown", is_flag=True, help="As the table that README shows.")
def list_knobs(as_json: bool, markdown: bool) -> None:
    """List every knob: name, default, bounds, unit, help."""
    import json

    if markdown:
        click.echo(knob_table())
        return
    if as_json:
        every = [knob.described() for knob in knobs(Settings)]
        click.echo(json.dumps(every, indent=2, ensure_ascii=False))
        return
    for knob in knobs(Settings):
        default = knob.default if knob.default != "" else "(empty)"
        click.echo(f"{knob.name:18} {default!s:8} {knob.bounds:32} {knob.help}")


def knob_table() -> str:
    """Return all knobs as a Markdown table."""
    rows = ["| knob | default | can be | what it does |", "| --- | --- | --- | --- |"]
    for knob in knobs(Settings):
        default = f"`{knob.default}`" if knob.default != "" else ""
        rows.append(f"| `{knob.name}` | {default} | {knob.bounds} | {knob.help} |")
    return "\n".join(rows)


def writer(form: str, spreadsheet: bool) -> Writer:
    """Return what writes a format, as a spreadsheet may open it where that is asked.

    Raises
    ------
    SettingsError
        Where the format is no table.
    """
    chosen = FORMATS[form]
    if not spreadsheet:
        return chosen.write
    if not chosen.tabular:
        tables = ", ".join(each.name for each in FORMATS.values() if each.tabular)
        raise SettingsError(
            f"--spreadsheet is for tables, and {form} is none.",
            hint=f"Choose one of {tables} with --to.",
        )
    complain(
        "For a spreadsheet: cells that it would take for formulas begin with an "
        "apostrophe. Leave --spreadsheet out for the exact data."
    )
    return partial(chosen.write, spreadsheet=True)


def check_engine(settings: Settings) -> None:
    """Refuse at once an engine or language that no page could be read with."""
    from ocr_core.engines import engine_named

    wanted = settings.recognition
    engine_named(wanted.engine).language_data(wanted.language)


@contextlib.contextmanager
def spooled(sources: Iterable[str]) -> Iterator[list[PageRef]]:
    """Find the documents named; standard input is laid into a file of its own."""
    from ocr_core.workers import scratch_folder

    with scratch_folder() as folder:
        paths = []
        for source in dict.fromkeys(sources):
            path = Path(source)
            if source == "-":
                path = folder / "stdin"
                with path.open("wb") as file:
                    shutil.copyfileobj(_at_most(sys.stdin.buffer, STDIN_BYTES), file)
            paths.append(path)
        documents, skipped = find_documents(paths)
        if skipped:
            complain(f"{skipped} files of other kinds were passed over.")
        if not documents:
            raise InputError("There is nothing to read: no image and no PDF was found.")
        yield documents


def spare(documents: Sequence[PageRef], *outputs: str | None) -> None:
    """Refuse to write over a document that is to be read."""
    sources = {Path(document.path).resolve() for document in documents}
    for output in outputs:
        if output and Path(output).resolve() in sources:
            raise OutputError(
                f"{output} is to be read and would be overwritten.",
                hint="Name another file to write.",
            )


def _at_most(stream: BinaryIO, most: int) -> BinaryIO:
    content = stream.read(most + 1)
    if len(content) > most:
        raise InputError(f"Standard input holds more than {most // 10**6} MB.")
    return io.BytesIO(content)


@contextlib.contextmanager
def destination(output: str | None) -> Iterator[BinaryIO]:
    """Open what the results are written to: a whole file, or standard output."""
    if output and output != "-":
        with whole_file(output) as file:
            yield file
        return
    try:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        leave_output()
        reason = (error.strerror or str(error)).lower()
        raise OutputError(f"Standard output cannot be written: {reason}.") from error


def leave_output() -> None:
    """Send what is left for standard output nowhere: its reader or its disk is gone."""
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def main() -> None:
    """Run the command line; an `OcrError` becomes two lines and an exit code."""
    # Asked to end, tidy up as after Ctrl-C: workers and temporary files go.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(cli(standalone_mode=False))
    except OcrError as error:
        complain(f"Error: {error.message}")
        if error.hint:
            complain(f"Hint: {error.hint}")
        sys.exit(error.exit_code)
    except click.ClickException as error:
        shown = io.StringIO()
        error.show(shown)
        for line in shown.getvalue().split("\n")[:-1]:
            complain(line)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        complain("Interrupted.")
        sys.exit(130)


if __name__ == "__main__":
    main()
