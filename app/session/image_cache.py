"""Image cache: the images that the server sends to browsers, kept in memory."""

import asyncio
import contextlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from concurrent.futures import Future

from ocr_core.errors import OcrError

PICTURE_BYTES = 256_000_000


class PictureStore:
    """JPEGs by unguessable name, oldest dropped first; some created on request."""

    def __init__(self, most: int = PICTURE_BYTES) -> None:
        self._most = most
        self._pictures: OrderedDict[str, bytes] = OrderedDict()
        self._promised: dict[str, Callable[[], Future[bytes]]] = {}
        self._lock = threading.Lock()

    def put(self, name: str, jpeg: bytes) -> None:
        """Store an image, and drop the oldest ones above the size limit."""
        with self._lock:
            self._pictures[name] = jpeg
            self._pictures.move_to_end(name)
            held = sum(map(len, self._pictures.values()))
            while held > self._most and len(self._pictures) > 1:
                held -= len(self._pictures.popitem(last=False)[1])

    def get(self, name: str) -> bytes | None:
        """Return an image, or None if it is unknown or was dropped."""
        with self._lock:
            if name in self._pictures:
                self._pictures.move_to_end(name)
            return self._pictures.get(name)

    def promise(self, name: str, make: Callable[[], Future[bytes]]) -> None:
        """Register an image that is created when it is first fetched."""
        with self._lock:
            self._promised[name] = make

    async def fetch(self, name: str) -> bytes | None:
        """Return an image like `get`; create it first if it was promised.

        This is a coroutine so that waiting blocks no thread that other images need.
        """
        make = self._promised.get(name)
        jpeg = self.get(name)
        if jpeg is None and make:
            with contextlib.suppress(OcrError):
                jpeg = await asyncio.wrap_future(make())
                self.put(name, jpeg)
        return jpeg

    def drop(self, names: Iterable[str]) -> None:
        """Drop images and promises."""
        with self._lock:
            for name in names:
                self._pictures.pop(name, None)
                self._promised.pop(name, None)


PICTURES = PictureStore()
