"""Geometric steps: rotate, crop, deskew, scale and add a margin."""

from dataclasses import replace
from typing import ClassVar, Literal

import numpy as np

from ocr_core.imaging import measurements
from ocr_core.imaging.legibility import StripReader
from ocr_core.imaging.orientation import upright_turn
from ocr_core.imaging.page_outline import flat_sheet, paper_outline
from ocr_core.imaging.step_base import Done, Step
from ocr_core.knobs import Switch, knob
from ocr_core.page import Page, StepReport

ACTIVE = ("auto", "on")
MAX_SCAN_SKEW = 3  # degrees; usual for a sheet on a scanner
# Letters of 14 to 60 px are read equally well; smaller ones are read best when enlarged
# to 20 to 30 px. Enlarging further costs time without gain.
SMALL, LARGE = 14, 60
SMALLEST = 9  # px, of smaller print beside common letters; below, letters are lost
# A full page of print is read as well at this height, in three quarters of the time.
# Receipts and forms are not reduced, as their layout matters.
FULL_PAGE, FULL_PAGE_HEIGHT = 1000, 17  # letters, px
MAX_PIXELS = 30_000_000
MAX_SIDE = 32_000  # px; Tesseract uses 16-bit coordinates


class Rotate(Step):
    """Set the page upright."""

    rotate: Literal["auto", "0", "90", "180", "270"] = knob(
        "auto",
        "Rotate the page clockwise; auto detects the orientation.",
        unit="°",
        search=("0", "auto"),
    )
    angle: float = knob(
        0.0,
        "Additional rotation, counter-clockwise.",
        ge=-45,
        le=45,
        step=0.1,
        unit="°",
    )

    def apply(self, page: Page) -> Done:
        return self.run(page, None)

    def run(self, page: Page, read: StripReader | None) -> Done:
        measured: dict[str, float | str] = {}
        turn = 0 if self.rotate == "auto" else int(self.rotate)
        if self.rotate == "auto":
            turn, measured = upright_turn(page, read)
        measured |= {"degrees": turn, **({"angle": self.angle} if self.angle else {})}
        if turn:
            page = page.turned(turn)
        if self.angle:
            page = page.tilted(self.angle)
        if not turn and not self.angle:
            return page, StepReport(
                "rotate", measured
            ) if self.rotate == "auto" else None
        return page, StepReport("rotate", measured, "turned")


class Crop(Step):
    """Cut out the sheet of paper, and correct its perspective."""

    crop: Switch = knob(
        "auto",
        "Remove dark borders and everything around the sheet.",
        search=("off", "auto"),
    )

    def apply(self, page: Page) -> Done:
        if self.crop == "off":
            return page, None
        sheet = paper_outline(page.image, measurements.letters_of(page))
        report = StepReport(
            "crop",
            {
                "sheet": round(sheet.share, 2),
                "dark": round(sheet.dark),
                "slant": round(sheet.slant, 1),
            },
        )
        # Engines ignore dark borders, and follow converging lines of smaller angles:
        # drawn photos are read equally well with and without cutting up to 7 degrees.
        needed = sheet.sure and sheet.slant > 7
        if sheet.corners is None or (self.crop == "auto" and not needed):
            return page, report
        return flat_sheet(page, sheet.corners), StepReport(
            "crop", report.measured, "cut out"
        )


MIN_SHARPNESS = 0.955  # of lines in thirds of a page, relative to the levelled page
MIN_SKEW = 0.2  # degrees
# The pages of an open book may be tilted to different sides: levelling one would tilt
# the other more. On two scans of single pages the halves differ by 0.0 and 0.3 degrees.
MAX_BETWEEN_HALVES = 1.0  # degrees
MIN_CLEAR, MIN_HALF = 8, 200  # evidence for the skew of a half, and its letters


def skew_of_halves(
    letters: measurements.Glyphs, limit: float
) -> tuple[float, float] | None:
    """Return the skew of the left and the right half of a page, in degrees.

    None if that of one is uncertain. The parameters are those of `skew_of`.
    """
    x = letters.feet[:, 0]
    left = x < x.min() + np.ptp(x) / 2
    found = []
    for half in (left, ~left):
        if half.sum() < MIN_HALF:
            return None
        part = measurements.Glyphs(letters.boxes[half], letters.height)
        skew = measurements.skew_of(part, limit)
        if skew.clear < MIN_CLEAR:
            return None
        found.append(skew.degrees)
    return found[0], found[1]


class Deskew(Step):
    """Rotate the page until its lines of text are horizontal."""

    deskew: Switch = knob("auto", "Straighten a skewed page.", search=("off", "auto"))
    deskew_limit: float = knob(
        15.0,
        "Largest skew angle to detect.",
        ge=1,
        le=45,
        step=0.5,
        unit="°",
        when={"deskew": ACTIVE},
    )

    def apply(self, page: Page) -> Done:
        if self.deskew == "off":
            return page, None
        letters = measurements.letters_of(page)
        tilt = measurements.skew_of(letters, self.deskew_limit)
        measured: dict[str, float | str] = {
            "degrees": round(tilt.degrees, 2),
            "clear": round(tilt.clear, 1),
            "gain": round(tilt.gain, 2),
            "alone": round(tilt.alone, 2),
        }
        # Tesseract follows lines of a smaller skew, and resampling costs sharpness.
        # Noise alone reaches 4; real lines, even a few, exceed 7.
        needed = abs(tilt.degrees) >= MIN_SKEW and tilt.clear > 6 and tilt.gain > 1.05
        # Lines of two columns coincide at some angle at which neither is level: on 1200
        # drawn pages in four scripts all true angles stayed above 0.96, half of the
        # false ones below 0.9.
        needed = needed and tilt.alone > MIN_SHARPNESS
        if tilt.degrees == 0 or (self.deskew == "auto" and not needed):
            return page, StepReport("deskew", measured)
        degrees = tilt.degrees
        halves = skew_of_halves(letters, self.deskew_limit)
        if halves and abs(halves[0] - halves[1]) > MAX_BETWEEN_HALVES:
            degrees = float(np.mean(halves))
            measured |= {"degrees": round(degrees, 2), "left": round(halves[0], 2)}
            measured["right"] = round(halves[1], 2)
            if abs(degrees) < MIN_SKEW:
                return page, StepReport("deskew", measured)
        return page.tilted(degrees), StepReport("deskew", measured, "straightened")

    def doubtful(self, report: StepReport) -> bool:
        # A small, clearly measured angle is certainly that of the lines.
        degrees, clear = (float(report.measured[name]) for name in ("degrees", "clear"))
        return abs(degrees) > MAX_SCAN_SKEW or clear < 8

    def needs_proof(self, report: StepReport) -> bool:
        # Rows of dots in a picture give steep angles; true lines are legible
        # afterwards.
        return abs(float(report.measured["degrees"])) > MAX_SCAN_SKEW


class Scale(Step):
    """Scale the letters to the size that the engine reads best."""

    proven: ClassVar[bool] = False  # small print is measured, and kept large enough

    scale: Switch = knob(
        "auto",
        "Scale the page so that its letters have a size that is read well.",
        search=("off", "auto"),
    )
    scale_factor: float = knob(
        0.0,
        "Scaling factor; 0 chooses it from the measured size of the letters.",
        ge=0,
        le=4,
        step=0.05,
        when={"scale": ("on",)},
    )
    scale_x_height: int = knob(
        26,
        "Target height of a lower-case x, or of capitals where all letters are "
        "capitals.",
        ge=10,
        le=60,
        unit="px",
        when={"scale": ACTIVE},
        search=(20, 26, 34),
    )

    def apply(self, page: Page) -> Done:
        if self.scale == "off":
            return page, None
        letters = measurements.letters_of(page)
        report = StepReport("scale", {"letters": round(letters.height, 1)})
        factor = self.scale_factor if self.scale == "on" else 0.0
        if not factor and letters.count >= 8:
            factor = self.scale_x_height / letters.height
            factor = min(factor, max(1.0, (MAX_PIXELS / page.image.size) ** 0.5))
            if self.scale == "auto" and letters.height >= SMALL:
                factor = self._quicker(letters)
            if self.scale == "auto" and factor < 1:
                small = measurements.small_print_on(page, letters.height)
                if small:
                    report = replace(
                        report, measured=report.measured | {"small": round(small, 1)}
                    )
                    factor = max(factor, min(1.0, SMALLEST / small))
            factor = float(np.clip(factor, 0.2, 4))
        factor = min(factor or 1.0, max(1.0, MAX_SIDE / max(page.image.shape)))
        if factor == 1.0:
            return page, report
        report = StepReport(
            "scale", {**report.measured, "factor": round(factor, 2)}, "scaled"
        )
        return page.resized(factor), report

    def _quicker(self, letters: measurements.Glyphs) -> float:
        """Return the factor that saves time for letters that are large enough."""
        if letters.count >= FULL_PAGE and letters.height > 1.15 * FULL_PAGE_HEIGHT:
            return FULL_PAGE_HEIGHT / letters.height
        return 1.0 if letters.height <= LARGE else self.scale_x_height / letters.height


class Margin(Step):
    """Add a margin: engines overlook text at the edge."""

    margin: int = knob(
        0,
        "White margin to add on every side.",
        ge=0,
        le=200,
        step=5,
        unit="px",
        search=(0, 20),
    )

    def apply(self, page: Page) -> Done:
        if not self.margin:
            return page, None
        height, width = page.image.shape[:2]
        shift = np.array([[1, 0, self.margin], [0, 1, self.margin], [0, 0, 1.0]])
        size = width + 2 * self.margin, height + 2 * self.margin
        return page.warped(shift, size), StepReport(
            "margin", {"px": self.margin}, "added"
        )
