"""What becomes of the semantic map of an image, a class for each pixel, when the image changes.

A map is uint8 (H, W), `IGNORED` where nothing is known. An image without one has None.
"""

import cv2
import numpy as np

from keras_maskrcnn.semantics import IGNORED


def as_map(values, image_size) -> np.ndarray | None:
    """Return a semantic map as uint8 (H, W), or None for None.

    Raises:
        ValueError: it is of another size than the image, or holds other numbers than 0..255.
    """
    if values is None:
        return None
    values = np.asarray(values)
    if values.shape != tuple(image_size):
        raise ValueError(
            f"`semantic` must have the size of the image, {tuple(image_size)}. "
            f"Received: semantic.shape={values.shape}."
        )
    if values.dtype == np.uint8:
        return values
    if values.dtype.kind not in "biu" or values.min() < 0 or values.max() > IGNORED:
        raise ValueError(
            f"`semantic` must hold whole numbers, the classes from 0 and {IGNORED} where nothing "
            f"is known. Received: {values.dtype} from {values.min()} to {values.max()}."
        )
    return values.astype(np.uint8)


def warp_map(values, matrix, image_size) -> np.ndarray | None:
    """Return a map after an affine map of the image; ignored where the image does not reach.

    Args:
        values: uint8 (H, W) or None.
        matrix: (2, 3), from old to new pixel-edge coordinates.
        image_size: (height, width) of the new image.
    """
    if values is None:
        return None
    centred = np.array(matrix, np.float64)
    centred[:, 2] += centred[:, :2].sum(axis=1) * 0.5 - 0.5
    border = {"borderMode": cv2.BORDER_CONSTANT, "borderValue": IGNORED}
    return cv2.warpAffine(values, centred, image_size[::-1], flags=cv2.INTER_NEAREST, **border)


def remap_map(values, x, y) -> np.ndarray | None:
    """Return a map after `cv2.remap` with the maps `x`, `y`; ignored where they are NaN."""
    if values is None:
        return None
    border = {"borderMode": cv2.BORDER_CONSTANT, "borderValue": IGNORED}
    shown = np.isfinite(x) & np.isfinite(y)
    x, y = (np.where(shown, one, -2).astype(np.float32) for one in (x, y))
    return cv2.remap(values, x, y, cv2.INTER_NEAREST, **border)


def hide_map(values, cover) -> np.ndarray | None:
    """Return a map, ignored where `cover` (H, W) bool is True: something came in front."""
    return None if values is None else np.where(cover, np.uint8(IGNORED), values)


def join_maps(maps) -> np.ndarray | None:
    """Return one map of several of one size: of each pixel the first that says something."""
    known = [one for one in maps if one is not None]
    if not known:
        return None
    joined = known[0].copy()
    for later in known[1:]:
        joined = np.where(joined == IGNORED, later, joined)
    return joined
