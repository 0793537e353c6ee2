"""Removal: removed pages are in no list, and can be restored completely."""

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ocr_core.corpus import Corpus
from ocr_core.corpus.backup import export_copy
from ocr_core.errors import InputError
from ocr_core.settings import Settings
from tests.support.corpus_pages import READER, failed, fill, page
from tests.support.marks import marked_image

OTHER = Settings.from_flat({"psm": 6})


@pytest.fixture
def corpus(path):
    with Corpus(path, write=True) as corpus:
        fill(corpus, page(text="old sea"), page(text="new sea", number=2), page("b"))
        corpus.set_metadata({"year": {"a": "1911", "b": "1912"}})
        yield corpus


def seen(corpus):
    """Return all that a corpus shows of its pages."""
    return (
        [(each.ref.doc_id, each.ref.number, each.text) for each in corpus.results()],
        corpus.rows(),
        corpus.counts(),
        corpus.search("sea"),
        corpus.corrections(),
        corpus.metadata(),
        list(map(repr, corpus.tokens().page_infos)),
        corpus.tokens().forms().tolist(),
    )


def test_a_removed_page_is_in_no_list(corpus):
    corpus.correct("a", 1, 0, "Old")
    stamp = corpus.content_stamp()

    assert corpus.remove("a", 1) == [("a", 1)]

    assert [(row.doc_id, row.page_num) for row in corpus.rows()] == [("a", 2), ("b", 1)]
    assert [each.ref.number for each in corpus.results()] == [2, 1]
    assert corpus.counts() == {"ok": 2}
    assert [hit.page_num for hit in corpus.search("sea")] == [2]
    assert corpus.corrections() == []
    assert corpus.undo() is None
    assert len(corpus.tokens()) == 4
    assert corpus.content_stamp() != stamp
    for ask in (corpus.page, corpus.original, corpus.original_indexes, corpus.readings):
        with pytest.raises(InputError, match="has no page 1 of a"):
            ask("a", 1)
    assert corpus.removed() == [("a", 1)]


def test_a_removed_document_is_in_no_list_nor_its_metadata(corpus):
    assert corpus.remove("a") == [("a", 1), ("a", 2)]

    assert [row.doc_id for row in corpus.rows()] == ["b"]
    assert corpus.metadata() == {"year": {"b": "1912"}}
    assert corpus.search("sea") == []


@pytest.mark.parametrize("page_num", [1, None])
def test_what_is_brought_back_is_as_it_was(corpus, page_num):
    corpus.correct("a", 1, 0, "Old")
    corpus.correct("a", 1, 1, "")
    before = seen(corpus)

    gone = corpus.remove("a", page_num)

    assert seen(corpus) != before
    assert corpus.restore("a", page_num) == gone
    assert seen(corpus) == before
    assert corpus.removed() == []


def test_a_removed_page_stays_out_whatever_is_read_of_it(corpus):
    corpus.remove("a", 1)

    fill(corpus, page(text="again"), page(text="other", settings=OTHER))
    fill(corpus, page(text="new bytes", sha256="changed"))
    corpus.existing_results("a", "digest of a", OTHER.digest, READER)
    with pytest.raises(InputError, match="has no reading"):
        corpus.accept(1)

    assert [row.page_num for row in corpus.rows(name="a")] == [2]
    assert corpus.pages_left_out("a", range(1, 4)) == {1}
    corpus.restore("a", 1)
    assert corpus.page("a", 1).text == "old sea"


def test_a_twin_brings_no_removed_page_back(path, tmp_path):
    with Corpus(path, write=True) as corpus:
        for name in "bc":
            (tmp_path / f"{name}.png").touch()
            ref = replace(page(name).ref, path=str(tmp_path / f"{name}.png"))
            fill(corpus, replace(page(name), ref=ref, sha256="same"))
        corpus.remove("c")
        fill(corpus, page("b", "other", settings=OTHER, sha256="same"))

        assert corpus.existing_results("c", "same", OTHER.digest, READER) == {}
        assert [row.doc_id for row in corpus.rows()] == ["b"]


def test_pages_of_a_removed_document_that_were_never_read_stay_out(corpus):
    corpus.remove("a")

    fill(corpus, page(text="late", number=3))

    assert corpus.pages_left_out("a", range(1, 10)) == set(range(1, 10))
    assert [row.doc_id for row in corpus.rows()] == ["b"]
    assert corpus.restore("a") == [("a", 1), ("a", 2), ("a", 3)]
    assert corpus.pages_left_out("a", range(1, 10)) == set()


def test_one_page_of_a_removed_document_can_be_brought_back(corpus):
    corpus.remove("a")

    assert corpus.restore("a", 2) == [("a", 2)]

    assert corpus.pages_left_out("a", range(1, 4)) == {1, 3}
    assert [row.page_num for row in corpus.rows(name="a")] == [2]


def test_a_failed_page_is_removed_and_brought_back_too(corpus):
    fill(corpus, failed("torn"))
    corpus.remove("torn")
    corpus.save_result(failed("torn", "Torn again."), READER)

    assert corpus.restore("torn") == [("torn", 1)]
    assert [row.status for row in corpus.rows(name="torn")] == ["failed"]


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (("c", None), "has no document c"),
        (("a", 3), "has no page 3 of a"),
        (("a", 0), "has no page 0 of a"),
    ],
)
def test_what_is_not_there_cannot_be_removed(corpus, page, said):
    with pytest.raises(InputError, match=said):
        corpus.remove(*page)
    with pytest.raises(InputError, match=r"was not removed|has no document"):
        corpus.restore(*page)


def test_removing_twice_is_reported(corpus):
    corpus.remove("a", 1)
    corpus.remove("b")

    with pytest.raises(InputError, match="has no page 1 of a"):
        corpus.remove("a", 1)
    with pytest.raises(InputError, match="has no b"):
        corpus.remove("b")


PLACES = st.tuples(st.sampled_from("ab"), st.sampled_from([1, 2, None]))


@given(st.lists(st.tuples(st.booleans(), PLACES), max_size=12))
def test_whatever_is_removed_and_brought_back_nothing_is_lost(tmp_path_factory, steps):
    with Corpus(tmp_path_factory.mktemp("steps") / "c", write=True) as corpus:
        fill(corpus, *(page(name, number=n) for name in "ab" for n in (1, 2)))
        before = seen(corpus)
        out = set()
        for removing, (name, number) in steps:
            pages = {(name, n) for n in ((1, 2) if number is None else (number,))}
            try:
                if removing:
                    corpus.remove(name, number)
                else:
                    corpus.restore(name, number)
            except InputError:
                continue
            out = out | pages if removing else out - pages
            assert set(corpus.removed()) == out
            assert {(r.doc_id, r.page_num) for r in corpus.rows()} == {
                *((n, p) for n in "ab" for p in (1, 2))
            } - out
        for name in {name for name, _ in out}:
            corpus.restore(name)
        assert seen(corpus) == before


# Command line


@pytest.fixture
def read_twice(shell, folder, path):
    """Return a command that reads the folder into a corpus that holds it already."""
    shell("batch", folder, "--corpus", path)
    return lambda *more: shell("batch", folder, "--corpus", path, *more)


@pytest.fixture
def folder(tmp_path, inline_pool):
    folder = tmp_path / "scans"
    folder.mkdir()
    sheet = Image.fromarray(marked_image())
    sheet.copy().save(folder / "a.png")
    sheet.rotate(180).save(folder / "b.tif", save_all=True, append_images=[sheet] * 2)
    return folder


def listed(shell, path):
    written = shell("export", path, "--to", "pages")
    rows = csv.DictReader(io.StringIO(written.out.decode()))
    return [(row["doc_id"], int(row["page_num"])) for row in rows]


def test_a_second_batch_does_not_bring_a_removed_page_back(shell, read_twice, path):
    done = shell("remove", path, "b", "--page", "2")
    assert done.err == ("1 page removed. To restore: the same command with --undo\n")
    assert listed(shell, path) == [("a", 1), ("b", 1), ("b", 3)]

    again = read_twice()
    other = read_twice("--psm", "6", "--replace-corrected")

    assert "0 pages read, 3 there already" in again.err
    assert "1 page removed from the corpus, and not read" in again.err
    assert "3 pages read" in other.err
    assert listed(shell, path) == [("a", 1), ("b", 1), ("b", 3)]

    assert shell("remove", path, "b", "--page", "2", "--undo").err == (
        "1 page restored.\n"
    )
    assert listed(shell, path) == [("a", 1), ("b", 1), ("b", 2), ("b", 3)]


def test_a_removed_document_that_cannot_be_opened_is_not_tried_again(
    shell, folder, path
):
    (folder / "torn.png").write_bytes(b"nothing")
    assert shell("batch", folder, "--corpus", path).code == 3
    shell("remove", path, "torn")

    done = shell("batch", folder, "--corpus", path)

    assert (done.code, "torn" in done.err) == (0, False)
    assert "1 page removed" in done.err


def test_removing_from_a_file_that_is_not_there_makes_none(shell, tmp_path):
    done = shell("remove", tmp_path / "none.sqlite", "a")

    assert (done.code, "does not exist" in done.err) == (3, True)
    assert not (tmp_path / "none.sqlite").exists()


def test_batch_lists_what_a_new_reading_would_lose_and_then_lets_it_in(
    shell, read_twice, path
):
    with Corpus(path, write=True) as corpus:
        read = corpus.page("a", 1)
        assert len(read.rows) > 2
        corpus.correct("a", 1, 0, "typed")
        corpus.correct("a", 1, 1, "")
        fewer = replace(
            read,
            rows=(read.rows[0], read.rows[1]._replace(text="elsewhere")),
            settings_digest=OTHER.digest,
            settings=OTHER.flat(),
        )
        corpus.save_result(fewer)

    kept = read_twice("--psm", "6")

    assert "1 page corrected by hand, left with the reading that was there" in (
        kept.err
    )
    lost = f"a page 1: {read.rows[1].text} -> (struck out)"
    assert "The new reading lacks the words of 1 of 2 corrections:" in kept.err
    assert lost in kept.err
    with Corpus(path) as corpus:
        assert len(corpus.page("a", 1).rows) == len(read.rows) - 1

    done = read_twice("--psm", "6", "--replace-corrected")

    assert "0 pages read" in done.err
    assert lost in done.err
    assert "stay with the old one" in done.err
    with Corpus(path) as corpus:
        assert corpus.page("a", 1).text == "typed elsewhere"
        assert corpus.reading(1).status == "ok"
    assert "corrected by hand" not in read_twice("--psm", "6").err


def test_an_exported_copy_contains_nothing_of_what_was_removed(tmp_path):
    """The file contains neither a removed page, nor a removed document, nor a word of
    them."""
    with Corpus(tmp_path / "mine.sqlite", write=True) as corpus:
        pages = [page(text="sea"), page(text="salamander", number=2)]
        fill(corpus, *pages, page("diary", text="quicksilver"))
        corpus.set_metadata({"year": {"a": "1911", "diary": "1912"}})
        corpus.correct("a", 2, 0, "axolotl")
        corpus.remove("a", 2)
        corpus.remove("diary")

        export_copy(corpus, tmp_path / "copy.sqlite")

        assert corpus.removed() == [("a", 2), ("diary", 1)]

    content = (tmp_path / "copy.sqlite").read_bytes()
    for word in (b"salamander", b"axolotl", b"quicksilver", b"diary", b"1912"):
        assert word not in content
    with Corpus(tmp_path / "copy.sqlite", write=True) as copy:
        assert [(each.ref.doc_id, each.text) for each in copy.results()] == [
            ("a", "sea")
        ]
        assert copy.metadata() == {"year": {"a": "1911"}}
        assert copy.removed() == []
        assert copy.pages_left_out("a", [1, 2]) == {2}  # which is not read by mistake
