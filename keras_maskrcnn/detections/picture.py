"""The picture of what was found in an image."""

import numpy as np

from keras_maskrcnn.drawing import draw_instances, draw_keypoints, draw_semantic
from keras_maskrcnn.formats.given_pixels import as_pixels
from keras_maskrcnn.semantics import IGNORED, stuff_values


def drawn(found, image, show_labels) -> np.ndarray:
    """Return a copy of `image` with all of `found` drawn on it, see `Detections.draw`.

    Raises:
        ValueError: the image is of another size, or cannot be read.
    """
    image = as_pixels(image)
    if np.shape(image)[:2] != found.image_size:
        raise ValueError(
            f"`image` must have the size these detections were made at, {found.image_size}. "
            f"Received: image.shape={np.shape(image)}. Pass the image that was given to detect."
        )
    if found.semantic is not None:
        image = _with_stuff(found, image, show_labels is not False)
    masks = found.mask_crops() if found.has_masks else None
    arrays = found.boxes, found.labels, found.scores, masks, found.class_names
    picture = draw_instances(image, *arrays, show_labels=show_labels)
    if found.keypoints is None:
        return picture
    return draw_keypoints(picture, found.keypoints, found.skeleton)


def _with_stuff(found, image, show_labels):
    """Return the image with the classes of the semantic map that stand for no objects."""
    names, stuff = found.semantic_names, stuff_values(found.semantic_names, found.class_names)
    painted = np.where(np.isin(found.semantic, stuff), found.semantic, np.uint8(IGNORED))
    return draw_semantic(image, painted, names, show_labels=show_labels)
