"""Routes: the API for programs. They validate, call the library and respond."""

from typing import Any, BinaryIO, cast

from flask import Response, g, jsonify, request, url_for
from flask_openapi import APIBlueprint
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field
from werkzeug.datastructures import FileStorage

from ocr_core.engines import installed_engines
from ocr_core.engines.tesseract import installed_languages
from ocr_core.errors import SettingsError
from ocr_core.exports import FORMATS
from ocr_core.exports.tables import page_object
from ocr_core.exports.zip_bundle import safe_name
from ocr_core.knobs import knobs
from ocr_core.page import PageResult
from ocr_core.server.error_responses import ApiError, fault
from ocr_core.server.jobs import Job
from ocr_core.server.models import (
    Health,
    JobModel,
    Knobs,
    Languages,
    Problem,
    RecognizedDocument,
    format_names,
)
from ocr_core.server.state import app_state, client
from ocr_core.server.uploads import DocumentReader, UploadedFile
from ocr_core.settings import RECIPE_BYTES, Settings
from ocr_core.version import ocr_core_version

MULTIPART = "multipart/form-data"
FIELDS = ("file", "settings", "format")
INLINE = ("txt",)  # the others are sent as file attachments
LOCATION = {"Location": {"schema": {"type": "string"}, "description": "The job."}}
LATER = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}}
JOB = "#/components/schemas/JobModel"
LINKS = {
    name: {"operationId": name, "parameters": {"id": "$response.body#/id"}}
    for name in ("follow_job", "job_result", "cancel_job")
}
PROBLEM = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def _problems(*statuses: int) -> dict[Any, Any]:
    return {status: Problem for status in statuses}


ALWAYS = _problems(400, 401, 403, 405, 500)
SENT = _problems(404, 413, 415, 422, 429, 503)
api = APIBlueprint(
    "api",
    __name__,
    url_prefix="/api",
    operation_id_callback=lambda *, name, **_: name,
)


class JobPath(BaseModel):
    """The path parameters of a job."""

    id: str = Field(description="The id in the response that started the job.")


@api.get("/health", responses={200: Health, **ALWAYS}, security=[])
def health() -> Response:
    """Report that the server is running; needs no token."""
    return jsonify(status="ok", version=ocr_core_version())


@api.get("/languages", responses={200: Languages, **ALWAYS})
def languages() -> Response:
    """List the languages and engines that are installed."""
    codes = sorted(set(installed_languages()) - {"osd"})
    return jsonify(languages=codes, engines=installed_engines())


@api.get("/knobs", responses={200: Knobs, **ALWAYS})
def list_knobs() -> Response:
    """List every setting with its default, bounds, unit and help."""
    return jsonify(knobs=[knob.described() for knob in knobs(Settings)])


@api.get("/metrics", responses={200: {"content": {"text/plain": {}}}, **ALWAYS})
def metrics() -> Response:
    """Report requests, pages, the queue, seconds and failures to Prometheus."""
    text = generate_latest(app_state().metrics.registry)
    return Response(text, content_type=CONTENT_TYPE_LATEST)


@api.post("/v1/ocr", responses={200: RecognizedDocument, **ALWAYS, **SENT})
def read() -> Response:
    """Read a document and return its text and words.

    Long documents are better sent to /api/v1/jobs.
    """
    body = Body.received()
    with app_state().limit.slot(client()):
        upload = body.saved()
        try:
            reader = app_state().reader()
            pages = reader.pages(upload, body.settings)
            results = list(reader.read(upload, pages, body.settings))
            app_state().metrics.count_pages(results)
            return answer(results, upload, body.format, reader)
        finally:
            app_state().uploads.drop(upload)


@api.post(
    "/v1/jobs",
    responses={
        202: {
            "description": "Accepted",
            "headers": LOCATION,
            "content": {"application/json": {"schema": {"$ref": JOB}}},
            "links": LINKS,
        },
        **ALWAYS,
        **SENT,
    },
)
def send_job() -> Response:
    """Start a job that reads a long document in the background."""
    job = started(Body.received())
    response = described(job)
    response.status_code = 202
    response.headers["Location"] = url_for("api.follow_job", id=job.id)
    return response


@api.get("/v1/jobs/<id>", responses={200: JobModel, **ALWAYS, **_problems(404)})
def follow_job(path: JobPath) -> Response:
    """Report the state of a job."""
    return described(found(path.id))


@api.get(
    "/v1/jobs/<id>/result",
    responses={
        200: RecognizedDocument,
        409: {"description": "Not finished", "headers": LATER, "content": PROBLEM},
        **ALWAYS,
        **SENT,
    },
)
def job_result(path: JobPath) -> Response:
    """Return the result of a finished job."""
    job = found(path.id)
    name = chosen_format(request.args.getlist("format"), job.wish)
    if not job.ended:
        raise ApiError(
            409,
            "not_finished",
            f"{len(job.results)} of {job.pages or '?'} pages are read.",
            "Ask again later.",
            retry_after=1,
        )
    if job.error:
        raise job.error
    with app_state().limit.slot(client()):
        return answer(job.results, job.upload, name, app_state().reader())


@api.delete("/v1/jobs/<id>", responses={204: None, **ALWAYS, **_problems(404)})
def cancel_job(path: JobPath) -> Response:
    """Cancel a job and delete its document and its result."""
    app_state().jobs.drop(found(path.id))
    return Response(status=204)


class Body:
    """The content of a request: a file, settings, and the requested format."""

    def __init__(self, file: FileStorage, settings: Settings, form: str) -> None:
        self.file, self.settings, self.format = file, settings, form

    @classmethod
    def received(cls) -> "Body":
        """Parse the request; raise an error for any unexpected field."""
        if request.mimetype != MULTIPART:
            raise ApiError(
                415,
                "format",
                f"The request is not {MULTIPART}.",
                "curl -F file=@scan.png sends it so.",
            )
        for name in {*request.form, *request.files} - {*FIELDS}:
            raise ApiError(
                422,
                "request",
                f"There is no field {name!r}." if name else "A part has no name.",
                f"The fields are {', '.join(FIELDS)}.",
            )
        for name in request.args:
            raise ApiError(
                422,
                "request",
                f"{name!r} stands in the address, where it is not looked for.",
                f"Send it as a field of the form; the fields are {', '.join(FIELDS)}.",
            )
        settings = chosen_settings(_texts("settings"))
        form = chosen_format(_texts("format"), "json")
        return cls(sent_file(), settings, form)

    def saved(self) -> UploadedFile:
        """Write the file to the upload folder."""
        upload = app_state().uploads.save(
            cast(BinaryIO, self.file.stream), self.file.filename or ""
        )
        g.file = upload.label
        return upload


def sent_file() -> FileStorage:
    """Return the one file of the request."""
    files = request.files.getlist("file")
    if len(files) != 1 or not files[0].filename:
        raise ApiError(
            422,
            "request",
            "Send one document as the field 'file', with its file name.",
            "curl -F file=@scan.png sends it so.",
        )
    return files[0]


def _texts(name: str) -> list[str]:
    """Return the values of a field, sent as text or as a file."""
    files = request.files.getlist(name)
    sent = [
        file.read(RECIPE_BYTES + 1).decode("utf-8-sig", "replace") for file in files
    ]
    return request.form.getlist(name) + sent


def chosen_settings(texts: list[str]) -> Settings:
    """Return the settings of a field: JSON by flat name, or a recipe."""
    if len(texts) > 1:
        raise SettingsError("Settings were sent twice.")
    if not texts:
        return Settings()
    return Settings.from_recipe(texts[0])


def chosen_format(names: list[str], otherwise: str) -> str:
    """Return the requested format, or `otherwise` if none is named."""
    name = names[0] if names else otherwise
    if len(names) > 1 or name not in format_names():
        raise ApiError(
            422,
            "request",
            f"The format cannot be {', '.join(names)}.",
            f"Choose one of {', '.join(format_names())}.",
        )
    return name


def started(body: Body) -> Job:
    """Start a job for the content of a request."""
    upload = body.saved()
    try:
        return app_state().jobs.start(Job(upload, body.settings, client(), body.format))
    except BaseException:
        app_state().uploads.drop(upload)
        raise


def found(name: str) -> Job:
    """Return the job with this name."""
    job = app_state().jobs.find(name)
    if job is None:
        raise ApiError(
            404,
            "not_found",
            "There is no such job, or no longer.",
            "A job is kept for an hour after its end, or less where there are many.",
        )
    return job


def described(job: Job) -> Response:
    """Return the response with the state of a job."""
    return jsonify(
        id=job.id,
        state=job.state,
        pages=job.pages,
        pages_done=len(job.results),
        pages_failed=job.failures,
        seconds=job.seconds,
        expires_in=job.expires_in,
        error=fault(job.error) if job.error else None,
    )


def answer(
    results: list[PageResult], upload: UploadedFile, name: str, reader: DocumentReader
) -> Response:
    """Return the response with results in a format."""
    if name == "json":
        return jsonify(reading(results, upload))
    form = FORMATS[name].of_pages(len(results))
    response = Response(reader.export(results, form), mimetype=form.media)
    if name not in INLINE:
        title = f"{safe_name(upload.ref.doc_id)}{form.ending}"
        response.headers.set("Content-Disposition", "attachment", filename=title)
    return response


def reading(results: list[PageResult], upload: UploadedFile) -> dict[str, Any]:
    """Return a document as a JSON object."""
    return {
        "doc_id": upload.ref.doc_id,
        "source_file": upload.label,
        "text": "\n\n".join(result.text for result in results if result.text),
        "pages": [page_object(result) for result in results],
    }
