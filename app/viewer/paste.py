"""Paste: a picture pasted anywhere on the page goes to the file uploader."""

import streamlit as st
from streamlit.components.v2.bidi_component import ComponentResult

# The uploader takes a paste only while it has the focus; this hands it every other.
# The selector is Streamlit's own test id: where it changes, pasting falls silent and
# the uploader still works.
SCRIPT = """
const UPLOADER = "[data-testid=stFileUploader] input[type=file]";

function onPaste(event) {
  const files = [...(event.clipboardData?.files ?? [])];
  const input = document.querySelector(UPLOADER);
  const typing = event.target.closest?.("input[type=text], textarea");
  if (!files.length || !input || typing) return;
  const carrier = new DataTransfer();
  files.forEach((file) => carrier.items.add(file));
  input.files = carrier.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
  event.preventDefault();
}

let listening = 0;

export default function () {
  if (!listening) document.addEventListener("paste", onPaste);
  listening += 1;
  return () => {
    listening -= 1;
    if (!listening) document.removeEventListener("paste", onPaste);
  };
}
"""

_component = st.components.v2.component("paste_catcher", js=SCRIPT)


def paste_catcher(*, key: str) -> ComponentResult:
    """Listen for pictures pasted anywhere on the page; shows nothing itself."""
    return _component(key=key, height="content")
