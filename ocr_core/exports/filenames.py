"""File names: made from document names, valid on all operating systems."""

import re
import unicodedata

UNSAFE = re.compile(r"[^\w.-]+")
# Windows reserves the first for devices. The last two make Voyant take a zip for a
# BagIt archive. Voyant ignores files that begin with two underscores.
RESERVED = re.compile(
    r"(con|prn|aux|nul|com\d|lpt\d|bagit|bag-info)(\.|$)", re.IGNORECASE
)
PASSED_OVER = re.compile(r"^__+")
MAX_NAME_BYTES = 200  # systems allow 255, and an ending is added


def safe_name(doc_id: str) -> str:
    """Return a document's name as a file name: letters, digits, ``_``, ``.``, ``-``."""
    name = UNSAFE.sub("_", unicodedata.normalize("NFC", doc_id)).strip(".")
    name = PASSED_OVER.sub("_", name)
    name = name[:120].encode()[:MAX_NAME_BYTES].decode(errors="ignore").rstrip(".")
    return f"_{name}" if RESERVED.match(name) else name or "document"


def page_name(name: str, number: int) -> str:
    """Return the name of a page of a document: ``letters_0012``."""
    return f"{name}_{number:04}"


class UniqueNames:
    """Set of names in use, compared without regard to case, as some systems do."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def free(self, name: str) -> str:
        """Return a name, with a number added if it is in use."""
        stem, dot, ending = name.rpartition(".")
        count, free = 1, name
        while free.casefold() in self._taken:
            count += 1
            free = f"{stem}_{count}{dot}{ending}"
        self._taken.add(free.casefold())
        return free
