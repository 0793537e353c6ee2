"""Filters: grey pixels in, grey pixels of the same size out.

Each (H, W) uint8 image shows dark ink on light paper. `ocr_core.imaging.steps` decides
when to use which filter.
"""

import cv2
import numpy as np

from ocr_core.imaging.measurements import DARKNESS_PIXELS, NEIGHBOURHOOD, reduced

SOLID = 0.85  # of the ink's darkness; show-through is paler


def flattened(image: np.ndarray) -> np.ndarray:
    """Divide the page by the estimated brightness of its paper."""
    return cv2.divide(image, np.maximum(paper_of(image), 1), scale=245)


def stretched(image: np.ndarray, ink: float, paper: float) -> np.ndarray:
    """Stretch the greys from `ink` to `paper` over the full range."""
    gain = 255 / max(paper - ink, 8)
    levels = np.rint(np.clip((np.arange(256) - ink) * gain, 0, 255)).astype(np.uint8)
    return cv2.LUT(image, levels)


def strengthened(image: np.ndarray, pale: float, ink: float) -> np.ndarray:
    """Make pale ink, `pale` grey levels darker than the paper, as dark as other ink."""
    paper = paper_of(image)
    dark = cv2.subtract(paper, image)
    min_darkness = 0.2 * pale  # grain and the rims of letters
    gain = ink / max(pale - min_darkness, 1)
    levels = np.clip((np.arange(256) - min_darkness) * gain, 0, None)
    levels = np.maximum(np.minimum(levels, ink), np.arange(256) - min_darkness)
    curve = np.rint(np.clip(levels, 0, 255)).astype(np.uint8)
    return cv2.subtract(paper, cv2.LUT(dark, curve))


def cleared(image: np.ndarray, ink: float, paper: float) -> np.ndarray:
    """Smooth the texture of the paper without blurring letters, and cut off the rest.

    C. Tomasi and R. Manduchi, Bilateral filtering for gray and color images, ICCV
    1998. Greys above 85 % of the way from `ink` to `paper` turn white.
    """
    contrast = max(paper - ink, 8)
    smooth = cv2.bilateralFilter(image, 7, 0.3 * contrast, 2)
    return stretched(smooth, ink, paper - 0.15 * contrast)


def non_local_means(image: np.ndarray, strength: int) -> np.ndarray:
    """Average similar patches, at half the scale; keep strong detail.

    A. Buades, B. Coll, J.-M. Morel, A non-local algorithm for image denoising, CVPR
    2005. The search takes seconds on a full page and a tenth of that at half its scale;
    the detail between the two scales is kept where it exceeds the noise.
    """
    height, width = image.shape
    half = max(1, width // 2), max(1, height // 2)
    small = cv2.resize(image, half, interpolation=cv2.INTER_AREA)
    clean = cv2.fastNlMeansDenoising(small, None, 3.0 * strength, 3, 7)
    base = cv2.resize(clean, (width, height), interpolation=cv2.INTER_LINEAR)
    soft = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    limit = np.full(1, 4 * strength, np.uint8)
    lighter = cv2.subtract(cv2.subtract(image, soft), limit)
    darker = cv2.subtract(cv2.subtract(soft, image), limit)
    return cv2.subtract(cv2.add(base, lighter), darker)


def sauvola(image: np.ndarray, window: int, k: float) -> np.ndarray:
    """Binarise with Sauvola's threshold m (1 + k (s / 128 - 1)).

    J. Sauvola and M. Pietikäinen, Adaptive document image binarization, Pattern
    Recognition 33 (2000), 225-236: m and s are the neighbourhood's mean and
    standard deviation.
    """
    height, width = image.shape
    # The threshold is smooth, so half the scale suffices for large pages.
    fold = 2 if min(height, width) > 1000 else 1
    size = width // fold, height // fold
    grey = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    side = (window // fold) | 1
    mean = cv2.boxFilter(grey, -1, (side, side))
    square = cv2.sqrBoxFilter(grey, -1, (side, side))
    spread = np.sqrt(np.maximum(square - mean * mean, 0))
    cut = np.clip(mean * (1 - k) + mean * spread * (k / 128), 0, 255).astype(np.uint8)
    threshold = cv2.resize(cut, (width, height), interpolation=cv2.INTER_LINEAR)
    return cv2.compare(image, threshold, cv2.CMP_GT)


def remove_show_through(image: np.ndarray, cut: float, height: float) -> np.ndarray:
    """Replace marks that are paler than ink by the paper around them.

    Parameters
    ----------
    image : (H, W) uint8 array
    cut : float
        Minimum number of grey levels by which ink is darker than its surroundings.
    height : float
        The letters' height in pixels. Pixels within a sixth of it from ink are edges
        of strokes and stay. Pixels farther than one and a half from ink are not text
        but, for example, a desk or another page, and stay too. So does what is as dark
        as ink, compared with the paper: the ground of light letters.
    """
    size = image.shape[::-1]
    small = reduced(image, DARKNESS_PIXELS)[0]
    around = cv2.resize(cv2.blur(small, (NEIGHBOURHOOD, NEIGHBOURHOOD)), size)
    dark = cv2.subtract(around, cv2.GaussianBlur(image, (3, 3), 0))
    ink = np.asarray(dark > cut, np.uint8)
    rims, text = (2 * max(2, round(reach * height)) + 1 for reach in (1 / 6, 1.5))
    marks = np.asarray(dark > cut / 2, np.uint8)
    near = cv2.dilate(marks, np.ones((text, text), np.uint8))
    far = cv2.dilate(ink, np.ones((rims, rims), np.uint8)) == 0
    paper = paper_of(image)
    depth = cv2.subtract(paper, image)
    solid = depth >= SOLID * np.median(depth[ink > 0]) if ink.any() else ink > 0
    return np.where(far & (near > 0) & ~solid, np.maximum(image, paper), image)


def paper_of(image: np.ndarray) -> np.ndarray:
    """Estimate the paper behind the ink, at an eighth of the scale."""
    height, width = image.shape
    size = max(1, width // 8), max(1, height // 8)
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    paper = cv2.medianBlur(cv2.dilate(small, np.ones((5, 5), np.uint8)), 21)
    return cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR)
