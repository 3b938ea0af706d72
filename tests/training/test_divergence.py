import keras
import numpy as np
import pytest

from keras_maskrcnn.training import FiniteLoss


class Batches(keras.utils.PyDataset):
    """Ten batches, number 4 of the second epoch with another target; epochs count as `Loader`'s."""

    def __init__(self, wrong):
        super().__init__()
        self.epoch, self.wrong = 0, wrong

    def __len__(self):
        return 10

    def __getitem__(self, index):
        y = np.full((2, 1), self.wrong if (self.epoch, index) == (2, 4) else 1.0, "float32")
        return np.ones((2, 1), "float32"), y

    def on_epoch_end(self):
        self.epoch += 1

    def file_names(self, number, epoch):
        return [f"epoch {epoch} batch {number} {letter}.jpg" for letter in "ab"]


def model():
    inputs = keras.Input((1,))
    made = keras.Model(inputs, keras.layers.Dense(1)(inputs))
    made.compile(keras.optimizers.SGD(0.01), "mse")
    return made


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
@pytest.mark.parametrize("watched", [False, True])
def test_the_batch_is_named(wrong, watched):
    batches, seen = Batches(wrong), []
    # A callback that Keras must run in step, or none.
    step = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(batch))
    message = (
        r"diverged: loss not finite at batch 5 of epoch 2. Its images: "
        r"'epoch 2 batch 4 a.jpg', 'epoch 2 batch 4 b.jpg'. Train with a smaller learning rate"
    )
    with pytest.raises(ValueError, match=message):
        model().fit(
            batches,
            epochs=3,
            verbose=0,
            shuffle=False,
            callbacks=[FiniteLoss(batches), *([step] if watched else [])],
        )
    assert not watched or len(seen) == 10 + 5


def test_reports_out_of_order():
    batches = Batches(0.0)
    finite = FiniteLoss(batches)
    finite.on_epoch_begin(0)
    finite.on_train_batch_end(1, {"loss": float("nan"), "a_loss": 1.0})
    finite.on_train_batch_begin(2)  # batch 0 has not been heard of: it may be the first
    finite.on_train_batch_end(0, {"loss": 1.0, "a_loss": 1.0})
    with pytest.raises(ValueError, match="loss not finite at batch 2 of epoch 1"):
        finite.on_train_batch_begin(3)


def test_the_last_batch():
    batches = Batches(0.0)
    for end in ("on_epoch_end", "on_test_begin"):
        finite = FiniteLoss(batches)
        finite.on_epoch_begin(0)
        finite.on_train_batch_begin(0)
        finite.on_train_batch_end(0, {"loss": float("inf")})
        with pytest.raises(ValueError, match="at batch 1 of epoch 1"):
            getattr(finite, end)(*([0] if end == "on_epoch_end" else []))
