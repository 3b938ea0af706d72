"""The kinds of problem that a data set can have, and one found problem."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem.

    Attributes:
        severity: "error" (training stops, or what it measures is worthless), "warning" (it goes on
            and is worse than it need be), or "remark" (may be right; a person should look).
        title: what all findings of the kind have in common, for a heading.
        worst: the figure by which findings of the kind are ordered, or None.
        largest_first: whether the largest value of that figure is the worst.
    """

    severity: str
    title: str
    worst: str | None = None
    largest_first: bool = True


# The worst first.
KINDS = {
    "unreadable_image": Kind("error", "images that cannot be read"),
    "nothing_to_learn": Kind("error", "no object to learn from"),
    "leak": Kind("error", "val images that train holds too"),
    "near_leak": Kind("warning", "val images that look like one of train", "similarity"),
    "duplicate_image": Kind("warning", "images that are there more than once"),
    "duplicate_object": Kind("warning", "objects annotated twice", "iou"),
    "two_classes": Kind("warning", "one region annotated with two classes", "iou"),
    "empty_mask": Kind("warning", "objects whose mask, or box, covers no pixel"),
    "stray_keypoint": Kind("warning", "keypoints far from their object", "distance"),
    "unlearned_class": Kind("warning", "classes of val that train has no object of", "objects"),
    "overlap": Kind("remark", "objects largely inside another of their class", "share"),
    "near_duplicate_image": Kind("remark", "images that look alike", "similarity"),
    "tiny_object": Kind("remark", "objects of very few pixels", "pixels", largest_first=False),
    "huge_object": Kind("remark", "objects that fill almost the whole image", "share"),
    "many_pieces": Kind("remark", "masks in many pieces", "pieces"),
    "skipped_shapes": Kind("remark", "shapes that cannot be a mask and are left out"),
    "boxes_only": Kind("remark", "objects that have only a box"),
    "empty_class": Kind("remark", "classes without objects"),
    "rare_class": Kind("remark", "classes with few objects", "objects", largest_first=False),
    "rare_keypoint": Kind("remark", "keypoints known few times", "known", largest_first=False),
    "unmeasured_class": Kind("remark", "classes that val has no object of"),
    "images_without_objects": Kind("remark", "images without objects"),
    "image_sizes": Kind("remark", "images of very different sizes"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """An image of a data set, and which of its objects.

    Attributes:
        split: "train" or "val".
        index: position in the source.
        file_name: as in `Sample`; None if the image cannot be read.
        objects: numbers of the objects, counted from 1 in the order of the image's annotations.
    """

    split: str
    index: int
    file_name: str | None
    objects: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One found problem.

    Attributes:
        kind: a key of `KINDS`.
        message: one sentence that names the image and the objects.
        places: tuple of `Place`; empty where the data set as a whole is meant.
        figures: the numbers behind it, dict that JSON can hold.

    Example:

    >>> finding = Finding("tiny_object", "'a.png': object 3 (cat) has 2 pixels",
    ...                   (Place("train", 0, "a.png", (3,)),), {"pixels": 2})
    >>> finding.severity, finding.to_dict()["images"][0]["objects"]
    ('remark', [3])
    """

    kind: str
    message: str
    places: tuple[Place, ...] = ()
    figures: dict = field(default_factory=dict)

    @property
    def severity(self) -> str:
        """ "error", "warning" or "remark", see `Kind`."""
        return KINDS[self.kind].severity

    def to_dict(self) -> dict:
        """Return everything as a dict of text, numbers and lists, ready for `json.dump`."""
        images = [
            {
                "split": place.split,
                "index": place.index,
                "file_name": place.file_name,
                "objects": list(place.objects),
            }
            for place in self.places
        ]
        return {
            "kind": self.kind,
            "severity": self.severity,
            "message": self.message,
            "images": images,
            "figures": self.figures,
        }


def worst_first(findings) -> list[Finding]:
    """Return the findings ordered by kind, as in `KINDS`, and within it the worst first."""
    order = {kind: number for number, kind in enumerate(KINDS)}

    def key(finding):
        kind = KINDS[finding.kind]
        value = finding.figures.get(kind.worst, 0)
        return order[finding.kind], -value if kind.largest_first else value

    return sorted(findings, key=key)
