"""Settings: the values of all knobs in one object; saved, they are a recipe."""

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ocr_core.engines import Recognition
from ocr_core.errors import SettingsError
from ocr_core.imaging.steps import Preprocess
from ocr_core.knobs import Group, Knob, knobs
from ocr_core.messages import Message
from ocr_core.version import ocr_core_version

RECIPE_BYTES = 100_000
VERSION_KEY = "ocr_core"
# Knobs of version 0.1.0, in the order of their columns: part of every digest.
FIRST_KNOBS = tuple(
    """
    language engine psm oem whitelist second_opinion opinion_budget dpi invert
    denoise denoise_strength rotate angle crop deskew deskew_limit bleed flatten
    contrast contrast_limit scale scale_factor scale_x_height binarize
    binarize_window binarize_k margin
    """.split()
)
KINDS = {
    int: Message("a whole number"),
    float: Message("a number"),
    str: Message("text"),
}
SPELT = {
    "language": Message("codes joined by +"),
    "whitelist": Message("characters without spaces"),
}


class Settings(Group):
    """What to do to a page and how to read it: frozen, hashable, JSON in and out."""

    recognition: Recognition = Recognition()
    preprocess: Preprocess = Preprocess()

    def flat(self) -> dict[str, Any]:
        """Return the values under their flat names, in the order of declaration."""
        row: dict[str, Any] = {}
        _flatten(self, row)
        return row

    @classmethod
    def from_flat(cls, row: Mapping[str, Any]) -> "Settings":
        """Build settings from flat names; what `row` leaves out keeps its default.

        Raises
        ------
        SettingsError
            If a knob is unknown or has an invalid value; the message names it.
        """
        known = {knob.name: knob for knob in knobs(cls)}
        unknown = [_cut(str(name)) for name in row if name not in known]
        if unknown:
            raise SettingsError(
                "Unknown setting: {0}.",
                ", ".join(unknown[:5]),
                hint="ocr-core knobs lists all settings.",
            )
        values = {name: _as_declared(known[name], value) for name, value in row.items()}
        try:
            return cls.model_validate(_branch(cls, values))
        except ValidationError as error:
            first = error.errors()[0]
            name = str(first["loc"][-1])
            value, reason = _cut(repr(row.get(name))), first["msg"]
            reason = reason[0].lower() + reason[1:]
            if first["type"] == "string_pattern_mismatch":
                reason = Message("it is not {0}", SPELT[name])
            raise SettingsError(
                "{0} cannot be {1}: {2}.",
                name,
                value,
                reason,
                hint="ocr-core knobs shows what each setting can take.",
            ) from None

    @cached_property
    def digest(self) -> str:
        """Digest of all values: settings with the same digest give the same words.

        A knob added after the first version is included only if it differs from its
        default, so that earlier recipes keep their digests.
        """
        defaults = {knob.name: knob.default for knob in knobs(type(self))}
        counted = {
            name: value
            for name, value in self.flat().items()
            if name in FIRST_KNOBS or value != defaults[name]
        }
        text = json.dumps(counted, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def recipe(self) -> str:
        """Return the settings as a recipe: JSON of all values and this version."""
        return json.dumps(
            {VERSION_KEY: ocr_core_version(), **self.flat()},
            indent=2,
            ensure_ascii=False,
        )

    @classmethod
    def from_recipe(cls, text: str | bytes) -> "Settings":
        """Build settings from a recipe's text.

        Raises
        ------
        SettingsError
            If the text is not a recipe, or contains an invalid value.
        """
        try:
            if len(text) > RECIPE_BYTES:
                raise ValueError("too long")
            row = json.loads(text)
        except (ValueError, RecursionError):
            raise SettingsError(
                "The recipe is not valid JSON.",
                hint="Save one with: ocr-core read PAGE --save-recipe recipe.json",
            ) from None
        if not isinstance(row, dict):
            raise SettingsError("A recipe is a JSON object of settings by name.")
        row.pop(VERSION_KEY, None)
        for knob in knobs(cls):
            _check_type(knob, row.get(knob.name, knob.default))
        return cls.from_flat(row)

    @classmethod
    def load(cls, path: str | Path) -> "Settings":
        """Read a recipe file.

        Raises
        ------
        SettingsError
            If it cannot be opened, or is not a recipe.
        """
        try:
            with Path(path).open("rb") as file:
                return cls.from_recipe(file.read(RECIPE_BYTES + 1))
        except OSError as error:
            raise SettingsError(
                "The recipe {0} cannot be opened: {1}.", path, error.strerror
            ) from None


def _flatten(group: Group, row: dict[str, Any]) -> None:
    for name in type(group).model_fields:
        value = getattr(group, name)
        if isinstance(value, Group):
            _flatten(value, row)
        else:
            row[name] = value


def _branch(group: type[Group], values: Mapping[str, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name, field in group.model_fields.items():
        kind: Any = field.annotation
        if isinstance(kind, type) and issubclass(kind, Group):
            tree[name] = _branch(kind, values)
        elif name in values:
            tree[name] = values[name]
    return tree


def _check_type(knob: Knob, value: Any) -> None:
    """Reject "3" for 3 and true for 1: JSON, unlike a URL, has distinct types."""
    worded = isinstance(value, str) and not knob.choices and knob.kind is not str
    if worded or isinstance(value, bool):
        raise SettingsError(
            "{0} cannot be {1}: it is not {2}.",
            knob.name,
            json.dumps(value),
            KINDS[knob.kind],
            hint="ocr-core knobs shows what each setting can take.",
        )


def _as_declared(knob: Knob, value: Any) -> Any:
    """Convert 90 to "90" and "3" to 3, as the knob requires: URLs contain only text."""
    if isinstance(value, bool):
        return value
    for choice in knob.choices:
        if str(choice) == str(value):
            return choice
    return value


def _cut(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
