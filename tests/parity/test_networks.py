"""Whole networks against recorded outputs of torchvision and Detectron2 (data/README.md).

Float32 alone moves torchvision's own numbers on these weights: between its float32 and its float64
scores differ by up to 1.1e-4 and mask probabilities by up to 9.4e-4 (v2). Hence the two bounds: one
that nearly all detections keep, one for the worst.
"""

import numpy as np
import pytest

from tests.parity.matching import converted_model, found, one_batch, partners
from tests.parity.reference import load, pictures, torch_state

NETWORKS = {
    "torchvision": [
        ("maskrcnn_resnet50_fpn", "", {}),
        ("maskrcnn_resnet50_fpn", "_published", {"bn_epsilon": 0.0}),
        ("maskrcnn_resnet50_fpn_v2", "", {}),
        ("maskrcnn_resnext50_32x4d_fpn", "", {}),
        ("fasterrcnn_resnet50_fpn", "", {}),
    ],
    "detectron2": [("mask_rcnn_R_50_FPN_3x", "", {}), ("mask_rcnn_X_50_32x4d_FPN", "", {})],
}
CASES = [(family, *network) for family, networks in NETWORKS.items() for network in networks]
BOXES = {"torchvision": 0.05, "detectron2": 0.1}


@pytest.mark.parametrize(("family", "name", "variant", "arguments"), CASES)
def test_detections(family, name, variant, arguments):
    data = load(f"{family}_{name}")
    expected = data[f"expected{variant}"]
    state = torch_state(family, data, f"keys{variant}")
    model = converted_model(state, family, model=name, image_size=(256, 400), **arguments)
    inputs = one_batch(model, pictures(), expected["canvas"])
    np.testing.assert_array_equal(inputs["image_sizes"], expected["image_sizes"])
    score_errors, mask_errors = [], []
    for image, detections in enumerate(found(model, inputs)):
        partner, distance = partners(
            detections["boxes"],
            detections["labels"],
            expected[f"boxes{image}"],
            expected[f"labels{image}"],
        )
        assert sorted(partner) == list(range(100)), "another set of detections"
        assert distance.max() < BOXES[family]
        score_errors.append(np.abs(detections["scores"] - expected[f"scores{image}"][partner]))
        if "masks" in detections:
            masks = detections["masks"][np.argsort(partner)]
            recorded = expected[f"masks{image}"]
            mask_errors.append(np.abs(masks[: len(recorded)] - recorded).max((1, 2)))
    scores = np.concatenate(score_errors)
    assert np.mean(scores < 1e-4) >= 0.99 and scores.max() < 3e-4
    if mask_errors:
        masks = np.concatenate(mask_errors)
        assert np.mean(masks < 1e-3) >= 0.9 and masks.max() < 3e-3
