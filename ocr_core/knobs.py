"""Knobs: the settings of a user, declared once for every interface.

A knob is a field made with `knob()` on a `Group`; its flat name is the field's name.
Streamlit widgets, command-line flags, API parameters, CSV columns and the README's
table are generated from it, so a default or a bound is defined only once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field

Switch = Literal["off", "auto", "on"]
When = Mapping[str, tuple[Any, ...]]


class Group(BaseModel):
    """A frozen set of knobs that belong together."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def knob(
    default: Any,
    help: str,
    *,
    step: float = 1,
    unit: str = "",
    when: When | None = None,
    search: tuple[Any, ...] = (),
    words: str = "",
    title: str = "",
    simple: bool = False,
    **rules: Any,
) -> Any:
    """Declare one knob.

    Parameters
    ----------
    default
        The value until a user sets another one.
    help
        One sentence that describes the knob to the user.
    step, unit
        The step width of a slider, and the unit of the number.
    when
        Other knobs and the values under which this one has an effect.
    search
        Values to try when settings are tuned; empty if the knob is not tuned.
    words
        The knob's name in words, if it differs from the field's name.
    title
        The label on screens, if it differs from the name in words.
    simple
        Whether the knob is among the few that everyone sees first.
    **rules
        Bounds for pydantic, such as ``ge=`` and ``le=``.
    """
    look: Any = {"step": step, "unit": unit, "when": dict(when or {})}
    look |= {"search": search, "words": words, "title": title}
    look["simple"] = simple
    return Field(default, description=help, json_schema_extra=look, **rules)


@dataclass(frozen=True)
class Knob:
    """One knob as an interface sees it, independent of pydantic."""

    name: str
    section: str
    kind: type
    default: Any
    help: str
    minimum: float | None
    maximum: float | None
    step: float
    unit: str
    choices: tuple[Any, ...]
    when: When
    search: tuple[Any, ...]
    words: str
    title: str
    simple: bool

    @property
    def label(self) -> str:
        """The knob's name in words, with its unit; abbreviations stay capital."""
        words = self.title or self.words or self.name.replace("_", " ")
        words = words.upper() if len(words) == 3 else words.capitalize()
        known = self.unit.lower() in ("", words.lower())
        return words if known else f"{words} ({self.unit})"

    @property
    def flag(self) -> str:
        """The knob's name on a command line."""
        return "--" + (self.words or self.name).replace("_", "-").replace(" ", "-")

    @property
    def bounds(self) -> str:
        """The allowed values in words: the choices, or the lower and upper bound."""
        if self.choices:
            return " ".join(map(str, self.choices))
        if self.minimum is None:
            return "text"
        unit = f" {self.unit}" if self.unit else ""
        return f"{self.minimum:g} to {self.maximum:g}{unit}"

    def is_active(self, flat: Mapping[str, Any]) -> bool:
        """Return whether the knob has an effect together with the values in `flat`."""
        return all(flat.get(name) in values for name, values in self.when.items())

    def described(self) -> dict[str, Any]:
        """Return all properties of the knob as values that JSON can represent."""
        screens = ("words", "title", "simple")
        known = {
            key: value for key, value in asdict(self).items() if key not in screens
        }
        return {**known, "kind": self.kind.__name__, "when": dict(self.when)}


@cache
def knobs(group: type[Group]) -> tuple[Knob, ...]:
    """Return the knobs of `group` and of the groups inside it, as declared."""
    return tuple(_knobs(group))


def _knobs(group: type[Group], section: str = "") -> Iterator[Knob]:
    for name, field in group.model_fields.items():
        kind: Any = field.annotation
        if isinstance(kind, type) and issubclass(kind, Group):
            yield from _knobs(kind, name)
            continue
        choices = get_args(kind) if get_origin(kind) is Literal else ()
        rules = {
            key: getattr(rule, key)
            for rule in field.metadata
            for key in ("ge", "le")
            if hasattr(rule, key)
        }
        look: Any = field.json_schema_extra
        yield Knob(
            name=name,
            section=section,
            kind=type(choices[0]) if choices else kind,
            default=field.default,
            help=field.description or "",
            minimum=rules.get("ge"),
            maximum=rules.get("le"),
            choices=choices,
            **look,
        )
