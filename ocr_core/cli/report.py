"""Report: the command that writes a report of a corpus and a notebook."""

from pathlib import Path

import click

from ocr_core.cli.audit import read_sheet
from ocr_core.cli.options import corpus_argument
from ocr_core.cli.progress import echo_error
from ocr_core.errors import InputError, OutputError


@click.command()
@corpus_argument
@click.option(
    "-o", "--output", required=True, type=click.Path(), help="Folder to write."
)
@click.option("--title", default="", help="Heading; else the name of the corpus.")
@click.option(
    "--audit",
    "sheets",
    type=click.Path(),
    multiple=True,
    help="A sheet of an audit that was filled in; twice, where two people have.",
)
def report(corpus: str, output: str, title: str, sheets: tuple[str, ...]) -> None:
    """Write a report of CORPUS into a folder, and a notebook that makes its figures.

    It says what the corpus holds, how it was read, how well, what was corrected, and
    shows its commonest words and their trends: report.html, report.md, report.ipynb.
    """
    from ocr_core.corpus import Corpus
    from ocr_core.evaluation.audit import joined_sheets
    from ocr_core.report import write_report

    if not Path(corpus).exists():
        raise InputError(f"{corpus} does not exist.", hint="Check the name.")
    if Path(output).is_file():
        raise OutputError(f"{output} is a file.", hint="Name a folder to write.")
    lines = joined_sheets([read_sheet(name) for name in sheets]) if sheets else []
    with Corpus(corpus) as open_corpus:
        written = write_report(open_corpus, Path(output), title=title, audit=lines)
    echo_error(f"{len(written)} files written. Open {written[0]}")
