"""Benchmarks by name: ``python -m benchmarks accuracy FOLDER``; unnamed, the speeds."""

import sys
from importlib import import_module
from pathlib import Path

NAMES = sorted(
    path.stem for path in Path(__file__).parent.glob("*.py") if path.stem[0] != "_"
)
SPEEDS = ("throughput", "latency", "memory", "crowd", "batch")


def run(name: str, words: list[str]) -> int:
    """Run one benchmark."""
    return int(import_module(f"benchmarks.{name}").main(words))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        for name in SPEEDS:
            print(f"\n{name}\n", flush=True)
            run(name, [])
        sys.exit()
    if sys.argv[1] not in NAMES:
        sys.exit(f"usage: python -m benchmarks {{{','.join(NAMES)}}} ...")
    sys.exit(run(sys.argv[1], sys.argv[2:]))
