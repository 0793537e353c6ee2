"""Loops as people write them: ``python -m benchmarks._loops NAME PAGE...``.

The text of each page goes to standard output as a line of JSON.
"""

import json
import sys


def usual(path: str) -> str:
    """Return what the usual three calls of pytesseract read."""
    import pytesseract
    from PIL import Image

    with Image.open(path, formats=("PNG", "TIFF", "JPEG")) as image:
        pytesseract.image_to_data(image)
        try:
            pytesseract.image_to_osd(image)
        except pytesseract.TesseractError:
            print("no orientation", file=sys.stderr)
        return str(pytesseract.image_to_string(image))


def single(path: str) -> str:
    """Return what one call of pytesseract reads."""
    import pytesseract
    from PIL import Image

    with Image.open(path, formats=("PNG", "TIFF", "JPEG")) as image:
        return str(pytesseract.image_to_string(image))


_engine = None


def rapid(path: str) -> str:
    """Return what RapidOCR reads, line after line as it lists them."""
    global _engine
    from rapidocr import RapidOCR

    _engine = _engine or RapidOCR()
    return "\n".join(getattr(_engine(path), "txts", None) or ())


if __name__ == "__main__":
    read = {"usual": usual, "single": single, "rapid": rapid}[sys.argv[1]]
    for name in sys.argv[2:]:
        print("\n" + json.dumps({"page": name, "text": read(name)}))
