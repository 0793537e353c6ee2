"""Tuning: the command that searches for a better recipe and verifies it."""

import contextlib
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ocr_core.cli.audit import checked_lines
from ocr_core.cli.options import (
    check_engine,
    checked_option,
    chosen_normalization,
    chosen_settings,
    json_option,
    normalization_options,
    run_options,
    settings_options,
)
from ocr_core.cli.progress import CLEAR, counted, echo_error
from ocr_core.cli.streams import check_outputs, destination, spooled
from ocr_core.documents import survey
from ocr_core.errors import InputError, OcrError

if TYPE_CHECKING:
    from ocr_core.evaluation.true_lines import KnownLines
    from ocr_core.evaluation.tuning import TuningPage, TuningResult
    from ocr_core.page import PageRef
    from ocr_core.processes.pool import Pool


@click.command()
@click.argument("source", nargs=-1, required=True)
@click.option(
    "-o",
    "--output",
    type=click.Path(),
    help="Recipe to write, with NAME.evidence.json.",
)
@click.option(
    "--budget",
    type=click.FloatRange(5, 86_400),
    default=120,
    show_default=True,
    metavar="SECONDS",
    help="Time to search.",
)
@checked_option
@json_option
@run_options
@normalization_options
@settings_options
def tune(
    source: tuple[str, ...],
    output: str | None,
    budget: float,
    checked: tuple[str, ...],
    as_json: bool,
    max_pages: int,
    workers: int | None,
    recipe: str | None,
    **flags: Any,
) -> None:
    """Find settings that read the pages of SOURCE better, and verify that they do.

    The search starts from --recipe and the flags. Ground truth (NAME.gt.txt) is used
    where there is some, otherwise the estimated error. Half of the pages, or of the
    lines of one page, are kept for the proof; nothing is recommended if the gain there
    may be due to chance. The recipe written is then that of the start.
    """
    from ocr_core.evaluation.tuning import Trial, Tuner
    from ocr_core.evaluation.tuning_pages import evidence_json, read_pages
    from ocr_core.processes.pool import Pool

    rules = chosen_normalization(flags)
    settings = chosen_settings(recipe, flags)
    lines = checked_lines(checked)
    check_engine(settings)

    def report(trial: Trial) -> None:
        if sys.stderr.isatty():
            what = ", ".join(f"{name}={new}" for name, new in trial.changes.items())
            line = f"{trial.seconds_left:.0f} s left; gain {trial.gain:+.2%}: {what}"
            click.echo(f"{CLEAR}{line[:100]}", err=True, nl=False)

    with contextlib.ExitStack() as stack:
        documents = stack.enter_context(spooled(source))
        inputs = [each.path for each in documents]
        check_outputs([output], [*inputs, *checked, *filter(None, [recipe])])
        pool = stack.enter_context(Pool(workers))
        pages = tuning_pages(documents, pool, max_pages, lines)
        tuner = Tuner(
            settings, pages, lambda calls: read_pages(calls, pool), budget, rules
        )
        tuner.report, tuner.at_once = report, pool.workers
        found = tuner.run()
    if sys.stderr.isatty():
        click.echo(CLEAR, err=True, nl=False)
    if output:
        write_recipe(found, output)
    click.echo(evidence_json(found) if as_json else result_text(found))


def tuning_pages(
    documents: "Sequence[PageRef]", pool: "Pool", max_pages: int, lines: "KnownLines"
) -> "list[TuningPage]":
    """Return the pages to tune on: those with ground truth, if there are any.

    Raises
    ------
    InputError
        If no document can be opened.
    """
    from ocr_core.evaluation.truth import read_truth
    from ocr_core.evaluation.tuning import TuningPage
    from ocr_core.evaluation.tuning_pages import chosen_pages

    pages: list[TuningPage] = []
    for document in documents:
        try:
            count = min(max_pages, pool.submit(survey, document).result().pages)
            texts = pool.submit(read_truth, document).result() or []
        except OcrError as error:
            echo_error(f"Not read: {error.message}")
            continue
        for number in range(1, count + 1):
            truth = texts[number - 1] if len(texts) == count else None
            known = lines.get((document.doc_id, number), ())
            ref = replace(document, number=number)
            pages.append(TuningPage(ref, truth, known))
    if not pages:
        raise InputError("There is no page to tune on.")
    without = sum(not page.has_truth for page in pages)
    if 0 < without < len(pages):
        echo_error(f"{counted(without, 'page')} without ground truth left out.")
    return chosen_pages(pages)


def write_recipe(found: "TuningResult", output: str) -> None:
    """Write the recipe, and the evidence for it to a second file."""
    from ocr_core.evaluation.tuning_pages import evidence_json

    with destination(output) as sink:
        sink.write(found.settings.recipe().encode() + b"\n")
    if output != "-":
        with destination(str(Path(output).with_suffix(".evidence.json"))) as sink:
            sink.write(evidence_json(found).encode() + b"\n")


def result_text(found: "TuningResult") -> str:
    """Return the result of tuning as lines for a terminal."""
    lines: list[str] = [found.sentence]
    for each in found.changes:
        gain = "" if each.gain is None else f", gain {100 * each.gain:.2f} points"
        lines.append(f"  {each.knob}: {each.old} -> {each.new}{gain}")
    lines.append(
        f"{counted(found.trials, 'trial')} in {found.seconds:.0f} s on "
        f"{counted(found.pages_tuned, 'page')}, proof on {found.pages_proved}."
    )
    return "\n".join(lines)
