"""Signing in, in the browser, by a provider of OpenID Connect that the test runs."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Server
from tests.e2e.steps import press, upload
from tests.support.app_pages import FOX, png
from tests.support.sign_in_provider import secrets, sign_in_provider
from tests.support.waiting import HANG

ANN = {"sub": "1", "name": "Ann", "email": "ann@uni.example", "email_verified": True}
BOB = {"sub": "2", "name": "Bob", "email": "bob@uni.example", "email_verified": True}
EVE = {"sub": "3", "name": "Eve", "email": "eve@uni.example", "email_verified": False}


@pytest.fixture
def provider():
    with sign_in_provider() as provider:
        yield provider


@pytest.fixture
def page(browser, provider, tmp_path):
    """A server whose members are those of one university, and a browser at it."""
    path = tmp_path / "secrets.toml"
    server = Server(
        tmp_path,
        "--secrets.files",
        str(path),
        OCR_CORE_MEMBERS="@uni.example",
        OCR_CORE_ADMINS="bob@uni.example",
    )
    path.write_text(secrets(provider, server.url))
    server.start()
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(1000 * HANG)
    page = context.new_page()
    page.goto(server.url)
    yield page
    context.close()
    server.stop()


def sign_in(page, provider, person):
    provider.person = person
    press(page, "Sign in with University")


def go_to(page, name):
    page.get_by_role("link", name=name, exact=True).click()


def test_each_person_has_projects_of_their_own_and_an_admin_sees_the_usage(
    page, provider
):
    expect(page.get_by_role("link", name="Projects")).to_have_count(0)
    sign_in(page, provider, ANN)
    upload(page, {"fox.png": png(FOX)})
    go_to(page, "Projects")
    expect(page.get_by_text("Signed in as Ann · ann@uni.example.")).to_be_visible()
    expect(page.get_by_text("fox", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Usage")).to_have_count(0)
    press(page, "Sign out")

    sign_in(page, provider, BOB)
    go_to(page, "Projects")
    expect(page.get_by_text("There are no projects yet.")).to_be_visible()
    go_to(page, "Usage")
    expect(page.get_by_test_id("stMetric").first).to_contain_text("2")
    go_to(page, "Projects")
    press(page, "Sign out")

    sign_in(page, provider, EVE)  # whose address nobody has verified
    expect(page.get_by_text("Eve · eve@uni.example is not among")).to_be_visible()
    expect(page.get_by_role("link", name="Projects")).to_have_count(0)
