"""Evaluation: the commands that measure how good OCR results are."""

import contextlib
from collections import Counter
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
from ocr_core.cli.progress import ReadReport, counted, echo_error
from ocr_core.cli.streams import check_outputs, destination, spooled
from ocr_core.errors import InputError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ocr_core.evaluation.output import Evaluation
    from ocr_core.evaluation.true_lines import KnownLines
    from ocr_core.page import PageRef
    from ocr_core.processes.pool import Pool

OUTPUTS = (".csv", ".json", ".html")
NO_TRUTH = (
    "Put the text of NAME.png beside it as NAME.gt.txt, in UTF-8, or as ALTO, PAGE or "
    "hOCR: NAME.gt.xml or NAME.gt.hocr."
)


@click.command()
@click.argument("source", nargs=-1, required=True)
@click.option(
    "-o",
    "--output",
    type=click.Path(),
    help="File to write: NAME.csv a row a page, NAME.json everything, NAME.html a page "
    "with all differences.",
)
@click.option(
    "--confusions", type=click.Path(), help="Write the character confusions as CSV."
)
@click.option(
    "--metadata",
    type=click.Path(),
    help="A CSV file with a column doc_id: error rates for each value of its others.",
)
@checked_option
@json_option
@run_options
@normalization_options
@settings_options
def evaluate(
    source: tuple[str, ...],
    output: str | None,
    confusions: str | None,
    metadata: str | None,
    checked: tuple[str, ...],
    as_json: bool,
    max_pages: int,
    workers: int | None,
    recipe: str | None,
    **flags: Any,
) -> None:
    """Recognise SOURCE and compare it with its ground truth, NAME.gt.txt beside it.

    Prints the error rates of characters and words, the F-measure of the bags of words,
    and the character error rate in any order of the lines, each with its 95 % interval.
    """
    from ocr_core.corpus.metadata_table import read_columns
    from ocr_core.evaluation.output import (
        Evaluation,
        as_csv,
        as_text,
        confusion_rows,
    )
    from ocr_core.evaluation.output import as_json as json_of
    from ocr_core.evaluation.scoring import scored_pages
    from ocr_core.execution.batch import recognize_documents
    from ocr_core.processes.pool import Pool

    rules = chosen_normalization(flags)
    settings = chosen_settings(recipe, flags)
    check_output(output)
    columns = read_columns(metadata) if metadata else {}
    lines = checked_lines(checked)
    check_engine(settings)
    report = ReadReport()
    with contextlib.ExitStack() as stack:
        documents = stack.enter_context(spooled(source))
        inputs = [each.path for each in documents]
        given = [*inputs, *checked, *filter(None, [recipe, metadata])]
        check_outputs([output, confusions], given)
        pool = stack.enter_context(Pool(workers))
        documents, truths = with_truth(documents, pool, lines, report)
        if not documents:
            raise InputError("No document has ground truth beside it.", hint=NO_TRUTH)
        results = recognize_documents(documents, settings, pool, max_pages=max_pages)
        scores = list(scored_pages(report.watched(results), truths, rules, lines))
    if report.broken:
        raise report.broken
    report_pages_left(truths, Counter(each.doc_id for each in scores))
    found = Evaluation(scores, rules, settings.digest, columns)
    write_evaluation(found, output)
    if confusions:
        with destination(confusions) as sink:
            sink.write(as_csv(confusion_rows(found.confusions)).encode())
    click.echo(json_of(found) if as_json else as_text(found))
    report.report()


def check_output(output: str | None) -> None:
    """Raise an error if the file extension is not a format of an evaluation."""
    if output and not output.lower().endswith(OUTPUTS):
        raise SettingsError(
            f"{output} does not say what to write.",
            hint=f"Let it end in one of {', '.join(OUTPUTS)}.",
        )


def with_truth(
    documents: "Sequence[PageRef]",
    pool: "Pool",
    lines: "KnownLines",
    report: ReadReport,
) -> "tuple[list[PageRef], dict[str, list[str]]]":
    """Return documents with ground truth or checked lines, and the texts of the former.

    How many have neither is reported, and which ground truth cannot be read.
    """
    from ocr_core.evaluation.truth import read_truth

    tasks = [(each.doc_id, pool.submit(read_truth, each)) for each in documents]
    truths: dict[str, list[str]] = {}
    refused = 0
    for doc_id, task in tasks:
        try:
            pages = task.result()
        except InputError as error:
            report.refuse(error)
            refused += 1
        else:
            truths |= {} if pages is None else {doc_id: pages}
    for doc_id, pages in truths.items():
        if not any(page.strip() for page in pages):
            echo_error(
                f"{doc_id}: ground truth without text: all that is read is wrong."
            )
    usable = truths.keys() | {doc_id for doc_id, _ in lines}
    kept = [each for each in documents if each.doc_id in usable]
    without = len(documents) - len(kept) - refused
    if kept and without > 0:
        echo_error(f"{counted(without, 'document')} without ground truth left out.")
    return kept, truths


def report_pages_left(
    truths: "Mapping[str, Sequence[str]]", compared: "Mapping[str, int]"
) -> None:
    """Report documents of which not all pages with ground truth were compared."""
    for doc_id, texts in truths.items():
        if 0 < compared.get(doc_id, 0) < len(texts):
            echo_error(
                f"{doc_id}: ground truth of {len(texts)} pages, compared "
                f"{compared[doc_id]}; the others were not read."
            )


def write_evaluation(found: "Evaluation", output: str | None) -> None:
    """Write an evaluation to a file, in the format of the file extension."""
    from ocr_core.evaluation import output as formats

    if not output:
        return
    if output.lower().endswith(".csv"):
        content = formats.as_csv([each.row() for each in found.scores])
    elif output.lower().endswith(".json"):
        content = formats.as_json(found)
    else:
        content = formats.as_html(found)
    with destination(output) as sink:
        sink.write(content.encode())
