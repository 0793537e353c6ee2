"""Messages: English sentences that keep their template and values for translation.

A message is a `str` with the finished English sentence, so it can be printed, compared
and stored like any text. It also keeps its template and its values, so that a user
interface can translate the template and fill in the values.
"""

import json
import re
from collections.abc import Sequence
from typing import Any, SupportsIndex

BLANK = re.compile(r"\{(\d)\}")


def filled_in(template: str, values: Sequence[str]) -> str:
    """Return a template with a value for each placeholder, ``{0}`` to ``{9}``."""
    if not values:
        return str(template)
    return BLANK.sub(lambda blank: values[int(blank[1])], template)


class Message(str):
    """An English sentence with the template and the values it was created from.

    A value may itself be a message, which is translated too.
    """

    __slots__ = ("template", "values")
    template: str
    values: tuple[str, ...]

    def __new__(cls, template: str, *values: object) -> "Message":
        """Fill values into the numbered placeholders of a template."""
        if isinstance(template, Message) and not values:
            return template
        words = tuple(
            each if isinstance(each, Message) else str(each) for each in values
        )
        message = super().__new__(cls, filled_in(template, words))
        message.template, message.values = str(template), words
        return message

    def __str__(self) -> "Message":
        return self  # str() of it stays translatable

    def __reduce__(self) -> tuple[type["Message"], tuple[str, ...]]:
        return Message, (self.template, *self.values)

    def replace(self, old: str, new: str, count: SupportsIndex = -1, /) -> str:
        """Replace text; the result is a message if only values contain the text."""
        text = super().replace(old, new, count)
        values = (value.replace(old, new) for value in self.values)
        message = Message(self.template, *values)
        return message if message == text else text

    def as_json(self) -> str:
        """Return template and values as a JSON list; nested messages become lists."""
        return json.dumps(_parts(self))


def restored(text: str, parts: str) -> str:
    """Return a stored text as a message if its stored template and values match it.

    Files of earlier versions have no stored parts; damaged parts are ignored.
    """
    try:
        message = _message(json.loads(parts)) if parts else text
    except (ValueError, TypeError, IndexError, RecursionError):
        return text
    return message if message == text else text


def _parts(message: Message) -> list[Any]:
    values = (_parts(v) if isinstance(v, Message) else v for v in message.values)
    return [message.template, *values]


def _message(parts: list[Any]) -> Message:
    values = [_message(part) if isinstance(part, list) else part for part in parts]
    if not isinstance(values[0], str):
        raise TypeError("A template is a text.")
    return Message(*values)
