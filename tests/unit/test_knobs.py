import json

import pytest
from pydantic import ValidationError

from ocr_core.knobs import Group, Switch, knob, knobs
from ocr_core.settings import Settings

EVERY = list(knobs(Settings))
NAMES = [each.name for each in EVERY]

# Scripts rely on these; more may join.
PROMISED = (
    "language engine psm oem whitelist dpi rotate angle deskew deskew_limit scale "
    "scale_factor scale_x_height crop margin invert flatten contrast contrast_limit "
    "denoise denoise_strength binarize binarize_window binarize_k"
).split()


class Lamp(Group):
    lamp: Switch = knob("auto", "Light the page.")
    lamp_power: float = knob(
        2.0, "How bright.", ge=1, le=5, step=0.5, unit="W", when={"lamp": ("on",)}
    )
    psm: int = knob(3, "How to segment.", ge=0, le=13)


def test_a_knob_is_read_from_its_declaration():
    power = list(knobs(Lamp))[1]

    assert (power.name, power.kind, power.default) == ("lamp_power", float, 2.0)
    assert (power.minimum, power.maximum, power.step, power.unit) == (1, 5, 0.5, "W")
    assert power.help == "How bright."
    assert power.flag == "--lamp-power"
    assert power.label == "Lamp power (W)"
    assert power.bounds == "1 to 5 W"


def test_a_switch_is_a_choice_of_three():
    [lamp, *_] = knobs(Lamp)

    assert lamp.choices == ("off", "auto", "on")
    assert lamp.bounds == "off auto on"


def test_an_abbreviation_keeps_its_capitals_in_a_label():
    assert list(knobs(Lamp))[2].label == "PSM"


@pytest.mark.parametrize(("lamp", "is_active"), [("on", True), ("auto", False)])
def test_a_knob_is_inactive_where_it_has_no_effect(lamp, is_active):
    power = list(knobs(Lamp))[1]

    assert power.is_active({"lamp": lamp}) is is_active


def test_the_knobs_of_inner_groups_come_in_the_order_of_declaration():
    class Building(Group):
        cellar: Lamp = Lamp()

    assert [(each.section, each.name) for each in knobs(Building)] == [
        ("cellar", "lamp"),
        ("cellar", "lamp_power"),
        ("cellar", "psm"),
    ]


def test_a_group_cannot_be_changed():
    with pytest.raises(ValidationError):
        Lamp().lamp = "on"


def test_the_knobs_that_scripts_rely_on_are_there():
    assert set(PROMISED) <= set(NAMES)


def test_no_two_knobs_share_a_name():
    assert len(NAMES) == len(set(NAMES))


@pytest.mark.parametrize("each", EVERY, ids=NAMES)
def test_every_knob_says_what_it_does_in_whole_sentences(each):
    assert each.help[0].isupper()
    assert each.help.endswith(".")


@pytest.mark.parametrize("each", EVERY, ids=NAMES)
def test_every_number_has_bounds_and_a_default_within_them(each):
    if each.kind in (int, float) and not each.choices:
        assert each.minimum <= each.default <= each.maximum
        assert 0 < each.step <= each.maximum - each.minimum
    elif each.choices:
        assert each.default in each.choices
    else:
        assert each.kind in (str, bool)


@pytest.mark.parametrize("each", EVERY, ids=NAMES)
def test_every_condition_names_knobs_and_values_that_exist(each):
    known = {other.name: other for other in EVERY}

    for name, values in each.when.items():
        assert set(values) <= set(known[name].choices)
        assert NAMES.index(name) < NAMES.index(each.name)


@pytest.mark.parametrize("each", EVERY, ids=NAMES)
def test_every_knob_can_be_described_in_json(each):
    described = json.loads(json.dumps(each.described()))

    assert (described["name"], described["default"]) == (each.name, each.default)
