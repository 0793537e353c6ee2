"""Sign-in: who uses a server that people sign in to, by OpenID Connect.

Streamlit does it, where its secrets have a section ``auth``. Then only signed-in people
see the app, and each has projects of their own.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

MEMBERS = "OCR_CORE_MEMBERS"
ADMINS = "OCR_CORE_ADMINS"
SECTION = "auth"
PROVIDER_KEY = "client_id"  # each section of a provider has one


@dataclass(frozen=True)
class Person:
    """A person who signed in.

    Parameters
    ----------
    issuer, subject
        Who vouches for the person, and the lasting name of the person there.
    name, email
        For display; "" if unknown.
    email_verified
        Whether the issuer knows that the address is the person's.
    """

    issuer: str
    subject: str
    name: str = ""
    email: str = ""
    email_verified: bool = False

    @property
    def key(self) -> str:
        """Text that identifies the person; no visitor's key has a line end."""
        return f"{self.issuer}\n{self.subject}"

    @property
    def label(self) -> str:
        """The person in one line."""
        return " · ".join(each for each in (self.name, self.email) if each) or (
            self.subject
        )

    def is_listed(self, people: str) -> bool:
        """Return whether a list names the person.

        Parameters
        ----------
        people
            Addresses, domains such as ``@uni.example``, or subjects, between commas or
            spaces. Only a verified address counts.
        """
        entries = {each.casefold() for each in people.replace(",", " ").split()}
        own = {self.subject.casefold()}
        if self.email_verified and "@" in self.email:
            email = self.email.casefold()
            own |= {email, "@" + email.rpartition("@")[2]}
        return bool(entries & own)


def is_required() -> bool:
    """Return whether only signed-in people may use the app.

    Secrets that cannot be read might say so: then nobody can sign in.
    """
    if st.secrets.load_if_toml_exists():
        return SECTION in st.secrets
    files = st.get_option("secrets.files") or ()
    return any(Path(each).expanduser().exists() for each in files)


def providers() -> list[str]:
    """Return the names of the sections of providers; "" is the only one without."""
    if not st.secrets.load_if_toml_exists():
        return []
    section: Mapping[str, Any] = st.secrets[SECTION]
    named = [
        name
        for name, each in section.items()
        if isinstance(each, Mapping) and PROVIDER_KEY in each
    ]
    return named or [""]


def signed_in() -> Person | None:
    """Return who is signed in; None if nobody is, or the person is no member.

    `OCR_CORE_MEMBERS` lists the members; if it is empty, all who can sign in are.
    """
    person = claimed()
    members = os.environ.get(MEMBERS, "")
    if person and members.strip() and not person.is_listed(members):
        return None
    return person


def claimed() -> Person | None:
    """Return who is signed in, whether a member or not."""
    if not is_required() or not getattr(st.user, "is_logged_in", False):
        return None
    claims: Mapping[str, Any] = st.user.to_dict()
    issuer, subject = (str(claims.get(each) or "") for each in ("iss", "sub"))
    if not issuer or not subject:
        return None
    name, email = (str(claims.get(each) or "") for each in ("name", "email"))
    return Person(issuer, subject, name, email, claims.get("email_verified") is True)


def is_admin(person: Person | None) -> bool:
    """Return whether a person may see how much everybody uses."""
    return person is not None and person.is_listed(os.environ.get(ADMINS, ""))
