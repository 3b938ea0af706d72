"""Keypoints of COCO files, and what becomes of them when the image changes."""

import numpy as np
import pytest

from keras_maskrcnn.data import COCOSource, DatasetError, Instances, Keypoints
from keras_maskrcnn.skeletons import COCO_PERSON, Skeleton, as_skeleton

FACE = Skeleton(("nose", "left_eye", "right_eye"), mirrored=[("left_eye", "right_eye")])


def face(points=((4, 3, 2), (5, 2, 2), (3, 2, 1))):
    fields = {"keypoints": Keypoints([points], FACE)}
    return Instances([1], [[2, 1, 6, 5]], fields=fields, image_size=(8, 16))


def points_of(instances):
    return instances.fields["keypoints"].points.tolist()


def test_a_mirrored_image_exchanges_left_and_right():
    mirrored = face().warp([[-1, 0, 16], [0, 1, 0]], (8, 16))
    assert points_of(mirrored) == [[[12, 3, 2], [13, 2, 1], [11, 2, 2]]]


def test_a_turn_does_not():
    turned = face().warp([[0, -1, 8], [1, 0, 0]], (16, 8))
    assert points_of(turned) == [[[5, 4, 2], [6, 5, 2], [6, 3, 1]]]


def test_what_leaves_the_image_is_unknown():
    moved = face().warp([[1, 0, -3.5], [0, 1, 0]], (8, 16))
    assert points_of(moved) == [[[0.5, 3, 2], [1.5, 2, 2], [0, 0, 0]]]


def test_what_is_covered_is_hidden():
    cover = np.zeros((8, 16), bool)
    cover[3, 4] = True
    assert points_of(face().without(cover)) == [[[4, 3, 1], [5, 2, 2], [3, 2, 1]]]


def test_rows_of_several_images():
    both = Instances.joined([face(), face(((0, 0, 0),) * 3)])
    assert both.fields["keypoints"].to_batch(3)["gt_keypoints"][:, 0].tolist() == [
        [4, 3, 2],
        [0, 0, 0],
        [0, 0, 0],
    ]
    with pytest.raises(ValueError, match="`parts` must have the same keypoints"):
        Keypoints.joined([both.fields["keypoints"], Keypoints([], as_skeleton(2))])


def test_wrong_points():
    with pytest.raises(ValueError, match=r"`points` must end with 0 .* Received: \[3.0\]"):
        Keypoints([[[1, 1, 3]] * 3], FACE)
    with pytest.raises(ValueError, match="`points` must be finite"):
        Keypoints([[[np.nan, 1, 2]] * 3], FACE)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"names": ("a", "a")}, "`names` must hold different names"),
        ({"names": ("a", "b"), "limbs": [("a", "c")]}, "`limbs` must hold pairs of two of"),
        ({"names": ("a", "b"), "mirrored": [("a", "a")]}, "`mirrored` must hold pairs of two of"),
        ({"names": ("a", "b"), "sigmas": (0.1,)}, "`sigmas` must hold 2 numbers above 0"),
    ],
)
def test_wrong_skeletons(arguments, message):
    with pytest.raises(ValueError, match=message):
        Skeleton(**arguments)


def test_a_skeleton_survives_its_config():
    assert as_skeleton(COCO_PERSON.get_config()) == COCO_PERSON
    assert len(COCO_PERSON) == 17 and COCO_PERSON.order_mirrored[:3] == (0, 2, 1)


@pytest.fixture
def content(content):
    content["categories"][1] |= {
        "keypoints": ["nose", "left_eye", "right_eye"],
        "skeleton": [[1, 2], [1, 3]],
    }
    content["annotations"][0]["keypoints"] = [4, 3, 2, 5.5, 2, 1, 0, 0, 0]
    return content


class TestCOCO:
    def test_read_and_written_back(self, content, write, tmp_path):
        source = COCOSource(*write(content))
        assert source.skeleton.names == FACE.names and source.skeleton.mirrored == FACE.mirrored
        assert source.skeleton.limb_indices == ((0, 1), (0, 2))
        # COCO's are indices of pixels, whose middle lies half a pixel from the corner
        expected = [[[4.5, 3.5, 2], [6, 2.5, 1], [0, 0, 0]]]
        assert points_of(source[0].instances) == expected
        written = source.to_coco()
        annotation = content["annotations"][0]["keypoints"]
        assert written["annotations"][0]["keypoints"] == annotation
        assert written["annotations"][0]["num_keypoints"] == 2
        (measured,) = source.coco_annotations(0, source[0])
        assert measured["keypoints"] == annotation
        again = COCOSource(*write(written))
        assert points_of(again[0].instances) == expected and again.skeleton == source.skeleton

    def test_objects_without_keypoints_have_unknown_ones(self, content, write):
        del content["annotations"][0]["keypoints"]
        assert points_of(COCOSource(*write(content))[0].instances) == [[[0, 0, 0]] * 3]

    def test_other_keypoints_are_another_data_set(self, content, write):
        before = COCOSource(*write(content)).checksums()
        content["annotations"][0]["keypoints"][0] = 5
        assert (COCOSource(*write(content)).checksums() != before).sum() == 1

    @pytest.mark.parametrize(
        ("points", "message"),
        [
            ([1, 2, 2], "has keypoints that are not 9 numbers"),
            ([1, 2, 3] * 3, r"has keypoints of visibility \[3\]"),
            ([float("inf"), 2, 2] * 3, "has keypoints that are not 9 numbers"),
        ],
    )
    def test_wrong_points(self, content, write, points, message):
        content["annotations"][0]["keypoints"] = points
        with pytest.raises(DatasetError, match=f"annotations.0.* of image 'a.png' .* {message}"):
            COCOSource(*write(content))

    def test_wrong_categories(self, content, write):
        content["categories"][0]["keypoints"] = ["tail"]
        with pytest.raises(DatasetError, match="have other keypoints.*A model has one set"):
            COCOSource(*write(content))
        content["categories"][0]["keypoints"] = "tail"
        with pytest.raises(DatasetError, match="must have a list of names as its keypoints"):
            COCOSource(*write(content))
        content["categories"][0] |= {"keypoints": ["tail"], "skeleton": [[1, 2]]}
        with pytest.raises(DatasetError, match="pairs of numbers from 1 to 1"):
            COCOSource(*write(content))
