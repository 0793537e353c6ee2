"""``python -m ocr_core``: the command line."""

from ocr_core.cli import main

if __name__ == "__main__":
    main()
