"""The page viewer and the transcript: a page's picture and its text, kept in step."""

from .paste import paste_catcher
from .transcript import transcript
from .viewer import View, page_viewer

__all__ = ["View", "page_viewer", "paste_catcher", "transcript"]
