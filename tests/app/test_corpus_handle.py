"""Corpus handle: a project's corpus, and where its scans are found."""

from pathlib import Path

import pytest

from app.session.corpus_handle import CorpusHandle
from app.session.session import Session
from ocr_core.corpus import Corpus
from ocr_core.corpus.backup import export_copy
from ocr_core.documents import file_digest
from ocr_core.errors import InputError
from ocr_core.page import PageRef
from tests.support.app_pages import png
from tests.support.corpus_pages import fill, page


def scan(folder, name="scan.png"):
    """Return a reference to a scan, and the digest of its bytes."""
    path = folder / name
    path.write_bytes(png())
    ref = PageRef(str(path), 0)
    return ref, file_digest(ref)


# Where scans are found


def test_a_scan_is_known_by_its_content(tmp_path):
    ref, digest = scan(tmp_path)
    read = page(sha256=digest)

    found = CorpusHandle(tmp_path / "c.sqlite").found(read, {digest: ref.path})

    assert found is not None and found.path == ref.path
    assert found.number == read.ref.number


@pytest.mark.parametrize("foreign", [False, True])
def test_where_a_corpus_that_is_not_trusted_says_that_scans_lie_is_never_opened(
    tmp_path, foreign
):
    ref, digest = scan(tmp_path)
    lured = page(sha256=digest)
    lured = type(lured)(**{**vars(lured), "ref": PageRef(ref.path, 1)})
    mine = CorpusHandle(tmp_path / "c.sqlite", foreign=foreign)

    assert mine.found(lured, {}) is None
    [moved] = mine.located([lured], {})
    assert moved.ref.path != ref.path
    with pytest.raises(InputError, match="does not exist"):
        file_digest(moved.ref)


def test_a_corpus_of_this_machine_opens_its_scans_as_long_as_they_are_the_same(
    tmp_path,
):
    ref, digest = scan(tmp_path)
    own = CorpusHandle(tmp_path / "c.sqlite", trusts_paths=True)
    read = page(sha256=digest)
    read = type(read)(**{**vars(read), "ref": PageRef(ref.path, 1)})
    assert own.found(read, {}) == read.ref

    with Path(ref.path).open("ab") as file:
        file.write(b"changed")

    assert own.found(read, {}) is None


# What leaves


def test_a_corpus_that_is_handed_on_names_no_folder_and_is_whole(tmp_path):
    with Corpus(tmp_path / "c.sqlite", write=True) as corpus:
        fill(corpus, page(), page("b"))
        export_copy(corpus, tmp_path / "copy.sqlite")

    content = (tmp_path / "copy.sqlite").read_bytes()
    assert b"/scans" not in content
    (tmp_path / "c.sqlite").unlink()
    with Corpus(tmp_path / "copy.sqlite", write=True, foreign=True) as copy:
        assert copy.counts() == {"ok": 2}
        moved = copy.add_document(PageRef("/elsewhere/a.png", 0), "digest of a", 9)
        assert moved.doc_id == "a"  # known by its content


def test_two_sessions_have_a_corpus_each():
    one, other = Session(), Session()
    try:
        assert one.corpus_handle.path != other.corpus_handle.path
        assert one.secret("files corpus") != other.secret("files corpus")
    finally:
        one.close()
        other.close()
        other.close()  # a tab may be told twice that it is gone
