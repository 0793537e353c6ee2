"""File buttons: buttons that create and download a file on the server."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.components.v2.bidi_component import ComponentResult

from ..i18n import gettext
from ..session.promised_files import PROMISED_FILES, PromisedFile

HERE = Path(__file__).parent
LIFECYCLE = HERE.with_name("viewer") / "lifecycle.js"

_component = st.components.v2.component(
    "file_buttons",
    html='<div class="file-buttons"></div>',
    css=(HERE / "file_buttons.css").read_text(encoding="utf-8"),
    js=(HERE / "file_buttons.js").read_text(encoding="utf-8")
    + LIFECYCLE.read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class FileButton:
    """A button in the row: its label, its file and its description."""

    label: str
    name: str
    file: PromisedFile
    help: str
    primary: bool = False


def offer_files(
    offers: Sequence[FileButton], folder: Path, *, key: str
) -> ComponentResult:
    """Show a button for each file, which creates and downloads it."""
    for offer in offers:
        PROMISED_FILES.promise(offer.name, folder, offer.file)
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
