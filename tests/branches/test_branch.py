"""Branches that the package does not have: one of RoIs, and one of the whole image."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_maskrcnn as km
from keras_maskrcnn.branches import Branch, MaskBranch
from keras_maskrcnn.layers.classes import take_classes
from keras_maskrcnn.models.weights import weight_items
from keras_maskrcnn.targets import ProposalTargets
from tests.models.conftest import set_weights, training_batch


@keras.saving.register_keras_serializable("tests")
class AreaBranch(Branch):
    """How much of its box each object covers, one number per class."""

    ground_truth = ("gt_areas",)
    loss_names = ("area_loss",)
    final_layers = ("area/shares",)
    fields = ("areas",)

    def __init__(self, num_classes=None, name="area", **kwargs):
        super().__init__(name=name, **kwargs)
        self.num_classes = num_classes
        self.roi_align = km.RoIAlign(2, name="area_roi_align")

    def take_classes(self, num_classes):
        take_classes(self, "area", num_classes)

    def build(self, features_shape):
        channels = next(iter(features_shape.values()))[-1]
        self.hidden = keras.layers.Dense(4, activation="relu", name="hidden")
        self.hidden.build((None, None, 4 * channels))
        self.shares = keras.layers.Dense(self.num_classes, name="shares")
        self.shares.build((None, None, 4))
        self.built = True

    def _shares(self, features, boxes, labels):
        crops = self.roi_align(features, boxes)  # (B, R, 2, 2, C)
        flat = ops.reshape(crops, (-1, crops.shape[1], 4 * crops.shape[-1]))
        every = self.shares(self.hidden(flat))  # (B, R, K)
        return ops.take_along_axis(every, ops.maximum(labels - 1, 0)[..., None], axis=2)[..., 0]

    def learn(self, features, rois, batch, training):
        shares = self._shares(features, rois["proposals"], rois["labels"])
        targets = ops.take_along_axis(batch["gt_areas"], rois["matched"], axis=1)
        return {"shares": shares, "targets": targets, "valid": rois["valid"]}

    def loss(self, outputs):
        errors = ops.square(outputs["shares"] - outputs["targets"])
        return {"area_loss": ops.sum(ops.where(outputs["valid"], errors, 0.0))}

    def results(self, features, found):
        return {"areas": self._shares(features, found["boxes"], found["labels"])}

    def get_config(self):
        return {**super().get_config(), "num_classes": self.num_classes}


@keras.saving.register_keras_serializable("tests")
class BrightnessBranch(Branch):
    """The mean of the image's first feature: needs neither RoIs nor ground truth."""

    loss_names = ("brightness_loss",)

    def __init__(self, name="brightness", **kwargs):
        super().__init__(name=name, **kwargs)
        self.scale = keras.layers.Dense(1, name="scale")

    def build(self, features_shape):
        self.scale.build((None, features_shape["P2"][-1]))
        self.built = True

    def learn(self, features, rois, batch, training):
        return {"value": self.results(features, None)["brightness"]}

    def loss(self, outputs):
        return {"brightness_loss": ops.mean(ops.square(outputs["value"] - 1.0))}

    def results(self, features, found):
        return {"brightness": self.scale(ops.mean(features["P2"], axis=(1, 2)))}


def model_of(*branches):
    return km.FasterRCNN(
        km.backbones.ResNet(18, filters=(4, 8, 8, 8)),
        num_classes=3,
        feature_pyramid=km.FeaturePyramid(8),
        proposal_layer=km.ProposalLayer(20, 10),
        box_head=km.BoxHead(dense_dims=(16,)),
        detection_layer=km.DetectionLayer(max_detections=4, score_threshold=0.01),
        proposal_targets=ProposalTargets(samples=8, positive_fraction=0.5, seed=1),
        branches=branches,
    )


def batch():
    areas = np.array([[0.5, 0.25, 1.0], [0.75, 0.5, 0.0]], "float32")
    return {**training_batch(), "gt_areas": areas}


def numpy(weight):
    return ops.convert_to_numpy(weight.value)


@pytest.fixture(scope="module")
def trained():
    """A model of three branches after a step, its weights before it, and the logs."""
    masks = MaskBranch(head=km.MaskHead(conv_dims=(8,)))
    model = set_weights(model_of(masks, AreaBranch(), BrightnessBranch()))
    before = {key: numpy(weight).copy() for key, weight in weight_items(model).items()}
    model.compile(keras.optimizers.SGD(0.01))
    return model, before, model.train_on_batch(batch(), return_dict=True)


def test_losses_are_logged_and_every_branch_learns(trained):
    model, before, logs = trained
    own = ("mask_loss", "area_loss", "brightness_loss")
    assert model.loss_names[4:] == own
    parts = sum(float(logs[name]) for name in model.loss_names)
    assert float(logs["loss"]) == pytest.approx(parts, rel=1e-5)
    after = weight_items(model)
    for key in ("mask_head/deconv/kernel", "area/shares/kernel", "brightness/scale/kernel"):
        assert np.abs(numpy(after[key]) - before[key]).max() > 0, key


def test_results_stand_beside_the_boxes(trained):
    model, _, _ = trained
    x = training_batch()
    found = model.predict_on_batch({key: x[key] for key in ("images", "image_sizes")})
    shapes = {key: tuple(np.shape(found[key])) for key in ("masks", "areas", "brightness")}
    assert shapes == {"masks": (2, 4, 28, 28), "areas": (2, 4), "brightness": (2, 1)}
    seen = model.detect(x["images"][0], score_threshold=0.0)[0]
    assert list(seen.fields) == ["areas"] and seen.fields["areas"].shape == (len(seen),)


def test_save_and_load(trained, tmp_path):
    model, _, _ = trained
    model.save_to_preset(tmp_path)
    again = km.FasterRCNN.from_preset(tmp_path)
    assert [type(one) for one in again.branches] == [MaskBranch, AreaBranch, BrightnessBranch]
    kept = weight_items(again)
    assert all((numpy(w) == numpy(kept[key])).all() for key, w in weight_items(model).items())


def test_new_heads(trained):
    model, _, _ = trained
    changed = km.transfer.replace_heads(model, ["a", "b"])
    assert changed.branches[1].num_classes == changed.branches[0].head.num_classes == 2
    new, old = weight_items(changed), weight_items(model)
    final = {key for key in new if key.startswith(model.final_layers)}
    assert {key.rpartition("/")[0] for key in final} == {
        *("box_head/class_logits", "box_head/box_deltas"),
        *("mask_head/mask_logits", "area/shares"),
    }
    assert all((numpy(new[key]) == numpy(old[key])).all() for key in new.keys() - final)
    assert tuple(new["area/shares/kernel"].shape) == (4, 2)


def test_parts_can_be_frozen():
    model = model_of(AreaBranch(), BrightnessBranch())
    km.transfer.freeze(model, "all_but_heads")
    assert [part for part, x in model.parts.items() if x.trainable] == list(model.head_names)
    assert model.head_names == ("box_head", "area", "brightness")


def test_missing_ground_truth_and_wrong_branches():
    model = model_of(AreaBranch())
    x = batch()
    del x["gt_areas"]
    with pytest.raises(ValueError, match="'gt_boxes', 'gt_labels' and 'gt_areas' for fit"):
        model(x, training=True)
    with pytest.raises(ValueError, match=r"different names.* Received twice: \['area'\]"):
        model_of(AreaBranch(), AreaBranch())
    with pytest.raises(TypeError, match="must hold layers of keras_maskrcnn.branches"):
        model_of(km.MaskHead(3))
    with pytest.raises(ValueError, match="`area` must have 3 classes as the model"):
        model_of(AreaBranch(num_classes=2))
