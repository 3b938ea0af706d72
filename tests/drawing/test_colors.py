import numpy as np

from keras_maskrcnn.drawing import PALETTE, distinct_colors


def neighbours(boxes, gap):
    """Pairs that touch once each box is moved apart by up to `gap`, the slow way."""
    for i, a in enumerate(boxes):
        for j, b in enumerate(boxes[:i]):
            if all(a[k] <= b[k + 2] + gap and b[k] <= a[k + 2] + gap for k in (0, 1)):
                yield i, j


def test_palette_colours_are_far_apart():
    colors = PALETTE.astype(int)
    distances = np.abs(colors[:, None] - colors[None]).max(axis=-1)
    assert distances[~np.eye(len(colors), dtype=bool)].min() >= 50


def test_by_hand():
    # The first two overlap; the third touches neither.
    colors = distinct_colors([[0, 0, 5, 5], [4, 4, 9, 9], [20, 0, 25, 5]])
    np.testing.assert_array_equal(colors, PALETTE[:3])


def test_neighbours_differ():
    rng = np.random.default_rng(0)
    corner = rng.uniform(0, 500, (300, 2))
    boxes = np.concatenate([corner, corner + rng.uniform(5, 40, (300, 2))], axis=1)
    colors = distinct_colors(boxes, gap=4)
    pairs = list(neighbours(boxes.tolist(), 4))
    assert len(pairs) > 300
    assert all((colors[i] != colors[j]).any() for i, j in pairs)


def test_far_boxes_use_the_whole_palette():
    boxes = [[50 * i, 0, 50 * i + 10, 10] for i in range(12)]
    assert len(np.unique(distinct_colors(boxes), axis=0)) == 12


def test_more_neighbours_than_colours_share_evenly():
    colors = distinct_colors([[0, 0, 10, 10]] * 24)
    _, counts = np.unique(colors, axis=0, return_counts=True)
    assert counts.tolist() == [2] * 12


def test_none():
    assert distinct_colors(np.zeros((0, 4))).shape == (0, 3)
