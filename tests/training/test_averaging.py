import keras
import numpy as np
import pytest
from keras import ops

from keras_maskrcnn.training import AveragedWeights, Optimization


class Watch(keras.callbacks.Callback):
    """Notes the kernel whenever somebody looks at the model."""

    def __init__(self):
        super().__init__()
        self.seen = {}

    def _note(self, when):
        kernel = ops.convert_to_numpy(self.model.trainable_variables[0].value).item()
        self.seen.setdefault(when, []).append(kernel)

    def on_epoch_begin(self, epoch, logs=None):
        self._note("begin")

    def on_test_begin(self, logs=None):
        self._note("test")

    def on_epoch_end(self, epoch, logs=None):
        self._note("end")
        if epoch == 1:
            self.model.stop_training = True


def fit(validate, ema):
    inputs = keras.Input((1,))
    layer = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
    model = keras.Model(inputs, layer(inputs))
    choices = Optimization(
        "sgd", learning_rate=0.1, warmup=0, schedule="constant", weight_decay=0.0, ema=ema
    )
    optimizer = choices.build(steps=9)
    optimizer.momentum = 0.0
    model.compile(optimizer, "mse")
    x, y = np.ones((2, 1), "float32"), np.ones((2, 1), "float32")
    watch = Watch()
    options = {"validation_data": (x, y)} if validate else {}
    callbacks = [AveragedWeights(), watch] if ema else [watch]
    model.fit(
        x, y, batch_size=1, epochs=9, shuffle=False, verbose=0, callbacks=callbacks, **options
    )
    return model, watch.seen


@pytest.mark.parametrize("validate", [False, True])
def test_judged_are_the_averages_and_trained_the_weights(validate):
    # w -> w + 0.2 (1 - w): after the steps 0.2, 0.36 | 0.488, 0.5904 in two epochs of two steps.
    # Averages of momentum 0.5: 0.2, 0.28 | 0.384, 0.4872. Stopped early after two epochs.
    model, seen = fit(validate, ema=0.5)
    assert seen["begin"] == pytest.approx([0.0, 0.36], rel=1e-5)
    assert seen["end"] == pytest.approx([0.28, 0.4872], rel=1e-5)
    assert seen.get("test", seen["end"]) == seen["end"]
    kernel = ops.convert_to_numpy(model.trainable_variables[0].value).item()
    assert kernel == pytest.approx(0.4872, rel=1e-5)


def test_without_averaging_nothing_changes():
    _, seen = fit(False, ema=0.0)
    assert seen["end"] == pytest.approx([0.36, 0.5904], rel=1e-5)


def test_own_weights_for_a_checkpoint():
    model, _ = fit(False, ema=0.5)
    averaged = AveragedWeights()
    averaged.set_model(model)
    (variable,) = model.trainable_variables
    variable.assign([[7.0]])
    with averaged.own_weights():
        assert ops.convert_to_numpy(variable.value).item() == 7.0
    averaged.on_epoch_end(0)
    assert ops.convert_to_numpy(variable.value).item() == pytest.approx(0.4872, rel=1e-5)
    with averaged.own_weights():
        assert ops.convert_to_numpy(variable.value).item() == 7.0
    assert ops.convert_to_numpy(variable.value).item() == pytest.approx(0.4872, rel=1e-5)
