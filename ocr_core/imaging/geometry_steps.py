"""Steps that move pixels: they turn a page upright, crop, level, scale and frame it."""

from dataclasses import replace
from typing import ClassVar, Literal

import numpy as np

from ocr_core.imaging import measurements
from ocr_core.imaging.legibility import StripReader
from ocr_core.imaging.orientation import upright_turn
from ocr_core.imaging.page_outline import flat_sheet, sheet_on
from ocr_core.imaging.step_base import Done, Step
from ocr_core.knobs import Switch, knob
from ocr_core.page import Page, StepReport

ACTIVE = ("auto", "on")
SCANNED = 3  # degrees that a sheet may lie tilted on a scanner
# Letters of 14 to 60 px read equally well at any scale; smaller ones gain most from
# 20 to 30 px. Much enlarged pages cost more time than they bring letters.
SMALL, LARGE = 14, 60
SMALLEST = 9  # of smaller print beside common letters; lower ones are lost
# A full page of print reads no worse at this height, in three quarters of the time.
# Receipts and forms hang on how their parts lie: they stay as they are.
FULL_PAGE, FULL_PAGE_HEIGHT = 1000, 17  # letters, px
MOST_PIXELS = 30_000_000
LONGEST = 32_000  # px a side; Tesseract counts them in 16 bits


class Rotate(Step):
    """Set the page upright."""

    rotate: Literal["auto", "0", "90", "180", "270"] = knob(
        "auto",
        "Turn the page clockwise; auto finds out which way is up.",
        unit="°",
        search=("0", "auto"),
    )
    angle: float = knob(
        0.0,
        "Turn by a few degrees more, counter-clockwise.",
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
    """Cut out the sheet, and take it as if seen from straight above."""

    crop: Switch = knob(
        "auto",
        "Cut away dark borders and what surrounds the sheet.",
        search=("off", "auto"),
    )

    def apply(self, page: Page) -> Done:
        if self.crop == "off":
            return page, None
        sheet = sheet_on(page.image, measurements.letters_of(page))
        report = StepReport(
            "crop",
            {
                "sheet": round(sheet.share, 2),
                "dark": round(sheet.dark),
                "slant": round(sheet.slant, 1),
            },
        )
        # Engines pass over dark borders, and follow lines that fan out by less: drawn
        # photos read alike with and without cutting up to 7 degrees, worse beyond.
        needed = sheet.sure and sheet.slant > 7
        if sheet.corners is None or (self.crop == "auto" and not needed):
            return page, report
        return flat_sheet(page, sheet.corners), StepReport(
            "crop", report.measured, "cut out"
        )


APART = 0.955  # sharpness of lines in parts of a page, over that of the level page


class Deskew(Step):
    """Turn the page until its lines of text run level."""

    deskew: Switch = knob("auto", "Straighten a tilted page.", search=("off", "auto"))
    deskew_limit: float = knob(
        15.0,
        "Largest tilt to look for.",
        ge=1,
        le=45,
        step=0.5,
        unit="°",
        when={"deskew": ACTIVE},
    )

    def apply(self, page: Page) -> Done:
        if self.deskew == "off":
            return page, None
        tilt = measurements.tilt_of(measurements.letters_of(page), self.deskew_limit)
        report = StepReport(
            "deskew",
            {
                "degrees": round(tilt.degrees, 2),
                "clear": round(tilt.clear, 1),
                "gain": round(tilt.gain, 2),
                "alone": round(tilt.alone, 2),
            },
        )
        # Tesseract follows lines that climb by less, and resampling costs sharpness.
        # Scatter alone reaches 4; real lines, however few, stand out by more than 7.
        needed = abs(tilt.degrees) >= 0.2 and tilt.clear > 6 and tilt.gain > 1.05
        # Lines of two columns fall together at some tilt, at which neither is level: of
        # 1200 drawn pages in four scripts all true tilts stayed above 0.96, half of
        # the false ones below 0.9.
        needed = needed and tilt.alone > APART
        if tilt.degrees == 0 or (self.deskew == "auto" and not needed):
            return page, report
        return page.tilted(tilt.degrees), StepReport(
            "deskew", report.measured, "straightened"
        )

    def doubtful(self, report: StepReport) -> bool:
        # A scanner's tilt that stands out clearly is none but that of the lines.
        degrees, clear = (float(report.measured[name]) for name in ("degrees", "clear"))
        return abs(degrees) > SCANNED or clear < 8

    def needs_proof(self, report: StepReport) -> bool:
        # Rows of dots in a picture climb steeply; lines of text can be read then.
        return abs(float(report.measured["degrees"])) > SCANNED


class Scale(Step):
    """Bring the letters to the size that the engine reads best."""

    proven: ClassVar[bool] = False  # small print is measured, and kept large enough

    scale: Switch = knob(
        "auto", "Bring the letters to a size that reads well.", search=("off", "auto")
    )
    scale_factor: float = knob(
        0.0,
        "Scale by this factor; 0 measures the letters and chooses.",
        ge=0,
        le=4,
        step=0.05,
        when={"scale": ("on",)},
    )
    scale_x_height: int = knob(
        26,
        "Height to aim for: of a small x, or of a capital where all are capitals.",
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
            factor = min(factor, max(1.0, (MOST_PIXELS / page.image.size) ** 0.5))
            if self.scale == "auto" and letters.height >= SMALL:
                factor = self._quicker(letters)
            if self.scale == "auto" and factor < 1:
                small = measurements.small_print_on(page.image, letters.height)
                if small:
                    report = replace(
                        report, measured=report.measured | {"small": round(small, 1)}
                    )
                    factor = max(factor, min(1.0, SMALLEST / small))
            factor = float(np.clip(factor, 0.2, 4))
        factor = min(factor or 1.0, max(1.0, LONGEST / max(page.image.shape)))
        if factor == 1.0:
            return page, report
        report = StepReport(
            "scale", {**report.measured, "factor": round(factor, 2)}, "scaled"
        )
        return page.resized(factor), report

    def _quicker(self, letters: measurements.Glyphs) -> float:
        """Return the factor for letters that are large enough to be read."""
        if letters.count >= FULL_PAGE and letters.height > 1.15 * FULL_PAGE_HEIGHT:
            return FULL_PAGE_HEIGHT / letters.height
        return 1.0 if letters.height <= LARGE else self.scale_x_height / letters.height


class Margin(Step):
    """Keep text away from the edge, where engines overlook it."""

    margin: int = knob(
        0,
        "Clear paper to add on every side.",
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
