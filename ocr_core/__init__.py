"""Read the text of scanned pages, with the place and confidence of every word.

>>> from ocr_core import Settings, open_document, recognize_page
>>> settings = Settings.from_flat({"language": "eng", "deskew": "auto"})
>>> for page in open_document("sample_images/english_clean.png"):
...     result = recognize_page(page, settings)
"""

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
