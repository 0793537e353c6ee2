"""Step: the base class of preprocessing steps, and the check of automatic ones."""

from dataclasses import replace
from typing import ClassVar

from ocr_core.imaging import legibility
from ocr_core.imaging.legibility import StripReader
from ocr_core.knobs import Group
from ocr_core.page import Page, StepReport

Done = tuple[Page, StepReport | None]


class Step(Group):
    """One preprocessing step: its knobs, and its effect on a page.

    `proven` steps that acted automatically are undone if less is legible on the page
    afterwards than the share `min_kept` of the letters.
    """

    proven: ClassVar[bool] = True
    min_kept: ClassVar[float] = legibility.MIN_KEPT

    def apply(self, page: Page) -> Done:
        """Return the page after this step, and a report unless the step is off."""
        raise NotImplementedError

    def run(self, page: Page, read: StripReader | None) -> Done:
        """Apply this step; check the result by reading if it acted automatically."""
        after, report = self.apply(page)
        if read is None or report is None or not report.did:
            return after, report
        if not (self.proven and self.automatic and self.doubtful(report)):
            return after, report
        found = legibility.compared(page, after, read)
        counts = {"read_before": round(found.before), "read_after": round(found.after)}
        report = replace(report, measured=report.measured | counts)
        if found.harmed(self.min_kept) or (self.needs_proof(report) and found.unproven):
            return page, replace(report, did="undone")
        return after, report

    @property
    def automatic(self) -> bool:
        """Return whether the step is set to auto."""
        values = [value for _, value in self]
        return "auto" in values and "on" not in values

    def needs_proof(self, report: StepReport) -> bool:
        """Return whether the step is also undone if nothing is legible after it."""
        return False

    def doubtful(self, report: StepReport) -> bool:
        """Return whether the measurement is uncertain."""
        return True
