"""HTML pages: a form without JavaScript, and the interactive API documentation."""

import contextlib
import secrets
from dataclasses import dataclass
from importlib.resources import files
from typing import cast

from flask import (
    Blueprint,
    Response,
    g,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from werkzeug.exceptions import HTTPException

from ocr_core.documents.discovery import ENDINGS
from ocr_core.engines.tesseract import installed_languages
from ocr_core.errors import OcrError
from ocr_core.exports import FORMATS
from ocr_core.page import DOUBTFUL, PageResult
from ocr_core.previews import Picture, scan_picture
from ocr_core.processes.pool import BusyError
from ocr_core.server.error_responses import ApiError, fault, ranked, refused_by_flask
from ocr_core.server.models import format_names
from ocr_core.server.routes import (
    Body,
    chosen_format,
    chosen_settings,
    found,
    sent_file,
    started,
)
from ocr_core.server.state import app_state, client
from ocr_core.settings import Settings

WAIT_SECONDS = 15  # for the text, before a page that reloads is sent
DRAWN = 10  # pages that are shown with their image
OWN = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
FORM_POLICY = (
    OWN + "style-src 'nonce-{nonce}'; img-src 'self' data:; form-action 'self'"
)
DOCS_POLICY = (
    OWN + "script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'"
)
SWAGGER = {
    "swagger-ui.css": "css/swagger-ui.css",
    "swagger-ui-bundle.js": "js/swagger-ui-bundle.js",
}
pages = Blueprint("pages", __name__, url_prefix="/api")


@dataclass(frozen=True)
class Drawn:
    """A page as the HTML form shows it: its image with the words on top."""

    result: PageResult
    url: str


@pages.get("")
def without_slash() -> Response:
    """Redirect to the path with a slash, where relative links work."""
    return cast(Response, redirect(url_for("pages.form"), 308))


@pages.get("/")
def form() -> Response:
    """Show the empty HTML form."""
    return _page("form.html")


@pages.post("/")
def send_form() -> Response:
    """Accept a document from the HTML form, and redirect to its result page."""
    try:
        file = sent_file()
        settings = chosen_settings([text for text in _filled("settings")])
        language = "+".join(_filled("language"))
        if language:
            settings = Settings.from_flat({**settings.flat(), "language": language})
        wish = chosen_format(request.form.getlist("format"), "json")
        job = started(Body(file, settings, wish))
    except OcrError as error:
        return _refused(error)
    except HTTPException as error:
        return _refused_by_flask(error)
    return cast(Response, redirect(url_for("pages.reading", name=job.id), 303))


@pages.get("/read/<name>")
def reading(name: str) -> Response:
    """Show the text of a document, or the progress of its job."""
    try:
        job = found(name)
        # If no slot is free, the response is the page that reloads itself.
        with contextlib.suppress(BusyError), app_state().limit.slot(client()):
            job.finished.wait(WAIT_SECONDS)
        if job.error:
            raise job.error
    except OcrError as error:
        return _refused(error)
    if not job.ended:
        return _page("form.html", job=job, wish=job.wish)
    shown = [
        Drawn(result, url_for("pages.picture", name=job.id, number=result.ref.number))
        for result in job.results[:DRAWN]
    ]
    return _page(
        "form.html",
        job=job,
        wish=job.wish,
        text="\n\n".join(result.text for result in job.results if result.text),
        drawn=shown,
        doubtful=DOUBTFUL,
    )


@pages.get("/read/<name>/<int:number>.jpg")
def picture(name: str, number: int) -> Response:
    """Return the image of a page, rendered by a worker."""
    job = found(name)
    result = next((each for each in job.results if each.ref.number == number), None)
    if result is None:
        raise ApiError(404, "not_found", "There is no such page.")
    dpi = job.settings.recognition.dpi
    with app_state().limit.slot(client()):
        drawn: Picture = app_state().reader().call(scan_picture, result.ref, dpi)
    response = Response(drawn.jpeg, mimetype="image/jpeg")
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


@pages.get("/docs")
def docs() -> Response:
    """Show every route, with forms to try it."""
    return _page("docs.html", policy=DOCS_POLICY)


@pages.get("/docs/<name>")
def docs_part(name: str) -> Response:
    """Serve the files of the API documentation; none come from another host."""
    if name not in SWAGGER:
        raise ApiError(404, "not_found", "There is nothing here.")
    folder = files("flask_openapi_swagger") / "templates" / "swagger"
    return send_file(str(folder / SWAGGER[name]), max_age=3600)


def _filled(name: str) -> list[str]:
    return [text for text in request.form.getlist(name) if text.strip()]


def _page(
    template: str, status: int = 200, policy: str = FORM_POLICY, **values: object
) -> Response:
    nonce = secrets.token_urlsafe(16)
    text = render_template(
        template,
        nonce=nonce,
        languages=sorted(set(installed_languages()) - {"osd"}),
        endings=ENDINGS,
        formats=[(name, _described(name)) for name in format_names()],
        usual=Settings().recognition.language,
        chosen=_language(),
        **values,
    )
    response = Response(text, status, mimetype="text/html")
    response.headers["Content-Security-Policy"] = policy.format(nonce=nonce)
    return response


def _language() -> str:
    """Return the chosen language; empty if it is unknown."""
    with contextlib.suppress(HTTPException):  # the form data may be too large
        return request.form.get("language", "")
    return ""


def _described(name: str) -> str:
    return FORMATS[name].help if name in FORMATS else "text and words of every page"


def _refused(error: OcrError) -> Response:
    """Show the HTML form again, with the error."""
    status, g.code = ranked(error)
    response = _page("form.html", status, error=fault(error))
    later = getattr(error, "retry_after", 0)
    if later:
        response.headers["Retry-After"] = str(later)
    return response


def _refused_by_flask(error: HTTPException) -> Response:
    plain_response = refused_by_flask(error)
    response = _page(
        "form.html",
        plain_response.status_code,
        error=plain_response.get_json()["error"],
    )
    return response
