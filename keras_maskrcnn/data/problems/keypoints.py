"""Problems of keypoints."""

from collections.abc import Iterator

import numpy as np

from keras_maskrcnn.data.problems.findings import Finding
from keras_maskrcnn.wording import counted, listed


def stray_findings(objects, limits) -> Iterator[Finding]:
    """Yield the objects of an image that have keypoints far away, as if of another object.

    Args:
        objects: `ImageObjects`.
        limits: `Limits`.
    """
    field = objects.instances.fields.get("keypoints")
    if field is None:
        return
    for i, ((x1, y1, x2, y2), points) in enumerate(
        zip(objects.instances.boxes, field.points, strict=True)
    ):
        x, y, known = points.T
        outside = np.max([x1 - x, x - x2, y1 - y, y - y2], axis=0) / max(x2 - x1, y2 - y1)
        outside[known == 0] = 0
        if outside.max() > limits.stray:
            names = [field.skeleton.names[j] for j in np.flatnonzero(outside > limits.stray)]
            what = (
                f"has keypoints {outside.max():.1f} times the side of its box away: {listed(names)}"
            )
            yield objects.finding("stray_keypoint", what, i, distance=float(outside.max()))


def rare_findings(split, source, limits) -> Iterator[Finding]:
    """Yield the keypoints of a source that are known few times, if any are."""
    if source.skeleton is None:
        return
    counts = source.keypoint_counts().sum(axis=0).tolist()
    for name, count in zip(source.skeleton.names, counts, strict=True):
        if any(counts) and count < limits.rare_objects:
            message = f"{split}: {name!r} is known {counted(count, 'time')}"
            yield Finding("rare_keypoint", message, figures={"keypoint": name, "known": count})
