"""A batch made by hand is refused where training would learn something else from it."""

import numpy as np
import pytest

from keras_maskrcnn.data import Loader, ShapesSource
from keras_maskrcnn.data.batch_checks import check_batch

SOURCE = ShapesSource(2, image_size=(64, 64), seed=1)
(BATCH,) = Loader(SOURCE, batch_size=2, image_size=(64, 96))[0]


def changed(key, place, value):
    array = BATCH[key].astype(np.result_type(BATCH[key], np.min_scalar_type(value)))
    array[place] = value
    return {**BATCH, key: array}


def check(batch, **options):
    check_batch(batch, **{"num_classes": 3, "channels": 3, **options})


def test_right_batches():
    check(BATCH)
    check({key: value.astype("float64") for key, value in BATCH.items()})
    check({key: value for key, value in BATCH.items() if key != "gt_masks"})
    check({**BATCH, "gt_masks": BATCH["gt_masks"].astype(bool), "gt_others": np.ones(5)})
    check({**BATCH, "images": BATCH["images"] / 255}, pixels=False)
    check(changed("gt_boxes", (1, 0), [-0.5, 0, 64.5, 64]))  # rounding
    empty = {key: np.zeros_like(BATCH[key]) for key in ("gt_boxes", "gt_labels", "gt_masks")}
    check({**BATCH, **empty})


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        ({**BATCH, "gt_masks": 255 * BATCH["gt_masks"]}, "Received: 0 to 255. Type .* > 0"),
        (changed("gt_masks", (1, 0), np.nan), "`gt_masks` must be 0 or 1. Received: nan to nan"),
        (changed("gt_masks", (1, 0), -1), "`gt_masks` must be 0 or 1. Received: -1 to 1"),
        (changed("gt_labels", (1, 0), 4), r"1\.\.3 for .* Received: gt_labels\[1, 0\]=4"),
        (changed("gt_labels", (0, 0), -1), r"whole numbers.* Received: gt_labels\[0, 0\]=-1"),
        (changed("gt_labels", (0, 0), 1.5), r"whole numbers.* Received: gt_labels\[0, 0\]=1.5"),
        (changed("gt_labels", (0, 0), np.nan), r"whole numbers.* Received: gt_labels\[0, 0\]=nan"),
        (changed("gt_labels", (1, 0), 0), "gt_labels.*=0 .*labels count from 1"),
        ({**BATCH, "images": BATCH["images"] / 255}, r"0\.\.255. Received: 0 to .*255 \* images"),
        ({**BATCH, "images": BATCH["images"] / 127.5 - 1}, "`images` must lie .* Received: -1 to"),
        (changed("images", (0, 0, 0, 0), 4095), "`images` must lie .* Received: 0 to 4095"),
        (changed("images", (0, 0, 0, 0), np.nan), "`images` must lie .* Received: nan to nan"),
        (changed("gt_boxes", (1, 0), [20, 20, 10, 8]), r"gt_boxes\[1, 0\].*x1, y1, x2, y2, not"),
        (changed("gt_boxes", (1, 0), 0), r"gt_boxes\[1, 0\]=\[0.0, .* without area"),
        (changed("gt_boxes", (1, 0), np.nan), r"gt_boxes\[1, 0\]=\[nan, .* without area"),
        (changed("gt_boxes", (1, 0), [10, 10, 70, 20]), r"image_sizes\[1\]=\[64, 64\]. Clip it"),
        (changed("gt_boxes", (1, 0), [-9, 10, 30, 20]), r"gt_boxes\[1, 0\]=\[-9.0, .* Clip it"),
        ({**BATCH, "gt_boxes": BATCH["gt_boxes"] / 96}, "Multiply x by the image's width"),
        (changed("image_sizes", 1, [64, 97]), r"\(height, width\).* image_sizes\[1\]=\[64, 97\]"),
        (changed("image_sizes", 1, 0), r"\(height, width\).* image_sizes\[1\]=\[0, 0\]"),
        ({**BATCH, "gt_boxes": BATCH["gt_boxes"][0]}, r"shape \(B, G, 4\), here with B=2"),
        ({**BATCH, "gt_boxes": BATCH["gt_boxes"][:1]}, r"shape \(B, G, 4\), .* Received: .*\(1, "),
        ({**BATCH, "gt_labels": BATCH["gt_labels"][:, :1]}, r"`gt_labels` .* shape \(B, G\)"),
        ({**BATCH, "gt_labels": BATCH["gt_labels"].astype(str)}, "be numbers of shape.* dtype=<U"),
        ({**BATCH, "images": BATCH["images"][..., :1]}, r"\(B, H, W, C\), here with .*C=3"),
        ({**BATCH, "gt_masks": BATCH["gt_masks"][..., :9]}, r"`gt_masks` .* \(B, G, m, m\)"),
        ({**BATCH, "gt_masks": np.zeros((2, 6, 64, 96))}, r"`gt_masks` must .* \(B, G, m, m\)"),
    ],
)  # fmt: skip
def test_wrong_batches(batch, message):
    with pytest.raises(ValueError, match=message):
        check(batch)


def test_masks_of_the_whole_image():
    square = {**BATCH, "images": BATCH["images"][:, :, :64]}
    square["gt_masks"] = np.zeros((*BATCH["gt_labels"].shape, 64, 64), "uint8")
    with pytest.raises(ValueError, match="cropped to their boxes.* as large as the images"):
        check(square)


def test_pixels_of_the_first_images_and_all_labels():
    many = {key: np.concatenate([value] * 8) for key, value in BATCH.items()}
    many["gt_masks"][9] = 255
    check(many)
    many["gt_labels"][15, 0] = 9
    with pytest.raises(ValueError, match=r"Received: gt_labels\[15, 0\]=9"):
        check(many)
