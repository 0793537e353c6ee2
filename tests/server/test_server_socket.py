"""The HTTP API over a real socket: limits, malformed requests, shutdown."""

import contextlib
import errno
import http.client
import json
import re
import select
import signal
import socket
import threading
import urllib.parse

import pytest

from ocr_core.server import asgi, connections
from ocr_core.server.asgi import AsgiApp
from ocr_core.server.standalone import Server, listening
from tests.support.api_requests import MULTIPART, PNG, sent, tiff
from tests.support.serving import serving
from tests.support.waiting import HANG, until

POST = "POST /api/v1/ocr HTTP/1.1\r\nHost: localhost\r\n"
LAST = b"Host: localhost\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A separate server: its address, process, temporary folder and log."""
    folder = tmp_path_factory.mktemp("served")
    with serving(folder) as (url, process):
        yield url, process, folder


def connection(url):
    address = urllib.parse.urlsplit(url)
    return socket.create_connection((address.hostname, address.port), timeout=HANG)


def form_body(content=PNG, name="scan.png", **fields):
    body = b""
    for field, text in fields.items():
        body += (
            f'--xx\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{text}\r\n'
        ).encode()
    head = f'--xx\r\nContent-Disposition: form-data; name="file"; filename="{name}"'
    return body + head.encode() + b"\r\n\r\n" + content + b"\r\n--xx--\r\n"


def asked(url, path, body=None, method=None, **headers):
    """Send a request to the server; return status, headers and JSON."""
    address = urllib.parse.urlsplit(url)
    http_client = http.client.HTTPConnection(
        address.hostname, address.port, timeout=HANG
    )
    method = method or ("POST" if body is not None else "GET")
    try:
        http_client.request(method, path, body, {**headers})
        answer = http_client.getresponse()
        content = answer.read()
        kind = answer.headers.get("Content-Type", "")
        result = json.loads(content) if kind == "application/json" else content
        return answer.status, answer.headers, result
    finally:
        http_client.close()


def test_a_body_that_is_too_large_is_refused_also_in_chunks(served):
    url, *_ = served
    chunk = bytes(2**20)
    whole = asked(url, "/api/v1/ocr", form_body(bytes(21 * 2**20)), **MULTIPART)
    chunks = asked(url, "/api/v1/ocr", (chunk for _ in range(21)), **MULTIPART)

    for status, _, result in (whole, chunks):
        assert (status, result["error"]["code"]) == (413, "limit")


@pytest.mark.parametrize(
    "words",
    [
        b"nonsense\r\n\r\n",
        b"GET /api/health HTTP/1.1\r\nBad Header: x\r\n\r\n",
        b"GET /api/\xff\xfe?\xff HTTP/1.1\r\n" + LAST,
        b"GET /" + b"a" * 32_763,  # the last byte that is read
        b"POST /api/v1/ocr HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/v1/ocr HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
        b"POST /api/v1/ocr HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET http://127.0.0.1:1/ HTTP/1.1\r\n" + LAST,
    ],
)
def test_what_is_no_request_is_refused(served, words):
    url, *_ = served
    with connection(url) as line:
        line.sendall(words)
        answer = b"".join(iter(lambda: line.recv(2**16), b""))

    assert re.match(rb"HTTP/1\.[01] 4\d\d ", answer)
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["message"]


@pytest.fixture
def server(local_pool):
    """A server in a thread of this process."""
    api = AsgiApp(lambda: local_pool)
    listener = listening("127.0.0.1", 0)
    server = Server(api, listener)
    running = threading.Thread(target=server.run, args=([listener],))
    running.start()
    yield server
    server.should_exit = True
    running.join()
    api.close()


def test_what_finds_no_room_on_the_disk_is_to_come_again(server, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    body = form_body(bytes(900_000))
    with monkeypatch.context() as patch:
        patch.setattr("tempfile.TemporaryFile", full)
        whole = asked(server.url, "/api/v1/ocr", body, **MULTIPART)
        chunks = asked(server.url, "/api/v1/ocr", iter([body]), **MULTIPART)

    for status, headers, result in (whole, chunks):
        assert (status, result["error"]["code"]) == (503, "busy")
        assert int(headers["Retry-After"]) > 0
    assert asked(server.url, "/api/v1/ocr", form_body(), **MULTIPART)[0] == 200


def test_a_document_that_finds_no_room_beside_its_request_is_to_come_again(
    client, monkeypatch
):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("werkzeug.formparser.SpooledTemporaryFile", full)
    answer = client.post("/api/v1/ocr", **sent())

    assert (answer.status_code, answer.json["error"]["code"]) == (503, "busy")
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    "start", [b"", POST.encode(), POST.encode() + b"Content-Length: 1000\r\n\r\nxx"]
)
def test_nobody_waits_for_silent_clients(server, monkeypatch, start):
    monkeypatch.setattr(connections, "HEAD_SECONDS", HANG)
    monkeypatch.setattr(asgi, "SILENCE_SECONDS", HANG)
    with contextlib.ExitStack() as stack:
        lines = [stack.enter_context(connection(server.url)) for _ in range(60)]
        for line in lines:
            line.sendall(start)
        assert asked(server.url, "/api/health")[0] == 200
        assert not select.select(lines, [], [], 0)[0]  # they are at it still


@pytest.mark.parametrize("start", [b"", b"GET /api/health HTTP/1.1\r\n"])
def test_a_head_that_does_not_arrive_closes_the_connection(server, monkeypatch, start):
    assert connections.HEAD_SECONDS <= 10
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.1)
    with connection(server.url) as line:
        line.sendall(start)

        assert line.recv(100) == b""  # with nothing to say


def test_a_head_that_drips_in_closes_the_connection(server, monkeypatch):
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.1)
    with connection(server.url) as line, pytest.raises(ConnectionError):
        line.sendall(b"GET /api/health HTTP/1.1\r\n")
        while True:
            line.sendall(b"X: x\r\n")
            if select.select([line], [], [], 0.01)[0] and not line.recv(100):
                raise ConnectionError


def test_the_head_of_a_second_request_is_not_waited_for_longer(server, monkeypatch):
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.5)
    with connection(server.url) as line:
        line.sendall(b"GET /api/health HTTP/1.1\r\nHost: localhost\r\n\r\nGET")
        came = b"".join(iter(lambda: line.recv(2**16), b""))

    assert came.count(b"HTTP/1.1 200") == 1


def test_a_client_that_reads_nothing_of_a_response_is_disconnected(server, monkeypatch):
    monkeypatch.setattr(connections, "STALLED_SECONDS", 0.1)
    ask = b"GET /api/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with connection(server.url) as line, pytest.raises(ConnectionError):
        while True:
            line.sendall(ask)


def test_the_oldest_of_too_many_that_wait_makes_room(server, monkeypatch):
    monkeypatch.setattr(connections, "CONNECTIONS", 5)
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(connection(server.url))
        until(lambda: server.server_state.connections)
        others = [stack.enter_context(connection(server.url)) for _ in range(5)]

        assert first.recv(100) == b""
        others[-1].sendall(b"GET /api/health HTTP/1.1\r\n" + LAST)
        assert others[-1].recv(12) == b"HTTP/1.1 200"


@pytest.mark.parametrize("limit", ["SILENCE_SECONDS", "ARRIVAL_SECONDS"])
def test_a_body_that_does_not_arrive_is_refused(server, monkeypatch, limit):
    monkeypatch.setattr(asgi, limit, 0.1)
    with connection(server.url) as line:
        line.sendall(POST.encode() + b"Content-Length: 9\r\n\r\nx")

        assert line.recv(2**16).startswith(b"HTTP/1.1 408 ")


def test_more_bodies_than_are_taken_in_at_once_are_to_come_again(server, monkeypatch):
    monkeypatch.setattr(asgi, "CONNECTIONS", 0)

    status, headers, _ = asked(server.url, "/api/health")

    assert (status, headers["Retry-After"]) == (503, "30")


def test_a_client_that_hangs_up_stops_its_reading(served):
    url, *_ = served
    body = form_body(tiff(100))
    head = POST + "Content-Type: {Content-Type}\r\n".format(**MULTIPART)
    head += f"Content-Length: {len(body)}\r\n\r\n"
    with connection(url) as line:
        line.sendall(head.encode() + body)
        wait_for_metric(url, "ocr_readings 1.0")

    wait_for_metric(url, "ocr_readings 0.0")


def wait_for_metric(url, words):
    def metrics():
        return asked(url, "/api/metrics")[2].decode()

    until(lambda: words in metrics(), metrics)


def test_no_address_is_ever_fetched(served, tmp_path):
    url, *_ = served
    with socket.create_server(("127.0.0.1", 0)) as trap:
        lure = f"http://127.0.0.1:{trap.getsockname()[1]}/a.jpg"
        svg = f"<svg xmlns='http://www.w3.org/2000/svg'><image href='{lure}'/></svg>"
        for content in (lure.encode(), svg.encode(), f"{lure}\n".encode() * 99):
            assert asked(url, "/api/v1/ocr", form_body(content), **MULTIPART)[0] == 415
        for fields in ({"url": lure}, {"image_url": lure}, {"settings": f'"{lure}"'}):
            body = form_body(**fields)
            assert asked(url, "/api/v1/ocr", body, **MULTIPART)[0] == 422
        asked(url, f"/api/v1/ocr?url={lure}", form_body(b"x", name=lure), **MULTIPART)
        assert not select.select([trap], [], [], 0)[0]  # nobody has knocked


@pytest.mark.kill
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_stopped_finishes_what_is_under_way(tmp_path, number):
    with serving(tmp_path) as (url, process):
        answers = []
        # Read once: there is a limit to the seconds that a stopped server goes on.
        body = form_body(tiff(3), settings='{"second_opinion": "off"}')
        asking = threading.Thread(
            target=lambda: answers.append(asked(url, "/api/v1/ocr", body, **MULTIPART))
        )
        asking.start()
        wait_for_metric(url, "ocr_readings 1.0")

        process.send_signal(number)
        asking.join(HANG)

        assert process.wait(HANG) == 0
        assert answers[0][0] == 200
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


def test_a_remote_address_is_refused_before_anything_starts(shell):
    result = shell("serve", "--host", "0.0.0.0", "--port", "0")

    assert result.code == 2
    assert "--allow-remote" in result.err


def test_a_port_that_is_taken_is_named(shell):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        result = shell("serve", "--port", port)

    assert result.code == 2
    assert f"port {port} cannot be listened on" in result.err
