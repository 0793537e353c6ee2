"""Parts: filters that are kept with the corpus under a name."""

import json
from typing import Any

from ocr_core.corpus.corrections import validate_text
from ocr_core.corpus.database import CorpusFile
from ocr_core.corpus.results import parsed
from ocr_core.corpus.schema import PARTS
from ocr_core.errors import SettingsError
from ocr_core.messages import Message
from ocr_core.mining.filter import Filter

MADE = "SELECT count(*) FROM sqlite_schema WHERE name = 'parts'"


def all_parts(db: CorpusFile) -> dict[str, Filter]:
    """Return the filter of each part, in alphabetical order of their names."""
    with db.translate_errors():
        if not db.one(MADE)[0]:
            return {}
        rows = db.execute("SELECT name, filter FROM parts ORDER BY name")
        found = {}
        for name, content in db.check_types(rows, str, str):
            try:
                values: dict[str, Any] = parsed(content, dict)
                found[name] = Filter.model_validate(values)
            except (ValueError, TypeError, RecursionError):
                raise db.damaged() from None
    return found


def one_part(db: CorpusFile, name: str) -> Filter:
    """Return the filter of a part.

    Raises
    ------
    SettingsError
        If the corpus has no part of this name.
    """
    known = all_parts(db)
    if name not in known:
        raise SettingsError(
            "The corpus has no part {0}.",
            name,
            hint=Message("Parts: {0}.", ", ".join(known) or Message("none yet")),
        )
    return known[name]


def save_part(db: CorpusFile, name: str, wanted: Filter) -> str:
    """Keep a filter under a name; one of the same name is replaced.

    Returns
    -------
    str
        The name as it is kept, without white space at its ends.

    Raises
    ------
    SettingsError
        If the name is empty, too long, or has control characters.
    """
    name = _valid_name(name)
    content = json.dumps(wanted.model_dump(exclude_defaults=True))
    with db.translate_errors(), db.writing():
        db.execute(PARTS)
        db.execute("INSERT OR REPLACE INTO parts VALUES (?, ?)", (name, content))
    return name


def rename_part(db: CorpusFile, name: str, new: str) -> None:
    """Give a part another name.

    Raises
    ------
    SettingsError
        If there is no such part, or the new name is not valid or in use.
    """
    one_part(db, name)
    new = _valid_name(new)
    if new != name and new in all_parts(db):
        raise SettingsError("There is a part {0} already.", new)
    with db.translate_errors(), db.writing():
        db.execute("UPDATE parts SET name = ? WHERE name = ?", (new, name))


def delete_part(db: CorpusFile, name: str) -> None:
    """Delete a part; its documents stay.

    Raises
    ------
    SettingsError
        If there is no such part.
    """
    one_part(db, name)
    with db.translate_errors(), db.writing():
        db.execute("DELETE FROM parts WHERE name = ?", (name,))


def _valid_name(name: str) -> str:
    name = validate_text(" ".join(name.split()))
    if not name:
        raise SettingsError("A part needs a name.")
    return name
