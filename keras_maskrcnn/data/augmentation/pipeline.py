"""All augmentations of a sample, in one call."""

import dataclasses

import numpy as np

from keras_maskrcnn.data.augmentation.affine import compose, scaling, warp_image
from keras_maskrcnn.data.augmentation.kinds import MIN_VISIBLE, Geometric, Mixing, Photometric
from keras_maskrcnn.data.augmentation.names import make_augmentations
from keras_maskrcnn.data.moving_boxes import move_boxes
from keras_maskrcnn.data.source import Sample


class Augmenter:
    """Changes samples at random: image, boxes, masks and fields in step.

    Mixing comes first. Then all geometric moves are multiplied into one matrix, and image and masks
    are resampled once; a sample that is larger than the canvas after it is scaled down. Joint and
    photometric changes follow in the order given. Objects of which less than a tenth is left are
    dropped, crowds always are.

    Args:
        augment: names and objects, see `make_augmentations`.

    Call arguments:
        sample: `Sample`.
        seed: int, sequence of int, or `numpy.random.Generator`. The same seed, the same result.
        canvas: (height, width) that the network will see. Default: the image's after the resizer.
        resizer: `ImageResizer`, applied first. Default: images keep their size.
        draw: function of a Generator that gives another `Sample`; `CopyPaste` and `Mosaic` need it.

    Returns:
        a new `Sample`, no larger than the canvas.

    Raises:
        ValueError: an augmentation is unknown, or one needs `draw`.

    Example:

    >>> from keras_maskrcnn.data import ShapesSource
    >>> change = Augmenter(["flip", "rotate", "color"])
    >>> sample = change(ShapesSource(1)[0], seed=3)
    >>> sample.image.shape, len(sample.instances)
    ((128, 128, 3), 2)
    """

    def __init__(self, augment):
        self.augmentations = make_augmentations(augment)
        self._mixing = [item for item in self.augmentations if isinstance(item, Mixing)]
        self._geometric = [item for item in self.augmentations if isinstance(item, Geometric)]
        self._after = [
            item for item in self.augmentations if not isinstance(item, Mixing | Geometric)
        ]

    def __call__(self, sample, seed, *, canvas=None, resizer=None, draw=None):
        """Return the changed sample, see the class."""
        rng = np.random.default_rng(seed)
        size_of = _as_it_is if resizer is None else resizer.size_of
        sample = without_crowds(sample)
        size = sample.image.shape[:2]
        canvas = size_of(*size) if canvas is None else canvas
        for item in self._chosen(rng, self._mixing):
            if draw is None:
                raise ValueError(
                    f"`draw` must give another sample for {type(item).__name__}. Received: None."
                )
            image, instances = item.mix(
                rng, sample, canvas, size_of, lambda: without_crowds(draw(rng))
            )
            sample = dataclasses.replace(sample, image=image, instances=instances)
            size_of = _as_it_is
        image, instances = self._moved(rng, sample, canvas, size_of)
        for item in self._chosen(rng, self._after):
            if isinstance(item, Photometric):
                image = item.change(rng, image)
            else:
                image, instances = item.change_both(rng, image, instances)
        return dataclasses.replace(sample, image=image, instances=instances)

    def plain_size(self, size, canvas, resizer) -> tuple[int, int]:
        """Return the (height, width) to which an image is resized before anything random.

        Args:
            size: its (height, width).
            canvas, resizer: as in a call.
        """
        size = resizer.size_of(*size)
        return size if any(item.cuts for item in self._geometric) else _fitted(size, canvas)

    def _moved(self, rng, sample, canvas, size_of):
        """Image and objects after all geometric moves, no larger than the canvas."""
        size = sample.image.shape[:2]
        matrix, size = scaling(size, size_of(*size))
        for item in self._chosen(rng, self._geometric):
            boxes = move_boxes(matrix, sample.instances.boxes)
            step, size = item.move(rng, size, canvas, boxes)
            matrix = compose(step, matrix)
        if (fitted := _fitted(size, canvas)) != size:
            step, size = scaling(size, fitted)
            matrix = compose(step, matrix)
        image = warp_image(sample.image, matrix, size)
        return image, sample.instances.warp(matrix, size, min_visible=MIN_VISIBLE)

    def _chosen(self, rng, items):
        """Those whose turn it is."""
        for item in items:
            if item.probability == 1 or rng.random() < item.probability:
                yield item


def _fitted(size, canvas):
    """Return a (height, width) scaled down to one that the canvas holds, if it is larger."""
    if size[0] <= canvas[0] and size[1] <= canvas[1]:
        return size
    scale = min(canvas[0] / size[0], canvas[1] / size[1])
    return tuple(max(1, int(side * scale + 1e-6)) for side in size)


def _as_it_is(height, width):
    return height, width


def without_crowds(sample) -> Sample:
    """Return the sample without regions of many objects not told apart."""
    crowds = sample.instances.iscrowd
    if not crowds.any():
        return sample
    return dataclasses.replace(sample, instances=sample.instances.select(~crowds))
