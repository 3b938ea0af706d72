"""Models that give every pixel a class, alone and beside objects: trained, kept, mapped back."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_maskrcnn as km
from tests.models.conftest import set_weights, small_model, training_batch

NAMES = ("things", "sky", "sea")
IMAGE = np.random.default_rng(0).integers(0, 256, (90, 128, 3)).astype("uint8")


def batch_with_maps():
    batch = training_batch()
    semantic = np.full(batch["images"].shape[:3], 255, "uint8")
    semantic[0, :20], semantic[0, 20:] = 1, 2
    return {**batch, "gt_semantic": semantic}


def fcn(**arguments):
    return km.FCN(
        km.backbones.ResNet(18, filters=(4, 8, 8, 8)),
        km.branches.SemanticBranch(NAMES, head=km.UNetHead(conv_dim=8)),
        image_resizer=km.data.ImageResizer(64, 96),
        feature_pyramid=km.FeaturePyramid(8, extra_level=False),
        **arguments,
    )


def undecided(model):
    """The model with weights of its own and logits of the map that are all 0."""
    set_weights(model)
    for weight in model.branches[-1].head.semantic_logits.weights:
        weight.assign(ops.zeros(weight.shape))
    return model


@pytest.fixture(scope="module")
def trained():
    """An FCN after three steps on one batch, and its losses."""
    model = undecided(fcn())
    model.compile(keras.optimizers.Adam(0.01))
    batch = {key: batch_with_maps()[key] for key in ("images", "image_sizes", "gt_semantic")}
    return model, [model.train_on_batch(batch, return_dict=True) for _ in range(3)]


def test_the_loss_falls_and_is_the_only_one(trained):
    model, logs = trained
    assert set(logs[0]) == {"loss", "semantic_loss"}
    losses = [float(one["semantic_loss"]) for one in logs]
    assert losses[0] == pytest.approx(np.log(3), rel=1e-5) and losses[2] < losses[0]
    assert model.ground_truth == ("gt_semantic",) and model.head_names == ("semantic_head",)


def test_found_in_the_pixels_of_the_image_and_kept(trained, tmp_path):
    model, _ = trained
    (found,) = model.detect(IMAGE)  # 64 x 91 of 64 x 96 pixels
    assert found.semantic.shape == (90, 128) and found.semantic.dtype == np.uint8
    assert len(found) == 0 and found.semantic_names == NAMES and not found.has_masks
    resized = model.image_resizer(IMAGE)
    given = model.predict(model.image_resizer.pad(resized)[None], verbose=0)["semantic"]
    assert given.shape == (1, 64, 96)
    rows, columns = (np.arange(n) * 2 + 1 for n in (3, 3))
    middle = np.ix_((rows * 90 // 64), (columns * 128 // 91))
    assert (found.semantic[middle] == given[0][np.ix_(rows, columns)]).all()
    assert [one.semantic.shape for one in model.detect_stream([IMAGE, IMAGE])] == [(90, 128)] * 2
    model.save_to_preset(tmp_path / "preset")
    again = km.FCN.from_preset(tmp_path / "preset")
    assert (again.detect(IMAGE)[0].semantic == found.semantic).mean() > 0.999
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert (loaded.detect(IMAGE)[0].semantic == found.semantic).mean() > 0.999
    assert isinstance(loaded.branches[0].head, km.UNetHead)


def test_weights_that_are_nan_are_said(trained):
    model = fcn()
    bias = model.branches[0].head.semantic_logits.bias
    bias.assign(ops.full(bias.shape, float("nan")))
    with pytest.raises(ValueError, match="The network gave NaN"):
        model.detect(IMAGE)


@pytest.mark.one_backend
def test_what_a_batch_or_a_source_lacks_is_said(trained):
    model, _ = trained
    with pytest.raises(ValueError, match="`x` must hold 'gt_semantic' for fit and evaluate"):
        model.train_on_batch({"images": IMAGE[None], "image_sizes": np.array([[90, 128]])})
    with pytest.raises(ValueError, match="Received: no semantic maps"):
        model.fit(km.data.Loader(km.data.ShapesSource(1), 1, 64))


@pytest.fixture(scope="module")
def panoptic():
    """A Panoptic FPN in half precision after a step, its logs, and those of a step without maps."""
    mask = small_model()
    layers = {key: mask.sublayers[key] for key in mask.sublayers if key != "backbone"}
    branch = km.branches.SemanticBranch(
        NAMES, head=km.SemanticHead(conv_dim=8, dtype="mixed_bfloat16"), loss_weight=0.5
    )
    model = undecided(
        km.PanopticFPN(
            mask.backbone,
            3,
            semantic=branch,
            class_names=mask.class_names,
            image_resizer=mask.image_resizer,
            **layers,
        )
    )
    model.compile(keras.optimizers.SGD(0.01))
    batch = batch_with_maps()
    first = model.train_on_batch(batch, return_dict=True)
    batch["gt_semantic"][:] = 255
    return model, first, model.train_on_batch(batch, return_dict=True)


def test_six_losses_and_none_of_maps_where_all_is_ignored(panoptic):
    model, first, second = panoptic
    assert model.loss_names[-2:] == ("mask_loss", "semantic_loss")
    losses = [float(value) for name, value in first.items() if name != "loss"]
    assert float(first["loss"]) == pytest.approx(sum(losses), rel=1e-5)
    assert float(first["semantic_loss"]) == pytest.approx(np.log(3) / 2, rel=1e-5)
    assert float(second["semantic_loss"]) == 0 and np.isfinite(float(second["loss"]))
    assert all(np.isfinite(np.asarray(w)).all() for w in model.get_weights())


def test_both_are_found_fused_and_kept(panoptic, tmp_path):
    model, _, _ = panoptic
    (found,) = model.detect(IMAGE, score_threshold=0.0)
    assert found.has_masks and found.semantic.shape == (90, 128)
    panoptic = found.panoptic(min_score=0.0, min_stuff_area=1)
    names = {one.class_name for one in panoptic.segments}
    assert names <= {*model.class_names, "sky", "sea"} and panoptic.ids.shape == (90, 128)
    assert found.draw(IMAGE).shape == IMAGE.shape
    model.save_to_preset(tmp_path / "preset")
    again = km.PanopticFPN.from_preset(tmp_path / "preset")
    (reloaded,) = again.detect(IMAGE, score_threshold=0.0)
    np.testing.assert_allclose(reloaded.boxes, found.boxes, atol=1e-3)
    assert (reloaded.semantic == found.semantic).mean() > 0.99
    assert again.semantic_names == NAMES and again.branches[-1].loss_weight == 0.5


def test_new_classes_of_objects_leave_the_stuff(panoptic):
    model, _, _ = panoptic
    changed = km.transfer.replace_heads(model, ["cat"])
    assert changed.class_names == ("cat",) and changed.semantic_names == NAMES
    kept, weights = (one.branches[-1].head.get_weights() for one in (model, changed))
    assert all((a == b).all() for a, b in zip(kept, weights, strict=True))
