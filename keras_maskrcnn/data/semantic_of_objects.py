"""Semantic maps of data sets that have only objects."""

import dataclasses

import numpy as np

from keras_maskrcnn.data.source import Sample, Subset
from keras_maskrcnn.semantics import IGNORED, as_semantic_names


class SemanticOfObjects(Subset):
    """A source with a semantic map for each image, made of the masks of its objects.

    So that a semantic model can be trained on any data set of objects with masks. Of objects that
    overlap the smaller lies on top. Crowds, and objects that have only a box, are ignored.

    Args:
        source: a `Source` whose objects have masks.
        background: name of all that is no object, which has the value 0; an object of class k has
            the value k.

    Raises:
        ValueError: `background` is the name of a class, or there are more than 254 classes.

    Example:

    >>> from keras_maskrcnn.data import ShapesSource
    >>> source = SemanticOfObjects(ShapesSource(1))
    >>> source.semantic_names
    ('background', 'circle', 'square', 'triangle')
    >>> source[0].instances.labels.tolist(), np.unique(source[0].instances.semantic).tolist()
    ([1, 2], [0, 1, 2])
    """

    def __init__(self, source, background="background"):
        super().__init__(source, np.arange(len(source)))
        self.semantic_names = as_semantic_names((background, *source.class_names))

    def __getitem__(self, index) -> Sample:
        sample = super().__getitem__(index)
        semantic = _semantic_of(sample.instances)
        return dataclasses.replace(sample, instances=sample.instances.with_semantic(semantic))


def _semantic_of(instances):
    """Return the label of the object seen at each pixel, uint8 (H, W), 0 where there is none."""
    semantic = np.zeros(instances.image_size, np.uint8)
    unknown = instances.iscrowd | ~instances.has_masks
    semantic[instances.select(unknown).union()] = IGNORED
    for i in np.argsort(-instances.areas, kind="stable"):
        if not unknown[i]:
            x1, y1, x2, y2 = instances.boxes[i].astype(int)
            semantic[y1:y2, x1:x2][instances.masks[i].view(bool)] = instances.labels[i]
    return semantic
