"""Visitors: the cookie that identifies their projects, and the link that restores it.

The key is in the fragment of the link, after the #. Browsers never send the fragment to
a server or to another page. The key is used only after a click on a button of our page.
"""

import secrets
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import NAME

from ..i18n import gettext_noop, phrases, wished_language
from .hosting import (
    COOKIE,
    DAY_SECONDS,
    KEY,
    hosted_root,
    keep_days,
    new_key,
    served_alone,
    visitor_folder,
    visitor_key,
)
from .sign_in import is_required

PATH = "/back"
OWN_ADDRESSES = ("/api", "/page/", "/file/", "/_stcore", "/static", PATH)
MAX_FORM_BYTES = 1_000
SENTENCES = gettext_noop(
    (
        "Come back to your projects",
        "This link opens the projects that were begun in another browser. Those of "
        "this browser stay where they are: keep their private link if you need them.",
        "Open these projects here",
        "There are no projects under this link. They were deleted, or their time ran "
        "out.",
        "To the start",
    )
)


def set_cookie(headers: MutableHeaders, key: str, *, secure: bool) -> None:
    """Store a key in the browser for as long as projects are kept."""
    carrier = Response()
    carrier.set_cookie(
        COOKIE,
        key,
        max_age=keep_days() * DAY_SECONDS,
        httponly=True,
        samesite="lax",
        secure=secure,
    )
    headers.append("set-cookie", carrier.headers["set-cookie"])


def is_secure(scope: Scope) -> bool:
    """Return whether the browser uses TLS, to this server or to a proxy."""
    forwarded = Headers(scope=scope).get("x-forwarded-proto", "")
    return bool(scope.get("scheme") == "https" or forwarded == "https")


class VisitorCookie:
    """Middleware that gives each remote browser a key and renews its cookie."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self._concerned(scope):
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        key = visitor_key(request.cookies) or new_key()

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    set_cookie(headers, key, secure=is_secure(scope))
            await send(message)

        await self.app(scope, receive, send_with_cookie)

    def _concerned(self, scope: Scope) -> bool:
        """Return whether a visitor requests a screen of the app."""
        screen = not scope["path"].startswith(OWN_ADDRESSES)
        alone = served_alone(Headers(scope=scope)) or is_required()
        return scope["method"] == "GET" and screen and not alone and bool(hosted_root())


async def come_back(request: Request) -> Response:
    """Show the page of a private link, or accept its key; not where people sign in."""
    if is_required():
        return Response(status_code=404)
    if request.method == "POST":
        return await take_key(request)
    title, text, button, *_ = said(request)
    nonce = secrets.token_urlsafe(16)
    return page(
        f"""<h1>{title}</h1><p>{text}</p>
<form method="post" action="{PATH}"><input type="hidden" name="key" id="key">
<button>{button}</button></form>
<script nonce="{nonce}">
document.getElementById("key").value = location.hash.slice(1);
history.replaceState(null, "", location.pathname);
</script>""",
        nonce=nonce,
    )


async def take_key(request: Request) -> Response:
    """Store the key of a private link as a cookie, if it has projects."""
    root = hosted_root()
    if root is None or not from_own_page(request):
        return Response(status_code=403)
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM_BYTES:
            return Response(status_code=413)
    [key] = parse_qs(body.decode("ascii", "replace")).get("key", [""])[:1]
    if not KEY.fullmatch(key) or not visitor_folder(root, key).is_dir():
        *_, text, start = said(request)
        return page(f'<p>{text}</p><p><a href="/">{start}</a></p>', status=404)
    answer = RedirectResponse("/", 303, headers={"Cache-Control": "no-store"})
    set_cookie(answer.headers, key, secure=is_secure(request.scope))
    return answer


def from_own_page(request: Request) -> bool:
    """Return whether a form was sent from our site, not from another one."""
    site = request.headers.get("sec-fetch-site")
    if site:
        return site == "same-origin"
    origin = urlsplit(request.headers.get("origin", ""))
    return bool(origin.netloc) and origin.netloc == request.headers.get("host")


def said(request: Request) -> list[str]:
    """Return the sentences of the page, in the browser's language if possible."""
    known = phrases(wished_language(request.headers.get("accept-language", "")))
    return [known.get(each, each) for each in SENTENCES]


def page(body: str, *, nonce: str = "", status: int = 200) -> HTMLResponse:
    """Return a small page that loads no resources and sends no referrer."""
    script = f"script-src 'nonce-{nonce}'; " if nonce else ""
    return HTMLResponse(
        '<!doctype html><meta charset="utf-8"><meta name="color-scheme" '
        'content="light dark"><meta name="viewport" content="width=device-width">'
        f"<title>{NAME}</title><style>body{{font:1rem system-ui;max-width:36rem;"
        "margin:4rem auto;padding:0 1rem}button{font:inherit;padding:.5rem 1rem}"
        f"</style>{body}",
        status,
        {
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
            f"{script}form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        },
    )
