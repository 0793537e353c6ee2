"""Standalone server: the API without the workbench, as ``ocr-core serve`` runs it.

Uvicorn serves the same ASGI app, with the same limits, as the workbench does.
"""

import logging
import socket
import sys
from types import FrameType

import uvicorn

from ocr_core.errors import SettingsError
from ocr_core.hosts import is_loopback
from ocr_core.processes.pool import Pool
from ocr_core.server.app import TOKEN, JsonLines, log, token_from_environment
from ocr_core.server.asgi import AsgiApp
from ocr_core.server.connections import GuardedProtocol

GRACE_SECONDS = 10  # for running requests when the server stops
HEAD_BYTES = 32_000  # of a request, at most
PER_CLIENT = 2_000
MIN_TOKEN_LENGTH = 16


def serve(
    host: str, port: int, *, workers: int | None = None, remote: bool = False
) -> None:
    """Serve the API until SIGTERM or SIGINT, then finish the running requests.

    Raises
    ------
    SettingsError
        If other machines could reach the server but `remote` is not set or there is
        no token, or if the address cannot be used.
    """
    token = token_from_environment()
    check_exposure(host, token, remote)
    listener = listening(host, port)
    log_to_stderr()
    with Pool(workers, per_owner=PER_CLIENT) as pool:
        api = AsgiApp(lambda: pool, token=token)
        server = Server(api, listener)
        log.info("listening", extra={"record": {"url": server.url}})
        try:
            server.run(sockets=[listener])
        finally:
            api.close()
    log.info("stopped")


def check_exposure(host: str, token: str | None, remote: bool) -> None:
    """Raise an error if others can reach the server without `remote` or a token."""
    if is_loopback(host):
        return
    if not remote:
        raise SettingsError(
            f"{host} may be reached from other machines.",
            hint=f"Add --allow-remote, and set a token in {TOKEN}.",
        )
    if not token or len(token) < MIN_TOKEN_LENGTH:
        raise SettingsError(
            "Another host than 127.0.0.1 needs a token of "
            f"{MIN_TOKEN_LENGTH} characters "
            f"or more in {TOKEN}.",
            hint="openssl rand -hex 24 makes one.",
        )


def listening(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 chooses a free port."""
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
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)


class Server(uvicorn.Server):
    """Uvicorn on a listening socket; a second signal stops it at once."""

    def __init__(self, api: AsgiApp, listener: socket.socket) -> None:
        name = listener.getsockname()
        host = f"[{name[0]}]" if ":" in name[0] else name[0]
        self.url = f"http://{host}:{name[1]}/api/"
        config = uvicorn.Config(
            api,
            http=GuardedProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,  # otherwise a client could fake its address
            server_header=False,
            headers=[("Server", "ocr-core")],
            h11_max_incomplete_event_size=HEAD_BYTES,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        super().__init__(config)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Finish the running requests; on a second signal stop at once."""
        self.force_exit = self.should_exit
        self.should_exit = True
