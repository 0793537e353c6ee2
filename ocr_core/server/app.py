"""The Flask app: its routes, and the checks and headers common to all of them."""

import base64
import binascii
import hmac
import ipaddress
import json
import logging
import os
import re
import time
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, g, jsonify, request
from flask_openapi import Info, OpenAPI
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from ocr_core.errors import OcrError
from ocr_core.processes.pool import Pool
from ocr_core.server.error_responses import (
    HEADERS,
    ApiError,
    clean,
    refused,
    refused_by_flask,
    refused_by_pydantic,
    unhandled_error,
)
from ocr_core.server.html import pages
from ocr_core.server.models import completed
from ocr_core.server.routes import api
from ocr_core.server.state import EXTENSION, AppState, app_state, client
from ocr_core.version import ocr_core_version

BODY_BYTES = 20 * 2**20
FORM_BYTES = 100_000
PARTS = 50
THREADS = 48  # more than the limit has slots, so that /health answers when all are used
TOKEN = "OCR_CORE_TOKEN"
SHOWN = 6  # characters of a job's name that the log shows
OPEN = ("api.health",)  # endpoints that need no token
REALM = 'Basic realm="ocr-core", charset="UTF-8"'
ABOUT = (
    "Reads scanned pages: send an image or a PDF, get text, and every word with its "
    "position and confidence. The type of a file is recognized by its content; the "
    "server fetches no URLs. Errors are {error: {code, message, hint}}."
)
log = logging.getLogger("ocr_core.server")


def create_app(pool: Callable[[], Pool], *, token: str | None = None) -> Flask:
    """Return the API as a WSGI app.

    Parameters
    ----------
    pool
        Returns the pool that reads; called when the first document arrives.
    token
        Required as ``Authorization: Bearer``; None allows every caller.
    """
    app = OpenAPI(
        "ocr_core",
        info=Info(title="ocr-core", version=ocr_core_version(), description=ABOUT),
        doc_ui=False,
        static_folder=None,
        validation_error_callback=refused_by_pydantic,
    )
    app.url_map.merge_slashes = False  # a path with doubled slashes is not found
    app.openapi_version = "3.1.0"  # supported by most client generators
    app.config.update(
        MAX_CONTENT_LENGTH=BODY_BYTES,
        MAX_FORM_MEMORY_SIZE=FORM_BYTES,
        MAX_FORM_PARTS=PARTS,
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions[EXTENSION] = AppState(pool, token)
    app.register_api(api)
    app.register_blueprint(pages)
    described = _described(app, token)
    app.add_url_rule("/api/openapi.json", "openapi", lambda: jsonify(described))
    app.before_request(_admit)
    app.after_request(_finish)
    app.register_error_handler(OcrError, refused)
    app.register_error_handler(HTTPException, refused_by_flask)
    app.register_error_handler(ValidationError, refused_by_pydantic)
    app.register_error_handler(Exception, unhandled_error)
    return app


def token_from_environment() -> str | None:
    """Return the token that this server requires, or None."""
    return os.environ.get(TOKEN) or None


def _described(app: OpenAPI, token: str | None) -> dict[str, Any]:
    spec = completed(app.api_doc)
    if token:
        spec["components"]["securitySchemes"] = {
            "bearer": {"type": "http", "scheme": "bearer"},
            "basic": {"type": "http", "scheme": "basic"},
        }
        spec["security"] = [{"bearer": []}, {"basic": []}]
        spec["paths"]["/api/health"]["get"]["security"] = []
    return spec


def _admit() -> Response | None:
    """Refuse requests without a valid token, and requests sent by another site."""
    g.start = time.monotonic()
    token = app_state().token
    if token and request.endpoint not in OPEN and not _knows(token):
        response = refused(
            ApiError(401, "token", "This server wants to see its token.", "")
        )
        response.headers["WWW-Authenticate"] = REALM
        return response
    local = request.endpoint in OPEN or _is_local_name(request.host)
    if not token and not local:
        return refused(
            ApiError(
                403,
                "host",
                "This server does not go by that name.",
                f"Call it 127.0.0.1 or localhost, or set a token in {TOKEN}.",
            )
        )
    crossed = request.headers.get("Sec-Fetch-Site") == "cross-site"
    if crossed and request.method not in ("GET", "HEAD", "OPTIONS"):
        return refused(ApiError(403, "site", "Another site's page has sent this."))
    return None


def _is_local_name(host: str) -> bool:
    """Return whether a Host header is an IP address or localhost.

    Any other name may belong to a foreign site whose DNS entry points to this machine.
    A browser would then treat its pages as having our origin (DNS rebinding).
    """
    name = host.rpartition(":")[0] if re.search(r":\d+$", host) else host
    if name.lower() == "localhost":
        return True
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _knows(token: str) -> bool:
    """Check the token of a request in constant time.

    Browsers do not offer bearer tokens, so the password of a Basic login is accepted.
    """
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "basic":
        try:
            login = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            return False
        brought = login.partition(b":")[2]
    elif kind.lower() == "bearer":
        brought = value.strip().encode("latin-1", "replace")
    else:
        return False
    return hmac.compare_digest(brought, token.encode())


def _finish(response: Response) -> Response:
    """Add the headers of every response; count it and log it."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    seconds = time.monotonic() - g.get("start", time.monotonic())
    status = response.status_code
    app_state().metrics.count_request(status, seconds)
    if "code" in g:
        app_state().metrics.failures.labels(g.code).inc()
    record = {
        "client": client(),
        "method": clean(request.method),
        "path": _path(),
        "status": status,
        "seconds": round(seconds, 3),
        "bytes": response.calculate_content_length(),
    }
    if "file" in g:
        record["file"] = g.file
    log.info("request", extra={"record": record})
    return response


def _path() -> str:
    """Return the path for the log; job names are cut, as they give access to jobs."""
    path = clean(request.path)
    for name in (request.view_args or {}).values():
        if isinstance(name, str) and len(name) > SHOWN:
            path = path.replace(name, f"{name[:SHOWN]}...")
    return path


class JsonLines(logging.Formatter):
    """Writes a log as one JSON object a line; a file name cannot fake an entry."""

    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
        line: dict[str, Any] = {"time": moment, "level": record.levelname.lower()}
        line["event"] = record.getMessage()
        line |= getattr(record, "record", {})
        if record.exc_info:
            line["fault"] = self.formatException(record.exc_info)
        return json.dumps(line)
