"""Sign-in: who may use the app, whose projects are whose, and what admins see."""

from types import SimpleNamespace

import pytest
import streamlit as st
from streamlit import config

from app.session import hosting, sign_in, visitors
from app.session.hosting import hosted_library, usage, visitor_folder, visitor_library
from app.session.sign_in import Person, providers
from tests.support.app_driver import button

ANN = Person("https://id.example", "1", "Ann", "Ann@Uni.example", email_verified=True)
BOB = Person("https://id.example", "2", "Bob", "bob@uni.example")
# as Streamlit's documentation names the keys
CONFIGURED = """[auth]
redirect_uri = "http://localhost:8501/oauth2callback"
cookie_secret = "x"
"""
ONE = 'client_id = "a"\nclient_secret = "b"\nserver_metadata_url = "c"\n'


@pytest.fixture
def configure(tmp_path):
    """Return a function that writes Streamlit's secrets and has them read anew."""

    def configure(content):
        path = tmp_path / "secrets.toml"
        path.write_text(content)
        config.set_option("secrets.files", [str(path)])
        st.secrets._reset()

    before = config.get_option("secrets.files")
    yield configure
    config.set_option("secrets.files", before)
    st.secrets._reset()


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("OCR_CORE_PROJECTS", str(tmp_path / "projects"))
    return tmp_path / "projects"


@pytest.fixture
def sign(monkeypatch):
    """Return a function that has somebody, or nobody, signed in."""

    def sign(person):
        claims = {}
        if person:
            claims = {"iss": person.issuer, "sub": person.subject, "name": person.name}
            claims |= {"email": person.email, "email_verified": person.email_verified}
        user = SimpleNamespace(is_logged_in=bool(person), to_dict=lambda: claims)
        monkeypatch.setattr(sign_in, "is_required", lambda: True)
        monkeypatch.setattr(hosting, "is_required", lambda: True)
        monkeypatch.setattr(sign_in.st, "user", user)

    return sign


@pytest.mark.parametrize(
    ("people", "listed"),
    [
        ("ann@uni.example", (True, False)),
        ("bob@uni.example", (False, False)),  # nobody has verified it
        ("bob@uni.example, 2", (False, True)),
        ("@uni.example", (True, False)),
        ("@example uni.example example", (False, False)),
        ("", (False, False)),
    ],
)
def test_a_list_names_people_by_verified_address_domain_or_subject(people, listed):
    assert (ANN.is_listed(people), BOB.is_listed(people)) == listed


def test_sign_in_is_required_where_secrets_say_so_or_cannot_be_read(configure):
    assert not sign_in.is_required()  # there are no secrets

    configure('other = "x"')
    assert not sign_in.is_required()

    configure(CONFIGURED + ONE)
    assert sign_in.is_required() and providers() == [""]

    configure(f"{CONFIGURED}[auth.one]\n{ONE}[auth.two]\n{ONE}")
    assert sign_in.is_required() and providers() == ["one", "two"]

    configure("[auth")
    assert sign_in.is_required() and providers() == []


def test_each_person_has_projects_of_their_own(root, sign):
    sign(ANN)
    visitor_library().begin("Letters")
    again = visitor_library()
    sign(BOB)
    other = visitor_library()

    assert len(again.ids()) == 1 and other.ids() == []
    assert again.root.parent == other.root.parent == root
    sign(None)
    assert visitor_library() is None


def test_who_is_no_member_has_no_projects(root, sign, monkeypatch):
    monkeypatch.setenv("OCR_CORE_MEMBERS", "@uni.example")

    sign(ANN)
    assert visitor_library() is not None
    sign(BOB)
    assert visitor_library() is None


def test_no_visitors_key_opens_a_persons_projects(root):
    hosted_library(root, ANN.key, ANN.label).begin("Letters")

    assert visitors.visitor_key({visitors.COOKIE: ANN.key}) == ""
    assert not visitors.KEY.fullmatch(ANN.key)


def test_usage_lists_people_and_visitors_by_what_they_keep(root):
    hosted_library(root, BOB.key, BOB.label)
    project = hosted_library(root, ANN.key, ANN.label).begin("Letters")
    (project.paths.record.parent / "scan").write_bytes(bytes(5000))
    other_key = "v" * 43
    hosted_library(root, other_key).begin("Maps")

    lines = usage(root)

    assert [(each.label, each.projects) for each in lines] == [
        ("Ann · Ann@Uni.example", 1),
        ("", 1),
        ("Bob · bob@uni.example", 0),
    ]
    assert lines[1].id == visitor_folder(root, other_key).name[:8]
    assert lines[0].size > 5000 > lines[1].size > lines[2].size


def test_nothing_but_sign_in_is_shown_to_who_is_not_signed_in(
    run_app, sign, root, configure
):
    configure(f"{CONFIGURED}[auth.one]\n{ONE}")
    sign(None)
    app = run_app()

    assert [each.label for each in app.button] == ["Sign in with One"]
    assert "session" not in app.session_state

    sign(ANN)
    app.run()
    app.switch_page("views/projects.py").run()
    assert any("Signed in as Ann" in each.value for each in app.caption)
    assert button(app, "Sign out")


def test_the_usage_is_shown_to_admins_alone(run_app, sign, root, monkeypatch):
    hosted_library(root, BOB.key, BOB.label)
    monkeypatch.setenv("OCR_CORE_ADMINS", "ann@uni.example")
    sign(ANN)
    app = run_app()
    app.switch_page("views/usage.py").run()

    assert {*app.dataframe[0].value["person"]} == {ANN.label, BOB.label}

    sign(BOB)
    app.run()
    assert not app.dataframe
