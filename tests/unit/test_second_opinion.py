"""Second opinion: tried where the first is poor, bounded, and the better is kept."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from ocr_core import second_opinion
from ocr_core.errors import EngineError
from ocr_core.page import Page, PageRef, StepReport, Word
from ocr_core.presets import PRESETS
from ocr_core.settings import Settings

GOOD = "the houses stood near the river".split()
POOR = "thc hcuscs st0od ncar thc rivcr".split()
PAGE = Page(np.full((100, 600), 255, np.uint8), PageRef("page"))


def reading(
    texts, quality, *, engine="tesserocr 5", language="eng", conf=90.0, cpu=1.0
):
    rows = tuple(
        Word(1, 1, 1, n, 80 * n, 10, 60, 30, conf, text) for n, text in enumerate(texts)
    )
    return second_opinion.Attempt(rows, engine, language, "", PAGE, (), quality, cpu)


class Reader:
    """Answers with one reading after the other, and remembers what was asked."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    def __call__(self, settings):
        self.asked.append(settings)
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def rapid_is(monkeypatch):
    """Set whether RapidOCR is there."""

    def set_available(there):
        def can_read(flat):
            return there or flat["engine"] != "rapidocr"

        monkeypatch.setattr(second_opinion, "_can_read", can_read)

    set_available(True)
    return set_available


def asked(switch="auto", **flat):
    return Settings.from_flat({"language": "eng", "second_opinion": switch, **flat})


def test_a_good_first_reading_stands(rapid_is):
    read = Reader()

    kept, note = second_opinion.second_opinion(reading(GOOD, 0.97), asked(), read)

    assert (kept.quality, read.asked, note.did) == (0.97, [], "")


def test_on_asks_even_where_the_first_is_good(rapid_is):
    read = Reader(reading(GOOD, 0.97))

    second_opinion.second_opinion(reading(GOOD, 0.97), asked("on"), read)

    assert [settings.recognition.engine for settings in read.asked] == ["rapidocr"]


def test_the_better_reading_is_kept_with_its_engine(rapid_is):
    other = reading(GOOD, 0.9, engine="rapidocr 3", cpu=4)

    kept, note = second_opinion.second_opinion(
        reading(POOR, 0.4), asked(), Reader(other)
    )

    assert (kept.rows, kept.engine) == (other.rows, other.engine)
    assert note.did == "kept rapidocr"
    assert note.measured["rapidocr"] > note.measured["first"]
    assert note.measured["times"] == 5


def test_a_worse_second_reading_is_not_kept(rapid_is):
    first = reading(GOOD, 0.8, conf=80)

    kept, note = second_opinion.second_opinion(
        first, asked(), Reader(reading(POOR, 0.3, conf=80))
    )

    assert kept is first
    assert note.did == "kept first"


def test_where_rapidocr_is_absent_tesseract_tries_other_ways(rapid_is):
    rapid_is(False)
    better = reading(GOOD, 0.9)
    read = Reader(None, reading(POOR, 0.4), better)

    kept, note = second_opinion.second_opinion(reading(POOR, 0.4), asked(), read)

    assert kept is better
    assert note.did == "kept one block"
    assert all(settings.recognition.engine == "auto" for settings in read.asked)


def test_vertical_lines_are_read_as_one_vertical_block_and_never_across(rapid_is):
    rapid_is(False)
    read = Reader()

    second_opinion.second_opinion(
        reading(["何人", "奴隷"], 0.4), asked(language="jpn_vert"), read
    )

    assert [each.recognition.psm for each in read.asked] == [3, 3, 5]


@pytest.mark.parametrize(
    ("installed", "language", "quality", "codes"),
    [
        ([], "eng+deu", 0.4, ["second-engine-missing"]),
        (["rapidocr"], "eng", 0.4, []),
        ([], "hin", 0.4, []),
        ([], "eng", 0.97, []),
    ],
)
def test_a_poor_page_tells_that_rapidocr_is_absent(
    rapid_is, monkeypatch, installed, language, quality, codes
):
    rapid_is(False)
    monkeypatch.setattr(second_opinion, "installed_engines", lambda: installed)
    first = reading(POOR, quality)

    kept, _ = second_opinion.second_opinion(first, asked(language=language), Reader())

    assert [note.code for note in kept.notes] == codes


def test_it_is_the_default_and_off_in_the_fast_preset():
    fast = Settings.from_flat(PRESETS["fast"].flat)

    assert Settings().recognition.second_opinion == "auto"
    assert fast.recognition.second_opinion == "off"


def test_no_more_is_tried_than_the_budget_allows(rapid_is):
    rapid_is(False)
    read = Reader(*[reading(POOR, 0.4)] * 9)

    second_opinion.second_opinion(reading(POOR, 0.4), asked(opinion_budget=3), read)

    assert len(read.asked) == 2


@pytest.mark.parametrize(("cpu", "readings"), [(9.0, 4), (25.0, 3), (70.0, 0)])
def test_a_page_is_not_read_once_more_after_a_minute_of_cpu_time(
    rapid_is, cpu, readings
):
    rapid_is(False)
    first, again = (reading(POOR, 0.4, cpu=seconds) for seconds in (cpu, 9.0))
    read = Reader(*[again] * 9)
    if cpu == 25:  # 25 + 9 + 9 + 9 is less than 60, and one more is not
        read = Reader(again, again, reading(POOR, 0.4, cpu=17.0), again)

    _, note = second_opinion.second_opinion(first, asked(), read)

    assert len(read.asked) == readings
    assert ("failed" in note.measured) == (readings < 4)


def test_rapidocr_is_not_tried_within_a_small_budget(rapid_is):
    read = Reader()

    second_opinion.second_opinion(reading(POOR, 0.4), asked(opinion_budget=3), read)

    assert all(settings.recognition.engine != "rapidocr" for settings in read.asked)


def test_rapidocr_asks_tesseract(rapid_is):
    first = reading(POOR, 0.4, engine="rapidocr 3")
    read = Reader(reading(GOOD, 0.9))

    second_opinion.second_opinion(first, asked(engine="rapidocr"), read)

    assert [settings.recognition.engine for settings in read.asked] == ["auto"]


def test_an_engine_that_fails_costs_nothing_but_a_word(rapid_is):
    first = reading(POOR, 0.4)

    kept, note = second_opinion.second_opinion(
        first, asked(), Reader(EngineError("It stopped."))
    )

    assert kept is first
    assert note.measured["failed"] == "rapidocr"


def test_columns_are_not_read_straight_across(rapid_is):
    rapid_is(False)
    rows = tuple(
        Word(block, 1, row, 1, left, 40 * row, 400, 30, 90.0, "word")
        for block, left in ((1, 0), (2, 500))
        for row in range(1, 9)
    )
    first = second_opinion.Attempt(rows, "tesserocr 5", "eng", "", PAGE, (), 0.4, 1.0)
    read = Reader()

    second_opinion.second_opinion(first, asked(), read)

    assert {settings.recognition.psm for settings in read.asked} == {3}


def rows_of(block, rows, *lefts):
    """Words of 90 pixels, in rows 40 pixels apart."""
    return [
        Word(block, 1, row, n, left, 40 * row, 90, 30, 90.0, "river")
        for row in rows
        for n, left in enumerate(lefts, start=1)
    ]


LEFT, RIGHT = (0, 100, 200, 300), (500, 600, 700, 800)


def in_columns(rows):
    return rows_of(1, rows, *LEFT) + rows_of(2, rows, *RIGHT)


@pytest.mark.parametrize(
    ("first", "order"),
    [
        (in_columns(range(1, 9)), "columns"),
        (in_columns(range(1, 5)), "rows"),  # half of the page was not read
        # Half of the page is not in columns.
        (in_columns(range(1, 5)) + rows_of(3, range(5, 9), *LEFT, *RIGHT), "rows"),
    ],
)
def test_columns_that_rapidocr_reads_across_are_read_one_after_the_other(
    rapid_is, first, order
):
    across = rows_of(1, range(1, 9), *LEFT, *RIGHT)
    one = replace(reading([], 0.5), rows=tuple(first))
    other = replace(reading([], 0.9, engine="rapidocr 3"), rows=tuple(across))

    kept, _ = second_opinion.second_opinion(one, asked(), Reader(other))

    expected = first if order == "columns" else across
    assert [word.left for word in kept.rows] == [word.left for word in expected]


def test_columns_of_a_far_worse_reading_are_not_kept(rapid_is):
    rows = [x._replace(text="xqrz", conf=9.0) for x in in_columns(range(1, 9))]
    across = tuple(rows_of(1, range(1, 9), *LEFT, *RIGHT))
    other = replace(reading([], 0.9, engine="rapidocr 3"), rows=across)
    first = replace(reading([], 0.2), rows=tuple(rows))
    kept, _ = second_opinion.second_opinion(first, asked(), Reader(other))
    assert {word.text for word in kept.rows} == {"river"}


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_a_plain_recipe_with_a_sentence(name):
    preset = PRESETS[name]

    flat = Settings.from_flat(preset.flat).flat()

    assert {knob: flat[knob] for knob in preset.flat} == dict(preset.flat)
    assert preset.help.endswith(".")
    assert "\n" not in preset.help


def test_no_two_presets_are_the_same():
    assert len({Settings.from_flat(p.flat).digest for p in PRESETS.values()}) == len(
        PRESETS
    )


def test_engines_vote_on_each_word(rapid_is):
    mixed = ["the", "hcuscs", *GOOD[2:]]
    second = reading(mixed, 0.8, engine="rapidocr 3", conf=70)
    first = reading(["the", "houses", *POOR[2:]], 0.5, conf=70)

    kept, note = second_opinion.second_opinion(first, asked(), Reader(second))

    assert [word.text for word in kept.rows] == GOOD
    assert kept.engine == "rapidocr 3, tesserocr 5"
    assert second.quality < kept.quality <= 1
    assert (note.did, note.measured["taken"]) == ("kept rapidocr", 1)


@pytest.mark.parametrize(("language", "kept"), [("eng", "rapidocr"), ("rus", "first")])
def test_in_latin_letters_rapidocr_gives_the_lines_at_like_scores(
    rapid_is, language, kept
):
    first, second = (
        reading(GOOD, 0.5, engine=engine, conf=conf)
        for engine, conf in (("tesserocr 5", 80), ("rapidocr 3", 79))
    )

    _, note = second_opinion.second_opinion(
        first, asked(language=language), Reader(second)
    )

    assert note.did == f"kept {kept}"


@pytest.mark.parametrize(
    ("first", "rapid", "kept"),
    [
        (0.972, 0.905, "first"),  # a page with a picture in dots
        (0.9, 0.9, "rapidocr"),
        (0.7, 0.65, "rapidocr"),
        (0.7, 0.63, "first"),
        (0.99, 0.99, "rapidocr"),
    ],
)
def test_rapidocr_is_favoured_less_where_few_words_are_wrong(
    rapid_is, monkeypatch, first, rapid, kept
):
    monkeypatch.setattr(second_opinion, "compared", lambda *_: [first, rapid])
    readings = reading(GOOD, 0.5), reading(GOOD, 0.5, engine="rapidocr 3")

    _, note = second_opinion.second_opinion(readings[0], asked(), Reader(readings[1]))

    assert note.did == f"kept {kept}"


@pytest.fixture
def printed_in(monkeypatch):
    """Set the script that OSD sees, and the models that are installed."""

    def set_available(script, *models):
        tesseract = SimpleNamespace(languages=lambda: dict.fromkeys(models, ""))
        monkeypatch.setattr(second_opinion, "engine_named", lambda name: tesseract)
        monkeypatch.setattr(second_opinion, "guess_script", lambda image: (0, script))

    return set_available


LONG_S = "\N{LATIN SMALL LETTER LONG S}"
OLD = [f"hau{LONG_S}", "wa\N{LATIN SMALL LETTER SHARP S}er", f"{LONG_S}onne"]


@pytest.mark.parametrize(
    ("script", "models", "quality", "languages"),
    [
        ("Fraktur", ["deu", "frk"], 0.6, ["eng+frk"]),
        ("Fraktur", ["deu", "script/Fraktur"], 0.6, ["eng+script/Fraktur"]),
        ("Fraktur", ["deu"], 0.6, []),
        ("Latin", ["deu", "frk"], 0.6, []),
        ("Latin", ["deu", "frk"], 0.4, ["eng+frk"]),  # too poor to see the script
    ],
)
def test_a_model_for_fraktur_is_tried_on_pages_in_fraktur(
    rapid_is, printed_in, script, models, quality, languages
):
    rapid_is(False)
    printed_in(script, *models)
    read = Reader()

    second_opinion.second_opinion(
        reading(POOR, quality), asked(language="eng+deu"), read
    )

    tried = [each.recognition.language for each in read.asked]
    assert [code for code in tried if code != "eng+deu"] == languages


def test_no_model_for_fraktur_is_tried_in_another_language(rapid_is, printed_in):
    printed_in("Fraktur", "eng", "frk")
    read = Reader()

    second_opinion.second_opinion(reading(POOR, 0.4), asked(), read)

    assert {each.recognition.language for each in read.asked} == {"eng"}


def test_what_a_model_for_fraktur_reads_better_is_kept_in_letters_of_today(
    rapid_is, printed_in
):
    rapid_is(False)
    printed_in("Fraktur", "deu", "frk")
    first = reading(["hauf", "waffer", "fonne"], 0.6, language="deu", conf=60)
    read = Reader(reading(OLD, 0.9, language="frk", conf=92))

    kept, note = second_opinion.second_opinion(first, asked(language="deu"), read)

    assert [word.text for word in kept.rows] == ["haus", OLD[1], "sonne"]
    assert (kept.language, note.did) == ("frk", "kept fraktur")


def test_a_model_for_fraktur_that_gains_little_is_dropped(rapid_is, printed_in):
    rapid_is(False)
    printed_in("Fraktur", "deu", "frk")
    first = reading(["haus", "wasser", "sonne"], 0.6, language="deu", conf=90)
    other = reading(["haus", "wasser", "sonne"], 0.9, language="frk", conf=90.5)

    kept, note = second_opinion.second_opinion(
        first, asked(language="deu"), Reader(other)
    )

    scores = note.measured
    assert scores["first"] < scores["fraktur"] <= scores["first"] + 0.02
    assert kept is first


def test_models_that_vote_are_all_named(rapid_is, printed_in):
    printed_in("Fraktur", "deu", "frk")
    first = reading(["hauf", "waffer", "fonne"], 0.6, language="deu", conf=40)
    old = reading(["haus", "wasser", "fonne"], 0.9, language="frk", conf=91)
    rapid = reading(
        ["hauf", "waffer", "sonne"], 0.7, engine="rapidocr 3", language="deu", conf=80
    )

    kept, _ = second_opinion.second_opinion(
        first, asked("on", language="deu"), Reader(old, rapid)
    )

    assert [word.text for word in kept.rows] == ["haus", "wasser", "sonne"]
    assert kept.language == "frk+deu"


@pytest.mark.parametrize(
    ("conf", "switch", "engines"),
    [
        (97, "auto", ["auto"]),  # the model for Fraktur reads the page well
        (60, "auto", ["auto", "rapidocr"]),
        (97, "on", ["auto", "rapidocr"]),
    ],
)
def test_no_engine_without_fraktur_is_asked_about_a_page_read_well(
    rapid_is, printed_in, conf, switch, engines
):
    printed_in("Fraktur", "deu", "frk")
    first = reading(["hauf", "waffer", "fonne"], 0.4, language="deu", conf=40)
    read = Reader(reading(["haus", "wasser", "sonne"], 0.9, language="frk", conf=conf))

    second_opinion.second_opinion(first, asked(switch, language="deu"), read)

    assert [each.recognition.engine for each in read.asked][: len(engines)] == engines
    assert ("rapidocr" in engines) == any(
        each.recognition.engine == "rapidocr" for each in read.asked
    )


@pytest.mark.parametrize(
    ("conf", "switch", "engines"),
    [(97, "auto", []), (60, "auto", ["rapidocr"]), (97, "on", ["rapidocr"])],
)
def test_a_first_reading_in_fraktur_is_not_read_with_its_model_again(
    rapid_is, printed_in, conf, switch, engines
):
    printed_in("Fraktur", "deu", "frk")
    first = reading(["haus", "wasser", "sonne"], 0.4, language="frk", conf=conf)
    read = Reader()

    second_opinion.second_opinion(first, asked(switch, language="deu"), read)

    assert [each.recognition.engine for each in read.asked] == engines


def test_a_small_gain_on_a_page_that_nobody_reads_well_is_no_gain():
    assert second_opinion.least_gain(0.97) == pytest.approx(0.005 * 0.97)
    assert second_opinion.least_gain(0.68) == pytest.approx(0.016)


def test_both_engines_are_named_where_words_were_not_read_again(rapid_is):
    first = reading(POOR, 0.6)
    other = reading(GOOD, 0.95, engine="rapidocr 3")
    engines = ["tesserocr", *["rapidocr"] * (len(GOOD) - 1)]
    pairs = zip(other.rows, engines, strict=True)
    rows = tuple(word._replace(engine=engine) for word, engine in pairs)

    kept, note = second_opinion.second_opinion(
        first, asked(), Reader(replace(other, rows=rows))
    )

    assert note.measured["taken"] == 0
    assert [word[4:] for word in kept.rows] == [word[4:] for word in rows]
    assert kept.engine == "rapidocr 3, tesserocr 5"


@pytest.mark.parametrize(("grain", "count"), [(0.0, 4), (2.9, 4), (3.0, 5)])
def test_a_page_with_grain_is_also_read_smoothed(rapid_is, grain, count):
    rapid_is(False)
    report = StepReport("denoise", {"grain": grain}, "")
    first = replace(reading(POOR, 0.4), steps=(report,))
    read = Reader()

    second_opinion.second_opinion(first, asked(), read)

    assert len(read.asked) == count
    denoised = [settings.flat()["denoise"] for settings in read.asked[4:]]
    assert denoised == ["median"] * (count - 4)
