"""Curved sheet: where each point of a flattened page lies on the page as scanned."""

from dataclasses import dataclass

import cv2
import numpy as np

BAND_ROWS = 512  # rows of the flat image that are made at once, to save memory
WIDER = 0.5  # of its sides, by which a flat page becomes wider at most on each
STEPS = 12  # of the search for a point's place on the flat page; each divides the error


def transformed(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Apply a (3, 3) homography to (..., 2) points."""
    moved = points @ matrix[:, :2].T + matrix[:, 2]
    return np.asarray(moved[..., :2] / moved[..., 2:])


@dataclass(frozen=True, eq=False)
class CurvedSheet:
    """A dense map from a flat page to the page as scanned.

    Parameters
    ----------
    mesh : (R, C, 2) float array
        Points of the page as scanned, in pixels; on the flat page they are spaced
        evenly, from corner to corner. Between them the map is bilinear.
    size : (int, int)
        Width and height of the flat page, in pixels.
    """

    mesh: np.ndarray
    size: tuple[int, int]

    def to_scan(self, points: np.ndarray) -> np.ndarray:
        """Return where (..., 2) points of the flat page lie on the page as scanned."""
        rows, columns = self.mesh.shape[:2]
        cells = points / self.size * (columns - 1, rows - 1)
        first = np.clip(np.floor(cells), 0, (columns - 2, rows - 2)).astype(int)
        x, y = np.moveaxis(cells - first, -1, 0)[..., None]
        column, row = np.moveaxis(first, -1, 0)
        top = (1 - x) * self.mesh[row, column] + x * self.mesh[row, column + 1]
        low = self.mesh[row + 1, column]
        low = (1 - x) * low + x * self.mesh[row + 1, column + 1]
        return np.asarray((1 - y) * top + y * low)

    def from_scan(self, points: np.ndarray) -> np.ndarray:
        """Return where (..., 2) points of the page as scanned lie on the flat page.

        A homography gives a first guess, and repeatedly the correction of the error.
        """
        back = self._plane()
        goal = transformed(back, points)
        found = goal
        for _ in range(STEPS):
            found = found + goal - transformed(back, self.to_scan(found))
        return found

    def moved(self, matrix: np.ndarray) -> "CurvedSheet":
        """Return the map to another image, to which `matrix` takes the points."""
        return CurvedSheet(transformed(matrix, self.mesh), self.size)

    def after(self, first: "CurvedSheet") -> "CurvedSheet":
        """Return the map to the page that `first` has flattened before."""
        return CurvedSheet(first.to_scan(self.mesh), self.size)

    def covering(self, points: np.ndarray) -> "CurvedSheet":
        """Return the map of a larger flat page, on which (N, 2) points of the scan lie.

        The map goes on straight beyond its edges.
        """
        if not len(points):
            return self
        size = np.array(self.size, float)
        flat = self.from_scan(points)
        low = np.clip(flat.min(axis=0), -WIDER * size, 0)
        high = np.clip(flat.max(axis=0), size, (1 + WIDER) * size)
        if np.array_equal(high - low, size):
            return self
        grown = (high - low) / size
        rows, columns = np.ceil(np.array(self.mesh.shape[1::-1]) * grown)[::-1]
        x, y = np.meshgrid(
            np.linspace(low[0], high[0], int(columns)),
            np.linspace(low[1], high[1], int(rows)),
        )
        width, height = np.rint(high - low).astype(int).tolist()
        return CurvedSheet(self.to_scan(np.stack([x, y], axis=-1)), (width, height))

    def flattened(self, image: np.ndarray) -> np.ndarray:
        """Return the flat (height, width) image of a curved (H, W) uint8 image."""
        width, height = self.size
        rows, columns = self.mesh.shape[:2]
        across = _weights(width, columns)
        flat = np.empty((height, width), np.uint8)
        points = np.moveaxis(self.mesh, -1, 0).astype(np.float32) - 0.5
        points = points @ across.T
        down = _weights(height, rows)
        for top in range(0, height, BAND_ROWS):
            x, y = down[top : top + BAND_ROWS] @ points
            flat[top : top + BAND_ROWS] = cv2.remap(
                image, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
            )
        return flat

    def _plane(self) -> np.ndarray:
        """Return the homography from the page as scanned that fits the map best."""
        width, height = self.size
        rows, columns = self.mesh.shape[:2]
        x, y = np.meshgrid(np.linspace(0, width, columns), np.linspace(0, height, rows))
        flat = np.stack([x, y], axis=-1).reshape(-1, 2)
        matrix, _ = cv2.findHomography(self.mesh.reshape(-1, 2), flat)
        return np.asarray(matrix)


def _weights(pixels: int, points: int) -> np.ndarray:
    """Return the (pixels, points) weights of linear interpolation at pixel centres."""
    cells = (np.arange(pixels) + 0.5) / pixels * (points - 1)
    away = np.abs(cells[:, None] - np.arange(points))
    return np.maximum(0, 1 - away).astype(np.float32)
