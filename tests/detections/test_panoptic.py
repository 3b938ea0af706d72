"""Objects and stuff in one map, by the rule of the paper."""

import numpy as np
import pytest

from keras_maskrcnn import Detections
from keras_maskrcnn.drawing import draw_panoptic, draw_semantic
from keras_maskrcnn.semantics import resize_map

NAMES = ("things", "sky", "cat", "sea")
# Of 4 x 10 pixels the left half is sky, then four columns of sea, and one of a thing.
SEMANTIC = np.tile(np.uint8([1] * 5 + [3] * 4 + [0]), (4, 1))


def found(*columns, scores):
    """Cats that take these columns, pairs of first and end."""
    masks = np.zeros((len(columns), 4, 10), bool)
    for mask, (first, end) in zip(masks, columns, strict=True):
        mask[:, first:end] = True
    one = Detections.from_masks(masks, [1] * len(columns), scores, ["cat"])
    arrays = one.boxes, one.labels, one.scores, one._masks
    return Detections(*arrays, ["cat"], (4, 10), None, None, SEMANTIC, NAMES)


def test_better_objects_lie_on_top_and_the_mostly_covered_are_dropped():
    objects = found((0, 4), (2, 6), (3, 5), scores=[0.9, 0.8, 0.7])  # the third is covered by all
    panoptic = objects.panoptic(min_stuff_area=1)
    assert panoptic.ids[0].tolist() == [1, 1, 1, 1, 2, 2, 3, 3, 3, 0]
    assert [(s.class_name, s.is_thing) for s in panoptic.segments] == [
        ("cat", True),
        ("cat", True),
        ("sea", False),
    ]
    assert [s.score for s in panoptic.segments] == pytest.approx([0.9, 0.8, None])


def test_an_object_that_is_covered_by_half_stays():
    ids = found((0, 4), (2, 6), scores=[0.9, 0.8]).panoptic(overlap_threshold=0.5).ids
    assert ids[0].tolist() == [1, 1, 1, 1, 2, 2, 0, 0, 0, 0]
    ids = found((0, 4), (2, 6), scores=[0.9, 0.8]).panoptic(overlap_threshold=0.49).ids
    assert ids[0].tolist() == [1, 1, 1, 1, 0, 0, 0, 0, 0, 0]


def test_small_stuff_and_low_scores_are_left_out():
    objects = found((3, 4), scores=[0.4])
    panoptic = objects.panoptic(min_stuff_area=17)
    assert [(s.class_name, s.id) for s in panoptic.segments] == [("sky", 1)]
    assert panoptic.areas() == {1: 20}
    assert objects.panoptic(min_stuff_area=16, min_score=0.4).areas() == {1: 4, 2: 16, 3: 16}


def test_without_objects_there_is_stuff():
    panoptic = found((0, 1), scores=[0.9])[[]].panoptic(min_stuff_area=1)
    assert [one.class_name for one in panoptic.segments] == ["sky", "sea"]


def test_both_kinds_of_result_are_needed():
    with pytest.raises(ValueError, match="detections without masks and with a semantic map"):
        Detections(
            np.zeros((0, 4)), [], [], None, [], (4, 10), None, None, SEMANTIC, NAMES
        ).panoptic()


def test_the_map_goes_along():
    objects = found((0, 4), (6, 7), scores=[0.9, 0.8])
    assert (objects[1].semantic == SEMANTIC).all() and objects[1].semantic_names == NAMES
    small = objects.resized((2, 5))
    assert small.semantic.tolist() == resize_map(SEMANTIC, (2, 5)).tolist()
    assert small.semantic[0].tolist() == [1, 1, 3, 3, 0]  # the pixel behind each new centre


def test_pictures_paint_stuff_and_leave_things_to_the_objects():
    image = np.full((4, 10, 3), 200, np.uint8)
    painted = found((0, 2), scores=[0.9]).draw(image, show_labels=False)
    assert (painted[0, 9] == 200).all() and (painted[0, 4] != 200).any()
    alone = draw_semantic(image, SEMANTIC, NAMES, show_labels=False)
    assert (alone[:, :5] == alone[0, 0]).all() and (alone[0, 6] != alone[0, 4]).any()
    panoptic = found((0, 2), scores=[0.9]).panoptic(min_stuff_area=1)
    picture = draw_panoptic(image, panoptic, show_labels=False)
    assert (picture[0, 9] == 200).all() and len(np.unique(picture.reshape(-1, 3), axis=0)) >= 4
