"""The app's port: clients that never complete a request do not block others."""

import contextlib
import socket
import threading
import urllib.parse
import urllib.request

import pytest

from tests.support.serving import serving_app
from tests.support.waiting import HANG

pytestmark = pytest.mark.kill


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """The address of an app that `streamlit run` has started."""
    with serving_app(tmp_path_factory.mktemp("app")) as url:
        yield url


def connection(url):
    address = urllib.parse.urlsplit(url)
    return socket.create_connection((address.hostname, address.port), timeout=HANG)


def drip(line, ended):
    """Send single bytes of a request head that never ends."""
    with contextlib.suppress(OSError):
        while not ended.wait(0.2):
            line.sendall(b"x")


def test_slow_heads_are_cut_off_and_others_are_served(app):
    ended = threading.Event()
    with contextlib.ExitStack() as stack:
        stack.callback(ended.set)
        silent, begun, dripping = (
            [stack.enter_context(connection(app)) for _ in range(20)] for _ in range(3)
        )
        for line in begun + dripping:
            line.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ")
        for line in dripping:
            threading.Thread(target=drip, args=(line, ended)).start()

        for path in ("/_stcore/health", "/api/health", "/"):
            with urllib.request.urlopen(app + path, timeout=HANG) as answer:
                assert answer.status == 200
        for line in silent + begun:
            assert line.recv(1) == b""
        for line in dripping:
            with contextlib.suppress(ConnectionError):  # bytes were on their way
                assert line.recv(1) == b""


def test_a_websocket_outlives_the_time_that_a_head_may_take(app):
    key = "dGhlIHNhbXBsZSBub25jZQ=="  # RFC 6455, section 1.3
    head = (
        "GET /_stcore/stream HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n"
    )
    with connection(app) as socket_line, connection(app) as silent:
        socket_line.sendall(head.encode())
        assert b" 101 " in socket_line.recv(2**16)
        assert silent.recv(1) == b""  # the time is over

        socket_line.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                assert socket_line.recv(2**16) != b""
