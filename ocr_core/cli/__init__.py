"""The command line: ``ocr-core read scan.pdf --language eng+deu --to words``.

Data goes to standard output, messages go to standard error. Slow imports are inside
the commands, so that help is printed at once.
"""

import io
import sys
from typing import Any

import click

from ocr_core.cli.audit import audit
from ocr_core.cli.comparison import compare
from ocr_core.cli.completion import completion
from ocr_core.cli.concordance import kwic, marks
from ocr_core.cli.corpora import batch, export, remove, search
from ocr_core.cli.correction import correct
from ocr_core.cli.evaluation import evaluate
from ocr_core.cli.info import doctor, list_knobs, list_languages
from ocr_core.cli.metadata import metadata
from ocr_core.cli.mining import (
    collocates,
    dispersion,
    keyness,
    terms,
    trends,
)
from ocr_core.cli.parts import parts
from ocr_core.cli.progress import echo_error
from ocr_core.cli.reading import read
from ocr_core.cli.report import report
from ocr_core.cli.stop_words import stop_list
from ocr_core.cli.streams import leave_output
from ocr_core.cli.topics import COMMANDS as TOPICS
from ocr_core.cli.tuning import tune
from ocr_core.cli.workbench import app
from ocr_core.errors import MissingEngineError, OcrError
from ocr_core.processes.interrupts import interrupt_on_signal
from ocr_core.version import ocr_core_version

# Old names of commands. They still work, but the help does not show them.
RENAMED = {"growth": "vocabulary-growth", "trust": "reliability"}


class Commands(click.Group):
    """The commands. A reader that closes their output early causes no error."""

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        return super().get_command(context, RENAMED.get(name, name))

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except BrokenPipeError:
            leave_output()
            return None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(ocr_core_version(), prog_name="ocr-core")
def cli() -> None:
    """Recognise scanned pages: text, and each word with position and confidence."""


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.option("--workers", type=click.IntRange(1, 256), help="Pages to read at once.")
@click.option(
    "--allow-remote",
    is_flag=True,
    help="Accept requests from other machines; they must send the token in "
    "OCR_CORE_TOKEN.",
)
def serve(host: str, port: int, workers: int | None, allow_remote: bool) -> None:
    """Serve the HTTP API: http://127.0.0.1:8000/api/."""
    from ocr_core.server.standalone import serve

    serve(host, port, workers=workers, remote=allow_remote)


# The optional extra that installs each missing module.
EXTRA_OF = {
    **dict.fromkeys(("flask", "flask_openapi", "uvicorn", "a2wsgi"), "api"),
    **dict.fromkeys(("sklearn", "scipy", "vl_convert"), "mining"),
    **dict.fromkeys(("streamlit", "starlette"), "app"),
    "distributed": "cluster",
}

READING = (read, batch, export, remove, search)
MINING = (
    *(metadata, terms, trends, dispersion, kwic, marks, collocates, keyness),
    *(stop_list, parts),
)
EVALUATION = (evaluate, compare, tune, audit, correct, report)
ABOUT = (app, completion, list_languages, doctor, list_knobs)

for command in (*READING, *MINING, *TOPICS, *EVALUATION, *ABOUT):
    cli.add_command(command)


def main() -> None:
    """Run the command line; an `OcrError` gives a message, a hint and an exit code."""
    try:
        interrupt_on_signal()  # so that workers and temporary files are removed
        sys.exit(cli(standalone_mode=False))
    except OcrError as error:
        echo_error(f"Error: {error.message}")
        if error.hint:
            echo_error(f"Hint: {error.hint}")
        sys.exit(error.exit_code)
    except ModuleNotFoundError as error:
        extra = EXTRA_OF.get(error.name or "")
        if extra is None:
            raise
        echo_error(f"Error: This command needs {error.name}, which is not installed.")
        echo_error(f"Hint: pip install 'ocr-core[{extra}]'")
        sys.exit(MissingEngineError.exit_code)
    except click.ClickException as error:
        shown = io.StringIO()
        error.show(shown)
        for line in shown.getvalue().split("\n")[:-1]:
            echo_error(line)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        echo_error("Interrupted.")
        sys.exit(130)


if __name__ == "__main__":
    main()
