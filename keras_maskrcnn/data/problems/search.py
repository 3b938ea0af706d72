"""Looking through a data set for problems."""

import hashlib
import itertools

import numpy as np

from keras_maskrcnn.data.problems.classes import class_findings
from keras_maskrcnn.data.problems.findings import Finding, Place, worst_first
from keras_maskrcnn.data.problems.fingerprints import THUMBNAIL_LENGTH, digest, thumbnail
from keras_maskrcnn.data.problems.images import (
    boxes_only_findings,
    copy_findings,
    empty_findings,
    leak_findings,
    size_findings,
    skipped_findings,
)
from keras_maskrcnn.data.problems.keypoints import rare_findings, stray_findings
from keras_maskrcnn.data.problems.limits import Limits
from keras_maskrcnn.data.problems.objects import ImageObjects, object_findings


def find_problems(source, other=None, *, limits=None, progress=None) -> list[Finding]:
    """Look at every image and object of a data set for what is, or may be, a mistake.

    Found are, in this order (`KINDS` has severities and words):

    - images that cannot be read, a data set without objects;
    - leaks: images of `other` that `source` holds too, by their pixels or by what they look like;
    - images that are there several times; objects annotated twice, or as two classes; objects whose
      mask covers no pixel; keypoints far from their object; classes that can be measured, but not
      learned;
    - what may be right: objects largely inside another of their class, images that look alike,
      tiny and huge objects, masks in many pieces, shapes left out, objects that have only a box,
      classes with no or few objects, keypoints that are known few times, images without objects,
      images of very different sizes.

    Each image is read once; one thumbnail of 4 kB is kept of each, and compared with all others.
    Crowds are not looked at.

    Args:
        source: the `Source` to train on.
        other: the `Source` to measure on, or None. Classes are compared by name.
        limits: `Limits`, from where on something is a problem. Default: `Limits()`.
        progress: called as `progress(done, total)` after each image, or None.

    Returns:
        list of `Finding`, the worst first; of one kind, the worst first.

    Example:

    >>> from keras_maskrcnn.data import ShapesSource, Subset
    >>> shapes = ShapesSource(20)
    >>> findings = find_problems(Subset(shapes, range(16)), Subset(shapes, [3, *range(16, 20)]))
    >>> findings[0].kind, findings[0].message  # doctest: +NORMALIZE_WHITESPACE
    ('leak', "val image 'shapes_0_000003.png' has the pixels of 'shapes_0_000003.png' in train")
    """
    limits = Limits() if limits is None else limits
    total = len(source) + (0 if other is None else len(other))
    done = itertools.count(1)

    def step():
        if progress is not None:
            progress(next(done), total)

    train = Scan("train", source, limits, step)
    val = None if other is None else Scan("val", other, limits, step)
    findings = []
    for scan in (train,) if val is None else (train, val):
        findings += scan.findings
        findings += copy_findings(scan, limits)
        findings += size_findings(scan, limits)
        findings += empty_findings(scan)
        findings += skipped_findings(scan)
        findings += boxes_only_findings(scan)
    findings += rare_findings("train", source, limits)
    findings += class_findings(train.classes(), None if val is None else val.classes(), limits)
    if val is not None:
        findings += leak_findings(train, val, limits)
    return worst_first(findings)


class Scan:
    """What is remembered of each readable image of a split, and what was found in it alone.

    Args:
        split: "train" or "val".
        source: the `Source`.
        limits: `Limits`.
        step: called without arguments after each image.
    """

    def __init__(self, split, source, limits, step):
        self.split = split
        self.source = source
        self.findings = []
        self.places, self.sizes, self.object_counts, self.object_digests = [], [], [], []
        self.boxes_only = []
        self.by_digest = {}
        self._class_counts = np.zeros(len(source.class_names), np.int64)
        thumbnails = []
        for index in range(len(source)):
            sample = self._read(index)
            if sample is not None:
                place = Place(split, index, sample.file_name)
                self.by_digest.setdefault(digest(sample.image), []).append(len(self.places))
                thumbnails.append(thumbnail(sample.image))
                self._add(place, sample, limits)
            step()
        self.thumbnails = np.array(thumbnails, np.float32).reshape(-1, THUMBNAIL_LENGTH)

    def classes(self) -> dict[str, int]:
        """Return the number of objects of each class, dict from str to int, no crowds."""
        return dict(zip(self.source.class_names, self._class_counts.tolist(), strict=True))

    def _read(self, index):
        """Read the sample, or return None and a finding."""
        try:
            return self.source[index]
        except (OSError, ValueError) as error:  # `ImageReadError` and `DatasetError` among them
            place = Place(self.split, index, None)
            message = f"{self.split} image {index + 1}: {str(error).rstrip('.')}"
            self.findings.append(Finding("unreadable_image", message, (place,)))
            return None

    def _add(self, place, sample, limits):
        """Remember an image and look at its objects."""
        instances = sample.instances
        labels = instances.labels[~instances.iscrowd]
        np.add.at(self._class_counts, labels - 1, 1)
        self.places.append(place)
        self.sizes.append(sample.image.shape[:2])
        self.object_counts.append(len(labels))
        self.object_digests.append(_objects_digest(instances))
        objects = ImageObjects(self.source, place, sample)
        self.boxes_only.append(objects.boxes_only)
        self.findings += object_findings(objects, limits)
        self.findings += stray_findings(objects, limits)


def _objects_digest(instances):
    """Hash classes and masks, or boxes, whatever their order."""
    rows = zip(instances.labels.tolist(), instances.to_rle(), instances.boxes.tolist(), strict=True)
    text = "\n".join(
        sorted(f"{label} {box if rle is None else rle['counts']}" for label, rle, box in rows)
    )
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
