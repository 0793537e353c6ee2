"""Pools: the worker processes of the app, shared by all of its sessions."""

from functools import cache

from ocr_core.processes.pool import Pool

PICTURE_SECONDS = 30
SMALL_SECONDS = 15
PER_OWNER = 2_000
SMALL_PER_OWNER = 12_000  # all documents of a project, and thumbnails


@cache
def page_pool() -> Pool:
    """Return the worker processes that read pages."""
    return Pool(per_owner=PER_OWNER)


@cache
def picture_pool() -> Pool:
    """Return a separate pool for urgent work: the page on the screen."""
    return Pool(1, seconds=PICTURE_SECONDS)


@cache
def small_pool() -> Pool:
    """Return a pool for many small tasks: opening files, thumbnails."""
    return Pool(1, per_owner=SMALL_PER_OWNER, seconds=SMALL_SECONDS)
