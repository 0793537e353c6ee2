"""Leaders: dots that lead from the text at one end of a row to that at the other."""

import re
from collections.abc import Sequence

# The dots next to the number at the end of a line are read as if they touched it, and
# those next to the word before them.
TOUCHING = re.compile(r"(?<=\w)\.(?=(?:\s*\.)+\s*\d+$)|(?:(?<=\.)|(?<=\.\s))\.(?=\d+$)")
AT_START = re.compile(r"\s*(?:[.…·]\s*){2,}")
AT_END = re.compile(r"(?:\s*[.…·]){2,}\s*$")
LED = 0.4  # share of the lines beside a gutter that leaders end or begin


def parted(text: str) -> str:
    """Return a line with spaces where leaders touch its words."""
    return TOUCHING.sub(" ", text)


def lead_across(left: Sequence[str], right: Sequence[str]) -> bool:
    """Return whether leaders join the lines on two sides of a gutter to rows."""
    ends = sum(bool(AT_END.search(text)) for text in left)
    begins = sum(bool(AT_START.match(text)) for text in right)
    return ends >= LED * len(left) or begins >= LED * len(right)
