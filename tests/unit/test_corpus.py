"""The corpus file: results are returned as saved, and damage is reported."""

import os
import sqlite3
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr_core.corpus import Corpus, Hit, documents
from ocr_core.corpus.search import phrases
from ocr_core.errors import (
    SettingsError,
)
from ocr_core.page import (
    ERROR_KINDS,
    SOURCES,
    Note,
    PageRef,
    PageResult,
    StepReport,
    Word,
)
from ocr_core.settings import Settings
from tests.support import strategies
from tests.support.corpus_pages import (
    READER,
    SETTINGS,
    came_out,
    failed,
    fill,
    page,
    words,
)

TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
NUMBER = st.integers(0, 32_000)
WORDS = st.builds(
    Word,
    *[st.integers(1, 999)] * 4,
    *[NUMBER] * 4,
    st.floats(0, 100),
    TEXT,
    conf_engine=st.none() | st.floats(0, 100),
    engine=st.just("") | TEXT,
)
REPORTS = st.builds(
    StepReport,
    TEXT,
    st.dictionaries(TEXT, st.floats(allow_nan=False) | TEXT, max_size=3),
    TEXT,
)


# In and out


@given(
    st.builds(
        PageResult,
        ref=st.builds(
            PageRef,
            path=st.just("/scans/a.png"),
            number=st.integers(1, 9),
            doc_id=TEXT.filter(bool),
            source_file=TEXT.filter(bool),
        ),
        rows=st.lists(WORDS, max_size=5).map(tuple),
        size=st.tuples(NUMBER, NUMBER),
        dpi=NUMBER,
        sha256=TEXT,
        engine=TEXT,
        language=TEXT,
        language_data=TEXT,
        seconds=st.floats(0, 1e6),
        status=st.sampled_from(["ok", "blank", "failed"]),
        error=TEXT,
        reports=st.lists(REPORTS, max_size=2).map(tuple),
        notes=st.lists(st.builds(Note, TEXT, TEXT), max_size=2).map(tuple),
        error_kind=st.sampled_from(["", *ERROR_KINDS]),
        source=st.sampled_from(["", *SOURCES]),
        quality=st.none() | st.floats(0, 1),
    ),
    strategies.flat_settings().map(Settings.from_flat),
)
def test_a_page_comes_out_as_it_went_in(tmp_path_factory, result, settings):
    result = replace(result, settings=settings.flat(), settings_digest=settings.digest)
    with Corpus(tmp_path_factory.mktemp("in") / "c", write=True) as corpus:
        fill(corpus, result)

        assert list(corpus.results()) == [result]


def test_a_name_and_a_word_that_are_no_utf_8_do_not_cost_the_page(corpus):
    ref = PageRef("/scans/caf\udce9.png", 1)
    fill(corpus, replace(page(text="a\udce9b"), ref=ref))

    [result] = corpus.results()
    assert result.ref.path == "/scans/caf\udce9.png"
    assert result.text == "a\N{REPLACEMENT CHARACTER}b"


def test_pages_come_out_document_after_document_however_they_went_in(corpus):
    for name in "ba":
        corpus.add_document(page(name).ref, f"digest of {name}", 3)
    for name, number in (("a", 2), ("b", 3), ("a", 1), ("b", 1)):
        corpus.save_result(page(name, number=number, text=f"{name}{number}"))

    assert [text for *_, text in came_out(corpus)] == ["b1", "b3", "a1", "a2"]


def test_what_was_kept_is_there_without_closing(corpus, path):
    fill(corpus, page())

    with sqlite3.connect(path) as other:
        assert other.execute("SELECT count(*) FROM readings").fetchone() == (1,)


def test_results_that_nobody_reads_to_the_end_outlive_the_file(path):
    with Corpus(path, write=True) as corpus:
        fill(corpus, page("a"), page("b"))
        results = corpus.results()
        next(results)

    results.close()


def test_nothing_lies_beside_a_corpus_that_is_closed(path):
    with Corpus(path, write=True) as corpus:
        fill(corpus, page())
    with Corpus(path) as corpus:
        assert len(came_out(corpus)) == 1

    assert list(path.parent.iterdir()) == [path]


# Which page is which


def test_a_page_read_the_same_way_stands_once(corpus):
    fill(corpus, page(text="first"), page(text="again"))

    assert came_out(corpus) == [("a", 1, "first")]


def test_another_recipe_is_another_reading_and_the_last_is_current(corpus):
    other = Settings.from_flat({"psm": 6})
    fill(corpus, page(text="as usual"), page(text="one block", settings=other))

    assert came_out(corpus) == [("a", 1, "one block")]

    known = corpus.existing_results("a", "digest of a", SETTINGS.digest, READER)

    assert known == {1: "ok"}
    assert came_out(corpus) == [("a", 1, "as usual")]


@pytest.mark.parametrize(
    ("sha256", "digest", "reader"),
    [
        ("other bytes", SETTINGS.digest, READER),
        ("digest of a", "other settings", READER),
        ("digest of a", SETTINGS.digest, ("marks 2.0", READER[1])),
        ("digest of a", SETTINGS.digest, (READER[0], "other models")),
    ],
)
def test_what_differs_in_any_part_of_the_key_is_not_known(
    corpus, sha256, digest, reader
):
    fill(corpus, page())

    assert corpus.existing_results("a", sha256, digest, reader) == {}


def test_a_failure_is_kept_with_its_cause_and_makes_place_for_a_reading(corpus):
    fill(corpus, failed())
    assert [each.error for each in corpus.rows(status="failed")] == ["Torn."]

    fill(corpus, failed(cause="Still torn."))
    assert [each.error for each in corpus.rows()] == ["Still torn."]

    fill(corpus, page(text="mended"))
    assert came_out(corpus) == [("a", 1, "mended")]
    assert corpus.counts() == {"ok": 1}


def test_a_failure_hides_no_reading_of_the_same_bytes(corpus):
    other = Settings.from_flat({"psm": 6})
    fill(corpus, page(text="good"), failed(settings_digest=other.digest))

    assert came_out(corpus) == [("a", 1, "good")]
    assert corpus.existing_results("a", "digest of a", other.digest, READER) == {
        1: "failed"
    }


def test_a_twin_takes_over_what_was_read_of_the_same_bytes(corpus, tmp_path):
    (tmp_path / "a.png").touch()
    ref = PageRef(str(tmp_path / "a.png"))
    fill(corpus, replace(page(), ref=ref))
    twin = corpus.add_document(page("b").ref, "digest of a", 1)

    known = corpus.existing_results(twin.doc_id, "digest of a", SETTINGS.digest, READER)

    assert known == {1: "ok"}
    assert came_out(corpus) == [("a", 1, "one two"), ("b", 1, "one two")]
    assert [hit.doc_id for hit in corpus.search("two")] == ["a", "b"]


def test_documents_of_one_name_are_distinguished(corpus):
    refs = [PageRef(f"/{folder}/1.png", 0) for folder in ("x", "y", "z/y", "x")]

    names = [
        corpus.add_document(ref, str(index), 1).doc_id for index, ref in enumerate(refs)
    ]

    assert names == ["1", "y_1", "y_1_2", "1"]


def test_copies_of_one_page_are_entered_with_few_looks_at_the_disk(
    corpus, tmp_path, monkeypatch
):
    looks, lexists = [], os.path.lexists
    monkeypatch.setattr(documents, "MAX_COPIES", 5)
    monkeypatch.setattr(
        os.path, "lexists", lambda path: looks.append(path) or lexists(path)
    )
    for number in range(40):
        path = tmp_path / f"{number}.png"
        path.write_bytes(b"blank")
        corpus.add_document(PageRef(str(path)), "same", 1)
    assert len(looks) <= 40 * 2 * 5

    (tmp_path / "sub").mkdir()
    (tmp_path / "39.png").rename(tmp_path / "sub" / "39.png")
    moved = corpus.add_document(PageRef(str(tmp_path / "sub" / "39.png")), "same", 1)
    assert moved.doc_id == "39"
    assert corpus.execute("SELECT count(*) FROM documents").fetchone() == (40,)


def test_a_document_that_moved_keeps_its_name_and_pages(corpus, tmp_path):
    for name in ("there", "gone"):
        (tmp_path / name).touch()
    old = corpus.add_document(PageRef(str(tmp_path / "gone"), 0), "same", 1)
    (tmp_path / "gone").unlink()

    new = corpus.add_document(PageRef(str(tmp_path / "there"), 0), "same", 1)

    assert (old.doc_id, new.doc_id) == ("gone", "gone")
    assert new.path == str(tmp_path / "there")


def test_pages_that_a_changed_file_lost_are_no_longer_listed(corpus):
    fill(corpus, *(page(number=number) for number in (1, 2, 3)))

    corpus.add_document(page().ref, "changed", 2)

    assert [number for _, number, _ in came_out(corpus)] == [1, 2]


def test_a_file_that_is_gone_takes_nothing_away(corpus):
    fill(corpus, page())

    gone = replace(failed(), ref=replace(page().ref, number=0), sha256="")
    corpus.save_result(replace(gone, ref=corpus.add_document(gone.ref)), READER)

    assert came_out(corpus) == [("a", 1, "one two")]


# Finding


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("harbour", ["a", "b"]),
        ("HARB*", ["a", "b"]),
        ("old harbour", ["a", "b"]),
        ('"old harbour"', ["b"]),
        ("cafe", ["c"]),
        ("café", ["c"]),
        ("harbour AND old", []),
        ("quay", []),
        ("col:harbour -old", []),
        ('"harbour', ["a", "b"]),
    ],
)
def test_pages_are_found_by_their_words(corpus, query, found):
    fill(
        corpus,
        page("a", "the harbour is old"),
        page("b", "the old harbour"),
        page("c", "un café noir"),
    )

    assert sorted(hit.doc_id for hit in corpus.search(query)) == found


def test_a_hit_shows_the_words_around_it(corpus):
    fill(corpus, page(text=" ".join(["far"] * 40 + ["harbour"] + ["off"] * 40)))

    [hit] = corpus.search("harbour")

    assert "far [harbour] off" in hit.snippet
    assert len(hit.snippet.split()) < 30


def test_what_is_no_longer_current_is_not_found(corpus):
    other = Settings.from_flat({"psm": 6})
    fill(corpus, page(text="harbour"), page(text="quay", settings=other))

    assert corpus.search("harbour") == []
    assert [hit.doc_id for hit in corpus.search("quay")] == ["a"]


@given(st.text())
def test_no_query_is_a_fault(query):
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE search USING fts5(text)")
    try:
        wanted = phrases(query)
    except SettingsError:
        return

    db.execute("SELECT * FROM search WHERE search MATCH ?", (wanted,)).fetchall()
    db.close()


def test_without_full_text_search_words_are_found_plainly(path, monkeypatch):
    with monkeypatch.context() as bare:
        bare.setattr("ocr_core.corpus.database.has_full_text", lambda db: False)
        with Corpus(path, write=True) as corpus:
            fill(corpus, page(text="the Old_harbour of 5% cost"), page("b", "quay"))

            assert not corpus.full_text
            assert corpus.search("old_H") == [
                Hit("a", 1, "…the [Old_h]arbour of 5% cost…")
            ]
            assert [hit.doc_id for hit in corpus.search("5%")] == ["a"]

    with Corpus(path) as corpus:  # and where there is: its index is behind
        assert not corpus.full_text
    with Corpus(path, write=True) as corpus:
        assert [hit.doc_id for hit in corpus.search("cost old*")] == ["a"]


def test_pages_are_listed_by_status_and_order(corpus):
    fill(
        corpus,
        page("a", quality=0.9, rows=words("x", 50)),
        page("b", quality=0.2, rows=words("x y", 80)),
        failed("c"),
    )

    assert [row.doc_id for row in corpus.rows(order="quality", status="ok")] == [
        "b",
        "a",
    ]
    assert [row.doc_id for row in corpus.rows(limit=1, offset=1)] == ["b"]
    assert [row.conf_mean for row in corpus.rows(order="confidence")] == [None, 50, 80]
    assert corpus.counts() == {"ok": 2, "failed": 1}
