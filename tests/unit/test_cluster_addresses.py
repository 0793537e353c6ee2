"""Cluster addresses: this machine, and others that authenticate themselves."""

import pytest

from ocr_core.errors import SettingsError
from ocr_core.execution.dask_security import checked_address


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("tcp://10.0.0.7:8786", "is another machine, and without TLS"),
        ("tcp://dask.example:8786", "is another machine, and without TLS"),
        ("tcp://localhost.example:8786", "is another machine, and without TLS"),
        ("tcp://0.0.0.0:8786", "is another machine, and without TLS"),
        ("http://127.0.0.1:8786", "is no address"),
        ("tcp://127.0.0.1", "is no address"),
        ("tcp://127.0.0.1:99999999", "is no address"),
        ("inproc://x", "is no address"),
        ("none.json", "There is no scheduler's file"),
    ],
)
def test_who_cannot_be_trusted_is_not_called(address, said):
    with pytest.raises(SettingsError, match=said):
        checked_address(address)


@pytest.mark.parametrize(
    "address", ["tcp://127.0.0.1:1", "tcp://localhost:1", "tcp://[::1]:1", "tls://x:1"]
)
def test_this_machine_and_who_speaks_tls_may_be_called(address):
    assert checked_address(address) == address
    assert checked_address("tcp://10.0.0.7:1", insecure=True) == "tcp://10.0.0.7:1"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"address": "tcp://10.0.0.7:1"}', "is another machine"),
        ('{"address": 7}', "is no scheduler's file"),
        ("[]", "is no scheduler's file"),
        ("{", "is no scheduler's file"),
        ("\x80", "is no scheduler's file"),
    ],
)
def test_what_a_file_names_is_looked_at_as_well(tmp_path, text, said):
    path = tmp_path / "scheduler.json"
    path.write_text(text, encoding="latin-1")

    with pytest.raises(SettingsError, match=said):
        checked_address(str(path))
