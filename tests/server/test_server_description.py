"""The OpenAPI description of the HTTP API is true."""

import contextlib
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable

from ocr_core.knobs import knobs
from ocr_core.server.app import create_app
from ocr_core.server.state import EXTENSION
from ocr_core.settings import Settings
from tests.conftest import LocalPool
from tests.support.api_requests import PNG, tiff
from tests.support.marks import MarksEngine


def test_the_description_shows_every_knob_with_bounds_and_help(client):
    described = client.get("/api/openapi.json").json["components"]["schemas"][
        "Settings"
    ]

    for knob in knobs(Settings):
        shown = described["properties"][knob.name]
        assert shown["description"] == knob.help
        assert shown["default"] == knob.default
        assert shown.get("minimum") == knob.minimum
        assert shown.get("maximum") == knob.maximum
        assert set(knob.choices) <= set(shown.get("enum", ()))


def test_the_page_to_try_it_needs_nothing_from_elsewhere(client):
    text = client.get("/api/docs").text

    links = re.findall(r'(?:src|href)="([^"]+)"', text)
    assert links and all(link.startswith(("/api/", "data:")) for link in links)
    for link in links:
        if link.startswith("/api/"):
            assert client.get(link).status_code == 200


@pytest.fixture(scope="module")
def schemathesis():
    """Return the library: it takes a second to import."""
    import schemathesis

    schemathesis.openapi.format(
        "binary", st.one_of(st.just(PNG), st.just(tiff(2)), st.binary(max_size=200))
    )
    return schemathesis


@pytest.fixture(scope="module")
def description(schemathesis):
    with pytest.MonkeyPatch.context() as patch:
        engine = MarksEngine()
        patch.setattr("ocr_core.engines.engine_named", lambda _: engine)
        pool = LocalPool()
        app = create_app(lambda: pool)
        yield schemathesis.openapi.from_wsgi("/api/openapi.json", app)
        app.extensions[EXTENSION].close()


# No schema can say which bytes are a page that can be read.
ABOUT_THE_FILE = ("format", "input", "limit")


def keeps_its_promises(answer, case):
    from schemathesis.checks import positive_data_acceptance

    body = answer.json() if answer.status_code in (413, 415, 422) else {}
    about_the_file = body.get("error", {}).get("code") in ABOUT_THE_FILE
    spared = [positive_data_acceptance] if about_the_file else []
    case.validate_response(answer, excluded_checks=spared)


@pytest.mark.large
@pytest.mark.parametrize("mode", ["POSITIVE", "NEGATIVE"])
def test_every_operation_keeps_its_promises(description, schemathesis, mode):
    tried = set()
    wanted = schemathesis.GenerationMode[mode]
    few = settings(
        max_examples=10,
        deadline=None,
        suppress_health_check=[HealthCheck.filter_too_much],
    )

    for operation in description.get_all_operations():
        operation = operation.ok()

        @few
        @given(case=operation.as_strategy(generation_mode=wanted))
        def each_keeps_its_promises(case):
            tried.add(case.operation.label)
            keeps_its_promises(case.call(), case)

        with contextlib.suppress(Unsatisfiable):  # what has no input can't be wrong
            each_keeps_its_promises()

    assert {"POST /api/v1/ocr", "GET /api/v1/jobs/{id}/result"} <= tried


@pytest.mark.large
def test_no_walk_through_the_jobs_breaks_a_promise(description):
    class Walks(description.as_state_machine()):
        def validate_response(self, response, case, **_):
            keeps_its_promises(response, case)

    Walks.run(settings=settings(max_examples=20, stateful_step_count=6, deadline=None))
