"""Fields and boxes without masks go wherever the image's pixels go, in every augmentation."""

import dataclasses

import cv2
import numpy as np
import pytest

from keras_maskrcnn.data import (
    BackgroundReplacement,
    CopyPaste,
    DatasetError,
    External,
    Field,
    ImageResizer,
    Instances,
    Sample,
)
from keras_maskrcnn.data.augmentation import AUGMENTATION_NAMES, Augmenter, make_augmentations

#: These change colours, so that a pixel no longer says where it comes from.
RECOLOURS = {
    "brightness", "contrast", "gamma", "color", "gray", "invert", "noise", "impulse", "blur",
    "average-blur",
}  # fmt: skip
COVERS = {"cutout", "erase", "background", "copy-paste"}
SIZE = (90, 120)


class Marks(Field):
    """Points (n, k, 2), the colour that the image has at each, and which can be seen."""

    def __init__(self, points, colours, seen):
        self.points, self.colours, self.seen = points, colours, seen

    def __len__(self):
        return len(self.points)

    def select(self, rows):
        return Marks(self.points[rows], self.colours[rows], self.seen[rows])

    @classmethod
    def joined(cls, parts):
        parts = [(part.points, part.colours, part.seen) for part in parts]
        return cls(*(np.concatenate(values) for values in zip(*parts, strict=True)))

    def moved(self, move, image_size):
        points = move(self.points.reshape(-1, 2)).reshape(self.points.shape)
        lost = np.isnan(points).any(axis=-1)
        points = np.nan_to_num(points, nan=-1)
        inside = ((points >= 0) & (points < image_size[::-1])).all(axis=-1)
        return Marks(points, self.colours, self.seen & inside & ~lost)

    def hidden(self, cover):
        x, y = np.moveaxis(np.where(self.seen[..., None], self.points, 0).astype(int), -1, 0)
        return Marks(self.points, self.colours, self.seen & ~cover[y, x])


def scene(number):
    """Six squares, every second with a mask, on ground that tells each place: red 2 x, green 2 y.

    Blue tells the scene. Each square is marked in its middle and at four points around.
    """
    rng = np.random.default_rng(number)
    y, x = np.mgrid[: SIZE[0], : SIZE[1]] + 0.5
    image = np.stack([2 * x, 2 * y, np.full(SIZE, 4 * number)], axis=-1).astype(np.uint8)
    corners = rng.uniform(5, (95, 65), (6, 2)).round(1)
    corners[::2] = corners[::2].round()
    boxes = np.hstack([corners, corners + 20])
    around = np.array([[0, 0], [4, 0], [-4, 0], [0, 4], [0, -4]])
    points = corners[:, None] + 10 + around
    colours = np.concatenate([2 * points, np.full((6, 5, 1), 4.0 * number)], axis=-1)
    fields = {
        "marks": Marks(points, colours, np.ones((6, 5), bool)),
        "scenes": np.full(6, number),
    }
    masks = [np.ones((20, 20), np.uint8) if i % 2 == 0 else None for i in range(6)]
    labels = np.arange(1, 7)
    return Sample(
        image, Instances(labels, boxes, masks, None, fields, image_size=SIZE), number, "a"
    )


def turn(image, masks):
    """What another library may do: turn by 100 degrees, mirror, and take the nearest pixel."""
    matrix = cv2.getRotationMatrix2D((60, 45), 100, 0.9)
    image, *masks = (
        cv2.warpAffine(each, matrix, (130, 95), flags=cv2.INTER_NEAREST)[::-1]
        for each in (image, *masks)
    )
    return {"image": image, "masks": masks}


def always(name):
    (item,) = make_augmentations(name)
    item.probability = 1.0
    if isinstance(item, BackgroundReplacement):
        item.softness = 0
    return item


def colours_at(image, points):
    """The colours at points (m, 2), bilinear, and whether the pixels around are of one piece."""
    index = np.clip(points - 0.5, 0, np.array(image.shape[1::-1]) - 1.001)
    x, y = index.astype(int).T
    right, down = (index - index.astype(int)).T[..., None]
    corners = np.stack([image[y, x], image[y, x + 1], image[y + 1, x], image[y + 1, x + 1]])
    top, bottom = (a * (1 - right) + b * right for a, b in (corners[:2], corners[2:].astype(float)))
    return top * (1 - down) + bottom * down, np.ptp(corners.astype(int), axis=0).max(axis=1) < 40


@pytest.mark.parametrize("name", [*AUGMENTATION_NAMES, "another library's", "resizing"])
def test_marks_lie_where_the_image_shows_their_colours(name):
    if name == "resizing":
        change, resizer = Augmenter([]), ImageResizer(scale=1.7)
    else:
        change = Augmenter([External(turn) if name == "another library's" else always(name)])
        resizer = None
    seen = hidden = of_boxes = 0
    for seed in range(6):
        sample = change(
            scene(seed + 1),
            seed,
            canvas=(80, 110) if name in ("crop", "jitter", "mosaic") else None,
            resizer=resizer,
            draw=lambda rng: scene(int(rng.integers(7, 60))),
        )
        instances, marks = sample.instances, sample.instances.fields["marks"]
        np.testing.assert_array_equal(instances.fields["scenes"] * 4.0, marks.colours[:, 0, 2])
        x1, y1, x2, y2 = instances.boxes.T[..., None]
        x, y = np.moveaxis(marks.points, -1, 0)
        inside = (x > x1 - 0.6) & (x < x2 + 0.6) & (y > y1 - 0.6) & (y < y2 + 0.6)
        assert inside[marks.seen].all(), "a mark left its object's box"
        hidden += (~marks.seen).sum()
        of_boxes += marks.seen[~instances.has_masks].sum()
        shown, whole = colours_at(sample.image, marks.points[marks.seen])
        if name not in RECOLOURS:
            away = np.abs(shown - marks.colours[marks.seen])[whole]
            # a grey level is half a pixel; a nearest pixel is half a pixel off in each direction
            assert away.max() < (4 if name == "another library's" else 1.6)
        seen += whole.sum()
    assert seen > 60 and of_boxes > 25
    assert hidden > 0 or name not in COVERS - {"background"}


def boxes_only(name="boxes.png"):
    instances = Instances([1, 1], [[10, 10, 30.5, 30], [50, 40, 90, 80]], image_size=SIZE)
    return Sample(np.full((*SIZE, 3), 50, np.uint8), instances, 1, name)


def test_copy_paste_pastes_masks_only_and_says_so_where_there_are_none():
    half_outlined = scene(3)
    instances = half_outlined.instances.with_fields({})
    half_outlined = dataclasses.replace(half_outlined, instances=instances)
    item = CopyPaste(probability=1.0)
    for seed in range(4):
        pasted = Augmenter([item])(boxes_only(), seed, draw=lambda rng: half_outlined).instances
        assert pasted.has_masks.tolist().count(False) <= 2 and pasted.has_masks[-1]
    message = "none of the 2 objects of 'boxes.png' has one.*Use Mosaic"
    with pytest.raises(DatasetError, match=message):
        Augmenter([item])(half_outlined, 0, draw=lambda rng: boxes_only())
    # one image among many does no harm
    others = iter([boxes_only(), half_outlined])
    assert Augmenter([item])(boxes_only(), 0, draw=lambda rng: next(others)).instances.has_masks[-1]


def test_background_keeps_what_is_in_a_box():
    image = scene(1).image
    instances = boxes_only().instances
    changed, same = BackgroundReplacement(softness=0).change_both(
        np.random.default_rng(0), image, instances
    )
    # columns 10..30 and rows 10..29 are touched by the first box
    np.testing.assert_array_equal(changed[10:30, 10:31], image[10:30, 10:31])
    assert (changed[0, 0] == changed[35, 35]).all()
    assert same.boxes.tolist() == instances.boxes.tolist()


def test_other_libraries_see_a_box_as_a_rectangle():
    seen = []

    def mirror(image, masks):
        seen.extend(masks)
        return {"image": image[:, ::-1], "masks": [mask[:, ::-1] for mask in masks]}

    sample = boxes_only()
    _, found = External(mirror).change_both(
        np.random.default_rng(0), sample.image, sample.instances
    )
    assert len(seen) == 2 and seen[0].sum() == 21 * 20
    assert found.boxes.tolist() == [[89, 10, 110, 30], [30, 40, 70, 80]]
    assert found.has_masks.tolist() == [False, False]

    def whole_numbers(image, masks):
        return {"image": image, "masks": [mask.astype(np.uint8) for mask in masks]}

    with pytest.raises(ValueError, match="dtype of float32 masks to move the field 'marks'"):
        External(whole_numbers).change_both(
            np.random.default_rng(0), scene(1).image, scene(1).instances
        )
