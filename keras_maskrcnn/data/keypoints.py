"""Keypoints of the objects of an image, which move with it."""

import numpy as np

from keras_maskrcnn.data.fields import Field
from keras_maskrcnn.formats.coco.keypoints import to_indices

#: COCO's numbers for what is known of a keypoint.
UNKNOWN, HIDDEN, VISIBLE = 0, 1, 2


class Keypoints(Field):
    """The keypoints of the n objects of one image, a `Field` of `Instances`.

    A point that leaves the image becomes unknown; one that something comes in front of becomes
    hidden, which is still learnt from, as in COCO. Where the image is mirrored, left and right
    change places by the skeleton's pairs.

    Args:
        points: (n, J, 3) float x, y in pixels of the image, and what is known of the point: 0
            nothing, 1 where it is although it is hidden, 2 it is visible.
        skeleton: `keras_maskrcnn.skeletons.Skeleton` of J keypoints.

    Attributes: the arguments; points that are unknown are 0, 0, 0.

    Raises:
        ValueError: the points are of another shape, not finite, or what is known is not 0, 1 or 2.

    Example:

    >>> from keras_maskrcnn.data import Instances, Keypoints
    >>> from keras_maskrcnn.skeletons import Skeleton
    >>> eyes = Skeleton(("left", "right"), mirrored=[("left", "right")])
    >>> field = Keypoints([[[3, 3, 2], [5, 3, 2]]], eyes)
    >>> face = Instances([1], [[2, 2, 7, 6]], fields={"keypoints": field}, image_size=(8, 16))
    >>> face.warp([[-1, 0, 16], [0, 1, 0]], (8, 16)).fields["keypoints"].points.tolist()
    [[[11.0, 3.0, 2.0], [13.0, 3.0, 2.0]]]
    """

    def __init__(self, points, skeleton):
        points = np.array(points, np.float32).reshape(-1, len(skeleton), 3)
        known = points[..., 2]
        if not np.isin(known, (UNKNOWN, HIDDEN, VISIBLE)).all():
            raise ValueError(
                "`points` must end with 0 (unknown), 1 (hidden) or 2 (visible). "
                f"Received: {sorted(set(known.ravel().tolist()))[:8]}."
            )
        points[known == UNKNOWN] = 0
        if not np.isfinite(points).all():
            raise ValueError("`points` must be finite. Received: NaN or infinity.")
        self.points = points
        self.skeleton = skeleton

    def __len__(self):
        return len(self.points)

    def select(self, rows) -> "Keypoints":
        """Return the keypoints of the objects at `rows`."""
        return Keypoints(self.points[rows], self.skeleton)

    @classmethod
    def joined(cls, parts) -> "Keypoints":
        """Return the keypoints of several fields; ValueError if their skeletons differ."""
        skeletons = [part.skeleton for part in parts]
        if any(one.names != skeletons[0].names for one in skeletons):
            raise ValueError(
                "`parts` must have the same keypoints. Received: "
                f"{sorted({len(one) for one in skeletons})} keypoints, of different names."
            )
        return cls(np.concatenate([part.points for part in parts]), skeletons[0])

    def moved(self, move, image_size) -> "Keypoints":
        """Return the keypoints after a move; those that leave the image are unknown."""
        places = move(self.points[..., :2].reshape(-1, 2)).reshape(self.points[..., :2].shape)
        inside = _within(places, image_size) & (self.points[..., 2] > UNKNOWN)
        known = np.where(inside, self.points[..., 2], UNKNOWN)
        points = np.concatenate([places, known[..., None]], axis=-1)
        return Keypoints(np.where(inside[..., None], points, 0), self.skeleton)

    def mirrored(self) -> "Keypoints":
        """Return the keypoints with left and right exchanged."""
        return Keypoints(self.points[:, list(self.skeleton.order_mirrored)], self.skeleton)

    def hidden(self, cover) -> "Keypoints":
        """Return the keypoints after something came in front: they are hidden there."""
        points = self.points.copy()
        known = points[..., 2] > UNKNOWN
        x, y = points[known][:, :2].T
        row = np.clip(y.astype(int), 0, cover.shape[0] - 1)
        column = np.clip(x.astype(int), 0, cover.shape[1] - 1)
        points[known, 2] = np.where(cover[row, column], HIDDEN, points[known, 2])
        return Keypoints(points, self.skeleton)

    def annotated(self, annotations) -> list[dict]:
        """Return COCO annotations of the objects with their keypoints in them."""
        return [
            {
                **annotation,
                "keypoints": to_indices(points.ravel().tolist()),
                "num_keypoints": int((points[:, 2] > UNKNOWN).sum()),
            }
            for annotation, points in zip(annotations, self.points, strict=True)
        ]

    def to_batch(self, slots) -> dict[str, np.ndarray]:
        """Return "gt_keypoints", float32 (slots, J, 3); 0 in padding rows."""
        rows = np.zeros((slots, *self.points.shape[1:]), np.float32)
        rows[: len(self)] = self.points
        return {"gt_keypoints": rows}


def _within(places, image_size):
    """Which places x, y `(..., 2)` lie in an image of (height, width)."""
    with np.errstate(invalid="ignore"):  # NaN: shown nowhere
        return ((places >= 0) & (places <= np.array(image_size[::-1]))).all(axis=-1)
