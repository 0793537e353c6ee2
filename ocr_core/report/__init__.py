"""Report: what is in a corpus, how it was read and how well, to publish with results.

The folder has the report as HTML and as Markdown, its figures as SVG, the data behind
them as CSV, and a notebook that makes the same tables and figures of that data.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ocr_core.corpus import Corpus
from ocr_core.errors import InputError, OutputError
from ocr_core.evaluation.recalibration import corpus_recalibration
from ocr_core.mining import Filter
from ocr_core.report.content import DATA, gathered, sections
from ocr_core.report.fitted_quality import fitted_section
from ocr_core.report.rendering import as_html, as_markdown, as_notebook, figures

if TYPE_CHECKING:
    from ocr_core.evaluation.audit import AuditLine

__all__ = ["write_report"]


def write_report(
    corpus: Corpus,
    folder: Path,
    *,
    title: str = "",
    audit: "Sequence[AuditLine]" = (),
    wanted: Filter | None = None,
) -> list[Path]:
    """Write a report of a corpus into a folder, which is created.

    Parameters
    ----------
    title
        The heading; by default the name of the corpus file.
    audit
        The lines of an audit of the corpus.
    wanted
        Which words are counted; by default all but stop words.

    Returns
    -------
    list of Path
        The files: report.html, report.md, report.ipynb, figures as SVG, data as CSV.

    Raises
    ------
    InputError
        If the corpus has no page.
    OutputError
        If the folder cannot be written.
    """
    title = title or corpus.path.stem
    if not corpus.counts():
        raise InputError("{0} holds no page yet.", corpus.name)
    found = gathered(corpus, wanted or Filter(stop_words="drop"))
    parts = sections(found, audit)
    if fit := corpus_recalibration(corpus, audit):
        quality = next(n for n, part in enumerate(parts) if part.title == "Quality")
        parts.insert(quality + 1, fitted_section(found, fit))
    contents = {
        "report.html": as_html(title, parts),
        "report.md": as_markdown(title, parts),
        "report.ipynb": as_notebook(title, parts),
        **figures(parts),
        **{
            f"{DATA}/{name}.csv": table.to_csv(index=False)
            for name, table in found.data
        },
    }
    try:
        (folder / DATA).mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            (folder / name).write_text(content, "utf-8", newline="")
    except OSError as error:
        raise OutputError(
            "{0} cannot be written: {1}.",
            folder,
            (error.strerror or str(error)).lower(),
        ) from error
    return [folder / name for name in contents]
