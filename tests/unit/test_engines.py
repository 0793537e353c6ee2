import shutil
from importlib.util import find_spec

import numpy as np
import pytest

from ocr_core import engines
from ocr_core.engines import (
    ENGINES,
    Recognition,
    checked_languages,
    engine_named,
    part_reader,
)
from ocr_core.engines.tesseract import (
    data_digest,
    data_folder,
    data_folders,
    installed_languages,
    variables,
    words_from_tsv,
)
from ocr_core.errors import (
    EngineError,
    MissingEngineError,
    OcrError,
)
from ocr_core.page import Word, lines_of, text_of
from sample_images.drawing import draw_text_page

ENGLISH = Recognition(language="eng")
TSV_ROW = "5\t1\t1\t2\t3\t4\t10\t20\t30\t12\t96.5\tword"
KINDS = {
    "tesserocr": find_spec("tesserocr") is not None,
    "pytesseract": shutil.which("tesseract") is not None,
}


@pytest.fixture
def models(tmp_path, monkeypatch):
    """A folder of language data that is the only one."""
    for name in ("eng", "deu", "osd", "script/Latin"):
        path = tmp_path / "tessdata" / f"{name}.traineddata"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    monkeypatch.setattr(
        "ocr_core.engines.tesseract.data_folders", lambda: [tmp_path / "tessdata"]
    )
    return tmp_path / "tessdata"


@pytest.fixture
def drawn():
    """A line of text as pixels, and its words."""
    from sample_images.drawing import draw_text_page

    image, words = draw_text_page("Seven small boats", size=(560, 200))
    return np.asarray(image), words


# By name


def test_an_engine_that_is_not_installed_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(ENGINES, "mill", "no_such_package.mill:Mill")

    with pytest.raises(MissingEngineError) as refusal:
        engine_named("mill")

    assert refusal.value.message == "The engine mill is not installed."
    assert refusal.value.hint == "Install it with: pip install no_such_package"


def test_rapidocr_is_installed_with_what_runs_its_networks(monkeypatch):
    monkeypatch.setitem(ENGINES, "rapidocr", "no_such_package.rapid:Rapid")

    with pytest.raises(MissingEngineError) as refusal:
        engines._load.__wrapped__("rapidocr")

    assert refusal.value.hint == "Install it with: pip install rapidocr onnxruntime"


def test_auto_takes_the_next_engine_where_the_first_is_missing(monkeypatch):
    class Second:
        name = "second"

    def load(name):
        if name == "tesserocr":
            raise MissingEngineError("The first is missing.")
        return Second()

    monkeypatch.setattr(engines, "_load", load)

    assert engine_named("auto").name == "second"


def test_auto_names_the_first_engine_where_none_is_installed(monkeypatch):
    def load(name):
        raise MissingEngineError(f"{name} is missing.")

    monkeypatch.setattr(engines, "_load", load)

    with pytest.raises(MissingEngineError, match="tesserocr is missing"):
        engine_named("auto")


@pytest.mark.parametrize("name", ENGINES)
def test_every_engine_loads_or_says_what_is_missing(name):
    try:
        engine = engine_named(name)
    except MissingEngineError as error:
        assert error.hint
    else:
        assert engine.name == name
        assert engine.version[0].isdigit()
        assert engine is engine_named(name)


# Languages


def test_languages_are_found_with_the_place_of_their_data(models):
    assert installed_languages() == {
        "deu": f"{models}/deu.traineddata",
        "eng": f"{models}/eng.traineddata",
        "osd": f"{models}/osd.traineddata",
        "script/Latin": f"{models}/script/Latin.traineddata",
    }


def test_a_folder_named_by_the_environment_comes_first(tmp_path, monkeypatch):
    (tmp_path / "own.traineddata").write_bytes(b"x")
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))

    assert data_folders()[0] == tmp_path
    assert "own" in installed_languages()


def test_several_languages_are_looked_for_together(models):
    assert data_folder("deu+eng") == str(models)


def test_a_missing_language_is_named_with_those_that_are_there(models):
    with pytest.raises(MissingEngineError) as refusal:
        data_folder("eng+tlh+xx")

    assert refusal.value.message == (
        "The language tlh, xx is not installed; installed: deu, eng, script/Latin."
    )


def test_a_language_named_twice_is_one():
    assert checked_languages("eng+deu+eng", {"eng": "", "deu": ""}) == ["eng", "deu"]


def test_the_digest_of_language_data_changes_with_the_data(models):
    before = data_digest("eng")

    (models / "eng.traineddata").write_bytes(b"another model")

    assert len(before) == 16
    assert data_digest("eng") != before
    assert data_digest("eng+deu") != data_digest("deu+eng")


# Tesseract's table


def test_words_are_read_from_tesseracts_table():
    table = (
        f"1\t1\t0\t0\t0\t0\t0\t0\t99\t99\t-1\t\n{TSV_ROW}\n{TSV_ROW[:-4]} \n".replace(
            "\r", ""
        )
    )

    assert words_from_tsv(table, psm=6) == [
        Word(1, 2, 3, 4, 10, 20, 30, 12, 96.5, "word")
    ]


def test_a_quote_or_a_line_separator_in_a_word_leaves_the_table_whole():
    row = TSV_ROW[:-4]

    words = words_from_tsv(f'{row}"\n{row}a\u2028b\n{row}\x0cx\n', psm=6)

    assert [word.text for word in words] == ['"', "a\u2028b", "x"]


@pytest.mark.parametrize(
    ("stated", "conf"), [("-1", 0), ("100.4", 100), ("96.126", 96.13)]
)
def test_confidence_lies_between_0_and_100(stated, conf):
    [word] = words_from_tsv(TSV_ROW.replace("96.5", stated), psm=6)

    assert word.conf == conf


@pytest.mark.parametrize(
    ("psm", "text"),
    [
        (3, ["tea 9.75", "salt 2.50"]),
        (11, ["tea 9.75", "salt 2.50"]),
        (6, ["9.75", "tea", "2.50", "salt"]),
    ],
)
def test_rows_that_tesseract_split_are_joined_where_it_finds_parts(psm, text):
    """Its sparse text has a block for each of these words, a price first."""
    places = [(1, 300, 98, "9.75"), (2, 0, 100, "tea")]
    places += [(3, 300, 198, "2.50"), (4, 0, 200, "salt")]
    table = "\n".join(
        f"5\t1\t{block}\t1\t1\t1\t{left}\t{top}\t80\t30\t90\t{word}"
        for block, left, top, word in places
    )

    words = words_from_tsv(table, psm)

    assert [" ".join(w.text for w in line) for line in lines_of(words)] == text


def test_columns_of_sparse_text_are_read_one_after_the_other():
    """Its blocks come from the top of the page down, across the columns."""
    lines = [f"five words in column {side} {row}" for row in range(6) for side in "ab"]
    table = "\n".join(
        f"5\t1\t{block}\t1\t1\t{number}\t{90 * number + 600 * (block % 2)}"
        f"\t{100 + 40 * (block // 2)}\t80\t30\t90\t{word}"
        for block, line in enumerate(lines)
        for number, word in enumerate(line.split())
    )

    words = words_from_tsv(table, 11)

    found = [" ".join(word.text for word in line) for line in lines_of(words)]
    assert found == sorted(lines)


@pytest.mark.parametrize("broken", ["96,5", "x"])
def test_a_damaged_table_is_refused(broken):
    with pytest.raises(EngineError, match="damaged table"):
        words_from_tsv(TSV_ROW.replace("96.5", broken), psm=6)


# The real ones


@pytest.mark.needs_tesseract
@pytest.mark.parametrize("name", KINDS)
def test_a_line_is_read_where_it_was_drawn(name, drawn):
    if not KINDS[name]:
        pytest.skip(f"{name} is not installed")
    image, drawn_words = drawn

    words = engine_named(name).recognize(image, ENGLISH, 200)

    assert [word.text for word in words] == ["Seven", "small", "boats"]
    assert all(word.conf > 60 for word in words)
    for word, wanted in zip(words, drawn_words, strict=True):
        assert abs(word.left - wanted.left) <= 4
        assert abs(word.top + word.height - wanted.top - wanted.height) <= 4


@pytest.mark.needs_tesseract
@pytest.mark.parametrize("name", KINDS)
def test_a_page_does_not_remember_the_page_before(name, drawn):
    if not KINDS[name]:
        pytest.skip(f"{name} is not installed")
    engine, image = engine_named(name), drawn[0]

    few = ENGLISH.model_copy(update={"whitelist": "Sevn", "psm": 7})
    limited = engine.recognize(image, few, 200)
    blank = engine.recognize(np.full_like(image, 255), ENGLISH, 200)
    again = engine.recognize(image, ENGLISH, 200)

    assert {letter for word in limited for letter in word.text} <= set("Sevn")
    assert blank == []
    assert [word.text for word in again] == ["Seven", "small", "boats"]


@pytest.mark.needs_tesseract
@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("shape", [(1, 1), (2, 500), (500, 2), (40, 40)])
def test_a_page_of_any_shape_is_read_or_refused_with_a_sentence(name, shape):
    if not KINDS[name]:
        pytest.skip(f"{name} is not installed")

    try:
        words = engine_named(name).recognize(
            np.full(shape, 255, np.uint8), Recognition()
        )
    except OcrError as error:
        assert error.message.endswith(".")
    else:
        assert words == []


@pytest.mark.needs_tesseract
def test_an_engine_refuses_a_language_that_is_missing():
    with pytest.raises(MissingEngineError, match="tlh is not installed"):
        engine_named("auto").language_data("tlh")


@pytest.mark.parametrize(
    ("program", "missing", "left"),
    [
        ("/bin/tesseract", "", ["tesserocr", "pytesseract", "rapidocr"]),
        ("", "", ["tesserocr", "rapidocr"]),
        ("/bin/tesseract", "onnxruntime", ["tesserocr", "pytesseract"]),
    ],
)
def test_an_engine_counts_as_installed_with_what_it_runs_on(
    monkeypatch, program, missing, left
):
    monkeypatch.setattr(engines, "which", lambda name: program)
    monkeypatch.setattr(engines, "find_spec", lambda name: name != missing or None)

    assert engines.installed_engines() == left


def test_white_letters_are_read_only_where_the_ink_may_be_light():
    image, _ = draw_text_page("Harbour and river", size=(600, 120), font_size=40)
    dark = np.ascontiguousarray(np.asarray(image.convert("L")))

    def text(pixels, **known):
        return text_of(part_reader(ENGLISH, **known)(pixels))

    assert text(dark, dark=True) == text(dark) == text(255 - dark)
    assert text(255 - dark, dark=True) != text(dark)


def test_lines_of_marked_letters_are_no_noise():
    persian = variables(Recognition(language="eng+fas"))

    assert persian["textord_noise_rejrows"] == "0"
    assert variables(Recognition(language="script/Hebrew")) == persian
    for code, size in {
        "ben": "1.25",
        "kat": "1.25",
        "khm+eng": "1.8",
        "tha": "1.8",
    }.items():
        marked = variables(Recognition(language=code))
        assert marked["textord_noise_rejrows"] == "0"
        assert marked["textord_min_linesize"] == size
    assert variables(Recognition())["textord_noise_rejrows"] == "1"
