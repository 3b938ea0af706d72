import keras
import numpy as np
import pytest
from keras import ops

import keras_maskrcnn as km
from keras_maskrcnn.models.weights import weight_items
from tests.models.conftest import small_model


def test_each_part_moves_at_its_own_rate():
    model = small_model()
    low, high, rest = (keras.optimizers.SGD(rate) for rate in (0.25, 0.5, 1.0))
    optimizer = km.transfer.optimizer_by_part(
        model, {"backbone:P3": low, "backbone": high}, default=rest
    )
    items = {key: v for key, v in weight_items(model).items() if v.trainable}
    before = {key: ops.convert_to_numpy(v.value).copy() for key, v in items.items()}
    optimizer.build(model.trainable_variables)
    optimizer.apply([ops.ones(v.shape) for v in model.trainable_variables])
    moved = {key: before[key] - ops.convert_to_numpy(v.value) for key, v in items.items()}
    for key, rate in (
        ("backbone/stem_conv/kernel", 0.25),
        ("backbone/stage3_block2_2_bn/gamma", 0.25),
        ("backbone/stage4_block1_1_conv/kernel", 0.5),
        ("backbone/stage5_block1_1_conv/kernel", 0.5),
        ("box_head/fc1/kernel", 1.0),
        ("rpn_head/conv1/kernel", 1.0),
    ):
        np.testing.assert_allclose(moved[key], rate, atol=1e-5)


def test_a_part_that_there_is_not():
    optimizer = keras.optimizers.SGD(0.1)
    with pytest.raises(ValueError, match="`parts` must be among .*Received: 'neck'"):
        km.transfer.optimizer_by_part(small_model(), {"neck": optimizer}, default=optimizer)
