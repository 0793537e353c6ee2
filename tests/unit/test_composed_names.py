"""Names with accents: decomposed on macOS, composed in tables and as typed."""

import csv
import io
import sqlite3
import unicodedata
from contextlib import closing

import pytest
from PIL import Image

from ocr_core.corpus import Corpus
from ocr_core.corpus.metadata import parse_names
from ocr_core.documents.discovery import find_documents
from ocr_core.page import PageRef
from tests.support.corpus_pages import fill, page
from tests.support.marks import marked_image

NAMES = ["Zürich_1890", "Écho d'Orléans", "tiếng Việt", "Ångström", "한국어"]
pytestmark = pytest.mark.usefixtures("inline_pool")


def decomposed(name):
    return unicodedata.normalize("NFD", name)


def composed(name):
    return unicodedata.normalize("NFC", name)


def rows(content):
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


@pytest.fixture(params=["new", "old"])
def corpus(request, tmp_path, shell):
    """A corpus of scans with file names of macOS, as it is made today and as it once
    was."""
    folder, path = tmp_path / "scans", tmp_path / "corpus.sqlite"
    folder.mkdir()
    for name in NAMES:
        Image.fromarray(marked_image()).save(folder / f"{decomposed(name)}.png")
    assert shell("batch", folder, "--corpus", path).code == 0
    if request.param == "old":
        with closing(sqlite3.connect(path)) as db:
            for doc_id in map(composed, NAMES):
                db.execute(
                    "UPDATE documents SET doc_id = ? WHERE doc_id = ?",
                    (decomposed(doc_id), doc_id),
                )
            db.commit()
    return path


@pytest.mark.parametrize("spell", [composed, decomposed])
@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_found_however_it_is_spelled(shell, corpus, tmp_path, name, spell):
    table = tmp_path / "table.csv"
    table.write_text(f'doc_id,town\r\n"{spell(name)}",{spell("Zürich")}\r\n', "utf-8")

    result = shell("metadata", corpus, "--csv", table)
    named = shell("terms", corpus, "--documents", spell(name), "--numbers", "keep")
    known = shell("terms", corpus, "--metadata", f"town={spell('ZÜRICH')}")
    removed = shell("remove", corpus, spell(name))

    assert (result.code, named.code, known.code) == (0, 0, 0)
    assert "1 of 5 documents have values" in result.err
    assert "has no document" not in result.err
    assert "Counted: 1 document" in named.err
    assert "Counted: 1 document" in known.err
    assert removed.code == 0


@pytest.mark.parametrize("spell", [composed, decomposed])
def test_the_library_finds_a_page_and_lists_it(corpus, spell):
    with Corpus(corpus) as open_corpus:
        for name in NAMES:
            assert open_corpus.page(spell(name), 1).text
            assert len(open_corpus.rows(name=spell(name.upper()))) == 1
            assert open_corpus.counts(name=spell(name)) == {"ok": 1}


def test_the_same_command_reads_nothing_twice_and_keeps_names(shell, corpus, tmp_path):
    before = shell("export", corpus, "--to", "corpus").out

    again = shell("batch", tmp_path / "scans", "--corpus", corpus)

    assert again.code == 0
    assert shell("export", corpus, "--to", "corpus").out == before


def test_new_names_are_composed_and_stay_apart(tmp_path):
    for spelled in (composed(NAMES[0]), decomposed(NAMES[0])):
        (tmp_path / f"{spelled}.png").write_bytes(b"x")

    documents, _ = find_documents([tmp_path])

    names = [each.doc_id for each in documents]
    assert names == [composed(each) for each in names]
    assert len({*names}) == 2
    assert PageRef(f"/scans/{decomposed('é')}.png").doc_id == composed("é")


def test_a_new_document_bears_no_name_that_looks_like_an_old_one(tmp_path):
    path = tmp_path / "corpus.sqlite"
    with Corpus(path, write=True) as corpus:
        fill(corpus, page("a"))
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE documents SET doc_id = ?", (decomposed("é"),))
        db.commit()

    with Corpus(path, write=True) as corpus:
        entered = corpus.add_document(PageRef("/other/é.png", 0), "digest", 1)

    assert entered.doc_id == "other_é"


@pytest.mark.parametrize("spell", [composed, decomposed])
def test_a_pattern_finds_its_fields_in_names_of_either_spelling(spell):
    found = parse_names([spell("Zürich_1890")], f"{decomposed('Zürich')}_{{year}}")

    assert found == {"year": {spell("Zürich_1890"): "1890"}}


def test_ground_truth_is_found_by_its_name(shell, corpus, tmp_path):
    truth = tmp_path / "truth"
    truth.mkdir()
    for name in NAMES:
        (truth / f"{composed(name)}.gt.txt").write_text("mark1 mark2 mark3 mark9")

    call = shell("variants", corpus, "mark1", "--truth", truth)

    assert "of 5 documents differ" in call.err
