import subprocess
import sys

import pytest

from ocr_core import doctor


@pytest.fixture
def machine(monkeypatch):
    """Return a function that sets up a machine; what is run there is kept in `ran`."""

    def machine(*, root, apt, code=0, output=""):
        ran = []

        def run(command, **_):
            ran.append(command)
            return subprocess.CompletedProcess(command, code, output, "")

        monkeypatch.setattr(doctor.os, "geteuid", lambda: 0 if root else 1000)
        monkeypatch.setattr(doctor.shutil, "which", lambda name: name if apt else None)
        monkeypatch.setattr(doctor.os, "access", lambda path, mode: True)
        monkeypatch.setattr(doctor.subprocess, "run", run)
        return ran

    return machine


def test_root_installs_a_language_from_the_system_packages(machine):
    ran = machine(root=True, apt=True)

    assert doctor.can_install("chi_sim")
    assert doctor.install_language("chi_sim") == ""
    assert ran[0][0] == "apt-get"
    assert ran[0][-1] == "tesseract-ocr-chi-sim"


@pytest.mark.parametrize(("code", "possible"), [("deu", True), ("nld", False)])
def test_others_install_what_pip_can_bring(machine, code, possible):
    ran = machine(root=False, apt=True)

    assert doctor.can_install(code) is possible
    fault = doctor.install_language(code)

    assert (fault == "") is possible
    assert [each[0] for each in ran] == [sys.executable] * possible


def test_a_failed_installation_says_why(machine):
    machine(root=True, apt=True, code=100, output="Reading\nE: Unable to locate\n")

    fault = doctor.install_language("xyz")

    assert fault == "tesseract-ocr-xyz could not be installed: E: Unable to locate"


def test_one_command_installs_all_languages_that_are_missing(monkeypatch):
    monkeypatch.setattr(doctor.sys, "platform", "linux")
    monkeypatch.setattr(doctor.Path, "exists", lambda path: False)
    monkeypatch.setattr(doctor, "installed_languages", lambda: {"eng": "", "osd": ""})

    found = {finding.subject: finding for finding in doctor.examine()}

    assert found["More languages"].remedy == (
        "sudo apt-get install tesseract-ocr-deu tesseract-ocr-fra tesseract-ocr-ind"
    )


@pytest.mark.parametrize("missing", ["rapidocr", "onnxruntime"])
def test_rapidocr_is_well_only_with_what_runs_it(monkeypatch, missing):
    versions = {"rapidocr": "3.1", "onnxruntime": "1.22", missing: ""}
    monkeypatch.setattr(doctor, "_package", lambda name: versions.get(name, "1"))

    [rapid] = [each for each in doctor.examine() if "RapidOCR" in each.subject]

    assert not rapid.well
    assert rapid.remedy == "pip install rapidocr onnxruntime"


def test_a_code_that_is_no_code_is_never_run(machine):
    ran = machine(root=True, apt=True)

    assert "only letters" in doctor.install_language("deu; rm -rf /")
    assert not ran
