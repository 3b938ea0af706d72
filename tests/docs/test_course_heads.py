"""The chapters of the course on suppression, RoIAlign, heads and losses: they print what they say.

With PyTorch, which compiles nothing: that other backends give the same is tested elsewhere.
"""

import csv
import importlib
import math
import re

import keras
import numpy as np
import pytest

import keras_maskrcnn as km
from keras_maskrcnn import losses
from keras_maskrcnn.ops import boxes as box_ops
from tests.docs.pages import DOCS, run_session

CHAPTERS = ("05-nms", "06-roialign", "07-heads", "08-losses")


def text_of(chapter):
    return (DOCS / "course" / f"{chapter}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_pictures_are_there(chapter):
    pictures = re.findall(r"!\[[^\]]+\]\((\S+)\)", text_of(chapter))
    assert pictures
    for picture in pictures:
        assert (DOCS / "course" / picture).is_file(), picture


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_what_is_named_exists(chapter):
    for name in re.findall(r"`(?:km|keras_maskrcnn)\.([\w.]+)", text_of(chapter)):
        *path, last = name.split(".")
        home = importlib.import_module(".".join(["keras_maskrcnn", *path]))
        assert hasattr(home, last) or importlib.import_module(f"{home.__name__}.{last}"), name


def test_suppression():
    names = run_session("course/05-nms")
    boxes, scores = names["boxes"], names["scores"]

    def survivors(scores, threshold):
        indices, kept = km.ops.nms(boxes, scores, threshold)
        return sorted("ABCDE"[int(i)] for i, k in zip(indices, kept, strict=True) if k)

    assert survivors(scores, 0.6) == ["A", "B", "C", "D"]  # the answers to the exercises
    assert survivors(scores[[1, 0, 2, 3, 4]], 0.5) == ["B", "D"]


def test_roi_align():
    names = run_session("course/06-roialign")
    pool, centres = names["roi_pool"], names["centres"]
    np.testing.assert_allclose(pool(centres, 23.99, 87.99, 2, np.mean), [40, 72])
    np.testing.assert_allclose(pool(centres, 24, 88, 2, np.mean), [56, 88])
    crops = km.RoIAlign(2, pooling="max")({"P4": names["ramp"]}, names["box"][None, None])
    np.testing.assert_allclose(keras.ops.convert_to_numpy(crops)[0, 0, 0, :, 0], [51, 83])


def test_heads():
    names = run_session("course/07-heads")
    head = km.BoxHead(3)
    head.build((None, None, 7, 7, 256))
    assert head.count_params() == 13_912_080
    inputs = (names[key] for key in ("logits", "deltas", "proposals", "valid"))
    layer = km.DetectionLayer(one_class_per_proposal=True, max_detections=3)
    scores = keras.ops.convert_to_numpy(layer(*inputs, np.array([[50, 50]]))[1])
    np.testing.assert_allclose(scores[0], [0.8, 0.6, 0], atol=1e-6)
    for probability, row, corner in ((0.6, 54, True), (0.7, 56, False)):
        grid = np.full((1, 28, 28), probability)
        found = km.Detections([[0, 0, 56, 56]], [1], [0.9], grid, ["thing"], (56, 56))
        assert found.masks[0][28].sum() == row
        assert found.masks[0][1, 1] and not found.masks[0][0, 0], corner


def test_losses():
    run_session("course/08-losses")
    yes = np.arange(256)[None] < 3
    all_valid = np.ones((1, 256), bool)
    assert abs(float(losses.rpn_class_loss(np.zeros((1, 256)), yes, all_valid)) - 0.6931) < 1e-4
    errors = np.full((1, 256, 4), 0.1, "float32")
    loss = float(losses.rpn_box_loss(errors, np.zeros((1, 256, 4)), yes, all_valid))
    assert abs(loss - 0.54 / 256) < 1e-6
    deltas = box_ops.encode(
        np.array([0.0, 0, 20, 10]), np.array([5.0, 0, 15, 10]), (10.0, 10.0, 5.0, 5.0)
    )
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(deltas), [0, 0, 5 * math.log(2), 0], atol=1e-5
    )


def test_the_table_of_losses_is_the_recorded_one():
    with open(DOCS / "pictures" / "course" / "losses.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    lines = re.findall(r"^\| (\d+) to (\d+) \|(.+)\|$", text_of("08-losses"), re.MULTILINE)
    assert len(lines) == 5 and int(lines[-1][1]) == len(rows)
    for first, last, values in lines:
        window = rows[int(first) - 1 : int(last)]
        names = (*losses.RPN_NAMES, *losses.BOX_NAMES, "mask_loss")
        means = [np.mean([float(row[name]) for row in window]) for name in names]
        np.testing.assert_allclose([float(v) for v in values.split("|")], means, atol=6e-4)
