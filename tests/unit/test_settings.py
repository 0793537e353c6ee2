import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr_core.errors import SettingsError
from ocr_core.settings import FIRST_KNOBS, Settings
from ocr_core.version import ocr_core_version
from tests.support.strategies import EVERY, flat_settings, outside


@given(flat_settings())
def test_settings_come_back_whole_from_flat_names_and_from_a_recipe(flat):
    settings = Settings.from_flat(flat)

    assert {name: settings.flat()[name] for name in flat} == flat
    assert Settings.from_flat(settings.flat()) == settings
    assert Settings.from_recipe(settings.recipe()) == settings
    assert Settings.from_recipe(settings.recipe()).digest == settings.digest


@given(flat_settings(), flat_settings())
def test_different_settings_have_different_digests(one, other):
    first, second = Settings.from_flat(one), Settings.from_flat(other)

    same = first.flat() == second.flat()

    assert (first.digest == second.digest) is same


@given(st.data())
def test_a_value_out_of_its_bounds_is_refused_by_name(data):
    knob = data.draw(st.sampled_from(EVERY))
    value = data.draw(outside(knob))

    with pytest.raises(SettingsError) as refusal:
        Settings.from_flat({knob.name: value})

    assert knob.name in refusal.value.message


def test_flat_names_come_in_the_order_of_declaration():
    assert list(Settings().flat()) == [knob.name for knob in EVERY]


def test_what_is_left_out_keeps_its_default():
    assert Settings.from_flat({}) == Settings()
    assert Settings().flat() == {knob.name: knob.default for knob in EVERY}


def test_an_unknown_name_is_refused():
    with pytest.raises(SettingsError, match="Unknown setting: brightnes"):
        Settings.from_flat({"brightnes": 3})


@pytest.mark.parametrize(
    ("flat", "wanted"),
    [
        ({"rotate": 90}, "90"),
        ({"psm": "6"}, 6),
        ({"dpi": "150"}, 150),
        ({"angle": "2.5"}, 2.5),
    ],
)
def test_numbers_and_their_spelling_mean_the_same(flat, wanted):
    [name] = flat

    assert Settings.from_flat(flat).flat()[name] == wanted


def test_a_long_wrong_value_is_reported_in_short():
    with pytest.raises(SettingsError) as refusal:
        Settings.from_flat({"whitelist": "a b" * 1000})

    assert len(refusal.value.message) < 200


@pytest.mark.parametrize(
    "language",
    [
        "../../etc/passwd",
        "eng+",
        "+eng",
        "eng deu",
        "eng;deu",
        "-l eng",
        "/tmp/own",
        "eng\n",
        "eng+../own",
        "a/b/c",
        "",
    ],
)
def test_a_language_is_a_code_and_never_a_path_or_an_option(language):
    with pytest.raises(SettingsError, match="language cannot be"):
        Settings.from_flat({"language": language})


@pytest.mark.parametrize(
    ("flat", "message"),
    [
        (
            {"language": "eng deu"},
            "language cannot be 'eng deu': it is not codes joined by +.",
        ),
        (
            {"whitelist": "a b"},
            "whitelist cannot be 'a b': it is not characters without spaces.",
        ),
        (
            {"dpi": 9},
            "dpi cannot be 9: input should be greater than or equal to 72.",
        ),
    ],
)
def test_a_refusal_is_reported_in_words(flat, message):
    with pytest.raises(SettingsError) as refusal:
        Settings.from_flat(flat)

    assert refusal.value.message == message


def test_a_recipe_names_the_version_that_wrote_it():
    recipe = json.loads(Settings().recipe())

    assert recipe.pop("ocr_core") == ocr_core_version()
    assert recipe == Settings().flat()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[1, 2]",
        "7",
        "null",
        '"eng"',
        "[" * 50_000,
        b"\xff\xfe{",
        " " * 200_000,
    ],
    ids=lambda text: repr(text[:8]),
)
def test_what_is_no_recipe_is_refused(text):
    with pytest.raises(SettingsError):
        Settings.from_recipe(text)


def test_a_recipe_with_an_unknown_key_is_refused():
    with pytest.raises(SettingsError, match="brightnes"):
        Settings.from_recipe('{"brightnes": 3}')


def test_a_recipe_is_read_from_a_file(tmp_path):
    path = tmp_path / "recipe.json"
    path.write_text('{"psm": 6}')

    assert Settings.load(path) == Settings.from_flat({"psm": 6})


@pytest.mark.parametrize("name", ["missing.json", "."])
def test_a_recipe_that_cannot_be_opened_is_named(tmp_path, name):
    with pytest.raises(SettingsError, match="cannot be opened"):
        Settings.load(tmp_path / name)


@pytest.mark.parametrize(
    "row", [{"margin": "10"}, {"angle": True}, {"psm": True}, {"language": 3}]
)
def test_a_recipe_tells_numbers_from_text(row):
    with pytest.raises(SettingsError, match="cannot be"):
        Settings.from_recipe(json.dumps(row))


def test_a_refusal_is_short_whatever_it_names():
    with pytest.raises(SettingsError) as error:
        Settings.from_flat({f"{n} has {'has ' * 999}": n for n in range(99)})

    assert len(error.value.message) < 400


def test_a_recipe_of_the_first_version_keeps_its_digest():
    first = {name: Settings().flat()[name] for name in FIRST_KNOBS}

    as_of_then = json.dumps(first, sort_keys=True, ensure_ascii=False).encode()

    assert Settings().digest == hashlib.sha256(as_of_then).hexdigest()[:16]
