"""Workbench: the command that opens the app, from a clone or an installed wheel."""

import json
import os
import sys
import tomllib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from ocr_core.errors import MissingEngineError

PACKAGE = Path(__file__).parents[1]


def app_root() -> Path:
    """Return the folder that contains the folders app and sample_images."""
    bundled = PACKAGE / "_bundle"
    return bundled if bundled.is_dir() else PACKAGE.parent


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Port.  [default: 8501]")
def app(port: int | None) -> None:
    """Open the workbench in the browser: http://localhost:8501."""
    if find_spec("streamlit") is None:
        raise MissingEngineError(
            "The workbench is not installed.", hint="pip install 'ocr-core[app]'"
        )
    root = app_root()
    flags = [f"--{name}={value}" for name, value in _options(_config(root))]
    if port:
        flags.append(f"--server.port={port}")
    script = str(root / "app" / "asgi.py")
    command = [sys.executable, "-P", "-m", "streamlit", "run", script, *flags]
    paths = [str(root), os.environ.get("PYTHONPATH", "")]
    python_path = os.pathsep.join(filter(None, paths))
    os.execve(sys.executable, command, {**os.environ, "PYTHONPATH": python_path})


def _config(root: Path) -> dict[str, Any]:
    """Return the options in the app's config.toml; empty without such a file."""
    for folder in ("streamlit", ".streamlit"):
        path = root / folder / "config.toml"
        if path.exists():
            return tomllib.loads(path.read_text(encoding="utf-8"))
    return {}


def _options(table: dict[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield options by flag name: the names of nested tables are joined by a dot."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _options(value, f"{before}{name}.")
        elif isinstance(value, list) and before.startswith("theme."):
            yield f"{before}{name}", json.dumps(value)  # a theme's flag is JSON
        elif isinstance(value, list):
            yield from ((f"{before}{name}", each) for each in value)
        else:
            text = str(value).lower() if isinstance(value, bool) else value
            yield f"{before}{name}", text
