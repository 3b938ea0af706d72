"""Values of objects that ride along with labels, boxes and masks."""

import numpy as np
import pytest

from keras_maskrcnn.data import Field, Instances
from keras_maskrcnn.data.point_moves import points_after_remap


class Sides(Field):
    """For each object two points, the second on its left, and whether each is to be seen."""

    def __init__(self, points, seen=None):
        self.points = np.asarray(points, np.float64).reshape(-1, 2, 2)
        self.seen = np.ones(self.points.shape[:2], bool) if seen is None else seen

    def __len__(self):
        return len(self.points)

    def select(self, rows):
        return Sides(self.points[rows], self.seen[rows])

    @classmethod
    def joined(cls, parts):
        points = np.concatenate([part.points for part in parts])
        return cls(points, np.concatenate([part.seen for part in parts]))

    def moved(self, move, image_size):
        points = move(self.points.reshape(-1, 2)).reshape(self.points.shape)
        with np.errstate(invalid="ignore"):
            inside = ((points >= 0) & (points < image_size[::-1])).all(axis=-1)
        return Sides(points, self.seen & inside)

    def mirrored(self):
        return Sides(self.points[:, ::-1], self.seen[:, ::-1])

    def hidden(self, cover):
        x, y = np.moveaxis(np.where(self.seen[..., None], self.points, 0).astype(int), -1, 0)
        return Sides(self.points, self.seen & ~cover[y, x])

    def to_batch(self, slots):
        points = np.zeros((slots, 2, 2), np.float32)
        points[: len(self)] = self.points
        return {"gt_sides": points}


def pair():
    return Instances(
        [1, 2],
        [[1, 1, 5, 5], [6, 2, 9, 7]],
        fields={"ids": [70, 80], "sides": Sides([[[2, 3], [4, 3]], [[7, 4], [8, 4]]])},
        image_size=(10, 12),
    )


def test_rows_follow_their_objects():
    one = pair().select([1])
    assert one.fields["ids"].tolist() == [80]
    assert one.fields["sides"].points.tolist() == [[[7, 4], [8, 4]]]
    both = Instances.joined([one, pair(), Instances([], [], image_size=(10, 12))])
    assert both.fields["ids"].tolist() == [80, 70, 80]
    assert len(both.fields["sides"]) == 3
    # the first leaves the image
    warped = pair().warp([[1, 0, -5], [0, 1, 0]], (10, 7))
    assert warped.fields["ids"].tolist() == [80]
    masks = np.zeros((2, 4, 4))
    masks[1, :2] = 1
    assert Instances.from_dense(masks, [1, 1], fields={"ids": [5, 6]}).fields["ids"].tolist() == [6]


def test_a_move_is_handed_on_and_mirroring_told():
    shifted = pair().warp([[2, 0, 1], [0, 1, 0]], (10, 26)).fields["sides"]
    assert shifted.points[0].tolist() == [[5, 3], [9, 3]]
    for mirrored in (
        pair().warp([[-1, 0, 12], [0, 1, 0]], (10, 12)),
        pair().remap(*np.meshgrid(np.arange(12)[::-1], np.arange(10))),
    ):
        # (2, 3) and (4, 3) become (10, 3) and (8, 3), and change places
        np.testing.assert_allclose(mirrored.fields["sides"].points[0], [[8, 3], [10, 3]])
    turned = pair().warp([[-1, 0, 12], [0, -1, 10]], (10, 12)).fields["sides"]
    assert turned.points[0].tolist() == [[10, 7], [8, 7]]


def test_what_hides_is_told():
    cover = np.zeros((10, 12), bool)
    cover[:, 4:8] = True
    left = pair().without(cover).fields["sides"]
    assert left.seen.tolist() == [[True, False], [False, True]]


def test_points_after_a_bend_and_lost_points():
    y, x = np.mgrid[:40, :50].astype(np.float32)
    bend = x + 3 * np.sin(y / 8), y + 2 * np.cos(x / 9)
    wanted = np.array([[10.5, 12], [30, 20.25], [200, 5]])
    moved, shown = points_after_remap(wanted, *bend)
    assert shown.tolist() == [True, True, False]
    index = moved[:2] - 0.5
    back = np.column_stack(
        [
            index[:, 0] + 3 * np.sin(index[:, 1] / 8) + 0.5,
            index[:, 1] + 2 * np.cos(index[:, 0] / 9) + 0.5,
        ]
    )
    np.testing.assert_allclose(back, wanted[:2], atol=0.02)


def test_errors():
    with pytest.raises(ValueError, match="for each of the 1 objects. Received: 'ids' with 2"):
        Instances([1], [[0, 0, 1, 1]], fields={"ids": [1, 2]}, image_size=(4, 4))
    with pytest.raises(ValueError, match="must not be named as one of .*Received: 'masks'"):
        Instances([1], [[0, 0, 1, 1]], fields={"masks": [1]}, image_size=(4, 4))
    plain = Instances([1], [[0, 0, 1, 1]], image_size=(10, 12))
    with pytest.raises(ValueError, match="'ids' is in some, but not in parts"):
        Instances.joined([pair(), plain])
