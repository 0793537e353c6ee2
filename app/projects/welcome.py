"""Welcome: the start screen, which says what the product is and offers the first step.

Two of its pictures are drawn by `build_pictures`; the tests of the screens take the
third, of a page.
"""

from pathlib import Path

import streamlit as st

from app import NAME
from ocr_core.documents import MAX_PAGES

from ..i18n import gettext, gettext_noop
from ..session.session import Session
from ..workbench.tour import offer_tour
from ..workbench.uploads import offer_sample, take_uploads
from .demo import offer_demo
from .screen import project_list

PICTURES = Path(__file__).with_name("pictures")
RESULTS = gettext_noop(
    {
        "page": "**Read**: each word on its scan, the doubtful ones marked.",
        "concordance": "**Look up**: each line beside the scan it comes from.",
        "trend": "**Compare**: words over years, sources or authors.",
    }
)


def welcome(session: Session) -> None:
    """Say what the product is, show what comes out, and offer the ways to begin."""
    st.title(NAME)
    st.subheader(
        gettext(
            "Turn scans into text that you can search, count and cite, with the scan "
            "beside every word."
        )
    )
    show_results()
    offer_beginnings(session)
    if session.library.ids():
        st.subheader(gettext("Go on with a project"))
        project_list(session)


def show_results() -> None:
    """Show three results, side by side at any width."""
    with st.container(key="results"):
        for column, (name, text) in zip(st.columns(3), RESULTS.items(), strict=True):
            with column:
                st.image(
                    str(PICTURES / f"{name}.png"),
                    width="stretch",
                    alt=gettext(text).replace("**", ""),
                )
                st.caption(gettext(text))


def offer_beginnings(session: Session) -> None:
    """Offer to open scans, a sample page, or the corpus that is read already."""
    with st.container(key="beginnings"):
        scans, sample, demo = st.columns([3, 2, 2], border=True)
    with scans:
        st.markdown(f"#### {gettext('Open my scans')}")
        take_uploads(session, gettext("Drop scans, photos or PDFs here"))
        alone = session.library.own_machine
        st.caption(
            gettext(
                "Pictures (PNG, JPEG, TIFF, WebP, AVIF, HEIC, JPEG 2000, BMP, GIF), "
                "PDF, zip and CBZ; also text that was read already (ALTO, METS, PAGE, "
                "hOCR, ABBYY, TSV, CSV, plain text). Up to 50 MB a file and {pages} "
                "pages a document.",
                pages=f"{MAX_PAGES:,}",
            )
            + (" " + gettext("Nothing leaves this machine.") if alone else "")
        )
    with sample:
        st.markdown(f"#### {gettext('Open a sample')}")
        st.caption(gettext("See how a page is read, and what settings change."))
        offer_sample(session)
        offer_tour(session, "welcome_tour")
    with demo:
        st.markdown(f"#### {gettext('Explore a corpus')}")
        st.caption(
            gettext(
                "Newspapers of a harbour town, 1890 to 1929, in four languages. They "
                "are read already: count, compare and look up words at once."
            )
        )
        offer_demo(session, key="welcome_demo")
