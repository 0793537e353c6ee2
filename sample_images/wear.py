"""Wear: the ways in which pages go bad, each a function from pixels to pixels."""

import cv2
import numpy as np

from sample_images.drawing import to_uint8


def salt_and_pepper(
    image: np.ndarray, share: float = 0.05, seed: int = 0
) -> np.ndarray:
    """Strew white and black pixels in equal number.

    Parameters
    ----------
    image : (H, W) uint8 array
    share : float
        Share of all pixels that are hit, 0 to 1.

    Returns
    -------
    (H, W) uint8 array
    """
    chance = np.random.default_rng(seed).random(image.shape)
    noisy = image.copy()
    noisy[chance < share / 2] = 0
    noisy[chance > 1 - share / 2] = 255
    return noisy


def gaussian_noise(image: np.ndarray, sigma: float = 20, seed: int = 0) -> np.ndarray:
    """Add the grain of a tired sensor.

    Parameters
    ----------
    image : (H, W) uint8 array
    sigma : float
        Standard deviation, in grey levels.

    Returns
    -------
    (H, W) uint8 array
    """
    grain = np.random.default_rng(seed).normal(0, sigma, image.shape)
    return to_uint8(image + grain)


def blur(image: np.ndarray, sigma: float = 1.0) -> np.ndarray:
    """Soften an (H, W[, 3]) uint8 image; `sigma` in pixels."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8)


def fade(image: np.ndarray, ink: int = 120, paper: int = 220) -> np.ndarray:
    """Squeeze black and white into the greys of old ink on old paper.

    Parameters
    ----------
    image : (H, W[, 3]) uint8 array
    ink, paper : int
        The greys that 0 and 255 become.

    Returns
    -------
    (H, W[, 3]) uint8 array
    """
    return to_uint8(ink + image.astype(float) * (paper - ink) / 255)


def uneven_light(image: np.ndarray, darkest: float = 0.3) -> np.ndarray:
    """Lay a soft shadow over the page, from light top left to dark bottom right.

    Parameters
    ----------
    image : (H, W) uint8 array
    darkest : float
        Share of the light that reaches the darkest corner, 0 to 1.

    Returns
    -------
    (H, W) uint8 array
    """
    height, width = image.shape
    across = np.linspace(0, 1, width)
    down = np.linspace(0, 1, height)[:, None]
    depth = (across + down) / 2
    shadow = depth * depth * (3 - 2 * depth)  # smooth at both ends, as shadows are
    return to_uint8(image * (1 - (1 - darkest) * shadow))


def tilt(image: np.ndarray, degrees: float, paper: int = 255) -> np.ndarray:
    """Turn the page about its middle, on a sheet of the same size.

    Parameters
    ----------
    image : (H, W) uint8 array
    degrees : float
        Counter-clockwise as one sees it.
    paper : int
        Grey of the corners that come into view.

    Returns
    -------
    (H, W) uint8 array
    """
    height, width = image.shape
    return _warped(image, tilt_matrix((width, height), degrees), (width, height), paper)


def tilt_matrix(size: tuple[int, int], degrees: float) -> np.ndarray:
    """Give the (3, 3) float array by which `tilt` moves a page of (W, H) `size`."""
    middle = (size[0] / 2, size[1] / 2)
    return np.vstack([cv2.getRotationMatrix2D(middle, degrees, 1), [0, 0, 1]])


def photograph(
    image: np.ndarray, size: tuple[int, int], table: int = 40, seed: int = 0
) -> np.ndarray:
    """Lay the page on a dark table and look at it from the side.

    Parameters
    ----------
    image : (H, W) uint8 array
    size : (int, int)
        Width and height of the photograph.
    table : int
        Mean grey of the table.

    Returns
    -------
    (size[1], size[0]) uint8 array
    """
    height, width = image.shape
    matrix = photo_matrix((width, height), size)
    sheet = _warped(image, matrix, size, 0)
    cover = _warped(np.full_like(image, 255), matrix, size, 0) / 255
    boards = table * _grain((size[1], size[0]), cells=(3, 40), seed=seed)
    return to_uint8(sheet + boards * (1 - cover))


def photo_matrix(sheet: tuple[int, int], photo: tuple[int, int]) -> np.ndarray:
    """Give the (3, 3) float array by which `photograph` moves a (W, H) sheet."""
    right, bottom = sheet[0] - 1, sheet[1] - 1
    corners = np.array([[0, 0], [right, 0], [right, bottom], [0, bottom]], np.float32)
    seen = np.array([[0.17, 0.10], [0.87, 0.05], [0.96, 0.94], [0.04, 0.91]])
    target = (seen * photo).astype(np.float32)
    return np.asarray(cv2.getPerspectiveTransform(corners, target))


def invert(image: np.ndarray) -> np.ndarray:
    """Swap dark and light of an (H, W[, 3]) uint8 image, as on microfilm."""
    return 255 - image


def dark_border(image: np.ndarray, width: int = 30, grey: int = 20) -> np.ndarray:
    """Paint the dark edge that a scanner leaves around a smaller sheet.

    Parameters
    ----------
    image : (H, W) uint8 array
    width : int
        Widest part in pixels; keep it below the page's margin.

    Returns
    -------
    (H, W) uint8 array
        As large as `image`: nothing on it has moved.
    """
    height, across = image.shape
    near, far = width // 2, width  # the sheet lies a little askew
    sheet = np.array(
        [
            [near, far],
            [across - 1 - far, near],
            [across - 1 - near, height - 1 - far],
            [far, height - 1 - near],
        ],
        np.int32,
    )
    cover = np.zeros_like(image)
    cv2.fillConvexPoly(cover, sheet, 255)
    return np.where(cover > 0, image, np.uint8(grey))


def bleed_through(
    image: np.ndarray, strength: float = 0.35, back: np.ndarray | None = None
) -> np.ndarray:
    """Let the other side of the leaf shine through, mirrored and soft.

    Parameters
    ----------
    image : (H, W) uint8 array
    strength : float
        Share of the back's ink that is seen, 0 to 1.
    back : (H, W) uint8 array, optional
        What is written there; the page itself if not given.

    Returns
    -------
    (H, W) uint8 array
    """
    mirrored = (image if back is None else back)[:, ::-1]
    ghost = 255 - strength * (255.0 - blur(mirrored, 1.5))
    return to_uint8(np.minimum(image, ghost))


def few_greys(image: np.ndarray, levels: int = 16) -> np.ndarray:
    """Round an (H, W[, 3]) uint8 image to evenly spaced greys: a smaller PNG."""
    step = 255 / (levels - 1)
    return to_uint8(np.round(image / step) * step)


def _warped(
    image: np.ndarray, matrix: np.ndarray, size: tuple[int, int], around: int
) -> np.ndarray:
    moved = cv2.warpPerspective(
        image, matrix, size, flags=cv2.INTER_CUBIC, borderValue=(around,) * 3
    )
    return np.asarray(moved, np.uint8)


def _grain(shape: tuple[int, int], cells: tuple[int, int], seed: int) -> np.ndarray:
    """Give soft unevenness around 1.0, with so many cells down and across."""
    coarse = np.random.default_rng(seed).uniform(0.6, 1.4, cells)
    return np.asarray(cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC))
