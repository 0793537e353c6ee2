"""Preprocessing: the steps applied to a page before an engine reads it.

Each step measures first. Set to auto, it acts only if the measurement shows that it
helps; set to on, it always acts. Either way it reports what it measured and did. Steps
run in the order of the fields: first ink is made dark and noise is removed, so that
later measurements can rely on that; then pixels are moved; then the light is evened
out, when the surroundings of the sheet have been cut off.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar, Literal

import cv2

from ocr_core.imaging import filters, legibility, measurements
from ocr_core.imaging.creases import with_creases_evened
from ocr_core.imaging.dark_parts import with_dark_parts_inverted
from ocr_core.imaging.geometry_steps import Crop, Deskew, Margin, Rotate, Scale
from ocr_core.imaging.illumination import ROUGH, illumination_of
from ocr_core.imaging.inks import erased_marks, sharpness_of_pale, strengths_on
from ocr_core.imaging.legibility import StripReader
from ocr_core.imaging.step_base import Done, Step
from ocr_core.knobs import Group, Switch, knob
from ocr_core.page import Page, StepReport

# Marks of ink that erasing hurts, for each pale mark. It was at most 2.9 on drawn pages
# with show-through of many strengths, below 0.1 on scans with it, and 36 on a page in a
# Sinhala font with hairlines.
MAX_HURT = 3.0
# Sharpness of pale marks, as a multiple of that of ink. Paper blurs what shines through
# it: 0.57 to 1.09 on seven drawn pages and a real one. Small grey print, as on screens
# and letterheads, and lumps of coarse grain had 1.22 to 1.61 on ten drawn pages.
SHARP = 1.2
STILL_PALE = 0.5  # of the pale marks; where more are left, others were erased
GRAINY = 0.06  # grain, as a share of the contrast, that is smoothed
SCREEN_PITCH = 3.4  # pixels between dots; drawn screens 2.3 to 3.1, specks from 12


class Polarity(Step):
    """Make the ink dark and the paper light."""

    invert: Switch = knob(
        "auto",
        "Invert light text on a dark background, of the page or of parts of it.",
        search=("off", "auto"),
    )

    def apply(self, page: Page) -> Done:
        if self.invert == "off":
            return page, None
        lean = measurements.polarity(page.image)
        measured: dict[str, float | str] = {"ink": round(lean, 2)}
        # Normal pages of all kinds are below -0.7, their negatives above 0.7.
        if self.invert == "auto" and lean < 0.5:
            image, parts = with_dark_parts_inverted(page.image)
            if not parts:
                return page, StepReport("invert", measured)
            report = StepReport("invert", measured | {"parts": parts}, "parts inverted")
            return page.with_pixels(image), report
        return page.with_pixels(255 - page.image), StepReport(
            "invert", measured, "inverted"
        )


class Denoise(Step):
    """Remove speckle and grain."""

    denoise: Literal["none", "auto", "median", "bilateral", "nlmeans"] = knob(
        "auto",
        "How to remove speckle and grain.",
        search=("none", "auto", "median", "bilateral"),
    )
    denoise_strength: int = knob(
        3,
        "How strongly to smooth.",
        ge=1,
        le=10,
        when={"denoise": ("median", "bilateral", "nlmeans")},
    )

    def apply(self, page: Page) -> Done:
        if self.denoise == "none":
            return page, None
        if self.denoise == "auto":
            return self._measured(page)
        image, strength = page.image, self.denoise_strength
        if self.denoise == "median":
            image = cv2.medianBlur(image, 3 if strength <= 5 else 5)
        elif self.denoise == "bilateral":
            image = cv2.bilateralFilter(image, 5, 10.0 * strength, 3)
        else:
            image = filters.non_local_means(image, strength)
        return page.with_pixels(image), StepReport("denoise", {}, self.denoise)

    def needs_proof(self, report: StepReport) -> bool:
        return "pitch" in report.measured

    def _measured(self, page: Page) -> Done:
        grain, specks = (
            measurements.grain_on(page.image),
            measurements.specks_on(page.image),
        )
        measured: dict[str, float | str] = {
            "grain": round(grain, 1),
            "specks": round(specks, 5),
        }
        if grain > 3:  # less is normal for cameras and scanners
            letters = measurements.letters_of(page)
            share = _share_of_contrast(page, grain)
            measured["of_contrast"] = round(share, 3)
            # From 0.12 of the contrast, Tesseract finds no words; after smoothing it
            # does up to 0.4. Real pages are below 0.03.
            if share > GRAINY:
                radius = min(1 + 3 * max(0.0, share - 0.12), 2, letters.height / 8)
                smooth = cv2.GaussianBlur(page.image, (0, 0), max(radius, 0.6))
                return replace(page, image=smooth, grain=share), StepReport(
                    "denoise", measured, "smoothed"
                )
        # Scans have at most 0.0005: halftone dots, dust, thresholded grain.
        if specks < 0.003:
            return page, StepReport("denoise", measured)
        pitch = measurements.dot_pitch(page.image)
        if pitch < SCREEN_PITCH:
            smooth = cv2.GaussianBlur(page.image, (0, 0), pitch)
            measured["pitch"] = round(pitch, 1)
            return page.with_pixels(smooth), StepReport("denoise", measured, "smoothed")
        image = cv2.medianBlur(page.image, 3)
        if measurements.specks_on(image) > 0.001:  # specks so dense that they touch
            image = cv2.medianBlur(image, 3)
        return page.with_pixels(image), StepReport("denoise", measured, "median")


def _share_of_contrast(page: Page, grain: float) -> float:
    light = illumination_of(page)
    return grain / max(light.contrast, 1)


class ShowThrough(Step):
    """Erase print that shows through from the other side of the paper."""

    # Show-through hides letters: on 17 drawn pages at least 1.2 times as many were
    # legible afterwards. Where accents, small grey print or thin strokes went, it was
    # 0.77 to 0.98.
    min_kept: ClassVar[float] = 1.0

    bleed: Switch = knob(
        "auto",
        "Remove text that shows through from the back of the paper.",
        search=("off", "auto"),
        title="show-through",
    )

    def apply(self, page: Page) -> Done:
        if self.bleed == "off":
            return page, None
        found = strengths_on(page.image, measurements.letters_of(page))
        report = StepReport(
            "bleed",
            {
                "pale": round(found.pale, 2),
                "between": round(found.between, 3),
                "of_ink": round(found.part, 2),
            },
        )
        # Ink of one kind, also if typed or faded, has no gap or few marks below it. Of
        # 50 pages, two had more, and on both it was show-through.
        clear = found.pale >= 0.08 and found.between <= 0.006
        if clear and self.bleed == "auto":  # grain lumps together to pale marks
            share = _share_of_contrast(page, measurements.grain_on(page.image))
            sharp = sharpness_of_pale(page.image, found.cut)
            report.measured["sharp"] = round(sharp, 2)
            clear = max(share, page.grain) <= GRAINY and sharp < SHARP
        if not found.pale or (self.bleed == "auto" and not clear):
            return page, report
        image = filters.remove_show_through(page.image, found.cut, found.height)
        hurt, pale = erased_marks(page.image, image, found.cut)
        report.measured["hurt"] = hurt
        if self.bleed == "auto" and hurt > MAX_HURT * pale:
            return page, report
        left = strengths_on(image, measurements.letters_of(page))
        if self.bleed == "auto" and left.pale > STILL_PALE * found.pale:
            return page, report  # small grey print lost its accents and dots only
        return page.with_pixels(image), StepReport("bleed", report.measured, "erased")

    def run(self, page: Page, read: StripReader | None) -> Done:
        """Erase, but keep what is legible, such as a second ink or handwriting."""
        after, report = super().run(page, read)
        if read is None or not report or report.did != "erased":
            return after, report
        rest, share, kept = legibility.with_legible_kept(page, after, read)
        measured = report.measured | {"legible": round(share, 2)}
        if self.bleed == "on" or not kept:
            return after, StepReport("bleed", measured, "erased")
        did = "undone" if rest is page else "erased, legible lines kept"
        return rest, StepReport("bleed", measured, did)


class IlluminationStep(Step):
    """Even out the light, and strengthen the ink."""

    flatten: Switch = knob(
        "auto",
        "Even out shadows, folds and stains of the paper.",
        search=("off", "auto", "on"),
    )
    contrast: Switch = knob(
        "auto",
        "Increase the contrast of ink on faded or rough paper.",
        search=("off", "auto", "on"),
    )
    contrast_limit: float = knob(
        2.0,
        "Limit of the increase in local contrast.",
        ge=0.5,
        le=8,
        step=0.5,
        when={"contrast": ("on",)},
    )

    def apply(self, page: Page) -> Done:
        if self.flatten == "off" and self.contrast == "off":
            return page, None
        did, creases = [], 0
        if self.flatten != "off":
            letters = measurements.letters_of(page).height
            image, creases = with_creases_evened(page.image, letters)
            if creases:
                page = page.with_pixels(image)
                did.append("creases lightened")
        before = light = illumination_of(page)
        if self.flatten == "on" or (self.flatten == "auto" and light.uneven):
            even = page.with_pixels(filters.flattened(page.image))
            after = illumination_of(even)
            # Grain and stains are not removed by flattening, but coarsened.
            if self.flatten == "on" or after.is_better_than(light):
                page, light = even, after
                did.append("flattened")
        if self.contrast == "on":
            local = cv2.createCLAHE(self.contrast_limit, (8, 8))
            page = page.with_pixels(local.apply(page.image))
            did.append("contrast raised")
        elif self.contrast == "auto" and light.texture > ROUGH:
            page = page.with_pixels(filters.cleared(page.image, light.ink, light.paper))
            did.append("cleared")
        measured: dict[str, float | str] = {
            "drowned": round(before.drowned, 3),
            "lost": round(before.lost, 3),
            "contrast": round(light.contrast),
            "texture": round(light.texture, 2),
        }
        measured |= {"creases": creases} if creases else {}
        return page, StepReport("light", measured, ", ".join(did))

    def run(self, page: Page, read: StripReader | None) -> Done:
        """Even out the light; make a second ink as dark as the first if legible."""
        page, report = super().run(page, read)
        if read is None or report is None or self.contrast != "auto":
            return page, report
        strong, pale = legibility.pale_ink_strengthened(page, read)
        measured = report.measured | ({"pale": pale} if pale else {})
        did = report.did
        if strong is not page:
            did = ", ".join(filter(None, (did, "pale ink strengthened")))
        return strong, StepReport("light", measured, did)


class Binarize(Step):
    """Turn the page into black ink on white paper."""

    binarize: Literal["none", "auto", "otsu", "adaptive", "sauvola"] = knob(
        "none",
        "Make every pixel black or white: none leaves that to the engine; auto does "
        "it only where the light is still uneven.",
        search=("none", "auto", "otsu", "sauvola"),
    )
    binarize_window: int = knob(
        35,
        "Side length of the window from which the local threshold is computed.",
        ge=5,
        le=151,
        step=2,
        unit="px",
        when={"binarize": ("adaptive", "sauvola", "auto")},
    )
    binarize_k: float = knob(
        0.3,
        "How much darker than its surroundings ink must be.",
        ge=0.05,
        le=0.9,
        step=0.05,
        when={"binarize": ("adaptive", "sauvola", "auto")},
    )

    def apply(self, page: Page) -> Done:
        if self.binarize == "none":
            return page, None
        image = page.image
        if self.binarize == "auto":
            light = illumination_of(page)
            report = StepReport("binarize", {"drowned": round(light.drowned, 3)})
            if not light.uneven:
                return page, report
            image = filters.sauvola(image, self.binarize_window | 1, self.binarize_k)
            return page.with_pixels(image), StepReport(
                "binarize", report.measured, "sauvola"
            )
        if self.binarize == "otsu":
            flags = cv2.THRESH_BINARY | cv2.THRESH_OTSU
            image = cv2.threshold(image, 0, 255, flags)[1]
        elif self.binarize == "adaptive":
            image = cv2.adaptiveThreshold(
                image,
                255,
                cv2.ADAPTIVE_THRESH_GAUSSIAN_C,
                cv2.THRESH_BINARY,
                self.binarize_window | 1,
                40 * self.binarize_k,
            )
        else:
            image = filters.sauvola(image, self.binarize_window | 1, self.binarize_k)
        return page.with_pixels(image), StepReport("binarize", {}, self.binarize)


class Preprocess(Group):
    """The steps, in the order in which they run. A new step is one line here."""

    polarity: Polarity = Polarity()
    denoise: Denoise = Denoise()
    turn: Rotate = Rotate()
    crop: Crop = Crop()
    deskew: Deskew = Deskew()
    bleed: ShowThrough = ShowThrough()
    light: IlluminationStep = IlluminationStep()
    scale: Scale = Scale()
    binarize: Binarize = Binarize()
    margin: Margin = Margin()

    def downscaled(self, factor: int, upright: str) -> "Preprocess":
        """Return these steps for a page that is smaller by a whole number.

        `upright` is the result of automatic rotation, in degrees.
        """
        window = max(5, self.binarize.binarize_window // factor | 1)
        margin = round(self.margin.margin / factor)
        rotate = upright if self.turn.rotate == "auto" else self.turn.rotate
        return self.model_copy(
            update={
                "turn": self.turn.model_copy(update={"rotate": rotate}),
                "scale": Scale(scale="off"),
                "binarize": self.binarize.model_copy(
                    update={"binarize_window": window}
                ),
                "margin": Margin(margin=margin),
            }
        )

    def apply(
        self, page: Page, read: StripReader | None = None
    ) -> tuple[Page, list[StepReport]]:
        """Run every step; return the prepared page and what its steps report.

        `read` reads a part of a page, so that steps can judge what they did.
        """
        reports = []
        for after, report in self.walk(page, read):
            page = after
            if report:
                reports.append(report)
        return page, reports

    def walk(self, page: Page, read: StripReader | None = None) -> Iterator[Done]:
        """Run the steps one by one; yield page and report after each."""
        for name in type(self).model_fields:
            page, report = getattr(self, name).run(page, read)
            yield page, report
