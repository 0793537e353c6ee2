"""Results to export, texts that are hard to export, and the files that come of them."""

import csv
import io

from hypothesis import strategies as st

from ocr_core.exports import FORMATS
from ocr_core.page import PageRef, PageResult, Word
from ocr_core.settings import Settings

WORDS = (
    "doc_id page_num block_num par_num line_num word_num left top width height conf "
    "text"
).split()
PAGES = (
    "doc_id page_num text source_file sha256 width height dpi lang n_words conf_mean "
    "conf_median quality engine language_data seconds status error steps "
    "settings_digest"
).split()
CORPUS = (
    "doc_id text source_file page_start page_end lang n_words conf_mean quality "
    "settings_digest"
).split()
CELLS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
HOSTILE = [
    "=cmd|' /C calc'!A0",
    "+1+cmd",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1+1",
    "\uff20x",
    '"quoted", with commas',
    "two\nlines\r\nand more",
    "NA",
    "null",
    "-12.5",
    "+3",
    "-5 %",
    "1e5",
    " leading",
    "\ufeffmark",
    "e\u0301 \u202e 😀",
    "'already",
]


def words(*texts):
    return tuple(
        Word(1, 1, 1, number, 10 * number, 20, 9, 12, 90.5, text)
        for number, text in enumerate(texts, 1)
    )


def result(*texts, number=1, doc_id="page", **more):
    ref = PageRef(f"/scans/{doc_id}.png", number, doc_id=doc_id)
    settings = Settings()
    return PageResult(
        ref,
        words(*texts),
        size=(200, 100),
        language="eng",
        settings=settings.flat(),
        settings_digest=settings.digest,
        **more,
    )


def written(form, results, **options):
    file = io.BytesIO()
    FORMATS[form].write(results, file, **options)
    return file.getvalue()


def rows(content):
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def header(content):
    return next(csv.reader(io.StringIO(content.decode(), newline="")))


def taken_before_the_first_write(form, results):
    """Return how many results an export takes before it writes anything."""
    taken, first = [], []

    class Watched(io.BytesIO):
        def write(self, content):
            first.append(len(taken))
            return super().write(content)

    FORMATS[form].write((taken.append(each) or each for each in results), Watched())
    return first[0]
