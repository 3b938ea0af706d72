"""From images of any size to `Detections`: resize, pad, run, and map back."""

import os

import numpy as np

from keras_maskrcnn.data.images import read_image
from keras_maskrcnn.detections import Detections


def detect(model, images, score_threshold, batch_size):
    """The body of `FasterRCNN.detect`."""
    if isinstance(images, (str, os.PathLike)) or getattr(images, "ndim", 0) == 3:
        images = [images]
    channels = model.backbone.inputs[0].shape[-1]
    images = [_as_image(image, index, channels) for index, image in enumerate(images)]
    resized = [model.image_resizer(image) for image in images]
    shapes = [model.image_resizer.padded_size(*image.shape[:2]) for image in resized]
    found = [None] * len(images)
    for rows in _batches(shapes, batch_size):
        filled = rows + rows[-1:] * (batch_size - len(rows))
        outputs = model.predict_on_batch(
            network_inputs(model.image_resizer, [resized[row] for row in filled])
        )
        for position, row in enumerate(rows):
            one = {key: np.asarray(value[position]) for key, value in outputs.items()}
            sizes = resized[row].shape[:2], images[row].shape[:2]
            found[row] = _detections(model, one, *sizes, score_threshold)
    return found


def network_inputs(resizer, resized):
    """What `FasterRCNN.call` takes, of resized images that pad to one size."""
    padded = np.stack([resizer.pad(image) for image in resized])
    if resizer.square:
        # To the network the padding is part of the image; only detections keep to the window.
        sizes = np.full((len(padded), 2), padded.shape[1:3], "int32")
        windows = np.stack([resizer.window(*image.shape[:2]) for image in resized])
        return {"images": padded, "image_sizes": sizes, "windows": windows}
    sizes = np.array([image.shape[:2] for image in resized], "int32")
    return {"images": padded, "image_sizes": sizes}


def _batches(shapes, batch_size):
    """Lists of at most `batch_size` row numbers of one padded shape."""
    for shape in sorted(set(shapes)):
        rows = [row for row, other in enumerate(shapes) if other == shape]
        for start in range(0, len(rows), batch_size):
            yield rows[start : start + batch_size]


def _detections(model, outputs, resized_size, image_size, score_threshold):
    boxes = model.image_resizer.boxes_to_image(outputs["boxes"], resized_size, image_size)
    keep = outputs["valid"] & (outputs["scores"] >= score_threshold)
    keep &= (boxes[:, 2:] > boxes[:, :2]).all(axis=1)
    masks = outputs["masks"][keep] if "masks" in outputs else None
    labels, scores = outputs["labels"][keep], outputs["scores"][keep]
    return Detections(boxes[keep], labels, scores, masks, model.class_names, image_size)


def _as_image(image, index, channels):
    if isinstance(image, (str, os.PathLike)):
        return read_image(image)
    image = np.asarray(image)
    fits = image.ndim == 3 and image.shape[-1] == channels and image.size > 0
    if not fits or image.dtype != np.uint8:
        advice = "Convert with `(255 * image).astype('uint8')` if values lie in 0..1."
        if image.dtype == np.uint8:
            advice = "Drop an alpha channel with `image[..., :3]`; repeat grey three times."
        raise ValueError(
            f"`images` must hold uint8 arrays of shape (H, W, {channels}), or paths. "
            f"Received: images[{index}] of shape {image.shape} and dtype {image.dtype}. {advice}"
        )
    return image
