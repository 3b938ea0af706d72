"""Objects of which nothing is left when their image is made smaller.

Random changes aside: what is counted here is lost in every epoch. `groups` are pairs of a canvas
and the places of the images that go to it, and `resized(size, canvas)` gives the (height, width) of
an image after its resizing.
"""

import math

import numpy as np

from keras_maskrcnn.data.augmentation.affine import scaling
from keras_maskrcnn.data.augmentation.kinds import MIN_VISIBLE
from keras_maskrcnn.wording import counted

_SURE = 64  # an object that covers so many pixels after the resizing keeps some


def count_vanishing(source, groups, resized) -> np.ndarray:
    """Count the objects of each image, crowds aside, that have no pixel left after its resizing.

    Those of which less than a tenth is left are counted too: the `Augmenter` drops them.

    Returns:
        int64, shape (len(source),).
    """
    counts, sizes = np.zeros(len(source), np.int64), source.image_sizes().tolist()
    for canvas, group in groups:
        for index in group.tolist():
            size = tuple(sizes[index])
            new_size = resized(size, canvas)
            pixels = _SURE * (size[0] / new_size[0]) * (size[1] / new_size[1])
            known, small = source.small_objects(index, pixels)
            counts[index] = known - _left(small, new_size)
    return counts


def vanishing_remark(counts, canvases) -> tuple[str, ...]:
    """Return a sentence on what `count_vanishing` found, in a tuple; an empty one if nothing.

    >>> vanishing_remark(np.array([0, 2]), [(32, 64)])[0]
    'left out 2 objects, of which no pixel remains at the size of training (64 x 32 pixels)'
    """
    if not (total := int(counts.sum())):
        return ()
    return (
        f"left out {counted(total, 'object')}, of which no pixel remains at the size of training "
        f"({_stated(canvases)})",
    )


def check_objects(source, groups, resized) -> None:
    """Raise ValueError unless an object, no crowd, keeps a pixel after the resizing."""
    for canvas, group in groups:
        for index in group.tolist():
            _, objects = source.small_objects(index, math.inf)
            if _left(objects, resized(objects.image_size, canvas)):
                return
    objects, crowds = int(source.object_counts().sum()), sum(source.crowd_counts() or ())
    have, advice = "no object", "Check the annotations and the classes to keep."
    if objects:
        size = _stated([canvas for canvas, _ in groups])
        have = f"no pixel of {counted(objects, 'object')} remains at {size}"
        advice = "Train at a larger image size."
    elif crowds:
        every = f"all {counted(crowds, 'object')}"
        have = f"{every} are crowds (iscrowd 1), which are not trained on"
    raise ValueError(
        "The training images must have at least one object to learn from. Received: "
        f"{counted(len(source), 'image')}; {have}. {advice}"
    )


def _left(instances, new_size):
    """Return how many objects an image keeps."""
    matrix, new_size = scaling(instances.image_size, new_size)
    return len(instances.warp(matrix, new_size, min_visible=MIN_VISIBLE))


def _stated(canvases):
    return ", ".join(f"{width} x {height}" for height, width in canvases) + " pixels"
