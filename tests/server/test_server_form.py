"""The HTML form of the HTTP API, used without JavaScript."""

import contextlib
import io
import re
import threading

import pytest
from PIL import Image

from ocr_core.server.state import EXTENSION
from ocr_core.settings import Settings
from tests.conftest import LocalPool
from tests.support.api_requests import PNG, sent, tiff
from tests.support.marks import MARKS
from tests.support.waiting import HANG


def test_without_the_slash_the_form_is_a_redirect_away(client):
    answer = client.get("/api")

    assert (answer.status_code, answer.headers["Location"]) == (308, "/api/")


def test_the_form_offers_every_kind_of_file_that_is_read(client):
    form = client.get("/api/").text

    accepted = re.search(r'type="file" required accept="([^"]+)"', form)[1].split(",")
    assert accepted[0] == "image/*"
    assert {".pdf", ".zip", ".jxl", ".heic", ".xml", ".hocr", ".tsv"} <= set(accepted)


def test_the_form_shows_text_boxes_and_a_download(client):
    answer = client.post(
        "/api/", **sent(language="eng", format="words"), follow_redirects=True
    )

    assert "<script" not in answer.text
    assert "mark1 mark2 mark3 mark4" in answer.text
    assert answer.text.count("<rect") == 4
    left, top, width, height = sorted(MARKS)[0]
    assert f'x="{left}" y="{top}" width="{width}" height="{height}"' in answer.text
    url = re.search(r'href="([^"]+format=words)"', answer.text)[1]
    assert client.get(url).text.startswith("doc_id,page_num")
    picture = client.get(re.search(r'<image href="([^"]+)"', answer.text)[1])
    assert picture.mimetype == "image/jpeg"
    assert Image.open(io.BytesIO(picture.data), formats=["JPEG"]).size == (240, 180)


@pytest.mark.parametrize(
    ("language", "read_in"), [("", "deu"), ("eng", "eng"), ("fra", "fra")]
)
def test_the_language_is_the_one_chosen_or_else_that_of_the_settings(
    api, client, language, read_in
):
    recipe = Settings.from_flat({"language": "deu"}).recipe()

    answer = client.post("/api/", **sent(language=language, settings=recipe))

    name = answer.headers["Location"].rpartition("/")[2]
    job = api.extensions[EXTENSION].jobs.find(name)
    assert job.settings.recognition.language == read_in


def test_the_form_escapes_what_strangers_write(client):
    name = "<script>alert(1)<!--{{ 7*7 }}.png"

    answer = client.post("/api/", **sent(name=name), follow_redirects=True)

    assert "&lt;script&gt;alert(1)" in answer.text
    assert "<script" not in answer.text and "49" not in answer.text.split("<style")[0]


@pytest.mark.parametrize(
    ("content", "fields", "status"),
    [
        (b"nothing", {}, 415),
        (PNG[:60], {}, 422),
        (PNG, {"settings": "{"}, 422),
        (PNG, {"language": "<b>"}, 422),
        (PNG, {"format": "exe"}, 422),
        (bytes(21 * 2**20), {}, 413),
    ],
)
def test_the_form_says_what_went_wrong(client, content, fields, status):
    answer = client.post("/api/", **sent(content, **fields), follow_redirects=True)

    assert answer.status_code == status
    assert answer.mimetype == "text/html"
    assert 'role="alert"' in answer.text
    assert "<b>" not in answer.text


def test_the_form_follows_a_long_document(client, monkeypatch):
    monkeypatch.setattr("ocr_core.server.html.WAIT_SECONDS", 0)
    gate = threading.Event()
    plain = LocalPool.submit
    monkeypatch.setattr(
        LocalPool, "submit", lambda *a, **k: gate.wait(HANG) and plain(*a, **k)
    )

    answer = client.post("/api/", **sent(tiff(2)), follow_redirects=True)
    gate.set()

    assert 'http-equiv="refresh"' in answer.text
    assert "0 of" in answer.text


@pytest.fixture
def full(api):
    """Return a function that uses all slots of a client."""
    gate = api.extensions[EXTENSION].limit
    with contextlib.ExitStack() as stack:
        yield lambda: [stack.enter_context(gate.slot("127.0.0.1")) for _ in "a" * 16]


def test_a_client_without_a_place_in_the_queue_is_refused_at_once(
    api, client, monkeypatch, full
):
    app_state, go = api.extensions[EXTENSION], threading.Event()
    plain = LocalPool.submit
    monkeypatch.setattr(
        LocalPool, "submit", lambda *a, **k: go.wait(HANG) and plain(*a, **k)
    )
    url = client.post("/api/", **sent()).headers["Location"]
    job, inside = app_state.jobs.find(url.rpartition("/")[2]), []
    monkeypatch.setattr(
        job.finished, "wait", lambda _: inside.append(app_state.limit.inside)
    )

    waited = client.get(url)
    full()
    refused = client.get(url)
    go.set()

    assert inside == [1]
    for answer in (waited, refused):
        assert answer.status_code == 200
        assert 'http-equiv="refresh"' in answer.text


@pytest.mark.parametrize(
    "path", ["/api/read/{}/1.jpg", "/api/v1/jobs/{}/result?format=txt"]
)
def test_what_waits_for_a_worker_takes_a_place(client, full, path):
    url = client.post("/api/", **sent(), follow_redirects=True).request.path
    path = path.format(url.rpartition("/")[2])
    assert client.get(path).status_code == 200

    full()
    answer = client.get(path)

    assert (answer.status_code, answer.json["error"]["code"]) == (429, "share")
    assert answer.headers["Retry-After"]


def test_every_field_of_the_form_has_its_label(client):
    text = client.get("/api/").text

    fields = set(re.findall(r'<(?:input|select|textarea) id="(\w+)"', text))
    assert fields == set(re.findall(r'<label for="(\w+)"', text))
    assert '<html lang="en">' in text and "<main>" in text
