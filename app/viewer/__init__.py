"""Page viewer and transcript: a page's image and its text, synchronized."""

from .paste import paste_catcher
from .transcript import transcript
from .viewer import View, page_viewer

__all__ = ["View", "page_viewer", "paste_catcher", "transcript"]
