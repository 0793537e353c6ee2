"""Settings panel: the knobs in the sidebar, with presets, undo and export.

Values that differ from the default are stored in the page's URL, so the settings
survive a reload and can be shared as a link. There are two layers: what everyone needs
to choose, and all settings.
"""

import shlex
from collections.abc import Mapping
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ocr_core.engines import AUTO, checked_languages
from ocr_core.errors import OcrError
from ocr_core.presets import PRESETS
from ocr_core.settings import Settings

from ..i18n import gettext, gettext_noop
from ..ui.language_names import language_name
from ..ui.widgets import (
    KNOBS,
    LANGUAGE_KEY,
    PREFIX,
    choosable_languages,
    knob_widget,
    pick_one,
    set_knob,
    set_knobs,
    show_error,
)

HISTORY = 50

# The expanders of the sidebar, with the sections whose knobs each one contains.
EXPANDERS = {
    "Recognition": ("recognition",),
    "Position and size": ("turn", "crop", "deskew", "scale", "margin"),
    "Ink and paper": ("polarity", "bleed", "light", "denoise", "binarize"),
}
SIMPLE = {name for name, knob in KNOBS.items() if knob.simple}
# Kinds of page: the presets that set more than what is asked beside them.
KINDS = {name: each for name, each in PRESETS.items() if {*each.flat} - SIMPLE}
SPEED = "second_opinion"
SPEEDS = gettext_noop({"off": "Fast", "auto": "Balanced", "on": "Thorough"})
SPEED_KEY = "simple_speed"

state = st.session_state


def settings_panel(simple: DeltaGenerator) -> Settings:
    """Draw both layers of settings, and return what is set.

    Parameters
    ----------
    simple
        The container of the first layer; what follows is drawn below it.
    """
    take_address()
    recall_knobs()
    with simple:
        top = st.container()
        flat: dict[str, Any] = {"language": knob_widget(KNOBS["language"])}
        choose_kind()
        speed = st.container()
    further = st.container()
    with st.expander(gettext("All settings"), key="all_settings"):
        flat |= draw_knobs(flat)
    flat = {name: flat[name] for name in KNOBS}  # in the order of declaration
    remember(flat)
    with speed:
        choose_speed(flat[SPEED])
    with further:
        say_further(flat)
    with top:
        settings = valid_settings(flat)
    with st.container(horizontal=True):
        undo_button()
        count = len(changed(flat))
        st.button(
            gettext("Reset all ({count})", count=count)
            if count
            else gettext("Reset all"),
            on_click=reset_all,
            disabled=not count and not state.get("preset"),
            icon=":material/restart_alt:",
            key="reset",
            help=gettext("Set every knob back to its default."),
        )
    with st.popover(gettext("Recipe"), icon=":material/tune:", width="stretch"):
        recipe_panel(settings)
    return settings


def draw_knobs(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Draw the knobs that are not drawn yet, and return their values."""
    found: dict[str, Any] = {}
    for title, sections in expanders().items():
        with st.expander(gettext(title), expanded=title == "Recognition"):
            names = [
                name
                for name, knob in KNOBS.items()
                if knob.section in sections and name not in flat
            ]
            for name in names:
                disabled = not KNOBS[name].is_active({**flat, **found})
                found[name] = knob_widget(KNOBS[name], disabled=disabled)
            reset_group(title, {name: found[name] for name in names})
    return found


def choose_speed(chosen: str) -> None:
    """Offer to read faster or better, which is one of all settings."""
    state[SPEED_KEY] = chosen
    pick_one(
        gettext("Speed or quality"),
        SPEEDS,
        key=SPEED_KEY,
        default=None,
        width="stretch",
        on_change=apply_speed,
        help=gettext(
            "Fast reads each page once. Balanced reads poor pages in other ways too. "
            "Thorough does so with every page."
        ),
    )


def apply_speed() -> None:
    """Set the knob that decides between speed and quality."""
    state[PREFIX + SPEED] = state[SPEED_KEY]


def say_further(flat: Mapping[str, Any]) -> None:
    """Say which settings differ from what the first layer shows."""
    shown = KINDS[state.preset].flat if state.get("preset") in KINDS else {}
    names = [
        gettext(KNOBS[name].label)
        for name, value in flat.items()
        if name not in SIMPLE and value != shown.get(name, KNOBS[name].default)
    ]
    if names:
        st.caption(
            gettext("1 further setting is changed: {names}.", names=names[0])
            if len(names) == 1
            else gettext(
                "{count} further settings are changed: {names}.",
                count=len(names),
                names=", ".join(names),
            )
        )


def valid_settings(flat: Mapping[str, Any]) -> Settings:
    """Return the settings; if they are invalid, show why and return the last valid."""
    if fault := state.get("address_fault"):
        show_error(fault)
    try:
        return Settings.from_flat(flat)
    except OcrError as error:
        show_error(error)
        return state.get("settings") or Settings()


def expanders() -> dict[str, tuple[str, ...]]:
    """Return the expanders, with an additional one for each unlisted section."""
    named = {section for sections in EXPANDERS.values() for section in sections}
    rest = {knob.section for knob in KNOBS.values()} - named
    more = {name.replace("_", " ").capitalize(): (name,) for name in sorted(rest)}
    return {**EXPANDERS, **more}


def changed(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that differ from their defaults."""
    return {n: value for n, value in flat.items() if value != KNOBS[n].default}


def settings_words(settings: Settings) -> str:
    """Return settings in one line: the language, then what differs from defaults."""
    flat = settings.flat()
    codes = str(flat.pop("language")).split("+")
    words = [
        f"{gettext(KNOBS['language'].label)}: {' + '.join(map(language_name, codes))}",
        *(
            f"{gettext(KNOBS[name].label)}: {gettext(str(value))}"
            for name, value in changed(flat).items()
        ),
    ]
    if len(words) == 1:
        words.append(gettext("every other setting at its default"))
    return " · ".join(words)


def choose_kind() -> None:
    """Offer the kinds of page; selecting one sets all knobs but the language."""
    st.selectbox(
        gettext("Kind of page"),
        list(KINDS),
        index=None,
        format_func=lambda name: gettext(name.capitalize()),
        placeholder=gettext("Any: each page is measured"),
        key="preset",
        persist_state="session",
        on_change=apply_kind,
        help=gettext("Sets all knobs at once; change them further as you like.")
        + "\n\n"
        + "\n".join(
            f"- **{gettext(name.capitalize())}**: {gettext(kind.help)}"
            for name, kind in KINDS.items()
        ),
    )


def apply_kind() -> None:
    """Set the knobs to the selected kind of page, except for the languages."""
    if state.preset:
        languages = state.get(LANGUAGE_KEY) or []
        set_knobs({**KINDS[state.preset].flat, "language": "+".join(languages)})


def reset_group(title: str, flat: Mapping[str, Any]) -> None:
    """Offer to reset the knobs of a group that differ from their defaults."""
    names = changed(flat)
    if names:
        st.button(
            gettext("Reset {count} changed", count=len(names)),
            key=f"reset {title}",
            icon=":material/restart_alt:",
            on_click=set_some,
            args=({name: KNOBS[name].default for name in names},),
            help=", ".join(gettext(KNOBS[name].label) for name in names),
        )


def reset_all() -> None:
    """Reset all knobs to their defaults, and deselect the preset."""
    set_knobs({})
    state.preset = None


def set_some(flat: Mapping[str, Any]) -> None:
    """Set these knobs only."""
    set_knobs({**state.flat, **flat})


def remember(flat: dict[str, Any]) -> None:
    """Save the settings before each change, for undo."""
    before = state.get("flat")
    if before is not None and before != flat:
        state.pop("address_fault", None)
        state.setdefault("history", []).append(before)
        del state.history[:-HISTORY]
    state.flat = flat


def undo_button() -> None:
    """Offer to go back to the settings before the last change."""
    st.button(
        gettext("Undo"),
        key="undo",
        icon=":material/undo:",
        on_click=undo,
        disabled=not state.get("history"),
        help=gettext("Go back to the settings before the last change."),
    )


def undo() -> None:
    """Undo the last change."""
    state.flat = state.history.pop()
    set_knobs(state.flat)


def recipe_panel(settings: Settings) -> None:
    """Export the settings as a file, link, command or Python; import a file."""
    st.download_button(
        gettext("Save as recipe.json"),
        settings.recipe(),
        "recipe.json",
        "application/json",
        key="save_recipe",
        icon=":material/download:",
        on_click="ignore",
    )
    file = st.file_uploader(
        gettext("Load a recipe"),
        type="json",
        key=f"recipe_{state.get('recipes', 0)}",
        max_upload_size=1,
        help=gettext("A recipe.json saved here or with ocr-core read --save-recipe."),
    )
    if file:
        take_recipe(file.getvalue())
    if state.get("recipe_fault"):
        show_error(state.recipe_fault)
    st.caption(gettext("The address of this page contains the settings too: share it."))
    st.caption(gettext("The same on the command line"))
    st.code(command(settings), language=None, wrap_lines=True)
    st.caption(gettext("The same in Python"))
    st.code(python(settings), language=None, wrap_lines=True)


def take_recipe(content: bytes) -> None:
    """Set the knobs from a recipe file, or show the error."""
    state.recipes = state.get("recipes", 0) + 1
    try:
        state.recipe_flat = choosable(Settings.from_recipe(content)).flat()
        state.recipe_fault = ""
    except OcrError as error:
        state.recipe_fault = str(error)
    st.rerun()


def choosable(settings: Settings) -> Settings:
    """Check that all languages are installed, as the widget accepts no others.

    Raises
    ------
    MissingEngineError
        Lists the missing languages and how to install them.
    """
    if settings.recognition.language != AUTO:
        checked_languages(settings.recognition.language, choosable_languages())
    return settings


def take_address() -> None:
    """Set the languages from the URL; keep an error if any is missing.

    Streamlit silently ignores values that are not among the options.
    """
    names = st.query_params.get_all(LANGUAGE_KEY)
    if not names or LANGUAGE_KEY in state:
        return
    # The URL has labels as on the screen, such as Deutsch (deu), or only codes.
    codes = [name.rpartition("(")[2].removesuffix(")") for name in names]
    if known := [code for code in codes if code in {AUTO, *choosable_languages()}]:
        state[LANGUAGE_KEY] = known
    try:
        choosable(Settings.from_flat({"language": "+".join(codes)}))
    except OcrError as error:
        state.address_fault = str(error)


def recall_knobs() -> None:
    """Set the knobs that were changed before another screen was looked at.

    They are in the URL too, unless the browser left before it had their values.
    """
    for name, value in changed(state.get("flat", {})).items():
        key = PREFIX + name
        if key not in state and key not in st.query_params:
            set_knob(name, value)


def apply_loaded_recipe() -> None:
    """Set the knobs from a recipe loaded in the previous run, before drawing any."""
    flat = state.pop("recipe_flat", None)
    if flat:
        set_knobs(flat)


def command(settings: Settings) -> str:
    """Return the shell command that uses these settings."""
    words = ["ocr-core", "read", "SCANS"]
    for name, value in changed(settings.flat()).items():
        words += [KNOBS[name].flag, str(value)]
    return f"{shlex.join(words)} --to corpus -o corpus.csv"


def python(settings: Settings) -> str:
    """Return the Python code that creates these settings."""
    values = changed(settings.flat())
    return f"settings = Settings.from_flat({values!r})"
