"""Names: files that a document's name makes, which no system trips over."""

import re
import unicodedata

UNSAFE = re.compile(r"[^\w.-]+")
# Windows keeps the first for its devices; the last two make Voyant take a zip for a
# bag of an archive. Of a file that begins with two underscores it reads nothing.
RESERVED = re.compile(
    r"(con|prn|aux|nul|com\d|lpt\d|bagit|bag-info)(\.|$)", re.IGNORECASE
)
PASSED_OVER = re.compile(r"^__+")
MAX_NAME_BYTES = 200  # bytes; systems take 255, and an ending follows


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
    """Names that are taken; systems that know no capitals are thought of."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def free(self, name: str) -> str:
        """Return a name, numbered where it is taken."""
        stem, dot, ending = name.rpartition(".")
        count, free = 1, name
        while free.casefold() in self._taken:
            count += 1
            free = f"{stem}_{count}{dot}{ending}"
        self._taken.add(free.casefold())
        return free
