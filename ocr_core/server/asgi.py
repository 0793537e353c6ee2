"""The API as an ASGI app: in its own server, or in the server of the workbench.

A request is received completely, within limits, before a thread handles it.
"""

import asyncio
import contextlib
import tempfile
import threading
from collections.abc import Callable, MutableMapping
from typing import IO, Any
from urllib.parse import quote

from a2wsgi import WSGIMiddleware
from flask import Flask

from ocr_core.processes.pool import Pool
from ocr_core.server.app import BODY_BYTES, THREADS, create_app
from ocr_core.server.connections import CONNECTIONS
from ocr_core.server.error_responses import refusal
from ocr_core.server.state import EXTENSION
from ocr_core.server.uploads import FULL_DISK

SILENCE_SECONDS = 10
ARRIVAL_SECONDS = 120
IN_MEMORY = 2**18
CHUNK = 2**18
GONE = "ocr_core.gone"
MAX_BYTES = 2 * BODY_BYTES  # that are received at most
OK, HUNG_UP = 200, 0

Message = MutableMapping[str, Any]


class AsgiApp:
    """The API as an ASGI app; made when the first request comes."""

    def __init__(self, pool: Callable[[], Pool], *, token: str | None = None) -> None:
        self._pool, self._token = pool, token
        self._flask: Flask | None = None
        self._wsgi: Any = None
        self._arriving = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        if self._wsgi is None:
            self._flask = create_app(self._pool, token=self._token)
            wsgi = _with_signal(self._flask)
            self._wsgi = WSGIMiddleware(wsgi, workers=THREADS)
        with tempfile.SpooledTemporaryFile(IN_MEMORY) as body:
            status, size = await self._take_in(scope, receive, body)
            if status == OK:
                await self._answer(scope, receive, send, body, size)
            elif status != HUNG_UP:
                await _refuse(send, status)

    def close(self) -> None:
        """Remove all jobs and uploads; the owner of the pool closes it."""
        if self._flask:
            self._flask.extensions[EXTENSION].close()

    async def _take_in(
        self, scope: Any, receive: Any, body: IO[bytes]
    ) -> tuple[int, int]:
        """Write a request's body to a file; return its status and its length."""
        if _announced(scope) > MAX_BYTES:
            return 413, 0
        if self._arriving == CONNECTIONS:
            return 503, 0
        self._arriving += 1
        try:
            async with asyncio.timeout(ARRIVAL_SECONDS):
                return await _taken_in(receive, body)
        except TimeoutError:
            return 408, 0
        finally:
            self._arriving -= 1

    async def _answer(
        self, scope: Any, receive: Any, send: Any, body: IO[bytes], size: int
    ) -> None:
        gone = threading.Event()
        watch = asyncio.create_task(_watch(receive, gone))
        try:
            await self._wsgi(_plain(scope, size, gone), _replay(body, size), send)
        except asyncio.CancelledError:  # the server stops
            with contextlib.suppress(RuntimeError):  # a response has already started
                await _refuse(send, 503)
        finally:
            watch.cancel()
            gone.set()


def _announced(scope: Any) -> int:
    """Return the Content-Length of a request, or 0."""
    length = dict(scope["headers"]).get(b"content-length", b"0")
    return int(length) if length.isdigit() else 0


async def _taken_in(receive: Any, body: IO[bytes]) -> tuple[int, int]:
    size, full = 0, False
    while True:
        message = await asyncio.wait_for(receive(), SILENCE_SECONDS)
        if message["type"] == "http.disconnect":
            return HUNG_UP, size
        chunk = message.get("body", b"")
        size += len(chunk)
        # Some bytes above the limit are received, so that the sender gets the error.
        last = not message.get("more_body") or size > MAX_BYTES
        if size <= BODY_BYTES and not full:
            full = not _stored(chunk, body, last)
        if last:
            return 413 if size > BODY_BYTES else 503 if full else OK, size


def _stored(chunk: bytes, body: IO[bytes], last: bool) -> bool:
    """Write a part of a body; on a full disk discard it all and return False."""
    try:
        body.write(chunk)
        if last:
            body.seek(0)
    except OSError as error:
        if error.errno not in FULL_DISK:
            raise
        with contextlib.suppress(OSError):
            body.close()
        return False
    return True


def _replay(body: IO[bytes], size: int) -> Any:
    left = size

    async def receive() -> Message:
        nonlocal left
        chunk = body.read(CHUNK)
        left -= len(chunk)
        return {"type": "http.request", "body": chunk, "more_body": left > 0}

    return receive


async def _watch(receive: Any, gone: threading.Event) -> None:
    """Set `gone` when the client disconnects."""
    with contextlib.suppress(asyncio.CancelledError):
        while (await receive())["type"] != "http.disconnect":
            pass
        gone.set()


def _plain(scope: Any, size: int, gone: threading.Event) -> dict[str, Any]:
    """Return a scope that WSGI can represent: with a length, and an ASCII query."""
    framing = (b"content-length", b"transfer-encoding")
    headers = [pair for pair in scope["headers"] if pair[0] not in framing]
    if size:
        headers.append((b"content-length", str(size).encode()))
    query = quote(scope["query_string"], safe="%=&+;/?:@!$'()*,~").encode()
    return {**scope, "headers": headers, "query_string": query, GONE: gone.is_set}


def _with_signal(app: Any) -> Any:
    """Add a function to the WSGI environment that checks if the client disconnected."""

    def wsgi(environ: dict[str, Any], start_response: Any) -> Any:
        environ[GONE] = environ["asgi.scope"][GONE]
        return app(environ, start_response)

    return wsgi


async def _refuse(send: Any, status: int) -> None:
    headers, body = refusal(status)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
