"""Where points of an image lie after `cv2.remap`, which says it the other way round."""

import numpy as np

_ROUNDS = 30
_CLOSE = 0.05  # pixels: what the rounds may leave
_LOST = 1.0  # pixels: a point farther from what the new image shows is not in it
_STRIDE = 8  # pixels between those that are looked at first
_REACH = 2  # pixels on each side over which a slope is measured


def points_after_remap(points, x, y) -> tuple[np.ndarray, np.ndarray]:
    """Return where points lie after `cv2.remap` of their image with the maps `x`, `y`.

    A fixed point `at = point - shift(at)` is sought, `shift` being how far each new pixel's value
    came; that finds it where the maps bend an image (their slopes differ from 1 by less than 1).
    What is not found so, as after a flip, is looked up: the pixel that came from nearest, and
    within it a step along the maps' slopes.

    Args:
        points: shape (n, 2), x, y; (0, 0) is the outer corner of the first pixel.
        x, y: shape (H, W), the pixel index that each new pixel's value comes from; NaN if from
            outside.

    Returns:
        points (n, 2) float64, and bool (n,), whether the new image shows them. One that it does not
        show is at the nearest place that it shows.

    Example: every pixel comes from 3 to its right.

    >>> y, x = np.mgrid[:8, :8]
    >>> points_after_remap([[5, 2.5]], x + 3, y)[0].tolist()
    [[2.0, 2.5]]
    """
    maps = np.stack([x, y], axis=-1).astype(np.float32)
    height, width = maps.shape[:2]
    wanted = np.asarray(points, np.float64).reshape(-1, 2) - 0.5
    grid = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    shift = maps - np.stack(grid, axis=-1)
    at = wanted
    for _ in range(_ROUNDS):
        before, at = at, wanted - _sampled(shift, at)
        if np.abs(at - before).max(initial=0) < _CLOSE / 100:
            break
    miss = np.abs(at + _sampled(shift, at) - wanted).max(axis=1, initial=0)
    inside = ((at >= -0.5) & (at <= (width - 0.5, height - 0.5))).all(axis=1)
    shown = inside & (miss <= _CLOSE)
    coarse = maps[::_STRIDE, ::_STRIDE].copy()
    for row in np.flatnonzero(~shown):
        at[row], miss = _looked_up(maps, coarse, wanted[row])
        shown[row] = miss <= _LOST
    return at + 0.5, shown


def mirrors(x, y) -> bool:
    """Whether `cv2.remap` with these maps turns the image into its mirror image.

    >>> y, x = np.mgrid[:8, :8]
    >>> mirrors(x + 3, y), mirrors(7 - x, y), mirrors(7 - x, 7 - y)
    (False, True, False)
    """
    step = max(1, min(x.shape) // 8)
    if min(x.shape) < 2:
        return False
    (x_down, x_across), (y_down, y_across) = (np.gradient(a[::step, ::step]) for a in (x, y))
    areas = x_across * y_down - x_down * y_across
    return bool(np.nansum(np.sign(areas)) < 0)


def _sampled(values, at):
    """`values` (H, W, 2) at pixel indices (n, 2): bilinear, clamped at the border."""
    limits = np.array(values.shape[1::-1]) - 1
    at = np.clip(np.nan_to_num(at), 0, limits)
    low = at.astype(int)
    high = np.minimum(low + 1, limits)
    right, down = ((at - low)[:, k, None] for k in (0, 1))
    top = values[low[:, 1], low[:, 0]] * (1 - right) + values[low[:, 1], high[:, 0]] * right
    bottom = values[high[:, 1], low[:, 0]] * (1 - right) + values[high[:, 1], high[:, 0]] * right
    return top * (1 - down) + bottom * down


def _looked_up(maps, coarse, wanted):
    """Return the place (2,) of `wanted` in the pixel that came from nearest, and how far it is."""
    row, column = _nearest(coarse, wanted)
    top, left = (max(0, (place - 2) * _STRIDE) for place in (row, column))
    bottom, right = (place * _STRIDE + 2 * _STRIDE + 1 for place in (row, column))
    row, column = _nearest(maps[top:bottom, left:right], wanted)
    row, column = row + top, column + left
    slopes = []
    for line, place in ((maps[row], column), (maps[:, column], row)):
        low, high = max(0, place - _REACH), min(len(line) - 1, place + _REACH)
        slopes.append((line[high] - line[low]) / max(1, high - low))
    slopes, step = np.column_stack(slopes), np.zeros(2)
    if np.isfinite(slopes).all() and abs(np.linalg.det(slopes)) > 1e-6:
        step = np.clip(np.linalg.solve(slopes, wanted - maps[row, column]), -0.5, 0.5)
    miss = np.abs(wanted - maps[row, column] - np.nan_to_num(slopes) @ step).max()
    return np.array([column, row]) + step, np.nan_to_num(miss, nan=np.inf)


def _nearest(maps, wanted):
    """Row and column of the pixel that came from nearest to `wanted`."""
    across, down = np.moveaxis(maps - wanted.astype(np.float32), -1, 0)
    squares = across * across + down * down
    squares[np.isnan(squares)] = np.inf
    return divmod(int(squares.argmin()), squares.shape[1])
