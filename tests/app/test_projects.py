"""Projects: saved automatically, found again, renamed, duplicated, deleted, shared."""

import errno
import json
import os
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from app.session import project_library as libraries
from app.session.project_library import Library, leave
from app.session.project_record import Record, parsed_record
from app.session.project_runs import corpus_refs
from app.session.session import Session
from ocr_core.corpus import Corpus
from ocr_core.errors import InputError, OcrError, SettingsError
from ocr_core.page import PageRef
from ocr_core.settings import Settings
from tests.support.app_driver import results_of
from tests.support.app_pages import FOX, png
from tests.support.corpus_pages import fill, page
from tests.support.processes import until
from tests.support.projects import PAGES, begun, documents

# Saved by itself


def test_nothing_is_written_before_the_first_document(tab, library):
    tab()

    assert library.ids() == []
    assert not library.root.exists()


def test_the_first_document_begins_a_project_that_is_found_again(tab, library):
    first = tab()
    project = begun(first)
    before = documents(project)
    first.close()

    again = tab(project.id).project

    assert project.id == "fox.png"[:-4]
    assert again is not project
    assert documents(again) == before == [("fox.png", 1, ""), ("two.pdf", 2, "")]
    assert [
        each.path.read_bytes() for each in again.documents.uploads.values()
    ] == list(PAGES.values())


def test_what_was_refused_is_there_again_with_its_reason(tab):
    first = tab()
    project = begun(first, {"note.png": b"no picture", "empty.png": b""})
    before = documents(project)
    first.close()

    assert all(error for _, _, error in before)
    assert documents(tab(project.id).project) == before


def test_the_order_and_what_was_removed_are_kept(tab):
    first = tab()
    project = begun(first, {**PAGES, "third.png": png("")})
    project.documents.move(["key of third.png"], -1)
    first.remove("key of fox.png")
    project.save()
    first.close()

    assert list(tab(project.id).uploads) == ["key of third.png", "key of two.pdf"]


def test_two_tabs_share_a_project_and_neither_overwrites_the_other(tab):
    one = tab()
    project = begun(one)
    other = tab(project.id)

    other.add("more", "more.png", png(""))
    one.project.note(preset="photo")
    one.close()
    other.close()

    kept = tab(project.id)
    assert list(kept.uploads) == ["key of fox.png", "key of two.pdf", "more"]
    assert kept.project.record.preset == "photo"


def test_a_file_that_no_record_names_is_found(tab, library):
    first = tab()
    project = begun(first, {"fox.png": png(FOX)})
    record = project.paths.record.read_bytes()
    first.add("more", "more.png", png(""))
    first.close()
    project.paths.record.write_bytes(record)  # the program ended before the record was

    again = tab(project.id).project
    until(lambda: not again.documents.opening)

    assert documents(again) == [("fox.png", 1, ""), ("more.png", 1, "")]


def test_a_record_that_is_damaged_costs_no_document(tab, library):
    first = tab()
    project = begun(first)
    first.close()
    project.paths.record.write_text("{")

    again = tab(project.id).project
    until(lambda: not again.documents.opening)

    assert sorted(documents(again)) == [("fox.png", 1, ""), ("two.pdf", 2, "")]
    assert again.record.name == project.id


def test_a_record_of_a_newer_program_is_not_overwritten(tab, library):
    first = tab()
    project = begun(first)
    first.close()
    content = json.loads(project.paths.record.read_text())
    newer = json.dumps({**content, "version": 99})
    project.paths.record.write_text(newer)

    with pytest.raises(InputError, match="another version"):
        library.open(project.id)

    assert project.paths.record.read_text() == newer
    assert [line.id for line in library.listings()] == [project.id]


# A full disk, and a folder that cannot be written


class FullDisk:
    """Replaces a function that writes, and fails as on a full disk."""

    def __init__(self, *_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_document_that_finds_the_disk_full_is_refused_and_the_rest_stays(
    tab, monkeypatch
):
    session = tab()
    project = begun(session, {"fox.png": png(FOX)})
    with monkeypatch.context() as full:
        full.setattr("pathlib.Path.write_bytes", FullDisk)
        refused = session.add("more", "more.png", png(""))

    assert refused.error.startswith("more.png cannot be kept: no space left on device.")
    assert [path.name for path in project.paths.files.iterdir()] == [
        session.uploads["key of fox.png"].path.name
    ]
    session.remove("more")
    assert not session.add("more", "more.png", png("")).error  # there is room again
    session.close()
    assert len(tab(project.id).uploads) == 2


def test_a_record_that_finds_the_disk_full_leaves_the_one_before(tab, monkeypatch):
    session = tab()
    project = begun(session)
    before = project.paths.record.read_bytes()
    with monkeypatch.context() as full:
        full.setattr("ocr_core.exports.os.fdopen", FullDisk)
        with pytest.raises(OcrError, match="cannot be saved: no space left"):
            project.note(preset="photo")

    assert project.paths.record.read_bytes() == before
    project.save()
    assert parsed_record(project.paths.record.read_bytes()).preset == "photo"


def test_a_position_has_the_name_that_earlier_versions_gave_it():
    record = Record("letters", position={"screen": "corpus"})

    assert json.loads(record.content())["place"] == {"screen": "corpus"}
    assert parsed_record(record.content()) == record


def test_where_no_project_can_be_begun_the_tab_says_so_and_continues(tmp_path):
    (tmp_path / "file").write_text("")
    session = Session(Library(tmp_path / "file" / "projects"))
    try:
        upload = session.add("a", "fox.png", png(FOX))

        assert "cannot be written" in session.unsaved
        assert (upload.pages, upload.error) == (1, "")
        assert not session.project.id
    finally:
        session.close()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid(), reason="not root")
def test_a_disk_that_is_really_full_loses_nothing_that_was_there(tmp_path):
    import subprocess

    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("no disk of a megabyte can be mounted here")
    try:
        session = Session(Library(disk / "projects"))
        project = begun(session, {"fox.png": png(FOX)})
        refused = session.add("large", "large.png", os.urandom(2_000_000))
        with (disk / "rest").open("wb") as rest, pytest.raises(OSError):
            while True:
                rest.write(bytes(100_000))
                rest.flush()
        record = project.paths.record.read_bytes()
        with pytest.raises(OcrError, match="cannot be saved"):
            project.note(preset="photo")
        session.close()

        assert "no space left" in refused.error
        assert project.paths.record.read_bytes() == record
        again = Library(disk / "projects").open(project.id)
        assert again.documents.uploads["key of fox.png"].path.read_bytes() == png(FOX)
        leave(again)
    finally:
        subprocess.run(["umount", disk], check=True)


# The list


def test_projects_are_listed_the_one_opened_last_first(library, monkeypatch):
    for number, name in enumerate(("letters", "diaries", "maps")):
        monkeypatch.setattr(
            libraries, "now", lambda number=number: f"2026-01-0{number + 1}T00:00:00"
        )
        project = library.begin(name)
        project.note(opened=f"2026-01-0{number + 1}T00:00:00+00:00")
        leave(project)
    opened = library.open("letters")
    leave(opened)

    lines = library.listings()

    assert [line.name for line in lines] == ["letters", "maps", "diaries"]
    assert all(line.size > 0 for line in lines)
    assert [line.pages for line in lines] == [0, 0, 0]


def test_a_line_counts_pages_and_bytes(tab, library):
    project = begun(tab())

    [line] = library.listings()

    assert (line.documents, line.pages) == (2, 3)
    files = sum(map(len, PAGES.values()))
    assert files < line.size < files + 5_000
    with project.corpus_handle.open() as corpus:
        fill(corpus, *(page("a", number=n) for n in range(1, 8)))
    assert library.listings()[0].pages == 7


def test_projects_of_one_name_are_distinguished(library):
    names = []
    for _ in range(3):
        project = library.begin("letters")
        names.append((project.id, project.record.name))
        leave(project)

    assert names == [
        ("letters", "letters"),
        ("letters_2", "letters 2"),
        ("letters_3", "letters 3"),
    ]


@pytest.mark.parametrize(
    "name", ["../up", "a/b", "a\\b", "..", ".hidden", "", "a\n", "CON"]
)
def test_a_name_leads_nowhere_else(library, name):
    project = library.begin(name)
    leave(project)

    assert project.paths.record.parent.parent == library.root
    assert library.ids() == [project.id]


def test_a_rename_keeps_the_address_and_refuses_what_is_taken(library):
    for name in ("letters", "maps"):
        leave(library.begin(name))

    library.rename("letters", "Briefe")

    assert [line.name for line in library.listings() if line.id == "letters"] == [
        "Briefe"
    ]
    for name, message in (("maps", "already"), ("", "called that"), ("x" * 81, "80")):
        with pytest.raises(SettingsError, match=message):
            library.rename("letters", name)


def test_a_duplicate_has_everything_and_goes_its_own_way(tab, library):
    session = tab()
    project = begun(session)
    ref = corpus_refs(session.project)["key of fox.png"]
    digest = session.uploads["key of fox.png"].sha256
    with project.corpus_handle.open() as corpus:
        ref = corpus.add_document(ref, digest, 1)
        corpus.save_result(
            replace(page("fox", sha256=digest), ref=replace(ref, number=1))
        )

    copy = tab(library.duplicate(project.id)).project

    assert copy.record.name == f"{project.record.name} 2"
    assert documents(copy) == documents(project)
    [result] = copy.corpus_handle.ask(lambda corpus: list(corpus.results()))
    assert result.ref.path == str(copy.documents.uploads["key of fox.png"].path)
    found = copy.corpus_handle.found(result, {})
    assert found is not None and found.path == result.ref.path
    with copy.corpus_handle.open() as corpus:  # the same document is known again
        same = corpus.add_document(PageRef(result.ref.path, 0), digest, 1)
        assert same.doc_id == "fox"
    library.delete(project.id)
    assert documents(tab(copy.id).project) == documents(copy)


def test_what_is_deleted_is_gone_for_all_tabs(tab, library):
    one = tab()
    project = begun(one)
    other = tab(project.id)

    library.delete(project.id)

    assert library.ids() == []
    assert other.project.deleted
    assert list(library.root.iterdir()) == []
    one.project.save()  # a tab that has not looked yet brings nothing back
    assert list(library.root.iterdir()) == []


def test_a_corpus_file_that_lay_in_the_folder_is_a_project(tab, library):
    library.root.mkdir()
    files = library.root / "letters.files"
    files.mkdir()
    (files / "0123456789ab_fox.png").write_bytes(png(FOX))
    with Corpus(library.root / "letters.sqlite", write=True) as corpus:
        fill(corpus, page(), page("b"))

    [line] = library.listings()
    assert (line.id, line.name, line.pages) == ("letters.sqlite", "letters", 2)
    project = tab("letters.sqlite").project
    until(lambda: not project.documents.opening)
    assert documents(project) == [("fox.png", 1, "")]
    assert project.corpus_handle.ask(Corpus.counts) == {"ok": 2}

    copy = library.duplicate("letters.sqlite")
    (library.root / "letters.sqlite-tokens.arrow").write_bytes(b"ARROW1")
    library.delete("letters.sqlite")
    assert library.ids() == [copy]
    assert [each.name for each in library.root.iterdir()] == [copy]


# Reading goes on


def test_a_reading_that_ended_with_the_program_can_continue(tab, library, monkeypatch):
    first = tab()
    project = begun(first)
    monkeypatch.setattr(
        "app.session.project_runs.read_project", lambda *_: None
    )  # killed at once
    settings = Settings.from_flat({"margin": 7})
    first.read_all(settings, {"key of two.pdf": "2"})
    monkeypatch.undo()
    paths = project.paths
    libraries._open.pop(paths.record)  # as another program would find it

    again = tab(project.id)

    assert again.run is None
    assert again.project.interrupted["choice"] == {"key of two.pdf": "2"}
    again.go_on()
    until(lambda: not again.run.busy)
    assert [(each.ref.doc_id, each.ref.number) for each in again.run.results] == [
        ("two", 2)
    ]
    assert results_of(again)[0].settings["margin"] == 7
    until(lambda: again.project.record.run is None)


def test_a_reading_continues_when_its_tab_is_closed(tab, library):
    first = tab()
    project = begun(first)
    first.read_all(Settings())
    first.close()

    again = tab(project.id)

    until(lambda: not (again.run and again.run.busy))
    assert again.corpus_handle.ask(Corpus.counts) == {"ok": 3}
    with closing(sqlite3.connect(project.paths.corpus)) as db:
        assert db.execute("SELECT count(*) FROM readings").fetchone() == (3,)
