"""The course up to the proposals: every block prints what the page says, and so do the answers.

With PyTorch, which compiles nothing: that other backends give the same is tested elsewhere.
"""

import re

import numpy as np
import pytest
from keras import ops

import keras_maskrcnn as km
from keras_maskrcnn.layers.initializers import left_at_zero
from tests.docs.pages import DOCS, run_session

PAGES = ("index", "01-features", "02-backbones", "03-pyramid", "04-anchors", "05-nms")


def text_of(name):
    return (DOCS / "course" / f"{name}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_pictures_exist_and_say_what_they_show(name):
    pictures = re.findall(r"!\[(.*?)\]\((.*?)\)", text_of(name))
    assert pictures
    for alternative, picture in pictures:
        assert len(alternative) > 20
        assert (DOCS / "course" / picture).is_file(), picture


def test_each_picture_is_drawn_by_one_script():
    """Two scripts that write the same file overwrite each other's picture."""
    drawn = []
    for script in (DOCS / "pictures").glob("draw_course_*.py"):
        text = script.read_text("utf-8")
        names = set(re.findall(r'"(\w+\.(?:svg|jpg|png))"', text))
        if "draw.__name__" in text:  # its functions are called as their pictures
            names |= {f"{name}.svg" for name in re.findall(r"^def (\w+)\(\):", text, re.M)}
        drawn.extend(names)
    assert {name for name in drawn if drawn.count(name) > 1} == set()
    pictures = {x.name for x in (DOCS / "pictures" / "course").glob("*.*g")}
    assert {x for x in pictures if not x.startswith("explain_")} <= set(drawn)


@pytest.mark.parametrize("name", PAGES[1:])
def test_titles_carry_the_number_of_the_chapter(name):
    assert text_of(name).startswith(f"# {int(name[:2])} ")


def test_index():
    """The pipeline by hand finds what `detect` finds; every sub-layer has its chapter."""
    names = run_session("course/index")
    found = ops.convert_to_numpy(names["found"])[0]
    scores = ops.convert_to_numpy(names["scores"])[0]
    np.testing.assert_allclose(scores[found & (scores >= 0.5)], names["result"].scores, atol=1e-5)
    table = text_of("index").split("## Which chapter")[1].split("\n## ")[0]
    explained = set(re.findall(r"`(\w+)`", table)) | {"image_normalization"}
    assert set(names["model"].sublayers) <= explained


def test_features():
    names = run_session("course/01-features")
    fields = names["receptive_fields"]
    assert fields(km.backbones.ResNet(18, filters=(1, 1, 1, 1)))["stage5"] == (435, 32)
    assert names["centres"](names["pixels"], 4, symmetric=False)[0] == 15
    scenes = list(km.data.ShapesSource(2, image_size=128, seed=1000))
    right, shifted = (
        [one.boxes for one in names[key].detect([scene.image for scene in scenes])]
        for key in ("model", "shifted")
    )
    assert _mean_overlap(scenes, right) > 0.8 > 0.7 > _mean_overlap(scenes, shifted)


def _mean_overlap(scenes, found):
    """Mean over the objects of the best IoU of any detection."""
    pairs = zip(scenes, found, strict=True)
    overlaps = [km.ops.boxes.pairwise_iou(scene.instances.boxes, boxes) for scene, boxes in pairs]
    return np.mean([best for x in overlaps for best in ops.convert_to_numpy(x).max(axis=1)])


def test_receptive_field_is_what_reaches_the_cell():
    """One bright column on black, in a backbone in which no path cancels another."""
    backbone = km.backbones.ResNet(50, filters=(4, 4, 4, 4))
    for weight in backbone.weights:
        if weight.path.endswith("kernel"):
            weight.assign(ops.full(weight.shape, 0.1))
    for level, field in {"P2": 35, "P3": 91, "P4": 267, "P5": 427}.items():
        reach = field // 2
        images = np.zeros((4, 1, 1024, 3), "float32")
        for image, offset in zip(images, (-reach - 1, -reach, reach, reach + 1), strict=True):
            image[:, 512 + offset] = 1
        row = ops.convert_to_numpy(backbone(images)[level])[:, 0]
        centre = row[:, row.shape[1] // 2]  # cell k of stride s is centred on pixel k s
        assert centre.any(axis=1).tolist() == [False, True, True, False], level


def test_backbones():
    names = run_session("course/02-backbones")
    backbones = {
        "ResNet(50)": names["backbone"],
        "ResNet(50, groups=32, width_per_group=4)": names["next50"],
    }
    shortcuts = [x for x in names["backbone"].layers if x.name.endswith("shortcut_conv")]
    assert len(shortcuts) == 4
    rows = re.findall(r"^\| `(ResNet\(.*?\))` \| (\S+) \| (\S+) \|$", text_of("02-backbones"), re.M)
    assert len(rows) == 6
    for code, total, moving in rows:
        # ResNet-101 is ResNet-50 with 17 more blocks in stage 4.
        shallow = code.replace("101", "50")
        if shallow not in backbones:
            with left_at_zero():
                backbones[shallow] = eval(f"backbones.{shallow}", {"backbones": km.backbones})
        backbone = backbones[shallow]
        block = [x for x in backbone.layers if x.name.startswith("stage4_block2_")]
        repeated = 17 * _counts(block) * (code != shallow)
        counts = np.array([_counts([backbone]), repeated]).sum(axis=0)
        assert [f"{count:,}" for count in counts] == [total, moving], code


def _counts(layers):
    """Parameters, and those of them that no gradient trains."""
    weights = [weight for layer in layers for weight in layer.weights]
    sizes = np.array([int(np.prod(weight.shape)) for weight in weights])
    fixed = [not weight.trainable for weight in weights]
    return np.array([sizes.sum(), sizes[fixed].sum()])


def test_pyramid():
    names = run_session("course/03-pyramid")
    rows = re.findall(
        r"^\| (\d+) x (\d+) \| ([\d.]+) \| ([\d.]+) \| P(\d)", text_of("03-pyramid"), re.M
    )
    assert len(rows) == 8
    for width, height, side, value, level in rows:
        area = int(width) * int(height)
        assert float(side) == pytest.approx(area**0.5, abs=0.05)
        assert float(value) == pytest.approx(4 + np.log2(area**0.5 / 224), abs=0.005)
        box = np.array([0.0, 0, int(width), int(height)])
        assert int(km.ops.assign_levels(box)) == int(level)
    assert names["padded"] == (800, 1088)
    sides = names["objects"][:, 2:] - names["objects"][:, :2]
    assert np.percentile(sides, [5, 95]).tolist() == [12, 51]  # nine in ten lie between


def test_anchors():
    names = run_session("course/04-anchors")
    truth = np.concatenate([scene.instances.boxes for scene in names["source"]])
    for generator, mean in ((names["small"], 0.64), (km.AnchorGenerator(), 0.57)):
        anchors = ops.concatenate(list(generator(names["grid"](128, 128)).values()))
        best = ops.max(km.ops.boxes.pairwise_iou(truth, anchors), axis=1)
        assert float(ops.mean(best)) == pytest.approx(mean, abs=0.005)
    anchors = km.AnchorGenerator()(names["grid"](512, 512))
    assert sum(len(boxes) for boxes in anchors.values()) == 65472
    deltas = np.array([0.5, -0.25, np.log(2), 0])
    assert names["show"](km.ops.boxes.decode(deltas, np.array([10.0, 10, 30, 50]))) == [
        *(10, 0, 50, 40)
    ]
    assert names["iou"]([0.0, 0, 32, 32], [2.0, 2, 34, 34]) == 0.784
