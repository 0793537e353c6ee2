"""Token columns: a file beside a corpus has the same tokens as its tables."""

import os
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from ocr_core.corpus import Corpus, token_index
from ocr_core.corpus.token_index import columns_path
from ocr_core.mining import Filter, select
from ocr_core.mining.frequency import tf_idf
from ocr_core.mining.token_columns import (
    StoredPages,
    read_columns,
    stored_tokens_of,
    write_columns,
)
from ocr_core.mining.token_splicing import spliced
from ocr_core.mining.token_words import OUTER, STOP
from ocr_core.mining.tokens import FormPositions, PageInfo, Tokens
from ocr_core.mining.vocabulary import TRAITS
from tests.support.written_corpora import CALIBRATION, fill, page

FORMS = ["The", "the", "THE", "Straße", "STRASSE", "I", "ısı", "12", "%", "οδος", "x"]
PAGES = st.lists(
    st.tuples(
        st.integers(0, 3),  # the document
        st.sampled_from(["eng", "deu", "tur"]),
        st.lists(st.tuples(st.integers(0, len(FORMS) - 1), st.integers(0, 100))),
    ),
    min_size=1,
    max_size=6,
)
FILTERS = st.builds(
    Filter,
    documents=st.sampled_from(["", "d1"]),
    languages=st.sampled_from(["", "eng"]),
    min_conf=st.sampled_from([0, 50]),
    min_quality=st.sampled_from([0, 0.5]),
    heads=st.sampled_from(["keep", "drop"]),
    words=st.sampled_from(["lower", "form", "lemma"]),
    stop_words=st.sampled_from(["keep", "drop"]),
    numbers=st.sampled_from(["keep", "drop"]),
    sharp_s=st.sampled_from(["keep", "fold"]),
)


def drawn(pages) -> Tokens:
    """Return tokens of pages; the first of a page is a running head."""
    infos, columns = [], []
    for n, (document, language, words) in enumerate(sorted(pages, key=lambda p: p[0])):
        forms, confs = (
            (np.array(each, int) for each in zip(*words, strict=True))
            if (words)
            else (np.zeros(0, int), np.zeros(0, int))
        )
        packed = np.arange(len(forms), dtype=np.uint32)
        packed[:1] |= np.uint32(OUTER)
        packed[3:4] |= np.uint32(STOP)
        columns.append((forms.astype("u4"), packed, confs.astype("u1")))
        infos.append(PageInfo(f"d{document}", n, language, n % 3 / 2, n + 1))
    return Tokens.of_pages(infos, columns, FORMS, misread={"x": "the"})


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PAGES, FILTERS)
def test_a_file_has_the_same_tokens_as_memory(tmp_path, pages, wanted):
    tokens, path = drawn(pages), tmp_path / "tokens.arrow"
    write_columns(path, np.arange(len(pages), dtype=np.uint64), tokens)

    stored = read_columns(path)

    assert stored is not None
    pages = StoredPages(stored)
    assert [*pages] == [*tokens.page_infos] and pages[1:] == tokens.page_infos[1:]
    assert pages[-1] == tokens.page_infos[-1]
    again = stored_tokens_of(stored, page_infos=pages, misread=tokens.misread)
    for name in pages.known:  # none of them from the pages
        known, wanted_value = again.__dict__[name], getattr(tokens, name)
        np.testing.assert_array_equal(known, wanted_value)
    one, other = select(tokens, wanted), select(again, wanted)
    assert one.vocabulary == other.vocabulary
    for name in ("terms", "kept", "counts", "count_by_page", "running_by_document"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), name)
        assert getattr(one, name).dtype == getattr(other, name).dtype
    for some in ([n] for n in range(len(one.vocabulary))):
        found, known = (each.positions(np.array(some)) for each in (other, one))
        np.testing.assert_array_equal(found, known)
    assert one.sizes == other.sizes
    assert_frame_equal(*map(tf_idf, (one, other)), rtol=1e-12)
    assert (one.breaks == other.breaks).all()
    for name in ("indptr", "indices", "data"):
        ours, theirs = (getattr(each.by_document, name) for each in (one, other))
        np.testing.assert_array_equal(ours, theirs, name)
        assert ours.dtype == theirs.dtype


@pytest.mark.parametrize("quicker_by_mask", [1, 1000])
def test_the_index_has_the_positions_of_each_form_in_reading_order(
    monkeypatch, quicker_by_mask
):
    monkeypatch.setattr("ocr_core.mining.tokens.MANY", quicker_by_mask)
    forms = np.array([2, 0, 2, 3, 0, 2], np.uint32)

    index = FormPositions.of(forms, 5)

    assert index.counts.tolist() == [2, 0, 3, 1, 0]
    assert index.of_forms(np.array([2])).tolist() == [0, 2, 5]
    assert index.of_forms(np.array([0, 1, 3])).tolist() == [1, 3, 4]
    assert index.of_forms(np.array([1, 4])).tolist() == []


EDITS = st.lists(  # of the pages in a file: what each present page was there
    st.tuples(
        st.none() | st.integers(0, 5),
        st.lists(st.tuples(st.integers(0, len(FORMS) + 1), st.integers(0, 100))),
    ),
    min_size=1,
    max_size=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PAGES, EDITS, st.lists(st.booleans(), min_size=8, max_size=8))
def test_tokens_joined_from_a_file_are_those_made_anew(tmp_path, pages, edits, new):
    before, path = drawn(pages), tmp_path / "tokens.arrow"
    write_columns(path, np.arange(1, len(pages) + 1, dtype=np.uint64), before)
    starts, more = before.page_starts, ["Οδος", "Island"]
    infos, columns, there, fresh, used = [], [], [], {}, set()
    document = 0
    for n, (earlier, words) in enumerate(edits):
        document += n > 0 and new[n]
        infos.append(PageInfo(f"d{document}", n, "eng", 1.0, n + 1))
        if earlier is not None and earlier < len(pages) and earlier not in used:
            used.add(earlier)
            at = slice(starts[earlier], starts[earlier + 1])
            columns.append(
                (before.stored.forms[at], before.stored.words[at], before.confs(at))
            )
            there.append(earlier)
        else:
            forms, confs = (np.array([each[k] for each in words], int) for k in (0, 1))
            packed = np.arange(len(forms), dtype=np.uint32)
            packed[1:2] |= np.uint32(OUTER)
            fresh[n] = forms.astype("u4"), packed, confs.astype("u1")
            columns.append(fresh[n])
            there.append(-1)
    stored = read_columns(path)

    vocabulary = stored.vocabulary.extended(more)
    found = spliced(stored, np.array(there), fresh, vocabulary, page_infos=infos)

    wanted = Tokens.of_pages(infos, columns, [*FORMS, *more])
    if found is None:  # the file has no column without running heads
        assert before.without_heads is before
        assert wanted.without_heads is not wanted
        return
    for name in TRAITS:
        ours, theirs = (getattr(each.vocabulary, name) for each in (found, wanted))
        np.testing.assert_array_equal(ours, theirs, name)
        assert ours.dtype == theirs.dtype
    for one, other in ((found, wanted), (found.without_heads, wanted.without_heads)):
        for ours, theirs in zip(one.stored, other.stored, strict=True):
            np.testing.assert_array_equal(ours, theirs)
            assert ours.dtype == theirs.dtype
        known = one.__dict__["running"]  # not from the tokens
        np.testing.assert_array_equal(known, other.running)
        assert known.dtype == other.running.dtype
    same_counts_and_positions(found.without_heads, wanted.without_heads)


def same_counts_and_positions(found: Tokens, wanted: Tokens) -> None:
    """Assert that joined counts and positions are those made of the tokens."""
    counts, known = found.document_counts, wanted.counted_by_document()
    np.testing.assert_array_equal(counts.starts, known.starts)
    np.testing.assert_array_equal(counts.spread, known.spread)
    for begin, end in combinations(range(len(found.documents) + 1), 2):
        ours, theirs = (each.of_documents(begin, end) for each in (counts, known))
        np.testing.assert_array_equal(ours, theirs)
    positions, index = found.form_positions, wanted.indexed()
    np.testing.assert_array_equal(positions.counts, index.counts)
    for forms in (*([n] for n in range(len(FORMS) + 2)), [0, 1, 5], range(12)):
        at, there = (each.of_forms(np.array(forms)) for each in (positions, index))
        np.testing.assert_array_equal(at, there)
        assert at.dtype == there.dtype


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setattr(token_index, "MIN_TOKENS_ON_DISK", 1)
    return tmp_path / "harbour.sqlite"


@pytest.fixture
def corpus(path):
    with Corpus(path, write=True) as corpus:
        fill(corpus, page("a", "one two"), page("b", "three four"))
        yield corpus


def nothing_gathered(monkeypatch):
    monkeypatch.setattr(token_index, "_gathered", lambda *_: pytest.fail("gathered"))


def test_tokens_are_gathered_once_for_all_programs(path, corpus, monkeypatch):
    first = corpus.tokens()
    nothing_gathered(monkeypatch)

    with Corpus(path) as reader:
        again = reader.tokens()

    assert first.spelled() == again.spelled() == "one two three four".split()
    assert not again.forms().flags.owndata  # mapped, not copied


def test_metadata_of_a_file_are_those_of_the_corpus(corpus, monkeypatch):
    corpus.tokens()
    nothing_gathered(monkeypatch)

    corpus.set_metadata({"year": {"a": "1890"}})

    assert corpus.tokens().metadata == {"year": {"a": "1890"}}


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (lambda c: c.correct("a", 1, 0, "ten"), "ten two three four"),
        (lambda c: c.correct("a", 1, 0, "two"), "two two three four"),
        (lambda c: c.remove("a"), "three four"),
        (lambda c: fill(c, page("c", "five")), "one two three four five"),
        (lambda c: fill(c, page("0", "nought")), "nought one two three four"),
    ],
)
@pytest.mark.parametrize("share", [0, 1])  # written anew, and joined
def test_a_file_of_earlier_tokens_gives_the_present_ones(
    path, corpus, change, wanted, share, monkeypatch
):
    monkeypatch.setattr(token_index, "MAX_CHANGED", share)
    before = corpus.tokens()

    change(corpus)

    assert corpus.tokens().spelled() == wanted.split()
    assert before.spelled() == "one two three four".split()
    assert corpus.tokens(raw=True).spelled()[-1] == wanted.split()[-1]
    with Corpus(path) as reader:
        assert reader.tokens().spelled() == wanted.split()


def test_the_file_of_another_corpus_of_this_name_is_not_used(path):
    for text in ("one two", "two one"):
        with Corpus(path, write=True) as corpus:
            fill(corpus, page("a", text))
            assert corpus.tokens().spelled() == text.split()
        path.unlink()


def test_an_unchanged_corpus_is_opened_from_its_file_alone(path, corpus, monkeypatch):
    fill(corpus, page("b", "five six", language="deu"))
    before = corpus.tokens()
    corpus.set_metadata({"year": {"b": "1890"}})
    corpus.close()
    monkeypatch.setattr(token_index, "stored_state", None)
    monkeypatch.setattr(token_index, "_keep_tokens", None)

    with Corpus(path) as reader:
        tokens = reader.tokens()

    assert tokens.spelled() == before.spelled()
    assert tokens.page_infos == before.page_infos
    assert tokens.languages == before.languages
    assert tokens.metadata == {"year": {"b": "1890"}}


def test_a_correction_writes_no_file_and_gathers_its_pages_only(
    path, corpus, monkeypatch
):
    fill(corpus, page("c", " ".join(["many"] * 40)))
    corpus.tokens()
    file = columns_path(path)
    written = file.read_bytes()
    nothing_gathered(monkeypatch)

    corpus.correct("a", 1, 1, "twelve")

    tokens = corpus.tokens()
    assert tokens.spelled()[:4] == ["one", "twelve", "three", "four"]
    assert not tokens.stored.pages.flags.owndata  # mapped: no page has another length
    assert file.read_bytes() == written
    with Corpus(path) as reader:  # as after a program that was killed
        assert reader.tokens().spelled()[:4] == ["one", "twelve", "three", "four"]


@pytest.mark.parametrize("torn", [b"", b"ARROW1", b"words", None])
def test_a_damaged_file_is_written_again(path, corpus, torn):
    corpus.tokens()
    file = columns_path(path)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2] if torn is None else torn)

    with Corpus(path) as reader:
        assert reader.tokens().spelled() == "one two three four".split()
    assert corpus.tokens().spelled() == "one two three four".split()
    assert file.read_bytes() == whole


def test_without_space_for_the_file_tokens_are_in_memory(path, corpus, monkeypatch):
    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)

    assert corpus.tokens().spelled() == "one two three four".split()
    assert not columns_path(path).exists()
    assert [each.name for each in path.parent.glob("*arrow*")] == []


def test_what_a_killed_program_left_is_removed(path, corpus):
    old, new = (path.with_name(f".{path.name}-tokens.arrow-{n}") for n in ("a", "b"))
    for each in (old, new):
        each.write_bytes(b"ARROW1")
    os.utime(old, (0, 0))

    corpus.tokens()

    assert new.exists() and not old.exists()  # the new one may be another program's


def test_a_small_corpus_has_no_file(tmp_path):
    path = tmp_path / "small.sqlite"
    with Corpus(path, write=True) as corpus:
        fill(corpus, page("a", "one two"))
        corpus.tokens()

    assert [each.name for each in tmp_path.glob("*arrow*")] == []


def test_whether_confidences_are_calibrated_is_known(path, corpus):
    fill(corpus, replace(page("c", "five"), reports=(CALIBRATION,)))

    for _ in range(2):
        assert corpus.tokens().calibrated_pages.tolist() == [False, False, True]
