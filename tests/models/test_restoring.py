"""After any exception the model is whole. Only on JAX is this any work."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_maskrcnn.models.restoring import weights_kept
from tests.models.conftest import set_weights, small_model, training_batch

pytestmark = pytest.mark.skipif(
    keras.backend.backend() == "tensorflow",
    reason="its iterator reads ahead and raises errors of its own",
)


class Failing(keras.utils.PyDataset):
    """Four batches; from number `sound` on there is an error."""

    def __init__(self, sound, error=None):
        super().__init__()
        self.sound, self.error = sound, error or OSError("the disk is gone")

    def __len__(self):
        return 4

    def __getitem__(self, index):
        if index >= self.sound:
            raise self.error
        return (training_batch(),)


@pytest.fixture(scope="module")
def trained():
    """Compiled as in `test_training`: JAX has what it compiles there."""
    model = set_weights(small_model())
    model.compile(keras.optimizers.SGD(0.01))
    return model


def weights(model):
    return [np.array(ops.convert_to_numpy(v.value)) for v in model.weights]


def moved(model, before):
    return not all(np.array_equal(a, b) for a, b in zip(weights(model), before, strict=True))


@pytest.mark.parametrize("error", [OSError("gone"), KeyboardInterrupt()])
def test_fit_that_fails_in_its_first_step(trained, error):
    before = weights(trained)
    with pytest.raises(type(error)):
        trained.fit(Failing(0, error), verbose=0, shuffle=False)
    assert not moved(trained, before)
    assert trained.detect(np.zeros((64, 64, 3), "uint8"))[0].image_size == (64, 64)


def test_fit_keeps_the_steps_that_were_completed(trained):
    before = weights(trained)
    with pytest.raises(OSError, match="the disk is gone"):
        trained.fit(Failing(2), verbose=0, shuffle=False)
    assert moved(trained, before)
    assert np.isfinite(trained.train_on_batch(training_batch())).all()


def test_validation_evaluation_and_prediction_that_fail(trained):
    before = weights(trained)
    with pytest.raises(OSError, match="the disk is gone"):
        trained.fit(
            Failing(4), steps_per_epoch=1, validation_data=Failing(1), verbose=0, shuffle=False
        )
    assert moved(trained, before)
    before = weights(trained)
    for call in (trained.evaluate, trained.predict):
        for sound in (0, 1):
            with pytest.raises(OSError, match="the disk is gone"):
                call(Failing(sound), verbose=0)
            assert not moved(trained, before)
    assert np.isfinite(trained.train_on_batch(training_batch())).all()


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="others give no array away")
def test_arrays_that_a_failing_step_has_used_up(trained):
    before = weights(trained)
    optimizer = [np.array(v.value) for v in trained.optimizer.variables]
    with pytest.raises(MemoryError), weights_kept(trained, training=True):
        for variable in [*trained.variables, *trained.optimizer.variables]:
            variable.value.delete()  # what donating it does
        raise MemoryError
    assert not moved(trained, before)
    after = [np.array(v.value) for v in trained.optimizer.variables]
    assert all(np.array_equal(a, b) for a, b in zip(after, optimizer, strict=True))
    assert np.isfinite(trained.train_on_batch(training_batch())).all()
