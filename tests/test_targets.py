import keras
import numpy as np
from keras import ops

from keras_maskrcnn.targets import AnchorTargets, ProposalTargets, match, sample


def numpy(tree):
    return keras.tree.map_structure(ops.convert_to_numpy, tree)


def test_match_by_hand():
    # object 0 finds at best 0.5 with box 0; object 1 equals box 2; the third is padding
    gt = ops.array([[[0.0, 0, 10, 5], [20.0, 0, 30, 10], [0.0, 0, 10, 10]]])
    boxes = ops.array([[[0.0, 0, 10, 10], [40.0, 0, 50, 10], [20.0, 0, 30, 10]]])
    valid = ops.array([[True, True, False]])
    index, overlap, attains = numpy(match(gt, valid, boxes))
    assert index[0, [0, 2]].tolist() == [0, 1]
    np.testing.assert_allclose(overlap, [[0.5, 0, 1]])
    assert attains.tolist() == [[True, False, True]]


def test_without_objects_nothing_matches():
    _, overlap, attains = numpy(
        match(ops.zeros((1, 2, 4)), ops.zeros((1, 2), "bool"), ops.ones((1, 3, 4)))
    )
    assert (overlap == -1).all() and not attains.any()


def test_sample_takes_positives_first_and_fills_with_negatives():
    positive = np.zeros((2, 20), bool)
    negative = np.zeros((2, 20), bool)
    positive[0, [3, 5]] = True
    negative[0, 10:] = True
    positive[1, :15] = True
    negative[1, 19] = True
    index, is_positive, valid = numpy(
        sample(ops.array(positive), ops.array(negative), 6, 3, keras.random.SeedGenerator(0))
    )
    assert is_positive.sum(axis=1).tolist() == [2, 3]
    assert valid.sum(axis=1).tolist() == [6, 4]
    assert sorted(index[0, :2]) == [3, 5] and set(index[0, 2:]) <= set(range(10, 20))
    assert set(index[1, :3]) <= set(range(15)) and index[1, 3] == 19
    assert len(set(index[0])) == 6


def test_sampling_is_uniform_and_moves_on():
    seed = keras.random.SeedGenerator(1)
    positive = ops.ones((1, 10), "bool")
    drawn = [numpy(sample(positive, ops.zeros((1, 10), "bool"), 5, 5, seed))[0] for _ in range(60)]
    counts = np.bincount(np.concatenate(drawn).reshape(-1), minlength=10)
    assert counts.sum() == 300 and counts.min() > 15 and counts.max() < 45


def test_anchor_targets_by_hand():
    anchors = ops.array([[0.0, 0, 10, 10], [0.0, 0, 10, 6], [50.0, 50, 60, 60], [0.0, 0, 10, 14]])
    gt = ops.array([[[0.0, 0, 10, 10]]])
    found = numpy(AnchorTargets(samples=8, seed=0)(anchors, gt, ops.array([[1]])))
    # IoU 1, 0.6 (ignored), 0, 0.714
    positive = set(found["index"][0][found["positive"][0]])
    negative = set(found["index"][0][found["valid"][0] & ~found["positive"][0]])
    assert positive == {0, 3} and negative == {2}
    row = found["index"][0].tolist().index(3)
    expected = [0, (5 - 7) / 14, 0, np.log(10 / 14)]
    np.testing.assert_allclose(found["box_deltas"][0, row], expected, atol=1e-6)


def test_low_quality_match_saves_an_object_no_anchor_fits():
    anchors = ops.array([[0.0, 0, 10, 10], [50.0, 50, 60, 60]])
    gt = ops.array([[[0.0, 0, 5, 5]]])  # IoU 0.25 at best
    found = numpy(AnchorTargets(samples=4, seed=0)(anchors, gt, ops.array([[1]])))
    assert set(found["index"][0][found["positive"][0]]) == {0}


def test_proposal_targets_by_hand():
    gt_boxes = ops.array([[[0.0, 0, 10, 10], [0.0, 0, 0, 0]]])
    gt_labels = ops.array([[3, 0]])
    proposals = ops.array([[[0.0, 0, 10, 8], [0.0, 0, 5, 4], [30.0, 30, 40, 40], [0.0, 0, 0, 0]]])
    valid = ops.array([[True, True, True, False]])
    layer = ProposalTargets(samples=8, positive_fraction=0.5, seed=0)
    found = numpy(layer(proposals, valid, gt_boxes, gt_labels))
    assert found["positive"].sum() == 2 and found["valid"].sum() == 4
    assert found["labels"][0].tolist() == [3, 3, 0, 0, 0, 0, 0, 0]
    chosen = {tuple(box) for box in found["proposals"][0, :2].tolist()}
    assert chosen == {(0, 0, 10, 10), (0, 0, 10, 8)}
    assert found["matched"][0, :2].tolist() == [0, 0]
    assert found["matched_boxes"][0, :2].tolist() == [[0, 0, 10, 10]] * 2
    objects = layer.positives(found)
    assert objects["valid"].tolist() == [[True, True, False, False]]
    assert all(rows.shape[:2] == (1, 4) for rows in objects.values())


def test_a_config_of_0_1_held_numbers_of_other_layers():
    config = ProposalTargets(samples=8, seed=0).get_config()
    old = {**config, "mask_size": 14, "box_weights": (10.0, 10.0, 5.0, 5.0)}
    assert ProposalTargets.from_config(old).get_config() == config


def test_image_without_objects_gives_negatives_only():
    proposals = ops.array([[[0.0, 0, 10, 8], [0.0, 0, 5, 4]]])
    layer = ProposalTargets(samples=4, seed=0)
    found = numpy(
        layer(
            proposals,
            ops.ones((1, 2), "bool"),
            ops.zeros((1, 3, 4)),
            ops.zeros((1, 3), "int32"),
        )
    )
    assert found["valid"].sum() == 2 and not found["positive"].any() and not found["labels"].any()
