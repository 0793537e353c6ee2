"""Settings panel: changed, undone, saved and loaded again."""

import json
import shlex

import pytest

from app.workbench.settings_panel import EXPANDERS, KINDS
from ocr_core import cli
from ocr_core.presets import PRESETS
from ocr_core.settings import Settings
from tests.support.app_driver import (
    button,
    changes,
    component,
    flat,
    knob,
    rerun_until,
    upload,
)
from tests.support.app_pages import FOX, png


def buttons(app):
    return [each.label for each in app.button]


def test_every_knob_has_its_place_in_a_named_section(app):
    shown = [each.label for each in app.sidebar.expander]
    assert shown == ["All settings", *EXPANDERS]


def test_undo_undoes_one_change_after_another(app):
    assert app.button(key="undo").disabled
    knob(app, "margin").set_value(20).run()
    knob(app, "angle").set_value(3.0).run()

    app.button(key="undo").click().run()
    assert changes(app) == {"margin": 20}

    app.button(key="undo").click().run()
    assert changes(app) == {}
    assert app.button(key="undo").disabled


def test_undo_undoes_a_preset_and_a_reset_as_one_change(app):
    app.selectbox(key="preset").select("noisy scan").run()
    app.button(key="reset").click().run()
    assert changes(app) == {}

    app.button(key="undo").click().run()
    assert flat(app)["denoise"] == "median"

    app.button(key="undo").click().run()
    assert changes(app) == {}


def test_a_group_says_how_many_knobs_were_changed_and_resets_those_alone(app):
    knob(app, "margin").set_value(20).run()
    knob(app, "angle").set_value(3.0).run()
    knob(app, "psm").set_value(6).run()
    assert {"Reset 2 changed", "Reset 1 changed", "Reset all (3)"} <= set(buttons(app))

    button(app, "Reset 2 changed").click().run()

    assert changes(app) == {"psm": 6}
    assert "Reset 2 changed" not in buttons(app)


@pytest.mark.parametrize("name", list(KINDS))
def test_a_preset_sets_its_knobs_and_keeps_the_language(app, name):
    knob(app, "margin").set_value(20).run()
    language = flat(app)["language"]

    app.selectbox(key="preset").select(name).run()

    wanted = Settings.from_flat({**PRESETS[name].flat, "language": language})
    assert app.session_state.settings == wanted


def recipe_uploader(app):
    [found] = [each for each in app.file_uploader if each.label == "Load a recipe"]
    return found


def test_a_recipe_file_brings_its_settings_into_another_session(app):
    recipe = Settings.from_flat({"margin": 20, "psm": 6, "denoise": "median"})

    recipe_uploader(app).upload("recipe.json", recipe.recipe().encode())
    app.run()

    assert app.session_state.settings == recipe
    assert changes(app) == {"margin": 20, "psm": 6, "denoise": "median"}


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"margin": "wide"}', b"\xff"])
def test_a_file_that_is_no_recipe_changes_nothing_and_is_refused(app, content):
    knob(app, "margin").set_value(20).run()

    recipe_uploader(app).upload("recipe.json", content)
    app.run()

    assert app.error
    assert changes(app) == {"margin": 20}

    recipe_uploader(app).upload("recipe.json", Settings().recipe().encode())
    app.run()

    assert not app.error
    assert changes(app) == {}


@pytest.mark.parametrize("language", ["tlh", "tlh+eng", "osd"])
def test_a_recipe_in_a_language_that_is_missing_is_refused_by_its_name(app, language):
    knob(app, "margin").set_value(20).run()
    recipe = json.dumps({"language": language, "margin": 5})

    recipe_uploader(app).upload("recipe.json", recipe.encode())
    app.run()

    [error] = app.error
    assert f"language {language[:3]} is not installed" in error.value
    assert changes(app) == {"margin": 20}


@pytest.mark.parametrize(
    ("names", "language"),
    [(["English (eng)", "tlhIngan (tlh)"], "eng"), (["tlh"], "auto")],
)
def test_a_language_of_the_address_that_is_missing_is_named_until_a_change(
    run_app, names, language
):
    app = run_app(knob_language=names)

    [error] = app.error
    assert "language tlh is not installed" in error.value
    assert flat(app)["language"] == language

    knob(app, "margin").set_value(20).run()
    assert not app.error


def test_an_address_cannot_have_the_page_say_a_command(run_app):
    app = run_app(knob_language="eng; rm")

    [error] = app.error
    assert "apt" not in error.value


@pytest.mark.needs_tesseract
def test_the_address_may_name_languages_by_their_codes_too(run_app):
    app = run_app(knob_language=["eng"])

    assert not app.error
    assert knob(app, "language").value == ["eng"]


def test_a_value_that_no_knob_takes_is_reported_and_the_last_good_settings_stay(
    run_app,
):
    app = run_app(knob_whitelist="a b")
    assert "a b" in app.error[0].value
    assert not app.exception
    assert changes(app) == {}

    knob(app, "whitelist").set_value("ab").run()
    assert not app.error
    assert changes(app) == {"whitelist": "ab"}

    knob(app, "whitelist").set_value("a b c").run()
    assert "a b c" in app.error[0].value
    assert changes(app) == {"whitelist": "ab"}


def test_the_command_shown_means_the_same_settings(app, tmp_path, monkeypatch):
    knob(app, "margin").set_value(20).run()
    knob(app, "denoise").set_value("median").run()
    [words] = [shlex.split(c.value) for c in app.code if c.value.startswith("ocr-core")]
    assert words[-4:] == ["--to", "corpus", "-o", "corpus.csv"]
    recipe = tmp_path / "recipe.json"
    (tmp_path / "SCANS").write_bytes(b"no page")
    words = [*words[1:-4], "--save-recipe", str(recipe), "-o", str(tmp_path / "out")]

    with pytest.raises(SystemExit):
        monkeypatch.setattr("sys.argv", ["ocr-core", *words])
        monkeypatch.chdir(tmp_path)
        cli.main()

    assert Settings.from_recipe(recipe.read_bytes()) == app.session_state.settings


def test_the_python_shown_makes_the_same_settings(app):
    knob(app, "margin").set_value(20).run()
    knob(app, "denoise").set_value("median").run()
    [line] = [c.value for c in app.code if c.value.startswith("settings = ")]

    known = {"Settings": Settings}
    exec(line, known)

    assert known["settings"] == app.session_state.settings


@pytest.mark.needs_tesseract
def test_compare_sums_up_both_readings_and_links_their_pictures(app):
    upload(app, fox__png=png(FOX))
    app.switch_page("views/compare.py").run()
    app.selectbox(key="recipe_B").select("photo").run()
    rerun_until(app, lambda app: app.dataframe)

    table = app.dataframe[0].value
    assert table[""].tolist() == ["A", "B"]
    assert table["words"].tolist() == [9, 9]
    assert table["words a dictionary knows (%)"].tolist() == pytest.approx([100, 100])
    shown = json.loads(app.dataframe[0].proto.columns)
    formats = {
        n: each.get("type_config", {}).get("format") for n, each in shown.items()
    }
    assert formats == {
        "_index": None,
        "mean confidence": "%.1f",
        "words a dictionary knows (%)": "%.1f",
        "quality": "%.2f",
        "seconds": "%.1f",
    }
    for letter in "AB":
        assert component(app, f"viewer_{letter}")["link"] == "compare"


@pytest.mark.needs_tesseract
def test_the_language_is_found_while_none_is_chosen(run_app):
    app = run_app()
    assert flat(app)["language"] == "auto"

    knob(app, "language").set_value(["eng"]).run()
    assert flat(app)["language"] == "eng"

    knob(app, "language").set_value([]).run()
    assert flat(app)["language"] == "auto"


@pytest.mark.needs_tesseract
def test_a_link_that_names_auto_finds_the_language(run_app):
    app = run_app()
    app.query_params["knob_language"] = "auto"
    app.run()

    assert flat(app)["language"] == "auto"
    assert not app.exception
