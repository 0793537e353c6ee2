"""Progress: one bar for all work that takes long, with the time that is left."""

import streamlit as st

from ..i18n import gettext


def show_progress(text: str, share: float | None, seconds_left: float | None) -> None:
    """Show how far work is; `share` is from 0 to 1, or None if it is not known."""
    if seconds_left is not None:
        text += " · " + gettext("about {time} left", time=duration(seconds_left))
    if share is None:
        st.markdown(f":material/progress_activity: {text}")
    else:
        st.progress(min(1.0, max(0.0, share)), text)


def duration(seconds: float) -> str:
    """Return a duration as text."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
