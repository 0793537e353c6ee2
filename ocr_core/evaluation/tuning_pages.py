"""Tuning pages: which pages to tune on, how they are read, and the evidence as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from ocr_core.errors import OcrError
from ocr_core.evaluation.tuning import Call, TuningPage, TuningResult
from ocr_core.page import PageResult
from ocr_core.settings import Settings

if TYPE_CHECKING:
    from ocr_core.processes.pool import PageExecutor

MOST_PAGES = 40  # evenly spaced over all pages


def chosen_pages(pages: Sequence[TuningPage]) -> list[TuningPage]:
    """Return the pages to tune on: those with ground truth, if there are any."""
    known = [page for page in pages if page.has_truth] or list(pages)
    step = max(1.0, len(known) / MOST_PAGES)
    return [known[int(n * step)] for n in range(min(len(known), MOST_PAGES))]


def read_pages(
    calls: Sequence[Call], pool: "PageExecutor", owner: str = ""
) -> list[tuple[str, PageResult | None]]:
    """Read pages in parallel, as `read_trial` does; no result for those that fail."""
    from ocr_core.evaluation.trial_reading import read_trial

    tasks = [
        pool.submit(read_trial, ref, settings, frozenset(known), owner=owner)
        for settings, ref, known in calls
    ]
    found: list[tuple[str, PageResult | None]] = []
    for task in tasks:
        try:
            found.append(task.result())
        except OcrError:
            found.append(("", None))
    return found


def evidence_json(found: TuningResult) -> str:
    """Return the result of tuning as JSON."""
    content = {
        **asdict(replace(found, settings=Settings())),
        "settings": found.settings.flat(),
        "settings_digest": found.settings.digest,
        "recommended": found.recommended,
        "sentence": found.sentence,
    }
    return json.dumps(content, indent=2, ensure_ascii=False)
