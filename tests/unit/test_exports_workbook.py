"""The workbook for Excel, read as the file format says."""

import io
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from ocr_core.errors import OutputError
from ocr_core.exports import FORMATS, atomic_write, workbook
from ocr_core.exports.workbook import MAX_CELL_CHARACTERS, cell_parts
from tests.support.export_readers import MAIN, column, sheets
from tests.support.export_samples import CORPUS, HOSTILE, PAGES, WORDS, result, written

# What Excel makes of a cell that is typed, or that a CSV file holds.
MISTAKEN = [
    *("0012", "1e5", "NA", "TRUE", "2024-01-01", "12:30", "1/2", "3,5", "50%", "€ 5"),
    *("http://example.org", "mailto:a@example.org", "internal:Sheet1!A1", "{=1+1}"),
    *("<r>x</r>", "<r><t>x</t></r>", "_x0041_", "\x01 control", "\ufffe", "&amp; <b>"),
    *("SEPT1", "1-2", "'already", '=HYPERLINK("http://example.org")'),
]


def test_a_workbook_has_documents_pages_and_words_with_their_heads():
    pages = [
        result("one", "two", doc_id="a"),
        result("three", doc_id="a", number=2, quality=0.5),
        result(doc_id="b", number=0, status="failed", error="Torn."),
    ]

    found = sheets(written("xlsx", pages, metadata={"year": {"a": "1890"}}))

    assert list(found) == ["corpus", "pages", "words", "about"]
    heads = {name: list(rows[0].values()) for name, rows in found.items()}
    assert heads["corpus"] == [*CORPUS, "year", "text_part"]
    assert heads["pages"][: len(PAGES)] == PAGES
    assert heads["words"] == WORDS
    assert column(found["corpus"], "text") == ["one two\n\nthree"]
    assert column(found["corpus"], "year") == ["1890"]
    assert column(found["pages"], "quality") == [None, 0.5, None]
    assert column(found["pages"], "error") == [None, None, "Torn."]
    assert column(found["words"], "text") == ["one", "two", "three"]
    assert column(found["words"], "left") == [10, 20, 10]


@pytest.mark.parametrize("texts", [MISTAKEN, HOSTILE], ids=["mistaken", "hostile"])
def test_every_text_is_a_text_cell_and_comes_back_as_it_was(texts):
    pages = [result(*texts, doc_id=text) for text in texts]

    found = sheets(written("xlsx", pages, metadata={"=1+1": {texts[0]: texts[1]}}))

    assert column(found["words"], "text") == texts * len(texts)
    assert column(found["corpus"], "doc_id") == texts
    assert column(found["corpus"], "=1+1")[0] == texts[1]


@pytest.mark.parametrize("name", ["corpus", "pages", "words"])
def test_the_head_stays_in_sight(name):
    bundle = zipfile.ZipFile(io.BytesIO(written("xlsx", [result("x")])))
    number = ["corpus", "pages", "words"].index(name) + 1

    root = etree.fromstring(bundle.read(f"xl/worksheets/sheet{number}.xml"))

    [pane] = root.iter(f"{MAIN}pane")
    assert (pane.get("state"), pane.get("ySplit")) == ("frozen", "1")


@pytest.mark.parametrize(
    ("text", "lengths"),
    [
        ("", [0]),
        ("x" * 32_767, [32_767]),
        ("x" * 32_768, [32_767, 1]),
        ("word " * 6554, [32_765, 5]),
        ("\U0001f600" * 16_383, [16_383]),
        ("\U0001f600" * 20_000, [16_383, 3_617]),
    ],
    ids=["empty", "full", "one more", "between words", "emoji", "more emoji"],
)
def test_a_text_is_cut_where_a_cell_ends(text, lengths):
    parts = cell_parts(text)

    assert [len(part) for part in parts] == lengths
    assert "".join(parts) == text


@given(st.text(st.sampled_from("ab \n\U0001f600"), max_size=60), st.integers(2, 9))
def test_parts_join_to_the_text_and_fit(text, most):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workbook, "MAX_CELL_CHARACTERS", most)
        parts = cell_parts(text)

    assert "".join(parts) == text
    assert all(len(part.encode("utf-16-le")) <= 2 * most for part in parts)
    assert all(parts) or parts == [""]


def test_a_text_longer_than_a_cell_continues_below_and_is_reported():
    long = [f"w{number:05}" for number in range(10_000)]  # 69,999 letters

    found = sheets(written("xlsx", [result(*long, doc_id="a"), result("x")]))

    for name in ("corpus", "pages"):
        parts = column(found[name], "text")
        assert "".join(parts[:3]) == " ".join(long)
        assert all(len(part) <= MAX_CELL_CHARACTERS for part in parts)
        assert column(found[name], "doc_id") == ["a", "a", "a", "page"]
        assert column(found[name], "text_part") == [1, 2, 3, 1]
        assert column(found[name], "n_words") == [10_000, None, None, 1]
    about = " ".join(row["A"] for row in found["about"])
    assert "2 rows with a longer text go on" in about


def test_what_is_more_than_a_sheet_holds_continues_in_the_next(monkeypatch):
    monkeypatch.setattr(workbook, "MAX_ROWS", 3)

    found = sheets(written("xlsx", [result("a", "b", "c", "d", "e")]))

    words = [found[name] for name in ("words", "words_2", "words_3")]
    assert [column(rows, "text") for rows in words] == [["a", "b"], ["c", "d"], ["e"]]
    about = " ".join(row["A"] for row in found["about"])
    assert "words goes on in words_2" in about
    assert "words_2 goes on in words_3" in about


def test_the_same_results_make_the_same_workbook_and_leave_nothing(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def broken():
        yield result("a")
        raise ZeroDivisionError

    assert written("xlsx", [result("a")]) == written("xlsx", [result("a")])
    with pytest.raises(ZeroDivisionError):
        written("xlsx", broken())

    assert not list(tmp_path.glob("*/*"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is full")
def test_a_full_disk_is_named():
    with (
        pytest.raises(OutputError, match="no space left"),
        atomic_write("/dev/full") as file,
    ):
        FORMATS["xlsx"].write([result(*"abc" * 1000)], file)


def test_the_choices_of_the_table_are_those_of_the_workbook():
    pages = [result("har-", doc_id="a"), result("bour", doc_id="a", number=2)]

    found = sheets(written("xlsx", pages, unit="page", cleaning="on"))

    assert column(found["corpus"], "doc_id") == ["a_0001", "a_0002"]
    assert column(found["corpus"], "text_raw") == ["har-", "bour"]
