"""The manual: README and the pages of docs/, whose statements are tested."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def manual() -> str:
    """Return README and all pages of the documentation as one text."""
    return "\n\n".join(page.read_text(encoding="utf-8") for page in PAGES)
