"""The semantic map that a network gave, in the pixels of the image."""

import numpy as np

from keras_maskrcnn.detections import Detections
from keras_maskrcnn.semantics import IGNORED


def map_of(model, outputs, resized_size, image_size) -> tuple:
    """Return the semantic map, uint8 `image_size`, and the names of its values; None, () without.

    Args:
        model: `FasterRCNN` or `FCN`.
        outputs: dict of arrays, those of one image of what the model's `call` gave.
        resized_size: (height, width) of the image as the network saw it, without padding.
        image_size: (height, width) of the image.

    Raises:
        ValueError: the network computed a NaN.
    """
    if "semantic" not in outputs:
        return None, ()
    semantic = model.image_resizer.map_to_image(outputs["semantic"], resized_size, image_size)
    if semantic.size and (semantic == IGNORED).all():  # what `SemanticBranch` makes of a NaN
        raise ValueError(
            "The network gave NaN. The model's weights have probably diverged in training: lower "
            "the learning rate."
        )
    return semantic, model.semantic_names


def without_objects(model, outputs, resized_size, image_size) -> Detections:
    """Return `Detections` of a model that finds no objects; arguments as of `map_of`."""
    about = model.class_names, image_size, None, None
    semantic = map_of(model, outputs, resized_size, image_size)
    return Detections(np.zeros((0, 4)), [], [], None, *about, *semantic)
