"""Parts: the command that keeps filters with a corpus under a name."""

from typing import Any

import click

from ocr_core.cli.mining import counted_tokens, write_table
from ocr_core.cli.options import corpus_argument, filter_options, named
from ocr_core.cli.progress import counted, echo_error
from ocr_core.errors import SettingsError


@click.command()
@corpus_argument
@click.argument("name", required=False)
@filter_options
@click.option("--save", is_flag=True, help="Keep the filter that the flags make.")
@click.option("--rename", metavar="NEW", help="Give the part another name.")
@click.option("--delete", is_flag=True, help="Delete the part; its documents stay.")
@click.option(
    "--to-metadata",
    metavar="COLUMN=VALUE",
    help="Give every document of the part this value of metadata.",
)
def parts(
    corpus: str,
    name: str | None,
    save: bool,
    rename: str | None,
    delete: bool,
    to_metadata: str | None,
    **flags: Any,
) -> None:
    """Keep filters with CORPUS under a name; without a NAME, list them as CSV.

    Other commands take such a part with --part NAME, and keyness compares it with
    another by --against-part NAME.
    """
    import pandas as pd

    from ocr_core.corpus import Corpus
    from ocr_core.mining.filter import documents_of

    asked = [save, rename is not None, delete, to_metadata is not None]
    if sum(asked) != bool(name):
        raise SettingsError(
            "Say which part, and what to do with it.",
            hint="Give a NAME and one of --save, --rename, --delete, --to-metadata; or "
            "none of them, to list the parts.",
        )
    if not name:
        with Corpus(corpus) as open_corpus:
            known = open_corpus.parts()
        rows = [(each, known[each].described()) for each in known]
        write_table(pd.DataFrame(rows, columns=["part", "filter"]), None, False)
        return
    if to_metadata is not None:
        column, equals, value = (each.strip() for each in to_metadata.partition("="))
        if not (column and equals and value):
            raise SettingsError(
                "--to-metadata needs a column and a value.",
                hint="Write it as in period=early.",
            )
        tokens, wanted = counted_tokens(corpus, {**flags, "part": name})
        documents = documents_of(tokens, wanted)
        with Corpus(named(corpus), write=True) as open_corpus:
            open_corpus.set_metadata({column: dict.fromkeys(documents, value)})
        echo_error(f"{counted(len(documents), 'document')}: {column}={value}.")
        return
    if save:
        _, wanted = counted_tokens(corpus, flags)
    with Corpus(named(corpus), write=True) as open_corpus:
        if save:
            open_corpus.save_part(name, wanted)
            echo_error(f"The part {name} is kept: {wanted.described()}.")
        elif rename is not None:
            open_corpus.rename_part(name, rename)
        else:
            open_corpus.delete_part(name)
