"""Preprocessing: the steps that a page takes before an engine reads it.

Each step measures first. Switched to auto it acts only where the measurement says it
helps, switched to on it always acts; either way it leaves a note of what it found
and did. The order of the fields is the order of running.
"""

from collections.abc import Callable
from typing import Literal

import cv2
import numpy as np

from ocr_core.knobs import Group, Switch, knob
from ocr_core.page import Note, Page

OrientationFinder = Callable[[np.ndarray], tuple[int, float] | None]
Done = tuple[Page, Note | None]

ACTIVE = ("auto", "on")


class Step(Group):
    """One preprocessing step: its knobs, and what it does to a page."""

    def apply(self, page: Page) -> Done:
        """Return the page after this step, and a note unless the step is off."""
        raise NotImplementedError


class Turn(Step):
    """Set the page upright."""

    rotate: Literal["auto", "0", "90", "180", "270"] = knob(
        "auto",
        "Turn the page clockwise; auto finds out which way is up.",
        unit="°",
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
        turn = 0 if self.rotate == "auto" else int(self.rotate)
        if turn:
            page = page.turned(turn)
        if self.angle:
            page = tilted(page, self.angle)
        if not turn and not self.angle:
            return page, None
        return page, Note("rotate", {"degrees": turn + self.angle}, "turned")


class Deskew(Step):
    """Turn the page until its lines of text run level."""

    deskew: Switch = knob("auto", "Straighten a tilted page.")
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
        angle = skew_angle(page.image, self.deskew_limit)
        note = Note("deskew", {"degrees": round(angle, 2)})
        if abs(angle) < 0.2 and self.deskew == "auto":
            return page, note
        return tilted(page, angle), Note("deskew", note.measured, "straightened")


class Scale(Step):
    """Bring the letters to the size that the engine reads best."""

    scale: Switch = knob("off", "Bring the letters to a size that reads well.")
    scale_factor: float = knob(
        0.0,
        "Scale by this factor; 0 measures the letters and chooses.",
        ge=0,
        le=4,
        step=0.05,
        when={"scale": ("on",)},
    )
    scale_x_height: int = knob(
        22,
        "Height of a small x to aim for.",
        ge=10,
        le=60,
        unit="px",
        when={"scale": ACTIVE},
    )

    def apply(self, page: Page) -> Done:
        if self.scale == "off":
            return page, None
        factor = self.scale_factor if self.scale == "on" else 0.0
        factor = factor or 1.0
        note = Note("scale", {"factor": factor})
        if factor == 1.0:
            return page, note
        return page.resized(factor), Note("scale", note.measured, "scaled")


class Crop(Step):
    """Cut away what surrounds the sheet, and give the text a margin."""

    crop: Switch = knob("off", "Cut away dark borders and what surrounds the sheet.")
    margin: int = knob(
        0, "Clear paper to add on every side.", ge=0, le=200, step=5, unit="px"
    )

    def apply(self, page: Page) -> Done:
        if not self.margin:
            return page, None
        height, width = page.image.shape[:2]
        shift = np.array([[1, 0, self.margin], [0, 1, self.margin], [0, 0, 1.0]])
        size = width + 2 * self.margin, height + 2 * self.margin
        return page.warped(shift, size), Note("margin", {"px": self.margin}, "added")


class Light(Step):
    """Make the ink dark and the paper evenly light."""

    invert: Switch = knob("auto", "Turn light text on dark ground into dark on light.")
    flatten: Switch = knob("off", "Even out shadows and stains of the paper.")
    contrast: Switch = knob("off", "Strengthen faded ink.")
    contrast_limit: float = knob(
        2.0,
        "How far local contrast may be raised.",
        ge=0.5,
        le=8,
        step=0.5,
        when={"contrast": ACTIVE},
    )

    def apply(self, page: Page) -> Done:
        did = []
        image = page.image
        if self.invert == "on" or (self.invert == "auto" and np.median(image) < 90):
            image = 255 - image
            did.append("inverted")
        if self.flatten == "on":
            image = flattened(image)
            did.append("flattened")
        if self.contrast == "on":
            image = cv2.createCLAHE(self.contrast_limit, (8, 8)).apply(image)
            did.append("contrast raised")
        note = Note("light", {"paper": int(np.median(page.image))}, ", ".join(did))
        return (page.painted(image) if did else page), note


class Denoise(Step):
    """Remove speckle and grain."""

    denoise: Literal["none", "auto", "median", "bilateral", "nlmeans"] = knob(
        "none", "How to remove speckle and grain."
    )
    denoise_strength: int = knob(
        3,
        "How strongly to smooth.",
        ge=1,
        le=10,
        when={"denoise": ("median", "bilateral", "nlmeans", "auto")},
    )

    def apply(self, page: Page) -> Done:
        if self.denoise in ("none", "auto"):
            return page, None
        image, strength = page.image, self.denoise_strength
        if self.denoise == "median":
            image = cv2.medianBlur(image, 3 if strength <= 5 else 5)
        elif self.denoise == "bilateral":
            image = cv2.bilateralFilter(image, 5, 10.0 * strength, 3)
        else:
            image = cv2.fastNlMeansDenoising(image, None, 3.0 * strength, 5, 11)
        return page.painted(image), Note("denoise", {}, self.denoise)


class Binarize(Step):
    """Turn the page into black ink on white paper."""

    binarize: Literal["none", "auto", "otsu", "adaptive", "sauvola"] = knob(
        "none", "Make every pixel black or white; none leaves that to the engine."
    )
    binarize_window: int = knob(
        35,
        "Side of the neighbourhood that sets the threshold.",
        ge=5,
        le=151,
        step=2,
        unit="px",
        when={"binarize": ("adaptive", "sauvola", "auto")},
    )
    binarize_k: float = knob(
        0.3,
        "How much darker than its neighbourhood ink must be.",
        ge=0.05,
        le=0.9,
        step=0.05,
        when={"binarize": ("adaptive", "sauvola", "auto")},
    )

    def apply(self, page: Page) -> Done:
        if self.binarize in ("none", "auto"):
            return page, None
        image = page.image
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
            image = sauvola(image, self.binarize_window | 1, self.binarize_k)
        return page.painted(image), Note("binarize", {}, self.binarize)


class Preprocess(Group):
    """The steps in the order in which they run. A new step is one line here."""

    turn: Turn = Turn()
    crop: Crop = Crop()
    deskew: Deskew = Deskew()
    scale: Scale = Scale()
    light: Light = Light()
    denoise: Denoise = Denoise()
    binarize: Binarize = Binarize()

    def apply(self, page: Page) -> tuple[Page, list[Note]]:
        """Run every step; return the prepared page and what was noted on the way."""
        notes = []
        for name in type(self).model_fields:
            page, note = getattr(self, name).apply(page)
            if note:
                notes.append(note)
        return page, notes


def tilted(page: Page, degrees: float) -> Page:
    """Turn a page counter-clockwise about its middle, on a sheet that holds it all."""
    height, width = page.image.shape[:2]
    turn = np.vstack([cv2.getRotationMatrix2D((0, 0), degrees, 1), [0, 0, 1]])
    corners = turn @ np.array([[0, width, width, 0], [0, 0, height, height], [1] * 4])
    low, high = corners[:2].min(axis=1), corners[:2].max(axis=1)
    shift = np.array([[1, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1]])
    size = np.ceil(high - low - 1e-6).astype(int)
    return page.warped(shift @ turn, (int(size[0]), int(size[1])))


def skew_angle(image: np.ndarray, limit: float) -> float:
    """Estimate how far the lines of text are tilted.

    Level lines make the sharpest profile: rows full of ink beside rows of bare
    paper. The angle whose rows differ most is the answer.

    Parameters
    ----------
    image : (H, W) uint8 array
        A page with dark text on light paper.
    limit : float
        Largest tilt to try, in degrees, to either side.

    Returns
    -------
    float
        Degrees to turn the page counter-clockwise to level it.
    """
    factor = min(1.0, 800 / max(image.shape))
    small = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    paper = cv2.medianBlur(cv2.dilate(small, np.ones((7, 7), np.uint8)), 21)
    ink = cv2.subtract(paper, small)
    height, width = ink.shape

    def sharpness(angle: float) -> float:
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1)
        rows = cv2.warpAffine(ink, turn, (width, height)).sum(axis=1, dtype=float)
        return float(np.square(np.diff(rows)).sum())

    best, span = 0.0, limit
    for step in (1.0, 0.25, 0.05):
        span = span if step == 1.0 else 4 * step
        best = float(max(np.arange(best - span, best + span + step, step), key=sharpness))
    return best if abs(best) <= limit else 0.0


def flattened(image: np.ndarray) -> np.ndarray:
    """Divide the page by its paper, estimated at an eighth of the scale."""
    height, width = image.shape
    size = max(1, width // 8), max(1, height // 8)
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    paper = cv2.medianBlur(cv2.dilate(small, np.ones((5, 5), np.uint8)), 21)
    paper = cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR)
    return cv2.divide(image, np.maximum(paper, 1), scale=245)


def sauvola(image: np.ndarray, window: int, k: float) -> np.ndarray:
    """Binarise with Sauvola's threshold m (1 + k (s / 128 - 1)).

    J. Sauvola and M. Pietikäinen, Adaptive document image binarization, Pattern
    Recognition 33 (2000), 225-236: m and s are the neighbourhood's mean and
    standard deviation.
    """
    grey = image.astype(np.float32)
    mean = cv2.boxFilter(grey, -1, (window, window))
    square = cv2.sqrBoxFilter(grey, -1, (window, window))
    spread = np.sqrt(np.maximum(square - mean * mean, 0))
    threshold = mean * (1 + k * (spread / 128 - 1))
    return np.where(grey > threshold, 255, 0).astype(np.uint8)
