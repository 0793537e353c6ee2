"""Project record: the content of project.json, written atomically."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ocr_core.engines import Recognition
from ocr_core.errors import InputError, OutputError
from ocr_core.exports import atomic_write
from ocr_core.exports.zip_bundle import safe_name

VERSION = 1
MAX_BYTES = 10_000_000
MAX_DOCUMENTS = 10_000
MAX_TEXT = 4_000  # characters in a name, an error message or a position
DIGEST_LETTERS = 64


@dataclass(frozen=True)
class DocumentRecord:
    """A document of a project: its name and its file."""

    key: str
    label: str
    file: str  # its name in the folder of files; "" if it was not saved
    sha256: str = ""
    size: int = 0
    pages: int = 0  # 0 while unknown
    refusal: str = ""
    language: str = ""  # in which it is read; "" if the settings say it

    def __post_init__(self) -> None:
        for text in (self.key, self.label, self.file, self.refusal):
            _check(isinstance(text, str) and len(text) <= MAX_TEXT)
        for number in (self.size, self.pages):
            _check(type(number) is int and 0 <= number < 2**48)
        _check(isinstance(self.sha256, str) and isinstance(self.language, str))
        if self.language:
            Recognition(language=self.language)  # fails if it is none
        digits = set(self.sha256) <= set("0123456789abcdef")
        _check(digits and len(self.sha256) in (0, DIGEST_LETTERS))
        # A file name must not point outside the folder.
        _check(not self.file or safe_name(self.file) == self.file)


@dataclass(frozen=True)
class Record:
    """The saved state of a project besides its files and its corpus."""

    name: str
    created: str = ""
    opened: str = ""
    foreign: bool = False  # the corpus comes from somebody else
    preset: str = ""
    recipe: Mapping[str, Any] = field(default_factory=dict)
    position: Mapping[str, str] = field(default_factory=dict)  # screen, page
    run: Mapping[str, Any] | None = None  # the unfinished run
    documents: tuple[DocumentRecord, ...] = ()

    def __post_init__(self) -> None:
        for text in (self.name, self.created, self.opened, self.preset):
            _check(isinstance(text, str) and len(text) <= MAX_TEXT)
        _check(isinstance(self.foreign, bool))
        _check(isinstance(self.recipe, Mapping))
        _check(self.run is None or isinstance(self.run, Mapping))
        _check(isinstance(self.position, Mapping))
        for value in self.position.values():
            _check(isinstance(value, str) and len(value) <= MAX_TEXT)
        _check(len(self.documents) <= MAX_DOCUMENTS)
        keys = {each.key for each in self.documents}
        _check(len(keys) == len(self.documents))

    def content(self) -> bytes:
        """Return the bytes of project.json."""
        record = {"version": VERSION, **asdict(self)}
        record["place"] = record.pop("position")  # the name in earlier versions
        for document in record["documents"]:
            if not document["language"]:  # earlier versions know no such key
                del document["language"]
        return json.dumps(record, indent=1, sort_keys=True).encode()

    def write(self, path: Path) -> None:
        """Replace the file; if that fails, the old content is kept.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        try:
            with atomic_write(path) as file:
                file.write(self.content())
        except OutputError as error:
            reason = f"{error.message.values[-1]}."
            raise OutputError(
                "The project {0} cannot be saved: {1}",
                self.name,
                reason,
                hint="Free disk space. What was saved before is still there.",
            ) from error


def read_record(path: Path) -> Record:
    """Read project.json.

    Raises
    ------
    InputError
        If it is not a project record.
    """
    try:
        with path.open("rb") as file:
            return parsed_record(file.read(MAX_BYTES + 1))
    except OSError as error:
        raise InputError(
            "{0} cannot be read: {1}.",
            path.name,
            error.strerror,
            hint="Check the file.",
        ) from error


def parsed_record(content: bytes) -> Record:
    """Parse and validate the untrusted bytes of a project.json.

    Raises
    ------
    InputError
        If they are not a project record.
    """
    try:
        _check(len(content) <= MAX_BYTES)
        record = json.loads(content)
        _check(isinstance(record, dict))
        if record.pop("version", None) != VERSION:
            raise InputError(
                "The project was saved by another version of this program.",
                hint="Open it with the version that saved it, or a newer one.",
            )
        documents = tuple(
            DocumentRecord(**each) for each in record.pop("documents", ())
        )
        position = record.pop("place", {})
        return Record(**record, position=position, documents=documents)
    except (ValueError, TypeError, RecursionError) as error:
        raise InputError(
            "The file project.json does not describe a project.",
            hint="Check where the file comes from.",
        ) from error


def is_of_other_version(path: Path) -> bool:
    """Return whether another version of the program wrote a project.json."""
    try:
        record = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(record, dict) and record.get("version", VERSION) != VERSION


def now() -> str:
    """Return the current time as it is recorded: UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def opened_now(record: Record) -> Record:
    """Return a record with the current time as the opening time."""
    return replace(record, opened=now(), created=record.created or now())


def _check(right: bool) -> None:
    if not right:
        raise ValueError
