"""The branch that gives every pixel a class."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_maskrcnn as km
from keras_maskrcnn.branches import SemanticBranch
from tests.gradients import gradient


class Given(keras.layers.Layer):
    """A head whose logits are the features, at a quarter of the image's size."""

    num_semantic_classes, stride = 2, 4

    def call(self, features, training=None):
        return features["P2"]


# A network input of 8 x 12 pixels: class 0 on the left cells, class 1 on the right.
LOGITS = np.zeros((1, 2, 3, 2), "float32")
LOGITS[:, :, 0, 0], LOGITS[:, :, 1:, 1] = 8, 8


def branch():
    return SemanticBranch(["sky", "sea"], head=Given())


def loss(logits, targets):
    batch = {"gt_semantic": ops.convert_to_tensor(targets)}
    learnt = branch().learn({"P2": logits}, {}, batch, True)
    return branch().loss(learnt)["semantic_loss"]


def test_the_class_of_each_pixel_is_that_of_the_enlarged_logits():
    found = branch().results({"P2": ops.convert_to_tensor(LOGITS)}, {})["semantic"]
    found = ops.convert_to_numpy(found)
    # Between the centres of the first two cells, at x = 2 and 6, the classes meet at 4.
    assert found.dtype == np.uint8 and found.shape == (1, 8, 12)
    assert (found == np.array([0] * 4 + [1] * 8)).all()


def test_an_image_with_a_nan_has_no_classes():
    logits = np.concatenate([LOGITS, LOGITS])
    logits[1, 0, 0, 0] = np.nan
    found = branch().results({"P2": ops.convert_to_tensor(logits)}, {})["semantic"]
    found = ops.convert_to_numpy(found)
    assert (found[0] < 2).all() and (found[1] == 255).all()


def test_loss_counts_the_pixels_that_are_not_ignored():
    even = ops.zeros((1, 2, 3, 2))
    targets = np.full((1, 8, 11), 255, "uint8")  # a canvas that is no multiple of the stride
    targets[0, 0, 0] = 1
    assert float(loss(even, targets)) == pytest.approx(np.log(2), rel=1e-6)
    sure = ops.convert_to_tensor(LOGITS)
    # logits 8, 0 of the first pixel: log(1 + exp(8)) for class 1; of the last, log(1 + exp(-8))
    assert float(loss(sure, targets)) == pytest.approx(np.log1p(np.exp(8)), rel=1e-6)
    targets[0, 0, 10] = 1
    both = (np.log1p(np.exp(8)) + np.log1p(np.exp(-8))) / 2
    assert float(loss(sure, targets)) == pytest.approx(both, rel=1e-6)


def test_all_ignored_has_no_loss_and_no_gradient():
    targets = np.full((1, 8, 12), 255, "uint8")
    assert float(loss(ops.convert_to_tensor(LOGITS), targets)) == 0.0
    assert (gradient(lambda logits: loss(logits, targets), LOGITS) == 0).all()


def test_weight_of_the_loss():
    targets = np.ones((1, 8, 12), "uint8")
    learnt = {"logits": ops.zeros((1, 2, 3, 2)), "targets": ops.convert_to_tensor(targets)}
    half = SemanticBranch(2, head=Given(), loss_weight=0.5)
    assert float(half.loss(learnt)["semantic_loss"]) == pytest.approx(np.log(2) / 2, rel=1e-6)


@pytest.mark.one_backend
def test_a_source_of_other_classes_is_refused():
    class Source:
        semantic_names = ("sky", "land")

    with pytest.raises(ValueError, match=r"\['sky', 'sea'\]. Received: \['sky', 'land'\]. Type"):
        branch().check_source(Source())
    Source.semantic_names = ()
    with pytest.raises(ValueError, match="Received: no semantic maps. `km.data.SemanticOfObjects"):
        branch().check_source(Source())


@pytest.mark.one_backend
def test_a_head_of_another_number_of_classes_is_refused():
    with pytest.raises(ValueError, match="`head` must have 3 classes"):
        SemanticBranch(3, head=km.SemanticHead(num_semantic_classes=2))
