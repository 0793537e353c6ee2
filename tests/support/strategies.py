"""Strategies: random settings, drawn from what the knobs declare."""

from typing import Any

from hypothesis import strategies as st

from ocr_core.knobs import Knob, knobs
from ocr_core.settings import Settings

CODE = st.from_regex(r"[A-Za-z0-9_]{1,8}(/[A-Za-z0-9_]{1,8})?", fullmatch=True)
TEXTS = {
    "language": st.lists(CODE, min_size=1, max_size=4).map("+".join),
    "whitelist": st.from_regex(r"[!-~äöüß€]{0,30}", fullmatch=True),
}
EVERY = list(knobs(Settings))


def values_of(knob: Knob) -> st.SearchStrategy[Any]:
    """Return a strategy for the values that a knob can take."""
    if knob.choices:
        return st.sampled_from(knob.choices)
    if knob.kind is bool:
        return st.booleans()
    if knob.kind is int:
        return st.integers(int(knob.minimum), int(knob.maximum))
    if knob.kind is float:
        return st.floats(knob.minimum, knob.maximum)
    return TEXTS[knob.name]


def flat_settings() -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy for some settings by flat name, the others left out."""
    return st.fixed_dictionaries(
        {}, optional={knob.name: values_of(knob) for knob in EVERY}
    )


def outside(knob: Knob) -> st.SearchStrategy[Any]:
    """Return a strategy for values that a knob must refuse."""
    nothings = st.sampled_from([None, [], {}, "nothing", "\0", float("nan")])
    if knob.choices:
        return st.one_of(nothings, st.just("sideways"), st.just(99))
    if knob.kind in (int, float):
        below = st.floats(max_value=knob.minimum - 0.5, allow_nan=False)
        above = st.floats(min_value=knob.maximum + 0.5, allow_nan=False)
        return st.one_of(nothings, below, above)
    return st.sampled_from([None, [], 7, "a b", "\n", "x" * 201, "../etc/passwd\0"])
