"""Difference: two texts merged into one, with what differs marked, to be clicked."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from ocr_core.text.evaluate import Normalization, aligned, characters_of

from ..i18n import gettext

CALLS = Path(__file__).with_name("lifecycle.js").read_text(encoding="utf-8")
LETTERS = Normalization(characters="graphemes")  # a letter and its marks stay together
Part = dict[str, Any]

# Recognized text is untrusted: set textContent only, never HTML.
SCRIPT = (
    """
function textOf(tag, pieces) {
  const element = document.createElement(tag);
  for (const [text, differs] of pieces) {
    const piece = document.createElement(differs ? "b" : "span");
    piece.textContent = text;
    element.append(piece);
  }
  return element;
}

function change({ first, second, title }, index) {
  const element = document.createElement("span");
  element.className = "change";
  element.dataset.i = index;
  element.title = title;
  element.role = "button";
  element.tabIndex = 0;
  if (first.length) element.append(textOf("del", first));
  if (first.length && second.length) element.append(" ");
  if (second.length) element.append(textOf("ins", second));
  return element;
}

function build(box, parts) {
  const found = document.createDocumentFragment();
  parts.forEach((part, index) => {
    found.append(part.text === undefined ? change(part, index) : part.text, " ");
  });
  box.replaceChildren(found);
}

function mark(box, selected) {
  box.querySelector(".selected")?.classList.remove("selected");
  box.querySelector(`[data-i="${selected}"]`)?.classList.add("selected");
}

export default lastCallWins({
  draw({ data, parentElement, setTriggerValue }) {
    const box = parentElement.querySelector(".difference");
    box.setAttribute("aria-label", data.name);
    const parts = JSON.stringify(data.parts);
    if (parts !== box.parts) build(box, data.parts); // else the focus would be lost
    box.parts = parts;
    mark(box, data.selected);
    const pick = (target) => {
      const index = target.closest(".change")?.dataset.i;
      if (index === undefined) return;
      mark(box, index);
      setTriggerValue("picked", Number(index));
    };
    box.onclick = ({ target }) => String(getSelection()) || pick(target);
    box.onkeydown = (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      pick(event.target);
    };
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
.change { cursor: pointer; border-radius: 0.2rem; }
.change.selected { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
del { background: rgba(213, 94, 0, 0.2); text-decoration: line-through; }
ins { background: rgba(0, 114, 178, 0.2); text-decoration: underline; }
b { font-weight: inherit; }
del b { background: rgba(213, 94, 0, 0.35); }
ins b { background: rgba(0, 114, 178, 0.35); }
"""

_component = st.components.v2.component(
    "page_difference",
    html='<div class="difference" dir="auto" tabindex="0" role="region"></div>',
    css=STYLE,
    js=SCRIPT,
)


def equal(text: str) -> Part:
    """Return a part that is the same in both texts."""
    return {"text": text}


def changed(first: str, second: str, title: str = "") -> Part:
    """Return a part that differs, with the characters that do marked.

    `title` is shown where the pointer rests on it.
    """
    one, other = (characters_of(text, LETTERS) for text in (first, second))
    pieces: tuple[list[tuple[str, bool]], ...] = ([], [])
    for span in aligned(one, other):
        differs = span.kind != "equal"
        for text, found in zip(
            (one[span.start : span.end], other[span.read_start : span.read_end]),
            pieces,
            strict=True,
        ):
            if text:
                found.append(("".join(text), differs))
    return {"first": pieces[0], "second": pieces[1], "title": title}


def picked_part(parts: Sequence[Part], *, key: str, revision: str) -> int | None:
    """Show two texts as one; return the index of the difference clicked last.

    Each part is made by `equal` or `changed`. A change of `revision`, which names the
    texts, forgets the click.
    """
    name = f"{key}_picked"

    def keep() -> None:
        """Keep a click before the script runs, which may be interrupted."""
        if (now := st.session_state[key].picked) is not None:
            st.session_state[name] = revision, int(now)

    before, selected = st.session_state.get(name, ("", None))
    if before != revision or selected not in range(len(parts)):
        selected = None
    _component(
        key=key,
        data={
            "parts": list(parts),
            "selected": selected,
            "name": gettext("Both readings"),
        },
        on_picked_change=keep,
    )
    return selected
