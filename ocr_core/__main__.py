"""``ocr-core`` or ``python -m ocr_core``: the command line.

The many imports come only after it was settled what an interrupt does.
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
