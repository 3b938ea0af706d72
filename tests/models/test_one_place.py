"""Numbers that two layers need are given to one of them."""

import inspect

import numpy as np
import pytest
from keras import ops

import keras_maskrcnn as km
from keras_maskrcnn.models.training_data import take_resizer
from keras_maskrcnn.ops import boxes as box_ops
from keras_maskrcnn.targets import ProposalTargets
from tests.models.conftest import training_batch


def model_of(**layers):
    return km.MaskRCNN(
        km.backbones.ResNet(18, filters=(4, 8, 8, 8)),
        num_classes=2,
        feature_pyramid=km.FeaturePyramid(8),
        **{"mask_head": km.MaskHead(conv_dims=(4,)), "box_head": km.BoxHead(dense_dims=(4,))}
        | layers,
    )


def test_heads_take_the_classes_of_the_model():
    model = model_of()
    assert model.box_head.num_classes == model.mask_head.num_classes == 2
    assert km.MaskRCNN.from_config(model.get_config()).mask_head.num_classes == 2
    with pytest.raises(ValueError, match="`mask_head` must have 2 classes as the model.*=3"):
        model_of(mask_head=km.MaskHead(3))
    with pytest.raises(ValueError, match="`num_classes` of a BoxHead must be given outside"):
        km.BoxHead()(np.ones((1, 1, 7, 7, 4)))


def test_box_targets_have_the_weights_of_the_detection_layer():
    model = model_of(
        detection_layer=km.DetectionLayer(box_weights=(1, 2, 3, 4)),
        proposal_layer=km.ProposalLayer(8, 4),
        proposal_targets=ProposalTargets(samples=12, positive_fraction=0.5, seed=0),
    )
    x = training_batch()
    x["gt_labels"] = np.minimum(x["gt_labels"], 2)
    first = model.first_stage(x)
    rois = model.proposal_targets(first["proposals"], first["valid"], x["gt_boxes"], x["gt_labels"])
    model.proposal_targets.seed_generator.state.assign(ProposalTargets(seed=0).seed_generator.state)
    outputs = model._heads(first, x, training=False)
    expected = box_ops.encode(rois["matched_boxes"], rois["proposals"], (1, 2, 3, 4))
    pair = map(ops.convert_to_numpy, (outputs["box_delta_targets"], expected))
    np.testing.assert_array_equal(*pair)


def test_every_argument_can_be_read():
    for model in (km.MaskRCNN, km.FasterRCNN):
        parameters = inspect.signature(model).parameters
        assert {"proposal_layer", "box_head", "class_names", "dtype"} <= set(parameters)
        assert all(one.kind != one.VAR_KEYWORD for one in parameters.values())


def test_fit_takes_the_resizer_of_the_loader(capsys):
    model = model_of()
    loader = km.data.Loader(km.data.ShapesSource(2), batch_size=2, image_size=64)
    take_resizer(model, loader, quiet=True)
    assert model.image_resizer == loader.resizer == km.data.ImageResizer(64, 64)
    assert capsys.readouterr().out == ""
    model.image_resizer = km.data.ImageResizer()
    take_resizer(model, loader)
    take_resizer(model, loader)
    take_resizer(model, {"images": 0})
    said = capsys.readouterr().out
    assert said.count("`detect` resizes images as the training data does") == 1
    assert "min_size=64" in said and model.image_resizer == loader.resizer
