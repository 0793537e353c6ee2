"""The page viewer and the transcript: a page's picture and its text, kept in step."""

from app.viewer.paste import paste_catcher
from app.viewer.transcript import transcript
from app.viewer.viewer import View, page_viewer

__all__ = ["View", "page_viewer", "paste_catcher", "transcript"]
