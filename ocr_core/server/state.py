"""State: the pool, uploads, jobs and metrics that the routes share."""

import time
from collections.abc import Callable
from typing import cast

from flask import current_app, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from ocr_core.errors import OcrError
from ocr_core.page import PageResult
from ocr_core.processes.pool import Pool
from ocr_core.server.error_responses import ranked
from ocr_core.server.jobs import Jobs
from ocr_core.server.uploads import (
    READ_SECONDS,
    ConcurrencyLimit,
    Deadline,
    DocumentReader,
    UploadStore,
)

EXTENSION = "ocr-core"
METHODS = ("GET", "HEAD", "POST", "DELETE", "OPTIONS")
BUCKETS = (0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 120)


class AppState:
    """Everything that is kept between requests. The pool is made on first use."""

    def __init__(self, pool: Callable[[], Pool], token: str | None) -> None:
        self._pool, self._started = pool, False
        self.token = token
        self.limit = ConcurrencyLimit()
        self.uploads = UploadStore()
        self.metrics = Metrics(self)
        self.jobs = Jobs(self.pool, self.uploads, self.metrics.count)

    def pool(self) -> Pool:
        """Return the pool, and note that it was started."""
        self._started = True
        return self._pool()

    @property
    def queued(self) -> int:
        """Number of calls that wait for a worker; this does not start the pool."""
        return getattr(self._pool(), "queued", 0) if self._started else 0

    def reader(self) -> DocumentReader:
        """Return a reader for the client of this request."""
        deadline = Deadline(time.monotonic() + READ_SECONDS, client_gone())
        return DocumentReader(self.pool(), f"api {client()}", deadline)

    def close(self) -> None:
        """Remove all jobs and uploads; the owner of the pool closes it."""
        self.jobs.close()
        self.uploads.close()


class Metrics:
    """The metrics for Prometheus."""

    def __init__(self, app_state: AppState) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "ocr_requests",
            "Requests answered.",
            ["route", "method", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "ocr_request_seconds",
            "How long requests took.",
            ["route"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.pages = Counter(
            "ocr_pages", "Pages by how they ended.", ["status"], registry=self.registry
        )
        self.failures = Counter(
            "ocr_failures", "Refusals by cause.", ["code"], registry=self.registry
        )
        for name, help_text, function in (
            ("ocr_queue", "Calls that wait for a worker.", lambda: app_state.queued),
            ("ocr_readings", "Readings under way.", lambda: app_state.limit.inside),
            ("ocr_jobs", "Jobs that are kept.", lambda: len(app_state.jobs)),
            ("ocr_jobs_unfinished", "Jobs to do.", lambda: app_state.jobs.unfinished),
        ):
            Gauge(name, help_text, registry=self.registry).set_function(function)

    def count(self, status: str, error: OcrError | None = None) -> None:
        """Count a page by its status, or a failed job by its error."""
        if error:
            self.failures.labels(ranked(error)[1]).inc()
        else:
            self.pages.labels(status).inc()

    def count_pages(self, results: list[PageResult]) -> None:
        """Count the pages of a document."""
        for result in results:
            self.count(result.status)

    def count_request(self, status: int, seconds: float) -> None:
        """Count a request; labels never contain text that a client chose."""
        route = request.url_rule.rule if request.url_rule else "none"
        method = request.method if request.method in METHODS else "other"
        self.requests.labels(route, method, str(status)).inc()
        self.seconds.labels(route).observe(seconds)


def app_state() -> AppState:
    """Return the state of the app that serves this request."""
    return cast(AppState, current_app.extensions[EXTENSION])


def client() -> str:
    """Return the IP address of the client."""
    return request.remote_addr or "local"


def client_gone() -> Callable[[], bool]:
    """Return a function that returns whether the client has disconnected."""
    gone = request.environ.get("ocr_core.gone")
    return gone if callable(gone) else lambda: False
