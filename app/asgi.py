"""ASGI server: the Streamlit app and the extra routes a script cannot define.

Start it with ``streamlit run app/asgi.py``; `make run` does.
"""

import asyncio
import contextlib
import re
import secrets
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from weakref import WeakValueDictionary

import streamlit as st
from starlette.background import BackgroundTask
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnected

from app.i18n import wished_language
from app.late_requests import guard
from app.session import pools
from app.session.hosting import clear_expired, hosted_root
from app.session.image_cache import PICTURES
from app.session.promised_files import PROMISED_FILES, made
from app.session.sign_in import is_required
from app.session.visitors import PATH, VisitorCookie, come_back
from ocr_core.server.app import token_from_environment
from ocr_core.server.asgi import AsgiApp
from ocr_core.server.connections import guard_connections

CLEARING_SECONDS = 3600
NAME = re.compile(r"[0-9a-f]{40}")
_makers = ThreadPoolExecutor(8, "file")
_turns: WeakValueDictionary[Path | None, asyncio.Lock] = WeakValueDictionary()
HEADERS = {
    "Cache-Control": "private, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'",
}


async def page_picture(request: Request) -> Response:
    """Serve a page image under the unguessable name known to its session only."""
    name = request.path_params["name"]
    known = NAME.fullmatch(name)
    jpeg = await PICTURES.fetch(name) if known else None
    if jpeg is None:
        return Response(status_code=404)
    return Response(jpeg, media_type="image/jpeg", headers=HEADERS)


async def make_file(request: Request) -> Response:
    """Create a promised file and return the name under which it can be fetched."""
    name = request.path_params["name"]
    code = wished_language(request.headers.get("accept-language", ""))
    loop = asyncio.get_running_loop()
    # A session's files are created one by one, so that other sessions get threads.
    async with _turns.setdefault(PROMISED_FILES.folder(name), asyncio.Lock()):
        status, answer = await loop.run_in_executor(_makers, made, name, code)
    return JSONResponse(answer, status, {"Cache-Control": "no-store"})


async def fetch_file(request: Request) -> Response:
    """Send a created file once; a HEAD request does not count as a download."""
    name, once = request.path_params["name"], request.method != "HEAD"
    found = PROMISED_FILES.take(name) if once else PROMISED_FILES.look(name)
    if found is None:
        return Response(status_code=404)
    path, file = found
    return FileResponse(
        path,
        media_type=file.media,
        filename=file.file_name,
        headers={**HEADERS, "Cache-Control": "no-store"},
        background=BackgroundTask(path.unlink, missing_ok=True) if once else None,
    )


class TabsMayClose:
    """Middleware that ignores errors from messages to a tab that has closed."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.app(scope, receive, send)
        except WebSocketDisconnected:
            if scope["type"] != "websocket":
                raise


async def clear_now_and_then() -> None:
    """Delete the expired projects of visitors at intervals."""
    while True:
        with contextlib.suppress(OSError):  # retried in the next round
            await asyncio.to_thread(clear_expired, hosted_root())
        await asyncio.sleep(CLEARING_SECONDS)


@asynccontextmanager
async def lifetime(_: st.App) -> AsyncIterator[None]:
    """Start workers before the first document arrives; clean up at shutdown."""
    guard_connections(asyncio.get_running_loop())  # before the port opens
    # A worker takes seconds to start: do it before the first file is uploaded.
    for pool in (pools.small_pool, pools.picture_pool):
        await asyncio.to_thread(pool)
        pool().submit(int)
    clearing = asyncio.create_task(clear_now_and_then())
    yield
    clearing.cancel()
    api.close()
    for pool in (
        pools.page_pool,
        pools.picture_pool,
        pools.small_pool,
    ):
        if pool.cache_info().currsize:
            pool().close()


guard()
# Where people sign in, the API is closed to those who have no token.
TOKEN = token_from_environment() or (secrets.token_urlsafe() if is_required() else None)
api = AsgiApp(pools.page_pool, token=TOKEN)
app = st.App(
    Path(__file__).with_name("main.py"),
    lifespan=lifetime,
    middleware=[Middleware(TabsMayClose), Middleware(VisitorCookie)],
    routes=[
        Route("/page/{name}.jpg", page_picture),
        Route("/file/{name}", make_file, methods=["POST"]),
        Route("/file/{name}", fetch_file),
        Route(PATH, come_back, methods=["GET", "POST"]),
        Route("/api", api),
        Route("/api/{rest:path}", api),
    ],
)
