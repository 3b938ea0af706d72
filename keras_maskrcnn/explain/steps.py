"""A model's own layers, run one after another on one image, with what each of them gives."""

import weakref

import keras
import numpy as np
from keras import ops

from keras_maskrcnn.explain.record import Boxes, Stages
from keras_maskrcnn.explain.roi import detected_roi, likeliest_roi
from keras_maskrcnn.layers.levels import stride_of
from keras_maskrcnn.models.detection import network_inputs, prepare, to_detections
from keras_maskrcnn.scores import check_score

_made = weakref.WeakKeyDictionary()


def stages(model, image, *, score_threshold=0.5, detection=0) -> Stages:
    """Run a model on one image and keep what every stage of it gives.

    The model's own layers run, in the order of its `call`; the detections are those of
    `model.detect`. They are compiled with the first image of a model: as with `detect`, what is
    changed in a layer after it is not seen.

    Args:
        model: `FasterRCNN`, `MaskRCNN` or `KeypointRCNN`.
        image: uint8 array `(H, W, C)`, a path or a PIL image.
        score_threshold: lowest score of a detection, in 0..1.
        detection: which of the detections is followed to its mask and its keypoints; 0 is the best.

    Returns:
        `Stages`. If nothing is detected, its `roi` is the proposal likeliest to be an object.

    Raises:
        ValueError: the image cannot be used, the score threshold is not in 0..1, there is no such
            detection, or the model has no region proposal network.

    Example:

    >>> from keras_maskrcnn import MaskRCNN
    >>> from keras_maskrcnn.data import ShapesSource
    >>> model = MaskRCNN.from_preset("mask_rcnn_tiny_shapes")
    >>> made = stages(model, ShapesSource(1, seed=2024)[0].image)
    >>> made.anchors["P3"].shape  # cells down and across, anchors of a cell, corners
    (16, 16, 3, 4)
    >>> made.roi.detection, made.roi.mask_logits.shape
    (0, (28, 28))
    """
    check_score(score_threshold=score_threshold)
    if not model.has_rpn:
        raise ValueError(
            "`model` must have a region proposal network, whose steps are shown. Received: a model "
            "made with rpn=False. Type model.detect(image, proposals=boxes) for its detections."
        )
    given = prepare(model, image, keep=True)
    image, resized = given.original, given.image
    inputs = network_inputs(model.image_resizer, [resized])
    outputs = _steps_of(model).predict_on_batch(inputs)
    outputs = keras.tree.map_structure(lambda x: np.asarray(x)[0], outputs)
    sizes, found = (resized.shape[:2], image.shape[:2]), outputs["found"]
    detections = to_detections(model, found, *sizes, score_threshold)
    made = Stages(
        image=image,
        network_image=inputs["images"][0],
        window=model.image_resizer.window(*sizes[0]),
        detections=detections,
        detection_boxes=found["boxes"][_rows(model, found, sizes, detections)],
        score_threshold=score_threshold,
        class_logits=outputs["class_logits"][outputs["valid"]],
        **_pyramid(outputs),
        **_proposals(outputs),
    )
    if len(detections):
        made.roi = detected_roi(model, made, _checked(detection, detections), sizes)
    elif len(made.class_logits):
        made.roi = likeliest_roi(model, made, sizes)
    return made


def _steps_of(model):
    """Return the `_Steps` of a model, made once: the next image finds it compiled."""
    if model not in _made:
        _made[model] = _Steps(model)
    return _made[model]


class _Steps(keras.Model):
    """The two stages of a model at inference, with all that lies in between.

    A model, so that it runs as the other does: compiled, without gradients, on its device. It has
    the layers of the other and refers weakly to the other itself, which so can be collected.
    """

    def __init__(self, model):
        super().__init__(name="stages", dtype=model.dtype_policy, autocast=False)
        self.own_layers = list(model.layers)
        self.model_ref = weakref.ref(model)
        self.jit_compile = model.jit_compile
        self.built = True

    def call(self, inputs, training=False):
        model = self.model_ref()
        first = model.first_stage(inputs)
        second = model.second_stage(first, inputs)
        (objectness, _), pyramid = first["rpn"], first["pyramid"]
        rpn = *first["rpn"], first["anchors"], inputs["image_sizes"]
        boxes, logits, index = model.proposal_layer.candidates(*rpn)
        chosen, _ = model.proposal_layer.survivors(boxes, logits)
        return {
            "pyramid": {level: ops.cast(x, "float32") for level, x in pyramid.items()},
            "objectness": {level: ops.cast(x, "float32") for level, x in objectness.items()},
            "anchors": {level: ops.expand_dims(x, 0) for level, x in first["anchors"].items()},
            "candidates": (boxes, logits, ops.sigmoid(logits), index),
            "proposals": (first["proposals"], first["proposal_scores"], chosen),
            "valid": first["valid"],
            "class_logits": ops.cast(second["class_logits"], "float32"),
            "found": second["found"],
        }


def _pyramid(outputs):
    """Return the fields of `Stages` that hold something for every cell."""
    pyramid, fields = outputs["pyramid"], {"anchors": {}, "objectness_logits": {}}
    for level, features in pyramid.items():
        cells = features.shape[:2]
        fields["anchors"][level] = outputs["anchors"][level].reshape(*cells, -1, 4)
        fields["objectness_logits"][level] = outputs["objectness"][level].reshape(*cells, -1)
    return {"pyramid": pyramid, "strides": {level: stride_of(level) for level in pyramid}, **fields}


def _proposals(outputs):
    """Return the fields of `Stages` that hold the boxes of the region proposal network."""
    boxes, logits, scores, index = outputs["candidates"]
    levels = np.array(list(outputs["pyramid"]))
    of_row = np.repeat(levels[:, None], boxes.shape[1], axis=1)
    if len(boxes) == 1:  # one choice over all levels: the anchor tells the level
        ends = np.cumsum([len(outputs["anchors"][level]) for level in levels])
        of_row = levels[np.searchsorted(ends, index, side="right")]
    taken = logits.ravel() > float("-inf")
    every = Boxes(boxes.reshape(-1, 4), scores.ravel(), of_row.ravel())
    proposals, proposal_scores, chosen = (x[outputs["valid"]] for x in outputs["proposals"])
    return {
        "candidates": Boxes(*(x[taken] for x in every)),
        "proposals": Boxes(proposals, proposal_scores, every.levels[chosen]),
        "proposal_candidates": (np.cumsum(taken) - 1)[chosen],
    }


def _rows(model, found, sizes, detections):
    """Which rows of the network's outputs the detections are."""
    boxes = model.image_resizer.boxes_to_image(found["boxes"], *sizes)
    scores, labels = detections.scores[:, None], detections.labels[:, None]
    equal = (boxes == detections.boxes[:, None]).all(axis=-1)
    equal &= (found["scores"] == scores) & (found["labels"] == labels) & found["valid"]
    return equal.argmax(axis=1)


def _checked(detection, detections):
    if not 0 <= detection < len(detections):
        raise ValueError(
            f"`detection` must be 0 to {len(detections) - 1}, the last that is found. "
            f"Received: detection={detection}. Lower `score_threshold` to find more."
        )
    return detection
