import keras
import numpy as np
import pytest
from keras import ops

import keras_maskrcnn as km
from keras_maskrcnn.models.weights import weight_items
from tests.models.conftest import set_weights, small_model, training_batch


def test_each_part_moves_at_its_own_rate():
    # One step of SGD moves a weight by rate * gradient: with rates 0.1, 0.01 and 1 of a model of
    # equal weights, the moves are those of rate 1 times 0.1, 0.01 and 1.
    moves = []
    for rates in ((1.0, 1.0, 1.0), (0.1, 0.01, 1.0)):
        model = set_weights(small_model())
        low, high, rest = (keras.optimizers.SGD(1e-3 * rate) for rate in rates)
        parts = {"backbone:P3": low, "backbone": high}
        model.compile(km.transfer.optimizer_by_part(model, parts, default=rest))
        items = weight_items(model)
        before = {key: ops.convert_to_numpy(v.value).copy() for key, v in items.items()}
        model.train_on_batch(training_batch())
        moves.append({key: ops.convert_to_numpy(v.value) - before[key] for key, v in items.items()})
    for key, rate in (
        ("backbone/stem_conv/kernel", 0.1),
        ("backbone/stage3_block1_1_conv/kernel", 0.1),
        ("backbone/stage5_block1_1_conv/kernel", 0.01),
        ("box_head/fc1/kernel", 1.0),
        ("rpn_head/conv1/kernel", 1.0),
    ):
        largest = np.abs(moves[0][key]).max()
        assert largest > 0
        np.testing.assert_allclose(moves[1][key], rate * moves[0][key], atol=5e-3 * largest * rate)


def test_a_part_that_there_is_not():
    optimizer = keras.optimizers.SGD(0.1)
    with pytest.raises(ValueError, match="`parts` must be among .*Received: 'neck'"):
        km.transfer.optimizer_by_part(small_model(), {"neck": optimizer}, default=optimizer)
