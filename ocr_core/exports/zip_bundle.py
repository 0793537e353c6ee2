"""Zip bundle: all exports in one zip, so that a corpus can be shared and reproduced.

Pages are read once and not stored: texts are written to the zip immediately, tables
first to temporary files without a name, which are always deleted, and then to the zip.
"""

import contextlib
import json
import shutil
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from ocr_core.exports import Metadata
from ocr_core.exports.filenames import UniqueNames, safe_name
from ocr_core.exports.tables import (
    ALL_OF_PAGE,
    WORDS,
    Unit,
    corpus_columns,
    exported_documents,
    page_row,
    table,
    word_rows,
    write_jsonl,
    write_txt,
)
from ocr_core.page import PageResult
from ocr_core.settings import VERSION_KEY
from ocr_core.text.cleaning import Mode
from ocr_core.text.context import Contexts
from ocr_core.version import ocr_core_version

# A constant time: equal results give equal bytes.
EPOCH = (1980, 1, 1, 0, 0, 0)
TABLES = ("corpus.csv", "metadata.csv", "pages.csv", "words.csv", "pages.jsonl")

TEXT_FILE = "text_file"

README = """This corpus was read by ocr-core {version} from {documents} documents.

corpus.csv    one row a {unit}: doc_id and text first, what is known of it last{cleaned}
metadata.csv  what is known of each document: doc_id, its file in texts/, and more
pages.csv     one row a page, with engine, settings, and what failed and why
words.csv     one row a word, its box in pixels of the page as scanned
pages.jsonl   all of it, one JSON object a page
texts/        the text of each document
{recipes}
              the same words again with
              ocr-core read SCANS --recipe recipe.json --to words -o words.csv

Unpack the zip, then open it
in pandas     with pandas.read_csv("corpus.csv", keep_default_na=False,
              dtype={{"doc_id": str}}): else words such as NA and None would be missing
in R          with docs <- read.csv("corpus.csv", na.strings = "",
              colClasses = c(doc_id = "character", text = "character"))
              quanteda::corpus(docs), or tm::VCorpus(tm::DataframeSource(docs))
in Orange     with the widget Corpus: corpus.csv, and text as the only used text
              feature; or, for texts alone, with Import Documents: the folder texts
in AntConc    with Corpus Manager, Raw Files, Add Directory: texts
in Voyant     with Upload: all files in texts, chosen together. Of a zip it takes
              every file for a text; one that it can be given as it is comes from
              ocr-core export CORPUS --to texts -o texts.zip

{read} pages were read, {failed} could not be. Mean word confidence: {conf}.
Confidence is the engine's own opinion, not the share of words that are right.
All files are UTF-8.{safe}
"""
CLEANED = """
              text_raw is the text as it was read; changes lists every change"""
SAFE = """
The tables are for a spreadsheet: cells that it would take for formulas begin with an
apostrophe; pages.jsonl holds what was read. In R, read.csv needs
fileEncoding = "UTF-8-BOM" for them."""


def write_zip(
    results: Iterable[PageResult],
    file: BinaryIO,
    *,
    spreadsheet: bool = False,
    cleaning: Mode = "off",
    unit: Unit = "document",
    metadata: Metadata | None = None,
    contexts: Contexts | None = None,
) -> None:
    """Write all tables, one text per document, the recipes and a README as one zip.

    Names in the zip have only letters, digits, ``_``, ``.`` and ``-``. Only the pages
    of one document are in memory. The parameters are those of `write_corpus`; cleaning
    and unit affect only its table, the texts are as they were read.
    """
    summary, names = PageSummary(), UniqueNames()
    known = {name: of for name, of in (metadata or {}).items() if name != TEXT_FILE}
    with contextlib.ExitStack() as stack:
        bundle = stack.enter_context(zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED))
        files = [stack.enter_context(tempfile.TemporaryFile()) for _ in TABLES]
        with (
            table(files[0], corpus_columns(known, cleaning), spreadsheet) as add_rows,
            table(files[1], ["doc_id", TEXT_FILE, *known], spreadsheet) as add_known,
            table(files[2], ALL_OF_PAGE, spreadsheet) as add_pages,
            table(files[3], WORDS, spreadsheet) as add_words,
        ):
            for each in exported_documents(results, known, cleaning, contexts):
                summary.count(each.pages)
                add_rows(each.rows(cleaning, unit))
                add_pages(map(page_row, each.pages))
                for page in each.pages:
                    add_words(word_rows(page))
                write_jsonl(each.pages, files[4])
                name = f"{safe_name(each.doc_id)}.txt"
                text = f"texts/{names.free(name)}" if each.read else ""
                add_known([[each.doc_id, text, *each.known]])
                if each.read:
                    with bundle.open(member(text), "w") as target:
                        write_txt(each.read, target)  # type: ignore[arg-type]
        for name, source in zip(TABLES, files, strict=True):
            source.seek(0)
            with bundle.open(member(name), "w", force_zip64=True) as target:
                shutil.copyfileobj(source, target)
        for name, content in summary.recipes().items():
            bundle.writestr(member(name), content)
        readme = summary.readme(
            unit=unit,
            cleaned="" if cleaning == "off" else CLEANED,
            safe=SAFE if spreadsheet else "",
        )
        bundle.writestr(member("README.txt"), readme)


def member(name: str) -> zipfile.ZipInfo:
    """Return the zip's entry for a file."""
    values = zipfile.ZipInfo(name, EPOCH)
    values.compress_type = zipfile.ZIP_DEFLATED
    return values


@dataclass
class PageSummary:
    """Summary of the exported pages for the README."""

    documents: int = 0
    failed: int = 0
    read: int = 0
    words: int = 0
    conf: float = 0.0
    pages: Counter[str] = field(default_factory=Counter)  # by settings digest
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)

    def count(self, pages: Sequence[PageResult]) -> None:
        """Count the pages of a document."""
        self.documents += 1
        for page in pages:
            self.failed += page.status == "failed"
            self.read += page.status != "failed"
            self.words += len(page.rows)
            self.conf += sum(word.conf for word in page.rows)
            self.pages[page.settings_digest] += 1
            self.settings.setdefault(page.settings_digest, page.settings)

    def recipes(self) -> dict[str, str]:
        """Return a recipe for each settings digest, the most frequent first."""
        digests = [digest for digest, _ in self.pages.most_common()]
        return {
            self._name(rank): json.dumps(
                {VERSION_KEY: ocr_core_version(), **self.settings[digest]},
                indent=2,
                ensure_ascii=False,
            )
            for rank, digest in enumerate(digests, 1)
        }

    def readme(self, **form: str) -> str:
        """Return the README: the files, their format, and a summary of the pages."""
        recipes = [
            f"{self._name(rank):13} the settings of {count} pages ({digest})"
            for rank, (digest, count) in enumerate(self.pages.most_common(), 1)
        ]
        return README.format(
            **form,
            version=ocr_core_version(),
            documents=self.documents,
            recipes="\n".join(recipes),
            read=self.read,
            failed=self.failed,
            conf=f"{self.conf / self.words:.1f} of 100" if self.words else "none",
        )

    def _name(self, rank: int) -> str:
        return "recipe.json" if rank == 1 else f"recipe_{rank}.json"
