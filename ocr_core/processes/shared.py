"""Shared texts: what one worker has worked out, for the other workers of its pool."""

from collections.abc import Callable

from ocr_core.processes.worker_process import worker_folder


def once(name: str, work: Callable[[], str]) -> str:
    """Return what `work` returns; of the workers of a pool, only the first calls it.

    The others wait for it, and find the text in a file that all of them can read. Where
    there is no pool, or files cannot be locked, `work` is called each time.

    Parameters
    ----------
    name
        Name of the file; what has the same name must be the same text.
    """
    folder = worker_folder()
    try:
        import fcntl  # not available on Windows
    except ImportError:
        folder = None
    if folder is None:
        return work()
    with (folder / name).open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # released if the worker is killed
        file.seek(0)
        if known := file.read():
            return known
        text = work()
        file.write(text)
        file.flush()
    return text
