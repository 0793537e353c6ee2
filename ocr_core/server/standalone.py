"""Serve: the API alone, behind waitress, with patience for nobody's games.

Slow clients cost a connection, never a thread: waitress takes a request in completely
before a thread sees it, and we close what takes too long to arrive.
"""

import contextlib
import ipaddress
import json
import logging
import signal
import socket
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from flask import Flask
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.buffers import OverflowableBuffer
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask
from waitress.utilities import Error

from ocr_core.errors import SettingsError
from ocr_core.processes.pool import Pool
from ocr_core.server.app import (
    BODY_BYTES,
    HEADERS,
    THREADS,
    TOKEN,
    JsonLines,
    create_app,
    log,
    token_from_environment,
)
from ocr_core.server.error_responses import SENTENCES, clean
from ocr_core.server.state import EXTENSION
from ocr_core.server.uploads import RETRY_SECONDS

SILENCE_SECONDS = 10  # after which a connection that says nothing is closed
ARRIVAL_SECONDS = 120  # for a whole request to come in
GRACE_SECONDS = 10  # for what is under way when the server is told to stop
CONNECTIONS = 200
PER_CLIENT = 2_000
SHORTEST_TOKEN = 16


def serve(
    host: str, port: int, *, workers: int | None = None, remote: bool = False
) -> None:
    """Serve the API until SIGTERM or SIGINT, then finish what is under way.

    Raises
    ------
    SettingsError
        Where strangers could reach the server, and that was not asked for, or there
        is no token to keep them out, or the address cannot be had.
    """
    token = token_from_environment()
    check_exposure(host, token, remote)
    listener = listening(host, port)
    log_to_stderr()
    with Pool(workers, per_owner=PER_CLIENT) as pool:
        app = create_app(lambda: pool, token=token)
        server = Server(app, listener)
        log.info("listening", extra={"record": {"url": server.url}})
        try:
            server.run_until_told()
        finally:
            app.extensions[EXTENSION].close()
    server.finish()
    log.info("stopped")


def check_exposure(host: str, token: str | None, remote: bool) -> None:
    """Refuse to be reached by strangers unless that is meant, and guarded."""
    if is_loopback(host):
        return
    if not remote:
        raise SettingsError(
            f"{host} may be reached from other machines.",
            hint=f"Add --allow-remote, and set a token in {TOKEN}.",
        )
    if not token or len(token) < SHORTEST_TOKEN:
        raise SettingsError(
            f"Another host than 127.0.0.1 needs a token of {SHORTEST_TOKEN} characters "
            f"or more in {TOKEN}.",
            hint="openssl rand -hex 24 makes one.",
        )


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens; port 0 takes any that is free."""
    host = "127.0.0.1" if host == "localhost" else host
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=128)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SettingsError(
            f"{host} port {port} cannot be listened on: {reason.lower()}.",
            hint="Choose another with --port or --host.",
        ) from None


def log_to_stderr() -> None:
    """Write the log to standard error, one JSON object a line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers = [handler]
    log.setLevel(logging.INFO)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)


class Refused(ErrorTask):
    """Answers, in our form, a request that never reaches the app."""

    def execute(self) -> None:
        error = self.request.error
        code, sentence, hint = SENTENCES.get(
            error.code, ("request", f"{error.reason}.", "")
        )
        told = {"code": code, "message": clean(sentence), "hint": hint}
        body = json.dumps({"error": told}).encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers += [("Content-Type", "application/json")]
        self.response_headers += HEADERS.items()
        if error.code == NoRoom.code:
            self.response_headers += [("Retry-After", str(RETRY_SECONDS))]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class NoRoom(Error):
    """The disk has no room for what comes in."""

    code = 503
    reason = "Service Unavailable"


class Buffer(OverflowableBuffer):
    """Takes in a body; where the disk is full it lets go of it, and remembers that."""

    full = False

    def append(self, s: bytes) -> None:
        if self.full:
            return
        try:
            super().append(s)
        except OSError:
            self.full = True
            with contextlib.suppress(OSError):
                self.close()
            self.buf, self.strbuf = None, b""


class Parser(HTTPRequestParser):
    """Refuses a body that found no room, once its sender can hear it."""

    error: Error | None = None

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        if self.body_rcv is not None:
            self.body_rcv.buf = Buffer(self.adj.inbuf_overflow)

    def received(self, data: bytes) -> int:
        taken: int = super().received(data)
        if self.completed and self.body_rcv is not None and self.body_rcv.buf.full:
            self.error = self.error or NoRoom("")
        return taken


class Channel(HTTPChannel):
    """A connection that knows since when its request has been coming in."""

    parser_class = Parser
    error_task_class = Refused
    began = 0.0

    def received(self, data: bytes) -> bool:
        """Take in what has come."""
        if self.request is None:
            self.began = time.time()
        return bool(super().received(data))

    @property
    def at_work(self) -> bool:
        """Tell whether an answer is being made or sent."""
        return bool(self.requests or self.total_outbufs_len)


class Server(TcpWSGIServer):
    """Waitress, with a limit for slow senders and a graceful end."""

    channel_class = Channel

    def __init__(self, app: Flask, listener: socket.socket) -> None:
        name = listener.getsockname()
        host = f"[{name[0]}]" if ":" in name[0] else name[0]
        self.url = f"http://{host}:{name[1]}/api/"
        adjustments = Adjustments(
            sockets=[listener],
            threads=THREADS,
            # A little too much is refused by the app, once the sender can hear it.
            max_request_body_size=2 * BODY_BYTES,
            max_request_header_size=32_000,
            channel_timeout=SILENCE_SECONDS,
            cleanup_interval=1,
            connection_limit=CONNECTIONS,
            channel_request_lookahead=1,  # or nobody notices that a client hung up
            ident="ocr-core",
            asyncore_use_poll=True,
        )
        place = (listener.family, listener.type, listener.proto, name)
        super().__init__(
            app, {}, True, listener, adj=adjustments, sockinfo=place, bind_socket=False
        )
        self._told = False

    def maintenance(self, now: float) -> None:
        """Close connections that are silent, or too slow."""
        super().maintenance(now)
        for channel in list(self.active_channels.values()):
            waiting = channel.request is not None and not channel.requests
            if waiting and now - channel.began > ARRIVAL_SECONDS:
                channel.will_close = True

    def run_until_told(self) -> None:
        """Serve until a signal; then take nothing new, and finish what is under way."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        self._turn(lambda: not self._told, None)
        wasyncore.dispatcher.close(self)  # no new connections
        self._turn(self._at_work, GRACE_SECONDS)

    def finish(self) -> None:
        """Send the last answers, and let the threads go."""
        self._turn(self._at_work, 2)
        self.task_dispatcher.shutdown(timeout=2)
        wasyncore.close_all(self._map)

    def _at_work(self) -> bool:
        return any(channel.at_work for channel in self.active_channels.values())

    def _turn(self, going: Callable[[], bool], seconds: float | None) -> None:
        end = time.monotonic() + (seconds or float("inf"))
        while going() and time.monotonic() < end:
            wasyncore.loop(timeout=0.5, use_poll=True, map=self._map, count=1)

    def _stop(self, number: int, frame: FrameType | None) -> Any:
        self._told = True
        for each in (signal.SIGTERM, signal.SIGINT):  # the second signal means it
            signal.signal(each, signal.SIG_DFL)
