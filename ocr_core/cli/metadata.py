"""Metadata: the command that adds or lists the metadata of a corpus."""

import click

from ocr_core.cli.mining import write_table
from ocr_core.cli.options import corpus_argument, named
from ocr_core.cli.progress import echo_error
from ocr_core.errors import SettingsError
from ocr_core.page import composed


@click.command()
@corpus_argument
@click.option(
    "--csv",
    "table",
    type=click.Path(),
    help="A CSV file with a column doc_id; an empty value deletes an entry.",
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
    from ocr_core.corpus.metadata import parse_names, read_columns

    if table and pattern:
        raise SettingsError("--csv and --pattern are two ways.", hint="Choose one.")
    with Corpus(corpus) as keeper:
        names = list(dict.fromkeys(row.doc_id for row in keeper.rows()))
        if not table and not pattern:
            known = keeper.metadata()
            columns = {
                name: [values.get(each, "") for each in names]
                for name, values in known.items()
            }
            write_table(pd.DataFrame({"doc_id": names, **columns}), None, False)
            return
    found = read_columns(table) if table else parse_names(names, pattern or "")
    with Corpus(named(corpus), write=True) as keeper:
        unknown = keeper.set_metadata(found)
    described_ids = {
        composed(doc_id)
        for values in found.values()
        for doc_id, value in values.items()
        if value
    }
    described = sum(composed(name) in described_ids for name in names)
    echo_error(
        f"Columns: {', '.join(found) or 'none'}. "
        f"{described} of {len(names)} documents have values from there."
    )
    if unknown:
        echo_error(f"{unknown} values are of documents that the corpus does not hold.")
