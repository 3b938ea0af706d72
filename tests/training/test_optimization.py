import keras
import numpy as np
import pytest
from keras import ops

from keras_maskrcnn.training import Optimization
from keras_maskrcnn.training.optimization import WarmUp


def rates(steps, at, **choices):
    schedule = Optimization(**choices).rates(steps)
    return [float(schedule(step)) for step in at]


def test_the_cosine_by_hand():
    # 400 steps, of which a twentieth, 20, are warm-up from 1e-5 to 1e-3; the cosine then falls to
    # 1e-5 over 380 steps and is half way, at 5.05e-4, 190 steps in.
    found = rates(400, (0, 10, 20, 210, 400), learning_rate=1e-3)
    assert found == pytest.approx([1e-5, 5.05e-4, 1e-3, 5.05e-4, 1e-5], rel=1e-4)


def test_steps_down_by_hand():
    # After a warm-up of 100 steps, 900 more: a tenth after 600 of them, a hundredth after 800.
    at = (0, 50, 100, 700, 701, 900, 901, 1000)
    found = rates(1000, at, learning_rate=1e-2, schedule="step", warmup=100)
    expected = [1e-4, 5.05e-3, 1e-2, 1e-2, 1e-3, 1e-3, 1e-4, 1e-4]
    assert found == pytest.approx(expected, rel=1e-4)


def test_a_constant_rate():
    found = rates(100, (0, 50, 200), learning_rate=1e-2, schedule="constant", warmup=0)
    assert found == pytest.approx([1e-2] * 3)


def test_the_default_warm_up_ends_at_a_thousand_steps():
    found = rates(10**6, (999, 1000), learning_rate=1.0, schedule="constant")
    assert found[0] < 1.0 == pytest.approx(found[1])


@pytest.mark.parametrize(
    ("optimizer", "kind", "rate"),
    [("adamw", keras.optimizers.AdamW, 5e-4), ("sgd", keras.optimizers.SGD, 5e-3)],
)
def test_default_rates(optimizer, kind, rate):
    built = Optimization(optimizer, warmup=0).build(steps=10)
    assert isinstance(built, kind) and float(built.learning_rate) == pytest.approx(rate)


def test_a_schedule_is_saved():
    schedule = WarmUp(keras.optimizers.schedules.CosineDecay(0.5, 100), 10)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(schedule))
    assert float(again(37)) == float(schedule(37))


def dense():
    layer = keras.layers.Dense(1, kernel_initializer="ones", bias_initializer="ones")
    layer.build((None, 2))
    return layer


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_kernels_decay_and_biases_do_not(optimizer):
    layer = dense()
    choices = Optimization(optimizer, learning_rate=0.5, warmup=0, weight_decay=0.1)
    choices.build(steps=1).apply([ops.zeros((2, 1)), ops.zeros((1,))], [layer.kernel, layer.bias])
    # Without gradients only the decay moves a weight: 1 - 0.5 * 0.1.
    np.testing.assert_allclose(ops.convert_to_numpy(layer.kernel), [[0.95], [0.95]], rtol=1e-5)
    np.testing.assert_allclose(ops.convert_to_numpy(layer.bias), [1.0])


def test_the_gradient_is_clipped():
    layer = dense()
    choices = Optimization(
        "sgd", learning_rate=1.0, warmup=0, schedule="constant", weight_decay=0.0, clip_norm=1.0
    )
    # The norm of (0, 3, 4) is 5: a step of 1 moves by (0, 0.6, 0.8).
    gradients = [ops.convert_to_tensor([[0.0], [3.0]]), ops.convert_to_tensor([4.0])]
    choices.build(steps=9).apply(gradients, [layer.kernel, layer.bias])
    np.testing.assert_allclose(ops.convert_to_numpy(layer.kernel), [[1.0], [0.4]], rtol=1e-5)
    np.testing.assert_allclose(ops.convert_to_numpy(layer.bias), [0.2], rtol=1e-5)


def test_accumulating_is_averaging():
    layer = dense()
    choices = Optimization(
        "sgd", learning_rate=1.0, warmup=0, schedule="constant", weight_decay=0.0, accumulate=2
    )
    optimizer = choices.build(steps=9)
    found = []
    for value in (0.2, 0.4):
        gradients = [ops.full((2, 1), value), ops.full((1,), value)]
        optimizer.apply(gradients, [layer.kernel, layer.bias])
        found.append(float(ops.convert_to_numpy(layer.bias)[0]))
    assert found == pytest.approx([1.0, 0.7])  # nothing, then 1 - (0.2 + 0.4) / 2


@pytest.mark.parametrize("accumulate", [1, 3])
def test_the_average_is_per_update(accumulate):
    # A bias of 1 and gradients of 1 at rate 0.1: 0.9, 0.8, 0.7 after three updates. Keras' average
    # starts at 0.9; with a momentum of 0.5 it becomes 0.85 and then 0.775.
    layer = dense()
    choices = Optimization(
        "sgd",
        learning_rate=0.1,
        warmup=0,
        schedule="constant",
        weight_decay=0.0,
        accumulate=accumulate,
        ema=0.5,
    )
    optimizer = choices.build(steps=9)
    optimizer.momentum = 0.0
    for _ in range(3 * accumulate):
        optimizer.apply([ops.zeros((2, 1)), ops.ones((1,))], [layer.kernel, layer.bias])
    assert ops.convert_to_numpy(layer.bias)[0] == pytest.approx(0.7, rel=1e-4)
    if accumulate > 1:  # the other steps of an update in which the weights do not move
        for _ in range(accumulate - 1):
            optimizer.apply([ops.zeros((2, 1)), ops.ones((1,))], [layer.kernel, layer.bias])
    optimizer.finalize_variable_values([layer.kernel, layer.bias])
    assert ops.convert_to_numpy(layer.bias)[0] == pytest.approx(0.775, rel=1e-4)


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"optimizer": "adam"}, r"`optimizer` must be one of \['adamw', 'sgd'\]. Received.*'adam'"),
        ({"schedule": "poly"}, r"`schedule` must be one of \['cosine', 'step', 'constant'\]"),
        ({"learning_rate": 0.0}, "`learning_rate` must be above 0. Received: learning_rate=0.0"),
        ({"warmup": -1}, "`warmup` must be at least 0. Received: warmup=-1"),
        ({"weight_decay": -1.0}, "`weight_decay` must be at least 0"),
        ({"accumulate": 0}, "`accumulate` must be at least 1"),
        ({"ema": 1.0}, "`ema` must be at least 0 and below 1. Received: ema=1.0"),
    ],
)
def test_choices_out_of_range(choices, message):
    with pytest.raises(ValueError, match=message):
        Optimization(**choices)
