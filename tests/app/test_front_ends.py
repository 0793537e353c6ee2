"""Every front end has the same knobs, and the same settings give the same bytes."""

import json
import shutil
from contextlib import nullcontext

import click
import numpy as np
import pytest
from PIL import Image

from app.session import pools
from app.session.session import Session
from app.ui.downloads import exported
from app.workbench.tabs import step_label
from ocr_core.cli import cli
from ocr_core.engines.tesseract import installed_languages
from ocr_core.exports import FORMATS, tables
from ocr_core.knobs import knobs
from ocr_core.settings import Settings
from sample_images.drawing import draw_text_page
from sample_images.wear import tilt
from tests.support.app_driver import results_of, simulated
from tests.support.waiting import until

KNOBS = {knob.name: knob for knob in knobs(Settings)}
NAMES = list(KNOBS)
TEXT = "Seven small boats\nleft the harbour\nbefore the storm"
RECIPES = {
    "the defaults": {},
    "straightened and scaled": {"deskew": "on", "scale": "on", "scale_factor": 1.5},
    "black and white": {"binarize": "sauvola", "margin": 30, "psm": 6},
    "the system's program": {"engine": "pytesseract", "crop": "off", "oem": 1},
    "turned": {"rotate": "0", "angle": -3.0, "whitelist": "aebhlnorstu"},
}


@pytest.fixture(scope="module")
def sidebar():
    """The controls of the app's sidebar, each under its key."""
    app = simulated().run()
    assert not app.exception
    return {each.key: each for each in inside(app.sidebar) if getattr(each, "key", "")}


def inside(block):
    for child in block.children.values():
        yield child
        if hasattr(child, "children"):
            yield from inside(child)


@pytest.fixture(scope="module")
def scan(tmp_path_factory):
    """A page of three lines, slightly skewed."""
    page, _ = draw_text_page(TEXT, size=(640, 320))
    path = tmp_path_factory.mktemp("scans") / "harbour.png"
    Image.fromarray(tilt(np.asarray(page), 1.5)).save(path, dpi=(200, 200))
    return path


def test_the_command_line_has_a_flag_for_every_knob_in_their_order():
    flags = {
        option.opts[0]: option
        for option in cli.commands["read"].params
        if option.name in KNOBS
    }

    assert list(flags) == [knob.flag for knob in KNOBS.values()]
    for knob in KNOBS.values():
        kind = flags[knob.flag].type
        assert knob.help in flags[knob.flag].help
        if knob.choices:
            assert list(kind.choices) == [str(choice) for choice in knob.choices]
        elif knob.minimum is not None:
            assert isinstance(kind, click.IntRange | click.FloatRange)
            assert (kind.min, kind.max) == (knob.minimum, knob.maximum)


def test_the_list_of_knobs_in_json_is_whole(shell):
    listed = json.loads(shell("knobs", "--json").out)

    assert listed == json.loads(
        json.dumps([each.described() for each in KNOBS.values()])
    )


def test_the_table_of_pages_has_a_column_for_every_knob():
    assert tables.KNOB_NAMES == NAMES


def test_a_recipe_has_a_key_for_every_knob():
    assert list(json.loads(Settings().recipe())) == ["ocr_core", *NAMES]


def test_the_sidebar_has_a_control_for_every_knob(sidebar):
    shown = {key.removeprefix("knob_") for key in sidebar if key.startswith("knob_")}

    assert shown == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_control_shows_its_knob(sidebar, name):
    knob, control = KNOBS[name], sidebar[f"knob_{name}"]

    assert (control.label, control.help) == (knob.label, knob.help)
    if name == "language":
        codes = sorted(installed_languages().keys() - {"osd"})
        assert (len(control.options), control.value) == (len(codes), [])
        assert all(any(code in each for each in control.options) for code in codes)
    elif knob.choices:
        assert len(control.options) == len(knob.choices)
        assert control.value == knob.default
    elif knob.minimum is not None:
        assert (control.min, control.max) == (knob.minimum, knob.maximum)
        assert (control.step, control.value) == (knob.step, knob.default)
    else:
        assert control.value == knob.default


@pytest.fixture
def one_pool(monkeypatch, pool):
    """Have the app and the command line read with the same workers."""
    monkeypatch.setattr("ocr_core.processes.pool.Pool", lambda *_: nullcontext(pool))
    monkeypatch.setattr(pools, "page_pool", lambda: pool)
    monkeypatch.setattr(pools, "picture_pool", lambda: pool)


@pytest.mark.large
@pytest.mark.needs_tesseract
@pytest.mark.parametrize("recipe", RECIPES)
def test_app_and_command_line_give_the_same_words_to_the_byte(
    shell, one_pool, scan, tmp_path, recipe
):
    settings = Settings.from_flat(RECIPES[recipe])
    if settings.recognition.engine == "pytesseract" and not shutil.which("tesseract"):
        pytest.skip("the tesseract program is not installed")
    (tmp_path / "recipe.json").write_text(settings.recipe())

    call = shell("read", scan, "--recipe", tmp_path / "recipe.json", "--to", "words")
    downloaded = downloads(scan, settings)

    assert call.code == 0
    assert call.out.count(b"\n") > 3
    assert downloaded == call.out


def downloads(scan, settings):
    """Read a page as the app does, and return what it offers as words.csv."""
    session = Session()
    try:
        session.add("one", scan.name, scan.read_bytes())
        run = session.read_all(settings)
        until(lambda: not run.busy)
        assert not run.fault
        return exported(results_of(session), FORMATS["words"])
    finally:
        session.close()


def test_the_step_against_show_through_has_the_label_of_its_knob():
    assert step_label("bleed") == "Show-through"
    assert step_label("text layer") == "Text layer"
