"""Options: flags that several commands share, and functions that read their values."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from ocr_core.cli.progress import echo_error
from ocr_core.documents import MAX_PAGES, MOST_PAGES
from ocr_core.documents.archives import is_archive
from ocr_core.errors import SettingsError
from ocr_core.exports import FORMATS, Writer
from ocr_core.knobs import Knob, knobs
from ocr_core.mining import Filter
from ocr_core.mining.concordance import ConcordanceOptions
from ocr_core.settings import Settings
from ocr_core.tempdirs import temporary_folder
from ocr_core.text.evaluate import Normalization


class RenamedOption(click.Option):
    """A flag that also accepts its old names, which the help does not show."""

    def __init__(self, *names: Any, former: Sequence[str] = (), **rules: Any) -> None:
        super().__init__(*names, **rules)
        self.former = former

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        super().add_to_parser(parser, ctx)
        if self.former:
            parser.add_option(self, list(self.former), self.name)


def knob_option(knob: Knob) -> Callable[..., Any]:
    """Return the flag of a knob; no default, so that a recipe's value is kept."""
    kind: Any = knob.kind
    if knob.choices:
        kind = click.Choice([str(choice) for choice in knob.choices])
    elif knob.minimum is not None:
        ranges: dict[type, Any] = {int: click.IntRange, float: click.FloatRange}
        kind = ranges[knob.kind](knob.minimum, knob.maximum)
    unit = f" in {knob.unit}" if knob.unit else ""
    default = knob.default if knob.default != "" else "empty"
    text = f"{knob.help}  [default: {default}{unit}]"
    own = "--" + knob.name.replace("_", "-")
    return click.option(
        knob.flag,
        knob.name,
        cls=RenamedOption,
        former=[own] * (own != knob.flag),
        type=kind,
        default=None,
        help=text,
    )


def settings_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add a flag for every knob, and ``--recipe``, to `command`."""
    for knob in reversed(list(knobs(Settings))):
        command = knob_option(knob)(command)
    recipe = click.option(
        "--recipe",
        type=click.Path(),
        help="Settings file (JSON); flags have priority over it.",
    )
    return recipe(command)


def cluster_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the flags for a cluster and its certificates to `command`."""
    for option in (
        click.option(
            "--insecure-scheduler",
            is_flag=True,
            help="Connect to a scheduler on another machine without TLS.",
        ),
        click.option("--tls-key", type=click.Path(), help="Key of our certificate."),
        click.option("--tls-cert", type=click.Path(), help="Our certificate."),
        click.option(
            "--tls-ca",
            type=click.Path(),
            help="Certificate of the authority (CA) that signed the others.",
        ),
        click.option(
            "--scheduler",
            metavar="ADDRESS",
            help="Read on a Dask cluster: tls://host:8786, tcp://127.0.0.1:8786, or "
            "the scheduler's file.  [default: read on this machine]",
        ),
    ):
        command = option(command)
    return command


def chosen_cluster(
    flags: dict[str, Any],
) -> tuple[str | None, tuple[str, str, str], bool]:
    """Remove the flags for a cluster; return address, certificates and `insecure`."""
    ca, certificate, key = (
        flags.pop(name) or "" for name in ("tls_ca", "tls_cert", "tls_key")
    )
    scheduler, insecure = flags.pop("scheduler"), flags.pop("insecure_scheduler")
    return scheduler, (ca, certificate, key), insecure


def run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the flags of a run, ``--max-pages`` and ``--workers``, to `command`."""
    command = click.option(
        "--workers",
        type=click.IntRange(1, 256),
        default=None,
        help="Pages to read at the same time.  [default: one a processor]",
    )(command)
    return click.option(
        "--max-pages",
        type=click.IntRange(1, MOST_PAGES),
        default=MAX_PAGES,
        show_default=True,
        help="Maximum number of pages of a document.",
    )(command)


def output_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the flag ``--output`` of the commands that write results to `command`."""
    return click.option(
        "-o",
        "--output",
        type=click.Path(),
        help="File to write; a table is written as Parquet if the name ends in "
        ".parquet. With --to txt, a folder (one that exists, or a name that ends in /) "
        "receives one file per text.",
    )(command)


def spreadsheet_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the flag ``--spreadsheet`` to `command`."""
    return click.option(
        "--spreadsheet",
        is_flag=True,
        help="Make a CSV table safe to open in a spreadsheet: add a byte-order mark "
        "and disable formulas.",
    )(command)


def chosen_settings(recipe: str | None, flags: dict[str, Any]) -> Settings:
    """Return the recipe's settings; flags that were given replace their values."""
    base = Settings.load(recipe).flat() if recipe else {}
    given = {name: value for name, value in flags.items() if value is not None}
    return Settings.from_flat({**base, **given})


def writer(form: str, output: str | None, spreadsheet: bool) -> Writer:
    """Return the writer of a format, for tables Parquet if the file name ends so.

    Raises
    ------
    SettingsError
        If ``--spreadsheet`` is given and the format is not a CSV table.
    """
    chosen = FORMATS[form]
    if output and output.lower().endswith(".parquet"):
        chosen = chosen.parquet or chosen
    if not spreadsheet and chosen.opens:
        return partial(chosen.write, report=echo_error)
    if not spreadsheet:
        return chosen.write
    if not chosen.tabular:
        tables = ", ".join(each.name for each in FORMATS.values() if each.tabular)
        raise SettingsError(
            f"--spreadsheet is for CSV tables, and {chosen.ending[1:]} is none.",
            hint=f"Choose one of {tables} with --to; for Excel, take --to xlsx alone.",
        )
    echo_error(
        "For a spreadsheet: cells that it would take for formulas begin with an "
        "apostrophe. Leave --spreadsheet out for the exact data."
    )
    return partial(chosen.write, spreadsheet=True)


def check_engine(settings: Settings) -> None:
    """Raise an error at once if the engine or a language is not installed."""
    from ocr_core.engines import engine_named

    wanted = settings.recognition
    engine_named(wanted.engine).language_data(wanted.language)


def filter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add a flag for every knob of the text mining filter, and ``--part``."""
    for knob in reversed(list(knobs(Filter))):
        command = knob_option(knob)(command)
    part = click.option(
        "--part",
        metavar="NAME",
        help="A filter kept with the corpus by the command parts; flags have priority "
        "over it.",
    )
    return part(command)


def concordance_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add a flag for every option of a concordance to `command`."""
    for knob in reversed(list(knobs(ConcordanceOptions))):
        command = knob_option(knob)(command)
    return command


def chosen_concordance(flags: dict[str, Any]) -> dict[str, Any]:
    """Remove the options of a concordance from the flags; return those given."""
    names = [knob.name for knob in knobs(ConcordanceOptions)]
    given = {name: flags.pop(name) for name in names}
    return {name: value for name, value in given.items() if value is not None}


def chosen_filter(flags: dict[str, Any], base: Filter | None = None) -> Filter:
    """Return the filter with the flags that were given; those of `base` else."""
    given = {name: value for name, value in flags.items() if value is not None}
    kept = base.model_dump() if base else {}
    try:
        return Filter(**{**kept, **given})
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][-1]).replace("_", "-")
        raise SettingsError(
            f"--{name} cannot be taken: {first['msg'].lower()}."
        ) from None


def normalization_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add a flag for each rule of text normalization to `command`."""
    for knob in reversed(list(knobs(Normalization))):
        command = knob_option(knob)(command)
    return command


def chosen_normalization(flags: dict[str, Any]) -> Normalization:
    """Remove the rules of text normalization from the flags and return them."""
    names = [knob.name for knob in knobs(Normalization)]
    given = {name: flags.pop(name) for name in names}
    return Normalization(**{n: value for n, value in given.items() if value})


def checked_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the flag ``--checked``, for lines that people have checked, to `command`."""
    return click.option(
        "--checked",
        type=click.Path(),
        multiple=True,
        metavar="FILE",
        help="Lines whose text people have stated, as ground truth of documents "
        "without NAME.gt.txt: an audit sheet that was filled in, or a corpus with "
        "confirmed pages. May be repeated.",
    )(command)


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the flag ``--json`` to `command`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def number_option(
    flag: str,
    default: int,
    help: str,
    least: int,
    most: int | None = None,
    *,
    name: str = "",
) -> Callable[..., Any]:
    """Return a flag for a whole number; `name` is its parameter, if it differs."""
    return click.option(
        *filter(None, (flag, name)),
        type=click.IntRange(least, most),
        default=default,
        show_default=True,
        help=help,
    )


def limit_option(default: int, help: str) -> Callable[..., Any]:
    """Return the flag ``--limit``."""
    return number_option("--limit", default, f"{help} 0 means all.", 0)


class CorpusPath(click.ParamType):
    """A corpus file; that of a project exported as a zip is unpacked to be read."""

    name = "path"

    def convert(self, value: str, param: Any, ctx: click.Context | None) -> str:
        if ctx is None or ctx.resilient_parsing or not is_archive(value):
            return value
        from ocr_core.corpus.shared_project import unpacked_corpus

        folder = ctx.with_resource(temporary_folder())
        unpacked = str(unpacked_corpus(Path(value), folder))
        ctx.meta[unpacked] = value
        return unpacked


def named(corpus: str) -> str:
    """Return the file that was given as a corpus.

    To write to it is refused if it is a zip; what was unpacked is only to be read.
    """
    return str(click.get_current_context().meta.get(corpus, corpus))


corpus_argument = click.argument("corpus", type=CorpusPath())
written_corpus_argument = click.argument("corpus", type=click.Path())
