import numpy as np
import pytest
from keras import ops

from keras_maskrcnn import losses


def t(value, dtype="float32"):
    return ops.convert_to_tensor(np.asarray(value), dtype=dtype)


def test_rpn_class_loss_by_hand():
    # log(1 + e^-2) for the positive, log(1 + e^1) for the negative, padding ignored
    found = losses.rpn_class_loss(
        t([[2.0, 1.0, 50.0]]), t([[True, False, False]], "bool"), t([[True, True, False]], "bool")
    )
    expected = (np.log1p(np.exp(-2)) + np.log1p(np.exp(1))) / 2
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_rpn_box_loss_by_hand():
    # smooth L1, beta 1/9: 0.5 * 0.1^2 * 9 + (2 - 1/18), over the 2 sampled anchors
    deltas = t([[[0.1, 2, 0, 0], [9, 9, 9, 9], [9, 9, 9, 9]]])
    found = losses.rpn_box_loss(
        deltas,
        ops.zeros((1, 3, 4)),
        t([[True, False, True]], "bool"),
        t([[True, True, False]], "bool"),
    )
    assert float(found) == pytest.approx((0.045 + 2 - 1 / 18) / 2, rel=1e-5)


def test_class_loss_by_hand():
    logits = np.log([[[0.5, 0.25, 0.25], [0.1, 0.2, 0.7], [1, 1, 1]]])
    found = losses.class_loss(t(logits), t([[0, 2, 1]], "int32"), t([[True, True, False]], "bool"))
    assert float(found) == pytest.approx(-(np.log(0.5) + np.log(0.7)) / 2, rel=1e-5)


def test_box_loss_reads_the_true_class():
    deltas = np.full((1, 2, 3, 4), 7.0)
    deltas[0, 0, 1] = [1, 0, 0, 0]  # class 2
    found = losses.box_loss(
        t(deltas), ops.zeros((1, 2, 4)), t([[2, 0]], "int32"), t([[True, True]], "bool")
    )
    assert float(found) == pytest.approx((1 - 1 / 18) / 2, rel=1e-5)


def test_mask_loss_by_hand():
    logits = np.full((1, 2, 1, 2), 30.0)
    logits[0, 0, 0] = [0.0, 3.0]  # targets 0.5 and 1
    targets = [[[[0.5, 1.0]], [[0.0, 0.0]]]]
    found = losses.mask_loss(t(logits), t(targets), t([[2, 0]], "int32"), t([[True, True]], "bool"))
    assert float(found) == pytest.approx((np.log(2) + np.log1p(np.exp(-3))) / 2, rel=1e-5)


def test_focal_loss_by_hand():
    # anchors: of class 2, background, neither; sigmoid(log(3)) = 0.75
    logits = np.log([[[1, 3.0], [3.0, 1 / 3], [99, 99]]])
    labels, valid = t([[2, 0, 1]], "int32"), t([[True, True, False]], "bool")
    found = losses.focal_loss(t(logits), labels, valid)
    true = 0.25 * 0.25**2 * -np.log(0.75)
    false = 0.75 * (0.5**2 * -np.log(0.5) + 0.75**2 * -np.log(0.25) + 0.25**2 * -np.log(0.75))
    assert float(found) == pytest.approx(true + false, rel=1e-5)  # one positive
    plain = losses.focal_loss(t(logits), labels, valid, alpha=0.5, gamma=0.0)
    right = 0.5, 0.75, 0.25, 0.75  # of each valid logit, the probability of what is right
    assert float(plain) == pytest.approx(-0.5 * np.log(right).sum(), rel=1e-5)


def test_focal_loss_of_large_logits_is_finite():
    far = losses.focal_loss(t([[[-200.0], [200.0]]]), t([[1, 0]], "int32"), t([[1, 1]], "bool"))
    assert float(far) == pytest.approx(0.25 * 200 + 0.75 * 200, rel=1e-5)


def test_nothing_sampled_is_zero():
    no = t([[False]], "bool")
    zero = t([[0]], "int32")
    values = [
        losses.rpn_class_loss(t([[3.0]]), no, no),
        losses.rpn_box_loss(ops.ones((1, 1, 4)), ops.zeros((1, 1, 4)), no, no),
        losses.class_loss(ops.ones((1, 1, 3)), zero, no),
        losses.box_loss(ops.ones((1, 1, 2, 4)), ops.zeros((1, 1, 4)), zero, no),
        losses.mask_loss(ops.ones((1, 1, 2, 2)), ops.zeros((1, 1, 2, 2)), zero, no),
    ]
    assert [float(v) for v in values] == [0.0] * 5


def test_large_logits_stay_finite():
    yes = t([[True]], "bool")
    assert float(losses.rpn_class_loss(t([[-1e4]]), yes, yes)) == pytest.approx(1e4)
