"""What the process that makes workers imports before it makes the first.

It has nothing to say to a user: who reads the sentences of the command would see
Python's own there, where the command is killed while a worker starts.
"""

import os
from pathlib import Path

with Path(os.devnull).open("wb") as nowhere:
    os.dup2(nowhere.fileno(), 2)

import ocr_core.pipeline
import ocr_core.processes.worker_process  # noqa: F401
