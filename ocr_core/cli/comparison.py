"""Comparing: texts with each other, or recipes on the same pages."""

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ocr_core.cli.audit import checked_lines
from ocr_core.cli.evaluation import with_truth
from ocr_core.cli.options import (
    check_engine,
    checked_option,
    chosen_normalization,
    json_option,
    normalization_options,
    run_options,
)
from ocr_core.cli.progress import ReadReport, echo_error
from ocr_core.cli.streams import spooled
from ocr_core.errors import SettingsError
from ocr_core.presets import PRESETS
from ocr_core.settings import Settings

if TYPE_CHECKING:
    from ocr_core.evaluation.comparison import Comparison, WordDifference
    from ocr_core.evaluation.scoring import PageScore
    from ocr_core.page import PageRef, PageResult
    from ocr_core.processes.pool import Pool
    from ocr_core.text.evaluate import Normalization

MAX_DIFFERENCES = 40  # printed; the JSON output contains all
DEFAULT = "default"


@click.command()
@click.argument("first", metavar="A")
@click.argument("others", metavar="B [MORE]", nargs=-1, required=True)
@click.option(
    "--on",
    "sources",
    multiple=True,
    metavar="SOURCE",
    help="Read these pages with A, B and MORE, which then are recipes: files, presets, "
    "default, or settings as in engine=rapidocr,psm=6.",
)
@checked_option
@json_option
@run_options
@normalization_options
def compare(
    first: str,
    others: tuple[str, ...],
    sources: tuple[str, ...],
    checked: tuple[str, ...],
    as_json: bool,
    max_pages: int,
    workers: int | None,
    **flags: Any,
) -> None:
    """Compare the texts B and MORE with the text A; or recipes, on the pages of SOURCE.

    Recipes are compared by their errors on pages with ground truth (NAME.gt.txt);
    without ground truth, by the estimated error. Each sentence says which is better, by
    how much and how surely, or that the pages do not decide it.
    """
    rules = chosen_normalization(flags)
    names = (first, *others)
    if not sources:
        compare_texts(names, rules, as_json)
        return
    recipes = [named_recipe(name) for name in names]
    for recipe in recipes:
        check_engine(recipe)
    from ocr_core.evaluation.scoring import scored_pages
    from ocr_core.processes.pool import Pool

    lines, report = checked_lines(checked), ReadReport()
    with contextlib.ExitStack() as stack:
        documents = stack.enter_context(spooled(sources))
        pool = stack.enter_context(Pool(workers))
        known, truths = with_truth(documents, pool, lines, report)
        documents = known or documents  # without ground truth, quality is compared
        read = read_with(recipes, documents, report, max_pages, pool)
    if report.broken:
        raise report.broken
    scores = [list(scored_pages(pages, truths, rules, lines)) for pages in read]
    show_recipes(names, read, scores, rules, as_json)
    report.report()


def named_recipe(name: str) -> Settings:
    """Return the settings named by a recipe file, a preset or a list of settings."""
    if name == DEFAULT:
        return Settings()
    if name in PRESETS:
        return Settings.from_flat(PRESETS[name].flat)
    if "=" in name and not Path(name).exists():
        pairs = [part.partition("=") for part in name.split(",")]
        return Settings.from_flat({key.strip(): value for key, _, value in pairs})
    if not Path(name).exists():
        raise SettingsError(
            f"There is no recipe {name}.",
            hint=f"Name a file, {DEFAULT}, NAME=VALUE or one of {', '.join(PRESETS)}.",
        )
    try:
        return Settings.load(name)
    except SettingsError as error:
        raise SettingsError(f"{name}: {error.message}", hint=error.hint) from None


def read_with(
    recipes: Sequence[Settings],
    documents: "Sequence[PageRef]",
    report: ReadReport,
    max_pages: int,
    pool: "Pool",
) -> "list[list[PageResult]]":
    """Read the same pages with each recipe."""
    from ocr_core.execution.batch import recognize_documents

    return [
        list(
            report.watched(
                recognize_documents(documents, recipe, pool, max_pages=max_pages)
            )
        )
        for recipe in recipes
    ]


def show_recipes(
    names: Sequence[str],
    read: "Sequence[list[PageResult]]",
    scores: "Sequence[list[PageScore]]",
    rules: "Normalization",
    as_json: bool,
) -> None:
    """Print the result of each recipe, and the comparison of each pair."""
    from ocr_core.evaluation.comparison import by_quality, by_truth, word_differences

    found = []
    for one, other in combinations(range(len(names)), 2):
        pair = names[one], names[other]
        if scores[one]:
            found.append(by_truth(pair, scores[one], scores[other], rules))
        else:
            found.append(by_quality(pair, read[one], read[other]))
    differences = word_differences(read[0], read[1])
    table = [
        recipe_row(name, results, pages, rules, read[0])
        for name, results, pages in zip(names, read, scores, strict=True)
    ]
    pages = list(page_rows(names, read, scores, rules))
    if as_json:
        click.echo(comparison_json(table, found, differences, pages))
        return
    echo_rows(table)
    if len(read[0]) > 1:
        click.echo("\nPage by page:")
        echo_rows(pages)
    click.echo()
    for each in found:
        click.echo(each.sentence)
    show_differences(differences)


def echo_rows(rows: Sequence[dict[str, Any]]) -> None:
    """Print what is known of each row as one line."""
    for row in rows:
        known = (f"{key} {value}" for key, value in row.items() if value is not None)
        click.echo(", ".join(known))


def page_rows(
    names: Sequence[str],
    read: "Sequence[list[PageResult]]",
    scores: "Sequence[list[PageScore]]",
    rules: "Normalization",
) -> Iterator[dict[str, Any]]:
    """Yield the result of each recipe on each page."""
    known = [{(each.doc_id, each.page_num): each for each in own} for own in scores]
    for number, first in enumerate(read[0]):
        key = first.ref.doc_id, first.ref.number
        for name, results, by_page in zip(names, read, known, strict=True):
            own = [by_page[key]] if key in by_page else []
            row = recipe_row(name, [results[number]], own, rules, [first])
            del row["pages"]
            yield {"doc_id": key[0], "page_num": key[1], **row}


def recipe_row(
    name: str,
    results: "Sequence[PageResult]",
    scores: "Sequence[PageScore]",
    rules: "Normalization",
    first: "Sequence[PageResult]",
) -> dict[str, Any]:
    """Return the result of one recipe as a table row."""
    from ocr_core.evaluation.comparison import agreement
    from ocr_core.evaluation.scoring import rounded
    from ocr_core.text.evaluate import TextScore

    total = sum((each.score for each in scores), TextScore())
    texts = [(one.text, other.text) for one, other in zip(first, results, strict=True)]
    known = [each.quality for each in results if each.quality is not None]
    seconds = sum(each.seconds for each in results) / max(1, len(results))
    return {
        "recipe": name,
        "pages": len(results),
        "cer": rounded(total.cer) if scores else None,
        "wer": rounded(total.wer) if scores else None,
        "bag_f1": rounded(total.bag_f1) if scores else None,
        "quality": rounded(sum(known) / len(known)) if known else None,
        "agreement_with_first": rounded(agreement(texts, rules)),
        "seconds_a_page": round(seconds, 2),
    }


def comparison_json(
    table: Sequence[dict[str, Any]],
    found: "Sequence[Comparison]",
    differences: "Sequence[WordDifference]" = (),
    pages: Sequence[dict[str, Any]] = (),
) -> str:
    """Return a comparison as JSON."""
    content = {
        "recipes": table,
        "pages": pages,
        "comparisons": [
            {**asdict(each), "better": each.better, "sentence": each.sentence}
            for each in found
        ],
        "differences": [
            {
                "doc_id": each.doc_id,
                "page_num": each.page_num,
                "first": [word._asdict() for word in each.first],
                "second": [word._asdict() for word in each.second],
            }
            for each in differences
        ],
    }
    return json.dumps(content, indent=2, ensure_ascii=False)


def show_differences(differences: "Sequence[WordDifference]") -> None:
    """Print the words that the first two recipes read differently."""
    if differences:
        click.echo("\nWords that differ, A | B:")
    for each in differences[:MAX_DIFFERENCES]:
        one, other = (
            " ".join(word.text for word in words) for words in (each.first, each.second)
        )
        click.echo(f"{each.doc_id} page {each.page_num}: {one or '-'} | {other or '-'}")
    if len(differences) > MAX_DIFFERENCES:
        echo_error(f"{len(differences) - MAX_DIFFERENCES} more: use --json.")


def compare_texts(names: Sequence[str], rules: "Normalization", as_json: bool) -> None:
    """Compare each text with the first one, and with each other line by line."""
    from ocr_core.evaluation.comparison import (
        line_errors,
        marked_differences,
        paired,
    )
    from ocr_core.evaluation.truth import read_pages
    from ocr_core.processes.pool import Pool
    from ocr_core.text.evaluate import score

    with Pool(1) as pool:
        tasks = [pool.submit(read_pages, Path(name)) for name in names]
        truth, *texts = ("\n".join(task.result()) for task in tasks)
    rows = [
        {"text": name, **asdict(found), "cer": found.cer, "wer": found.wer}
        for name, found in zip(
            names[1:], (score(truth, text, rules) for text in texts), strict=True
        )
    ]
    found = []
    for one, other in combinations(range(len(texts)), 2):
        columns = line_errors(truth, [texts[one], texts[other]], rules)
        found.append(
            paired((names[one + 1], names[other + 1]), columns, "CER", "lines")
        )
    if as_json:
        marked = [marked_differences(truth, text, rules) for text in texts]
        for row, difference in zip(rows, marked, strict=True):
            row["difference"] = difference
        click.echo(comparison_json(rows, found))
        return
    for row, text in zip(rows, texts, strict=True):
        cer, wer = (
            "unknown" if row[name] is None else f"{100 * row[name]:.2f} %"
            for name in ("cer", "wer")
        )
        click.echo(f"{row['text']}: CER {cer}, WER {wer}, against {names[0]}")
        if row["word_errors"]:
            click.echo(marked_differences(truth, text, rules))
    for each in found:
        click.echo(each.sentence)
