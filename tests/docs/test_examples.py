"""Every script of docs/examples runs, at a tiny size, and does what its head says."""

import argparse
import json
import runpy
import subprocess
import sys

import cv2
import keras
import numpy as np

import keras_maskrcnn as km
from tests.docs.conftest import outlines
from tests.docs.pages import DOCS

EXAMPLES = DOCS / "examples"


def run(script, *arguments):
    """What an example prints."""
    command = [sys.executable, str(EXAMPLES / script), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_shapes(tmp_path):
    out = tmp_path / "shapes"
    printed = run("shapes.py", "--out", out, "--scenes", 2, "--batch-size", 2, "--val-scenes", 1)
    assert "mask AP" in printed
    assert km.MaskRCNN.from_preset(out).class_names == km.data.ShapesSource.class_names


def test_semantic_shapes():
    printed = run("semantic_shapes.py", "--scenes", 2, "--batch-size", 2, "--val-scenes", 1)
    assert [line.split(" mIoU ")[0].strip() for line in printed.splitlines()] == [
        "Mask R-CNN", "FCN", "U-Net",
    ]  # fmt: skip


def test_own_backbone(tmp_path):
    out, two = tmp_path / "own", ("--scenes", 2, "--batch-size", 2, "--val-scenes", 1)
    assert "mask AP50" in run("own_backbone.py", "--out", out, *two)
    maps = km.MaskRCNN.from_preset(out).backbone.output
    assert {level: maps[level].shape[-1] for level in maps} == {
        "P2": 32,
        "P3": 48,
        "P4": 112,
        "P5": 192,
    }


def test_nuclei(tmp_path):
    source, images, annotations = km.data.ShapesSource(2, 64, seed=4), [], []
    for number, sample in enumerate(source):
        cv2.imwrite(str(tmp_path / f"{number}.png"), sample.image[..., ::-1])
        name = {"id": number, "file_name": f"{number}.png", "width": 64, "height": 64}
        images.append(name)
        for entry in source.coco_annotations(number, sample):
            numbers = {"id": len(annotations) + 1, "image_id": number, "category_id": 1}
            annotations.append({**entry, **numbers})
    content = {"images": images, "annotations": annotations}
    content["categories"] = [{"id": 1, "name": "nucleus"}]
    file, out = tmp_path / "cells.json", tmp_path / "out"
    file.write_text(json.dumps(content))
    paths = ("--train", file, "--val", file, "--images", tmp_path, "--out", out)
    small = ("--epochs", 1, "--batch-size", 1, "--window", 64, "--train-images", 1)
    printed = run("nuclei.py", *paths, *small, "--val-images", 1)
    assert [line for line in ("before: box AP", "after: box AP") if line not in printed] == []
    assert km.MaskRCNN.from_preset(out).class_names == ("nucleus",)


def test_balloon_reads_the_layout_of_the_release(tmp_path):
    for part, seed in (("train", 1), ("val", 2)):
        folder, content = tmp_path / "balloon" / part, {}
        folder.mkdir(parents=True)
        source = km.data.ShapesSource(2, 64, seed=seed)
        for number, sample in enumerate(source):
            name = f"{number}.jpg"
            cv2.imwrite(str(folder / name), sample.image[..., ::-1])
            regions = {
                str(i): {"shape_attributes": polygon(points), "region_attributes": {}}
                for i, (_, points) in enumerate(outlines(sample, source.class_names))
            }
            content[f"{name}1234"] = {"filename": name, "size": 1234, "regions": regions}
        (folder / "via_region_data.json").write_text(json.dumps(content))
    out = tmp_path / "out"
    small = ("--preset", "mask_rcnn_tiny_shapes", "--image-size", 64, "--epochs", 1)
    assert "mask AP" in run("balloon.py", tmp_path / "balloon", "--out", out, *small)
    assert km.MaskRCNN.from_preset(out).class_names == ("balloon",)
    assert cv2.imread(str(out / "splash.png")).shape == (64, 64, 3)


def polygon(points):
    x, y = points.T.tolist()
    return {"name": "polygon", "all_points_x": x, "all_points_y": y}


def test_few_images():
    small = ("--images", 1, "--steps", 1, "--val-images", 1, "--starts", "frozen")
    *_, row = run("few_images.py", *small).splitlines()
    name, figure = row.split()
    assert name == "frozen" and 0 <= float(figure) <= 1


def test_retinanet():
    names = runpy.run_path(str(EXAMPLES / "retinanet.py"))
    sizes = {f"P{k}": (2 ** (k + 1), 2 ** (k + 1) + 4) for k in range(3, 8)}
    model = names["RetinaNet"](
        km.backbones.ResNet(18, filters=(4, 4, 8, 8)), ["a", "b"], sizes, filters=8, convs=1
    )
    batch = {"images": np.zeros((1, 64, 64, 3), "uint8"), "image_sizes": np.array([[64, 64]])}
    batch |= {"gt_boxes": np.float32([[[8, 8, 24, 24]]]), "gt_labels": np.array([[2]])}
    out = model(batch)
    anchors = 6 * (8**2 + 4**2 + 2**2 + 1 + 1)
    assert tuple(out["logits"].shape) == (1, anchors, 2) and len(out["anchors"]) == anchors
    logits = keras.ops.convert_to_numpy(out["logits"])
    np.testing.assert_allclose(logits.mean(), np.log(0.01 / 0.99), atol=0.1)  # rare at first
    model.compile("sgd")
    assert 0 < float(model.train_on_batch(batch)) < 10
    (found,) = model.detect([batch["images"][0]], score_threshold=0.9)
    assert found.image_size == (64, 64) and len(found) == 0


def test_rcnn_road():
    names = runpy.run_path(str(EXAMPLES / "rcnn_road.py"))
    args = argparse.Namespace(proposals=2, filters=4, crop=32)
    image = np.zeros((64, 64, 3), np.uint8)
    boxes = names["regions"](image, 2)
    assert ((boxes[:, 2:] - boxes[:, :2]) >= 32).all() and boxes.max() <= 64
    names["r_cnn"](args, image, boxes)()
    (found,) = names["detector"](args, image, boxes, rpn=False)()
    assert len(found) > 0


def test_the_page_lists_every_script():
    page = (DOCS / "examples.md").read_text(encoding="utf-8")
    for script in EXAMPLES.glob("*.py"):
        assert f"`{script.name}`" in page
        head = script.read_text(encoding="utf-8").split('"""')[1]
        assert f"python docs/examples/{script.name}" in head
