"""Stop words: the command that shows and changes what a corpus drops."""

import click

from ocr_core.cli.options import corpus_argument, named
from ocr_core.cli.progress import echo_error
from ocr_core.errors import SettingsError


@click.command()
@corpus_argument
@click.option(
    "--language",
    required=True,
    help="Tesseract's code, as in eng; all stands for every language.",
)
@click.option(
    "--set",
    "file",
    type=click.Path(),
    help="Store the words of this text file in CORPUS, to use instead of the "
    "published list.",
)
@click.option("--reset", is_flag=True, help="Use the published list again.")
def stop_list(corpus: str, language: str, file: str | None, reset: bool) -> None:
    """Show or change the stop words of CORPUS, one per line."""
    from ocr_core.corpus import Corpus
    from ocr_core.mining.stop_words import ALL_LANGUAGES, listed, read_stop_list

    if file and reset:
        raise SettingsError("--set and --reset are two ways.", hint="Choose one.")
    code = ALL_LANGUAGES if language == "all" else language
    if file or reset:
        words = read_stop_list(file, code) if file else None
        with Corpus(named(corpus), write=True) as open_corpus:
            open_corpus.set_stop_list(code, words)
    with Corpus(corpus) as open_corpus:
        found, source = listed(code, open_corpus.stop_lists())
    echo_error(
        f"{language}: {len(found)} words, {source}."
        if source
        else f"There is no list of stop words for {language}. Give one with --set."
    )
    click.echo("\n".join(sorted(found)), nl=bool(found))
