"""Page viewer: the Python interface of the browser component.

The viewer is a Streamlit component without a build step: the files in this folder are
sent to the browser unchanged. Zoom, highlighting and switching images happen in the
browser without a rerun; only events such as a click on a word are sent to Python.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from streamlit.components.v2.bidi_component import ComponentResult

from ocr_core.page import DOUBTFUL

from ..i18n import say_each
from .phrases import sentences
from .scripts import HERE, joined_script

SCRIPTS = (
    "viewer.js",
    "mount.js",
    "lifecycle.js",
    "sync.js",
    "confidence_filter.js",
    "word_editor.js",
    "gestures.js",
    "viewport.js",
    "overlay.js",
    "geometry.js",
    "phrases.js",
)
_HTML = (HERE / "viewer.html").read_text(encoding="utf-8")
SCRIPT = joined_script(SCRIPTS)
SENTENCES = sentences(_HTML, SCRIPT)
_mount = st.components.v2.component(
    "page_viewer",
    html=_HTML,
    css=(HERE / "viewer.css").read_text(encoding="utf-8"),
    js=SCRIPT,
)


@dataclass(frozen=True)
class View:
    """One image of the page that the viewer can show.

    Parameters
    ----------
    name : str
        Label of the switch in the toolbar, such as "Scan" or "Prepared".
    url : str
        URL of the image on this server. Different images have different URLs.
    size : (width, height)
        Size in pixels of the coordinate system of `quads`. The image itself may be
        larger or smaller; it is stretched to this size.
    quads : (8 * n,) list of float
        Corners x0, y0, ..., x3, y3 of every word, clockwise from its top left.
    """

    name: str
    url: str
    size: tuple[int, int]
    quads: list[float]


def page_viewer(
    *,
    views: Sequence[View],
    texts: Sequence[str],
    confs: Sequence[float],
    revision: str,
    key: str,
    shown: int = 0,
    threshold: int = DOUBTFUL,
    selected: int | None = None,
    nonce: int = 0,
    stale: bool = False,
    height: int = 720,
    on_pick: Callable[[], None] | None = None,
    on_turn: Callable[[], None] | None = None,
    lines: Sequence[int] | None = None,
    blocks: Sequence[int] | None = None,
    link: str = "",
    marks: bool = False,
    corrected: Mapping[int, str] | None = None,
    saved: int = 0,
    on_edit: Callable[[], None] | None = None,
) -> ComponentResult:
    """Show a page and its words; `.picked` is the index of the word just selected.

    Parameters
    ----------
    views : (v,) sequence of View
        The images to switch between; at least one. All contain the same words.
    texts : (n,) sequence of str
        The words in reading order.
    confs : (n,) sequence of float
        Confidence of each word, 0 to 100.
    revision : str
        Changes whenever words, boxes or lines change. The part before a ":" identifies
        the page: zoom and position are kept while it is unchanged. Where words can be
        corrected, the part before the last "." identifies the page and its reading.
    key : str
        Key of the component, as of any widget.
    shown : int
        Index of the view to show first. A later change switches the view again.
    threshold : int
        Words below this confidence are highlighted. The value that the user last set in
        this browser has priority until this argument changes.
    selected : int or None
        Index of the selected word. Pass the value of `.picked` back here.
    nonce : int
        Increment this whenever `selected` is not set by a click in this viewer: only
        then does the viewer scroll to the word.
    stale : bool
        The words belong to an earlier image: hide them and show "Reading…".
    height : int
        Height of the image area in pixels; limited by the height of the window.
    on_pick : callable or None
        Called without arguments when a word is selected, before the script runs.
    on_turn : callable or None
        Called without arguments when a key for another page is pressed: then `.turned`
        is 1 for the next or -1 for the previous page.
    lines : (n,) sequence of int or None
        Running number of each word's line. Without it, line boxes and the reading order
        are not available.
    blocks : (n,) sequence of int or None
        Running number of each word's block. Without it, block boxes are not available.
    link : str
        Viewers and transcripts with the same link scroll together, unless the user
        switches that off.
    marks : bool
        `confs` are no confidences: words below the threshold are marked for another
        reason, and no confidence is shown.
    corrected : mapping of int to str, or None
        The engine's text of corrected words, by word index.
    saved : int
        Number of the last saved edit.
    on_edit : callable or None
        Called without arguments when words were corrected: then `.edited` lists the
        unsaved edits in order. Each has `number` and `page`, which is that
        part of the revision, and either `word` and
        `text`, or `undo` to undo the last correction. Edits are sent again until
        `saved` reaches their number. Without it, no word can be corrected.
    """
    _check(views, texts, confs, lines, blocks)
    return _mount(
        key=key,
        data={
            "views": [_view_data(view) for view in views],
            "texts": list(texts),
            "confs": _floored(confs),
            "lines": _numbers(lines),
            "blocks": _numbers(blocks),
            "revision": revision,
            "shown": int(shown),
            "threshold": int(threshold),
            "selected": None if selected is None else int(selected),
            "nonce": int(nonce),
            "stale": bool(stale),
            "height": int(height),
            "link": link,
            "marks": marks,
            "turns": on_turn is not None,
            "edits": on_edit is not None,
            "corrected": [list(each) for each in (corrected or {}).items()],
            "saved": saved,
            "phrases": say_each(SENTENCES),
        },
        on_picked_change=on_pick or _ignore,
        on_turned_change=on_turn or _ignore,
        on_edited_change=on_edit or _ignore,
    )


def _check(
    views: Sequence[View],
    texts: Sequence[str],
    confs: Sequence[float],
    *groups: Sequence[int] | None,
) -> None:
    if not views:
        raise ValueError("The viewer needs at least one view.")
    count = len(texts)
    if any(len(each) != count for each in (confs, *groups) if each is not None):
        raise ValueError("Texts, confidences, lines and blocks differ in length.")
    for view in views:
        if len(view.quads) != 8 * count:
            raise ValueError(f"The view {view.name} needs 8 numbers for every word.")


def _view_data(view: View) -> dict[str, Any]:
    # JSON in the browser has no NaN or infinity, so both are replaced.
    corners = np.nan_to_num(np.asarray(view.quads, float), posinf=0, neginf=0)
    return {
        "name": view.name,
        "url": view.url,
        "size": [int(side) for side in view.size],
        "quads": corners.round(1).tolist(),
    }


def _numbers(groups: Sequence[int] | None) -> list[int] | None:
    return None if groups is None else [int(number) for number in groups]


def _floored(confs: Sequence[float]) -> list[float]:
    # Rounding up could move a word above the threshold.
    known = np.nan_to_num(np.asarray(confs, float), posinf=0, neginf=0)
    tenths: list[float] = (np.floor(known * 10) / 10).tolist()
    return tenths


def _ignore() -> None:
    """Replace a missing callback, so that `.picked` always exists."""
