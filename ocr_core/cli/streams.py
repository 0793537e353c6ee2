"""Streams: the input and output of the command line."""

import contextlib
import io
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from ocr_core.cli.progress import counted, echo_error
from ocr_core.documents.discovery import find_documents
from ocr_core.errors import InputError, OutputError
from ocr_core.exports import FORMATS, atomic_write, check_writable
from ocr_core.page import PageRef

STDIN_BYTES = 200_000_000


@contextlib.contextmanager
def spooled(sources: Iterable[str]) -> Iterator[list[PageRef]]:
    """Find the named documents; standard input is saved to a temporary file."""
    from ocr_core.tempdirs import temporary_folder

    with temporary_folder() as folder:
        paths = []
        for source in dict.fromkeys(sources):
            path = Path(source)
            if source == "-":
                path = folder / "stdin"
                with path.open("wb") as file:
                    shutil.copyfileobj(_at_most(sys.stdin.buffer, STDIN_BYTES), file)
            paths.append(path)
        documents, skipped = find_documents(paths)
        if skipped:
            echo_error(f"{counted(skipped, 'file')} of other kinds skipped.")
        if not documents:
            raise InputError("There is nothing to read: no image and no PDF was found.")
        yield documents


def check_outputs(outputs: Iterable[str | None], inputs: Iterable[str]) -> None:
    """Raise an error if an output is an input, is used twice or cannot be written.

    Raises
    ------
    OutputError
        If an output is the same file as an input or as another output, even under
        another name, or if no file can be made there.
    """
    taken = [*inputs]
    for output in filter(None, outputs):
        if any(_same_file(output, each) for each in taken):
            raise OutputError(
                f"{output} is to be read and would be overwritten.",
                hint="Name another file to write.",
            )
        if output != "-":
            check_writable(output)
        taken.append(output)


def _same_file(one: str, other: str) -> bool:
    try:
        if not Path(one).is_file():  # a device such as /dev/null cannot be overwritten
            # Two paths are resolved only where they may be equal, as this takes long.
            is_other = Path(other).is_file()
            return not is_other and Path(one).resolve() == Path(other).resolve()
        return Path(one).samefile(other)
    except (OSError, ValueError):
        return False


def _at_most(stream: BinaryIO, most: int) -> BinaryIO:
    content = stream.read(most + 1)
    if len(content) > most:
        raise InputError(f"Standard input holds more than {most // 10**6} MB.")
    return io.BytesIO(content)


@contextlib.contextmanager
def destination(output: str | None) -> Iterator[BinaryIO]:
    """Open the output: a file that is replaced as a whole, or standard output."""
    if output and output != "-":
        with atomic_write(output) as file:
            yield file
        return
    try:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        leave_output()
        reason = (error.strerror or str(error)).lower()
        raise OutputError(f"Standard output cannot be written: {reason}.") from error


def folder_of_texts(form: str, output: str | None) -> str | None:
    """Return the output if it is a folder, or is to become one, which texts go into.

    Raises
    ------
    OutputError
        If it is a folder, and the format writes one file.
    """
    if not output or not (output.endswith(("/", os.sep)) or Path(output).is_dir()):
        return None
    if form != "txt":
        file = Path(output) / f"{form}{FORMATS[form].ending}"
        raise OutputError(
            f"{output} is a folder, and --to {form} writes one file.",
            hint=f"Name the file, as in -o {file}",
        )
    return output


def tell_one_file(form: str, output: str | None) -> None:
    """Tell of the folder, if all texts went into a file that is named like one."""
    if form == "txt" and output and not Path(output).suffix and Path(output).is_file():
        echo_error(
            f"All texts are in one file, {output}. For a file for each text: "
            f"-o {output}/"
        )


def leave_output() -> None:
    """Discard the rest of standard output, as it cannot be written any more."""
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
