"""Semantic maps of sources, and in the batches of a loader."""

import numpy as np
import pytest

from keras_maskrcnn.data import DatasetError, Instances, Loader, Sample, SemanticOfObjects, Source
from keras_maskrcnn.semantics import as_semantic_names, stuff_values


class Two(Source):
    """An image of 4 x 6 with a large object, a small one on it, a crowd and an object's box."""

    class_names = ("cat", "dog")

    def __len__(self):
        return 1

    def __getitem__(self, index):
        boxes = [[0, 0, 3, 4], [1, 1, 2, 2], [4, 0, 6, 2], [4, 3, 6, 4]]
        masks = [np.ones((4, 3), np.uint8), np.ones((1, 1), np.uint8), np.eye(2, dtype=np.uint8)]
        crowd = [False, False, True, False]
        instances = Instances([1, 2, 1, 1], boxes, [*masks, None], crowd, image_size=(4, 6))
        return Sample(np.full((4, 6, 3), 9, np.uint8), instances, 0, "a.png")


MAP = [
    [1, 1, 1, 0, 255, 0],
    [1, 2, 1, 0, 0, 255],
    [1, 1, 1, 0, 0, 0],
    [1, 1, 1, 0, 255, 255],
]


def test_the_map_of_objects():
    source = SemanticOfObjects(Two(), background="ground")
    assert source.semantic_names == ("ground", "cat", "dog")
    assert source.class_names == ("cat", "dog") and Two().semantic_names == ()
    assert source[0].instances.semantic.tolist() == MAP
    with pytest.raises(ValueError, match="1 to 255 different names"):
        SemanticOfObjects(Two(), background="cat")


def test_batches_hold_the_map_only_if_it_is_asked_for():
    source = SemanticOfObjects(Two())
    loader = Loader(source, 1, (8, 8), shuffle=False, ground_truth=("gt_semantic",), workers=0)
    (batch,) = loader[0]
    assert sorted(batch) == ["gt_semantic", "image_sizes", "images"]
    found = batch["gt_semantic"]
    assert found.dtype == np.uint8 and found.shape == (1, 8, 8)
    height, width = batch["image_sizes"][0]  # 5 x 8, the rest is beside the image
    assert (found[0, height:] == 255).all() and (found[0, :height, :width] != 255).any()
    loader.serve(("gt_boxes", "gt_labels"))
    assert "gt_semantic" not in loader[0][0]


def test_a_source_without_maps_is_told_what_to_do():
    with pytest.raises(DatasetError, match="no semantic maps.*SemanticOfObjects"):
        Loader(Two(), 1, 8, ground_truth=("gt_semantic",))


def test_names():
    assert as_semantic_names(2) == ("class 0", "class 1")
    for wrong in ("sky", [], ["sky", "sky"], 0, 256):
        with pytest.raises(ValueError, match="must be 1 to 255 different names"):
            as_semantic_names(wrong)
    assert stuff_values(["things", "sky", "cat"], ["cat"]) == [1]
