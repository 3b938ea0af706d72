import json
import re
from dataclasses import asdict
from unittest import mock

import pytest

from keras_maskrcnn import conversion, presets
from keras_maskrcnn.backbones import ResNet
from keras_maskrcnn.layers.initializers import left_at_zero
from keras_maskrcnn.models import FasterRCNN, KeypointRCNN, MaskRCNN
from keras_maskrcnn.models.weights import weight_items
from keras_maskrcnn.presets import converting, saving
from tests.conversion.states import published_state

CLASSES = {
    "backbone": ResNet,
    "faster_rcnn": FasterRCNN,
    "mask_rcnn": MaskRCNN,
    "keypoint_rcnn": KeypointRCNN,
}
RECORDS = list(presets.remote().values())
DETECTORS = [record for record in RECORDS if record.kind != "backbone"]

FILES = {
    "mask_rcnn_resnet50_fpn_coco": "maskrcnn_resnet50_fpn_coco-bf2d0c1e.pth",
    "mask_rcnn_resnet50_fpn_v2_coco": "maskrcnn_resnet50_fpn_v2_coco-73cbd019.pth",
    "faster_rcnn_resnet50_fpn_coco": "fasterrcnn_resnet50_fpn_coco-258fb6c6.pth",
    "faster_rcnn_resnet50_fpn_v2_coco": "fasterrcnn_resnet50_fpn_v2_coco-dd69338a.pth",
    "mask_rcnn_resnet50_fpn_3x_coco": "mask_rcnn_R_50_FPN_3x/137849600/model_final_f10217.pkl",
    "mask_rcnn_resnet101_fpn_3x_coco": "mask_rcnn_R_101_FPN_3x/138205316/model_final_a3ec72.pkl",
    "mask_rcnn_resnext101_32x8d_fpn_3x_coco": (
        "mask_rcnn_X_101_32x8d_FPN_3x/139653917/model_final_2d9806.pkl"
    ),
    "keypoint_rcnn_resnet50_fpn_coco": "keypointrcnn_resnet50_fpn_coco-fc266e95.pth",
    "keypoint_rcnn_resnet50_fpn_3x_coco": (
        "COCO-Keypoints/keypoint_rcnn_R_50_FPN_3x/137849621/model_final_a6e10b.pkl"
    ),
    "keypoint_rcnn_resnet101_fpn_3x_coco": (
        "COCO-Keypoints/keypoint_rcnn_R_101_FPN_3x/138363331/model_final_997cc7.pkl"
    ),
    "keypoint_rcnn_resnext101_32x8d_fpn_3x_coco": (
        "COCO-Keypoints/keypoint_rcnn_X_101_32x8d_FPN_3x/139686956/model_final_5ad38f.pkl"
    ),
    "mask_rcnn_resnet101_fpn_matterport_coco": "v2.0/mask_rcnn_coco.h5",
}


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.name)
def test_every_record_is_complete(record):
    assert record.kind in CLASSES
    assert record.family in ("torchvision", "detectron2", "matterport")
    assert all(url.startswith("https://") and url.endswith(record.file_name) for url in record.urls)
    assert "https://" in record.source and record.paper.startswith("https://arxiv.org/abs/")
    assert record.licence and record.description and record.architecture
    for prefix, length in ((record.sha256_prefix, 8), (record.md5_prefix, 6)):
        assert prefix is None or re.fullmatch(f"[0-9a-f]{{{length}}}", prefix)
        assert prefix is None or prefix in record.file_name
    assert bool(record.sha256_prefix or record.md5_prefix) == (record.family != "matterport")
    figures = {
        "backbone": {"top1"},
        "faster_rcnn": {"box_ap"},
        "mask_rcnn": {"box_ap", "mask_ap"},
        "keypoint_rcnn": {"box_ap", "keypoint_ap"},
    }
    assert set(record.published) == figures[record.kind] | {"by", "on"}
    assert record.measured is None
    assert json.loads(json.dumps(asdict(record)))["name"] == record.name


def test_names_and_files_are_distinct():
    assert len(RECORDS) == len({record.urls for record in RECORDS}) == 22
    assert not presets.remote().keys() & presets.bundled().keys()
    assert {record.name for record in DETECTORS} == FILES.keys()


@pytest.mark.parametrize("record", DETECTORS, ids=lambda record: record.name)
def test_the_addresses_of_the_detectors(record):
    assert record.urls[0].endswith("/" + FILES[record.name])


def test_a_caller_cannot_change_the_catalogue():
    presets.remote()["mask_rcnn_resnet50_fpn_coco"].arguments["bn_epsilon"] = 1.0
    presets.remote().clear()
    assert presets.remote()["mask_rcnn_resnet50_fpn_coco"].arguments == {"bn_epsilon": 0.0}
    assert presets.remote()["faster_rcnn_resnet50_fpn_coco"].arguments == {"bn_epsilon": 0.0}


def test_coco_labels_with_gaps():
    names = presets.remote()["mask_rcnn_resnet50_fpn_coco"].class_names
    assert len(names) == len(set(names)) == 90
    # Label = COCO category id; entry 0 is the name of label 1.
    ids = {"person": 1, "fire hydrant": 11, "stop sign": 13, "tv": 72, "book": 84, "toothbrush": 90}
    assert {name: names.index(name) + 1 for name in ids} == ids
    gaps = [name for name in names if name.startswith("N/A")]
    assert gaps == [f"N/A {label}" for label in (12, 26, 29, 30, 45, 66, 68, 69, 71, 83)]


def test_coco_labels_without_gaps():
    names = presets.remote()["mask_rcnn_resnet50_fpn_3x_coco"].class_names
    with_gaps = presets.remote()["mask_rcnn_resnet50_fpn_coco"].class_names
    assert names == tuple(name for name in with_gaps if not name.startswith("N/A"))
    assert len(names) == 80 and names == presets.remote()[DETECTORS[-1].name].class_names


@pytest.mark.parametrize(
    "record",
    [record for record in RECORDS if record.family == "torchvision"],
    ids=lambda record: record.name,
)
def test_torchvision_says_the_same(record):
    models = pytest.importorskip("torchvision").models
    weights = models.get_weight(record.source.split(", ")[1])
    assert (weights.url,) == record.urls
    assert weights.meta["_file_size"] == pytest.approx(record.bytes / 2**20, abs=1e-3)
    (figures,) = weights.meta["_metrics"].values()
    ours = {
        "box_map": "box_ap",
        "mask_map": "mask_ap",
        "kp_map": "keypoint_ap",
        "acc@1": "top1",
    }
    for theirs, name in ours.items():
        assert figures.get(theirs) == record.published.get(name)
    assert models.get_model_weights(record.architecture) is type(weights)
    if record.class_names:
        ours = ["N/A" if name.startswith("N/A ") else name for name in record.class_names]
        assert ours == weights.meta["categories"][1:]


def test_what_a_record_knows_is_what_its_file_says(tmp_path, cache):
    """Every preset that is listed: config and metadata as converting its checkpoint writes them."""
    for record in RECORDS:
        folder = tmp_path / record.name
        state = published_state(record.family, record.architecture)
        with (
            mock.patch.object(converting, "_read", lambda path, state=state: state),
            mock.patch.object(saving, "write_weights", lambda path, *_: path.touch()),
        ):
            converting.convert_published(None, record, folder)
        assert presets.load_config(folder) == record.config() == presets.load_config(record.name)
        assert record.metadata().items() <= presets.load_metadata(folder).items()
        assert presets.load_metadata(record.name) == record.metadata()


@pytest.mark.parametrize("name", ["resnet18_imagenet", "keypoint_rcnn_resnet50_fpn_coco"])
def test_a_listed_preset_is_built_without_its_file(name, cache):
    """With weights of the keys and shapes that the record knows."""
    record = presets.remote()[name]
    with left_at_zero():  # drawing them takes longer
        model = CLASSES[record.kind].from_preset(name, load_weights=False)
    found = weight_items(model) if record.class_names else {w.path: w for w in model.weights}
    shapes = conversion.MODELS[record.family][record.architecture].shapes()
    assert {key: tuple(weight.shape) for key, weight in found.items()} == shapes
    assert getattr(model, "class_names", ()) == record.class_names
    assert not cache.exists()
