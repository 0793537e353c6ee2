"""Mining: what a corpus says, counted; pure functions over its tokens.

`Tokens` is a corpus as columns, `Selection` what a filter leaves of it, and every view
is a function of a selection that returns a table.
"""

from ocr_core.mining.selection import Filter, Selection, select
from ocr_core.mining.tokens import Tokens

__all__ = ["Filter", "Selection", "Tokens", "select"]
