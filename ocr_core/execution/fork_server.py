"""Fork server: what the process that starts workers imports before the first one.

Standard error is discarded: if the command is killed while a worker starts, Python's
own error messages must not appear among the messages to the user.
"""

import os
from pathlib import Path

with Path(os.devnull).open("wb") as nowhere:
    os.dup2(nowhere.fileno(), 2)

import simplemma  # noqa: F401, each page needs a lexicon

import ocr_core.pipeline
import ocr_core.processes.worker_process  # noqa: F401
