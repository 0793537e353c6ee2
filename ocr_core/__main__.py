"""``ocr-core`` or ``python -m ocr_core``: the command line.

The handling of interrupts is set up before the slow imports.
"""

from ocr_core.processes.interrupts import exit_on_signal


def main() -> None:
    """Run the command line."""
    exit_on_signal()
    from ocr_core import cli

    try:
        cli.main()
    finally:
        exit_on_signal()


if __name__ == "__main__":
    main()
