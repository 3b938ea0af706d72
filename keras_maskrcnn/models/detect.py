"""From images of any size to `Detections`: resize, pad, run, and map back."""

import os

import numpy as np

from keras_maskrcnn.data.images import read_image
from keras_maskrcnn.data.resizing import pad_to_multiple
from keras_maskrcnn.detections import Detections

#: Padded sizes are multiples of this, so that images of like sizes share one compiled graph.
PAD_MULTIPLE = 32


def detect(model, images, score_threshold, batch_size):
    """The body of `MaskRCNN.detect`."""
    if isinstance(images, (str, os.PathLike)) or getattr(images, "ndim", 0) == 3:
        images = [images]
    channels = model.backbone.inputs[0].shape[-1]
    images = [_as_image(image, index, channels) for index, image in enumerate(images)]
    resized = [model.image_resizer(image) for image in images]
    padded = [pad_to_multiple(image, PAD_MULTIPLE) for image in resized]
    found = [None] * len(images)
    for rows in _batches([image.shape for image in padded], batch_size):
        filled = rows + rows[-1:] * (batch_size - len(rows))
        outputs = model.predict_on_batch(
            {
                "images": np.stack([padded[row] for row in filled]),
                "image_sizes": np.array([resized[row].shape[:2] for row in filled], "int32"),
            }
        )
        for position, row in enumerate(rows):
            one = {key: np.asarray(value[position]) for key, value in outputs.items()}
            sizes = resized[row].shape[:2], images[row].shape[:2]
            found[row] = _detections(one, *sizes, model.class_names, score_threshold)
    return found


def _batches(shapes, batch_size):
    """Lists of at most `batch_size` row numbers of one padded shape."""
    for shape in sorted(set(shapes)):
        rows = [row for row, other in enumerate(shapes) if other == shape]
        for start in range(0, len(rows), batch_size):
            yield rows[start : start + batch_size]


def _detections(outputs, network_size, image_size, class_names, score_threshold):
    keep = outputs["valid"] & (outputs["scores"] >= score_threshold)
    ratio_y, ratio_x = (new / old for new, old in zip(image_size, network_size, strict=True))
    boxes = outputs["boxes"][keep] * np.array([ratio_x, ratio_y, ratio_x, ratio_y], "float32")
    masks = outputs["masks"][keep] if "masks" in outputs else None
    labels, scores = outputs["labels"][keep], outputs["scores"][keep]
    return Detections(boxes, labels, scores, masks, class_names, image_size)


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
