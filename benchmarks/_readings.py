"""Readings of pages in several languages by one pool, as a batch reads them.

    python -m benchmarks._readings RECIPE.json PAGES.json JOBS

PAGES.json maps each language to the paths of its pages. Prints a line of JSON a page.
"""

import json
import sys
from pathlib import Path

from ocr_core import Settings
from ocr_core.execution.batch import recognize_documents
from ocr_core.page import PageRef
from ocr_core.processes.pool import Pool


def main(recipe: str, pages: str, jobs: str) -> None:
    flat = json.loads(Path(recipe).read_text(encoding="utf-8"))
    by_language = json.loads(Path(pages).read_text(encoding="utf-8"))
    with Pool(int(jobs)) as pool:
        for language, paths in by_language.items():
            settings = Settings.from_flat({**flat, "language": language})
            documents = [PageRef(path, 0) for path in paths]
            for result in recognize_documents(documents, settings, pool):
                found = {"engine": result.engine, "quality": result.quality}
                found |= {"words": len(result.rows), "problem": result.error}
                name = Path(result.ref.path).name
                print(json.dumps({"file": name, "text": result.text, **found}))


if __name__ == "__main__":
    main(*sys.argv[1:])
