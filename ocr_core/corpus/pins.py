"""Pins: tables and figures of views that a person keeps for the report of a corpus."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from ocr_core.corpus.database import CorpusFile
from ocr_core.corpus.results import parsed
from ocr_core.corpus.schema import PINS
from ocr_core.errors import SettingsError

if TYPE_CHECKING:
    import pandas as pd

MADE = "SELECT count(*) FROM sqlite_schema WHERE name = 'pins'"
MAX_ROWS = 5_000  # of a table
MAX_NAME = 200  # characters
CELLS = str | int | float | bool | None


class Chart(NamedTuple):
    """A figure of a table: `mark` is bar, line or tick; x, y and color are columns."""

    mark: str
    x: str
    y: str
    color: str = ""


MARKS = ("bar", "line", "tick")


class Pin(NamedTuple):
    """A table that was pinned, with its figure if it has one.

    `how` says what was counted, and by which filter. `made` is the time in UTC.
    """

    id: int
    made: str
    name: str
    how: str
    table: "pd.DataFrame"
    chart: Chart | None


def pin_table(
    db: CorpusFile,
    name: str,
    table: "pd.DataFrame",
    how: str,
    chart: Chart | None = None,
) -> None:
    """Pin a table, and the figure of it, to the report of the corpus.

    Parameters
    ----------
    name
        Its heading in the report.
    table
        Its first `MAX_ROWS` rows are kept.
    how
        What was counted, and by which filter.

    Raises
    ------
    SettingsError
        If there is no name.
    """
    name = " ".join(name.split())[:MAX_NAME]
    if not name:
        raise SettingsError("A pinned table needs a name.")
    content = table.head(MAX_ROWS).to_json(orient="split", index=False)
    with db.translate_errors(), db.writing():
        db.execute(PINS)
        made = datetime.now(UTC).isoformat(timespec="seconds")
        figure = json.dumps(chart) if chart else ""
        db.execute(
            "INSERT INTO pins (made, name, how, content, chart) VALUES (?, ?, ?, ?, ?)",
            (made, name, how, content, figure),
        )


def unpin(db: CorpusFile, pin: int) -> None:
    """Take a pinned table out of the report."""
    with db.translate_errors(), db.writing():
        db.execute(PINS)
        db.execute("DELETE FROM pins WHERE id = ?", (pin,))


def all_pins(db: CorpusFile) -> list[Pin]:
    """List what was pinned, in the order of time."""
    with db.translate_errors():
        if not db.one(MADE)[0]:
            return []
        listed = "SELECT id, made, name, how, content, chart FROM pins ORDER BY id"
        rows = db.check_types(db.execute(listed), int, str, str, str, str, str)
        found = []
        for number, made, name, how, content, chart in rows:
            table = _table(db, content)
            figure = _chart(db, chart, table)
            found.append(Pin(number, made, name, how, table, figure))
        return found


def _table(db: CorpusFile, content: str) -> "pd.DataFrame":
    """Return a stored table; its cells are texts and numbers only."""
    import pandas as pd

    try:
        known: dict[str, Any] = parsed(content, dict)
        columns, rows = known["columns"], known["data"]
        table = pd.DataFrame(rows, columns=columns)
    except (ValueError, TypeError, KeyError, RecursionError):
        raise db.damaged() from None
    db.check_types(((each,) for each in columns), str)
    db.check_types(rows, *[CELLS] * len(columns))
    return table


def _chart(db: CorpusFile, content: str, table: "pd.DataFrame") -> Chart | None:
    if not content:
        return None
    try:
        chart = Chart(*parsed(content, list))
    except (ValueError, TypeError, RecursionError):
        raise db.damaged() from None
    columns = {chart.x, chart.y, *filter(None, [chart.color])}
    if chart.mark not in MARKS or not columns <= set(table.columns):
        raise db.damaged()
    return chart
