"""Certificates: an authority, and a certificate that it signed, for tests of TLS."""

import subprocess
from pathlib import Path

DAYS = "2"
PIECES = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"


def make(folder: Path) -> tuple[Path, Path, Path]:
    """Return the certificate of an authority, one that it signed, and the key."""
    folder.mkdir(exist_ok=True)
    ca, ca_key = folder / "ca.pem", folder / "ca-key.pem"
    cert, key = folder / "cert.pem", folder / "key.pem"
    _openssl(
        *PIECES.split()[1:],
        *("-days", DAYS, "-subj", "/CN=authority"),
        *("-keyout", ca_key, "-out", ca),
    )
    _openssl(
        *PIECES.split()[1:],
        *("-days", DAYS, "-subj", "/CN=cluster", "-CA", ca, "-CAkey", ca_key),
        *("-keyout", key, "-out", cert),
    )
    return ca, cert, key


def _openssl(*words: object) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)
