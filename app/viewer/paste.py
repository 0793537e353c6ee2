"""Paste: images pasted anywhere go to the file uploader; large files are reported."""

from collections.abc import Callable

import streamlit as st
from streamlit.components.v2.bidi_component import ComponentResult

# The uploader accepts a paste only while it has the focus; this forwards all others.
# The selector is a test id of Streamlit: if it changes, pasting stops working, but the
# uploader still works. The uploader reports files that are too large only while it is
# on the screen, and it is replaced after it has received files.
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

let most = Infinity;
let tell = () => {};

function onFiles(event) {
  if (!event.target.closest?.("[data-testid=stFileUploader]")) return;
  const files = [...(event.dataTransfer?.files ?? event.target.files ?? [])];
  const large = files.filter((file) => file.size > most);
  if (!large.length) return;
  const named = large.map((file) => [file.name, file.size]);
  const others = files.filter((file) => file.size <= most).map((file) => file.name);
  tell({ files: named, others });
}

const LISTENERS = { paste: onPaste, drop: onFiles, change: onFiles };
let listening = 0;

export default function ({ data, setTriggerValue }) {
  most = data.most;
  tell = (what) => setTriggerValue("large", what);
  // In the capture phase, because the uploader clears its input afterwards.
  if (!listening)
    for (const [name, heard] of Object.entries(LISTENERS))
      document.addEventListener(name, heard, true);
  listening += 1;
  return () => {
    listening -= 1;
    if (!listening)
      for (const [name, heard] of Object.entries(LISTENERS))
        document.removeEventListener(name, heard, true);
  };
}
"""

_component = st.components.v2.component("paste_catcher", js=SCRIPT)


def paste_catcher(
    *, key: str, most_bytes: int, on_large: Callable[[], None]
) -> ComponentResult:
    """Listen for images pasted anywhere, and for files of more than `most_bytes`.

    The component is invisible. When `on_large` is called, `large` in its state has the
    names and sizes as `files`, and as `others` the names of those that are not too
    large.
    """
    return _component(
        key=key, data={"most": most_bytes}, height="content", on_large_change=on_large
    )
