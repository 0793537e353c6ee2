"""Hosting: who sees which projects, how long they are kept, and how large they may
be."""

import asyncio
import hashlib
import os
import time
from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from app.asgi import TabsMayClose
from app.session import hosting, visitors
from app.session.hosting import (
    COOKIE,
    FORWARDED,
    KEY,
    Library,
    clear_expired,
    delete_all,
    hosted_library,
    new_key,
    visitor_folder,
    visitor_library,
)
from app.session.project_library import leave
from app.session.project_paths import LEFTOVER
from ocr_core.errors import LimitError, OutputError
from tests.support.app_pages import png

DAY = 86_400


@pytest.fixture
def root(tmp_path, monkeypatch):
    """The folder of all users' projects."""
    monkeypatch.setenv("OCR_CORE_PROJECTS", str(tmp_path / "visitors"))
    monkeypatch.setenv("OCR_CORE_CORPORA", str(tmp_path / "own"))
    return tmp_path / "visitors"


@pytest.fixture
def visit(root, monkeypatch):
    """Return a function that opens the page at an address of the server."""

    def visit(address, cookies=None, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        options = {"server.address": address}
        monkeypatch.setattr(hosting.st, "get_option", options.get)
        context = SimpleNamespace(headers=named, cookies=cookies or {})
        monkeypatch.setattr(hosting.st, "context", context)
        return visitor_library()

    return visit


# Who sees what


@pytest.mark.parametrize("address", ["127.0.0.1", "localhost", "::1"])
def test_the_person_at_this_machine_has_a_folder_of_projects(visit, tmp_path, address):
    library = visit(address)

    assert (library.root, library.own_machine) == (tmp_path / "own", True)


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.168.1.5", None, "example"])
def test_others_never_have_that_folder(visit, tmp_path, address):
    key = new_key()

    assert visit(address) is None
    library = visit(address, {COOKIE: key})
    assert library.root.parent == tmp_path / "visitors"
    assert not library.own_machine


@pytest.mark.parametrize("header", FORWARDED)
def test_nor_has_anybody_behind_a_proxy(visit, header):
    assert visit("127.0.0.1", **{header: "198.51.100.7"}) is None


def test_the_folders_can_be_switched_off(visit, monkeypatch):
    monkeypatch.setenv("OCR_CORE_CORPORA", "")
    monkeypatch.setenv("OCR_CORE_PROJECTS", "")

    assert visit("127.0.0.1") is None
    assert visit("0.0.0.0", {COOKIE: new_key()}) is None


@pytest.mark.parametrize(
    "key",
    ["", "short", "../" * 14 + "x", "a" * 42, "a" * 44, "ä" * 43, "a" * 42 + "\n"],
)
def test_a_cookie_that_is_no_key_of_ours_opens_nothing(visit, key):
    assert visit("0.0.0.0", {COOKIE: key}) is None


def test_keys_are_random_and_only_their_digests_are_on_disk(root):
    keys = {new_key() for _ in range(50)}
    assert len(keys) == 50
    assert all(KEY.fullmatch(key) for key in keys)
    key = keys.pop()

    leave(hosted_library(root, key).begin("letters"))

    names = [str(path) for path in root.rglob("*")]
    assert not any(key in name for name in names)
    assert hashlib.sha256(key.encode()).hexdigest() in names[0]


def test_nobody_sees_the_projects_of_another_key(root):
    mine, theirs = (hosted_library(root, new_key()) for _ in range(2))

    project = mine.begin("letters")
    leave(project)

    assert mine.ids() == ["letters"]
    assert theirs.ids() == []
    for name in ("letters", f"../{mine.root.name}/letters", str(mine.root / "letters")):
        with pytest.raises(Exception, match="There is no project"):
            theirs.open(name)


# How long, and how much


def used(folder, days_ago):
    then = time.time() - days_ago * DAY
    (folder / hosting.USED).touch()
    os.utime(folder / hosting.USED, (then, then))


def test_projects_that_nobody_came_back_for_are_deleted(root, monkeypatch):
    monkeypatch.setenv("OCR_CORE_KEEP_DAYS", "7")
    kept, expired, held = (hosted_library(root, new_key()) for _ in range(3))
    for library in (kept, expired, held):
        leave(library.begin("letters"))
    (root / f"{LEFTOVER}0").mkdir()
    used(kept.root, 6)
    used(expired.root, 8)
    used(held.root, 8)
    project = held.open("letters")

    assert clear_expired(root) == 2

    assert kept.ids() == held.ids() == ["letters"]
    assert {each.name for each in root.iterdir()} == {kept.root.name, held.root.name}
    leave(project)


def test_a_visit_counts_the_days_again(root):
    key = new_key()
    leave(hosted_library(root, key).begin("letters"))
    used(visitor_folder(root, key), 1000)

    hosted_library(root, key)

    assert clear_expired(root) == 0


@pytest.mark.parametrize("value", ["", "none", "0", "-3", "9" * 9, "1e3"])
def test_a_setting_that_is_no_number_is_as_if_it_were_not_set(monkeypatch, value):
    monkeypatch.setenv("OCR_CORE_KEEP_DAYS", value)

    assert hosting.keep_days() == 30


def test_a_visitor_who_has_too_much_is_refused_and_what_was_there_stays(
    root, monkeypatch
):
    monkeypatch.setenv("OCR_CORE_VISITOR_MB", "1")
    project = hosted_library(root, new_key()).begin("letters")

    small = project.documents.add("a", "a.png", png())
    large = project.documents.add("b", "b.png", os.urandom(1_000_000))

    assert not small.error
    assert "more than 1 MB. Delete a project" in large.error
    assert not large.path.exists()
    leave(project)


def test_visitors_leave_room_on_the_disk(root, monkeypatch):
    free = SimpleNamespace(free=hosting.FREE_BYTES + 100)
    monkeypatch.setattr(hosting.shutil, "disk_usage", lambda path: free)
    folder = root / "somebody"

    hosting.check_visitor_room(folder, 100)
    with pytest.raises(OutputError, match="nearly full"):
        hosting.check_visitor_room(folder, 101)
    monkeypatch.setenv("OCR_CORE_VISITOR_MB", "1")
    with pytest.raises(LimitError):
        hosting.check_visitor_room(folder, 1_000_001)


def test_a_visitor_deletes_everything(root):
    library = hosted_library(root, new_key())
    for name in ("letters", "maps"):
        leave(library.begin(name))
    project = library.open("maps")

    delete_all(library)

    assert project.deleted
    assert list(root.iterdir()) == []
    assert isinstance(library, Library) and library.ids() == []


# The cookie, and the private link


@pytest.fixture
def client(root, monkeypatch):
    """A client of an app that serves other machines."""
    monkeypatch.setattr(hosting.st, "get_option", {"server.address": "0.0.0.0"}.get)

    async def screen(request):
        return HTMLResponse("a screen")

    async def data(request):
        return PlainTextResponse("data")

    app = Starlette(
        routes=[
            Route("/", screen),
            Route("/corpus", screen),
            Route("/data", data),
            Route("/api/health", screen),
            Route(visitors.PATH, visitors.come_back, methods=["GET", "POST"]),
        ],
        middleware=[Middleware(visitors.VisitorCookie)],
    )
    return TestClient(app, follow_redirects=False)


def cookie(answer):
    value = answer.headers.get("set-cookie", "")
    name, _, rest = value.partition("=")
    assert not value or name == COOKIE
    key, *attributes = rest.split("; ")
    return key, {each.lower() for each in attributes}


def test_a_screen_gives_a_key_that_no_script_and_no_other_site_can_use(client):
    key, attributes = cookie(client.get("/"))

    assert KEY.fullmatch(key)
    assert {"httponly", "samesite=lax", "path=/", "max-age=2592000"} <= attributes
    assert "secure" not in attributes  # this was plain HTTP


@pytest.mark.parametrize("headers", [{"x-forwarded-proto": "https"}])
def test_over_tls_the_cookie_never_travels_in_the_open(client, headers):
    _, attributes = cookie(client.get("/", headers=headers))

    assert "secure" in attributes


def test_a_key_stays_from_screen_to_screen(client):
    first, _ = cookie(client.get("/"))
    again, attributes = cookie(client.get("/corpus"))

    assert again == first
    assert "max-age=2592000" in attributes  # the days count anew


@pytest.mark.parametrize("path", ["/data", "/api/health", "/back", "/nowhere"])
def test_what_is_no_screen_gives_no_key(client, path):
    assert "set-cookie" not in client.get(path).headers


def test_this_machine_alone_needs_no_cookie(client, monkeypatch):
    monkeypatch.setattr(hosting.st, "get_option", {"server.address": "127.0.0.1"}.get)

    assert "set-cookie" not in client.get("/").headers
    assert "set-cookie" in client.get("/", headers={"via": "1.1 proxy"}).headers


def post(client, key, **headers):
    return client.post("/back", data={"key": key}, headers=headers)


def test_the_private_link_brings_a_key_back(client, root):
    key = new_key()
    leave(hosted_library(root, key).begin("letters"))
    shown = client.get("/back")
    assert shown.headers["referrer-policy"] == "no-referrer"
    assert shown.headers["cache-control"] == "no-store"

    answer = post(client, key, **{"sec-fetch-site": "same-origin"})

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert cookie(answer)[0] == key


def test_a_link_that_nothing_hangs_on_changes_nothing(client, root):
    for key in (new_key(), "", "x" * 43, "../" * 20):
        answer = post(client, key, **{"sec-fetch-site": "same-origin"})

        assert answer.status_code == 404
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"origin": "https://evil.example"},
        {},
    ],
)
def test_another_site_cannot_put_its_key_into_a_browser(client, root, headers):
    key = new_key()
    leave(hosted_library(root, key).begin("lure"))

    answer = post(client, key, **headers)

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_an_old_browser_is_known_by_its_origin(client, root):
    key = new_key()
    leave(hosted_library(root, key).begin("letters"))

    assert post(client, key, origin="http://testserver").status_code == 303


def test_a_form_of_any_length_is_not_read_to_its_end(client):
    answer = post(client, "x" * 5000, **{"sec-fetch-site": "same-origin"})

    assert answer.status_code == 413


def test_the_page_of_the_link_speaks_the_language_of_the_browser(client):
    text = client.get("/back", headers={"accept-language": "id-ID,id;q=0.9"}).text

    assert "Kembali ke proyek Anda" in text


def test_a_tab_that_closes_while_it_is_answered_is_no_fault():
    from starlette.websockets import WebSocketDisconnected

    async def closes(scope, receive, send):
        raise WebSocketDisconnected

    asyncio.run(TabsMayClose(closes)({"type": "websocket"}, None, None))
    with pytest.raises(WebSocketDisconnected):
        asyncio.run(TabsMayClose(closes)({"type": "http"}, None, None))
