"""The presets that travel in the wheel, on pictures made here; the same on every backend."""

import json
from pathlib import Path

import numpy as np
import pytest

import keras_maskrcnn as km
from tests import oracles

ZOO = Path(__file__).parent.parent / "zoo"

# Boxes of the first scene of ShapesSource(4, seed=2024), best score first, recorded once.
FIRST_BOXES = [[17.99, 39.88, 72.90, 94.23], [26.29, 94.86, 53.61, 123.39]]
FIRST_SCORES = [0.9998, 0.9723]


@pytest.fixture(scope="module")
def scenes():
    return km.data.ShapesSource(4, seed=2024)


@pytest.fixture(scope="module")
def found(scenes):
    model = km.MaskRCNN.from_preset("mask_rcnn_tiny_shapes")
    return model.detect([scenes[index].image for index in range(4)])


def test_tiny_shapes_is_equal_on_every_backend(found):
    assert found[0].names == ["square", "square"]
    np.testing.assert_allclose(found[0].boxes, FIRST_BOXES, atol=0.05)
    np.testing.assert_allclose(found[0].scores, FIRST_SCORES, atol=2e-3)


def test_tiny_shapes_finds_the_shapes(scenes, found):
    hits = total = 0
    for index in range(4):
        truth = scenes[index].instances
        for mask, label in zip(truth.to_dense(), truth.labels, strict=True):
            overlaps = [
                (mask & other).sum() / (mask | other).sum()
                for other, name in zip(found[index].masks, found[index].labels, strict=True)
                if name == label
            ]
            hits += max(overlaps, default=0) > 0.7
            total += 1
    assert total >= 12 and hits >= total - 2


def test_nuclei_finds_bright_discs_on_black():
    import cv2

    image = np.zeros((96, 96, 3), "uint8")
    centres = [(20, 24), (60, 30), (40, 70)]
    for x, y in centres:
        cv2.circle(image, (x, y), 9, (120, 120, 120), -1)
    image = cv2.GaussianBlur(image, (0, 0), 1.5)
    (found,) = km.MaskRCNN.from_preset("mask_rcnn_resnet18_fpn_nuclei").detect(image)
    assert found.names == ["nucleus"] * 3
    for x, y in centres:
        box = [x - 9, y - 9, x + 10, y + 10]
        assert max(oracles.iou(box, other) for other in found.boxes) > 0.75


def test_figures_are_found_with_their_joints():
    """On one scene: as many as there are, visible joints within 4 pixels, most within 2."""
    scene = km.data.FiguresSource(8, seed=2024)[2]
    (found,) = km.MaskRCNN.from_preset("mask_rcnn_tiny_figures").detect(scene.image)
    assert found.skeleton.names == km.data.FiguresSource.skeleton.names
    assert len(found) == len(scene.instances)
    truth = scene.instances.fields["keypoints"].points
    for box, points in zip(scene.instances.boxes, truth, strict=True):
        nearest = int(np.argmax([oracles.iou(box, other) for other in found.boxes]))
        visible = points[:, 2] == 2
        distance = np.linalg.norm((found.keypoints[nearest] - points)[visible, :2], axis=-1)
        assert distance.max() < 4 and np.median(distance) < 2


@pytest.mark.parametrize(
    "name", ["mask_rcnn_tiny_shapes", "mask_rcnn_tiny_figures", "mask_rcnn_resnet18_fpn_nuclei"]
)
def test_zoo_folder_and_preset_agree(name):
    about = json.loads((ZOO / name / "about.json").read_text())
    assert about.items() <= km.presets.load_metadata(name).items()
    assert json.loads((ZOO / name / "config.json").read_text()) == km.presets.load_config(name)
    card = (ZOO / name / "README.md").read_text()
    assert f"{about['measured']['mask']['AP']:.3f}" in card
    assert f"{km.presets.load_metadata(name)['parameter_count']:,}" in card
