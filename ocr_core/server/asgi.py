"""Mount: the API inside an ASGI server, such as the app's.

A request is taken in completely, within limits, before a thread is spent on it.
"""

import asyncio
import contextlib
import json
import tempfile
import threading
from collections.abc import Callable, MutableMapping
from typing import IO, Any
from urllib.parse import quote

from a2wsgi import WSGIMiddleware
from flask import Flask

from ocr_core.processes.pool import Pool
from ocr_core.server.app import BODY_BYTES, THREADS, create_app
from ocr_core.server.error_responses import SENTENCES
from ocr_core.server.state import EXTENSION

SILENCE_SECONDS = 10
ARRIVAL_SECONDS = 120
IN_MEMORY = 2**18
CHUNK = 2**18
GONE = "ocr_core.gone"

Message = MutableMapping[str, Any]


class AsgiApp:
    """The API as an ASGI app; made when the first request comes."""

    def __init__(self, pool: Callable[[], Pool], *, token: str | None = None) -> None:
        self._pool, self._token = pool, token
        self._flask: Flask | None = None
        self._wsgi: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        if self._wsgi is None:
            self._flask = create_app(self._pool, token=self._token)
            wsgi = _with_signal(self._flask)
            self._wsgi = WSGIMiddleware(wsgi, workers=THREADS)
        with tempfile.SpooledTemporaryFile(IN_MEMORY) as body:
            try:
                async with asyncio.timeout(ARRIVAL_SECONDS):
                    size = await _taken_in(receive, body)
            except TimeoutError:
                return await _refuse(send, 408)
            if size is None:
                return None  # the client has hung up
            if size > BODY_BYTES:
                return await _refuse(send, 413)
            await self._answer(scope, receive, send, body, size)

    def close(self) -> None:
        """Forget all jobs and uploads; the pool is its owner's to close."""
        if self._flask:
            self._flask.extensions[EXTENSION].close()

    async def _answer(
        self, scope: Any, receive: Any, send: Any, body: IO[bytes], size: int
    ) -> None:
        gone = threading.Event()
        watch = asyncio.create_task(_watch(receive, gone))
        try:
            await self._wsgi(_plain(scope, size, gone), _replay(body, size), send)
        finally:
            watch.cancel()


async def _taken_in(receive: Any, body: IO[bytes]) -> int | None:
    """Write a request's body to a file; None where the client hangs up."""
    size = 0
    while True:
        message = await asyncio.wait_for(receive(), SILENCE_SECONDS)
        if message["type"] == "http.disconnect":
            return None
        chunk = message.get("body", b"")
        size += len(chunk)
        if size <= BODY_BYTES:
            body.write(chunk)
        # A little too much is taken in, so that the sender can hear why not.
        if not message.get("more_body") or size > 2 * BODY_BYTES:
            body.seek(0)
            return size


def _replay(body: IO[bytes], size: int) -> Any:
    left = size

    async def receive() -> Message:
        nonlocal left
        chunk = body.read(CHUNK)
        left -= len(chunk)
        return {"type": "http.request", "body": chunk, "more_body": left > 0}

    return receive


async def _watch(receive: Any, gone: threading.Event) -> None:
    """Notice when the client hangs up."""
    with contextlib.suppress(asyncio.CancelledError):
        while (await receive())["type"] != "http.disconnect":
            pass
        gone.set()


def _plain(scope: Any, size: int, gone: threading.Event) -> dict[str, Any]:
    """Return a scope that WSGI can spell: a length, and a query of ASCII."""
    told = (b"content-length", b"transfer-encoding")
    headers = [pair for pair in scope["headers"] if pair[0] not in told]
    if size:
        headers.append((b"content-length", str(size).encode()))
    query = quote(scope["query_string"], safe="%=&+;/?:@!$'()*,~").encode()
    return {**scope, "headers": headers, "query_string": query, GONE: gone.is_set}


def _with_signal(app: Any) -> Any:
    """Hand the app, in its environment, the way to ask whether the client is there."""

    def wsgi(environ: dict[str, Any], start_response: Any) -> Any:
        environ[GONE] = environ["asgi.scope"][GONE]
        return app(environ, start_response)

    return wsgi


async def _refuse(send: Any, status: int) -> None:
    code, sentence, hint = SENTENCES[status]
    told = {"error": {"code": code, "message": sentence, "hint": hint}}
    body = json.dumps(told).encode()
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
