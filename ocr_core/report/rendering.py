"""Rendering of a report: HTML, Markdown, figures as SVG, and a notebook."""

import inspect
import json
import math
from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from ocr_core.evaluation.output import STYLE
from ocr_core.report.content import LOAD, Section

if TYPE_CHECKING:
    import pandas as pd

MAX_ROWS = 40  # of a table in the report
DIGITS = 4  # of a number in a table, without leading zeros
FIGURES = "figure { background: #fff; margin: 1rem 0; overflow-x: auto; }\n"
MORE = f"These are the first {MAX_ROWS} rows; report.ipynb makes all of them."


# The notebook has the source of this function, which needs nothing but a table.
def vega_lite(
    table: "pd.DataFrame", mark: str, x: str, y: str, color: str = ""
) -> dict[str, Any]:
    """Return a figure of a table as a Vega-Lite specification."""

    def channel(column: str) -> dict[str, Any]:
        number = table[column].dtype.kind in "if" and (mark, column) != ("line", x)
        sort = {} if number else {"sort": None}
        kind = "quantitative" if number else "ordinal"
        return {
            "field": column,
            "type": kind,
            "title": column.replace("_", " "),
            **sort,
        }

    encoding = {"x": channel(x), "y": channel(y)}
    if color:
        encoding["color"] = {"field": color, "type": "nominal", "sort": None}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "data": {"values": json.loads(table.to_json(orient="records"))},
        "mark": {"type": mark, **({"point": True} if mark == "line" else {})},
        "encoding": encoding,
        "width": 640,
    }


SHOW = """\
import json
from typing import Any

{source}

class show:
    \"\"\"A figure that Jupyter draws.\"\"\"

    def __init__(self, *parts):
        self.figure = vega_lite(*parts)

    def _repr_mimebundle_(self, **options):
        return {{"application/vnd.vegalite.v5+json": self.figure}}"""


def figures(parts: Sequence[Section]) -> dict[str, str]:
    """Return the figures as SVG, by file name."""
    import vl_convert

    return {
        f"{part.figure.name}.svg": vl_convert.vegalite_to_svg(
            vega_lite(part.table, *part.figure.chart)
        )
        for part in parts
        if part.figure is not None and part.table is not None and len(part.table)
    }


def as_html(title: str, parts: Sequence[Section]) -> str:
    """Return the report as one HTML page, with its figures inside."""
    drawn, body, style = figures(parts), [], STYLE + FIGURES
    for number, part in enumerate(parts):
        body.append(f"<h2>{escape(part.title)}</h2>")
        body += [f"<p>{escape(text)}</p>" for text in part.text]
        if part.figure is not None and (svg := drawn.get(f"{part.figure.name}.svg")):
            body.append(
                f"<figure role=img aria-label='{escape(part.title, quote=True)}'>"
                f"{svg}</figure>"
            )
        if part.table is not None:
            name = f"table{number}"
            style += numbers_to_the_right(part.table, name)
            body.append(
                shown_rows(part.table).to_html(
                    index=False, border=0, na_rep="", table_id=name
                )
            )
            body += [f"<p>{MORE}</p>"] * (len(part.table) > MAX_ROWS)
    return (
        "<!doctype html><html lang=en><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width'>"
        f"<title>{escape(title)}</title><style>{style}</style>"
        f"<h1>{escape(title)}</h1>{''.join(body)}</html>\n"
    )


def shown_rows(table: "pd.DataFrame") -> "pd.DataFrame":
    """Return the rows of a table that the report shows, with readable numbers.

    They keep their whole part and at least `DIGITS` digits; the data keep all.
    """
    shown = table.head(MAX_ROWS)
    numbers = shown.select_dtypes("float").columns
    return shown.assign(**{each: shown[each].map(readable) for each in numbers})


def readable(number: float) -> float:
    """Return a number with its whole part and at least `DIGITS` digits."""
    if not number or not math.isfinite(number):
        return number
    return round(number, max(0, DIGITS - 1 - math.floor(math.log10(abs(number)))))


def numbers_to_the_right(table: "pd.DataFrame", name: str) -> str:
    """Return the style that aligns the columns of numbers of a named HTML table."""
    return "".join(
        f"#{name} :is(th, td):nth-child({number}) {{ text-align: right; }}\n"
        for number, kind in enumerate(table.dtypes, 1)
        if kind.kind in "iuf"
    )


def as_markdown(title: str, parts: Sequence[Section]) -> str:
    """Return the report as Markdown, with links to its figures."""
    lines = [f"# {plain(title)}", ""]
    for part in parts:
        lines += [f"## {plain(part.title)}", ""]
        for text in part.text:
            lines += [plain(text), ""]
        if part.figure is not None and part.table is not None and len(part.table):
            lines += [f"![{plain(part.title)}]({part.figure.name}.svg)", ""]
        if part.table is not None:
            lines += [*table_lines(shown_rows(part.table)), ""]
            lines += [MORE, ""] * (len(part.table) > MAX_ROWS)
    return "\n".join(lines)


def table_lines(table: "pd.DataFrame") -> Iterator[str]:
    """Yield the lines of a Markdown table."""
    yield f"| {' | '.join(map(plain, table.columns))} |"
    yield f"|{' --- |' * len(table.columns)}"
    for row in table.itertuples(index=False, name=None):
        cells = ("" if cell != cell else plain(str(cell)) for cell in row)
        yield f"| {' | '.join(cells)} |"


def plain(text: str) -> str:
    """Escape text, so that nothing in it is Markdown or HTML."""
    return "".join(f"\\{each}" if each in "\\`*_[]<>|#" else each for each in text)


def as_notebook(title: str, parts: Sequence[Section]) -> str:
    """Return a Jupyter notebook that makes the tables and figures of the data."""
    source = inspect.getsource(vega_lite)
    cells = [
        text_cell(f"# {plain(title)}"),
        code_cell(LOAD),
        code_cell(SHOW.format(source=source.rstrip())),
    ]
    for part in parts:
        if not part.code:
            continue
        cells.append(text_cell(f"## {plain(part.title)}"))
        cells.append(code_cell(f"{part.code}\ntable"))
        if part.figure is not None:
            given = ", ".join(repr(each) for each in part.figure.chart)
            cells.append(code_cell(f"show(table, {given})"))
    for number, cell in enumerate(cells, 1):
        cell["id"] = f"cell-{number}"
    content = {
        "cells": cells,
        "metadata": {"language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def text_cell(text: str) -> dict[str, Any]:
    """Return a cell of Markdown."""
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def code_cell(code: str) -> dict[str, Any]:
    """Return a cell of Python that has not been run."""
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": code,
    }
