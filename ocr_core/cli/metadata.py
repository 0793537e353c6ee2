"""Metadata: the command that adds or lists the metadata of a corpus."""

import click

from ocr_core.cli.mining import write_table
from ocr_core.cli.options import corpus_argument, named
from ocr_core.cli.progress import echo_error
from ocr_core.errors import SettingsError

MAX_SHOWN = 20  # names that are of no document


@click.command()
@corpus_argument
@click.option(
    "--table",
    "--csv",
    "table",
    type=click.Path(),
    help="A CSV file or a workbook (XLSX, ODS, XLS) with a column doc_id or filename; "
    "an empty value deletes an entry.",
)
@click.option(
    "--pattern",
    metavar="TEXT",
    help="Columns from the documents' names, as in {paper}_{year}-{month}.",
)
def metadata(corpus: str, table: str | None, pattern: str | None) -> None:
    """Add metadata to the documents of CORPUS; with no option, list it as CSV."""
    import pandas as pd

    from ocr_core.corpus import Corpus
    from ocr_core.corpus.metadata import parse_names, unmatched
    from ocr_core.execution.metadata_files import read_metadata

    if table and pattern:
        raise SettingsError("--table and --pattern are two ways.", hint="Choose one.")
    with Corpus(corpus) as open_corpus:
        names = list(dict.fromkeys(row.doc_id for row in open_corpus.rows()))
        if not table and not pattern:
            known = open_corpus.metadata()
            columns = {
                name: [values.get(each, "") for each in names]
                for name, values in known.items()
            }
            write_table(pd.DataFrame({"doc_id": names, **columns}), None, False)
            return
    found = read_metadata(table) if table else parse_names(names, pattern or "")
    with Corpus(named(corpus), write=True) as open_corpus:
        open_corpus.set_metadata(found)
    missing = unmatched(found, names)
    given = {
        name for values in found.values() for name, value in values.items() if value
    }
    echo_error(
        f"Columns: {', '.join(found) or 'none'}. {len(given - missing.keys())} of "
        f"{len(names)} documents have values from there."
    )
    for name, nearest in [*missing.items()][:MAX_SHOWN]:
        likely = f"; the nearest is {nearest}" if nearest else ""
        echo_error(f"The corpus has no document {name}{likely}.")
    if len(missing) > MAX_SHOWN:
        echo_error(f"{len(missing) - MAX_SHOWN} more names are of no document.")
