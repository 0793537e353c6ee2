"""Help: the tour, languages, installed software, meaning of numbers, versions."""

import platform
from importlib.metadata import version

import streamlit as st

from app.i18n import gettext, gettext_noop, language_picker, translate_message
from app.ui.language_names import in_order, language_name
from app.ui.widgets import plain
from app.workbench.tour import STOPS, offer_tour
from ocr_core.doctor import (
    CODE,
    can_install,
    examine,
    install_command,
    install_language,
)
from ocr_core.engines.tesseract import installed_languages
from ocr_core.language_tags import PACKAGED
from ocr_core.version import ocr_core_version

NUMBERS = gettext_noop(
    (
        (
            "Confidence",
            "How certain the engine is of a word, 0 to 100. It is not the share of "
            "correct words: an engine can be certain and wrong. Use it to find words "
            "to check.",
        ),
        (
            "Quality",
            "An estimate for a whole page, 0 to 1, from confidence, the share of "
            "words that a dictionary knows, odd tokens, and ink that no word "
            "covers. It serves to compare pages and recipes. Only ground truth "
            "tells the true error.",
        ),
        (
            "Blank and failed",
            "A blank page has nothing to read, and that is known. A failed page "
            "could not be opened or read; the cause stands beside it. A page with "
            "ink but no words is neither: look at it.",
        ),
        (
            "Boxes",
            "left, top, width and height are pixels of the page as scanned, "
            "whatever was turned, cut or scaled on the way to the engine.",
        ),
    )
)
TABS = gettext_noop(
    ("Tour", "Languages", "Installed here", "What the numbers mean", "About")
)

state = st.session_state


def main() -> None:
    """Draw the page from top to bottom."""
    st.title(gettext("Help"))
    tabs = st.tabs([gettext(name) for name in TABS], key="help_tab")
    for tab, draw in zip(
        tabs, (tour, language_list, installed, meanings, about), strict=True
    ):
        with tab:
            draw()


def tour() -> None:
    """Offer the tour, and list its steps."""
    offer_tour(state.session, "tour_start")
    st.caption(gettext("It opens a sample page and stays at the top of the screen."))
    for number, stop in enumerate(STOPS, 1):
        st.markdown(f"**{number}. {gettext(stop.title)}**  \n{gettext(stop.text)}")


def language_list() -> None:
    """List the languages, and offer to add one."""
    found = in_order(set(installed_languages()) - {"osd"})
    st.dataframe(
        [
            {gettext("language"): language_name(code), gettext("code"): code}
            for code in found
        ],
        hide_index=True,
        alt=gettext("The languages that are installed"),
    )
    st.markdown(
        gettext("Choose any number of them in the workbench, the main one first.")
    )
    code = st.selectbox(
        gettext("Add a language"),
        in_order(PACKAGED - {*found}),
        index=None,
        format_func=language_name,
        accept_new_options=True,
        placeholder=gettext("Choose it, or type its code"),
        key="new_language",
        help=gettext(
            "Three letters, as Tesseract names it: ita, spa, nld, chi_sim, ara …"
        ),
        width=420,
    )
    if code:
        add_language(code)


def add_language(code: str) -> None:
    """Show the command that installs a language, and run it if that is allowed."""
    if not CODE.fullmatch(code):
        st.error(gettext("A code has only letters, digits and _."))
        return
    st.markdown(gettext("This command installs it. Load this page again afterwards."))
    st.code(install_command(f"tesseract-{code}"), language=None)
    if not can_install(code):
        st.caption(gettext("The app may not install it on this machine."))
    elif st.button(gettext("Install it now"), key="install_language"):
        with st.spinner(gettext("Installing…")):
            fault = install_language(code)
        if fault:
            st.error(plain(translate_message(fault)))
        else:
            st.success(gettext("Installed. Choose it in the workbench."))


def installed() -> None:
    """Show the report of `ocr-core doctor`."""
    st.dataframe(
        [
            {
                "": "✓" if finding.well else "–",
                gettext("what"): gettext(finding.subject),
                gettext("found"): translate_message(finding.found),
                gettext("fix it with"): finding.remedy,
            }
            for finding in examine()
        ],
        hide_index=True,
        alt=gettext("What is installed, what is missing, and how to fix it"),
    )
    st.caption(gettext("The same on the command line: ocr-core doctor"))


def meanings() -> None:
    """Explain the numbers."""
    for title, text in NUMBERS:
        st.markdown(f"**{gettext(title)}.** {gettext(text)}")


def about() -> None:
    """Show the versions and the selection of the interface language."""
    language_picker()
    st.dataframe(
        [
            {gettext("what"): name, gettext("version"): number}
            for name, number in (
                ("ocr-core", ocr_core_version()),
                ("Streamlit", version("streamlit")),
                ("Pillow", version("pillow")),
                ("OpenCV", version("opencv-python-headless")),
                ("PDFium (pypdfium2)", version("pypdfium2")),
                ("Python", platform.python_version()),
                (gettext("system"), platform.platform(terse=True)),
            )
        ],
        hide_index=True,
        alt=gettext("Versions"),
    )
    st.markdown(
        gettext("Apache-2.0. Everything runs on this machine; nothing is sent.")
    )


main()
