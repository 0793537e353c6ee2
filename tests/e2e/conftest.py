"""The real app on a free port, and a real browser in front of it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.support.waiting import HANG, until

ROOT = Path(__file__).parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SWITCHES = (
    "--no-sandbox",  # containers often forbid the sandbox; only our own app is opened
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
LOOK = {"viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce"}
FRAMES_SENT = """
window.framesSent = 0;
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (...frame) {
  window.framesSent += 1;
  return send.apply(this, frame);
};
"""


@pytest.hookimpl(tryfirst=True)  # before tests are chosen by their marks
def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            # On a busy machine a browser may lag; what fails three times is a fault.
            item.add_marker(pytest.mark.flaky(reruns=2))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when == "call":
        item.passed = report.passed
        item.failure = report.longreprtext
    return report


# The package is the scope, not the session: while Playwright lives, its event loop
# runs, and no other test can start one.


@pytest.fixture(scope="package")
def browser(tmp_path_factory):
    """A browser whose first context keeps the compiled scripts of the app.

    Each other context compiles them anew. The first page of this one stays empty, so
    that the browser does not end with the last page of a test.
    """
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="Playwright is not installed."
    )
    playwright.expect.set_options(timeout=1000 * HANG)
    with playwright.sync_playwright() as runner:
        found = next(filter(None, map(shutil.which, BROWSERS)), None)
        bundled = runner.chromium.executable_path
        if not found and not Path(bundled).exists():
            pytest.skip("No browser: neither Chromium nor Chrome was found.")
        try:
            kept = runner.chromium.launch_persistent_context(
                tmp_path_factory.mktemp("browser"),
                executable_path=found or bundled,
                args=SWITCHES,
                **LOOK,
            )
        except playwright.Error as error:
            reason = str(error).splitlines()[0]
            pytest.skip(f"The browser {found or bundled} cannot start: {reason}")
        prepare(kept)
        yield kept.browser
        kept.close()


def prepare(context):
    context.set_default_timeout(1000 * HANG)
    context.add_init_script(FRAMES_SENT)


@pytest.fixture(scope="package")
def server(browser, tmp_path_factory):
    """The address of the app, its log, and the folder for its files."""
    server = Server(tmp_path_factory.mktemp("server"))
    try:
        server.start()
        yield server
    finally:
        server.stop()


class Server:
    """The app, which can be restarted at the same address with the same files."""

    def __init__(self, folder, *switches, **environment):
        self.folder, self.switches = folder, switches
        self.log, self.scratch = folder / "log", folder / "tmp"
        self.projects = folder / "projects"
        self.scratch.mkdir(exist_ok=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            "TMPDIR": str(self.scratch),
            "OCR_CORE_CORPORA": str(self.projects),
            "OCR_CORE_PROJECTS": str(self.projects),
            "PYTHONUNBUFFERED": "1",
            **environment,
        }

    def start(self):
        command = [sys.executable, "-m", "streamlit", "run", "app/asgi.py"]
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [*command, "--server.port", str(self.port), *self.switches],
                cwd=ROOT,
                env={**os.environ, **self.environment},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        wait_until_healthy(self.process, self.url, self.log)

    def stop(self):
        stop(self.process)

    def kill(self):
        """Kill it and all its workers, as in a power cut."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def running(server):
    """Yield a server while it runs."""
    server.start()
    yield server
    server.stop()


def wait_until_healthy(process, url, log):
    def is_healthy():
        if process.poll() is not None:
            pytest.fail(f"The app ended at once:\n{log.read_text()}")
        try:
            health = f"{url}/_stcore/health"
            with urllib.request.urlopen(health, timeout=HANG) as answer:
                return answer.status == 200
        except OSError:  # refused or reset: it is still on its way
            return False

    until(is_healthy, log.read_text)


def stop(process):
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(HANG)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def open_app(browser, server, request, tmp_path):
    """Return a function that opens the app in a browser of its own."""
    yield from opener(browser, server, request, tmp_path)


def opener(browser, server, request, tmp_path):
    """Yield a function that opens an app in a browser of its own.

    In no test may a page throw an error, send a request to another host, or leave a
    traceback in the server's log.
    """
    kept, contexts, errors, foreign = browser.contexts[0], [], [], []
    log_before = server.log.stat().st_size

    def note(fault):
        errors.append(str(fault.error))

    def watch(sent):
        own = sent.url.startswith((server.url, "data:", "blob:"))
        if not own:
            foreign.append(sent.url)

    def open_app(address="", **options):
        context = kept
        if options or pages_of(kept):
            context = browser.new_context(**LOOK | options)
            prepare(context)
        if context not in contexts:
            context.on("weberror", note)
            context.on("request", watch)
            contexts.append(context)
        page = context.new_page()
        page.goto(server.url + address)
        return page

    yield open_app

    failed = not getattr(request.node, "passed", False)
    if failed:  # pytest shows no cause of a test that is run again
        cause = getattr(request.node, "failure", "")
        (tmp_path / "failed.txt").write_text(cause, encoding="utf-8")
    for number, context in enumerate(contexts):
        for tab, each in enumerate(pages_of(context) if failed else []):
            picture = tmp_path / f"failed_{number}_{tab}.png"
            each.screenshot(path=picture)
            print(f"Screenshot: {picture}")
        context.remove_listener("weberror", note)
        context.remove_listener("request", watch)
        if context is not kept:
            context.close()
    forget(kept, server.url)
    assert not errors
    assert not foreign
    assert b"Traceback" not in server.log.read_bytes()[log_before:]


def pages_of(context):
    """Return the pages of a context that a test has opened."""
    return [page for page in context.pages if page.url != "about:blank"]


def forget(context, address):
    """Have a context know no more of an app than a new one, but its scripts."""
    for page in pages_of(context):
        page.close()
    context.clear_cookies()
    talk = context.new_cdp_session(context.pages[0])
    kinds = "cookies,local_storage,indexeddb"
    talk.send("Storage.clearDataForOrigin", {"origin": address, "storageTypes": kinds})
    talk.detach()


@pytest.fixture
def page(open_app):
    """The app in a fresh browser."""
    return open_app()


@pytest.fixture
def own_server(browser, tmp_path_factory):
    """A separate app that the test may stop, kill and restart, with no projects."""
    yield from running(Server(tmp_path_factory.mktemp("own")))


@pytest.fixture
def visit(browser, own_server, request, tmp_path):
    """Return a function that opens the separate app in a browser of its own."""
    yield from opener(browser, own_server, request, tmp_path)


@pytest.fixture(scope="package")
def for_many(browser, tmp_path_factory):
    """An app that serves other machines: each browser has projects of its own."""
    folder = tmp_path_factory.mktemp("many")
    yield from running(
        Server(folder, "--server.address", "0.0.0.0", OCR_CORE_KEEP_DAYS="9")
    )


@pytest.fixture
def open_browser(browser, for_many, request, tmp_path):
    """Return a function that opens that app in a browser of its own."""
    yield from opener(browser, for_many, request, tmp_path)
