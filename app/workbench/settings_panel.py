"""Settings panel: the knobs in the sidebar, with presets, undo and export.

Values that differ from the default are stored in the page's URL, so the settings
survive a reload and can be shared as a link.
"""

import shlex
from collections.abc import Mapping
from typing import Any

import streamlit as st

from ocr_core.engines import AUTO, checked_languages
from ocr_core.errors import OcrError
from ocr_core.presets import PRESETS
from ocr_core.settings import Settings

from ..i18n import gettext
from ..ui.widgets import (
    KNOBS,
    LANGUAGE_KEY,
    choosable_languages,
    knob_widget,
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

state = st.session_state


def settings_panel() -> Settings:
    """Draw every knob and return the resulting settings."""
    take_address()
    top = st.container()
    choose_preset()
    flat: dict[str, Any] = {}
    for title, sections in expanders().items():
        with st.expander(gettext(title), expanded=title == "Recognition"):
            names = [n for n, knob in KNOBS.items() if knob.section in sections]
            for name in names:
                asleep = not KNOBS[name].is_active(flat)
                flat[name] = knob_widget(KNOBS[name], asleep=asleep)
            reset_group(title, {name: flat[name] for name in names})
    remember(flat)
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


def choose_preset() -> None:
    """Offer the presets; selecting one sets all knobs."""
    st.selectbox(
        gettext("Preset"),
        list(PRESETS),
        index=None,
        format_func=lambda name: gettext(name.capitalize()),
        placeholder=gettext("Choose what fits your pages"),
        key="preset",
        persist_state="session",
        on_change=apply_preset,
        help=gettext("Sets all knobs at once; change them further as you like.")
        + "\n\n"
        + "\n".join(
            f"- **{gettext(name.capitalize())}**: {gettext(preset.help)}"
            for name, preset in PRESETS.items()
        ),
    )


def apply_preset() -> None:
    """Set the knobs to the selected preset, except for the languages."""
    if state.preset:
        languages = state.get(LANGUAGE_KEY) or []
        set_knobs({**PRESETS[state.preset].flat, "language": "+".join(languages)})


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
