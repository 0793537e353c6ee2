"""Correction: the command that corrects misread forms everywhere in a corpus."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ocr_core.cli.audit import page_scans, sheet_content
from ocr_core.cli.options import limit_option, written_corpus_argument
from ocr_core.cli.progress import counted, echo_error
from ocr_core.cli.streams import check_outputs, destination
from ocr_core.errors import InputError, SettingsError

if TYPE_CHECKING:
    from ocr_core.corpus import Corpus
    from ocr_core.evaluation.line_pictures import ScanPart
    from ocr_core.mining.form_groups import FormGroup
    from ocr_core.mining.misreadings import FormOccurrence
    from ocr_core.page import Word

COLUMNS = (
    *("group", "word", "confusion", "language", "forms", "places", "documents"),
    *("expected", "examples", "accept"),
)
CONTEXT = 4  # words shown on either side of an example
ARROW = "→"  # between form and word, where the forms of a group have different words
BESIDE = 8  # heights of a word that its picture shows on either side
ACCEPTED, REFUSED = ("yes", "=", "x"), ("no", "-")


@click.command()
@written_corpus_argument
@limit_option(90, "Most groups.")
@click.option(
    "--sheet",
    type=click.Path(),
    help="Write the groups to a CSV file with an empty column, accept, and pictures of "
    "five places of each into a folder beside it.",
)
@click.option(
    "--filled",
    type=click.Path(),
    help="Correct what a sheet that was filled in accepts: in its column accept, yes "
    "or =, no or -, or only the forms to correct, with spaces between; nothing leaves "
    "a group for later.",
)
@click.option("--undo", is_flag=True, help="Undo all corrections of the latest sheet.")
def correct(
    corpus: str, limit: int, sheet: str | None, filled: str | None, undo: bool
) -> None:
    """List forms of CORPUS that are probably misread, and correct them everywhere.

    Forms are grouped by the word that was probably printed, as tbe, tlie and thc by
    the, or by the characters confused, as tbe and otber by h and b. Groups are in the
    order of the words that they probably put right. Only whole words are corrected,
    never parts of one. Without an option, the groups are printed.
    """
    from ocr_core.corpus import Corpus

    if not Path(corpus).exists():
        raise InputError(f"{corpus} does not exist.", hint="Check the name.")
    if sum(map(bool, (sheet, filled, undo))) > 1:
        raise SettingsError(
            "--sheet, --filled and --undo exclude each other.", hint="Give one of them."
        )
    check_outputs([sheet], [corpus])
    with Corpus(corpus, write=True) as open_corpus:
        if undo:
            step = open_corpus.undo_step()
            undone = counted(step.words if step else 0, "correction")
            echo_error(f"{undone} undone.")
        elif filled:
            apply_sheet(open_corpus, read_sheet(filled))
        else:
            groups = open_corpus.suspicious_groups()[: limit or None]
            write_sheet(open_corpus, groups, sheet)
    if not (undo or filled):
        expected = sum(group.expected for group in groups)
        echo_error(
            f"{counted(len(groups), 'group')}; if all are right, about "
            f"{counted(round(expected), 'word')} would be put right."
        )


def write_sheet(
    corpus: "Corpus", groups: "Sequence[FormGroup]", sheet: str | None
) -> None:
    """Write the groups as CSV, and pictures of their places next to a sheet."""
    from ocr_core.evaluation.line_pictures import write_pictures

    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    crops: list[ScanPart] = []
    words = corpus.printed_words
    for number, group in enumerate(groups, 1):
        writer.writerow(sheet_row(number, group, words))
        crops += group_crops(number, group, words)
    with destination(sheet) as sink:
        sink.write(file.getvalue().encode())
    if sheet in (None, "-"):
        return
    folder = Path(str(sheet)).with_suffix("")
    missing = write_pictures(crops, page_scans(corpus.results()), folder)
    echo_error(f"The pictures are in {folder}: GROUP-PLACE.png.")
    if missing:
        echo_error(f"{counted(missing, 'picture')} missing: the scan cannot be opened.")


def sheet_row(
    number: int, group: "FormGroup", words: "Callable[[int], Sequence[Word]]"
) -> dict[str, object]:
    """Return the row of a group."""
    examples = []
    for each in group.shown:
        row = words(each.reading)
        at = each.word_index
        near = range(max(0, at - CONTEXT), min(len(row), at + CONTEXT + 1))
        examples.append(
            " ".join(f"[{row[n].text}]" if n == at else row[n].text for n in near)
        )
    return {
        "group": number,
        "word": group.word,
        "confusion": group.name if group.confusion else "",
        "language": group.language,
        "forms": " ".join(
            f"{form}{ARROW}{word}" if group.confusion else form
            for form, word in group.pairs
        ),
        "places": len(group.occurrences),
        "documents": len({each.doc_id for each in group.occurrences}),
        "expected": round(group.expected, 2),
        "examples": " | ".join(examples),
        "accept": "",
    }


def group_crops(
    number: int, group: "FormGroup", words: "Callable[[int], Sequence[Word]]"
) -> "Iterator[ScanPart]":
    """Yield the parts of the scans to show for a group, with the words beside."""
    from ocr_core.evaluation.line_pictures import ScanPart

    for n, each in enumerate(group.shown, 1):
        word = words(each.reading)[each.word_index]
        more = BESIDE * word.height
        left = max(0, word.left - more)
        width = word.left + word.width + more - left
        box = left, word.top, width, word.height
        yield ScanPart(f"{number}-{n}", each.doc_id, each.page_num, box)


def read_sheet(name: str) -> list[dict[str, str]]:
    """Return the rows of a sheet of groups.

    Raises
    ------
    InputError
        If it is not such a sheet.
    """
    from ocr_core.evaluation.audit import sheet_rows

    rows = sheet_rows(sheet_content(name))
    wanted = ("word", "language", "forms", "accept")
    if not rows or not all(each in row for row in rows for each in wanted):
        raise InputError(
            f"{name} is not a sheet of groups, or has none.",
            hint="Write one with: ocr-core correct CORPUS --sheet sheet.csv",
        )
    return rows


def apply_sheet(corpus: "Corpus", rows: Sequence[Mapping[str, str]]) -> None:
    """Correct what the rows accept as one step, and record what they refuse."""
    from ocr_core.corpus.group_corrections import replacements_of

    places: dict[tuple[str, str], list[FormOccurrence]] = {}
    for group in corpus.suspicious_groups():
        for each in group.occurrences:
            places.setdefault(each.pair, []).append(each)
    occurrences, refused, gone = [], list[tuple[str, str]](), 0
    for row in rows:
        pairs, answer = row_pairs(row), row["accept"].strip().lower()
        if not answer:
            continue
        chosen = accepted_forms(row["word"], [form for form, _ in pairs], answer)
        refused += [pair for pair in pairs if pair[0] not in chosen]
        found = [
            each
            for pair in pairs
            if pair[0] in chosen
            for each in places.get(pair, [])
            if row["language"] in ("", each.language)
        ]
        gone += bool(chosen) and not found
        occurrences += found
    if refused:
        corpus.refuse_forms(refused)
    count = corpus.replace_forms(replacements_of(occurrences), "sheet")
    expected = sum(each.chance for each in occurrences)
    echo_error(
        f"{counted(count, 'word')} corrected, of which about {expected:.0f} are put "
        "right. To undo: the same command with --undo"
    )
    if gone:
        echo_error(f"{counted(gone, 'group')} of the sheet no longer in the corpus.")


def row_pairs(row: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the forms of a row, each with its word."""
    split = (each.partition(ARROW) for each in row["forms"].split())
    return [(form, word or row["word"]) for form, _, word in split]


def accepted_forms(word: str, forms: Sequence[str], answer: str) -> set[str]:
    """Return the forms that an answer accepts.

    Raises
    ------
    SettingsError
        If the answer names a form that the group does not have.
    """
    if answer in ACCEPTED:
        return set(forms)
    if answer in REFUSED:
        return set()
    chosen = set(answer.replace(",", " ").split())
    if unknown := chosen - set(map(str.lower, forms)):
        raise SettingsError(
            f"The group of {word or 'a confusion'} has no form {min(unknown)}.",
            hint="Answer yes, no, or some of its forms.",
        )
    return {form for form in forms if form.lower() in chosen}
