"""Comparison: key figures and differing words of two OCR results of a page."""

from collections.abc import Callable, Sequence

import streamlit as st

from ocr_core.page import PageResult, Word
from ocr_core.text.diff import TextDifference, word_changes
from ocr_core.text.quality import known_share

from ..i18n import gettext
from ..ui.widgets import show_picture
from .difference import Part, changed, equal, picked_part

MAX_BOXES = 4  # words shown enlarged

Named = tuple[str, str, PageResult]  # letter, recipe name, result
Box = tuple[int, int, int, int]  # left, top, width, height
Strip = Callable[[tuple[Box, ...]], str]  # URL of the words in boxes, enlarged


def show_difference(
    sides: Sequence[Named], text: str, strip: Strip, *, key: str
) -> None:
    """Show which of two results has more known words, and where they differ."""
    st.dataframe(
        [numbers(*side) for side in sides],
        hide_index=True,
        alt=gettext("Words, confidence and known words of both readings"),
        column_config={
            name: st.column_config.NumberColumn(format=digits)
            for name, digits in (
                (gettext("mean confidence"), "%.1f"),
                (gettext("words a dictionary knows (%)"), "%.1f"),
                (gettext("quality"), "%.2f"),
                (gettext("seconds"), "%.1f"),
            )
        },
    )
    (_, _, first), (_, _, second) = sides
    changes = word_changes(first.rows, second.rows)
    different = [change for change in changes if change.kind != "equal"]
    if not different:
        st.success(gettext("Both read the same words."))
        return
    st.subheader(gettext("Where they differ"))
    st.caption(
        f"{text.format(count=len(different))} "
        + gettext("A click on a difference shows it on the scan.")
    )
    revision = f"{first.sha256} {first.ref.number} " + " ".join(
        side.settings_digest for side in (first, second)
    )
    picked = picked_part(parts(changes), key=key, revision=revision)
    if picked is not None:
        change = changes[picked]
        show_words(change.first or change.second, strip)


def show_words(words: Sequence[Word], strip: Strip) -> None:
    """Show words as they are on the scan."""
    if words:
        show_picture(strip(boxes_of(words)), gettext("The word on the scan"))


def boxes_of(words: Sequence[Word]) -> tuple[Box, ...]:
    """Return the boxes of the first words, in pixels of the page as scanned."""
    return tuple((w.left, w.top, w.width, w.height) for w in words[:MAX_BOXES])


def numbers(letter: str, recipe: str, result: PageResult) -> dict[str, object]:
    """Return a row with the key figures of one result."""
    known = known_share(result.rows, result.language)
    return {
        "": letter,
        gettext("recipe"): recipe,
        gettext("words"): len(result.rows),
        gettext("mean confidence"): result.conf_mean,
        gettext("words a dictionary knows (%)"): None if known is None else 100 * known,
        gettext("quality"): result.quality,
        gettext("seconds"): result.seconds,
    }


def parts(changes: Sequence[TextDifference]) -> list[Part]:
    """Convert differences to the parts of the text that shows both."""
    return [
        equal(_text_of(change.first))
        if change.kind == "equal"
        else changed(
            _text_of(change.first),
            _text_of(change.second),
            "\n".join(
                f"{word.text}: {round(word.conf)} %"
                for word in (*change.first, *change.second)
            ),
        )
        for change in changes
    ]


def _text_of(words: Sequence[Word]) -> str:
    return " ".join(word.text for word in words)
