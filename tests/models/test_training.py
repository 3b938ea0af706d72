import keras
import numpy as np
import pytest
from keras import ops

from tests.conftest import users_shares
from tests.models.conftest import set_weights, small_model, training_batch

LOSSES = ["box_loss", "class_loss", "mask_loss", "rpn_box_loss", "rpn_class_loss"]

# Recorded once; every backend must give them: equal weights, nothing sampled at random.
FIRST_STEP = {
    "box_loss": 0.98770,
    "class_loss": 1.79002,
    "mask_loss": 0.69487,
    "rpn_box_loss": 0.01036,
    "rpn_class_loss": 0.90350,
    "loss": 4.38645,
}
SECOND_STEP = {
    "box_loss": 0.46300,
    "class_loss": 1.41675,
    "mask_loss": 0.69675,
    "rpn_box_loss": 0.01141,
    "rpn_class_loss": 0.82835,
    "loss": 3.41626,
}


def close(found, expected):
    assert {k: pytest.approx(v, rel=2e-3, abs=1e-4) for k, v in expected.items()} == {
        k: float(found[k]) for k in expected
    }


@pytest.fixture(scope="module")
def two_steps():
    model = set_weights(small_model())
    model.compile(keras.optimizers.SGD(0.01), jit_compile="auto")  # see conftest.py
    x = training_batch()
    with users_shares():
        return [model.train_on_batch(x, return_dict=True) for _ in range(2)], model


def test_losses_are_equal_on_every_backend(two_steps):
    (first, second), _ = two_steps
    close(first, FIRST_STEP)
    close(second, SECOND_STEP)


def test_loss_is_the_sum_of_the_five(two_steps):
    (first, _), _ = two_steps
    assert sorted(set(first) - {"loss"}) == LOSSES
    assert float(first["loss"]) == pytest.approx(sum(float(first[k]) for k in LOSSES), rel=1e-5)


def test_fitting_lowers_the_loss(two_steps):
    (first, _), model = two_steps
    x = training_batch()
    losses = [float(model.train_on_batch(x, return_dict=True)["loss"]) for _ in range(10)]
    assert losses[-1] < 0.7 * float(first["loss"])


def test_every_part_learns(two_steps):
    _, trained = two_steps
    fresh = set_weights(small_model())
    for part, layer in trained.parts.items():
        pairs = zip(layer.trainable_weights, fresh.parts[part].trainable_weights, strict=True)
        moved = [
            np.abs(ops.convert_to_numpy(a.value) - ops.convert_to_numpy(b.value)).max() > 0
            for a, b in pairs
        ]
        assert np.mean(moved) > 0.9, part


class Batches(keras.utils.PyDataset):
    """A wide image, a tall one, and one without any object."""

    def __len__(self):
        return 3

    def __getitem__(self, index):
        x = training_batch(index)
        if index == 1:
            x["images"] = np.ascontiguousarray(x["images"].transpose(0, 2, 1, 3))
            x["image_sizes"] = x["image_sizes"][:, ::-1].copy()
            x["gt_boxes"] = x["gt_boxes"][..., [1, 0, 3, 2]]
        if index == 2:
            x["gt_labels"] = np.zeros_like(x["gt_labels"])
            x["gt_boxes"] = np.zeros_like(x["gt_boxes"])
        return (x,)


def test_fit_with_mixed_sizes_and_empty_images_logs_all_losses():
    model = set_weights(small_model())
    model.compile("adam")
    data = {"x": Batches(), "validation_data": Batches(), "validation_steps": 1}
    history = model.fit(**data, epochs=1, verbose=0).history
    expected = {f"{prefix}{name}" for prefix in ("", "val_") for name in [*LOSSES, "loss"]}
    assert set(history) == expected
    assert np.isfinite([values[0] for values in history.values()]).all()


def test_mixed_precision_trains_and_predicts():
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = set_weights(small_model())
    finally:
        keras.config.set_dtype_policy(policy)
    model.compile("sgd")
    x = training_batch()
    logs = model.train_on_batch(x, return_dict=True)
    assert float(logs["loss"]) == pytest.approx(FIRST_STEP["loss"], rel=0.1)
    found = model.predict_on_batch({k: x[k] for k in ("images", "image_sizes")})
    assert str(np.asarray(found["boxes"]).dtype) == "float32"
    assert model.backbone.compute_dtype == model.box_head.compute_dtype == "bfloat16"


def test_fit_without_ground_truth_says_what_is_missing(model):
    x = training_batch()
    message = "`x` must hold 'gt_boxes', 'gt_labels' and 'gt_masks' for fit"
    with pytest.raises(ValueError, match=message):
        model.compute_loss(x={"images": x["images"]}, y_pred={})
