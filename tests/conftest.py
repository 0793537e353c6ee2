"""Fixtures: drawn pages whose words are known, an engine that finds marks only, and
worker processes shared by all tests.
"""

import functools
import gc
import io
import os
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import cv2
import pytest
from hypothesis import settings as hypothesis_settings

from ocr_core import cli, segmentation
from ocr_core.engines.tesseract import installed_languages
from ocr_core.errors import OcrError
from ocr_core.page import Page, PageRef
from ocr_core.processes.pool import BusyError, Pool, Task
from ocr_core.segmentation import segmenter
from ocr_core.tokenizer import pieces
from tests.support.marks import MarksEngine, marked_image
from tests.support.waiting import HANG

SLOW = {"e2e", "kill", "large"}

hypothesis_settings.register_profile("default", deadline=None, max_examples=40)
hypothesis_settings.load_profile("default")


def pytest_configure(config: pytest.Config) -> None:
    # Looking for garbage took a sixth of the time of all tests.
    gc.set_threshold(100_000, 20, 100)
    config.addinivalue_line(
        "markers", "needs_tesseract: reads real text; skipped without language data"
    )
    # A run in the background ignores Control-C, and so would all that it starts.
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_auto_num_workers() -> int:
    """Run one more test process than there are processors, as tests also wait."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_finish() -> None:
    """Exclude the objects that exist after collection from later garbage
    collections."""
    gc.collect()
    gc.freeze()


class UnsyncedConnection(sqlite3.Connection):
    """A database that never waits for the disk, which matters only after a power
    cut."""

    def execute(self, sql: str, *arguments: Any) -> sqlite3.Cursor:
        if sql.startswith("PRAGMA synchronous ="):
            sql = "PRAGMA synchronous = OFF"
        return super().execute(sql, *arguments)


sqlite3.connect = functools.partial(sqlite3.connect, factory=UnsyncedConnection)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Files that take long go first, so that no process is left with one at the end.
    slow = {
        item.path
        for item in items
        if any(mark.name in SLOW for mark in item.iter_markers())
    }
    items.sort(key=lambda item: item.path not in slow)
    if "eng" in installed_languages():
        return
    skip = pytest.mark.skip(reason="no English language data for Tesseract was found")
    for item in items:
        if "needs_tesseract" in item.keywords:
            item.add_marker(skip)


@pytest.fixture
def marks_engine(monkeypatch: pytest.MonkeyPatch) -> MarksEngine:
    """Have `recognize_page` use an engine that needs no Tesseract."""
    engine = MarksEngine()
    monkeypatch.setattr("ocr_core.engines.engine_named", lambda name: engine)
    return engine


class InlinePool:
    """A pool that works in this process, so that fixtures reach what it calls."""

    workers = 1

    def __init__(self, workers: int | None = None, **_: object) -> None:
        self.asked = workers

    def submit(
        self,
        function: Callable[..., Any],
        *arguments: Any,
        owner: str = "",
        seconds: float | None = None,
    ) -> Task:
        task = Task(function, arguments, owner, seconds or HANG)
        try:
            task.future.set_result(function(*arguments))
        except OcrError as error:
            task.future.set_exception(error)
        return task

    def __enter__(self) -> "InlinePool":
        return self

    def __exit__(self, *_: object) -> None:
        return


class LocalPool(InlinePool):
    """A pool in this process whose queue a test can fill."""

    queued = 0
    full = False

    def submit(
        self, function: Callable[..., Any], *arguments: Any, **options: Any
    ) -> Task:
        if self.full:
            raise BusyError("9 pages are waiting already.", retry_after=7)
        return super().submit(function, *arguments, **options)

    def cancel(self, task: Task) -> None:
        return


@pytest.fixture
def inline_pool(monkeypatch: pytest.MonkeyPatch, marks_engine: MarksEngine) -> None:
    """Have the command line read in this process, with the engine of marks."""
    monkeypatch.setattr("ocr_core.processes.pool.Pool", InlinePool)


@pytest.fixture(scope="session")
def pool() -> Iterator[Pool]:
    """Two workers for the whole run."""
    with Pool(2, seconds=HANG) as pool:
        yield pool


@pytest.fixture(scope="session")
def lone_worker() -> Iterator[Pool]:
    """One worker, where the order of the tasks matters."""
    with Pool(1, seconds=HANG) as pool:
        yield pool


class Shell:
    """Calls the command line in this process, as a terminal would."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[bytes]
    ) -> None:
        self._monkeypatch, self._capture = monkeypatch, capture

    def __call__(self, *words: object, stdin: bytes = b"") -> SimpleNamespace:
        self._monkeypatch.setattr(sys, "argv", ["ocr-core", *map(str, words)])
        self._monkeypatch.setattr(
            sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), "utf-8")
        )
        self._capture.readouterr()
        try:
            cli.main()
            code = 0
        except SystemExit as end:
            code = 0 if end.code is None else int(end.code)
        out, err = self._capture.readouterr()
        return SimpleNamespace(code=code, out=out, err=err.decode())


@pytest.fixture
def shell(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Shell:
    """Return a function that runs `ocr-core` with arguments and returns the outcome."""
    return Shell(monkeypatch, capfdbinary)


@pytest.fixture
def marked_page() -> Page:
    return Page(marked_image(), PageRef("marked.png"))


@pytest.fixture
def marked_file(tmp_path: Path) -> Path:
    """A PNG with four marks."""
    path = tmp_path / "marked.png"
    cv2.imwrite(str(path), marked_image())
    return path


@pytest.fixture
def local_pool(marks_engine: MarksEngine) -> LocalPool:
    return LocalPool()


@pytest.fixture
def api(local_pool: LocalPool) -> Iterator[Any]:
    """The HTTP API, which reads in this process, with the engine of marks."""
    from ocr_core.server.app import create_app
    from ocr_core.server.state import EXTENSION

    api = create_app(lambda: local_pool)
    yield api
    api.extensions[EXTENSION].close()


@pytest.fixture
def client(api: Any) -> Any:
    """A client of the API without a socket."""
    return api.test_client()


@pytest.fixture(scope="session", autouse=True)
def kept_lexicons() -> Iterator[None]:
    """Load each lexicon once for all tests: some take seconds."""
    from simplemma.strategies import dictionaries

    kept = dictionaries.DEFAULT_DICTIONARY_FACTORY
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dictionaries, "DefaultDictionaryFactory", lambda **_: kept)
        yield


@pytest.fixture(autouse=True)
def own_projects(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Keep the projects of tests apart from those of the user who runs them."""
    home = tmp_path_factory.getbasetemp() / f"projects {uuid4().hex}"
    for name in ("OCR_CORE_CORPORA", "OCR_CORE_PROJECTS"):
        monkeypatch.setenv(name, str(home))
    return home


@pytest.fixture
def run_app(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Return a function that runs the app with the given query parameters.

    The session and the caches are cleared afterwards.
    """
    import streamlit as st

    from tests.support.app_driver import simulated

    app = simulated()
    # On a busy machine, too, Explore shows its tables after the first run.
    monkeypatch.setattr("app.explore.token_cache.WAIT_SECONDS", HANG)
    # Its lemmas would be found while later tests run.
    monkeypatch.setattr("app.explore.token_cache.look_ahead", lambda *_: None)

    def opened(**asked: str | list[str]) -> Any:
        app.query_params.update(asked)
        return app.run()

    yield opened
    app.session_state.session.close()
    st.cache_resource.clear()  # every simulated visitor is the same one to the cache


@pytest.fixture
def app(run_app: Callable[..., Any]) -> Any:
    """The app, run once for one user."""
    return run_app()


@pytest.fixture
def session() -> Iterator[Any]:
    """The session of one user of the app."""
    from app.session.session import Session

    session = Session()
    yield session
    session.close()


@pytest.fixture
def no_segmenter(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """A machine without icu4py; tokens kept in memory are those of neither case."""

    def forget() -> None:
        segmenter.cache_clear()
        pieces.cache_clear()

    monkeypatch.setattr(segmentation, "_word_breaker", lambda: None)
    forget()
    yield monkeypatch
    monkeypatch.undo()
    forget()
