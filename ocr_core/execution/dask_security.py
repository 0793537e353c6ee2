"""Dask security: which cluster addresses are allowed, and with which certificates.

Anybody who can reach a scheduler without TLS can run code on all machines of the
cluster and on its clients.
"""

import json
from pathlib import Path
from urllib.parse import urlsplit

from distributed import Security

from ocr_core.errors import SettingsError
from ocr_core.hosts import is_loopback
from ocr_core.messages import Message

SCHEMES = ("tcp", "tls")
MAX_BYTES = 1_000_000  # limit for a scheduler's file
FLAGS = ("--tls-ca", "--tls-cert", "--tls-key")


def checked_address(scheduler: str, *, insecure: bool = False) -> str:
    """Return the scheduler's address, if it is local, uses TLS or is allowed without.

    Raises
    ------
    SettingsError
        If it is neither an address nor a scheduler's file, or if it is on another
        machine, has no TLS and `insecure` is false.
    """
    address = scheduler if "://" in scheduler else _written(Path(scheduler))
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or not port or parts.scheme not in SCHEMES:
        raise SettingsError(
            "{0} is no address of a scheduler.",
            address[:80],
            hint="Write it as in tls://host:8786, or name the scheduler's file.",
        )
    if parts.scheme == "tcp" and not insecure and not is_loopback(host):
        raise SettingsError(
            "{0} is another machine, and without TLS: whoever reaches "
            "its port can run code there and here.",
            address,
            hint="Use tls:// with --tls-ca, --tls-cert and --tls-key. In a network "
            "that nobody else reaches, --insecure-scheduler allows it.",
        )
    return address


def security_for(address: str, certificates: tuple[str, str, str]) -> Security | None:
    """Return Dask's TLS configuration; None if the address does not use TLS.

    Raises
    ------
    SettingsError
        If a certificate is missing or cannot be read.
    """
    given = [each for each in certificates if each]
    if not address.startswith("tls://"):
        if given:
            raise SettingsError(
                "{0} speaks no TLS, and certificates were named.",
                address,
                hint="Write tls:// instead of tcp://.",
            )
        return None
    names = "tls_ca_file", "tls_client_cert", "tls_client_key"
    security = Security(
        require_encryption=True,
        **{name: path for name, path in zip(names, certificates, strict=True) if path},
    )
    for flag, name in zip(FLAGS, names, strict=True):
        if flag != FLAGS[2] and not getattr(security, name):
            raise SettingsError(
                "{0} wants certificates, and there is none for {1}.",
                address,
                flag,
                hint=Message(
                    "Name all three: {0}", " ".join(f"{each} FILE" for each in FLAGS)
                ),
            )
    try:
        security.get_connection_args("client")
    except (OSError, ValueError) as error:
        reason = str(getattr(error, "strerror", "") or error)
        raise SettingsError(
            "The certificates will not do: {0}.",
            reason,
            hint="Look at the files named with --tls-ca, --tls-cert and --tls-key.",
        ) from None
    return security


def _written(path: Path) -> str:
    """Return the address in a scheduler's file."""
    try:
        with path.open("rb") as file:
            address = json.loads(file.read(MAX_BYTES))["address"]
    except OSError:
        raise SettingsError(
            "There is no scheduler's file {0}.",
            path,
            hint="An address begins with tcp:// or tls://",
        ) from None
    except (ValueError, KeyError, TypeError):
        address = None
    if not isinstance(address, str) or "://" not in address:
        raise SettingsError(
            "{0} is no scheduler's file.",
            path,
            hint="A scheduler writes it with: dask scheduler --scheduler-file FILE",
        )
    return address
