"""Usage: how much each person or visitor of a server keeps there, for its admins."""

import shutil
from datetime import UTC, datetime

import streamlit as st

from app.i18n import gettext
from app.session.hosting import hosted_root, keep_days, usage, visitor_bytes
from app.session.sign_in import is_admin, signed_in


def main() -> None:
    """Draw the page from top to bottom."""
    st.title(gettext("Usage"))
    root = hosted_root()
    if not is_admin(signed_in()) or root is None:
        st.info(gettext("Only those who run this server see who uses how much of it."))
        return
    lines = usage(root)
    if not lines:
        st.info(gettext("Nobody has been here yet."))
        return
    most = visitor_bytes()
    with st.container(horizontal=True):
        st.metric(gettext("People"), f"{len(lines):,}", width="content")
        taken = sum(each.size for each in lines) / 10**6
        st.metric(gettext("MB used"), f"{taken:,.1f}", width="content")
        free = shutil.disk_usage(root).free / 10**6
        st.metric(gettext("MB free"), f"{free:,.0f}", width="content")
    st.caption(
        gettext(
            "Each person may keep {most} MB, for {days} days after the last visit.",
            most=most // 10**6,
            days=keep_days(),
        )
    )
    st.dataframe(
        [
            {
                gettext("person"): each.label or each.id,
                gettext("projects"): each.projects,
                gettext("MB"): each.size / 10**6,
                gettext("share of the limit"): each.size / most,
                gettext("last visit"): datetime.fromtimestamp(each.visited, UTC),
            }
            for each in lines
        ],
        hide_index=True,
        alt=gettext("Each person with the projects kept and their size"),
        column_config={
            gettext("MB"): st.column_config.NumberColumn(format="%.1f"),
            gettext("share of the limit"): st.column_config.ProgressColumn(
                min_value=0, max_value=1, format="percent"
            ),
            gettext("last visit"): st.column_config.DatetimeColumn(format="localized"),
        },
    )


main()
