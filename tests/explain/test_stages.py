import itertools

import keras
import numpy as np
import pytest

from keras_maskrcnn import FasterRCNN, KeypointHead, RoIAlign
from keras_maskrcnn.branches import KeypointBranch
from keras_maskrcnn.data import ImageResizer
from keras_maskrcnn.explain import describe, draw_stages, stages
from keras_maskrcnn.skeletons import Skeleton
from tests.models.conftest import set_weights, small_model
from tests.oracles import iou

pytestmark = pytest.mark.usefixtures("compile_fast")
RESIZERS = {"corner": ImageResizer(64, 96), "square": ImageResizer(64, 96, square=True)}


@pytest.fixture(scope="module")
def model():
    """Masks and keypoints; squares have none."""
    ends = Skeleton(("left", "right"), limbs=[("left", "right")])
    head = KeypointHead(conv_dims=(8,))
    return set_weights(small_model(keypoints=KeypointBranch(ends, (1, 3), RoIAlign(4), head)))


@pytest.fixture(scope="module")
def image():
    return np.random.default_rng(0).integers(0, 256, (100, 140, 3)).astype("uint8")


@pytest.fixture(scope="module")
def made(model, image):
    return stages(model, image, score_threshold=0.0)


@pytest.mark.parametrize(
    "resizer", ["corner", pytest.param("square", marks=pytest.mark.one_backend)]
)
def test_the_detections_are_those_of_detect(resizer, model, image, monkeypatch):
    monkeypatch.setattr(model, "image_resizer", RESIZERS[resizer])
    made = stages(model, image, score_threshold=0.05)
    found = model.detect(image, score_threshold=0.05)[0]
    assert len(found) > 1 and made.detections.image_size == found.image_size == (100, 140)
    np.testing.assert_allclose(made.detections.boxes, found.boxes, atol=1e-2)
    np.testing.assert_allclose(made.detections.scores, found.scores, atol=1e-4)
    assert made.detections.names == found.names
    probabilities = found.mask_probabilities
    np.testing.assert_allclose(made.detections.mask_probabilities, probabilities, atol=1e-3)
    np.testing.assert_allclose(made.roi.mask_probabilities, probabilities[0], atol=1e-3)
    assert (made.roi.mask[0] != found.mask_crops()[0][0]).mean() < 0.01
    sizes = made.network_image.shape[:2], image.shape[:2]
    if resizer == "corner":  # 64 x 89 pixels of 64 x 96 hold the image
        scale = np.array([140 / 89, 100 / 64] * 2)
        np.testing.assert_allclose(made.detection_boxes * scale, found.boxes, atol=1e-2)
        assert sizes[0] == (64, 96) and made.window.tolist() == [0, 0, 89, 64]


def test_the_detection_asked_for(model, image, made):
    second = stages(model, image, score_threshold=0.0, detection=1).roi
    assert second.detection == 1 and second.name == made.detections.names[1]
    np.testing.assert_allclose(second.image_box, made.detections.boxes[1], atol=1e-3)
    np.testing.assert_allclose(
        second.mask_probabilities, made.detections.mask_probabilities[1], atol=1e-3
    )


def test_anchors_by_hand(made):
    # P2 has a stride of 4 and anchors of 16 pixels: the cell of row 3 and column 5 is at (20, 12).
    assert made.anchors["P2"].shape == (16, 24, 3, 4)
    np.testing.assert_allclose(made.anchors["P2"][3, 5, 1], [12, 4, 28, 20])
    wide = made.anchors["P2"][3, 5, 0]  # half as high as wide
    np.testing.assert_allclose([wide[2] - wide[0], wide[3] - wide[1]], [16 * 2**0.5, 8 * 2**0.5])


def test_candidates_are_the_best_anchors_of_each_level(made):
    for level, logits in made.objectness_logits.items():
        scores = made.candidates.scores[made.candidates.levels == level]
        best = np.sort(1 / (1 + np.exp(-logits.ravel())))[::-1][:40]
        # Those that lie beyond the border are clipped to nothing, and left out.
        assert 0 < len(scores) <= 40 and (np.diff(scores) <= 0).all()
        assert np.abs(scores[:, None] - best).min(axis=1).max() < 1e-5


def test_proposals_are_candidates_that_do_not_overlap(made):
    chosen = made.proposal_candidates
    for before, after in zip(made.candidates, made.proposals, strict=True):
        np.testing.assert_array_equal(before[chosen], after)
    assert len(chosen) == 20 and (np.diff(made.proposals.scores) <= 0).all()
    for level in made.pyramid:
        boxes = made.proposals.boxes[made.proposals.levels == level]
        overlaps = [iou(a, b) for a, b in itertools.combinations(boxes, 2)]
        assert max(overlaps, default=0) <= 0.7 + 1e-5


@pytest.mark.one_backend
def test_levels_without_a_choice_per_level(image, made):
    # The best over all levels, each of the level of its anchor.
    model = set_weights(small_model())
    model.proposal_layer.per_level = False
    joined = stages(model, image, score_threshold=0.0).candidates
    order = np.argsort(-made.candidates.scores, kind="stable")[: len(joined.scores)]
    assert 10 < len(order) <= 40
    np.testing.assert_allclose(joined.scores, made.candidates.scores[order], atol=1e-5)
    np.testing.assert_allclose(joined.boxes, made.candidates.boxes[order], atol=1e-3)
    assert joined.levels.tolist() == made.candidates.levels[order].tolist()


@pytest.mark.parametrize("aligned", [True, False])
def test_the_points_give_the_crop(aligned, model, image, monkeypatch):
    monkeypatch.setattr(model.mask_roi_align, "aligned", aligned)
    roi = (made := stages(model, image, score_threshold=0.0)).roi
    stride, features = made.strides[roi.level], made.pyramid[roi.level]
    height, width = features.shape[:2]
    across = np.maximum(1 - np.abs(roi.points[:, :1] - np.arange(width)), 0)
    down = np.maximum(1 - np.abs(roi.points[:, 1:] - np.arange(height)), 0)
    values = np.einsum("ni,nj,ijc->nc", down, across, features)
    expected = values.reshape(14, 2, 14, 2, -1).mean(axis=(1, 3))
    np.testing.assert_allclose(roi.crop, expected, atol=1e-4)
    np.testing.assert_allclose(roi.image_points, (roi.points + 0.5) * stride)
    # Of boxes that are larger than a cell the bins end where the box does, or half a cell off it.
    shift = 0 if aligned else stride / 2
    edges = (roi.x_edges[[0, -1]] + 0.5) * stride
    np.testing.assert_allclose(edges, roi.box[[0, 2]] + shift, atol=1e-3)


def test_nothing_detected(model, image):
    made = stages(model, image, score_threshold=1.0)
    logits = made.class_logits.astype("float64")
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    row, column = divmod(int(shares[:, 1:].argmax()), 3)
    assert len(made.detections) == 0 and made.roi.detection is None
    assert made.roi.label == column + 1
    np.testing.assert_allclose(made.roi.score, shares[row, column + 1], atol=1e-5)
    np.testing.assert_array_equal(made.roi.box, made.proposals.boxes[row])
    scale = np.array([140 / 89, 100 / 64] * 2)
    np.testing.assert_allclose(made.roi.image_box, made.roi.box * scale, rtol=1e-4)
    line = describe(made)["detections"]
    assert line.startswith("no object scores 1 or more; the likeliest proposal is ")


def test_the_keypoints_are_those_of_the_detection(model, image, made):
    having = [i for i, label in enumerate(made.detections.labels) if label != 2]
    roi = stages(model, image, score_threshold=0.0, detection=having[0]).roi
    expected = made.detections.keypoints[having[0]]
    np.testing.assert_allclose(roi.keypoints[:, :2], expected[:, :2], atol=0.1)
    np.testing.assert_allclose(roi.keypoints[:, 2], expected[:, 2], atol=1e-4)
    assert roi.keypoint_logits.shape == (16, 16, 2) and roi.skeleton is model.skeleton


@pytest.mark.one_backend
def test_keypoints_alone_and_a_class_without_them(model, image, monkeypatch):
    layers = ("feature_pyramid", "anchor_generator", "proposal_layer", "box_head")
    parts = {name: getattr(model, name) for name in layers}
    given = {"branches": model.branches[1:], "image_resizer": model.image_resizer, **parts}
    alone = FasterRCNN(model.backbone, 3, **given)
    label = stages(alone, image, score_threshold=0.0).roi.label
    for labels in ((label,), tuple({1, 2, 3} - {label})):
        monkeypatch.setattr(alone.branches[0], "labels", labels)
        roi = stages(alone, image, score_threshold=0.0).roi
        assert roi.crop.shape == (4, 4, 8) and roi.mask_logits is None
        assert (roi.keypoints is None) == (label not in labels)


@pytest.mark.one_backend
def test_a_model_without_masks(model, image):
    layers = ("feature_pyramid", "anchor_generator", "proposal_layer", "box_head")
    plain = FasterRCNN(
        model.backbone,
        3,
        image_resizer=model.image_resizer,
        **{name: getattr(model, name) for name in layers},
    )
    made = stages(plain, image, score_threshold=0.0)
    assert made.roi.mask_logits is None and made.roi.crop.shape == (7, 7, 8)
    assert "masks" not in draw_stages(made) and "masks" not in describe(made)


def test_weights_are_left_as_they_are(model, image):
    before = [keras.ops.convert_to_numpy(v) for v in model.variables]
    stages(model, image)
    for old, new in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(old, keras.ops.convert_to_numpy(new))


def test_score_threshold_out_of_range(model, image):
    with pytest.raises(ValueError, match="`score_threshold` must be a number in 0..1"):
        stages(model, image, score_threshold=50)


def test_no_such_detection(model, image, made):
    count = len(made.detections)
    with pytest.raises(ValueError, match=rf"must be 0 to {count - 1}.*detection={count}"):
        stages(model, image, score_threshold=0.0, detection=count)
