"""A class for each pixel of an image: what the numbers of semantic and panoptic maps mean."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np

__all__ = [
    "IGNORED",
    "THINGS",
    "PanopticMap",
    "Segment",
    "as_semantic_names",
    "resize_map",
    "stuff_values",
]

#: The value of a pixel of which nothing is known: no loss, no error.
IGNORED = 255

#: The name of the one class of a semantic map that stands for all objects, whatever they are.
THINGS = "things"


def as_semantic_names(given) -> tuple[str, ...]:
    """Return the S names of the values 0..S-1 of a semantic map, of names or of their number.

    Raises:
        ValueError: there is none, more than 255, or one twice.

    >>> as_semantic_names(["sky", "sea"]), as_semantic_names(2)
    (('sky', 'sea'), ('class 0', 'class 1'))
    """
    if isinstance(given, int):
        names = tuple(f"class {value}" for value in range(min(given, IGNORED + 1)))
    else:
        names = () if isinstance(given, str) else tuple(given)
    if not 1 <= len(names) <= IGNORED or len(set(names)) != len(names):
        raise ValueError(
            f"The classes of a semantic map must be 1 to {IGNORED} different names, those of the "
            f"values 0, 1, ..., or their number. Received: {given!r}."
        )
    return names


def stuff_values(semantic_names, class_names) -> list[int]:
    """Return the values of a semantic map that mean stuff: what has no objects, such as sky.

    The others stand for objects: `THINGS`, and names that are among those of objects' classes.

    Args:
        semantic_names: the S names of the values 0..S-1.
        class_names: the K names of classes of objects.

    >>> stuff_values(("things", "sky", "cat", "sea"), ("cat", "dog"))
    [1, 3]
    """
    things = {THINGS, *class_names}
    return [value for value, name in enumerate(semantic_names) if name not in things]


def resize_map(values, image_size) -> np.ndarray:
    """Return a semantic map at another size: each new pixel takes the old one at its centre.

    Args:
        values: uint8 (H, W).
        image_size: (height, width).

    >>> resize_map(np.array([[1, 2]], np.uint8), (1, 4)).tolist()
    [[1, 1, 2, 2]]
    """
    return cv2.resize(values, tuple(image_size)[::-1], interpolation=cv2.INTER_NEAREST_EXACT)


@dataclasses.dataclass(frozen=True)
class Segment:
    """A piece of a panoptic map: one object, or all of one kind of stuff.

    Attributes:
        id: int above 0, the value of its pixels in the map.
        class_name: of the object, or of the stuff.
        is_thing: whether it is an object.
        iscrowd: True for many objects that are not told apart.
        score: in 0..1 of an object that was found, None otherwise.
    """

    id: int
    class_name: str
    is_thing: bool
    iscrowd: bool = False
    score: float | None = None


@dataclasses.dataclass(frozen=True)
class PanopticMap:
    """Which segment each pixel of an image belongs to.

    Attributes:
        ids: int32 (H, W), the id of a segment; 0 where there is none ("void").
        segments: tuple of `Segment` of different ids.

    Raises:
        ValueError: a segment has no pixel, or a pixel belongs to none of the segments.

    Example:

    >>> sky, bird = Segment(7, "sky", False), Segment(9, "bird", True)
    >>> PanopticMap(np.array([[7, 7, 9, 0]]), (sky, bird)).areas()
    {7: 2, 9: 1}
    """

    ids: np.ndarray
    segments: tuple[Segment, ...]

    def __post_init__(self):
        object.__setattr__(self, "ids", np.asarray(self.ids, np.int32))
        object.__setattr__(self, "segments", tuple(self.segments))
        named, there = {one.id for one in self.segments}, set(np.unique(self.ids).tolist()) - {0}
        if len(named) != len(self.segments) or named != there:
            raise ValueError(
                "`segments` must have different ids, those of the pixels that are not 0. Received: "
                f"segments without a pixel {sorted(named - there)[:5]}, pixels without a segment "
                f"{sorted(there - named)[:5]}, {len(self.segments)} segments."
            )

    def areas(self) -> dict[int, int]:
        """Return the number of pixels of each segment, by its id."""
        ids, counts = np.unique(self.ids, return_counts=True)
        return {int(key): int(count) for key, count in zip(ids, counts, strict=True) if key}
