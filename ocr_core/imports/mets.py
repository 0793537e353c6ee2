"""METS: which files belong to each page of a digitised document, in order.

Source: the schema at https://www.loc.gov/standards/mets/.
"""

import posixpath
import re
from dataclasses import dataclass
from html import unescape
from pathlib import PurePath
from typing import Any
from urllib.parse import unquote

from ocr_core.imports.record import children, descendants, number, parsed

ROOT = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?mets[\s>]")
HREF = re.compile(rb"""\bhref\s*=\s*["']([^"']+)["']""")
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
# What the IIIF Image API 3.0, section 4, puts behind the name of a picture.
IIIF = re.compile(
    r"/(?:full|square|[\w:.,]+)/[\w:^!.,]+/!?[\d.]+/(?:default|native|color|gray)\.\w+$"
)
LONGEST_TAIL = 4  # parts of an address that may be a path in the folder
LINK = "{http://www.w3.org/1999/xlink}href"
MAX_BYTES = 100_000_000


@dataclass(frozen=True)
class MetsPage:
    """A page: its label, and paths of its files relative to that of the METS file."""

    label: str
    files: tuple[str, ...]


def is_mets(head: bytes) -> bool:
    """Return whether a file is a METS file, by its first bytes."""
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") and bool(
        ROOT.search(head)
    )


def named_files(mets: PurePath, content: bytes) -> set[PurePath]:
    """Return the paths of all other files that a METS file names, unparsed."""
    found = (
        unescape(each.decode("utf-8", "replace")) for each in HREF.findall(content)
    )
    return {mets.parent / path for each in found for path in _paths(each)} - {mets}


def mets_pages(content: bytes) -> list[MetsPage]:
    """Return the pages of the physical structure, in order."""
    root = parsed(content)
    paths: dict[str, list[str]] = {}
    for file in descendants(root, "file"):
        links = [each.get(LINK, "") for each in children(file, "FLocat")]
        paths[file.get("ID", "")] = [path for link in links for path in _paths(link)]
    maps = list(descendants(root, "structMap"))
    physical = [each for each in maps if each.get("TYPE", "").upper() == "PHYSICAL"]
    divs = [div for top in (physical or maps)[:1] for div in _ordered(top)]
    # A page may be divided into areas; where none is called a page, it is not.
    pages = [div for div in divs if div.get("TYPE", "").lower() == "page"]
    pages = pages or [div for div in divs if next(children(div, "div"), None) is None]
    return [
        MetsPage(
            (div.get("ORDERLABEL") or div.get("LABEL") or "").strip(),
            tuple(path for name in _files_of(div) for path in paths.get(name, ())),
        )
        for div in pages
    ]


def _ordered(parent: Any) -> list[Any]:
    """Return all divisions below an element in the order of their pages."""
    divisions = list(children(parent, "div"))
    if all(each.get("ORDER") for each in divisions):
        divisions.sort(key=lambda each: number(each.get("ORDER")))
    return [found for div in divisions for found in (div, *_ordered(div))]


def _files_of(div: Any) -> list[str]:
    """Return the identifiers of a division's files, also of areas within it."""
    named = (each.get("FILEID") for each in descendants(div, "fptr", "area"))
    return list(dict.fromkeys(filter(None, named)))


def _paths(link: str) -> list[str]:
    """Return the paths that a link may mean, the likeliest last.

    Some programs write ``file://./0001.xml``, and some leave ``%20`` as it is. Files
    may have been packed later. An address is never opened, but its files may have been
    copied beside the METS file, with or without their folders.
    """
    link = link.removeprefix("file://").replace("\\", "/")
    if SCHEME.match(link) or link.startswith("/"):
        address = IIIF.sub("", re.split("[?#]", link)[0])
        parts = [each for each in address.split("/") if each]
        links = ["/".join(parts[-n:]) for n in range(1, LONGEST_TAIL + 1)]
    else:
        links = [link]
    both = dict.fromkeys(each for path in links for each in (path, unquote(path)))
    paths = dict.fromkeys(posixpath.normpath(each) for each in both)
    out = "../", "/"
    inside = [each for each in paths if each != "." and not each.startswith(out)]
    return [each + ending for ending in ("", ".gz") for each in inside]
