"""Corpora for other programs: vertical text, and dataset folders."""

import html
import io
import re
import zipfile

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from pyarrow import parquet

from ocr_core.corpus import Corpus
from ocr_core.exports import FORMATS
from ocr_core.exports.dataset import TABLE_PATH
from ocr_core.exports.vrt import attribute_names
from ocr_core.page import Word
from ocr_core.tokenizer import ALIKE, respelled
from tests.support.export_samples import CELLS, HOSTILE, result, written
from tests.support.written_corpora import fill, page, tokens_of

GLUED = re.compile(r"(<g/>\n)?([^<\n][^\n]*\t[^\n]*)")
JOINABLE = re.compile(r"-|\d")
MARKUP = ["<text>", "</text>", "&amp;", "a & b < c", 'say "so"', "it's", "<!--", "]]>"]
KNOWN = {
    "year": {"a": "1890", "b": "1891"},
    "Paper & Co": {"a": 'The "Mail" <daily>\n& more'},
}


def parsed(content):
    """Read vertical text as XML, as the Corpus Workbench does with -x."""
    return etree.fromstring(b"<corpus>%b</corpus>" % content)


def cells(content):
    lines = "".join(parsed(content).itertext()).split("\n")
    return [line.split("\t") for line in lines if line]


def seen(text):
    """Return a word as it can stand on a line."""
    legal = re.sub(
        "[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text
    )
    return " ".join(legal.split()) or "\ufffd"


def test_a_word_stands_on_a_line_with_confidence_and_box():
    content = written("vrt", [page("a", "To be\nor|50", number=3)])

    assert content.decode() == (
        '<text id="a" file="a.png" lang="eng">\n'
        '<page n="3" conf="76.67" quality="0.900">\n'
        "<p>\n"
        '<line n="1">\n'
        "To\t90.00\t60\t30\t50\t20\t1\tTo\n"
        "be\t90.00\t120\t30\t50\t20\t2\tbe\n"
        "</line>\n"
        '<line n="2">\n'
        "or\t50.00\t60\t60\t50\t20\t1\tor\n"
        "</line>\n"
        "</p>\n"
        "</page>\n"
        "</text>\n"
    )


def test_a_text_carries_what_is_known_of_its_document():
    pages = [page("a", "one"), page("a", "two", 2), page("b", "three")]

    root = parsed(written("vrt", pages, metadata=KNOWN))

    assert [text.get("id") for text in root] == ["a", "b"]
    assert [text.get("year") for text in root] == ["1890", "1891"]
    assert root[0].get("paper_co") == 'The "Mail" <daily> & more'
    assert [each.get("n") for each in root.iter("page")] == ["1", "2", "1"]


@pytest.mark.parametrize("cell", [*HOSTILE, *MARKUP])
def test_a_hostile_word_stays_on_lines_of_its_own(cell):
    content = written("vrt", [result("before", cell, "after", doc_id=cell)])

    found = cells(content)
    assert [found[0][0], found[-1][0]] == ["before", "after"]
    assert {len(line) for line in found} == {8}
    assert len({line[6] for line in found}) == 3
    [text] = parsed(content)
    assert text.get("id") == seen(cell)


@given(st.lists(CELLS.filter(bool), min_size=1, max_size=5))
def test_tokens_and_glue_make_the_words_that_were_read(texts):
    content = written("vrt", [result(*texts)])

    words = {}
    for glued, token in GLUED.findall(content.decode()):
        cell = token.split("\t")
        joint = "" if glued else " "
        words[cell[6]] = words.get(cell[6], "") + joint + html.unescape(cell[0])
    plain = [respelled(text).translate(ALIKE) for text in texts]
    assert len(words) == len(texts) or JOINABLE.search(" ".join(plain))
    lines = [line for line in content.decode().split("\n") if line.startswith("<")]
    assert len(lines) - lines.count("<g/>") == 8


def test_tokens_are_those_that_mining_counts_and_marks_are_their_own():
    text = 'Said "Yes," the har-\nbour\u2019s \u017ftill... 1 234 567 well-\nknown'
    one_page = page("a", f"{text}, well-known")

    found = cells(written("vrt", [one_page]))

    tokens = tokens_of([one_page])
    assert [
        line[0] for line in found if line[0] not in set('",') | {"..."}
    ] == tokens.spelled()
    assert [line[0] for line in found] == [
        *("Said", '"', "Yes", ",", '"', "the", "harbour's", "still", "...", "1234567"),
        *("well-known", ",", "well-known"),
    ]
    assert [line[7] for line in found if line[7] != line[0]] == [
        *("har- bour\u2019s", "\u017ftill", "1 234 567", "well- known"),
    ]


def test_names_of_attributes_are_those_that_the_workbench_takes():
    names = attribute_names(
        ["Year", "id", "1st", "Größe", "a b", "a-b", "???", "_", "lang"]
    )

    assert len(set(names.values())) == len(names)
    assert not set(names.values()) & {"id", "file", "lang"}
    assert all(re.fullmatch("[a-z][a-z0-9_-]*", name) for name in names.values())
    assert names["Year"] == "year"


def test_pages_that_failed_hold_no_words():
    torn = page("torn", "", status="failed", rows=())

    assert written("vrt", [torn]) == b""
    root = parsed(written("vrt", [page("a", "one"), page("a", "", 2, rows=()), torn]))
    assert [each.get("n") for each in root.iter("page")] == ["1", "2"]


def test_metadata_of_a_corpus_leave_with_it(shell, tmp_path):
    path = tmp_path / "corpus.sqlite"
    with Corpus(path, write=True) as corpus:
        fill(corpus, page("a", "one"), page("b", "two"))
        corpus.set_metadata(KNOWN)

    for form in ("vrt", "dataset", "corpus", "zip"):
        call = shell("export", path, "--to", form, "-o", tmp_path / form)
        assert (call.code, call.err) == (0, "")

    root = parsed((tmp_path / "vrt").read_bytes())
    assert [text.get("year") for text in root] == ["1890", "1891"]
    bundle = zipfile.ZipFile(tmp_path / "zip")
    assert pd.read_csv(bundle.open("metadata.csv"))["year"].tolist() == [1890, 1891]
    assert table(tmp_path / "dataset")["meta_year"].tolist() == ["1890", "1891"]
    for source in (bundle.open("corpus.csv"), tmp_path / "corpus"):
        corpus = pd.read_csv(source)
        assert corpus["year"].tolist() == [1890, 1891]
        assert corpus["Paper & Co"].tolist()[:1] == [KNOWN["Paper & Co"]["a"]]


def table(source):
    source = io.BytesIO(source) if isinstance(source, bytes) else source
    return pd.read_parquet(io.BytesIO(zipfile.ZipFile(source).read(TABLE_PATH)))


@given(st.lists(st.lists(CELLS.filter(bool), max_size=4), max_size=4))
def test_a_dataset_holds_every_word_with_its_box(pages):
    results = [result(*texts, number=n) for n, texts in enumerate(pages, 1)]

    found = table(written("dataset", results, metadata={"a\nb": {"page": "<\t>"}}))

    assert [list(words) for words in found["words"]] == pages
    assert found["text"].tolist() == [each.text for each in results]
    assert found["meta_a\nb"].tolist() == ["<\t>"] * len(pages)
    for each, boxes in zip(results, found["boxes"], strict=True):
        assert [list(box) for box in boxes] == [
            [word.left, word.top, word.left + word.width, word.top + word.height]
            for word in each.rows
        ]


def test_a_dataset_says_in_its_card_where_its_rows_are():
    torn = page("torn", "", status="failed", rows=())
    content = written(
        "dataset", [page("a", "one"), torn, page("b", "two")], metadata=KNOWN
    )

    bundle = zipfile.ZipFile(io.BytesIO(content))

    assert bundle.namelist() == [TABLE_PATH, "README.md"]
    card = bundle.read("README.md").decode()
    assert card.startswith("---\nconfigs:\n")
    assert f"    path: {TABLE_PATH}\n---\n" in card
    assert "2 scanned documents, 2 pages" in card
    assert "`meta_year`" in card
    assert table(content)["doc_id"].tolist() == ["a", "b"]
    assert content == written(
        "dataset", [page("a", "one"), torn, page("b", "two")], metadata=KNOWN
    )


def test_a_dataset_is_written_some_pages_at_a_time(monkeypatch):
    monkeypatch.setattr("ocr_core.exports.dataset.ROWS", 2)

    content = written("dataset", [page("a", "one", n) for n in range(1, 6)])

    data = zipfile.ZipFile(io.BytesIO(content)).read(TABLE_PATH)
    assert parquet.ParquetFile(io.BytesIO(data)).num_row_groups == 3
    assert table(content)["page_num"].tolist() == [1, 2, 3, 4, 5]


def test_a_word_without_ink_of_its_own_is_still_a_line():
    blank = Word(1, 1, 1, 1, 0, 0, 1, 1, 12.345, " ")

    [line] = cells(written("vrt", [page("a", "", rows=(blank,))]))

    assert line == ["\ufffd", "12.35", "0", "0", "1", "1", "1", "\ufffd"]


def test_the_app_hands_out_what_is_known_of_documents():
    from app.ui.downloads import ExportOptions, write_pages

    file = io.BytesIO()

    write_pages([page("a", "one")], file, FORMATS["vrt"], ExportOptions(), KNOWN)

    assert parsed(file.getvalue())[0].get("year") == "1890"
