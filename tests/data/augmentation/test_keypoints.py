"""Keypoints lie where the image shows what they lay on, in every augmentation."""

import numpy as np
import pytest

from keras_maskrcnn.data import External, ImageResizer, Instances, Keypoints, Sample
from keras_maskrcnn.data.augmentation import AUGMENTATION_NAMES, Augmenter
from keras_maskrcnn.skeletons import Skeleton
from tests.data.augmentation.test_fields_ride_along import (
    COVERS,
    RECOLOURS,
    SIZE,
    always,
    colours_at,
    turn,
)

#: Its pairs are not those that names would give: the data set's own count.
KITE = Skeleton(("tip", "port", "starboard", "left", "right"), mirrored=[("port", "starboard")])
PLACES = np.array([[0, -12], [-12, 0], [12, 0], [-3, 6], [3, 6]])  # three outside of the box
UNKNOWN, HIDDEN = 4, 3  # numbers of the keypoints that are so from the beginning
SEEDS = range(4)
#: Two levels are a pixel: a nearest pixel is half of one off in each direction; what is bent to a
#: pixel beyond the border counts as in it, from whose last pixel's middle that is one and a half.
TOLERANCES = {None: 4, "elastic": 3.6}


def scene(number):
    """Six kites on ground that tells each place: red 2 x, green 2 y; blue tells the scene."""
    rng = np.random.default_rng(number)
    y, x = np.mgrid[: SIZE[0], : SIZE[1]] + 0.5
    image = np.stack([2 * x, 2 * y, np.full(SIZE, 4 * number)], axis=-1).astype(np.uint8)
    corners = rng.uniform(3, (97, 67), (6, 2)).round()
    points = np.full((6, 5, 3), 2.0)
    points[..., :2] = corners[:, None] + 10 + PLACES
    points[:, HIDDEN, 2] = 1
    points[:, UNKNOWN, 2] = 0
    fields = {"keypoints": Keypoints(points, KITE), "lay": points[..., :2], "scene": [number] * 6}
    masks = [np.ones((20, 20), np.uint8) if i % 2 else None for i in range(6)]
    boxes = np.hstack([corners, corners + 20])
    instances = Instances(np.ones(6, int), boxes, masks, None, fields, image_size=SIZE)
    return Sample(image, instances, number, "a")


def augmented(name):
    """Yield an image and its objects for every seed."""
    change = Augmenter([] if name == "resizing" else [always(name)] if name else [External(turn)])
    for seed in SEEDS:
        yield change(
            scene(seed + 1),
            seed,
            canvas=(80, 110) if name in ("crop", "jitter", "mosaic") else None,
            resizer=ImageResizer(scale=1.7) if name == "resizing" else None,
            draw=lambda rng: scene(int(rng.integers(7, 60))),
        )


def turning(points):
    """On which side of the line from starboard to port the tip lies."""
    (x0, y0), (x1, y1), (x2, y2) = np.moveaxis(points[:, :3, :2], 0, -1)
    return np.sign((x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0))


def shown_inside(image, colour):
    """Whether the image shows a colour more than two pixels from its border."""
    away = np.abs(image[2:-2, 2:-2].astype(float) - colour).max(axis=-1)
    return away.min(initial=255) < 0.8


@pytest.mark.parametrize("name", [*AUGMENTATION_NAMES, "resizing", None])
def test_keypoints_move_with_the_pixels(name):
    kept = lost = covered = 0
    before = turning(scene(1).instances.fields["keypoints"].points)[0]
    for sample in augmented(name):
        fields = sample.instances.fields
        points, lay = fields["keypoints"].points, fields["lay"]
        known = points[..., 2]
        assert (known[:, UNKNOWN] == 0).all() and (known[:, HIDDEN] <= 1).all()
        assert (points[known == 0] == 0).all()
        assert (points[..., :2] >= 0).all() and (points[..., :2] <= sample.image.shape[1::-1]).all()
        whole = (known[:, :3] > 0).all(axis=1)
        assert (turning(points[whole]) == before).all(), "port and starboard are not in their place"
        if name in RECOLOURS:
            np.testing.assert_array_equal(points[:, :4, :2], lay[:, :4])
            kept += known.size
            continue
        # each lay at its own place, or at that of its partner if the image was mirrored
        blue = np.broadcast_to(4.0 * fields["scene"][:, None, None], (*known.shape, 1))
        colours = np.concatenate([2 * lay, blue], axis=-1)
        both = np.stack([colours, colours[:, list(KITE.order_mirrored)]])
        shown, even = colours_at(sample.image, points[..., :2].reshape(-1, 2))
        away = np.abs(shown.reshape(colours.shape) - both).max(axis=-1).min(axis=0)
        even = even.reshape(known.shape)
        tolerance = TOLERANCES.get(name, 1.6)
        assert (away[even & (known == 2)] < tolerance).all(), "a point left its pixel"
        if name in COVERS:
            hidden = even & (known == 1)
            hidden[:, HIDDEN] = False
            assert (away[hidden] > tolerance).all(), "a point that can be seen is hidden"
            covered += (known[:, :3] == 1).sum()
        else:
            assert (known[:, :3] != 1).all()
        gone = np.argwhere(known[:, :3] == 0)
        assert not any(shown_inside(sample.image, colours[i, 0]) for i, j in gone if j == 0)
        lost, kept = lost + len(gone), kept + (even & (known == 2)).sum()
    assert kept > 10
    assert covered or name not in COVERS
    assert lost or name not in ("crop", "shift", "rotate", "shear", "mosaic")
