"""What the keypoints of an object are called and how they hang together."""

from __future__ import annotations

import dataclasses

__all__ = ["COCO_PERSON", "Skeleton", "as_skeleton", "mirrored_by_name"]


@dataclasses.dataclass(frozen=True)
class Skeleton:
    """The J keypoints of an object.

    Args:
        names: tuple of J different str.
        limbs: tuple of pairs of names, the lines between keypoints.
        mirrored: tuple of pairs of names that change places when the image is mirrored, such as
            ("left_eye", "right_eye").
        sigmas: tuple of J floats above 0, how far apart two people place a keypoint, relative to
            the square root of the object's area (COCO's sigmas). Default: 0.05 for each.

    Raises:
        ValueError: if names repeat, a pair holds other names, or numbers disagree.

    Example:

    >>> arrow = Skeleton(("tip", "left", "right"), [("tip", "left")], [("left", "right")])
    >>> len(arrow), arrow.order_mirrored, arrow.limb_indices
    (3, (0, 2, 1), ((0, 1),))
    """

    names: tuple[str, ...]
    limbs: tuple[tuple[str, str], ...] = ()
    mirrored: tuple[tuple[str, str], ...] = ()
    sigmas: tuple[float, ...] = ()

    def __post_init__(self):
        set_ = object.__setattr__
        set_(self, "names", tuple(self.names))
        set_(self, "limbs", tuple(tuple(pair) for pair in self.limbs))
        set_(self, "mirrored", tuple(tuple(pair) for pair in self.mirrored))
        set_(self, "sigmas", tuple(self.sigmas) or (0.05,) * len(self.names))
        if not self.names or len(set(self.names)) != len(self.names):
            raise ValueError(
                f"`names` must hold different names. Received: names={list(self.names)}."
            )
        for argument in ("limbs", "mirrored"):
            self._check_pairs(argument)
        sides = [name for pair in self.mirrored for name in pair]
        if len(set(sides)) != len(sides):
            raise ValueError(
                "`mirrored` must hold each name once at most. "
                f"Received: mirrored={list(self.mirrored)}."
            )
        if len(self.sigmas) != len(self.names) or not all(sigma > 0 for sigma in self.sigmas):
            raise ValueError(
                f"`sigmas` must hold {len(self.names)} numbers above 0, one per name. "
                f"Received: sigmas={list(self.sigmas)}."
            )

    def _check_pairs(self, argument):
        for pair in getattr(self, argument):
            if len(pair) != 2 or pair[0] == pair[1] or not set(pair) <= set(self.names):
                raise ValueError(
                    f"`{argument}` must hold pairs of two of the names {list(self.names)}. "
                    f"Received: {pair}."
                )

    def __len__(self):
        return len(self.names)

    @property
    def limb_indices(self) -> tuple[tuple[int, int], ...]:
        """The limbs as pairs of indices into the names."""
        return tuple((self.names.index(a), self.names.index(b)) for a, b in self.limbs)

    @property
    def order_mirrored(self) -> tuple[int, ...]:
        """For each keypoint, the index of the one that takes its place in a mirrored image."""
        other = dict(self.mirrored) | {b: a for a, b in self.mirrored}
        return tuple(self.names.index(other.get(name, name)) for name in self.names)

    def fits(self, other) -> bool:
        """Return whether arrays of keypoints mean the same to another skeleton.

        It has as many keypoints, and what both call by one name has one place.

        >>> ends = Skeleton(("tip", "tail"))
        >>> ends.fits(Skeleton(("tail", "tip"))), ends.fits(Skeleton(("a", "b")))
        (False, True)
        """
        places = {name: place for place, name in enumerate(other.names)}
        return len(self) == len(other) and all(
            places.get(name, place) == place for place, name in enumerate(self.names)
        )

    def get_config(self) -> dict:
        """Return the arguments as a dict of lists, for JSON."""
        return {
            "names": list(self.names),
            "limbs": [list(pair) for pair in self.limbs],
            "mirrored": [list(pair) for pair in self.mirrored],
            "sigmas": list(self.sigmas),
        }


def as_skeleton(given) -> Skeleton:
    """Return a `Skeleton` of one, of its config, or of a number of keypoints without names.

    Raises:
        TypeError: for anything else.

    >>> as_skeleton(2).names
    ('keypoint 1', 'keypoint 2')
    """
    if isinstance(given, Skeleton):
        return given
    if isinstance(given, dict):
        return Skeleton(**given)
    if isinstance(given, int) and not isinstance(given, bool) and given > 0:
        return Skeleton(tuple(f"keypoint {number}" for number in range(1, given + 1)))
    raise TypeError(
        "A skeleton must be a `Skeleton`, or the number of keypoints. "
        f"Received: {given!r}. COCO's person is keras_maskrcnn.skeletons.COCO_PERSON."
    )


def mirrored_by_name(names) -> tuple[tuple[str, str], ...]:
    """Return the pairs of names that differ in "left" and "right" alone.

    >>> mirrored_by_name(["nose", "left_eye", "right_eye", "Tail right"])
    (('left_eye', 'right_eye'),)
    """
    pairs = ((name, name.replace("left", "right").replace("Left", "Right")) for name in names)
    return tuple((left, right) for left, right in pairs if left != right and right in names)


_SIDED = ("eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle")

#: COCO's person: 17 keypoints, their limbs, and the sigmas of its evaluation.
COCO_PERSON = Skeleton(
    names=("nose", *(f"{side}_{part}" for part in _SIDED for side in ("left", "right"))),
    limbs=(
        ("left_ankle", "left_knee"),
        ("left_knee", "left_hip"),
        ("right_ankle", "right_knee"),
        ("right_knee", "right_hip"),
        ("left_hip", "right_hip"),
        ("left_shoulder", "left_hip"),
        ("right_shoulder", "right_hip"),
        ("left_shoulder", "right_shoulder"),
        ("left_shoulder", "left_elbow"),
        ("right_shoulder", "right_elbow"),
        ("left_elbow", "left_wrist"),
        ("right_elbow", "right_wrist"),
        ("left_eye", "right_eye"),
        ("nose", "left_eye"),
        ("nose", "right_eye"),
        ("left_eye", "left_ear"),
        ("right_eye", "right_ear"),
        ("left_ear", "left_shoulder"),
        ("right_ear", "right_shoulder"),
    ),
    mirrored=tuple((f"left_{part}", f"right_{part}") for part in _SIDED),
    sigmas=(
        *(0.026, 0.025, 0.025, 0.035, 0.035, 0.079, 0.079, 0.072, 0.072),
        *(0.062, 0.062, 0.107, 0.107, 0.087, 0.087, 0.089, 0.089),
    ),
)
