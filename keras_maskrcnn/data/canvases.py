"""The padded sizes of batches: few, because each costs one compilation."""

import numpy as np

from keras_maskrcnn.data.resizing import ImageResizer


def parse_canvases(image_size) -> list[tuple[int, int]]:
    """Return the list of (height, width), smallest first."""
    if np.isscalar(image_size):
        sizes = [(image_size, image_size)]
    else:
        sizes = [image_size] if np.isscalar(image_size[0]) else image_size
    if not all(len(size) == 2 and min(size) >= 1 for size in sizes):
        raise ValueError(
            "`image_size` must be a number, (height, width) or a list of (height, width). "
            f"Received: image_size={image_size}."
        )
    distinct = dict.fromkeys((int(height), int(width)) for height, width in sizes)
    return sorted(distinct, key=lambda size: size[0] * size[1])


def fitting_resizer(canvases) -> ImageResizer:
    """Return the resizer that makes an image as large as the canvases hold."""
    return ImageResizer(min(map(min, canvases)), max(map(max, canvases)))


def suitable_canvas(size, canvases) -> int:
    """Position of the smallest canvas that holds the size, or of the one that shrinks it least."""
    scales = [min(1.0, h / size[0], w / size[1]) for h, w in canvases]
    return scales.index(max(scales))


def most_different_first(batches) -> list:
    """Let the first two batches differ in height and in width, if any two do.

    Keras derives the shapes that TensorFlow accepts from the first two batches of an epoch.
    """
    canvases = list(dict.fromkeys(canvas for canvas, _ in batches))
    pairs = [(a, b) for a in canvases for b in canvases]
    pair = max(pairs, key=lambda pair: (pair[0][0] != pair[1][0]) + (pair[0][1] != pair[1][1]))
    if pair[0] == pair[1]:
        return batches
    first = [next(batch for batch in batches if batch[0] == canvas) for canvas in pair]
    return first + [batch for batch in batches if all(batch is not other for other in first)]
