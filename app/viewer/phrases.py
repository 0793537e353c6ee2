"""Phrases: the sentences of the viewer's HTML and scripts, for translation."""

import re
from html.parser import HTMLParser

SPOKEN = ("title", "aria-label", "aria-roledescription")
SAY = re.compile(r'\bsay\(\s*"((?:[^"\\]|\\.)+)"')


def sentences(html: str, *scripts: str) -> list[str]:
    """Return the English sentences in a component's HTML and calls of ``say``."""
    reader = _Reader()
    reader.feed(html)
    said = [each for script in scripts for each in SAY.findall(script)]
    return list(dict.fromkeys(reader.found + said))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in SPOKEN and value:
                self._keep(value)

    def handle_data(self, data: str) -> None:
        self._keep(data)

    def _keep(self, text: str) -> None:
        # Names of keys (one letter) and symbols need no translation.
        if re.search(r"[A-Za-z]{2}", text):
            self.found.append(text.strip())
