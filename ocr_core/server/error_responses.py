"""Error responses: all errors of a request in one JSON format."""

import json
import logging

from flask import Response, g, jsonify
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from ocr_core.errors import (
    BrokenEngineError,
    CancelledError,
    EngineError,
    FormatError,
    InputError,
    LimitError,
    MissingEngineError,
    OcrError,
    OutputError,
    SettingsError,
)
from ocr_core.page import printable
from ocr_core.processes.pool import BusyError
from ocr_core.server.uploads import FULL_DISK, RETRY_SECONDS, ShareError

MAX_MESSAGE_LENGTH = 500
TOO_MUCH = "The request is larger than 20 MB, or has over 50 parts or 100 kB of text."
# The first matching class gives the status and the error code.
STATUS_BY_ERROR: list[tuple[type[OcrError], int, str]] = [
    (ShareError, 429, "share"),
    (BusyError, 503, "busy"),
    (CancelledError, 503, "cancelled"),
    (OutputError, 503, "output"),
    (FormatError, 415, "format"),
    (LimitError, 413, "limit"),
    (InputError, 422, "input"),
    (SettingsError, 422, "setting"),
    (MissingEngineError, 422, "not_installed"),
    (BrokenEngineError, 503, "engine"),
    (EngineError, 422, "engine"),
]
HINTS = {
    "setting": "GET /api/knobs lists every setting with its bounds.",
    "not_installed": "GET /api/languages lists what is installed.",
}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
}
SENTENCES = {
    400: ("request", "The request is malformed.", ""),
    404: ("not_found", "There is nothing here.", "GET /api/docs lists the routes."),
    405: ("method", "This route does not support this method.", ""),
    408: ("slow", "The request took too long to come in.", ""),
    413: ("limit", TOO_MUCH, "Send less, or use the command line."),
    503: ("busy", "The server has no space for the document now.", "Try again later."),
}


class ApiError(OcrError):
    """A request that cannot be served, with its HTTP status."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        hint: str = "",
        *,
        retry_after: int = 0,
    ) -> None:
        super().__init__(message, hint=hint)
        self.status, self.code, self.retry_after = status, code, retry_after


def ranked(error: OcrError) -> tuple[int, str]:
    """Return the HTTP status and the code of an error."""
    if isinstance(error, ApiError):
        return error.status, error.code
    for kind, status, code in STATUS_BY_ERROR:
        if isinstance(error, kind):
            return status, code
    return 500, "fault"


def fault(error: OcrError) -> dict[str, str]:
    """Return an error as a JSON object."""
    _, code = ranked(error)
    hint = HINTS.get(code, error.hint)
    return {"code": code, "message": clean(error.message), "hint": clean(hint)}


def clean(text: str) -> str:
    """Replace unprintable characters, and cut text that is too long."""
    text = printable(text)
    return (
        text
        if len(text) <= MAX_MESSAGE_LENGTH
        else text[: MAX_MESSAGE_LENGTH - 3] + "..."
    )


def refusal(status: int) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """Return the headers and body for requests that do not reach the Flask app."""
    code, sentence, hint = SENTENCES[status]
    fields = {"code": code, "message": sentence, "hint": hint}
    body = json.dumps({"error": fields}).encode()
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    headers |= HEADERS | {"Connection": "close"}
    if status == 503:
        headers["Retry-After"] = str(RETRY_SECONDS)
    return [(k.lower().encode(), v.encode()) for k, v in headers.items()], body


def refused(error: OcrError) -> Response:
    """Return the response for one of our own errors."""
    status, g.code = ranked(error)
    response = jsonify({"error": fault(error)})
    response.status_code = status
    later = getattr(error, "retry_after", 0)
    if later or status in (429, 503):
        response.headers["Retry-After"] = str(later or RETRY_SECONDS)
    return response


def refused_by_flask(error: HTTPException) -> Response:
    """Return the response for one of Flask's errors, in our JSON format."""
    status = error.code or 500
    if isinstance(error.response, Response):  # made by validation
        return error.response
    known = SENTENCES.get(status, ("request", f"{error.name}.", ""))
    response = refused(ApiError(status, *known))
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):
            response.headers[name] = value
    return response


def refused_by_pydantic(error: ValidationError) -> Response:
    """Return the response for a path or query that does not match its model."""
    first = error.errors(include_url=False, include_context=False)[0]
    field = ".".join(map(str, first["loc"])) or "the request"
    return refused(ApiError(422, "request", f"{field}: {first['msg'].lower()}."))


def unhandled_error(error: Exception) -> Response:
    """Return the response for a bug or a full disk, and log the traceback."""
    logging.getLogger("ocr_core.server").exception("A request met a fault of ours.")
    if isinstance(error, OSError) and error.errno in FULL_DISK:
        return refused(ApiError(503, *SENTENCES[503], retry_after=RETRY_SECONDS))
    sentence = "Something went wrong on our side."
    return refused(ApiError(500, "fault", sentence, "Tell who runs this server."))
