"""Messages: sentences that know what they were made of.

A message is the finished English sentence, so that every program can print, compare and
store it as any text. Beside that it keeps its template and its values, so that a front
end which speaks another language fills the values into its own sentence and need not
take the English one apart.
"""

import re
from collections.abc import Sequence
from typing import SupportsIndex

BLANK = re.compile(r"\{(\d)\}")


def filled_in(template: str, values: Sequence[str]) -> str:
    """Return a template with a value in each numbered blank, ``{0}`` to ``{9}``."""
    if not values:
        return str(template)
    return BLANK.sub(lambda blank: values[int(blank[1])], template)


class Message(str):
    """An English sentence with the template and the values that it was made of.

    A value may be a message itself, which is put into other languages too.
    """

    __slots__ = ("template", "values")
    template: str
    values: tuple[str, ...]

    def __new__(cls, template: str, *values: object) -> "Message":
        """Fill values into the numbered blanks of a template."""
        if isinstance(template, Message) and not values:
            return template
        words = tuple(
            each if isinstance(each, Message) else str(each) for each in values
        )
        message = super().__new__(cls, filled_in(template, words))
        message.template, message.values = str(template), words
        return message

    def __reduce__(self) -> tuple[type["Message"], tuple[str, ...]]:
        return Message, (self.template, *self.values)

    def replace(self, old: str, new: str, count: SupportsIndex = -1, /) -> str:
        """Replace text; what stands within the values alone leaves a message."""
        text = super().replace(old, new, count)
        values = (value.replace(old, new) for value in self.values)
        message = Message(self.template, *values)
        return message if message == text else text
