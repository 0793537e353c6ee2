"""The HTTP API as other programs meet it; limits and manners over a real socket."""

import asyncio
import base64
import contextlib
import http.client
import io
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from pathlib import Path

import cv2
import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from PIL import Image
from schemathesis.checks import positive_data_acceptance
from waitress import wasyncore

from ocr_core.errors import SettingsError
from ocr_core.exports import FORMATS, Format
from ocr_core.knobs import knobs
from ocr_core.server import app as server_app
from ocr_core.server import jobs as server_jobs
from ocr_core.server import mount, reading
from ocr_core.server.app import JsonLines, create_app, log
from ocr_core.server.house import EXTENSION
from ocr_core.server.mount import Mounted
from ocr_core.server.serve import (
    ARRIVAL_SECONDS,
    Server,
    check_exposure,
    listening,
)
from ocr_core.settings import Settings
from ocr_core.workers import BusyError
from tests.conftest import InlinePool
from tests.hostile import NAMES
from tests.marks import MARKS, MarksEngine, marked_image
from tests.serving import serving

PNG = cv2.imencode(".png", marked_image())[1].tobytes()
TOKEN = "a-token-for-the-tests-only"
MULTIPART = {"Content-Type": "multipart/form-data; boundary=xx"}


class LocalPool(InlinePool):
    """A pool in this process, that can be as full as a test wants it."""

    queued = 0
    full = False

    def submit(self, function, *arguments, **told):
        if self.full:
            raise BusyError("9 pages are waiting already.", retry_after=7)
        return super().submit(function, *arguments, **told)

    def cancel(self, task):
        return


@pytest.fixture
def local_pool(marks_engine):
    return LocalPool()


@pytest.fixture
def app(local_pool):
    app = create_app(lambda: local_pool)
    yield app
    app.extensions[EXTENSION].close()


@pytest.fixture
def client(app):
    return app.test_client()


def sent(content=PNG, name="scan.png", **fields):
    return {"data": {"file": (io.BytesIO(content), name), **fields}}


def tiff(pages):
    file = io.BytesIO()
    first, *others = [Image.fromarray(marked_image())] * pages
    first.save(file, "TIFF", save_all=True, append_images=others)
    return file.getvalue()


def code(answer):
    return answer.json["error"]["code"]


def finished(client, answer):
    """Wait until a job is done; return its path."""
    path = answer.headers["Location"]
    end = time.monotonic() + 30
    while client.get(path).json["state"] in ("queued", "running"):
        assert time.monotonic() < end
        time.sleep(0.01)
    return path


# What can be asked


def test_health_tells_that_the_server_is_there(client):
    assert client.get("/api/health").json["status"] == "ok"


def test_languages_and_engines_are_listed_without_paths(client):
    answer = client.get("/api/languages")

    assert set(answer.json) == {"languages", "engines"}
    assert "/" not in "".join(answer.json["engines"])
    assert "traineddata" not in answer.text


def test_every_knob_is_listed(client):
    listed = client.get("/api/knobs").json["knobs"]

    assert listed == json.loads(
        json.dumps([knob.described() for knob in knobs(Settings)])
    )


def test_a_page_is_answered_with_its_text_and_its_words(client):
    answer = client.post("/api/v1/ocr", **sent())

    [page] = answer.json["pages"]
    assert answer.json["doc_id"] == "scan"
    assert answer.json["text"] == "mark1 mark2 mark3 mark4"
    boxes = [(w["left"], w["top"], w["width"], w["height"]) for w in page["words"]]
    assert boxes == sorted(MARKS)
    assert page["settings"] == Settings().flat()


def test_settings_are_flat_names_as_in_a_recipe(client):
    chosen = Settings.from_flat({"rotate": "180", "psm": 6})
    answers = [
        client.post("/api/v1/ocr", **sent(settings=text)).json["pages"][0]["settings"]
        for text in ('{"rotate": "180", "psm": 6}', chosen.recipe())
    ]

    assert answers == [chosen.flat(), chosen.flat()]


def test_a_recipe_may_be_sent_as_a_file(client):
    recipe = (io.BytesIO(b'{"psm": 6}'), "recipe.json")

    answer = client.post("/api/v1/ocr", **sent(settings=recipe))

    assert answer.json["pages"][0]["settings"]["psm"] == 6


@pytest.mark.parametrize("name", ["words", "pages", "corpus", "jsonl"])
def test_tables_are_handed_over_as_files(client, name):
    answer = client.post("/api/v1/ocr", **sent(format=name))

    assert answer.status_code == 200
    assert answer.mimetype == FORMATS[name].media
    ending = FORMATS[name].ending
    assert answer.headers["Content-Disposition"] == f"attachment; filename=scan{ending}"
    assert "mark1" in answer.text or name == "pages"


def test_an_exporter_that_joins_is_offered_by_itself(monkeypatch, local_pool):
    form = Format("count", ".n", "text/x-count", "words", f"{__name__}:write_count")
    monkeypatch.setitem(FORMATS, "count", form)
    client = create_app(lambda: local_pool).test_client()

    answer = client.post("/api/v1/ocr", **sent(format="count"))

    assert (answer.text, answer.mimetype) == ("4", "text/x-count")
    paths = client.get("/api/openapi.json").json["paths"]
    assert "text/x-count" in paths["/api/v1/ocr"]["post"]["responses"]["200"]["content"]
    assert 'value="count"' in client.get("/api/").text


def write_count(results, file):
    file.write(str(sum(len(result.rows) for result in results)).encode())


def test_all_pages_of_a_document_are_read(client):
    answer = client.post("/api/v1/ocr", **sent(tiff(3)))

    assert [page["page_num"] for page in answer.json["pages"]] == [1, 2, 3]


# Jobs


def test_a_job_is_accepted_followed_and_fetched(client):
    answer = client.post("/api/v1/jobs", **sent(tiff(2), "long.tif"))
    path = finished(client, answer)

    assert answer.status_code == 202
    assert path.endswith(answer.json["id"])
    told = client.get(path).json
    assert (told["state"], told["pages"], told["pages_done"]) == ("done", 2, 2)
    assert 3590 <= told["expires_in"] <= 3600
    whole = client.get(f"{path}/result").json
    assert [page["n_words"] for page in whole["pages"]] == [4, 4]
    words = client.get(f"{path}/result?format=words").text
    assert words.count("\r\n") == 9


def test_a_deleted_job_is_gone_with_its_document(app, client):
    path = finished(client, client.post("/api/v1/jobs", **sent()))
    folder = app.extensions[EXTENSION].spool.folder
    assert len(list(folder.iterdir())) == 1

    assert client.delete(path).status_code == 204

    assert client.get(path).status_code == 404
    assert client.get(f"{path}/result").status_code == 404
    assert client.delete(path).status_code == 404
    assert not list(folder.iterdir())


def test_a_job_that_runs_can_be_cancelled(pool, tmp_path):
    app = create_app(lambda: pool)
    client = app.test_client()
    long = client.post("/api/v1/jobs", **sent(tiff(100)))

    assert client.get(f"{long.headers['Location']}/result").status_code == 409
    assert client.delete(long.headers["Location"]).status_code == 204

    folder = app.extensions[EXTENSION].spool.folder
    end = time.monotonic() + 30
    while list(folder.iterdir()) and time.monotonic() < end:
        time.sleep(0.05)
    assert not list(folder.iterdir())
    assert pool.queued == 0
    app.extensions[EXTENSION].close()


def test_a_job_that_cannot_be_read_says_why(client):
    path = finished(client, client.post("/api/v1/jobs", **sent(b"nothing", "x.png")))

    told = client.get(path).json
    assert (told["state"], told["error"]["code"]) == ("failed", "format")
    assert client.get(f"{path}/result").status_code == 415


def test_jobs_are_forgotten_after_their_time(client, monkeypatch):
    path = finished(client, client.post("/api/v1/jobs", **sent()))

    monkeypatch.setattr(server_jobs, "KEEP_SECONDS", -1)

    assert client.get(path).status_code == 404


def test_the_oldest_finished_job_makes_room_for_a_new_one(client, monkeypatch):
    monkeypatch.setattr(server_jobs, "MOST_JOBS", 2)
    paths = [finished(client, client.post("/api/v1/jobs", **sent())) for _ in range(3)]

    assert [client.get(path).status_code for path in paths] == [404, 200, 200]


def test_results_are_kept_only_as_far_as_memory_allows(client, monkeypatch):
    monkeypatch.setattr(server_jobs, "RESULT_BYTES", 8_000)
    paths = [finished(client, client.post("/api/v1/jobs", **sent())) for _ in range(3)]

    assert [client.get(path).status_code for path in paths] == [404, 404, 200]


def test_a_client_with_too_many_jobs_is_told_to_wait(client, monkeypatch):
    monkeypatch.setattr(server_jobs, "SHARE", 0)

    answer = client.post("/api/v1/jobs", **sent())

    assert (answer.status_code, code(answer)) == (429, "share")
    assert int(answer.headers["Retry-After"]) > 0


# Refusals


def test_a_full_pool_says_when_to_come_again(client, local_pool):
    local_pool.full = True

    answer = client.post("/api/v1/ocr", **sent())

    assert (answer.status_code, code(answer)) == (503, "busy")
    assert answer.headers["Retry-After"] == "7"


@pytest.mark.parametrize(
    ("places", "share", "status"), [(1, 9, 503), (9, 1, 429), (9, 9, 200)]
)
def test_a_reading_more_than_there_are_places_for(app, client, places, share, status):
    gate = reading.Gate(places, share)
    app.extensions[EXTENSION].gate = gate
    with gate.place("127.0.0.1"):
        answer = client.post("/api/v1/ocr", **sent())

    assert answer.status_code == status
    assert ("Retry-After" in answer.headers) == (status != 200)
    assert gate.inside == 0


def test_a_document_that_takes_too_long_is_refused(client, monkeypatch):
    monkeypatch.setattr("ocr_core.server.house.READ_SECONDS", -1)

    answer = client.post("/api/v1/ocr", **sent())

    assert answer.status_code == 413
    assert "/api/v1/jobs" in answer.json["error"]["hint"]


@pytest.mark.parametrize(
    ("fields", "status", "kind"),
    [
        ({}, 422, "request"),
        ({"url": "http://127.0.0.1/x.png"}, 422, "request"),
        ({"file": "http://127.0.0.1/x.png"}, 422, "request"),
        ({"file": (io.BytesIO(PNG), "")}, 422, "request"),
    ],
)
def test_a_request_without_a_file_is_refused(client, fields, status, kind):
    answer = client.post("/api/v1/ocr", data=fields, content_type="multipart/form-data")

    assert (answer.status_code, code(answer)) == (status, kind)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "3",
        '{"psm": 99}',
        '{"psm": 1e999}',
        '{"psm": NaN}',
        '{"psm": true}',
        '{"dpi": "300"}',
        '{"dpi": true}',
        '{"psm": ' + "9" * 5000 + "}",
        '{"nothing": 1}',
        '{"config": "--psm 6"}',
        '{"language": "../../etc"}',
        '{"language": "eng;rm"}',
        '{"language": {"a": 1}}',
        '{"language": "\\ud800"}',
        '{"\\ud800": 1}',
        '{"language": ""}',
        '{"dpi": "many"}',
        "[" * 50_000,
        '{"a":' * 20_000,
        "\x00",
        '{"' + "x" * 90_000 + '": 1}',
    ],
)
def test_settings_that_will_not_do_are_refused_in_a_sentence(client, text):
    answer = client.post("/api/v1/ocr", **sent(settings=text))

    assert (answer.status_code, code(answer)) == (422, "setting")
    assert len(answer.json["error"]["message"]) <= 500


def test_other_requests_that_will_not_do(client):
    twice = {"file": [(io.BytesIO(PNG), "a.png"), (io.BytesIO(PNG), "b.png")]}
    ask = client.post
    answers = {
        "two files": ask("/api/v1/ocr", data=twice),
        "a format": ask("/api/v1/ocr", **sent(format="exe")),
        "a field": ask("/api/v1/ocr", **sent(config="-c x")),
        "a format of a job": ask("/api/v1/jobs", **sent(format="txt")),
    }

    assert {
        name: answer.status_code for name, answer in answers.items()
    } == dict.fromkeys(answers, 422)


def test_what_is_no_form_is_refused(client):
    answer = client.post("/api/v1/ocr", json={"image_url": "http://127.0.0.1/a.jpg"})

    assert (answer.status_code, code(answer)) == (415, "format")


def test_a_missing_language_is_named(pool):
    client = create_app(lambda: pool).test_client()

    answer = client.post("/api/v1/ocr", **sent(settings='{"language": "xyz"}'))

    assert (answer.status_code, code(answer)) == (422, "not_installed")
    assert "xyz" in answer.json["error"]["message"]
    assert "/usr" not in answer.text


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422),
        (b"hello", 415),
        (b"http://127.0.0.1:1/x.png\n/etc/passwd\n", 415),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", 415),
        (PNG[:-40], 422),
        (PNG[:60], 422),
        (b"%PDF-1.4 nothing", 422),
        (tiff(201), 413),
    ],
)
def test_files_that_cannot_be_read_end_in_a_sentence(client, content, status):
    answer = client.post("/api/v1/ocr", **sent(content, "what.png"))

    error = answer.json["error"]
    assert answer.status_code == status
    assert error["message"].endswith(".")
    assert "/tmp" not in answer.text and "ocr-core-" not in answer.text


@pytest.mark.parametrize(
    "name",
    [
        *NAMES,
        "../../etc/passwd",
        "..\\..\\boot.ini",
        "/etc/passwd",
        "a\x00b.png",
        "n" * 5000,
        "\x1b[31m",
        "x\r\nSet-Cookie: a=b",
        '"; filename=evil.exe',
        "{{ 7 * 7 }}",
        "%00",
        "...",
    ],
)
def test_a_name_is_only_a_label(client, name):
    answer = client.post("/api/v1/ocr", **sent(name=name, format="words"))

    if {"\r", "\n"} & set(name):  # they end the header: what follows is no file
        assert answer.status_code == 422
        return
    assert answer.status_code == 200
    title = answer.headers["Content-Disposition"].removeprefix("attachment; filename=")
    assert re.fullmatch(r"[\w.-]+|\"[\w.-]+\"|.*filename\*=UTF-8''[\w.%-]+", title)
    label = client.post("/api/v1/ocr", **sent(name=name)).json["source_file"]
    assert label.isprintable() or "\ufffd" in label
    assert len(label) <= 200 and "/" not in label and "\\" not in label


def test_parts_and_text_beyond_the_limits_are_refused(client):
    many = {f"f{number}": "x" for number in range(5000)}
    answers = [
        client.post("/api/v1/ocr", data={**many, "file": (io.BytesIO(PNG), "a.png")}),
        client.post("/api/v1/ocr", **sent(settings=" " * 200_000)),
        client.post("/api/v1/ocr", **sent(bytes(21 * 2**20))),
    ]

    assert [answer.status_code for answer in answers] == [413] * 3


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--xx",
        b"--xx\r\nnothing\r\n--xx--",
        b"--xx\r\nContent-Disposition: form-data\r\n\r\n--xx--",
        b"--xx\r\nContent-Disposition: form-data; name=file; filename=a\r\n\r\ncut",
        b"--xx\r\n" + b"A: " + b"b" * 300_000 + b"\r\n\r\nx\r\n--xx--",
    ],
)
def test_bodies_that_are_no_form_are_refused(client, body):
    answer = client.post("/api/v1/ocr", data=body, headers=MULTIPART)

    assert 400 <= answer.status_code < 500


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/nothing", 404),
        ("GET", "/api/v1/jobs/../../etc", 404),
        ("GET", "/api/v1/jobs/%2e%2e%2f/result", 404),
        ("GET", "/api/v1/jobs/0/result?format=words", 404),
        ("GET", "/api/read/0", 404),
        ("GET", "/api/read/0/1.jpg", 404),
        ("GET", "/api/docs/../app.py", 404),
        ("PUT", "/api/v1/ocr", 405),
        ("GET", "/api/v1/ocr", 405),
    ],
)
def test_what_is_not_there(client, method, path, status):
    answer = client.open(path, method=method)

    assert answer.status_code == status
    assert ("Allow" in answer.headers) == (status == 405)


def test_a_fault_of_ours_shows_no_traceback(client, monkeypatch):
    def stumble(*_):
        raise ZeroDivisionError("/secret/path")

    monkeypatch.setattr("ocr_core.server.routes.installed_engines", stumble)

    answer = client.get("/api/languages")

    assert (answer.status_code, code(answer)) == (500, "fault")
    assert "secret" not in answer.text and "Zero" not in answer.text


# Manners


def test_every_answer_has_the_security_headers(client):
    for path in ("/api/health", "/api/", "/api/nothing", "/api/docs"):
        headers = client.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == "no-store"


def test_a_token_is_wanted_where_one_is_set(local_pool):
    client = create_app(lambda: local_pool, token=TOKEN).test_client()
    basic = base64.b64encode(f"me:{TOKEN}".encode()).decode()

    def status(path="/api/v1/ocr", **headers):
        return client.post(path, **sent(), headers=headers).status_code

    assert client.get("/api/health").status_code == 200
    refused = client.get("/api/knobs")
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith("Basic")
    assert status() == 401
    for wrong in ("Bearer", "Bearer x", f"Token {TOKEN}", "Basic %%", "Basic eA=="):
        assert status(Authorization=wrong) == 401
    assert status(Authorization=f"Bearer {TOKEN}x") == 401
    assert status(Authorization="Bearer \xe4") == 401
    assert status(Authorization=f"Bearer {TOKEN}") == 200
    assert status(Authorization=f"Basic {basic}") == 200


def test_another_sites_page_cannot_send_documents(client):
    answers = [
        client.post("/api/v1/ocr", **sent(), headers={"Sec-Fetch-Site": site})
        for site in ("cross-site", "same-origin", "none")
    ]

    assert [answer.status_code for answer in answers] == [403, 200, 200]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "example.org"])
def test_strangers_come_in_only_where_that_is_meant_and_guarded(host):
    with pytest.raises(SettingsError, match="other machines"):
        check_exposure(host, TOKEN, remote=False)
    for token in (None, "", "short"):
        with pytest.raises(SettingsError, match="token"):
            check_exposure(host, token, remote=True)
    check_exposure(host, TOKEN, remote=True)
    for near in ("127.0.0.1", "localhost", "::1"):
        check_exposure(near, None, remote=False)


def test_the_access_log_is_json_with_clean_names_and_no_secrets(app, local_pool):
    records = []
    handler = Keeping(records)
    log.addHandler(handler)
    log.setLevel("INFO")
    client = create_app(lambda: local_pool, token=TOKEN).test_client()
    name = 'a\n{"forged": 1}\x1b[31m.png'
    try:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        spelled = urllib.parse.quote(name)
        body = (
            "--xx\r\nContent-Disposition: form-data; name=file; "
            f"filename*=UTF-8''{spelled}\r\n\r\n"
        )
        client.post(
            "/api/v1/ocr?secret=1",
            data=body.encode() + PNG + b"\r\n--xx--\r\n",
            headers={**headers, **MULTIPART},
        )
        job = client.post("/api/v1/jobs", **sent(), headers=headers).json["id"]
        client.get(f"/api/v1/jobs/{job}", headers=headers)
    finally:
        log.removeHandler(handler)

    lines = [JsonLines().format(record) for record in records]
    assert all("\n" not in line and "\x1b" not in line for line in lines)
    first = json.loads(lines[0])
    assert (first["method"], first["path"], first["status"]) == (
        "POST",
        "/api/v1/ocr",
        200,
    )
    assert first["file"] == 'a\ufffd{"forged": 1}\ufffd[31m.png'
    assert "mark1" not in "".join(lines) and TOKEN not in "".join(lines)
    assert job not in "".join(lines) and "secret" not in "".join(lines)


class Keeping(server_app.logging.Handler):
    def __init__(self, records):
        super().__init__()
        self.emit = records.append


def test_metrics_count_requests_pages_and_failures(client):
    client.post("/api/v1/ocr", **sent(tiff(2)))
    client.post("/api/v1/ocr", **sent(b"nothing"))
    client.open("/api/nothing", method="BREW")

    told = client.get("/api/metrics").text

    assert 'ocr_pages_total{status="ok"} 2.0' in told
    assert 'ocr_failures_total{code="format"} 1.0' in told
    route = 'method="POST",route="/api/v1/ocr",status="415"'
    assert f"ocr_requests_total{{{route}}} 1.0" in told
    assert 'method="other",route="none"' in told
    assert "ocr_request_seconds_bucket" in told and "ocr_queue 0.0" in told


def test_nothing_of_an_upload_is_left(app, client):
    client.post("/api/v1/ocr", **sent())
    client.post("/api/v1/ocr", **sent(b"nothing"))
    folder = app.extensions[EXTENSION].spool.folder

    assert not list(folder.iterdir())
    assert folder.stat().st_mode & 0o077 == 0


# The form


def test_without_the_slash_the_form_is_a_redirect_away(client):
    answer = client.get("/api")

    assert (answer.status_code, answer.headers["Location"]) == (308, "/api/")


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


def test_the_form_follows_a_long_document(client, app, monkeypatch):
    monkeypatch.setattr("ocr_core.server.pages.PATIENCE_SECONDS", 0)
    gate = threading.Event()
    plain = LocalPool.submit
    monkeypatch.setattr(
        LocalPool, "submit", lambda *a, **k: gate.wait(30) and plain(*a, **k)
    )

    answer = client.post("/api/", **sent(tiff(2)), follow_redirects=True)
    gate.set()

    assert 'http-equiv="refresh"' in answer.text
    assert "0 of" in answer.text


def test_every_field_of_the_form_has_its_label(client):
    text = client.get("/api/").text

    fields = set(re.findall(r'<(?:input|select|textarea) id="(\w+)"', text))
    assert fields == set(re.findall(r'<label for="(\w+)"', text))
    assert '<html lang="en">' in text and "<main>" in text


# What the description promises


def test_the_description_shows_every_knob_with_bounds_and_help(client):
    described = client.get("/api/openapi.json").json["components"]["schemas"][
        "Settings"
    ]

    for knob in knobs(Settings):
        shown = described["properties"][knob.name]
        assert shown["description"] == knob.help
        assert shown["default"] == knob.default
        assert shown.get("minimum") == knob.minimum
        assert shown.get("maximum") == knob.maximum
        assert set(knob.choices) <= set(shown.get("enum", ()))


def test_the_page_to_try_it_needs_nothing_from_elsewhere(client):
    text = client.get("/api/docs").text

    places = re.findall(r'(?:src|href)="([^"]+)"', text)
    assert places and all(place.startswith(("/api/", "data:")) for place in places)
    for place in places:
        if place.startswith("/api/"):
            assert client.get(place).status_code == 200


@pytest.fixture(scope="module")
def description():
    with pytest.MonkeyPatch.context() as patch:
        engine = MarksEngine()
        for place in (
            "ocr_core.pipeline.engine_named",
            "ocr_core.engines.engine_named",
        ):
            patch.setattr(place, lambda name: engine)
        pool = LocalPool()
        app = create_app(lambda: pool)
        yield schemathesis.openapi.from_wsgi("/api/openapi.json", app)
        app.extensions[EXTENSION].close()


schemathesis.openapi.format(
    "binary", st.one_of(st.just(PNG), st.just(tiff(2)), st.binary(max_size=200))
)

# No schema can say which bytes are a page that can be read.
ABOUT_THE_FILE = ("format", "input", "limit")


def keeps_its_promises(answer, case):
    told = answer.json() if answer.status_code in (413, 415, 422) else {}
    about_the_file = told.get("error", {}).get("code") in ABOUT_THE_FILE
    spared = [positive_data_acceptance] if about_the_file else []
    case.validate_response(answer, excluded_checks=spared)


@pytest.mark.parametrize("mode", schemathesis.GenerationMode)
def test_every_operation_keeps_its_promises(description, mode):
    tried = set()
    few = settings(
        max_examples=20,
        deadline=None,
        suppress_health_check=[HealthCheck.filter_too_much],
    )

    for operation in description.get_all_operations():
        operation = operation.ok()

        @few
        @given(case=operation.as_strategy(generation_mode=mode))
        def each_keeps_its_promises(case):
            tried.add(case.operation.label)
            keeps_its_promises(case.call(), case)

        with contextlib.suppress(Unsatisfiable):  # what has no input can't be wrong
            each_keeps_its_promises()

    assert {"POST /api/v1/ocr", "GET /api/v1/jobs/{id}/result"} <= tried


def test_no_walk_through_the_jobs_breaks_a_promise(description):
    class Walks(description.as_state_machine()):
        def validate_response(self, response, case, **_):
            keeps_its_promises(response, case)

    Walks.run(settings=settings(max_examples=20, stateful_step_count=6, deadline=None))


# Over a real socket


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A server of its own: its address, its process, its scratch folder, its log."""
    folder = tmp_path_factory.mktemp("served")
    with serving(folder) as (url, process):
        yield url, process, folder


def connection(url):
    place = urllib.parse.urlsplit(url)
    return socket.create_connection((place.hostname, place.port), timeout=30)


def form_body(content=PNG, name="scan.png", **fields):
    body = b""
    for field, text in fields.items():
        body += (
            f'--xx\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{text}\r\n'
        ).encode()
    head = f'--xx\r\nContent-Disposition: form-data; name="file"; filename="{name}"'
    return body + head.encode() + b"\r\n\r\n" + content + b"\r\n--xx--\r\n"


def asked(url, path, body=None, method=None, **headers):
    """Ask the server; return status, headers and JSON."""
    place = urllib.parse.urlsplit(url)
    http_client = http.client.HTTPConnection(place.hostname, place.port, timeout=60)
    method = method or ("POST" if body is not None else "GET")
    try:
        http_client.request(method, path, body, {**headers})
        answer = http_client.getresponse()
        content = answer.read()
        kind = answer.headers.get("Content-Type", "")
        told = json.loads(content) if kind == "application/json" else content
        return answer.status, answer.headers, told
    finally:
        http_client.close()


def test_a_body_that_is_too_large_is_refused_also_in_chunks(served):
    url, *_ = served
    chunk = bytes(2**20)
    whole = asked(url, "/api/v1/ocr", form_body(bytes(21 * 2**20)), **MULTIPART)
    chunks = asked(url, "/api/v1/ocr", (chunk for _ in range(21)), **MULTIPART)

    for status, _, told in (whole, chunks):
        assert (status, told["error"]["code"]) == (413, "limit")


@pytest.mark.parametrize(
    "words",
    [
        b"nonsense\r\n\r\n",
        b"GET /api/health HTTP/1.1\r\nBad Header: x\r\n\r\n",
        b"GET /api/\xff\xfe?\xff HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"GET /" + b"a" * 32_763,  # the last byte that is read
        b"POST /api/v1/ocr HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/v1/ocr HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
        b"POST /api/v1/ocr HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET http://127.0.0.1:1/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused(served, words):
    url, *_ = served
    with connection(url) as line:
        line.sendall(words)
        answer = b"".join(iter(lambda: line.recv(2**16), b""))

    assert re.match(rb"HTTP/1\.[01] 4\d\d ", answer)
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["message"]


def test_a_silent_client_is_hung_up_on_and_nobody_waits_for_it(served):
    url, *_ = served
    head = b"POST /api/v1/ocr HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nxx"
    with contextlib.ExitStack() as stack:
        lines = [stack.enter_context(connection(url)) for _ in range(60)]
        for line in lines:
            line.sendall(head)
        start = time.monotonic()
        assert asked(url, "/api/health")[0] == 200
        assert time.monotonic() - start < 5
        assert lines[0].recv(100) == b""  # closed, with nothing to say
        assert time.monotonic() - start < 25


def test_a_client_that_hangs_up_stops_its_reading(served):
    url, *_ = served
    body = form_body(tiff(100))
    head = "POST /api/v1/ocr HTTP/1.1\r\nHost: localhost\r\nContent-Type: {Content-Type}\r\n"
    head = head.format(**MULTIPART) + f"Content-Length: {len(body)}\r\n\r\n"
    with connection(url) as line:
        line.sendall(head.encode() + body)
        wait_for_metric(url, "ocr_readings 1.0")

    wait_for_metric(url, "ocr_readings 0.0")


def wait_for_metric(url, words):
    end = time.monotonic() + 30
    while words not in asked(url, "/api/metrics")[2].decode():
        assert time.monotonic() < end, words
        time.sleep(0.05)


def test_no_address_is_ever_fetched(served, tmp_path):
    url, *_ = served
    with socket.create_server(("127.0.0.1", 0)) as trap:
        trap.settimeout(0.5)
        lure = f"http://127.0.0.1:{trap.getsockname()[1]}/a.jpg"
        svg = f"<svg xmlns='http://www.w3.org/2000/svg'><image href='{lure}'/></svg>"
        for content in (lure.encode(), svg.encode(), f"{lure}\n".encode() * 99):
            assert asked(url, "/api/v1/ocr", form_body(content), **MULTIPART)[0] == 415
        for fields in ({"url": lure}, {"image_url": lure}, {"settings": f'"{lure}"'}):
            body = form_body(**fields)
            assert asked(url, "/api/v1/ocr", body, **MULTIPART)[0] == 422
        asked(url, f"/api/v1/ocr?url={lure}", form_body(b"x", name=lure), **MULTIPART)
        with pytest.raises(TimeoutError):
            trap.accept()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_stopped_finishes_what_is_under_way(tmp_path, number):
    with serving(tmp_path) as (url, process):
        answers = []
        body = form_body(tiff(3))
        asking = threading.Thread(
            target=lambda: answers.append(asked(url, "/api/v1/ocr", body, **MULTIPART))
        )
        asking.start()
        wait_for_metric(url, "ocr_readings 1.0")

        process.send_signal(number)
        asking.join(30)

        assert process.wait(30) == 0
        assert answers[0][0] == 200
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


def test_a_remote_address_is_refused_before_anything_starts(shell):
    told = shell("serve", "--host", "0.0.0.0", "--port", "0")

    assert told.code == 2
    assert "--allow-remote" in told.err


def test_a_port_that_is_taken_is_named(shell):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        told = shell("serve", "--port", port)

    assert told.code == 1
    assert f"port {port}" in told.err


def test_a_request_that_drips_in_is_cut_off(local_pool):
    listener = listening("127.0.0.1", 0)
    server = Server(create_app(lambda: local_pool), listener)
    with connection(server.url) as line:
        line.sendall(b"POST /api/v1/ocr HTTP/1.1\r\nContent-Length: 9\r\n\r\nx")
        while not any(each.request for each in server.active_channels.values()):
            wasyncore.loop(timeout=0.1, map=server._map, count=1)
        [channel] = server.active_channels.values()

        channel.last_activity = channel.began + ARRIVAL_SECONDS  # it still drips
        server.maintenance(channel.began + ARRIVAL_SECONDS - 1)
        assert not channel.will_close
        server.maintenance(channel.began + ARRIVAL_SECONDS + 1)

        assert channel.will_close
    server.finish()
    wasyncore.dispatcher.close(server)


def test_workers_need_no_flask():
    code = "import ocr_core, ocr_core.server.reading, sys; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    assert not {"flask", "waitress", "flask_openapi", "prometheus_client"} & {*loaded}


# Inside another server


def through_asgi(asking):
    """Ask a mounted API with an asynchronous client."""

    async def ask():
        mounted = Mounted(LocalPool)
        transport = httpx.ASGITransport(mounted)
        base = "http://localhost"
        try:
            async with httpx.AsyncClient(transport=transport, base_url=base) as asker:
                return await asking(asker)
        finally:
            mounted.close()

    return asyncio.run(ask())


def test_a_mounted_api_answers_like_one_that_stands_alone(marks_engine):
    async def asking(asker):
        files = {"file": ("scan.png", PNG)}
        return [
            await asker.get("/api"),
            await asker.get("/api/health"),
            await asker.post("/api/v1/ocr", files=files, data={"format": "txt"}),
            await asker.get("/api/v1/jobs/0/result?format=%ff%fe"),
        ]

    redirect, health, text, missing = through_asgi(asking)

    assert (redirect.status_code, redirect.headers["location"]) == (308, "/api/")
    assert health.json()["status"] == "ok"
    assert text.text == "mark1 mark2 mark3 mark4\n"
    assert missing.status_code == 404


def test_a_mounted_api_takes_no_more_than_its_limit():
    async def chunks():
        for _ in range(21):
            yield bytes(2**20)

    async def asking(asker):
        return await asker.post("/api/v1/ocr", content=chunks(), headers=MULTIPART)

    answer = through_asgi(asking)

    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "limit")


def test_a_mounted_api_does_not_wait_for_a_silent_client(monkeypatch):
    monkeypatch.setattr(mount, "SILENCE_SECONDS", 0.05)

    async def silence():
        yield b"--xx"
        await asyncio.sleep(30)

    async def asking(asker):
        return await asker.post("/api/v1/ocr", content=silence(), headers=MULTIPART)

    answer = through_asgi(asking)

    assert (answer.status_code, answer.json()["error"]["code"]) == (408, "slow")


def test_a_mounted_api_spells_any_query_as_wsgi_can():
    async def query():
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "GET",
            "path": "/api/health",
            "query_string": b"a=\xff&b=\xc3\xa4%20",
            "headers": [],
        }
        sent, received = [], [{"type": "http.request"}]

        async def receive():
            if not received:
                await asyncio.sleep(30)
            return received.pop()

        async def send(message):
            sent.append(message)

        await Mounted(LocalPool)(scope, receive, send)
        return sent[0]["status"]

    assert asyncio.run(query()) == 200
