"""Page readings: the page jobs that one browser tab has requested."""

from collections import OrderedDict

from ocr_core.page import PageRef, PageResult
from ocr_core.settings import Settings

from . import pools
from .page_jobs import PageJob, PageJobs

READINGS = 300

READ = PageJobs(lambda: pools.page_pool(), READINGS)


class PageReadings:
    """Page jobs by page and settings, for one owner."""

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self._readings: OrderedDict[str, PageJob] = OrderedDict()

    def find(self, ref: PageRef, settings: Settings) -> PageJob | None:
        """Return the job of a page, or None if it was not requested."""
        return self._readings.get(_reading_key(ref, settings))

    def read(
        self, ref: PageRef, sha256: str, settings: Settings, *, beside: bool = False
    ) -> PageJob:
        """Request a page; cancel all other unfinished jobs, unless `beside` is true.

        `sha256` is the digest of its file, "" if that is unknown.
        """
        key = _reading_key(ref, settings)
        for other, reading in list(self._readings.items()):
            if not beside and not reading.done() and other != key:
                READ.leave(self._readings.pop(other))
        reading = READ.ask(
            sha256, ref, settings, f"{self.owner} page", watched=not beside
        )
        self._readings[key] = reading
        while len(self._readings) > READINGS:
            READ.leave(self._readings.popitem(last=False)[1])
        return reading

    def forget(self, ref: PageRef, settings: Settings) -> None:
        """Drop a job, so that the page can be requested again."""
        reading = self._readings.pop(_reading_key(ref, settings), None)
        if reading:
            READ.leave(reading)

    def done(self, settings: Settings) -> list[PageResult]:
        """Return the finished results with these settings."""
        return [
            each.result()
            for each in self._readings.values()
            if each.settings.digest == settings.digest and each.done()
            if not each.error
        ]

    def close(self) -> None:
        """Withdraw all requests."""
        while self._readings:
            READ.leave(self._readings.popitem()[1])


def _reading_key(ref: PageRef, settings: Settings) -> str:
    return f"{ref.path} {ref.number} {settings.digest}"
