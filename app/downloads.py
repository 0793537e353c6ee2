"""Downloads: what was read leaves the app as files, exactly as the contract says."""

import io
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import streamlit as st

from app.jobs import reading_pool
from app.language import say, spoken
from ocr_core.exports import FORMATS, Format
from ocr_core.exports.bundle import safe_name
from ocr_core.page import PageResult

LABELS = spoken(
    {
        "corpus": "Corpus (corpus.csv)",
        "words": "Words (words.csv)",
        "pages": "Pages (pages.csv)",
        "txt": "Text (txt)",
        "jsonl": "Everything (JSON lines)",
        "parquet": "Words (Parquet)",
        "hocr": "Layout (hOCR)",
        "alto": "Layout (ALTO)",
        "pdf": "Searchable PDF",
        "zip": "All of it (zip)",
    }
)
FILE_NAMES = {
    "txt": "text.txt",
    "jsonl": "pages.jsonl",
    "zip": "corpus.zip",
    "parquet": "words.parquet",
    "hocr": "pages.hocr",
    "alto": "pages.alto.xml",
    "pdf": "pages.pdf",
}
BINARY = ("parquet", "pdf", "zip")
PAGE_LABELS = spoken({"txt": "Text", "words": "Words as CSV"})


def exported(
    results: Sequence[PageResult], form: Format, *, spreadsheet: bool = False
) -> bytes:
    """Return the results in one format, as the command line would write them."""
    file = io.BytesIO()
    if form.opens:
        form.write(results, file, call=in_a_worker)
    elif spreadsheet and form.tabular:
        form.write(results, file, spreadsheet=True)
    else:
        form.write(results, file)
    return file.getvalue()


def in_a_worker(function: Callable[..., object], *arguments: object) -> object:
    """Have one of the workers that read pages call a function."""
    return reading_pool().submit(function, *arguments, owner="downloads").result()


def page_downloads(result: PageResult) -> None:
    """Offer the text and the words of one page."""
    with st.container(horizontal=True):
        for name, label in PAGE_LABELS.items():
            form = FORMATS[name]
            download(
                say(label),
                lambda form=form: exported([result], form),  # type: ignore[misc]
                page_file_name(result, form),
                form,
                key=f"page_{name}",
            )


def page_file_name(result: PageResult, form: Format) -> str:
    """Return a file name that says which page it holds, and what of it."""
    what = "" if form.name == "txt" else f"_{form.name}"
    page = f"{safe_name(result.ref.doc_id)}_page_{result.ref.number}"
    return f"{page}{what}{form.ending}"


def corpus_downloads(results: Sequence[PageResult]) -> None:
    """Offer all that was read, the corpus first."""
    first = sorted(FORMATS, key=lambda name: name != "corpus")
    safe = st.toggle(
        say("Tables for a spreadsheet"),
        key="spreadsheet",
        help=say(
            "Cells that it would take for formulas begin with an apostrophe; "
            "off, they hold exactly what was read."
        ),
    )
    there = all(Path(result.ref.path).exists() for result in results)
    with st.container(horizontal=True):
        for name in first:
            form = FORMATS[name]
            if form.opens and not there:  # a document was removed since
                continue
            download(
                say(LABELS.get(name, name)),
                partial(exported, results, form, spreadsheet=safe),
                FILE_NAMES.get(name, f"{name}{form.ending}"),
                form,
                key=f"all_{name}",
                primary=name == "corpus",
            )


def download(
    label: str,
    content: Callable[[], bytes],
    file_name: str,
    form: Format,
    *,
    key: str,
    primary: bool = False,
) -> None:
    """Offer a file that is made when it is asked for."""
    told = say(form.help[0].upper() + form.help[1:])
    st.download_button(
        label,
        content,
        file_name,
        form.media,
        key=key,
        help=f"{told}." if form.name in BINARY else f"{told}, UTF-8.",
        icon=":material/download:",
        on_click="ignore",
        type="primary" if primary else "secondary",
    )
