"""Masks and keypoints in one model: trained, saved, and mapped back to the image."""

import keras
import numpy as np
import pytest

import keras_maskrcnn as km
from keras_maskrcnn.branches import KeypointBranch
from keras_maskrcnn.skeletons import Skeleton
from tests.models.conftest import set_weights, small_model, training_batch

ENDS = Skeleton(("left", "right"), limbs=[("left", "right")], mirrored=[("left", "right")])


def keypoints_at_corners(batch):
    """The upper left and the lower right corner of every box, a pixel inside."""
    low, high = batch["gt_boxes"][..., :2] + 1, batch["gt_boxes"][..., 2:] - 1
    known = np.repeat(batch["gt_labels"][..., None, None] > 0, 2, axis=2)
    points = np.stack([low, high], axis=2)
    return {
        **batch,
        "gt_keypoints": np.concatenate([points, 2.0 * known], axis=-1, dtype="float32"),
    }


@pytest.fixture(scope="module")
def trained():
    """A model after a step with keypoints and one with none, and the logs of both."""
    branch = KeypointBranch(ENDS, roi_align=km.RoIAlign(4), head=km.KeypointHead(conv_dims=(8,)))
    model = set_weights(small_model(keypoints=branch))
    model.compile(keras.optimizers.SGD(0.01))
    batch = keypoints_at_corners(training_batch())
    first = model.train_on_batch(batch, return_dict=True)
    batch["gt_keypoints"] = np.zeros_like(batch["gt_keypoints"])
    return model, first, model.train_on_batch(batch, return_dict=True)


def test_the_loss_of_keypoints_begins_near_that_of_a_guess(trained):
    _, first, _ = trained
    assert float(first["keypoint_loss"]) == pytest.approx(np.log(16 * 16), rel=0.2)
    losses = [value for name, value in first.items() if name != "loss"]
    assert float(first["loss"]) == pytest.approx(sum(map(float, losses)), rel=1e-5)


def test_without_a_visible_keypoint_there_is_no_loss_and_nothing_breaks(trained):
    model, _, second = trained
    assert float(second["keypoint_loss"]) == 0.0 and np.isfinite(float(second["loss"]))
    assert all(np.isfinite(np.asarray(w)).all() for w in model.get_weights())


def test_found_and_reloaded(trained, tmp_path):
    model, _, _ = trained
    image = np.random.default_rng(0).integers(0, 256, (90, 128, 3)).astype("uint8")
    (found,) = model.detect(image, score_threshold=0.0)
    assert found.keypoints.shape == (len(found), 2, 3) and found.skeleton == ENDS
    centres = found.keypoints[..., :2]
    assert (centres >= found.boxes[:, None, :2] - 1).all()  # in the pixels of the image
    assert (centres <= found.boxes[:, None, 2:] + 1).all()
    model.save_to_preset(tmp_path / "preset")
    again = km.MaskRCNN.from_preset(tmp_path / "preset")
    (reloaded,) = again.detect(image, score_threshold=0.0)
    np.testing.assert_allclose(reloaded.keypoints, found.keypoints, atol=1e-3)
    assert again.branches[1].skeleton == ENDS
    twice = found.resized((180, 256))
    np.testing.assert_allclose(twice.keypoints, found.keypoints * (2, 2, 1), rtol=1e-5)
    assert found.draw(image).shape == image.shape


def test_another_skeleton_than_the_data_is_refused(trained):
    class Source:
        class_names = trained[0].class_names
        skeleton = None

    with pytest.raises(ValueError, match="`source` must have 2 keypoints .* Received: none"):
        trained[0].branches[1].check_source(Source())
    Source.skeleton = Skeleton(ENDS.names[::-1])
    with pytest.raises(ValueError, match="`source` must have .*skeleton=model.skeleton"):
        trained[0].branches[1].check_source(Source())
