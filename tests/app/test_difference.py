"""Two texts shown as one: which characters are marked."""

import pytest

from app.viewer.difference import changed


@pytest.mark.parametrize(
    ("first", "second", "marked"),
    [
        (
            "(562)",
            "(132)",
            ([("(", 0), ("56", 1), ("2)", 0)], [("(", 0), ("13", 1), ("2)", 0)]),
        ),
        ("modern", "modem", ([("mode", 0), ("rn", 1)], [("mode", 0), ("m", 1)])),
        ("", "or", ([], [("or", 1)])),
        ("of", "", ([("of", 1)], [])),
        # An accent is part of its letter, whether composed or not.
        ("e\u0301te", "ete", ([("e\u0301", 1), ("te", 0)], [("e", 1), ("te", 0)])),
    ],
)
def test_the_characters_that_differ_are_marked(first, second, marked):
    part = changed(first, second)

    assert (part["first"], part["second"]) == marked
