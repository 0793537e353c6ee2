"""Headers, tokens, remote clients, log, metrics and temporary files of the HTTP API."""

import base64
import json
import urllib.parse

import pytest

from ocr_core.errors import SettingsError
from ocr_core.server import app as server_app
from ocr_core.server.app import JsonLines, create_app, log
from ocr_core.server.standalone import check_exposure
from ocr_core.server.state import EXTENSION
from tests.support.api_requests import MULTIPART, PNG, TOKEN, sent, tiff


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
def test_remote_clients_are_accepted_only_where_that_is_allowed_and_guarded(host):
    with pytest.raises(SettingsError, match="other machines"):
        check_exposure(host, TOKEN, remote=False)
    for token in (None, "", "short"):
        with pytest.raises(SettingsError, match="token"):
            check_exposure(host, token, remote=True)
    check_exposure(host, TOKEN, remote=True)
    for near in ("127.0.0.1", "localhost", "::1"):
        check_exposure(near, None, remote=False)


def test_the_access_log_is_json_with_clean_names_and_no_secrets(local_pool):
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
            "/api/v1/ocr",
            data=body.encode() + PNG + b"\r\n--xx--\r\n",
            headers={**headers, **MULTIPART},
        )
        job = client.post("/api/v1/jobs", **sent(), headers=headers).json["id"]
        client.get(f"/api/v1/jobs/{job}?secret=1", headers=headers)
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

    metrics = client.get("/api/metrics").text

    assert 'ocr_pages_total{status="ok"} 2.0' in metrics
    assert 'ocr_failures_total{code="format"} 1.0' in metrics
    route = 'method="POST",route="/api/v1/ocr",status="415"'
    assert f"ocr_requests_total{{{route}}} 1.0" in metrics
    assert 'method="other",route="none"' in metrics
    assert "ocr_request_seconds_bucket" in metrics and "ocr_queue 0.0" in metrics


def test_nothing_of_an_upload_is_left(api, client):
    client.post("/api/v1/ocr", **sent())
    client.post("/api/v1/ocr", **sent(b"nothing"))
    folder = api.extensions[EXTENSION].uploads.folder

    assert not list(folder.iterdir())
    assert folder.stat().st_mode & 0o077 == 0
