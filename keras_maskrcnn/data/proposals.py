"""Proposals of an image: boxes that may hold an object, found by something else than the model."""

import dataclasses

import numpy as np

from keras_maskrcnn.data.fields import Field
from keras_maskrcnn.data.moving_boxes import cut_boxes, hide_boxes, outlines
from keras_maskrcnn.data.source import Sample, Subset
from keras_maskrcnn.formats.files import DatasetError

#: The field of `Instances` that holds them, and their key in a batch.
NAME = "proposals"


class Proposals(Field):
    """The proposals of one image, a `Field` of `Instances` that is of the image.

    They move with the image as boxes do: one that is turned or bent becomes the box around it, one
    at the border is cut, one of which a whole side is hidden becomes shorter, and one of which
    nothing is left is gone.

    Args:
        boxes: (n, 4) xyxy in pixels of the image, best first.

    Attributes:
        boxes: as given, float32.

    Raises:
        ValueError: a box is not finite or has no area.

    Example:

    >>> from keras_maskrcnn.data import Instances, Proposals
    >>> given = Proposals([[1, 1, 5, 4], [6, 0, 8, 2]])
    >>> objects = Instances([1], [[1, 1, 5, 5]], fields={"proposals": given}, image_size=(8, 8))
    >>> objects.warp([[-1, 0, 6], [0, 1, 0]], (8, 6)).fields["proposals"].boxes.tolist()
    [[1.0, 1.0, 5.0, 4.0]]
    """

    of_image = True

    def __init__(self, boxes):
        self.boxes = np.asarray(boxes, np.float32).reshape(-1, 4)
        right = np.isfinite(self.boxes).all(axis=1)
        right &= (self.boxes[:, 2:] > self.boxes[:, :2]).all(axis=1)
        if not right.all():
            row = int((~right).argmax())
            raise ValueError(
                "`boxes` must be finite x1, y1, x2, y2 with an area. Received: "
                f"boxes[{row}]={self.boxes[row].tolist()}. Leave it out."
            )

    def __len__(self):
        return len(self.boxes)

    def select(self, rows) -> "Proposals":
        """Return the proposals at `rows`."""
        return Proposals(self.boxes[rows])

    @classmethod
    def joined(cls, parts) -> "Proposals":
        """Return the proposals of several images that became one."""
        return cls(np.concatenate([part.boxes for part in parts]))

    def moved(self, move, image_size) -> "Proposals":
        """Return the boxes around the moved outlines, of which 9 points a side are followed."""
        points = outlines(self.boxes)
        points = move(points.reshape(-1, 2)).reshape(points.shape)
        seen = np.isfinite(points).all(axis=-1).any(axis=1)
        points = points[seen]
        whole = np.concatenate([np.nanmin(points, axis=1), np.nanmax(points, axis=1)], axis=1)
        return _of_those_left(cut_boxes(whole, image_size))

    def hidden(self, cover) -> "Proposals":
        """Return the boxes around what is left to be seen of each."""
        return _of_those_left(hide_boxes(self.boxes, cover, 0))

    def to_batch(self, slots) -> dict[str, np.ndarray]:
        """Return "proposals", float32 (slots, 4), the first so many; 0 in padding rows."""
        rows = np.zeros((slots, 4), np.float32)
        rows[: len(self)] = self.boxes[:slots]
        return {NAME: rows}


def _of_those_left(boxes):
    left = np.array([box for box in boxes if box is not None], np.float32).reshape(-1, 4)
    return Proposals(left[(left[:, 2:] > left[:, :2]).all(axis=1)])


class WithProposals(Subset):
    """A source with proposals for each of its images, for a model made with `rpn=False`.

    Args:
        source: the `Source`.
        proposals: list of boxes, (n, 4) xyxy in pixels of the image, one entry for each image of
            the source; or a function that takes a `Sample` and returns its boxes.

    Raises:
        ValueError: the list is of another length.

    Example:

    >>> from keras_maskrcnn.data import ShapesSource, WithProposals
    >>> halves = lambda sample: [[0, 0, 64, 128], [64, 0, 128, 128]]
    >>> source = WithProposals(ShapesSource(3, image_size=(128, 128)), halves)
    >>> len(source[2].instances.fields["proposals"])
    2
    """

    def __init__(self, source, proposals):
        super().__init__(source, np.arange(len(source)))
        if not callable(proposals) and len(proposals) != len(source):
            raise ValueError(
                "`proposals` must hold boxes for each image of the source. Received: "
                f"{len(proposals)} for {len(source)} images."
            )
        self.proposals = proposals

    def __getitem__(self, index):
        index = range(len(self))[index]
        sample = super().__getitem__(index)
        given = self.proposals
        boxes = Proposals(given(sample) if callable(given) else given[index])
        fields = {**sample.instances.fields, NAME: boxes}
        return dataclasses.replace(sample, instances=sample.instances.with_fields(fields))


def proposals_of(sample: Sample) -> np.ndarray:
    """Return the proposals of a sample, (n, 4); DatasetError if its source gives none."""
    field = sample.instances.fields.get(NAME)
    if field is None:
        raise DatasetError(
            f"Image '{sample.file_name}' has no proposals, which a model without a region proposal "
            "network needs. Type km.data.WithProposals(source, proposals)."
        )
    return field.boxes
