"""Page images: the images that one browser tab shows.

Worker processes render them, one cache in memory holds them for all tabs, and the
browser fetches them under unguessable names.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial

from ocr_core.engines import AUTO
from ocr_core.language_choice import in_language
from ocr_core.page import PageRef
from ocr_core.previews import (
    Box,
    Picture,
    cropped,
    draft_picture,
    prepared_picture,
    scan_picture,
    step_pictures,
    strip,
    thumbnail,
)
from ocr_core.processes.pool import Task
from ocr_core.settings import Settings

from . import pools
from .image_cache import PICTURES

MOST_SHOWN = 300
STRIP_SECONDS = 15
THUMBNAIL_SECONDS = 5


@dataclass(frozen=True)
class ServedPicture:
    """An image that the browser can fetch."""

    url: str
    picture: Picture


def unguessable_name(owner: str, what: object) -> str:
    """Return a name for an owner's object that no other session can guess."""
    return hashlib.sha256(f"{owner} {what!r}".encode()).hexdigest()[:40]


class PagePictures:
    """Scans, prepared pages and thumbnails for one owner."""

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self._shown: OrderedDict[str, ServedPicture] = OrderedDict()
        self._sharp: OrderedDict[str, Task] = OrderedDict()
        self._small: dict[str, str] = {}
        self._languages: dict[str, str] = {}  # of documents, by their path

    def scan(self, ref: PageRef, dpi: int) -> ServedPicture:
        """Return the page as scanned."""
        return self._show(("scan", ref, dpi), scan_picture, ref, dpi)

    def prepared(
        self, ref: PageRef, settings: Settings, *, waits: bool = True
    ) -> ServedPicture:
        """Return the prepared page; for a large page, first a draft.

        If it must not wait until the language of the document is found, the first draft
        is the page as scanned.
        """
        name = self._sharp_name(ref, settings)
        task = self._sharp.get(name)
        if task and task.done() and not task.future.exception():
            picture = self._sharp.pop(name).result()
            if settings.recognition.language == AUTO:
                self._languages[ref.path] = picture.language
            return self._keep(name, picture)
        if name in self._shown and PICTURES.get(name) is not None:
            return self._shown[name]
        language = self._languages.get(ref.path, "")
        if language and settings.recognition.language == AUTO:
            settings = in_language(settings, language)
        draw = partial(draft_picture, waits=waits)
        return self._show((name, "draft", language, waits), draw, ref, settings)

    def sharpen(self, ref: PageRef, settings: Settings) -> bool:
        """Request the full image after a draft; return whether it is ready."""
        name = self._sharp_name(ref, settings)
        if name in self._shown:
            return False
        if name not in self._sharp:
            for other in list(self._sharp):
                pools.page_pool().cancel(self._sharp.pop(other))
            self._sharp[name] = pools.page_pool().submit(
                prepared_picture,
                ref,
                settings,
                owner=f"{self.owner} page",
                seconds=pools.PICTURE_SECONDS,
            )
        task = self._sharp[name]
        return task.done() and not task.future.exception()

    def _sharp_name(self, ref: PageRef, settings: Settings) -> str:
        knobs = (settings.preprocess, settings.recognition.dpi)
        return self._name(("prepared", ref, knobs))

    def thumbnail(self, key: str, ref: PageRef) -> str:
        """Return the URL of a page's thumbnail, which is cached under `key`."""
        if key not in self._small:
            self._promise(key, THUMBNAIL_SECONDS, thumbnail, ref)
        return f"/page/{self._small[key]}.jpg"

    def strip(self, ref: PageRef, dpi: int, marks: tuple[Box, ...]) -> str:
        """Return the URL of the strip of a scan around some words."""
        key = f"{ref.path} {ref.number} {dpi} {marks}"
        if key not in self._small:
            self._promise(key, STRIP_SECONDS, strip, ref, dpi, marks)
        return f"/page/{self._small[key]}.jpg"

    def steps(self, ref: PageRef, settings: Settings) -> list[tuple[str, bytes]]:
        """Return the page after each step that changed it, as JPEGs by step."""
        task = pools.picture_pool().submit(
            step_pictures, ref, settings, owner=self.owner
        )
        pictures: list[tuple[str, bytes]] = task.result()
        return pictures

    def crop(
        self, shown: ServedPicture, box: tuple[int, int, int, int]
    ) -> bytes | None:
        """Crop a box (left, top, width, height) from a cached image."""
        jpeg = PICTURES.get(shown.url.rsplit("/", 1)[-1].removesuffix(".jpg"))
        return None if jpeg is None else cropped(jpeg, shown.picture.size, box)

    def _promise(
        self, key: str, seconds: float, draw: Callable[..., bytes], *what: object
    ) -> None:
        """Register a small image that is rendered when it is first fetched."""
        self._small[key] = self._name(("small", key))

        def drawn() -> Future[bytes]:
            task = pools.small_pool().submit(
                draw, *what, owner=self.owner, seconds=seconds
            )
            return task.future

        PICTURES.promise(self._small[key], drawn)

    def _show(
        self, what: object, draw: Callable[..., Picture], *arguments: object
    ) -> ServedPicture:
        name = self._name(what)
        shown = self._shown.get(name)
        if shown is None or PICTURES.get(name) is None:
            task = pools.picture_pool().submit(draw, *arguments, owner=self.owner)
            shown = self._keep(name, task.result())
        return shown

    def _keep(self, name: str, picture: Picture) -> ServedPicture:
        PICTURES.put(name, picture.jpeg)
        shown = ServedPicture(f"/page/{name}.jpg", replace(picture, jpeg=b""))
        self._shown[name] = shown
        while len(self._shown) > MOST_SHOWN:
            PICTURES.drop([self._shown.popitem(last=False)[0]])
        return shown

    def _name(self, what: object) -> str:
        return unguessable_name(self.owner, what)

    def drop_thumbnail(self, key: str) -> None:
        """Drop a small image."""
        PICTURES.drop([self._small.pop(key, "")])

    def drop_thumbnails(self) -> None:
        """Drop all small images, because another project is shown."""
        PICTURES.drop(self._small.values())
        self._small.clear()

    def close(self) -> None:
        """Drop all images."""
        PICTURES.drop([*self._shown, *self._small.values()])
