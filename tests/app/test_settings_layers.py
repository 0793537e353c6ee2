"""The two layers of settings: what everyone chooses, and all settings."""

from app.ui import widgets
from ocr_core.presets import PRESETS
from tests.support.app_driver import changes, knob


def said(app):
    return [each.value for each in app.caption if "further setting" in each.value]


def speed(app):
    [found] = [e for e in app.get("button_group") if e.key == "simple_speed"]
    return found


def test_speed_and_quality_set_the_knob_that_decides_it(app):
    assert speed(app).value == "auto"

    speed(app).set_value("off").run()

    assert changes(app) == {"second_opinion": "off"}
    assert said(app) == []

    knob(app, "second_opinion").set_value("on").run()

    assert speed(app).value == "on"


def test_what_is_changed_among_all_settings_is_said(app):
    knob(app, "margin").set_value(20).run()
    assert said(app) == ["1 further setting is changed: Margin (px)."]

    knob(app, "psm").set_value(6).run()
    assert said(app) == ["2 further settings are changed: PSM, Margin (px)."]

    app.button(key="reset").click().run()
    assert said(app) == []


def test_what_a_kind_of_page_sets_is_not_further(app):
    app.selectbox(key="preset").select("noisy scan").run()
    assert changes(app).keys() == PRESETS["noisy scan"].flat.keys()
    assert said(app) == []

    knob(app, "denoise").set_value("none").run()
    assert said(app) == ["1 further setting is changed: Denoise."]


def test_speed_is_no_kind_of_page(app):
    assert "Fast" not in app.selectbox(key="preset").options


def test_many_languages_at_once_are_warned_of(app, monkeypatch):
    codes = ["eng", "deu", "fra", "ind"]
    monkeypatch.setattr(widgets, "choosable_languages", lambda: codes)
    app.run()
    language = app.multiselect(key="knob_language")

    language.set_value(codes[:3]).run()
    assert not [each for each in app.warning if "languages at once" in each.value]
    language.set_value(codes).run()
    [warning] = [each for each in app.warning if "languages at once" in each.value]
    assert warning.value.startswith("4 languages at once")
