"""Errors of the HTTP API: which requests are refused, with which status and message."""

import io
import re

import pytest

from ocr_core.errors import EngineError
from ocr_core.server import uploads
from ocr_core.server.app import create_app
from ocr_core.server.state import EXTENSION
from tests.support.api_requests import MULTIPART, PNG, code, sent, tiff
from tests.support.hostile import NAMES


def test_a_full_pool_says_when_to_come_again(client, local_pool):
    local_pool.full = True

    answer = client.post("/api/v1/ocr", **sent())

    assert (answer.status_code, code(answer)) == (503, "busy")
    assert answer.headers["Retry-After"] == "7"


@pytest.mark.parametrize(
    ("limit", "share", "status"), [(1, 9, 503), (9, 1, 429), (9, 9, 200)]
)
def test_a_reading_more_than_there_are_places_for(api, client, limit, share, status):
    gate = uploads.ConcurrencyLimit(limit, share)
    api.extensions[EXTENSION].limit = gate
    with gate.slot("127.0.0.1"):
        answer = client.post("/api/v1/ocr", **sent())

    assert answer.status_code == status
    assert ("Retry-After" in answer.headers) == (status != 200)
    assert gate.inside == 0


def test_a_document_that_takes_too_long_is_refused(client, monkeypatch):
    monkeypatch.setattr("ocr_core.server.state.READ_SECONDS", -1)

    answer = client.post("/api/v1/ocr", **sent())

    assert answer.status_code == 413
    assert "/api/v1/jobs" in answer.json["error"]["hint"]


@pytest.mark.parametrize(
    ("reads_test_page", "status", "sentence"),
    [(False, 503, "a page drawn as a test can be read: It crash"), (True, 422, "It")],
)
def test_an_engine_that_reads_nothing_is_distinguished_from_a_page_that_cannot_be_read(
    client, marks_engine, monkeypatch, reads_test_page, status, sentence
):
    plain = marks_engine.recognize

    def crash(image, *options):
        if reads_test_page and image.shape[1] >= 900:
            return plain(image, *options)
        raise EngineError("It crashed.")

    monkeypatch.setattr(marks_engine, "recognize", crash)

    answer = client.post("/api/v1/ocr", **sent())

    assert (answer.status_code, code(answer)) == (status, "engine")
    assert sentence in answer.json["error"]["message"]
    assert ("Retry-After" in answer.headers) == (status == 503)


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
        "a format of a job": ask("/api/v1/jobs", **sent(format="exe")),
        "a format in the address": ask("/api/v1/ocr?format=txt", **sent()),
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


def test_a_part_without_a_name_is_refused(client):
    part = "--x\r\nContent-Disposition: form-data{}\r\n\r\n1\r\n"
    body = part.format("") + part.format('; name="zz"') + "--x--\r\n"

    answer = client.post(
        "/api/v1/ocr", data=body, content_type="multipart/form-data; boundary=x"
    )

    assert (answer.status_code, code(answer)) == (422, "request")


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
    def fail(*_):
        raise ZeroDivisionError("/secret/path")

    monkeypatch.setattr("ocr_core.server.routes.installed_engines", fail)

    answer = client.get("/api/languages")

    assert (answer.status_code, code(answer)) == (500, "fault")
    assert "secret" not in answer.text and "Zero" not in answer.text
