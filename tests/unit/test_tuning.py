import json

import pytest
from PIL import Image

from ocr_core.evaluation.trial_reading import read_trial
from ocr_core.evaluation.tuning import Tuner, TuningPage, band_errors, search_space
from ocr_core.knobs import knobs
from ocr_core.page import PageRef, PageResult, Word
from ocr_core.pipeline import recognize_page
from ocr_core.settings import Settings
from tests.support.drawn_pages import text_page

LINES = 40
TRUTH = "\n".join(f"the harbour in the year {n}" for n in range(LINES))


class Clock:
    """A clock on which each reading takes a second."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def result(ref, text):
    rows = tuple(
        Word(1, 1, line, number, 10 * number, 10 * line, 9, 9, 90.0, word)
        for line, words in enumerate(text.splitlines())
        for number, word in enumerate(words.split(), 1)
    )
    return PageResult(ref, rows, size=(400, 10 * LINES), language="eng")


class Pages:
    """Pages on which each setting in `right` removes one kind of error."""

    def __init__(self, right, clock, spoiled="harbour"):
        self.right, self.clock, self.spoiled = right, clock, spoiled
        self.read_with = []

    def __call__(self, calls):
        self.clock.now += 1
        return [("", self.page(settings.flat(), ref)) for settings, ref, _ in calls]

    def page(self, flat, ref):
        self.read_with.append((flat, ref))
        text = TRUTH
        for (name, value), word in zip(
            self.right.items(), ["harbour", "year"], strict=False
        ):
            if flat[name] != value:
                text = text.replace(word, word[::-1])
        return result(ref, text)


def pages(count, truth=TRUTH):
    return [TuningPage(PageRef(f"{n}.png", 1), truth) for n in range(count)]


def tuner(right, count=1, budget=600, truth=TRUTH, settings=None):
    clock = Clock()
    read = Pages(right, clock)
    settings = settings or Settings()
    return Tuner(settings, pages(count, truth), read, budget, clock=clock), read


@pytest.mark.parametrize("count", [1, 4, 24])
def test_settings_that_read_better_are_found_and_proved(count):
    search, _ = tuner({"psm": 6}, count)

    found = search.run()

    assert [(each.knob, each.old, each.new) for each in found.changes] == [
        ("psm", 3, 6)
    ]
    assert found.settings == Settings.from_flat({"psm": 6})
    assert found.proof.gain.low > 0
    assert found.proof.units >= 5


def test_changes_that_help_together_are_joined_and_each_gain_is_stated():
    search, _ = tuner({"psm": 6, "binarize": "sauvola"}, 4)

    found = search.run()

    assert {each.knob: each.new for each in found.changes} == {
        "psm": 6,
        "binarize": "sauvola",
    }
    assert all(each.gain > 0.05 for each in found.changes)


def test_nothing_is_recommended_where_nothing_is_better():
    search, _ = tuner({}, 4)

    found = search.run()

    assert (found.recommended, found.settings) == (False, Settings())
    assert str(found.sentence).startswith("Nothing is recommended: none of ")


def test_nothing_is_recommended_that_helps_only_where_it_was_looked_for():
    search, read = tuner({"psm": 6}, 4)
    proved = {page.ref for page in search.proved}
    plain = read.page
    read.page = lambda flat, ref: (
        result(ref, TRUTH.replace("year", "yaer"))
        if ref in proved
        else plain(flat, ref)
    )

    assert not search.run().recommended


def test_pages_of_the_proof_are_not_read_before_it():
    search, read = tuner({"psm": 6}, 4)
    proved = {page.ref for page in search.proved}

    best = search.halved(search.combined(search.screened()))

    assert best.changes == {"psm": 6}
    assert not proved & {ref for _, ref in read.read_with}


def test_no_page_is_read_twice_with_the_same_settings():
    search, read = tuner({"psm": 6, "binarize": "sauvola"}, 4)

    search.run()

    seen = [(json.dumps(flat), ref) for flat, ref in read.read_with]
    assert len(seen) == len(set(seen))


def test_the_search_ends_in_time_and_leaves_time_for_the_proof():
    search, _ = tuner({"psm": 6}, 4, budget=20)

    found = search.run()

    assert found.seconds <= 20
    assert found.trials < len(list(search_space(Settings())))


def test_without_ground_truth_words_left_out_win_nothing():
    clock = Clock()

    def read(calls):
        return [
            (
                "",
                result(ref, TRUTH if settings.recognition.psm != 11 else "the\nyear"),
            )
            for settings, ref, _ in calls
        ]

    search = Tuner(Settings(), pages(2, None), read, 600, clock=clock)

    found = search.run()

    assert not found.recommended
    lost = search.tried({"psm": 11}, search.tuned)
    assert lost.gain < -0.1


def test_a_page_that_cannot_be_read_has_all_its_errors():
    page = result(PageRef("a.png"), TRUTH)

    errors = band_errors(page, None)

    assert (errors[:, 1] == errors[:, 2]).all()
    assert errors[:, 0].sum() < errors[:, 1].sum()


def test_what_is_worth_trying_is_declared_with_the_knobs():
    named = {name for changes in search_space(Settings()) for name in changes}

    assert {"psm", "binarize", "flatten", "engine"} <= named
    for knob in knobs(Settings):
        for value in knob.search:
            Settings.from_flat({knob.name: value})


def test_every_trial_is_reported():
    search, _ = tuner({"psm": 6}, 2)
    reports = []
    search.report = reports.append

    found = search.run()

    assert len(reports) == found.trials
    assert reports[0].seconds_left < 600


def test_a_search_that_is_stopped_verifies_the_best_so_far():
    search, _ = tuner({"psm": 6}, 4)
    reports = []
    search.report = reports.append
    search.stopped = lambda: any(each.gain > 0 for each in reports)

    found = search.run()

    assert found.trials < len(list(search_space(Settings())))
    assert [each.knob for each in found.changes] == ["psm"]
    assert search.verifying


def test_the_proof_reads_as_many_pages_as_the_time_allows():
    search, _ = tuner({"psm": 6}, 40, budget=30)

    found = search.run()

    assert found.recommended
    assert 2 <= found.pages_proved < 20
    assert found.seconds <= 40


# Readings of trials


def settings_of(**knobs):
    return Settings.from_flat({"language": "eng", "second_opinion": "off", **knobs})


@pytest.fixture(scope="module")
def clean_page(tmp_path_factory):
    path = tmp_path_factory.mktemp("clean") / "clean.png"
    Image.fromarray(text_page()).save(path)
    return PageRef(str(path))


@pytest.fixture(scope="module")
def first_trial(clean_page):
    """The key and the result of a reading."""
    return read_trial(clean_page, settings_of())


def test_a_trial_reads_what_the_pipeline_reads(clean_page, first_trial):
    assert first_trial[1].text == recognize_page(clean_page, settings_of()).text


@pytest.mark.parametrize(
    "alike", [{"denoise": "none"}, {"deskew": "off"}, {"crop": "off", "invert": "off"}]
)
def test_a_page_is_read_once_where_settings_change_none_of_its_pixels(
    clean_page, first_trial, alike
):
    key, _ = first_trial

    assert read_trial(clean_page, settings_of(**alike), {key}) == (key, None)


@pytest.mark.parametrize(
    "other", [{"psm": 6}, {"binarize": "otsu"}, {"margin": 20}, {"contrast": "off"}]
)
def test_a_page_is_read_again_with_what_may_change_its_words(
    clean_page, first_trial, other
):
    key, _ = first_trial

    again, found = read_trial(clean_page, settings_of(**other), {key})

    assert again != key
    assert (found.status, found.settings_digest) == ("ok", settings_of(**other).digest)


@pytest.mark.parametrize("more", [{"second_opinion": "auto"}, {"language": "auto"}])
def test_no_other_reading_takes_the_place_of_one_by_several_readings(clean_page, more):
    key, found = read_trial(clean_page, settings_of(**more))

    assert (key, found.status) == ("", "ok")


def test_trials_share_what_was_read_on_the_same_pixels():
    search, read = tuner({"psm": 6})
    page = read.page

    def with_keys(calls):
        read.clock.now += 1
        found = []
        for settings, ref, known in calls:
            key = f"psm {settings.recognition.psm}"
            found.append((key, None if key in known else page(settings.flat(), ref)))
        return found

    search.read = with_keys
    result = search.run()

    assert sorted(flat["psm"] for flat, _ in read.read_with) == [3, 4, 6, 11]
    assert [each.knob for each in result.changes] == ["psm"]


# The command


def test_a_recipe_and_its_evidence_are_written(
    shell, inline_pool, marked_file, tmp_path
):
    marked_file.with_suffix(".gt.txt").write_text("mark1 mark2\nmark3 mark4")
    recipe = tmp_path / "recipe.json"

    call = shell("tune", marked_file, "-o", recipe, "--budget", 5, "--json")

    found = json.loads(call.out)
    assert (call.code, found["recommended"]) == (0, False)
    assert found["sentence"].startswith("Nothing is recommended")
    assert Settings.load(recipe) == Settings()
    assert json.loads((tmp_path / "recipe.evidence.json").read_text()) == found


def test_nothing_to_tune_on_is_refused(shell, inline_pool, tmp_path):
    (tmp_path / "torn.png").write_bytes(b"\x89PNG")

    call = shell("tune", tmp_path / "torn.png")

    assert (call.code, call.out) == (3, b"")


def test_the_language_is_found_once_and_the_proof_looks_for_it_anew():
    search, read = tuner({"psm": 6}, settings=Settings.from_flat({"language": "auto"}))

    found = search.run()

    languages = [flat["language"] for flat, _ in read.read_with]
    assert languages[0] == "auto"
    assert set(languages[1:-2]) == {"eng"}
    assert languages[-2:] == ["auto", "auto"]
    assert found.settings.recognition.language == "auto"


def test_a_page_that_was_read_before_is_not_read_again_for_the_proof():
    search, read = tuner({"psm": 6})
    [page] = search.pages
    search.keep(search.settings, page.ref, read.page(search.settings.flat(), page.ref))

    assert search.run().recommended
    again = [flat for flat, _ in read.read_with[1:] if flat == search.settings.flat()]
    assert again == []


def test_another_engine_is_recommended_with_a_second_opinion_only():
    alone = Settings.from_flat({"second_opinion": "off"})
    search, _ = tuner({"engine": "rapidocr"}, settings=alone)

    found = search.run()

    assert {each.knob: each.new for each in found.changes} == {
        "engine": "rapidocr",
        "second_opinion": "auto",
    }
    assert found.settings.recognition.second_opinion == "auto"
