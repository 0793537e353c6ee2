"""Notebooks: the cells of a report's notebook, run as Jupyter does."""

import json


def run_notebook(folder, monkeypatch):
    """Run the cells; return the tables by heading, and the figures."""
    monkeypatch.chdir(folder)
    names, tables, drawn, heading = {}, {}, [], ""
    for cell in json.loads((folder / "report.ipynb").read_text("utf-8"))["cells"]:
        if cell["cell_type"] == "markdown":
            heading = cell["source"].lstrip("# ")
            continue
        exec(cell["source"], names)
        last = cell["source"].split("\n")[-1]
        if last == "table":
            tables[heading] = names["table"]
        elif last.startswith("show("):
            shown = eval(last, names)._repr_mimebundle_()
            drawn.append(shown["application/vnd.vegalite.v5+json"])
    return tables, drawn
