"""Models: the requests and responses of the API, as OpenAPI documents them.

The settings come from the knobs and the formats from the registry of exporters, so a
new knob or exporter is offered and documented without a change here.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from ocr_core.exports import FORMATS
from ocr_core.knobs import Group, knobs
from ocr_core.page import Word
from ocr_core.settings import Settings

REF = "#/components/schemas/{model}"
JSON = "application/json"


class Fault(BaseModel):
    """What went wrong, and what the caller can do about it."""

    code: str = Field(description="Stable code of the error.")
    message: str = Field(description="Error message.")
    hint: str = Field(description="What to do about it; may be empty.")


class Problem(BaseModel):
    """The response to a request that failed."""

    error: Fault


class Health(BaseModel):
    """The state of the server."""

    status: str = Field(description="ok")
    version: str


class Languages(BaseModel):
    """What is installed."""

    languages: list[str] = Field(description="Codes for the knob `language`.")
    engines: list[str] = Field(description="Names for the knob `engine`.")


class KnobModel(BaseModel):
    """One setting: its section, its allowed values, and when it has an effect."""

    model_config = ConfigDict(extra="allow")
    name: str
    kind: str
    default: str | int | float
    help: str
    minimum: float | None
    maximum: float | None
    unit: str
    choices: list[str | int]
    when: dict[str, list[str | int]]
    search: list[str | int]


class Knobs(BaseModel):
    """All settings, in the order in which they are applied."""

    knobs: list[KnobModel]


class WordModel(BaseModel):
    """One word; its box in pixels of the page as scanned, confidence 0 to 100."""

    block_num: int
    par_num: int
    line_num: int
    word_num: int
    left: int
    top: int
    width: int
    height: int
    conf: float
    text: str
    space_before: bool = Field(
        True, description="Whether white space separates it from the previous word."
    )
    conf_engine: float | None = Field(
        None,
        description="The engine's own confidence, before calibration or correction.",
    )
    engine: str = Field("", description="The engine that read the word.")


assert set(WordModel.model_fields) == set(Word._fields)


class NoteModel(BaseModel):
    """A note about a page: a stable code, and a sentence."""

    code: str
    text: str


class PageModel(BaseModel):
    """The result of one page, or why it failed."""

    model_config = ConfigDict(extra="allow")
    page_num: int
    status: str = Field(description="ok, blank or failed.")
    error: str
    text: str
    width: int
    height: int
    dpi: int
    conf_mean: float | None
    quality: float | None
    seconds: float
    notes: list[NoteModel]
    words: list[WordModel]


class RecognizedDocument(BaseModel):
    """The result of a document."""

    doc_id: str
    source_file: str
    text: str = Field(description="Text of all pages, separated by empty lines.")
    pages: list[PageModel]


class JobModel(BaseModel):
    """The state of a job."""

    id: str
    state: str = Field(description="queued, running, done or failed.")
    pages: int = Field(description="Number of pages; 0 until the document is opened.")
    pages_done: int
    pages_failed: int
    seconds: float = Field(
        description="Seconds since the document was sent, or the total duration."
    )
    expires_in: int = Field(description="Seconds until a finished job is deleted.")
    error: Fault | None = None


def settings_model() -> type[BaseModel]:
    """Return all knobs as one flat model, each with its bounds and its help."""
    fields: dict[str, Any] = {}
    _collect(Settings, fields)
    return create_model("Settings", __base__=Group, **fields)


def _collect(group: type[Group], fields: dict[str, Any]) -> None:
    for name, field in group.model_fields.items():
        kind: Any = field.annotation
        if isinstance(kind, type) and issubclass(kind, Group):
            _collect(kind, fields)
        else:
            fields[name] = (kind, field)


def format_names() -> list[str]:
    """Return the names of the result formats, the default first."""
    return ["json", *FORMATS]


def form_schema() -> dict[str, Any]:
    """Return the schema of the body of a request with a document."""
    properties: dict[str, Any] = {
        "file": {
            "type": "string",
            "format": "binary",
            "description": "An image or a PDF, recognized by its content.",
        },
        "settings": {"$ref": REF.format(model="Settings")},
        "format": format_parameter(),
    }
    return {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": properties,
                    "required": ["file"],
                    "additionalProperties": False,
                },
                "encoding": {"settings": {"contentType": JSON}},
            }
        },
    }


def format_parameter() -> dict[str, Any]:
    """Return the schema of the parameter for the format."""
    formats = [f"{form.name}: {form.help}" for form in FORMATS.values()]
    return {
        "type": "string",
        "enum": format_names(),
        "default": "json",
        "description": "; ".join(["json: text and words of every page", *formats])
        + ".",
    }


def result_content() -> dict[str, Any]:
    """Return the media types of a result."""
    content: dict[str, Any] = {JSON: {"schema": {"$ref": REF.format(model="Reading")}}}
    for form in FORMATS.values():
        content.setdefault(form.media, {"schema": {"type": "string"}})
    return content


def completed(spec: dict[str, Any]) -> dict[str, Any]:
    """Add the parts that depend on knobs and exporters to an OpenAPI document."""
    schema = settings_model().model_json_schema(ref_template=REF)
    schema["description"] = (
        "Settings by name; those that are left out have their defaults."
    )
    for knob in knobs(Settings):  # our own keywords are OpenAPI extensions
        about = schema["properties"][knob.name]
        for word in ("step", "unit", "when"):
            about[f"x-{word}"] = about.pop(word)
        if any(str(choice).isdigit() for choice in knob.choices):
            about["enum"] = [*knob.choices, *map(_respelled, knob.choices)]
            about["enum"] = list(dict.fromkeys(about["enum"]))
            about.pop("type", None)
    # Recipes contain the version that saved them.
    schema["properties"]["ocr_core"] = {"description": "Ignored."}
    spec["components"]["schemas"]["Settings"] = schema
    _without_strangers(spec)
    paths = spec["paths"]
    read, jobs = paths["/api/v1/ocr"]["post"], paths["/api/v1/jobs"]["post"]
    result = paths["/api/v1/jobs/{id}/result"]["get"]
    read["requestBody"] = form_schema()
    jobs["requestBody"] = form_schema()
    for operation in (read, result):
        operation["responses"]["200"]["content"] = result_content()
    result["parameters"] += [
        {"name": "format", "in": "query", "schema": format_parameter()}
    ]
    return spec


def _respelled(choice: str | int) -> str | int:
    """Return 90 for "90" and "3" for 3: settings may be numbers or text."""
    if isinstance(choice, int):
        return str(choice)
    return int(choice) if choice.isdigit() else choice


def _without_strangers(spec: dict[str, Any]) -> None:
    """Remove what the framework adds: another error format, tags and markup."""
    spec["components"]["schemas"].pop("ValidationErrorModel", None)
    for path in spec["paths"].values():
        for operation in path.values():
            operation.pop("tags", None)
            if "description" in operation:
                text = operation["description"].replace("<br/>", " ").strip()
                operation["description"] = text
            refusal = operation["responses"].get("422", {}).get("content", {})
            if refusal.get(JSON, {}).get("schema", {}).get("type") == "array":
                del operation["responses"]["422"]
