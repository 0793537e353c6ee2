"""Connections: limits on the time and the number of clients that send slowly.

An ASGI app receives a request only when its head is complete. The server itself must
close connections whose head never completes, or they use up all its sockets.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from ocr_core.server.error_responses import refusal

HEAD_SECONDS = 10  # for a complete head to arrive
STALLED_SECONDS = 120  # in which a client receives nothing of its response
CONNECTIONS = 200  # that may send a head or a body at the same time


class GuardedProtocol(H11Protocol):
    """Uvicorn's HTTP protocol, which closes connections that keep it waiting."""

    waiting_since = 0.0  # for a head; 0 while a request is handled
    _head_timer: asyncio.TimerHandle | None = None
    _stall_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a request; if too many connections wait, close the oldest."""
        super().connection_made(transport)
        self._set_head_timer()
        waiting = [
            each
            for each in self.connections
            if isinstance(each, GuardedProtocol) and each.waiting_since
        ]
        if len(waiting) > CONNECTIONS:
            min(waiting, key=lambda each: each.waiting_since).close()

    def data_received(self, data: bytes) -> None:
        """Process received bytes, which may complete a head."""
        super().data_received(data)
        self._set_head_timer()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        self._set_head_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timers of this connection."""
        super().connection_lost(exc)
        self._stop_waiting()
        self.resume_writing()

    def pause_writing(self) -> None:
        """Start the timer for a client that receives nothing of its response."""
        super().pause_writing()
        self._stall_timer = self.loop.call_later(STALLED_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Stop the timer, as the client receives its response again."""
        super().resume_writing()
        if self._stall_timer:
            self._stall_timer.cancel()

    def send_400_response(self, msg: str) -> None:
        """Answer an invalid request in the JSON format of all our errors."""
        headers, body = refusal(400)
        for event in (
            h11.Response(status_code=400, headers=headers, reason=b"Bad Request"),
            h11.Data(data=body),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def close(self) -> None:
        """Close the connection without a response."""
        self._stop_waiting()
        self.transport.close()

    def _set_head_timer(self) -> None:
        answering = self.cycle is not None and not self.cycle.response_complete
        upgraded = self.transport.get_protocol() is not self  # to a WebSocket
        if answering or upgraded or self.transport.is_closing():
            self._stop_waiting()
        elif not self.waiting_since:
            self.waiting_since = time.monotonic()
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self.close)

    def _stop_waiting(self) -> None:
        self.waiting_since = 0.0
        if self._head_timer:
            self._head_timer.cancel()


def guard_connections(loop: asyncio.AbstractEventLoop) -> None:
    """Guard the HTTP servers that this loop starts from now on.

    For an app that another program serves, as ``streamlit run`` does: only the program
    that starts uvicorn can pass it a protocol class.
    """
    start = loop.create_server

    def create_server(protocol: Callable[[], Any], *args: Any, **options: Any) -> Any:
        return start(lambda: _guarded(protocol()), *args, **options)

    loop.create_server = create_server  # type: ignore[method-assign, assignment]


def _guarded(plain: Any) -> asyncio.Protocol:
    """Replace uvicorn's protocol by ours; return any other protocol unchanged."""
    try:
        return GuardedProtocol(plain.config, plain.server_state, plain.app_state)
    except AttributeError:
        protocol: asyncio.Protocol = plain
        return protocol
