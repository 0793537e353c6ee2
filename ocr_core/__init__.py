"""Read the text of scanned pages, with the position and confidence of every word.

>>> from ocr_core import Settings, open_document, recognize_page
>>> settings = Settings.from_flat({"language": "eng", "deskew": "auto"})
>>> for page in open_document("sample_images/english_clean.png"):
...     result = recognize_page(page, settings)
"""

TYPE_CHECKING = False  # not imported, so that the command line starts fast
if TYPE_CHECKING:
    from ocr_core.documents import open_document
    from ocr_core.errors import OcrError
    from ocr_core.page import Page, PageRef, PageResult
    from ocr_core.pipeline import recognize_page
    from ocr_core.settings import Settings

__all__ = [
    "OcrError",
    "Page",
    "PageRef",
    "PageResult",
    "Settings",
    "open_document",
    "recognize_page",
]
MODULES = {
    "OcrError": "errors",
    "Page": "page",
    "PageRef": "page",
    "PageResult": "page",
    "Settings": "settings",
    "open_document": "documents",
    "recognize_page": "pipeline",
}


def __getattr__(name: str) -> object:
    """Import a public name on first use."""
    from importlib import import_module

    if name not in MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(f"{__name__}.{MODULES[name]}"), name)
    return found


def __dir__() -> list[str]:
    """Return the public names too, so that shells complete them."""
    return sorted({*globals(), *__all__})
