"""Host names of the API: no page of another site may reach it through a name of its
own."""

import pytest

from ocr_core.server.app import create_app


def app(token=None):
    return create_app(lambda: pytest.fail("no page is to be read"), token=token)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:8501",
        "127.0.0.1:8000",
        "[::1]:8000",
        "192.168.1.5",
        "LocalHost",
    ],
)
def test_addresses_and_localhost_are_answered(host):
    answer = app().test_client().get("/api/knobs", headers={"Host": host})

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8501", "localhost.evil.example"]
)
def test_another_name_is_refused_with_what_to_do(host):
    answer = app().test_client().get("/api/knobs", headers={"Host": host})

    assert answer.status_code == 403
    assert answer.json["error"]["code"] == "host"
    assert "OCR_CORE_TOKEN" in answer.json["error"]["hint"]


def test_who_brings_the_token_may_use_any_name():
    headers = {"Host": "ocr.example.org", "Authorization": "Bearer secret"}

    answer = app("secret").test_client().get("/api/knobs", headers=headers)

    assert answer.status_code == 200


def test_health_answers_to_any_name():
    answer = app().test_client().get("/api/health", headers={"Host": "app:8501"})

    assert answer.status_code == 200
