"""A converted network, and its detections beside the recorded ones."""

import keras
import numpy as np

from keras_maskrcnn import conversion, models
from keras_maskrcnn.models.weights import weight_items


def converted_model(state, family, **arguments):
    """The model of a checkpoint's weights, as `from_preset` builds it."""
    return built(conversion.convert(state, family, **arguments))


def built(converted):
    """The model of what `conversion.convert` gave, with its weights."""
    assert models.MaskRCNN  # registers the class
    model = keras.saving.deserialize_keras_object(converted.config)
    variables = weight_items(model)
    assert list(variables) and set(variables) == set(converted.weights)
    for key, variable in variables.items():
        variable.assign(converted.weights[key])
    return model


def one_batch(model, images, canvas):
    """Network input of images in one batch on a canvas of the given (height, width)."""
    resized = [model.image_resizer(image) for image in images]
    padded = np.zeros((len(resized), *canvas, 3), resized[0].dtype)
    for place, image in zip(padded, resized, strict=True):
        place[: image.shape[0], : image.shape[1]] = image
    sizes = np.array([image.shape[:2] for image in resized], "int32")
    return {"images": padded, "image_sizes": sizes}


def found(model, inputs):
    """The valid detections of each image: a list of dicts of arrays."""
    outputs = {key: np.asarray(value) for key, value in model.predict_on_batch(inputs).items()}
    rows = outputs.pop("valid")
    return [
        {key: value[image][rows[image]] for key, value in outputs.items()}
        for image in range(len(rows))
    ]


def partners(boxes, labels, other_boxes, other_labels):
    """For each box the nearest other box of its label, and the pixels between farthest sides."""
    distances = np.abs(boxes[:, None] - other_boxes).max(-1)
    distances = np.where(labels[:, None] == other_labels, distances, np.inf)
    return distances.argmin(1), distances.min(1)
