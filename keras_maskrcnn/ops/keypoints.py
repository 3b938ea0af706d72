"""Keypoints inside boxes: the cell of a heatmap that a point falls into, and back.

Shapes: B images, R boxes, J keypoints of an object, m side of a heatmap (`keras_maskrcnn.ops`).
"""

from keras import ops

from keras_maskrcnn.ops.tensor import Tensor

# A heatmap is read at so many places a side to find where its peaks are, and around so many of the
# highest again, in windows of so many places a side.
COARSE = 112
CANDIDATES = 16
WINDOW = 16
# Cubic convolution with the constant of PyTorch and OpenCV.
CUBIC = -0.75


def keypoint_cells(keypoints, boxes, size) -> tuple[Tensor, Tensor]:
    """Return the cell of each keypoint in a heatmap of its box.

    The heatmap divides the box into `size` x `size` cells; a point belongs to the cell that it lies
    in. The right and the lower edge of the box belong to the last cells.

    Args:
        keypoints: `(..., J, 3)` x, y in pixels, and a number above 0 where the point is known.
        boxes: `(..., 4)` in pixels.
        size: cells per side of the heatmap.

    Returns:
        `cells`: `(..., J)` int32, `row * size + column`; 0 where there is none.
        `valid`: `(..., J)` bool, False for points that are not known or lie outside of the box.

    >>> from keras import ops
    >>> points, box = [[15.0, 10, 2], [20, 20, 1], [21, 15, 2]], [10.0, 10, 20, 20]
    >>> cells, valid = keypoint_cells(ops.array(points), ops.array(box), 4)
    >>> ops.convert_to_numpy(cells).tolist(), ops.convert_to_numpy(valid).tolist()
    ([2, 15, 0], [True, True, False])
    """
    points = ops.cast(keypoints[..., :2], "float32")
    boxes = ops.expand_dims(ops.cast(boxes, "float32"), -2)  # (..., 1, 4)
    low, high = boxes[..., :2], boxes[..., 2:]
    cells = ops.floor((points - low) * (size / ops.maximum(high - low, 1e-6)))
    cells = ops.where(points == high, size - 1.0, cells)
    inside = ops.all(ops.logical_and(cells >= 0, cells < size), axis=-1)
    valid = ops.logical_and(inside, keypoints[..., 2] > 0)
    index = ops.cast(cells[..., 1] * size + cells[..., 0], "int32")
    return ops.where(valid, index, 0), valid


def keypoint_peaks(heatmaps, boxes) -> tuple[Tensor, Tensor]:
    """Return where the heatmaps of boxes are highest, to the pixel, and how high.

    Each heatmap is resized to the pixels of its box, rounded up, by cubic convolution, and its
    highest pixel is taken: what torchvision and Detectron2 do. Shapes stay static and no resized
    map is ever made: the map is read at up to `COARSE` pixels a side, and around the highest peaks
    there at every pixel, or, in boxes of more than about 800 pixels, at every second and in the end
    around the best one at every pixel. A heatmap of noise has more high peaks than are looked at:
    of 6800 of two networks with random weights the highest was missed in two.

    Args:
        heatmaps: `(B, R, m, m, J)` float.
        boxes: `(B, R, 4)` in pixels.

    Returns:
        `points`: `(B, R, J, 2)` float32 x, y, centres of pixels.
        `values`: `(B, R, J)` float32, the resized map there.

    References:
        He et al. 2017, Mask R-CNN, section 5.
    """
    maps = ops.transpose(ops.cast(heatmaps, "float32"), (0, 1, 4, 2, 3))  # (B, R, J, m, m)
    boxes = ops.cast(boxes, "float32")
    low = boxes[..., :2]
    sides = ops.maximum(boxes[..., 2:] - low, 1.0)  # (B, R, 2)
    pixels = ops.ceil(sides)
    centres, step = _highest_peaks(maps, pixels)

    def better(number, best):
        value, place = _highest_around(maps, pixels, ops.take(centres, number, axis=-2), step)
        higher = value > best[0]
        return ops.where(higher, value, best[0]), ops.where(higher[..., None], place, best[1])

    first = _highest_around(maps, pixels, centres[..., 0, :], step)
    _, place = ops.fori_loop(1, CANDIDATES, better, first)
    best, place = _highest_around(maps, pixels, place, ops.ones_like(step))
    scale = ops.expand_dims(sides / pixels, 2)  # (B, R, 1, 2)
    return (place + 0.5) * scale + ops.expand_dims(low, 2), best


def _highest_peaks(maps, pixels):
    """Return the pixels x, y of the highest peaks seen from afar, and how far apart it looked.

    `(B, R, J, CANDIDATES, 2)` float32 and `(B, R, 2)` float32.
    """
    step = (pixels - 1.0) / (COARSE - 1.0)  # (B, R, 2); below 1 pixels repeat
    places = ops.round(ops.arange(COARSE, dtype="float32") * step[..., None])  # (B, R, 2, COARSE)
    weights = _cubic_weights(places, pixels[..., None], maps.shape[-1])  # (B, R, 2, COARSE, m)
    columns, rows = weights[:, :, None, 0], weights[:, :, None, 1]
    seen = ops.matmul(ops.matmul(rows, maps), ops.swapaxes(columns, -1, -2))  # (B, R, J, c, c)
    flat = ops.reshape(seen, (-1, COARSE, COARSE, 1))
    around = ops.max_pool(flat, 3, strides=1, padding="same", data_format="channels_last")
    around = ops.reshape(around, (-1, *maps.shape[1:3], COARSE, COARSE))
    new = ops.pad(places[..., 1:] > places[..., :-1], [(0, 0)] * 3 + [(1, 0)], constant_values=True)
    once = ops.logical_and(new[:, :, 1, :, None], new[:, :, 0, None])  # a pixel counts once
    peaks = ops.where(ops.logical_and(seen >= around, once[:, :, None]), seen, -1e30)
    flat = ops.reshape(peaks, (-1, *maps.shape[1:3], COARSE * COARSE))
    _, index = ops.top_k(flat, CANDIDATES)
    found = ops.stack([index % COARSE, index // COARSE], axis=-1)  # (B, R, J, CANDIDATES, 2)
    pixel = ops.round(ops.cast(found, "float32") * step[:, :, None, None])
    return pixel, ops.ceil(step)


def _highest_around(maps, pixels, centres, step):
    """Return the highest value around a pixel of every map, and the pixel x, y that has it.

    `(B, R, J)` and `(B, R, J, 2)`, for `centres` `(B, R, J, 2)`.
    """
    stride = ops.ceil((2.0 * step + 1.0) / WINDOW)[:, :, None, :, None]  # (B, R, 1, 2, 1)
    offsets = ops.arange(WINDOW, dtype="float32") - WINDOW // 2
    last = pixels[:, :, None, :, None] - 1.0
    places = ops.clip(centres[..., None] + offsets * stride, 0.0, last)  # (B, R, J, 2, WINDOW)
    weights = _cubic_weights(places, last + 1.0, maps.shape[-1])  # (B, R, J, 2, WINDOW, m)
    columns, rows = weights[..., 0, :, :], weights[..., 1, :, :]
    seen = ops.matmul(ops.matmul(rows, maps), ops.swapaxes(columns, -1, -2))  # (B, R, J, w, w)
    flat = ops.reshape(seen, (-1, *maps.shape[1:3], WINDOW * WINDOW))
    index = ops.argmax(flat, axis=-1)  # (B, R, J)
    pixel = [
        ops.take_along_axis(places[..., axis, :], one[..., None], axis=-1)[..., 0]
        for axis, one in enumerate((index % WINDOW, index // WINDOW))
    ]
    return ops.max(flat, axis=-1), ops.stack(pixel, axis=-1)


def _cubic_weights(places, pixels, size):
    """Return what each of `size` cells counts at places of an axis resized to so many pixels.

    Args:
        places: `(..., n)` pixels, whole numbers.
        pixels: number of pixels of the axis, of a shape that broadcasts with `places`.
        size: cells m of the axis.

    Returns:
        `(..., n, m)`, the weights of cubic convolution; cells beyond the ends repeat the last.
    """
    at = (places + 0.5) * (size / pixels) - 0.5
    first = ops.floor(at)
    cells = ops.arange(size, dtype="float32")
    weights = 0.0
    for tap in (-1.0, 0.0, 1.0, 2.0):
        cell = ops.clip(first + tap, 0.0, size - 1.0)[..., None]
        weight = _cubic(ops.abs(at - first - tap))[..., None]
        weights = weights + ops.where(cell == cells, weight, 0.0)
    return weights


def _cubic(distance):
    """Keys' cubic convolution kernel at a distance in 0..2."""
    near = ((CUBIC + 2.0) * distance - (CUBIC + 3.0)) * distance * distance + 1.0
    far = CUBIC * (((distance - 5.0) * distance + 8.0) * distance - 4.0)
    return ops.where(distance <= 1.0, near, far)
