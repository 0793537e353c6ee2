"""Widgets: a matching control for each knob, and escaping of untrusted text."""

import re
from collections.abc import Mapping
from typing import Any

import streamlit as st

from ocr_core.engines import AUTO
from ocr_core.engines.tesseract import installed_languages
from ocr_core.errors import OcrError
from ocr_core.knobs import Knob, knobs
from ocr_core.page import printable
from ocr_core.settings import Settings

from ..i18n import gettext, gettext_noop, in_every_language, translate_message
from .language_names import in_order, language_name

PREFIX = "knob_"
LANGUAGE_KEY = f"{PREFIX}language"
MANY_LANGUAGES = 3  # more at once are warned of
SEGMENTS = 4  # with more choices than these, a list is drawn
KNOBS = {knob.name: knob for knob in knobs(Settings)}

PSM_NAMES = gettext_noop(
    {
        1: "1 · Automatic, with orientation",
        3: "3 · Automatic",
        4: "4 · One column, text of varying sizes",
        5: "5 · One block of vertical text",
        6: "6 · One uniform block",
        7: "7 · One line",
        8: "8 · One word",
        9: "9 · One word in a circle",
        10: "10 · One character",
        11: "11 · Sparse text",
        12: "12 · Sparse text, with orientation",
        13: "13 · Raw line",
    }
)
WORD_NAMES = gettext_noop({"lower": "ignore capitals", "form": "as spelled"})
CHOICE_NAMES: dict[str, Mapping[Any, str]] = {"psm": PSM_NAMES, "words": WORD_NAMES}
MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~:$&])")


def plain(text: str) -> str:
    """Escape untrusted text, so that no Markdown in it is interpreted."""
    return MARKDOWN.sub(r"\\\1", printable(text, " "))


def show_error(error: OcrError | str) -> None:
    """Show an error's message and hint."""
    st.error(plain(translate_message(str(error))), icon=":material/error:")


def show_picture(url: str, alt: str) -> None:
    """Show an image that this server provides under a URL."""
    st.markdown(f"![{plain(alt)}]({url})")


def set_query_params(**parameters: str | None) -> None:
    """Set query parameters of the screen's URL; None removes one.

    Each change adds a step to the browser's history, so all are set in one change, and
    nothing is set if all are unchanged.
    """
    for name, value in parameters.items():
        if not value and name in st.query_params:
            del st.query_params[name]
    styles = {
        name: value
        for name, value in parameters.items()
        if value and st.query_params.get(name) != value
    }
    if styles:
        st.query_params.update(styles)


def int_query_param(name: str, usual: str = "") -> int | None:
    """Return a query parameter as a number, if it is one below a billion."""
    asked = st.query_params.get(name, usual)
    return int(asked) if asked.isdecimal() and len(asked) < 10 else None


def take_choice(key: str, names: Mapping[Any, str]) -> None:
    """Set a choice from the URL where that has it in another language, or as a value.

    Streamlit knows choices by their names on the screen, and drops others.
    """
    asked = st.query_params.get(key)
    if asked is None or asked in map(gettext, names.values()):
        return
    for value, name in names.items():
        if asked in {str(value), *in_every_language(name)}:
            del st.query_params[key]
            st.session_state[key] = value
            return


def pick_one(label: str, names: Mapping[Any, str], *, key: str, **options: Any) -> Any:
    """Draw a row of buttons, and return which of the keys of `names` is chosen.

    The first is chosen unless `default` says otherwise; the names are shown translated.
    """
    options = {"default": next(iter(names)), "required": True, **options}
    return st.segmented_control(label, **_choices(names, key, options))


def pick_from_list(
    label: str, names: Mapping[Any, str], *, key: str, **options: Any
) -> Any:
    """Draw a list to choose from, and return which of the keys of `names` is chosen."""
    return st.selectbox(label, **_choices(names, key, options))


def _choices(
    names: Mapping[Any, str], key: str, options: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what a widget is given to choose among the keys of `names`."""
    if options.get("bind"):
        take_choice(key, names)
    shown = {value: gettext(name) for value, name in names.items()}
    return {
        "options": list(names),
        "key": key,
        "format_func": shown.__getitem__,
        **options,
    }


def set_knobs(flat: Mapping[str, Any]) -> None:
    """Set the knobs' widgets to these values, and all others to their defaults."""
    for knob in KNOBS.values():
        set_knob(knob.name, flat.get(knob.name, knob.default))


def set_knob(name: str, value: Any) -> None:
    """Set the widget of a knob to a value, before it is drawn."""
    if name == "language":
        value = [code for code in value.split("+") if code != AUTO]
    st.session_state[PREFIX + name] = value


def knob_widget(knob: Knob, *, disabled: bool = False, prefix: str = PREFIX) -> Any:
    """Draw one knob and return its value."""
    key = prefix + knob.name
    if knob.name == "language":
        return language_widget(knob, key)
    common: dict[str, Any] = {
        "label": gettext(knob.label),
        "help": gettext(knob.help),
        "key": key,
        "disabled": disabled,
        "bind": "query-params",
    }
    if knob.choices:
        known = CHOICE_NAMES.get(knob.name, {})
        names = {each: known.get(each, str(each)) for each in knob.choices}
        if len(names) <= SEGMENTS:
            return pick_one(
                names=names, default=knob.default, width="stretch", **common
            )
        index = knob.choices.index(knob.default)
        return pick_from_list(names=names, index=index, **common)
    if knob.minimum is not None and knob.maximum is not None:
        return st.slider(
            min_value=knob.kind(knob.minimum),
            max_value=knob.kind(knob.maximum),
            value=knob.default,
            step=knob.kind(knob.step),
            **common,
        )
    return st.text_input(value=knob.default, max_chars=200, **common)


def choosable_languages() -> dict[str, str]:
    """Return the installed languages of texts, each with the path of its data."""
    return {code: at for code, at in installed_languages().items() if code != "osd"}


def language_widget(knob: Knob, key: str, *, in_url: bool = True) -> str:
    """Draw a multiple selection of the installed languages.

    Returns their codes, joined by "+"; "auto" where none is chosen.
    """
    chosen = st.multiselect(
        gettext(knob.label),
        options=in_order(choosable_languages()),
        format_func=language_name,
        key=key,
        help=gettext(knob.help),
        bind="query-params" if in_url else None,
        placeholder=gettext("Found by itself (auto), or choose"),
        select_all=False,
    )
    if len(chosen) > MANY_LANGUAGES:
        st.warning(
            gettext(
                "{count} languages at once: each makes reading slower, and words may "
                "be taken for those of another. Choose only the languages of the "
                "pages, or none to have it found.",
                count=len(chosen),
            )
        )
    return "+".join(chosen) or AUTO
