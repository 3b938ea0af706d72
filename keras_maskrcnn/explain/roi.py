"""One box through RoIAlign and the heads of masks and keypoints."""

import numpy as np
from keras import ops

from keras_maskrcnn.branches import KeypointBranch, MaskBranch
from keras_maskrcnn.explain.record import RoI
from keras_maskrcnn.mask_crops import paste
from keras_maskrcnn.models.detection import point_mover


def detected_roi(model, stages, detection, sizes) -> RoI:
    """`RoI` of one of the detections; `sizes` are those of `likeliest_roi`."""
    found = stages.detections[detection]
    return _roi(
        model,
        stages,
        detection,
        sizes,
        label=int(found.labels[0]),
        score=float(found.scores[0]),
        box=stages.detection_boxes[detection],
        image_box=found.boxes[0],
    )


def likeliest_roi(model, stages, sizes) -> RoI:
    """`RoI` of the proposal with the highest probability of a class.

    Args:
        model: `FasterRCNN` or `MaskRCNN`.
        stages: `Stages` with at least one proposal.
        sizes: (height, width) of the resized image, and of the original.
    """
    classes = ops.convert_to_numpy(ops.softmax(stages.class_logits, axis=-1))[:, 1:]
    row, column = np.unravel_index(classes.argmax(), classes.shape)
    box = stages.proposals.boxes[row]
    image_box = model.image_resizer.boxes_to_image(box[None], *sizes)[0]
    score, label = float(classes[row, column]), int(column) + 1
    return _roi(model, stages, None, sizes, label=label, score=score, box=box, image_box=image_box)


def _roi(model, stages, detection, sizes, *, label, score, box, image_box):
    masks, keypoints = (_branch(model, kind) for kind in (MaskBranch, KeypointBranch))
    roi_align = getattr(masks or keypoints, "roi_align", model.box_roi_align)
    features = {level: stages.pyramid[level][None] for level in model.backbone.output}
    boxes = ops.convert_to_tensor(box[None, None])
    level = list(features)[int(roi_align.levels(features, boxes)[0, 0])]
    axes = roi_align.sampling_points(features, boxes)
    points = _points(*axes)
    edges = [None if axis.edges is None else _first(axis.edges) for axis in axes]
    features = {key: ops.convert_to_tensor(x) for key, x in features.items()}
    crops = roi_align(features, boxes)
    roi = RoI(
        detection=detection,
        label=label,
        name=model.class_names[label - 1],
        score=score,
        box=box,
        image_box=image_box,
        level=level,
        points=points,
        image_points=(points + 0.5) * stages.strides[level],
        y_edges=edges[0],
        x_edges=edges[1],
        crop=_first(crops),
    )
    if masks:
        logits = masks.head(crops, ops.convert_to_tensor([[label]], "int32"))
        roi.mask_logits = _first(logits)
        roi.mask_probabilities = _first(ops.sigmoid(logits))
        roi.mask = paste(roi.mask_probabilities, image_box, stages.image.shape[:2])
    if keypoints and (keypoints.labels is None or label in keypoints.labels):
        logits = keypoints.head(keypoints.roi_align(features, boxes))
        points = _first(keypoints.find(logits, boxes))[None]
        move = point_mover(model.image_resizer, *sizes)
        roi.keypoint_logits, roi.skeleton = _first(logits), keypoints.skeleton
        roi.keypoints = keypoints.in_image("keypoints", points, move)[0]
    return roi


def _branch(model, kind):
    """Return the model's branch of a kind, None without."""
    return next((branch for branch in model.branches if isinstance(branch, kind)), None)


def _points(y, x):
    """(n, 2) the points of every bin that count, x before y."""
    ys, xs = (_first(axis.positions)[_first(axis.counts)] for axis in (y, x))
    return np.stack([grid.ravel() for grid in np.meshgrid(xs, ys)], axis=1)


def _first(values):
    """Of the only box of the only image, as NumPy."""
    return ops.convert_to_numpy(values)[0, 0]
