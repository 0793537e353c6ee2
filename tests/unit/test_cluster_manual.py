"""A cluster as compose.yaml and the manual set it up."""

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from ocr_core.execution.dask_security import checked_address, security_for

ROOT = Path(__file__).parents[2]


@pytest.fixture
def composed():
    return yaml.safe_load((ROOT / "compose.yaml").read_text())


def test_nobody_else_reaches_the_scheduler_of_a_composed_cluster(composed):
    cluster = {
        name: service
        for name, service in composed["services"].items()
        if service.get("profiles") == ["cluster"]
    }

    assert set(cluster) == {"scheduler", "worker", "batch"}
    # Without a network of its own, podman-compose would put the app into that one.
    assert composed["services"]["ocr"]["networks"] == ["default"]
    assert "default" in composed["networks"]
    assert composed["networks"]["cluster"]["internal"] is True
    assert cluster["worker"]["scale"] == 2
    for service in cluster.values():
        assert service["networks"] == ["cluster"]
        assert "ports" not in service
        assert service["cap_drop"] == ["ALL"]
        assert service["read_only"] is True


def test_the_commands_of_a_composed_cluster_are_understood(composed):
    from distributed.cli.dask_scheduler import main as scheduler
    from distributed.cli.dask_worker import main as worker

    from ocr_core.cli import batch

    known = {"scheduler": scheduler, "worker": worker, "batch": batch}
    for name, command in known.items():
        words = shlex.split(composed["services"][name]["command"])
        start = 1 + words.index(name)
        with command.make_context(name, words[start:]) as context:
            given = context.params
        if name == "batch":
            assert given["scheduler"] == "tcp://scheduler:8786"
            assert checked_address(
                given["scheduler"], insecure=given["insecure_scheduler"]
            )


def manual_lines(word):
    section = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")
    return [
        line.strip() for line in section.splitlines() if line.startswith(f"    {word} ")
    ]


def test_the_commands_of_the_manual_are_understood(tmp_path, monkeypatch):
    from distributed.cli.dask_scheduler import main as scheduler
    from distributed.cli.dask_worker import main as worker

    from ocr_core.cli import batch

    known = {"scheduler": scheduler, "worker": worker, "batch": batch}
    found = [
        shlex.split(line)
        for each in ("dask", "ocr-core")
        for line in manual_lines(each)
    ]

    monkeypatch.chdir(tmp_path)
    for name in ("ca", "cert", "key"):
        Path(f"{name}.pem").touch()

    assert {words[1] for words in found} == set(known)
    for _, name, *words in found:
        known[name].make_context(name, words)


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl")
def test_the_certificates_of_readme_can_be_made(tmp_path):
    for line in manual_lines("openssl"):
        subprocess.run(line.split(), cwd=tmp_path, check=True, capture_output=True)
    paths = [str(tmp_path / f"{name}.pem") for name in ("ca", "cert", "key")]

    assert security_for("tls://host:8786", (paths[0], paths[1], paths[2]))


def test_a_token_is_the_persons_own_or_none(composed):
    # podman-compose 1.0 passes `${OCR_CORE_TOKEN:-}` on as it is written: a token that
    # anybody can read here.
    assert composed["services"]["ocr"]["environment"]["OCR_CORE_TOKEN"] is None
