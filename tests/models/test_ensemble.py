from types import SimpleNamespace

import numpy as np
import pytest

import keras_maskrcnn as km
from keras_maskrcnn.models.fusion import fuse

NAMES = ["cell", "dust"]


def detections(boxes, labels, scores, masks=None):
    return km.Detections(boxes, labels, scores, masks, NAMES, (40, 40))


def test_boxes_and_scores_by_hand():
    one = detections([[0, 0, 10, 10], [20, 20, 30, 30]], [1, 1], [0.9, 0.5])
    two = detections([[0, 0, 10, 14], [0, 0, 10, 10]], [1, 2], [0.3, 0.6])
    found = fuse([one, two])
    # cell: (0.9 * 10 + 0.3 * 14) / 1.2 = 11, mean score 0.6, both models; the dust on the same
    # place and the second cell are each seen by one of two: half of their scores.
    np.testing.assert_allclose(found.boxes, [[0, 0, 10, 11], [0, 0, 10, 10], [20, 20, 30, 30]])
    np.testing.assert_allclose(found.scores, [0.6, 0.3, 0.25], rtol=1e-6)
    assert found.labels.tolist() == [1, 2, 1] and found.masks is None


def test_two_of_one_model_count_as_one_model_more_at_most():
    crowd = detections([[0, 0, 10, 10]] * 3, [1] * 3, [0.9, 0.6, 0.3])
    found = fuse([crowd, detections(np.zeros((0, 4)), [], [])])
    np.testing.assert_allclose(found.scores, [0.6], rtol=1e-6)


def test_masks_move_with_their_boxes():
    # The same disc, in two boxes around it: it must stay where it is, whatever the box.
    def disc(box, side=28):
        x, y = (
            (np.arange(side) + 0.5) * (box[axis + 2] - box[axis]) / side + box[axis]
            for axis in (0, 1)
        )
        inside = 8 - np.hypot(x[None, :] - 20, y[:, None] - 18)
        return np.clip(inside * 0.5 + 0.5, 0, 1)

    boxes = [[10, 8, 30, 28], [11, 9, 32, 29]]
    one, two = (detections([box], [1], [0.8], disc(box)[None]) for box in boxes)
    found = fuse([one, two])
    assert len(found) == 1
    y, x = np.mgrid[:40, :40] + 0.5
    expected = np.hypot(x - 20, y - 18) <= 8
    assert np.mean(found.masks[0] != expected) < 0.01
    assert found.masks[0].sum() == pytest.approx(np.pi * 64, rel=0.05)


def test_fusing_one_model_with_itself_changes_nothing():
    rng = np.random.default_rng(0)
    corners = np.arange(5)[:, None] * 7.0 + rng.uniform(0, 1, (5, 2))
    one = detections(
        np.concatenate([corners, corners + 6], axis=1),
        [1, 2, 1, 2, 1],
        rng.uniform(0.1, 1, 5),
        rng.uniform(0, 1, (5, 28, 28)),
    )
    found = fuse([one, one, one])
    np.testing.assert_allclose(found.boxes, one.boxes, rtol=1e-5)
    np.testing.assert_allclose(found.scores, one.scores, rtol=1e-5)
    np.testing.assert_allclose(found.mask_probabilities, one.mask_probabilities, atol=0.02)


def test_keypoints_by_hand():
    eyes = km.skeletons.Skeleton(("left", "right"))

    def with_points(box, score, points):
        fields = {"keypoints": np.float32([points]), "pose": np.array([score > 0.5])}
        return km.Detections([box], [1], [score], None, NAMES, (40, 40), fields, eyes)

    one = with_points([0, 0, 10, 10], 0.9, [[2, 4, 0.8], [8, 4, 0.4]])
    two = with_points([0, 0, 10, 14], 0.3, [[6, 4, 0.4], [8, 8, 0.8]])
    found = fuse([two, one])
    # (0.9 * 2 + 0.3 * 6) / 1.2 = 3, and so on; the pose is that of the better one
    np.testing.assert_allclose(found.keypoints, [[[3, 4, 0.7], [8, 5, 0.5]]], rtol=1e-6)
    assert found.fields["pose"].tolist() == [True] and found.skeleton == eyes
    nothing = fuse([one[:0], two[:0]])
    assert nothing.keypoints.shape == (0, 2, 3)


def test_models_of_other_keypoints():
    def of(keypoints, score="probability"):
        branch = km.branches.KeypointBranch(
            keypoints, score=score, head=km.KeypointHead(conv_dims=(8,))
        )
        heads = {"head_names": ("box_head",), "semantic_names": ()}
        return SimpleNamespace(branches=[branch], class_names=NAMES, **heads)

    km.models.Ensemble([of(2), of(2)])
    for other in (of(3), of(2, "logit")):
        with pytest.raises(ValueError, match="`models` must have the same keypoints"):
            km.models.Ensemble([of(2), other])


def test_nothing_found():
    nothing = detections(np.zeros((0, 4)), [], [], np.zeros((0, 28, 28)))
    found = fuse([nothing, nothing])
    assert len(found) == 0 and found.mask_probabilities.shape == (0, 28, 28)


def test_masks_of_pixels_are_refused():
    read = km.Detections.from_masks(np.ones((1, 4, 8), bool), [1], [0.9], ["cell"])
    with pytest.raises(ValueError, match="`found` must hold masks as a network gives them"):
        fuse([read, read])


def test_detects_and_streams(model):
    both = km.models.Ensemble([model, model])
    source = km.data.ShapesSource(3, image_size=(64, 64), seed=1)
    images = [sample.image for sample in source]
    found = both.detect(images, score_threshold=0.1)
    streamed = list(both.detect_stream(iter(images), score_threshold=0.1, batch_size=2))
    assert len(found) == len(streamed) == 3
    for one, two in zip(found, streamed, strict=True):
        assert (one.scores >= 0.1).all()
        np.testing.assert_allclose(one.boxes, two.boxes, atol=1e-3)


def test_models_that_do_not_go_together(model):
    other = km.transfer.replace_heads(model, ["cell"])
    with pytest.raises(ValueError, match=r"Received: \['circle', .*\] and \['cell'\]"):
        km.models.Ensemble([model, other])
    heads = {"head_names": ("box_head",), "semantic_names": (), "branches": []}
    boxes = SimpleNamespace(class_names=model.class_names, **heads)
    with pytest.raises(ValueError, match="`models` must have the same heads"):
        km.models.Ensemble([model, boxes])
    panoptic = SimpleNamespace(semantic_names=("things", "sky"))
    with pytest.raises(ValueError, match=r"models\[1\], .* the map of things, sky. Type model"):
        km.models.Ensemble([model, panoptic])
    with pytest.raises(ValueError, match="must hold at least one model"):
        km.models.Ensemble([])
