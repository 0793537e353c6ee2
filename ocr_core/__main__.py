"""``ocr-core`` or ``python -m ocr_core``: the command line.

The many imports come only after it was settled what an interrupt does.
"""

from ocr_core.processes.interrupts import end_at_once


def main() -> None:
    """Run the command line."""
    end_at_once()
    from ocr_core import cli

    try:
        cli.main()
    finally:
        end_at_once()


if __name__ == "__main__":
    main()
