import json
import os
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import ops

import keras_maskrcnn as km
from keras_maskrcnn import training
from keras_maskrcnn.evaluation.kinds import kinds_of
from keras_maskrcnn.training import RunState
from keras_maskrcnn.training.record_files import read_record


class Saving(keras.Model):
    """Counts the epochs at which it was saved as a preset, and keeps what was saved."""

    saved = ()

    def save_to_preset(self, folder, metadata):
        self.saved = (*self.saved, metadata["training"]["epoch"])
        self.preset = self.get_weights()


def compiled_model(width=4, **choices):
    x = keras.Input((3,))
    y = keras.layers.Dropout(0.5, seed=5)(keras.layers.Dense(width)(x))
    model = Saving(x, keras.layers.Dense(1)(y))
    model.compile(training.Optimization(**choices).build(steps=16), "mse")
    return model


def fit(model, folder, state, killed_in=None):
    """Four epochs of four steps, or as far as it comes."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(16, 3)).astype("float32"), rng.normal(size=(16, 1)).astype("float32")
    averaged = training.AveragedWeights() if model.optimizer.use_ema else None

    def kill(epoch, logs):
        if epoch == killed_in:
            raise KeyboardInterrupt

    (folder / "training").mkdir(parents=True, exist_ok=True)
    model.fit(
        x,
        y,
        validation_data=(x, y),
        batch_size=4,
        shuffle=False,
        initial_epoch=state.epoch,
        epochs=4,
        verbose=0,
        callbacks=[
            *([averaged] if averaged else []),
            training.RunRecorder(folder, state, averaged=averaged),
            keras.callbacks.LambdaCallback(on_epoch_begin=kill),
        ],
    )


@pytest.mark.parametrize(
    "choices",
    [
        {},
        {"ema": 0.9},
        {"optimizer": "sgd", "learning_rate": 0.1, "accumulate": 3, "schedule": "step"},
        {"accumulate": 3, "ema": 0.5, "warmup": 6},
    ],
)
def test_a_resumed_run_ends_where_an_unbroken_one_does(choices, tmp_path):
    keras.utils.set_random_seed(1)
    start = compiled_model().get_weights()
    models = [compiled_model(**choices) for _ in range(3)]
    models[0].set_weights(start)
    fit(models[0], tmp_path / "unbroken", RunState())

    models[1].set_weights(start)
    with pytest.raises(KeyboardInterrupt):
        fit(models[1], tmp_path / "broken", RunState(), killed_in=2)
    path = tmp_path / "broken" / "training" / "checkpoint.safetensors"
    state = training.read_checkpoint(path, models[2])
    assert (state.epoch, len(state.history)) == (2, 2)
    fit(models[2], tmp_path / "broken", state)

    # Equal only if the optimizer's moments, step, sums and averages and the dropout's random state
    # came back.
    for unbroken, resumed in zip(models[0].get_weights(), models[2].get_weights(), strict=True):
        np.testing.assert_allclose(resumed, unbroken, rtol=1e-5, atol=1e-6)
    for unbroken, resumed in zip(models[0].preset, models[2].preset, strict=True):
        np.testing.assert_allclose(resumed, unbroken, rtol=1e-5, atol=1e-6)
    iterations = models[2].optimizer.iterations
    assert int(ops.convert_to_numpy(iterations)) == 16 // choices.get("accumulate", 1)


def test_a_kill_while_writing_keeps_the_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "last"
    model = compiled_model()
    training.write_checkpoint(path, model, RunState(epoch=1))

    def killed(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        training.write_checkpoint(path, model, RunState(epoch=2))
    assert training.read_checkpoint(path, model).epoch == 1


def test_a_checkpoint_of_another_model_or_a_damaged_one(tmp_path):
    path = tmp_path / "last"
    training.write_checkpoint(path, compiled_model(), RunState())
    other = compiled_model(width=5)
    before = other.get_weights()
    with pytest.raises(ValueError, match="was written from another model"):
        training.read_checkpoint(path, other)
    for weight, kept in zip(other.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, kept)
    training.write_checkpoint(path, other, RunState(epoch=-1))
    with pytest.raises(ValueError, match="is damaged: it does not say how far it is"):
        training.read_checkpoint(path, other)
    os.truncate(path, 100)
    with pytest.raises(ValueError, match="is damaged"):
        training.read_checkpoint(path, other)


@pytest.mark.parametrize("content", ["[1]", "{", "[" * 100_000])
def test_a_record_of_a_run_that_is_damaged(tmp_path, content):
    (tmp_path / "recipe.json").write_text(content)
    with pytest.raises(ValueError, match="recipe.json' is damaged: it must hold a JSON object"):
        read_record(tmp_path / "recipe.json")


def test_the_resizer_fits_or_scales():
    assert training.Recipe(image_size=256).resizer().size_of(512, 1024) == (128, 256)
    assert training.Recipe(image_scale=2.0, augment=("crop",)).resizer().size_of(100, 150) == (
        200,
        300,
    )


def record(tmp_path, figures, **options):
    (tmp_path / "training").mkdir()
    x = keras.Input((1,))
    model = Saving(x, keras.layers.Dense(1)(x))
    model.compile("adam", "mse")
    state = RunState()
    recorder = training.RunRecorder(tmp_path, state, **options)
    recorder.set_model(model)
    model.stop_training = False
    for epoch, logs in enumerate(figures):
        recorder.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    return model, state


def test_the_preset_is_that_of_the_best_epoch(tmp_path):
    figures = [0.1, 0.3, 0.2, 0.3, 0.4]
    model, state = record(tmp_path, [{"loss": 1.0, "val_mask_AP": value} for value in figures])
    assert model.saved == (1, 2, 5)
    assert (state.epoch, state.best, state.best_epoch) == (5, 0.4, 5)
    log = (tmp_path / "training" / "log.csv").read_text().splitlines()
    assert log[0] == "epoch,loss,val_mask_AP,learning_rate"
    assert log[2] == "2,1.0,0.3,0.001"


def test_training_stops_after_epochs_without_a_better_figure(tmp_path):
    figures = [{"val_box_AP": value} for value in (0.1, 0.3, 0.2, 0.3, 0.4)]
    _, state = record(tmp_path, figures, patience=2)
    assert (state.epoch, state.best_epoch, state.stopped) == (4, 2, True)


def test_without_ap_the_last_epoch_is_kept(tmp_path):
    model, state = record(tmp_path, [{"loss": 1.0}, {"loss": 2.0}], patience=1)
    assert model.saved == (1, 2)
    assert (state.best, state.best_epoch, state.stopped) == (None, 2, False)


def test_a_loss_that_is_not_finite_ends_the_run_before_anything_is_written(tmp_path):
    with pytest.raises(ValueError, match="diverged: loss of epoch 1 is not finite"):
        record(tmp_path, [{"loss": float("nan"), "val_mask_AP": 0.1}])
    assert os.listdir(tmp_path / "training") == []


def test_a_folder_in_use(tmp_path):
    (tmp_path / "something").write_text("")
    with pytest.raises(FileExistsError, match="Add --resume"):
        training.run.check_folder(tmp_path, resume=False)
    with pytest.raises(FileNotFoundError, match="holds no training run"):
        training.run.check_folder(tmp_path, resume=True)
    (tmp_path / "training").mkdir()
    (tmp_path / "training" / "recipe.json").write_text(json.dumps({}))
    training.run.check_folder(tmp_path, resume=True)
    training.run.check_folder(tmp_path / "new", resume=False)


def test_the_monitored_kind_decides(tmp_path):
    rows = [(0.1, 0.3), (0.2, 0.5), (0.3, 0.4)]
    logs = [{"val_mask_AP": mask, "val_keypoint_AP": points} for mask, points in rows]
    for monitor, best in ((None, (2, 0.5)), ("keypoint", (2, 0.5)), ("mask", (3, 0.3))):
        folder = tmp_path / str(monitor)
        folder.mkdir()
        _, state = record(folder, logs, monitor=monitor)
        assert (state.best_epoch, state.best) == best
    with pytest.raises(ValueError, match=r"a kind that is measured. Received: monitor='box'"):
        record(tmp_path, logs, monitor="box")
    with pytest.raises(ValueError, match="one of .*'semantic', .*='masks'. Did you mean 'mask'"):
        training.Recipe(monitor="masks")


def test_maps_can_be_monitored(tmp_path):
    rows = [(0.1, 0.3, 0.9), (0.2, 0.5, 0.6), (0.3, 0.4, 0.7)]
    keys = ("val_mask_AP", "val_panoptic_PQ", "val_semantic_mIoU")
    logs = [dict(zip(keys, row, strict=True)) for row in rows]
    for monitor, best in ((None, (2, 0.5)), ("panoptic", (2, 0.5)), ("semantic", (1, 0.9))):
        folder = tmp_path / str(monitor)
        folder.mkdir()
        _, state = record(folder, logs, monitor=training.Recipe(monitor=monitor).monitor)
        assert (state.best_epoch, state.best) == best


def test_what_is_monitored_must_be_a_branchs(tmp_path):
    def model_of(*names, classes=("cell",)):
        branches = [getattr(km.branches, name) for name in names]
        return SimpleNamespace(branches=branches, class_names=classes)

    assert kinds_of(model_of("SemanticBranch", classes=())) == ["semantic"]
    assert kinds_of(model_of("KeypointBranch")) == ["box", "keypoint"]
    both = model_of("MaskBranch", "SemanticBranch")
    assert kinds_of(both) == ["semantic", "box", "mask", "panoptic"]
    recipe = training.Recipe(monitor="keypoint")
    message = r"monitor='keypoint', measured: \['semantic', .*\]. Leave it out for 'panoptic'"
    with pytest.raises(ValueError, match=message):
        training.train(both, None, tmp_path / "run", recipe, val_source=both)
    with pytest.raises(ValueError, match=r"measured: \[\]. Give validation images"):
        training.train(both, None, tmp_path / "run", recipe)


def test_image_scale_needs_crop():
    with pytest.raises(ValueError, match="`augment` must hold 'crop' with `image_scale`"):
        training.Recipe(image_scale=2.0, augment=("flip",))


@pytest.mark.parametrize(
    ("recipe", "val_source", "message"),
    [
        (training.Recipe(patience=3), None, "`patience` must be 0 without validation images"),
        (training.Recipe(patience=3, ap_every=5), "any", "`patience` must be at least `ap_every`"),
    ],
)
def test_patience_that_cannot_work(recipe, val_source, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        training.train(None, None, tmp_path / "run", recipe, val_source=val_source)
    assert not (tmp_path / "run").exists()


def test_a_run_that_failed_in_its_first_epoch_blocks_nothing(tmp_path):
    state = tmp_path / "training"
    state.mkdir()
    (state / "recipe.json").write_text("{}")
    training.run.check_folder(tmp_path, resume=False)
    (state / "log.csv").write_text("")
    with pytest.raises(FileExistsError, match="is in use"):
        training.run.check_folder(tmp_path, resume=False)
