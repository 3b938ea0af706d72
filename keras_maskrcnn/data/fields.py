"""Values of objects beside label, box and mask, which ride along with them."""

import numpy as np

from keras_maskrcnn.data.point_moves import mirrors, points_after_remap

#: What `Instances` holds itself.
TAKEN = ("boxes", "labels", "masks", "iscrowd")


class Field:
    """Values of the n objects of one image that change when the image does, such as keypoints.

    `Instances(..., fields={"keypoints": field})` carries it through augmentation and batching: a
    subclass says what becomes of its values, and nothing else has to know it. Values that stay what
    they are (ids, attributes) need no class: give an array of n rows.

    Each method returns a new field and leaves this one as it is.

    Attributes:
        of_image: True for values of the image as a whole, such as proposals: they have no row for
            each object, and stay when objects are left out. Default False.

    Example:

    >>> class Points(Field):
    ...     def __init__(self, points):  # (n, 2) x, y
    ...         self.points = np.asarray(points, np.float32).reshape(-1, 2)
    ...     def __len__(self):
    ...         return len(self.points)
    ...     def select(self, rows):
    ...         return Points(self.points[rows])
    ...     @classmethod
    ...     def joined(cls, parts):
    ...         return cls(np.concatenate([part.points for part in parts]))
    ...     def moved(self, move, image_size):
    ...         return Points(move(self.points))
    ...     def to_batch(self, slots):
    ...         points = np.zeros((slots, 2), np.float32)
    ...         points[: len(self)] = self.points
    ...         return {"gt_points": points}
    >>> from keras_maskrcnn.data import Instances
    >>> one = Instances([1], [[2, 2, 6, 4]], fields={"points": Points([[3, 3]])}, image_size=(8, 8))
    >>> mirrored = one.warp([[-1, 0, 8], [0, 1, 0]], (8, 8))
    >>> mirrored.boxes.tolist(), mirrored.fields["points"].points.tolist()
    ([[2.0, 2.0, 6.0, 4.0]], [[5.0, 3.0]])
    """

    of_image: bool = False

    def __len__(self) -> int:
        """Return the number of objects, or of rows."""
        raise NotImplementedError

    def select(self, rows) -> "Field":
        """Return the values of the objects at `rows`, an int array."""
        raise NotImplementedError

    @classmethod
    def joined(cls, parts) -> "Field":
        """Return the values of several fields of this class, in order."""
        raise NotImplementedError

    def moved(self, move, image_size) -> "Field":
        """Return the values after a move of the image.

        Args:
            move: function that takes points (m, 2) float x, y of the old image and returns where
                they lie in the new one, (m, 2) float64. They may lie outside of it; NaN where a
                deformation shows the point nowhere.
            image_size: (height, width) of the new image.
        """
        raise NotImplementedError

    def mirrored(self) -> "Field":
        """Return the values with left and right exchanged.

        Called after `moved` if the move mirrors the image: a left hand then looks like a right one.
        Default: the field as it is.
        """
        return self

    def hidden(self, cover) -> "Field":
        """Return the values after something came in front of the objects.

        Args:
            cover: bool, shape (H, W), True where they are hidden. Default: the field as it is.
        """
        return self

    def to_batch(self, slots) -> dict[str, np.ndarray]:
        """Return the arrays that the model learns from, by their keys in the batch.

        Args:
            slots: rows of each array; those beyond the objects are padding. There are as many as
                objects, or more; with `of_image`, as many as the `Loader` has `max_proposals`.

        Returns:
            dict from a key, "gt_" and a name, to an array (slots, ...). Default: none.
        """
        return {}


def as_fields(fields, count) -> dict:
    """Return the fields as a dict of `Field` objects and arrays, each of `count` rows.

    Raises:
        ValueError: a name is taken, or a field has another length.
    """
    made = {}
    for name, values in (fields or {}).items():
        if name in TAKEN:
            raise ValueError(f"`fields` must not be named as one of {TAKEN}. Received: '{name}'.")
        made[name] = values if isinstance(values, Field) else np.asarray(values)
        if is_of_image(values):
            continue
        rows = len(made[name]) if np.ndim(made[name]) or isinstance(values, Field) else 0
        if rows != count:
            raise ValueError(
                f"`fields` must have one row for each of the {count} objects. "
                f"Received: '{name}' with {rows}."
            )
    return made


def is_of_image(field) -> bool:
    """Whether a field is of the image, and not of its objects."""
    return isinstance(field, Field) and field.of_image


def select_fields(fields, rows, change=None) -> dict:
    """Return the rows of each field, and what `change` makes of those that are `Field` objects."""
    chosen = {}
    for name, field in fields.items():
        if isinstance(field, Field):
            field = field if field.of_image else field.select(rows)
            chosen[name] = field if change is None else change(field)
        else:
            chosen[name] = field[rows]
    return chosen


def warp_field(field, matrix, image_size) -> Field:
    """Return a `Field` after an affine map, `matrix` (2, 3) of pixel-edge coordinates."""
    linear, shift = matrix[:, :2], matrix[:, 2]
    moved = field.moved(
        lambda points: np.asarray(points, np.float64) @ linear.T + shift, image_size
    )
    return moved.mirrored() if np.linalg.det(linear) < 0 else moved


def remap_field(field, x, y) -> Field:
    """Return a `Field` after `cv2.remap` with the maps `x`, `y`."""

    def move(points):
        moved, shown = points_after_remap(points, x, y)
        return np.where(shown[:, None], moved, np.nan)

    moved = field.moved(move, x.shape)
    return moved.mirrored() if mirrors(x, y) else moved


def hide_fields(fields, cover) -> dict:
    """Return the fields after something, `cover` (H, W) bool, came in front of the objects."""
    return {
        name: field.hidden(cover) if isinstance(field, Field) else field
        for name, field in fields.items()
    }


def join_fields(parts) -> dict:
    """Return the fields of several `Instances`, in order.

    A part without objects may lack a field.

    Raises:
        ValueError: a part with objects lacks a field that another has.
    """
    joined = {}
    for name in dict.fromkeys(name for part in parts for name in part.fields):
        lacking = [number for number, part in enumerate(parts) if name not in part.fields]
        if any(len(parts[number]) for number in lacking):
            raise ValueError(
                f"`parts` must all have the same fields. Received: '{name}' is in some, but not "
                f"in parts {lacking}. Give every image of the data set the field."
            )
        values = [part.fields[name] for part in parts if name in part.fields]
        first = values[0]
        joined[name] = (
            type(first).joined(values) if isinstance(first, Field) else np.concatenate(values)
        )
    return joined


def field_arrays(name, field, slots) -> dict[str, np.ndarray]:
    """Return the arrays of a batch that a field gives for one image, by their keys."""
    if isinstance(field, Field):
        return field.to_batch(slots)
    rows = np.zeros((slots, *field.shape[1:]), field.dtype)
    rows[: len(field)] = field
    return {f"gt_{name}": rows}
