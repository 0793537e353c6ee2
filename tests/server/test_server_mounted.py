"""The HTTP API inside another server."""

import asyncio

import httpx

from ocr_core.server import asgi
from ocr_core.server.asgi import AsgiApp
from tests.conftest import LocalPool
from tests.support.api_requests import MULTIPART, PNG


def through_asgi(asking):
    """Send requests to a mounted API with an asynchronous client."""

    async def ask():
        mounted = AsgiApp(LocalPool)
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
    monkeypatch.setattr(asgi, "SILENCE_SECONDS", 0.05)

    async def silence():
        yield b"--xx"
        await asyncio.Event().wait()  # for ever

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
                await asyncio.Event().wait()  # for ever
            return received.pop()

        async def send(message):
            sent.append(message)

        await AsgiApp(LocalPool)(scope, receive, send)
        return sent[0]["status"]

    assert asyncio.run(query()) == 200
