"""Texts and bundles: one file a document or page, under names that work anywhere."""

import io
import json
import os
import tracemalloc
import unicodedata
import zipfile
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr_core.corpus import Corpus
from ocr_core.documents import file_digest
from ocr_core.errors import OutputError
from ocr_core.exports import FORMATS
from ocr_core.exports.filenames import UniqueNames, safe_name
from ocr_core.exports.texts import write_texts
from ocr_core.page import PageRef, PageResult, Word
from ocr_core.settings import Settings
from tests.support.export_readers import column, sheets, words_of
from tests.support.export_samples import rows, written
from tests.support.marks import FOUR_MARKS

OTHER = Settings.from_flat({"psm": 6})


def page(doc_id, text="", number=1, settings=None, **more):
    settings = settings or Settings()
    return PageResult(
        PageRef(f"{doc_id}.png", number, doc_id),
        tuple(
            Word(1, 1, 1, number, 0, 0, 9, 9, 90.0, word)
            for number, word in enumerate(text.split(), 1)
        ),
        settings=settings.flat(),
        settings_digest=settings.digest,
        **more,
    )


LETTERS = [
    page("letters", "one two"),
    page("letters", "three", 2),
    page("blank", status="blank"),
    page("torn", status="failed", error="Torn."),
]


def held(folder):
    return {file.name: file.read_text("utf-8") for file in folder.iterdir()}


def test_each_document_has_its_text_in_a_file(tmp_path):
    assert write_texts(LETTERS, tmp_path / "new" / "texts") == 2

    assert held(tmp_path / "new" / "texts") == {
        "letters.txt": "one two\n\nthree\n",
        "blank.txt": "",
    }


def test_each_page_has_its_text_in_a_file(tmp_path):
    assert write_texts(LETTERS, tmp_path, "page") == 3

    assert held(tmp_path) == {
        "letters_0001.txt": "one two\n",
        "letters_0002.txt": "three\n",
        "blank_0001.txt": "",
    }


def test_names_that_a_system_takes_for_one_are_distinguished(tmp_path):
    twins = [page("A/1", "one"), page("a?1", "two"), page("../a_1", "three")]

    write_texts(twins, tmp_path)
    write_texts(twins, tmp_path)  # again: the same names

    assert held(tmp_path) == {
        "A_1.txt": "one\n",
        "a_1_2.txt": "two\n",
        "_a_1.txt": "three\n",
    }


@given(st.lists(st.text(min_size=1), max_size=8))
def test_any_name_is_safe_short_and_unique(doc_ids):
    names = UniqueNames()

    found = [names.free(f"{safe_name(doc_id)}.txt") for doc_id in doc_ids]

    assert len({unicodedata.normalize("NFD", n).casefold() for n in found}) == len(
        found
    )
    for name in found:
        assert len(name.encode()) < 255
        assert name[0] not in ".-" or name[0] == "-"
        assert os.path.basename(name) == name  # noqa: PTH119
        assert name.isprintable()


@pytest.mark.parametrize("name", ["con", "NUL", "com1", "aux.page", "bagit"])
def test_a_name_that_a_system_keeps_for_itself_is_changed(name):
    assert safe_name(name) == f"_{name}"
    assert safe_name(f"{name}x".replace(".", "")) == f"{name}x".replace(".", "")


def test_no_name_is_one_that_voyant_passes_over():
    assert safe_name("__page") == safe_name("(_page") == "_page"


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(OutputError, match="cannot be made"):
        write_texts(LETTERS, tmp_path / "file" / "texts")


# On the command line


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "corpus.sqlite"
    with Corpus(path, write=True) as corpus:
        for each in LETTERS:
            corpus.add_document(replace(each.ref, number=0), each.ref.doc_id, 2)
            corpus.save_result(replace(each, sha256=each.ref.doc_id))
    return path


@pytest.mark.parametrize(
    ("unit", "files"),
    [
        (
            ["--unit", "page"],
            ["blank_0001.txt", "letters_0001.txt", "letters_0002.txt"],
        ),
        ([], ["blank.txt", "letters.txt"]),
    ],
)
@pytest.mark.parametrize("there", [True, False])
def test_texts_go_into_a_folder(shell, path, tmp_path, unit, files, there):
    folder = tmp_path / "texts"
    if there:
        folder.mkdir()

    named = folder if there else f"{folder}/"
    call = shell("export", path, "--to", "txt", "-o", named, *unit)

    assert (call.code, call.out) == (0, b"")
    assert call.err == f"{len(files)} texts written.\n"
    assert sorted(file.name for file in folder.iterdir()) == files


@pytest.mark.usefixtures("inline_pool")
@pytest.mark.parametrize("there", [True, False])
def test_what_is_read_goes_into_a_folder_too(shell, marked_file, tmp_path, there):
    folder = tmp_path / "texts"
    if there:
        folder.mkdir()

    call = shell("read", marked_file, "-o", folder if there else f"{folder}/")

    assert (call.code, call.out, call.err) == (0, b"", "1 text written.\n")
    assert (folder / "marked.txt").read_text() == FOUR_MARKS
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize("command", ["read", "export"])
def test_a_folder_is_refused_for_one_file(shell, path, marked_file, tmp_path, command):
    source = marked_file if command == "read" else path

    call = shell(command, source, "--to", "words", "-o", f"{tmp_path}/tables/")

    assert (call.code, call.err) == (
        5,
        f"Error: {tmp_path}/tables/ is a folder, and --to words writes one file.\n"
        f"Hint: Name the file, as in -o {tmp_path}/tables/words.csv\n",
    )
    assert not (tmp_path / "tables").exists()


def test_one_file_that_looks_like_a_folder_is_reported(shell, path, tmp_path):
    call = shell("export", path, "--to", "txt", "-o", tmp_path / "texts")
    plain = shell("export", path, "--to", "txt", "-o", tmp_path / "texts.txt")

    assert (call.code, call.err) == (
        0,
        f"All texts are in one file, {tmp_path}/texts. For a file for each text: "
        f"-o {tmp_path}/texts/\n",
    )
    assert (plain.code, plain.err) == (0, "")
    assert (tmp_path / "texts").read_bytes() == (tmp_path / "texts.txt").read_bytes()


def test_the_corpus_table_has_a_row_for_each_page(shell, path):
    call = shell("export", path, "--to", "corpus", "--unit", "page")

    assert [
        (row["doc_id"], row["text"], row["page_start"], row["page_end"])
        for row in rows(call.out)
    ] == [
        ("letters_0001", "one two", "1", "1"),
        ("letters_0002", "three", "2", "2"),
        ("blank_0001", "", "1", "1"),
    ]


@pytest.mark.parametrize("form", ["txt", "words", "pages", "jsonl", "parquet", "hocr"])
def test_pages_may_be_asked_of_what_keeps_them_apart_anyway(shell, path, form):
    asked = shell("export", path, "--to", form, "--unit", "page")
    plain = shell("export", path, "--to", form)

    assert (asked.code, asked.err) == (0, "")
    assert asked.out == plain.out


def test_the_table_in_a_zip_takes_the_choices_of_the_table_alone(shell, path, tmp_path):
    chosen = ["--unit", "page", "--clean", "on", "--spreadsheet"]
    zipped = tmp_path / "out.zip"

    whole = shell("export", path, "--to", "zip", "-o", zipped, *chosen)
    alone = shell("export", path, "--to", "corpus", *chosen)

    assert (whole.code, alone.code) == (0, 0)
    assert zipfile.ZipFile(zipped).read("corpus.csv") == alone.out


@pytest.mark.parametrize("form", sorted(set(FORMATS) - {"pages", "corpus"}))
def test_corrected_words_leave_in_every_form(shell, marked_file, tmp_path, form):
    path, out = tmp_path / "corpus.sqlite", tmp_path / "out"
    with Corpus(path, write=True) as corpus:
        ref = PageRef(str(marked_file))
        digest = file_digest(ref)
        corpus.add_document(replace(ref, number=0), digest, 1)
        read = replace(page("", "one two three"), ref=ref, sha256=digest)
        corpus.save_result(replace(read, size=(240, 180)))
        corpus.correct("marked", 1, 0, "first")
        corpus.correct("marked", 1, 1, "")

    assert shell("export", path, "--to", form, "-o", out).code == 0

    content = out.read_bytes()
    assert texts_in(content, form) == ["first", "three"]


def texts_in(content, form):
    """Return the words of a file of ours."""
    if form == "txt":
        return content.decode().split()
    if form == "words":
        return [row["text"] for row in rows(content)]
    if form == "xlsx":
        return column(sheets(content)["words"], "text")
    if form == "jsonl":
        return [word["text"] for word in json.loads(content)["words"]]
    if form == "zip":
        bundle = zipfile.ZipFile(io.BytesIO(content))
        tables = bundle.read("corpus.csv"), bundle.read("pages.csv")
        assert {row["text"] for each in tables for row in rows(each)} == {"first three"}
        return texts_in(bundle.read("words.csv"), "words")
    if form == "texts":
        bundle = zipfile.ZipFile(io.BytesIO(content))
        return bundle.read("marked.txt").decode().split()
    return words_of(content, form)


def test_a_zip_of_texts_holds_nothing_else(shell, path, tmp_path):
    for unit in ("document", "page"):
        write_texts(LETTERS, tmp_path / unit, unit)
        zipped = tmp_path / f"{unit}.zip"

        call = shell("export", path, "--to", "texts", "-o", zipped, "--unit", unit)

        assert (call.code, call.err) == (0, "")
        bundle = zipfile.ZipFile(zipped)
        texts = {name: bundle.read(name).decode() for name in bundle.namelist()}
        assert texts == held(tmp_path / unit)


# The zip


def test_a_zip_holds_all_tables_texts_recipes_and_a_readme():
    pages = [*LETTERS, page("other", "four five", settings=OTHER)]

    bundle = zipfile.ZipFile(io.BytesIO(written("zip", pages)))

    assert sorted(bundle.namelist()) == [
        "README.txt",
        "corpus.csv",
        "metadata.csv",
        "pages.csv",
        "pages.jsonl",
        "recipe.json",
        "recipe_2.json",
        *(f"texts/{name}.txt" for name in ("blank", "letters", "other")),
        "words.csv",
    ]
    for form, ending in (("corpus", "csv"), ("pages", "csv"), ("words", "csv")):
        assert bundle.read(f"{form}.{ending}") == written(form, pages)
    assert bundle.read("pages.jsonl") == written("jsonl", pages)
    assert bundle.read("texts/letters.txt") == b"one two\n\nthree\n"
    readme = bundle.read("README.txt").decode()
    assert "from 4 documents" in readme
    assert "4 pages were read, 1 could not be. Mean word confidence: 90.0" in readme
    assert f"recipe_2.json the settings of 1 pages ({OTHER.digest})" in readme
    for name, settings in (("recipe.json", Settings()), ("recipe_2.json", OTHER)):
        recipe = json.loads(bundle.read(name))
        del recipe["ocr_core"]
        assert Settings.from_flat(recipe) == settings


def test_a_zip_holds_what_is_known_of_each_document():
    known = {
        "year": {"letters": "1890"},
        "lang": {"letters": "old"},
        "text_file": {"letters": "of old"},
    }

    bundle = zipfile.ZipFile(io.BytesIO(written("zip", LETTERS, metadata=known)))

    table = rows(bundle.read("metadata.csv"))
    assert [row["doc_id"] for row in table] == ["letters", "blank", "torn"]
    assert table[0] == {
        "doc_id": "letters",
        "text_file": "texts/letters.txt",
        "year": "1890",
        "lang": "old",
    }
    assert {row["text_file"] for row in table} - {""} < set(bundle.namelist())
    assert table[2]["text_file"] == ""  # it could not be read
    row = rows(bundle.read("corpus.csv"))[0]
    assert [*row.values()][:2] == ["letters", "one two\n\nthree"]
    assert (row["lang"], row["meta_lang"], row["year"]) == ("", "old", "1890")


def test_the_same_results_make_the_same_zip():
    assert written("zip", LETTERS) == written("zip", LETTERS)


def test_a_zip_of_nothing_is_a_zip():
    bundle = zipfile.ZipFile(io.BytesIO(written("zip", [])))

    assert bundle.testzip() is None
    assert "recipe.json" not in bundle.namelist()


@pytest.mark.large
def test_a_zip_is_made_with_the_memory_of_one_document():
    text = " ".join(f"word{number}" for number in range(500))

    def peak(count):
        many = (page(f"doc{number}", text) for number in range(count))
        tracemalloc.start()
        with open(os.devnull, "wb") as nowhere:  # noqa: PTH123
            FORMATS["zip"].write(many, nowhere)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(60) < 2 * peak(10)
