"""Difference: two OCR results merged into one text, with differences marked."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2.bidi_component import ComponentResult

from ..i18n import gettext

CALLS = Path(__file__).with_name("lifecycle.js").read_text(encoding="utf-8")

# Recognized text is untrusted: set textContent only, never HTML.
SCRIPT = (
    """
function piece(tag, words) {
  const element = document.createElement(tag);
  element.textContent = words.map(([text]) => text).join(" ");
  element.title = words.map(([text, conf]) => `${text}: ${conf} %`).join("\\n");
  return element;
}

export default lastCallWins({
  draw({ data, parentElement }) {
    const box = parentElement.querySelector(".difference");
    box.setAttribute("aria-label", data.name);
    const parts = document.createDocumentFragment();
    for (const { kind, first, second } of data.parts) {
      if (kind === "equal") parts.append(piece("span", first), " ");
      else {
        if (first.length) parts.append(piece("del", first), " ");
        if (second.length) parts.append(piece("ins", second), " ");
      }
    }
    box.replaceChildren(parts);
  },
});
"""
    + CALLS
)
STYLE = """
.difference {
  max-height: 26rem;
  overflow: auto;
  padding: 0.75rem 1rem;
  font-family: var(--st-font);
  line-height: 1.7;
  color: var(--st-text-color);
  background: var(--st-secondary-background-color);
  border-radius: var(--st-base-radius, 0.5rem);
}
del { background: rgba(213, 94, 0, 0.25); text-decoration: line-through; }
ins { background: rgba(0, 114, 178, 0.25); text-decoration: underline; }
"""

_component = st.components.v2.component(
    "page_difference",
    html='<div class="difference" dir="auto" tabindex="0" role="region"></div>',
    css=STYLE,
    js=SCRIPT,
)


def difference(parts: Sequence[dict[str, Any]], *, key: str) -> ComponentResult:
    """Show the merged text of two results; hovering over a word shows its confidence.

    Each part has a `kind` (``equal`` or a kind of difference), and the words of the
    `first` and the `second` result as pairs of text and confidence.
    """
    return _component(
        key=key, data={"parts": list(parts), "name": gettext("Both readings")}
    )
