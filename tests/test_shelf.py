"""The shelf: where a session's corpus lies, who may see it, and what it may open."""

import sqlite3
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.corpus import shelf
from app.corpus.holdings import taken_shelf
from app.corpus.shelf import Shelf, corpora_folder, lasting_corpora, lasting_shelf
from app.jobs import Session
from ocr_core.corpus import Corpus
from ocr_core.corpus.copy import hand_on
from ocr_core.documents import file_digest
from ocr_core.errors import InputError, LimitError, OcrError, SettingsError
from ocr_core.page import PageRef
from tests.app_pages import png
from tests.test_corpus import fill, page

ADDRESS = "server.address"


@pytest.fixture
def visit(monkeypatch):
    """Return a function that has the page opened at an address, through headers."""

    def visit(address, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        monkeypatch.setattr(shelf.st, "get_option", {ADDRESS: address}.get)
        context = SimpleNamespace(headers=named)
        monkeypatch.setattr(shelf.st, "context", context)

    return visit


@pytest.fixture
def home(tmp_path, monkeypatch, visit):
    """The folder of lasting corpora of the person at this machine."""
    monkeypatch.setenv(shelf.FOLDER, str(tmp_path / "corpora"))
    visit("127.0.0.1")
    return tmp_path / "corpora"


def scan(folder, name="scan.png"):
    """Return a reference to a scan, and the digest of its bytes."""
    path = folder / name
    path.write_bytes(png())
    ref = PageRef(str(path), 0)
    return ref, file_digest(ref)


# Who may see the folder of this machine


@pytest.mark.parametrize("address", ["127.0.0.1", "localhost", "::1"])
def test_the_person_at_this_machine_has_a_folder_of_corpora(home, visit, address):
    visit(address)

    assert corpora_folder() == home


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.168.1.5", None, "example"])
def test_others_have_none(home, visit, address):
    visit(address)

    assert corpora_folder() is None


@pytest.mark.parametrize("header", shelf.FORWARDED)
def test_nor_has_anybody_behind_a_proxy(home, visit, header):
    visit("127.0.0.1", **{header: "198.51.100.7"})

    assert corpora_folder() is None


def test_the_folder_can_be_switched_off(home, monkeypatch):
    monkeypatch.setenv(shelf.FOLDER, "")

    assert corpora_folder() is None


# Lasting corpora


def test_corpora_are_listed_by_name_and_opened_again(home):
    assert lasting_corpora(home) == []
    for name in ("letters 10", "letters 2"):
        first = lasting_shelf(home, name, new=True)
        first.ask(lambda corpus: fill(corpus, page()))
        first.close()

    assert lasting_corpora(home) == ["letters 2", "letters 10"]
    again = lasting_shelf(home, "letters 2")
    assert again.ask(Corpus.counts) == {"ok": 1}
    again.close()


@pytest.mark.parametrize(
    "name", ["", "../x", "a/b", "a\\b", ".hidden", "x" * 81, "a\n"]
)
def test_a_name_leads_nowhere_else(home, name):
    with pytest.raises(SettingsError, match="cannot be called that"):
        lasting_shelf(home, name, new=True)
    with pytest.raises(InputError, match="There is no corpus"):
        lasting_shelf(home, name)


def test_a_corpus_is_never_begun_over_another(home):
    lasting_shelf(home, "letters", new=True).ask(Corpus.counts)

    with pytest.raises(SettingsError, match="There is a corpus letters already"):
        lasting_shelf(home, "letters", new=True)


def test_scans_are_copied_beside_a_lasting_corpus_once(home, tmp_path):
    ref, digest = scan(tmp_path)
    lasting = lasting_shelf(home, "letters", new=True)

    kept = lasting.settled(ref, digest)
    again = lasting.settled(ref, digest)

    assert kept == again
    assert kept.path != ref.path
    assert file_digest(kept) == digest
    assert [each.parent.name for each in home.rglob("*.png")] == ["letters.files"]


# Where scans are found


def test_a_scan_is_known_by_its_content(tmp_path):
    ref, digest = scan(tmp_path)
    read = page(sha256=digest)

    found = Shelf(tmp_path / "c.sqlite").found(read, {digest: ref.path})

    assert found is not None and found.path == ref.path
    assert found.number == read.ref.number


@pytest.mark.parametrize("foreign", [False, True])
def test_where_a_corpus_of_a_session_says_that_scans_lie_is_never_opened(
    tmp_path, foreign
):
    ref, digest = scan(tmp_path)
    lured = page(sha256=digest)
    lured = type(lured)(**{**vars(lured), "ref": PageRef(ref.path, 1)})
    mine = Shelf(tmp_path / "c.sqlite", foreign=foreign)

    assert mine.found(lured, {}) is None
    [moved] = mine.located([lured], {})
    assert moved.ref.path != ref.path
    with pytest.raises(InputError, match="does not exist"):
        file_digest(moved.ref)


def test_a_lasting_corpus_opens_its_scans_as_long_as_they_are_the_same(home, tmp_path):
    ref, digest = scan(tmp_path)
    lasting = lasting_shelf(home, "letters", new=True)
    read = page(sha256=digest)
    read = type(read)(**{**vars(read), "ref": PageRef(ref.path, 1)})
    assert lasting.found(read, {}) == read.ref

    with Path(ref.path).open("ab") as file:
        file.write(b"changed")

    assert lasting.found(read, {}) is None


# Files that visitors bring


def made(path, *, extra=""):
    with Corpus(path, write=True) as corpus:
        fill(corpus, page())
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA journal_mode = DELETE")
        if extra:
            db.execute(extra)
    return path.read_bytes()


def test_a_corpus_that_is_brought_is_opened_in_the_session(session, tmp_path):
    taken = taken_shelf(session, "../mine.sqlite", made(tmp_path / "c.sqlite"))

    assert taken.foreign and not taken.lasting
    assert taken.path.is_relative_to(session.folder)
    assert taken.ask(Corpus.counts) == {"ok": 1}
    session.put_up(taken)
    session.put_up(session.own)
    assert not taken.path.exists()
    assert session.own.ask(Corpus.counts) == {}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (lambda path: b"no corpus at all" * 100, "is not a corpus"),
        (lambda path: b"", "is not a corpus"),
        (lambda path: made(path)[:5000], "damaged"),
        (lambda path: made(path, extra="CREATE VIEW v AS SELECT 1"), "holds more"),
    ],
)
def test_what_is_no_corpus_is_refused_and_leaves_nothing(
    session, tmp_path, content, told
):
    with pytest.raises(OcrError, match=told):
        taken_shelf(session, "theirs.sqlite", content(tmp_path / "c.sqlite"))

    assert not list(session.folder.rglob("*.sqlite"))
    assert not session.shelf.foreign


def test_a_corpus_larger_than_a_session_may_hold_is_refused(
    session, tmp_path, monkeypatch
):
    monkeypatch.setattr("app.corpus.holdings.SESSION_BYTES", 1000)

    with pytest.raises(LimitError, match="more than 0 MB"):
        taken_shelf(session, "large.sqlite", made(tmp_path / "c.sqlite"))


# What leaves


def test_a_corpus_that_is_handed_on_names_no_folder_and_is_whole(tmp_path):
    with Corpus(tmp_path / "c.sqlite", write=True) as corpus:
        fill(corpus, page(), page("b"))
        hand_on(corpus, tmp_path / "copy.sqlite")

    content = (tmp_path / "copy.sqlite").read_bytes()
    assert b"/scans" not in content
    (tmp_path / "c.sqlite").unlink()
    with Corpus(tmp_path / "copy.sqlite", write=True, foreign=True) as copy:
        assert copy.counts() == {"ok": 2}
        moved = copy.enter(PageRef("/elsewhere/a.png", 0), "digest of a", 9)
        assert moved.doc_id == "a"  # known by its content


def test_two_sessions_have_a_corpus_each():
    one, other = Session(), Session()
    try:
        assert one.shelf.path != other.shelf.path
        assert one.secret("files corpus") != other.secret("files corpus")
    finally:
        one.close()
        other.close()
        other.close()  # a tab may be told twice that it is gone
