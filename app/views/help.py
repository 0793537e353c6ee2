"""Help: a tour, the languages, what is installed, what the numbers mean, versions."""

import platform
from importlib.metadata import version

import streamlit as st

from app.jobs import Session
from app.language import current, languages, say
from app.widgets import language_name, plain
from ocr_core.doctor import can_install, examine, install_command, install_language
from ocr_core.engines.tesseract import installed_languages
from ocr_core.settings import ocr_core_version

TOUR = (
    (
        "Open a page",
        "Drop scans, photos or PDFs on the workbench, paste a picture, or open a "
        "sample. Nothing leaves this machine.",
    ),
    (
        "Look where the words are",
        "Boxes on the scan show what was read and how sure the engine was: the "
        "doubtful words are orange or red, dashed or filled. Point at one to see it; "
        "click it to find it in the text. The keys N and P go to the next and the "
        "previous doubtful word.",
    ),
    (
        "See what was done to the page",
        "Prepared shows the page as the engine saw it; the tab Steps says what each "
        "step measured and did, picture by picture.",
    ),
    (
        "Tune, if the text needs it",
        "Choose a preset that fits your pages, or move the sliders: the prepared page "
        "follows at once, the text a moment later. Undo takes a change back. Compare "
        "shows two recipes side by side.",
    ),
    (
        "Read all, and take the corpus away",
        "Read all reads every page with these settings. Then download corpus.csv, or "
        "everything as one zip. Failed pages are listed with the cause.",
    ),
    (
        "Do it again",
        "Recipe saves the settings as a file: the same words again in the app, on the "
        "command line and in Python.",
    ),
)
NUMBERS = (
    (
        "Confidence",
        "What the engine itself thinks of a word, 0 to 100. It is not the share of "
        "words that are right: an engine can be sure and wrong. It serves to find the "
        "words worth a second look.",
    ),
    (
        "Quality",
        "An estimate for a whole page, 0 to 1, from confidence, the share of words "
        "that a dictionary knows, odd tokens, and ink that no word covers. It serves "
        "to compare pages and recipes. Only ground truth tells the true error.",
    ),
    (
        "Blank and failed",
        "A blank page has nothing to read, and that is known. A failed page could not "
        "be opened or read; the cause stands beside it. A page with ink but no words "
        "is neither: look at it.",
    ),
    (
        "Boxes",
        "left, top, width and height are pixels of the page as scanned, whatever was "
        "turned, cut or scaled on the way to the engine.",
    ),
)

state = st.session_state


def main() -> None:
    """Draw the page from top to bottom."""
    st.title(say("Help"))
    names = ["Tour", "Languages", "Installed here", "What the numbers mean", "About"]
    tabs = st.tabs([say(name) for name in names], key="help_tab")
    for tab, draw in zip(
        tabs, (tour, language_list, installed, meanings, about), strict=True
    ):
        with tab:
            draw()


def tour() -> None:
    """Walk through the app in two minutes."""
    for number, (title, text) in enumerate(TOUR, 1):
        st.markdown(f"**{number}. {say(title)}**  \n{say(text)}")
    if st.button(say("Start with a noisy sample"), key="tour_start", type="primary"):
        from app.intake import SAMPLES

        session: Session = state.session
        path = SAMPLES / "english_noisy.png"
        session.add(f"sample {path.name}", path.name, path.read_bytes())
        state.document = f"sample {path.name}"
        st.switch_page("views/workbench.py")


def language_list() -> None:
    """List the languages, and offer to add one."""
    found = {
        code: path for code, path in installed_languages().items() if code != "osd"
    }
    st.dataframe(
        [
            {say("language"): language_name(code), say("code"): code}
            for code in sorted(found)
        ],
        hide_index=True,
        alt=say("The languages that are installed"),
    )
    st.markdown(say("Choose any number of them in the workbench, the main one first."))
    code = st.text_input(
        say("Add a language, by its code"),
        placeholder="nld",
        max_chars=12,
        key="new_language",
        help=say("Three letters, as Tesseract names it: ita, spa, nld, chi_sim, ara …"),
    )
    if not code:
        return
    if not code.replace("_", "").isalnum() or not code.isascii():
        st.error(say("A code has only letters, digits and _."))
        return
    st.code(install_command(f"tesseract-{code}"), language="shell")
    if can_install() and st.button(say("Install it now"), key="install_language"):
        with st.spinner(say("Installing…")):
            fault = install_language(code)
        if fault:
            st.error(plain(fault))
        else:
            st.success(say("Installed. Choose it in the workbench."))


def installed() -> None:
    """Show what the doctor finds."""
    st.dataframe(
        [
            {
                "": "✓" if finding.well else "–",
                say("what"): finding.subject,
                say("found"): finding.found,
                say("mend it with"): finding.remedy,
            }
            for finding in examine()
        ],
        hide_index=True,
        alt=say("What is installed, what is missing, and what mends it"),
    )
    st.caption(say("The same on the command line: ocr-core doctor"))


def meanings() -> None:
    """Say what the numbers mean."""
    for title, text in NUMBERS:
        st.markdown(f"**{say(title)}.** {say(text)}")


def about() -> None:
    """Show versions, and let the reader choose the interface's language."""
    own = languages()
    st.selectbox(
        say("Language of the interface"),
        list(own),
        index=list(own).index(current()),
        format_func=own.__getitem__,
        key="interface",
        persist_state="session",
        width=320,
    )
    st.dataframe(
        [
            {say("what"): name, say("version"): number}
            for name, number in (
                ("ocr-core", ocr_core_version()),
                ("Streamlit", version("streamlit")),
                ("Pillow", version("pillow")),
                ("OpenCV", version("opencv-python-headless")),
                ("PDFium (pypdfium2)", version("pypdfium2")),
                ("Python", platform.python_version()),
                (say("system"), platform.platform(terse=True)),
            )
        ],
        hide_index=True,
        alt=say("Versions"),
    )
    st.markdown(say("Apache-2.0. Everything runs on this machine; nothing is sent."))


main()
