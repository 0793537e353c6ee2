"""Sign-in screen: shown instead of the app until somebody has signed in."""

import streamlit as st

from app import NAME

from ..i18n import gettext
from ..session.sign_in import Person, claimed, providers
from ..ui.widgets import plain


def ask_to_sign_in() -> None:
    """Offer to sign in; say why a person who did may not use the app."""
    st.title(NAME)
    person = claimed()
    if person:
        refuse(person)
        return
    offered = providers()
    if not offered:
        st.error(
            gettext(
                "Nobody can sign in: the secrets of the server cannot be read. Whoever "
                "runs it finds the reason in its log."
            )
        )
        return
    st.markdown(gettext("Sign in to open your projects on this server."))
    with st.container(horizontal=True):
        for provider in offered:
            st.button(
                gettext("Sign in with {provider}", provider=plain(provider.title()))
                if provider
                else gettext("Sign in"),
                key=f"sign_in {provider}",
                type="primary",
                icon=":material/login:",
                on_click=st.login,
                args=(provider or None,),
            )


def refuse(person: Person) -> None:
    """Say that a person is no member of this server, and offer to sign out."""
    st.error(
        gettext(
            "{person} is not among the people who may use this server. Ask whoever "
            "runs it, or sign in as somebody else.",
            person=plain(person.label),
        )
    )
    sign_out_button()


def sign_out_button() -> None:
    """Offer to sign out."""
    st.button(
        gettext("Sign out"),
        key="sign_out",
        icon=":material/logout:",
        on_click=st.logout,
    )
