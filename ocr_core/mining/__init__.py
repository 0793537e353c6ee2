"""Mining: counts over the tokens of a corpus, as pure functions.

`Tokens` is a corpus as columns, `Selection` the tokens that a filter keeps, and every
view is a function of a selection that returns a table.
"""

from ocr_core.mining.filter import Filter
from ocr_core.mining.selection import Selection, select
from ocr_core.mining.tokens import Tokens

__all__ = ["Filter", "Selection", "Tokens", "select"]
