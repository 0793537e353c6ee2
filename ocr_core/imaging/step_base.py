"""Step: what every preprocessing step is, and how one that acts by itself is judged."""

from dataclasses import replace
from typing import ClassVar

from ocr_core.imaging import legibility
from ocr_core.imaging.legibility import StripReader
from ocr_core.knobs import Group
from ocr_core.page import Page, StepReport

Done = tuple[Page, StepReport | None]


class Step(Group):
    """One preprocessing step: its knobs, and what it does to a page.

    `proven` steps are undone where they acted by themselves and less can be read on
    the page after them than before.
    """

    proven: ClassVar[bool] = True

    def apply(self, page: Page) -> Done:
        """Return the page after this step, and a note unless the step is off."""
        raise NotImplementedError

    def run(self, page: Page, read: StripReader | None) -> Done:
        """Apply this step; where it acted by itself, judge the result by reading."""
        after, report = self.apply(page)
        if read is None or report is None or not report.did:
            return after, report
        if not (self.proven and self.automatic and self.doubtful(report)):
            return after, report
        found = legibility.compared(page, after, read)
        counts = {"read_before": round(found.before), "read_after": round(found.after)}
        report = replace(report, measured=report.measured | counts)
        if found.harmed or (self.needs_proof(report) and found.unproven):
            return page, replace(report, did="undone")
        return after, report

    @property
    def automatic(self) -> bool:
        """Tell whether the step acts by itself, not because it was told to."""
        values = [value for _, value in self]
        return "auto" in values and "on" not in values

    def needs_proof(self, report: StepReport) -> bool:
        """Tell whether the step is undone too where nothing can be read after it."""
        return False

    def doubtful(self, report: StepReport) -> bool:
        """Tell whether what was measured leaves room for doubt."""
        return True
