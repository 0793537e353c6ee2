"""Handouts: files that are made on disk when they are asked for, and then streamed.

A button asks the server to make the file, under a name that only its session knows,
and fetches it when it is whole. So a corpus of any size leaves without filling memory,
and what went wrong is said beside the button.
"""

import logging
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2.bidi_component import ComponentResult

from ocr_core.errors import OcrError

from ..i18n import gettext

HERE = Path(__file__).parents[1] / "viewer"


@dataclass(frozen=True)
class PromisedFile:
    """A file to be had: what makes it at a path, and what it is called then.

    `make` returns sentences that the reader should know of the file, or None.
    """

    make: Callable[[Path], Sequence[str] | None]
    file_name: str
    media: str


class PromisedFiles:
    """What is promised to browsers, and files that wait to be fetched."""

    def __init__(self) -> None:
        self._promised: dict[str, tuple[Path, PromisedFile]] = {}
        self._ready: dict[str, tuple[Path, PromisedFile]] = {}
        self._lock = threading.Lock()

    def promise(self, name: str, folder: Path, handout: PromisedFile) -> None:
        """Have a file made in a folder as soon as somebody asks for it by name."""
        with self._lock:
            self._promised[name] = folder, handout

    def make(self, name: str) -> tuple[str, Sequence[str]] | None:
        """Make a file; return the name under which it waits, and notes on it.

        None where no such file was promised.

        Raises
        ------
        OcrError
            Where it cannot be made.
        """
        with self._lock:
            promised = self._promised.get(name)
        if promised is None:
            return None
        folder, handout = promised
        ready = secrets.token_hex(20)
        path = folder / f"handout_{ready}"
        try:
            notes = handout.make(path) or ()
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        with self._lock:
            if name in self._promised:
                self._ready[ready] = path, handout
                return ready, notes
        path.unlink(missing_ok=True)  # its session has ended meanwhile
        return None

    def folder(self, name: str) -> Path | None:
        """Return where a promised file will lie; a session has one folder."""
        with self._lock:
            folder, _ = self._promised.get(name, (None, None))
        return folder

    def look(self, ready: str) -> tuple[Path, PromisedFile] | None:
        """Return a file that was made, and have it wait on."""
        with self._lock:
            return self._ready.get(ready)

    def take(self, ready: str) -> tuple[Path, PromisedFile] | None:
        """Return a file that was made; it is given once."""
        with self._lock:
            return self._ready.pop(ready, None)

    def drop(self, folder: Path) -> None:
        """Forget what was promised or made in a folder: it holds its session alive."""
        with self._lock:
            self._promised = {
                name: each for name, each in self._promised.items() if each[0] != folder
            }
            self._ready = {
                name: each
                for name, each in self._ready.items()
                if each[0].parent != folder
            }


PROMISED_FILES = PromisedFiles()

HTML = '<div class="handouts"></div>'
CALLS = (HERE / "lifecycle.js").read_text(encoding="utf-8")
SCRIPT = (
    """
async function fetchFile(button, { url, label }, data, told) {
  button.disabled = true;
  button.dataset.busy = "true";
  told.textContent = data.preparing;
  try {
    const answer = await fetch(url, { method: "POST" });
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(said.error ?? data.failed);
    const link = document.createElement("a");
    link.href = said.url;
    link.download = "";
    link.click();
    told.textContent = said.notes.join(" ");
  } catch (error) {
    const reason = error instanceof TypeError ? data.failed : error.message;
    told.textContent = `${label}: ${reason}`;
  } finally {
    button.disabled = false;
    delete button.dataset.busy;
  }
}

function build(box, data) {
  const told = document.createElement("p");
  told.setAttribute("role", "status");
  const buttons = data.files.map((file) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = file.label;
    button.title = file.help;
    button.classList.toggle("primary", file.primary);
    button.addEventListener("click", () => fetchFile(button, file, data, told));
    return button;
  });
  const row = document.createElement("div");
  row.className = "row";
  row.append(...buttons);
  box.replaceChildren(row, told);
}

export default lastCallWins({
  draw({ data, parentElement }) {
    const box = parentElement.querySelector(".handouts");
    const name = JSON.stringify(data);
    if (box.dataset.name === name) return;
    box.dataset.name = name;
    build(box, data);
  },
});
"""
    + CALLS
)
STYLE = """
.handouts { font-family: var(--st-font); color: var(--st-text-color); }
.row { display: flex; flex-wrap: wrap; gap: 0.5rem 0.75rem; }
button {
  min-height: 2.5rem;
  padding: 0.25rem 0.75rem;
  border: 1px solid var(--st-border-color, #8884);
  border-radius: var(--st-button-radius, 0.4rem);
  background: var(--st-background-color);
  color: inherit;
  font: inherit;
  font-size: 0.875rem;
  cursor: pointer;
}
button::before { content: "\\2193\\00a0\\00a0"; content: "\\2193\\00a0\\00a0" / ""; }
button:hover { border-color: var(--st-primary-color); color: var(--st-primary-color); }
button:focus-visible {
  outline: 2px solid var(--st-primary-color);
  outline-offset: 2px;
}
button[data-busy] { cursor: progress; opacity: 0.6; }
.primary, .primary:hover {
  border-color: var(--st-primary-color);
  background: var(--st-primary-color);
  color: light-dark(#fff, #0e1117);
}
p { margin: 0.4rem 0 0; font-size: 0.875rem; }
p:empty { display: none; }
"""

_component = st.components.v2.component("handouts", html=HTML, css=STYLE, js=SCRIPT)


@dataclass(frozen=True)
class FileButton:
    """A button of the row: its name, what it hands out, and what that is."""

    label: str
    name: str
    handout: PromisedFile
    help: str
    primary: bool = False


def offer_files(
    offers: Sequence[FileButton], folder: Path, *, key: str
) -> ComponentResult:
    """Show a button for each file; it is made when its button is pressed."""
    for offer in offers:
        PROMISED_FILES.promise(offer.name, folder, offer.handout)
    return _component(
        key=key,
        height="content",
        data={
            "files": [
                {
                    "label": offer.label,
                    "url": f"/file/{offer.name}",
                    "help": offer.help,
                    "primary": offer.primary,
                }
                for offer in offers
            ],
            "preparing": gettext("The file is being made…"),
            "failed": gettext("The server gave no answer. Try again."),
        },
    )


def made(name: str) -> tuple[int, dict[str, Any]]:
    """Make a promised file; return the status and the answer for the browser."""
    try:
        file = PROMISED_FILES.make(name)
    except OcrError as error:
        return 409, {"error": str(error)}
    except Exception:
        logging.getLogger(__name__).exception("A file could not be made.")
        return 500, {"error": "An unexpected fault stopped the file."}
    if file is None:
        return 404, {"error": "The page is out of date. Reload it."}
    ready, notes = file
    return 200, {"url": f"/file/{ready}", "notes": list(notes)}
