"""Audit: the command that estimates how many errors a corpus has."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ocr_core.cli.options import (
    chosen_normalization,
    corpus_argument,
    json_option,
    named,
    normalization_options,
)
from ocr_core.cli.progress import counted, echo_error
from ocr_core.cli.streams import check_outputs, destination
from ocr_core.errors import InputError

if TYPE_CHECKING:
    from ocr_core.corpus import Corpus
    from ocr_core.evaluation.audit import AuditLine, AuditResult
    from ocr_core.evaluation.line_pictures import Scans
    from ocr_core.evaluation.true_lines import KnownLines, TrueLine
    from ocr_core.page import PageResult

STOP = "."
PDF_DPI = 300
ASKED = (
    "Each line of the sample is shown as it was read. Enter confirms it; else type "
    "what the scan says; - stands for no text, . ends."
)


@click.command()
@corpus_argument
@click.option(
    "--lines",
    type=click.IntRange(1, 100_000),
    default=60,
    show_default=True,
    help="Lines to draw.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=1,
    help="Random seed: another seed draws other lines.",
)
@click.option(
    "--sheet",
    type=click.Path(),
    help="Write the lines to a CSV file with an empty column, truth, and their "
    "pictures into a folder beside it, instead of asking.",
)
@click.option(
    "--filled",
    type=click.Path(),
    multiple=True,
    help="A sheet that was filled in; give two to compare the answers of two people.",
)
@click.option(
    "--answers",
    type=click.Path(),
    help="Keep each answer in this sheet at once; if it exists, go on with its lines "
    "that have none.",
)
@json_option
@normalization_options
def audit(
    corpus: str,
    lines: int,
    seed: int,
    sheet: str | None,
    filled: tuple[str, ...],
    answers: str | None,
    as_json: bool,
    **flags: Any,
) -> None:
    """Estimate the error rates of CORPUS from a random sample of its lines.

    The lines are shown one by one, or read from a sheet that was filled in. In its
    column truth, = confirms the recognised text, - means that there is no text, and an
    empty cell that the line was not checked.
    """
    from ocr_core.evaluation.audit import (
        audit_result,
        drawn_sample,
        joined_sheets,
    )

    rules = chosen_normalization(flags)
    if filled:
        sheets = [read_sheet(name) for name in filled]
        result = audit_result(joined_sheets(sheets), rules)
        show_result(result, as_json, agreement(sheets))
        return
    check_outputs([sheet, answers], [named(corpus)])
    with opened(corpus) as open_corpus:
        if answers and Path(answers).exists():
            sample = read_sheet(answers)
        else:
            sample = drawn_sample(open_corpus.results(), lines, seed)
        if sheet:
            write_sheet(sample, sheet, page_scans(open_corpus.results()))
            return
    show_result(audit_result(asked(sample, answers), rules), as_json, None)


def opened(corpus: str) -> "Corpus":
    """Open a corpus that exists."""
    from ocr_core.corpus import Corpus

    if not Path(corpus).exists():
        raise InputError(f"{corpus} does not exist.", hint="Check the name.")
    return Corpus(corpus)


def asked(
    sample: "Sequence[AuditLine]", answers: str | None = None
) -> "list[AuditLine]":
    """Ask for the text of each open line, until all are done or the answer is ".".

    The lines are written to the sheet `answers` after each answer.
    """
    from ocr_core.evaluation.audit import sheet_csv, stated_truth

    echo_error(ASKED)
    found = list(sample)
    for index, line in enumerate(sample):
        if line.truth is not None:
            continue
        where = f"{line.doc_id} page {line.page_num}, line at {line.left},{line.top}"
        click.echo(f"\n{index + 1} of {len(sample)}: {where}\n{line.read}", err=True)
        try:
            answer = click.prompt("", default="=", show_default=False, err=True)
        except click.Abort:
            break
        if answer == STOP:
            break
        found[index] = replace(line, truth=stated_truth(line, answer))
        if answers:
            with destination(answers) as sink:
                sink.write(sheet_csv(found).encode())
    return found


def read_sheet(name: str) -> "list[AuditLine]":
    """Return the lines of a completed sheet."""
    from ocr_core.evaluation.audit import filled_sheet

    return filled_sheet(sheet_content(name))


def sheet_content(name: str) -> bytes:
    """Return a sheet as it is, and one byte more than allowed of one too large.

    Raises
    ------
    InputError
        If it cannot be opened.
    """
    from ocr_core.evaluation.audit import SHEET_BYTES

    try:
        with Path(name).open("rb") as file:
            return file.read(SHEET_BYTES + 1)
    except OSError as error:
        raise InputError(f"{name} cannot be opened: {error.strerror}.") from None


def checked_lines(names: "Sequence[str]") -> "KnownLines":
    """Return the checked lines in audit sheets (CSV files) and corpora, by page."""
    from ocr_core.evaluation.true_lines import audited_lines, known_lines

    found: dict[tuple[str, int], Sequence[TrueLine]] = {}
    for name in names:
        if name.lower().endswith(".csv"):
            found.update(audited_lines(read_sheet(name)))
            continue
        with opened(name) as corpus:
            found.update(known_lines(corpus))
    return found


def agreement(sheets: "Sequence[Sequence[AuditLine]]") -> float | None:
    """Return the share of lines for which the first two people state the same text."""
    from ocr_core.evaluation.audit import sheets_agree

    return sheets_agree(sheets[0], sheets[1]) if len(sheets) > 1 else None


def write_sheet(sample: "Sequence[AuditLine]", sheet: str, scans: "Scans") -> None:
    """Write the sheet, and an image of each line to a folder next to it."""
    from ocr_core.evaluation.audit import sheet_csv
    from ocr_core.evaluation.line_pictures import line_crops, write_pictures

    with destination(sheet) as sink:
        sink.write(sheet_csv(sample).encode())
    if sheet == "-":
        return
    folder = Path(sheet).with_suffix("")
    missing = write_pictures(line_crops(sample), scans, folder)
    echo_error(f"{counted(len(sample), 'line')}; their pictures are in {folder}.")
    if missing:
        echo_error(f"{counted(missing, 'picture')} missing: the scan cannot be opened.")


def page_scans(results: "Iterable[PageResult]") -> "Scans":
    """Return for each page of a corpus its scan and its resolution if it is a PDF."""
    return {
        (each.ref.doc_id, each.ref.number): (
            each.ref,
            int(each.settings.get("dpi", PDF_DPI)),
        )
        for each in results
    }


def show_result(result: "AuditResult", as_json: bool, agreed: float | None) -> None:
    """Print the estimate."""
    if as_json:
        content = {
            **asdict(result),
            "sentence": result.sentence,
            "agreement": agreed,
        }
        click.echo(json.dumps(content, indent=2, ensure_ascii=False))
        return
    click.echo(result.sentence)
    if result.wer.value is not None and result.wer.low is not None:
        low, high = result.wer.low, result.wer.high or 0.0
        click.echo(
            f"Word error rate: {100 * result.wer.value:.2f} % "
            f"({100 * low:.2f} % to {100 * high:.2f} %)."
        )
    if result.half_width:
        more = result.more_lines(result.half_width / 2)
        click.echo(
            "Too few lines with errors to tell how many would halve the interval."
            if more is None
            else f"About {more} more lines would halve the interval."
        )
    if agreed is not None:
        click.echo(f"Both people say the same of {100 * agreed:.1f} % of the lines.")
