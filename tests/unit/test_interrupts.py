"""Ctrl-C and a request to end, at any moment of the command."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.numbered_pages import draw
from tests.support.processes import COMMAND, ROOT, answers
from tests.support.waiting import until

pytestmark = [
    pytest.mark.kill,
    pytest.mark.skipif(
        not Path("/proc/self").exists(), reason="needs /proc and signals"
    ),
]
BOTH = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])


def script(body):
    """Start Python with a body that says when it is ready; return the process."""
    process = subprocess.Popen(
        [sys.executable, "-c", f"from ocr_core.processes import interrupts\n{body}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout.readline() == "ready\n"
    return process


def ended(process):
    _, output = process.communicate()
    return process.returncode, output


@BOTH
@pytest.mark.parametrize("words", [["batch"], ["read"], ["serve"], ["terms"]])
def test_a_command_that_is_interrupted_while_it_starts_says_so(tmp_path, number, words):
    rest = ["--port", "0"] if words == ["serve"] else [tmp_path / "none"]
    process = subprocess.Popen(
        [*COMMAND, *words, *rest],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    until(lambda: answers(process.pid))

    process.send_signal(number)
    code, output = ended(process)

    assert (code, output) == (130, "Interrupted.\n")


@BOTH
def test_imports_that_would_make_another_fault_of_it_are_ended_at_once(number):
    process = script(
        "interrupts.exit_on_signal()\n"
        "try:\n    print('ready', flush=True); input()\n"
        "except BaseException:\n    raise ImportError('another')"
    )

    process.send_signal(number)

    assert ended(process) == (130, "Interrupted.\n")


@BOTH
def test_the_second_signal_ends_what_the_first_let_tidy_up(number):
    process = script(
        "interrupts.interrupt_on_signal()\n"
        "try:\n    print('ready', flush=True); input()\n"
        "except KeyboardInterrupt:\n    print('tidying', flush=True); input()"
    )

    process.send_signal(number)
    assert process.stdout.readline() == "tidying\n"
    process.send_signal(number)

    assert ended(process) == (130, "Interrupted.\n")


@BOTH
def test_an_import_is_completed_before_it_is_interrupted(tmp_path, number):
    (tmp_path / "interrupted.py").write_text(
        f"import os\nos.kill(os.getpid(), {int(number)})\nwhole = 'whole'\n"
    )
    process = script(
        "import signal, sys\ninterrupts.interrupt_on_signal()\n"
        f"sys.path.insert(0, {str(tmp_path)!r})\n"
        "try:\n    import interrupted\n    print('ready', flush=True)\n"
        "    while True: signal.pause()\n"
        "except KeyboardInterrupt:\n    sys.exit(interrupted.whole)"
    )

    assert ended(process) == (1, "whole\n")


def test_what_was_started_to_ignore_control_c_continues_doing_so():
    process = script(
        "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "interrupts.exit_on_signal(); interrupts.interrupt_on_signal()\n"
        "print('ready', flush=True); input()"
    )

    process.send_signal(signal.SIGINT)
    process.stdin.write("\n")
    process.stdin.flush()

    assert ended(process) == (0, "")


@pytest.mark.needs_tesseract
def test_control_c_in_a_terminal_reaches_all_and_only_the_command_answers(tmp_path):
    scans = draw(tmp_path / "scans", 3)
    process = subprocess.Popen(
        [*COMMAND, "batch", scans, "--corpus", tmp_path / "corpus.sqlite"],
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        start_new_session=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    # As soon as the process that makes workers is there, and still imports.
    until(lambda: len(group(process.pid)) > 2 or process.poll() is not None)

    os.killpg(process.pid, signal.SIGINT)
    code, output = ended(process)

    assert code == 130
    assert output.endswith("Interrupted.\n")
    assert not re.search("Traceback|KeyboardInterrupt|Exception", output)
    until(lambda: not group(process.pid))


def group(leader):
    """Return the processes of a group."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == leader and fields[0] != "Z":
            found.append(int(entry.name))
    return found
