import numpy as np
import pytest
from pycocotools import mask as coco_mask

from keras_maskrcnn.formats.rle import decode, encode, run_lengths


def encoded(mask):
    return coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))


def test_a_mask_by_hand():
    # columns of 3: 000 001 110 000 -> runs 5 zeros, 3 ones (over the column's end), 4 zeros
    mask, x, y = decode({"size": [3, 4], "counts": [5, 3, 4]})
    assert (x, y) == (1, 0) and mask.shape == (3, 2)
    assert mask.tolist() == [[0, 1], [0, 1], [1, 0]]
    assert mask.dtype == np.uint8


@pytest.mark.parametrize("density", [0.02, 0.3, 0.9, 1.0])
def test_equals_pycocotools(density):
    rng = np.random.default_rng(0)
    for height, width in [(1, 1), (1, 17), (17, 1), (13, 29), (40, 31)]:
        full = rng.random((height, width)) < density
        rle = encoded(full)
        mask, x, y = decode(rle)
        pasted = np.zeros((height, width), bool)
        pasted[y : y + mask.shape[0], x : x + mask.shape[1]] = mask
        np.testing.assert_array_equal(pasted, full)
        assert [x, y, *mask.shape[::-1]] == coco_mask.toBbox(rle).tolist()


@pytest.mark.parametrize("seed", range(6))
def test_encoding_equals_pycocotools(seed):
    rng = np.random.default_rng(seed)
    height, width = (5, 9) if seed % 2 else (17, 13)
    for _ in range(20):
        y1, x1 = rng.integers(0, height), rng.integers(0, width)
        y2, x2 = rng.integers(y1, height) + 1, rng.integers(x1, width) + 1
        if seed > 3:
            y1, y2 = 0, height  # runs that go on from column to column
        image = np.zeros((height, width), np.uint8)
        image[y1:y2, x1:x2] = rng.uniform(size=(y2 - y1, x2 - x1)) < rng.choice([0.1, 0.5, 0.9, 1])
        expected = coco_mask.encode(np.asfortranarray(image))
        rle = encode(image[y1:y2, x1:x2], x1, y1, (height, width))
        assert rle == {"size": [height, width], "counts": expected["counts"].decode()}


def test_str_bytes_and_lists_are_the_same():
    rle = encoded(np.eye(6))
    runs = run_lengths(rle).tolist()
    assert run_lengths({**rle, "counts": rle["counts"].decode()}).tolist() == runs
    assert run_lengths({**rle, "counts": runs}).tolist() == runs


def test_runs_of_no_length():
    mask, x, y = decode({"size": [2, 3], "counts": [0, 0, 2, 1, 0, 1, 2, 0]})
    assert (x, y) == (1, 0)
    assert mask.tolist() == [[1], [1]]


def test_a_mask_without_pixels():
    mask, x, y = decode({"size": [4, 5], "counts": [20]})
    assert (x, y) == (0, 0)
    assert mask.shape == (0, 0)


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ([4, 2], r"add up to 6 pixels, but height \* width = 3 \* 4 = 12"),
        ([14, -2], "add up to 12"),
        ([2**62] * 4 + [12], "add up to 18446744073709551628"),  # 12 if the sum overflows
        ([], "not a list of whole numbers"),
        (["a"], "not a list of whole numbers"),
        ([1.5, 10.5], "not a list of whole numbers"),
        ("", "not a complete compressed RLE string"),
        ("42~", "not a complete compressed RLE string"),
        ("42P", "not a complete compressed RLE string"),  # says that more follows
        ("42oooooooo1", "not a complete compressed RLE string"),  # a number that is too long
        ("äö", "not a complete compressed RLE string"),
        (10**20, "not a complete compressed RLE string"),
        (7.5, "not a complete compressed RLE string"),
    ],
)
def test_broken_counts(counts, message):
    with pytest.raises(ValueError, match=message):
        run_lengths({"size": [3, 4], "counts": counts})
