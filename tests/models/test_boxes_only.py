"""Data of boxes without masks: what it trains, and what it cannot."""

import json

import cv2
import keras
import numpy as np
import pytest

import keras_maskrcnn as km
from keras_maskrcnn.data import DatasetError
from tests.models.conftest import set_weights, small_model


@pytest.fixture
def boxes_file(tmp_path):
    """A COCO file of three images of 64 x 64, in which the objects of two have only a box."""
    images, annotations = [], []
    source = km.data.ShapesSource(3, image_size=(64, 64), seed=4)
    for number, sample in enumerate(source, start=1):
        cv2.imwrite(str(tmp_path / f"{number}.png"), sample.image[..., ::-1])
        images.append({"id": number, "file_name": f"{number}.png", "height": 64, "width": 64})
        for row in source.coco_annotations(number - 1, sample):
            if number < 3:
                del row["segmentation"]
            annotations.append({**row, "id": len(annotations) + 1, "image_id": number})
    categories = [{"id": k, "name": name} for k, name in enumerate(source.class_names, start=1)]
    content = {"images": images, "annotations": annotations, "categories": categories}
    (tmp_path / "boxes.json").write_text(json.dumps(content))
    return tmp_path / "boxes.json"


def test_boxes_train_a_detector_of_boxes(boxes_file):
    source = km.data.open_source(boxes_file)
    loader = km.data.Loader(source, batch_size=3, image_size=64, augment=["flip"])
    masks = small_model()
    layers = {key: x for key, x in masks.sublayers.items() if "mask" not in key}
    model = set_weights(km.FasterRCNN(num_classes=3, class_names=masks.class_names, **layers))
    model.compile(keras.optimizers.SGD(0.01))
    logs = model.fit(loader, verbose=0).history
    assert set(logs) == {"loss", *model.loss_names} and np.isfinite(logs["loss"]).all()
    assert sorted(loader[0][0]) == ["gt_boxes", "gt_labels", "image_sizes", "images"]


def test_a_model_of_masks_says_which_objects_lack_them(model, boxes_file):
    loader = km.data.Loader(km.data.open_source(boxes_file), batch_size=3, image_size=64)
    with pytest.raises(DatasetError, match=r"1.png.*FasterRCNN"):
        model.fit(loader, verbose=0)
