import io
import subprocess
import sys

import keras
import numpy as np
import pytest

from keras_maskrcnn.evaluation import COCOMetrics

CELL = (10, 10, 20, 20)
KEYS = ["val_box_AP", "val_box_AP50", "val_mask_AP", "val_mask_AP50"]


class Learner(keras.Model):
    """A model that finds the cell of `source_of([[(1, *CELL)]])` in the epochs told to."""

    class_names = ("cell",)

    def __init__(self, model_of, good_epochs, masks=True):
        super().__init__()
        self.dense = keras.layers.Dense(1)
        self.answers = [model_of([rows], masks=masks) for rows in ([(1, 0.9, *CELL)], [])]
        self.good_epochs = good_epochs
        self.measured = []

    def call(self, x):
        return self.dense(x)

    def detect(self, images, **options):
        self.measured.append(self.epoch)
        good = self.epoch in self.good_epochs
        return self.answers[0 if good else 1].detect(images, **options)


class Clock(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        self.model.epoch = epoch


def fit(model, *callbacks, **options):
    model.compile("sgd", "mse")
    x = np.zeros((2, 1), "float32")
    return model.fit(x, x, verbose=0, callbacks=[Clock(), *callbacks], **options).history


def test_figures_reach_the_logs_and_the_best_epoch_is_kept(source_of, model_of, tmp_path):
    model = Learner(model_of, good_epochs={1})
    source = source_of([[(1, *CELL)]])
    path = tmp_path / "{epoch}.weights.h5"
    checkpoint = keras.callbacks.ModelCheckpoint(
        str(path), monitor="val_mask_AP", mode="max", save_best_only=True, save_weights_only=True
    )
    early = keras.callbacks.EarlyStopping("val_box_AP50", mode="max", patience=2)
    history = fit(model, COCOMetrics(source), checkpoint, early, epochs=9)
    for key in KEYS:
        assert history[key] == pytest.approx([0, 1, 0, 0])  # stopped after two without progress
    assert sorted(p.name for p in tmp_path.iterdir()) == ["1.weights.h5", "2.weights.h5"]


def test_every_other_epoch(source_of, model_of):
    model = Learner(model_of, good_epochs={3, 4})
    metrics = COCOMetrics(source_of([[(1, *CELL)]]), every=2)
    history = fit(model, metrics, epochs=7)
    assert model.measured == [0, 1, 3, 5, 6]  # the first and the last too
    assert history["val_mask_AP"] == pytest.approx([0, 0, 0, 1, 1, 0, 0])
    assert metrics.results["images"] == 1
    model.measured.clear()
    fit(model, metrics, epochs=6, initial_epoch=4)  # resumed
    assert model.measured == [4, 5]


def test_without_masks_and_few_images(source_of, model_of):
    model = Learner(model_of, good_epochs={0}, masks=False)
    source = source_of([[(1, *CELL)]] * 3)
    history = fit(model, COCOMetrics(source, max_images=1), epochs=1)
    assert source.loaded == [0]
    assert [key for key in history if key.startswith("val_")] == KEYS[:2]


def test_bad_arguments(source_of):
    with pytest.raises(ValueError, match="`every` must be at least 1. Received: every=0"):
        COCOMetrics(source_of([[]]), every=0)


def test_the_rest_of_evaluation_needs_no_keras():
    code = (
        "import sys, keras_maskrcnn.evaluation as e; e.evaluate; "
        "assert 'keras' not in sys.modules; assert not hasattr(e, 'absent')"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("verbose", [0, 1, 2])
def test_a_line_is_drawn_only_where_fit_draws_a_bar(source_of, model_of, monkeypatch, verbose):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    measure(COCOMetrics(source_of([[(1, *CELL)]])), model_of, verbose)
    assert ("AP [....................] 0/?" in sys.stderr.getvalue()) == (verbose == 1)


def test_who_shows_progress_itself_is_told(source_of, model_of):
    seen = []

    def show(*numbers):
        seen.append(numbers)

    measure(COCOMetrics(source_of([[(1, *CELL)]]), progress=show), model_of, verbose=0)
    assert seen == [(1, 1)]


def measure(callback, model_of, verbose):
    callback.set_model(model_of([[(1, 0.9, *CELL)]]))
    callback.set_params({"verbose": verbose, "epochs": 1})
    callback.on_epoch_end(0, {})
