"""Downloads: export results as files, in the documented formats."""

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import streamlit as st

from ocr_core.corpus import Corpus
from ocr_core.exports import FORMATS, Format, Metadata, filter_results
from ocr_core.exports.tables import Unit
from ocr_core.exports.zip_bundle import safe_name
from ocr_core.page import PageResult
from ocr_core.text.cleaning import Mode
from ocr_core.text.context import Contexts

from ..i18n import current, gettext, gettext_noop, translate_message
from ..session.pools import page_pool
from ..session.promised_files import PromisedFile
from ..session.session import Session
from .file_buttons import FileButton, offer_files

Source = Callable[[Corpus], Iterable[PageResult]]  # returns the pages to export

LABELS = gettext_noop(
    {
        "corpus": "Corpus (corpus.csv)",
        "words": "Words (words.csv)",
        "pages": "Pages (pages.csv)",
        "txt": "Text (txt)",
        "jsonl": "Everything (JSON lines)",
        "corpus.parquet": "Corpus (Parquet)",
        "words.parquet": "Words (Parquet)",
        "pages.parquet": "Pages (Parquet)",
        "xlsx": "Excel (xlsx)",
        "hocr": "Layout (hOCR)",
        "alto": "Layout (ALTO)",
        "page": "Layout (PAGE XML)",
        "tei": "Edition (TEI)",
        "pdf": "Searchable PDF",
        "vrt": "Vertical text (VRT)",
        "dataset": "Dataset (Hugging Face)",
        "texts": "Texts (zip)",
        "zip": "Everything (zip)",
    }
)
FILE_NAMES = {
    "txt": "text.txt",
    "jsonl": "pages.jsonl",
    "texts": "texts.zip",
    "zip": "corpus.zip",
    "xlsx": "corpus.xlsx",
    "hocr": "pages.hocr",
    "alto": "pages.alto.xml",
    "page": "pages.page.zip",
    "tei": "corpus.tei.xml",
    "pdf": "pages.pdf",
    "vrt": "corpus.vrt",
    "dataset": "dataset.zip",
}
BINARY = ("xlsx", "parquet", "pdf", "dataset", "texts", "zip", "page")
PAGE_LABELS = gettext_noop({"txt": "Text", "words": "Words as CSV"})


def exported(results: Sequence[PageResult], form: Format) -> bytes:
    """Return the results in one format, identical to the command line's output."""
    file = io.BytesIO()
    form.write(results, file)
    return file.getvalue()


def in_a_worker(function: Callable[..., object], *arguments: object) -> object:
    """Call a function in a worker process of the page pool."""
    return page_pool().submit(function, *arguments, owner="downloads").result()


def page_downloads(result: PageResult) -> None:
    """Offer the text and the words of one page."""
    with st.container(horizontal=True):
        for name, label in PAGE_LABELS.items():
            form = FORMATS[name]
            download(
                gettext(label),
                partial(exported, [result], form),
                page_file_name(result, form),
                form,
                key=f"page_{name}",
            )


def page_file_name(result: PageResult, form: Format) -> str:
    """Return a file name with the document, the page number and the format."""
    what = "" if form.name == "txt" else f"_{form.name}"
    page = f"{safe_name(result.ref.doc_id)}_page_{result.ref.number}"
    return f"{page}{what}{form.ending}"


@dataclass(frozen=True)
class ExportOptions:
    """The options for a corpus export."""

    min_conf: float = 0
    min_quality: float = 0
    cleaning: Mode = "off"
    unit: Unit = "document"


def corpus_downloads(
    session: Session, pages: Source, form: ExportOptions, *, key: str
) -> None:
    """Offer pages of the session's corpus in every format, CSV first."""
    corpus_handle, scans = session.corpus_handle, session.scans
    offers, code = [], current()  # files are created outside script runs
    for name, chosen in offered_formats().items():

        def make(path: Path, chosen: Format = chosen) -> list[str]:
            notes: list[str] = []
            with corpus_handle.open() as corpus, path.open("wb") as file:
                found = corpus_handle.located(pages(corpus), scans)
                known = corpus.metadata() if chosen.describes else None
                contexts = corpus.document_contexts() if chosen.heads else None
                write_pages(
                    found, file, chosen, form, known, contexts, report=notes.append
                )
            return [translate_message(note, code) for note in notes]

        several = chosen.of_pages(2)
        file_name = FILE_NAMES.get(name, f"{several.name}{several.ending}")
        offers.append(
            FileButton(
                gettext(LABELS.get(name, name)),
                session.secret(f"{key} {name}"),
                PromisedFile(make, file_name, several.media),
                help_of(chosen),
                primary=name == "corpus",
            )
        )
    offer_files(offers, session.folder, key=key)


def offered_formats() -> dict[str, Format]:
    """Return the formats of a corpus: CSV first, and Parquet after each CSV."""
    offered: dict[str, Format] = {}
    for name in sorted(FORMATS, key=lambda name: name != "corpus"):
        typed = FORMATS[name].parquet
        if name != "parquet":  # it is offered as the Parquet of the words
            offered[name] = FORMATS[name]
        if typed:
            offered[f"{name}.parquet"] = typed
    return offered


def write_pages(
    results: Iterable[PageResult],
    file: BinaryIO,
    chosen: Format,
    form: ExportOptions,
    metadata: Metadata | None = None,
    contexts: Contexts | None = None,
    *,
    report: Callable[[str], None] = lambda sentence: None,
) -> None:
    """Write pages to an open file, page by page if the format allows it."""
    options: dict[str, Any] = {}
    if chosen.describes:
        options["metadata"] = metadata
    if chosen.heads:
        options["contexts"] = contexts
    if chosen.opens:
        options |= {"call": in_a_worker, "report": report}
    if chosen.parts:
        options["zipped"] = True
    if chosen.divides:
        options["unit"] = form.unit
    if chosen.cleans:
        options["cleaning"] = form.cleaning
    chosen.write(
        filter_results(results, form.min_conf, form.min_quality), file, **options
    )


def help_of(form: Format) -> str:
    """Return the description of a format."""
    text = gettext(form.help[0].upper() + form.help[1:])
    if form.ending == ".parquet":
        return gettext("{table}, with types: pandas reads it as it is.", table=text)
    return f"{text}." if form.name in BINARY else f"{text}, UTF-8."


def download(
    label: str,
    content: Callable[[], bytes],
    file_name: str,
    form: Format,
    *,
    key: str,
) -> None:
    """Offer a file that is created on request."""
    st.download_button(
        label,
        content,
        file_name,
        form.media,
        key=key,
        help=help_of(form),
        icon=":material/download:",
        on_click="ignore",
    )
