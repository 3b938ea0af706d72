import dataclasses
import json

import cv2
import numpy as np
import pytest

from keras_maskrcnn.data import (
    COCOSource,
    Instances,
    Keypoints,
    Sample,
    ShapesSource,
    Source,
    Subset,
)
from keras_maskrcnn.data.problems import KINDS, Finding, Limits, Place, draw_findings, find_problems
from keras_maskrcnn.data.problems.fingerprints import digest, similar_groups, thumbnail
from keras_maskrcnn.skeletons import Skeleton

SIZE = (32, 40)


class Listed(Source):
    """Images of noise; each is given as a list of (label, (x1, y1, x2, y2)) rectangles."""

    class_names = ("cat", "dog")

    def __init__(self, *images, seed=0, pixels=None, class_names=class_names, skipped=None):
        self.images = images
        self.seed = seed
        self.pixels = pixels or {}
        self.class_names = class_names
        self._skipped = skipped

    def skipped_shapes(self):
        return self._skipped or super().skipped_shapes()

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        image = self.pixels.get(index)
        if image is None:
            image = noise(self.seed + index)
        elif isinstance(image, Exception):
            raise image
        masks = np.zeros((len(self.images[index]), *image.shape[:2]), bool)
        for mask, (_, (x1, y1, x2, y2)) in zip(masks, self.images[index], strict=True):
            mask[y1:y2, x1:x2] = True
        instances = Instances.from_dense(masks, [label for label, _ in self.images[index]])
        return Sample(image, instances, index, f"{self.seed}-{index}.png")


def noise(seed, size=SIZE):
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), np.uint8)


def found(findings, kind):
    return [finding for finding in findings if finding.kind == kind]


def only(findings, kind):
    (finding,) = found(findings, kind)
    return finding


MANY = [(1, (2 * i, 0, 2 * i + 2, 8)) for i in range(10)] + [
    (2, (2 * i, 10, 2 * i + 2, 18)) for i in range(10)
]  # 16 pixels each, ten of each class: nothing to remark


def test_nothing_is_found_where_nothing_is_wrong():
    assert find_problems(Listed(MANY, MANY), Listed(MANY, seed=9)) == []
    shapes = ShapesSource(40, image_size=(96, 96))
    assert {finding.kind for finding in find_problems(shapes)} <= {"tiny_object"}


def test_an_object_annotated_twice():
    # 8 x 10 and 8 x 9 pixels, one inside the other: IoU 72 / 80
    image = [*MANY, (1, (20, 20, 28, 30)), (1, (20, 20, 28, 29))]
    finding = only(find_problems(Listed(MANY, image)), "duplicate_object")
    assert finding.places == (Place("train", 1, "0-1.png", (21, 22)),)
    assert finding.figures == {
        "iou": 0.9,
        "shared_pixels": 72,
        "classes": ["cat", "cat"],
        "boxes": [[20, 20, 28, 30], [20, 20, 28, 29]],
    }
    assert finding.message == (
        "train: '0-1.png', objects 21 (cat) and 22 (cat) are almost the same region: mask IoU 0.90"
    )


def test_one_region_with_two_classes():
    image = [*MANY, (1, (20, 20, 28, 30)), (2, (20, 20, 28, 29))]
    findings = find_problems(Listed(image))
    assert only(findings, "two_classes").figures["classes"] == ["cat", "dog"]
    assert not found(findings, "duplicate_object")


@pytest.mark.parametrize("label, x2, kinds", [(1, 30, ["overlap"]), (1, 24, []), (2, 30, [])])
def test_an_object_inside_another(label, x2, kinds):
    # 20 x 10 pixels; the other is 4 x 4 at columns x2 - 4 to x2 - 1 of them, or half beside them
    image = [*MANY, (1, (10, 20, 30, 30)), (label, (x2 - 4, 20, x2, 24))]
    if not kinds and label == 1:
        image[-1] = (1, (27, 20, 34, 24))  # 3 of 7 columns inside: 43 %
    findings = find_problems(Listed(image))
    assert [finding.kind for finding in findings] == kinds
    if kinds:
        assert findings[0].figures["share"] == 1.0
        assert findings[0].figures["iou"] == 16 / 200
        assert "100% of 22 lies in 21" in findings[0].message


def test_touching_boxes_share_nothing():
    masks = np.zeros((2, *SIZE), bool)
    masks[0][np.tril_indices(30)] = True  # two triangles of one square
    masks[1][:30, :30] = ~masks[0][:30, :30]
    sample = Sample(noise(0), Instances.from_dense(masks, [1, 1]), 0, "a")

    class Triangles(Listed):
        def __getitem__(self, index):
            return sample

    assert {f.kind for f in find_problems(Triangles([]))} == {"empty_class", "rare_class"}


def test_tiny_and_huge_objects():
    findings = find_problems(Listed([*MANY, (1, (0, 20, 5, 23)), (2, (0, 0, 40, 30))]))
    tiny, huge = only(findings, "tiny_object"), only(findings, "huge_object")
    assert tiny.figures["pixels"] == 15 and tiny.places[0].objects == (21,)
    assert tiny.message == "train: '0-0.png', object 21 (cat) has 15 pixels"
    assert huge.figures["share"] == 1200 / 1280
    assert "object 22 (dog) covers 94% of the image" in huge.message
    assert not found(find_problems(Listed([(1, (0, 20, 4, 24))])), "tiny_object")  # 16 pixels


def test_objects_that_have_only_a_box():
    boxes = [[0, 0, 10, 10], [0, 0, 10, 9.5], [0.5, 0, 10, 10], [8, 0, 20, 10], [20, 20, 23, 23]]
    labels, mask = [1, 1, 2, 1, 1], np.ones((10, 12), np.uint8)

    class Boxes(Listed):
        def __getitem__(self, index):
            masks = [None, None, None, mask, None]
            instances = Instances(labels, boxes, masks, image_size=SIZE)
            return Sample(noise(index), instances, index, f"{index}.png")

    source = Boxes([])
    assert ["segmentation" in a for a in source.coco_annotations(0, source[0])] == [
        bool(i == 3) for i in range(5)
    ]
    findings = find_problems(source)
    # IoU 0.95 of 1 and 2 (both cats), 0.95 of 1 and 3, 0.9025 / 0.9975 of 2 and 3
    twice, classes = found(findings, "duplicate_object"), found(findings, "two_classes")
    assert [f.places[0].objects for f in twice] == [(1, 2)]
    assert [f.places[0].objects for f in classes] == [(1, 3), (2, 3)]
    assert "are almost the same region: box IoU 0.95" in twice[0].message
    assert "object 5 (cat) has a box of 9 pixels" in only(findings, "tiny_object").message
    alone = only(findings, "boxes_only")
    assert alone.message.startswith("train: 4 of 5 objects, in '0.png': FasterRCNN learns")
    assert alone.places[0].objects == (1, 2, 3, 5)
    assert draw_findings(findings, source).shape[1] >= 320
    kinds = {"duplicate_object", "two_classes", "tiny_object", "boxes_only", "rare_class"}
    assert {finding.kind for finding in findings} == kinds


def test_keypoints_far_from_their_object_and_known_few_times():
    class Faces(Listed):
        skeleton = Skeleton(("nose", "left eye"))

        def __getitem__(self, index):
            sample = super().__getitem__(index)
            points = np.zeros((len(sample.instances), 2, 3))
            points[:, 0] = [12, 9, 2]
            fields = {"keypoints": Keypoints(points, self.skeleton)}
            return dataclasses.replace(sample, instances=sample.instances.with_fields(fields))

    # the nose lies 14 beside the second box, whose longer side is 10
    faces = Faces([(1, (10, 4, 16, 14)), (2, (26, 9, 36, 16))])
    findings = find_problems(faces, limits=Limits(rare_objects=1))
    stray = only(findings, "stray_keypoint")
    assert "object 2 (dog) has keypoints 1.4 times the side of its box away: nose" in stray.message
    rare = only(findings, "rare_keypoint")
    assert rare.message == "train: 'left eye' is known 0 times"


def test_a_mask_in_many_pieces():
    class Dots(Listed):
        def __getitem__(self, index):
            mask = np.zeros((1, *SIZE), bool)
            for x in range(index):
                mask[0, 3:7, 4 * x : 4 * x + 3] = True
            return Sample(noise(index), Instances.from_dense(mask, [1]), index, f"{index}")

    finding = only(find_problems(Dots(*[[]] * 9)), "many_pieces")
    assert finding.places[0].index == 8
    assert finding.figures["pieces"] == 8
    assert finding.message == "train: '8', object 1 (cat) has a mask of 8 pieces"


def test_crowds_are_not_looked_at():
    class Crowd(Listed):
        def __getitem__(self, index):
            masks = np.ones((2, *SIZE), bool)
            instances = Instances.from_dense(masks, [1, 1], [False, True])
            return Sample(noise(index), instances, index, f"{index}")

    findings = find_problems(Crowd([]))
    assert not found(findings, "duplicate_object")
    assert only(findings, "rare_class").figures == {"class": "cat", "objects": 1}


def test_an_object_whose_mask_covers_no_pixel(write, content):
    thin = [[4.1, 3.1, 4.2, 3.1, 4.2, 3.2]]
    first = content["annotations"][0]
    content["annotations"] = [
        {**first, "id": 5, "segmentation": thin, "bbox": [4.1, 3.1, 0.1, 0.1]},
        {**first, "id": 6, "segmentation": [[2, 1, 5, 1, 5, 5, 2, 5]]},  # 12 pixels
    ]
    source = COCOSource(*write(content))
    findings = find_problems(source)
    empty, tiny = only(findings, "empty_mask"), only(findings, "tiny_object")
    assert empty.places[0].objects == (1,) and tiny.places[0].objects == (2,)
    assert "object 1 (dog) covers no pixel, so it is not trained on" in empty.message
    np.testing.assert_allclose(empty.figures["boxes"], [[4.1, 3.1, 4.2, 3.2]])
    assert draw_findings([empty], source).shape == (320, 320, 3)


def test_copies_of_an_image():
    same = {2: noise(0), 3: noise(1), 4: noise(1)}
    findings = find_problems(Listed(MANY, MANY, MANY, MANY, MANY[:10], pixels=same))
    first, second = found(findings, "duplicate_image")
    assert [place.index for place in first.places] == [0, 2]
    assert first.figures == {"images": 2, "objects": [20, 20], "same_objects": True}
    assert first.message == "train: '0-0.png' and '0-2.png' have the same pixels"
    assert second.figures == {"images": 3, "objects": [20, 20, 10], "same_objects": False}
    assert second.message.endswith("have the same pixels, but different objects (20, 20, 10)")
    assert not found(findings, "near_duplicate_image")


def blurred(seed, size=(60, 80)):
    return cv2.normalize(
        cv2.GaussianBlur(noise(seed, size), (0, 0), 4), None, 0, 190, cv2.NORM_MINMAX
    )


def brighter(image):
    return cv2.convertScaleAbs(image, alpha=1.3, beta=10)


def recompressed(image):
    return cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 30])[1], 1)


def smaller(image):
    return cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("changed", [brighter, recompressed, smaller])
def test_images_that_look_alike(changed):
    source = Listed(MANY, MANY, MANY, pixels={0: blurred(0), 1: blurred(1)})
    source.pixels[2] = changed(blurred(0))
    finding = only(find_problems(source), "near_duplicate_image")
    assert [place.index for place in finding.places] == [0, 2]
    assert finding.figures["similarity"] > 0.97
    assert not found(find_problems(source, limits=Limits(similarity=1.0)), "near_duplicate_image")


def test_blank_images_look_like_nothing():
    blank = {i: np.full((*SIZE, 3), 10 * i, np.uint8) for i in range(3)}
    assert find_problems(Listed(MANY, MANY, MANY, pixels=blank)) == []


def test_leaks():
    train = Listed(MANY, MANY, MANY, pixels={1: blurred(1), 2: blurred(2)})
    val = Listed(MANY, MANY, MANY, seed=50, pixels={0: blurred(1), 2: brighter(blurred(2))})
    findings = find_problems(train, val)
    assert [finding.kind for finding in findings] == ["leak", "near_leak"]
    leak, near = findings
    assert leak.places == (Place("val", 0, "50-0.png"), Place("train", 1, "0-1.png"))
    assert leak.message == "val image '50-0.png' has the pixels of '0-1.png' in train"
    assert leak.severity == "error"
    assert near.places == (Place("val", 2, "50-2.png"), Place("train", 2, "0-2.png"))
    assert near.figures["similarity"] > 0.97 and near.severity == "warning"


def test_classes():
    names = ("cat", "dog", "owl", "fox")
    train = Listed([(1, (0, 0, 8, 8)), (3, (9, 0, 17, 8))], class_names=names)
    val = Listed([(2, (0, 0, 8, 8)), (1, (9, 0, 17, 8))], seed=5, class_names=names)
    findings = find_problems(train, val)
    assert only(findings, "unlearned_class").figures == {"class": "dog", "objects": 1}
    assert only(findings, "unmeasured_class").figures == {"class": "owl", "objects": 1}
    assert only(findings, "empty_class").figures == {"class": "fox"}
    assert [f.figures["class"] for f in found(findings, "rare_class")] == ["cat", "owl"]
    rare = found(find_problems(train, limits=Limits(rare_objects=1)), "rare_class")
    assert rare == []


def test_classes_are_compared_by_name():
    train = Listed(MANY)
    val = Listed(MANY, seed=5, class_names=("dog", "cow"))
    findings = find_problems(train, val)
    assert only(findings, "unlearned_class").figures["class"] == "cow"
    assert only(findings, "unmeasured_class").figures["class"] == "cat"


def test_nothing_to_learn():
    findings = find_problems(Listed([], []))
    assert [finding.kind for finding in findings] == ["nothing_to_learn", "images_without_objects"]
    assert findings[1].message == "train: 2 of 2 images: '0-0.png' and '0-1.png'"
    assert findings[1].figures == {"images": 2, "share": 1.0}


def test_images_of_very_different_sizes():
    wide = Listed(MANY, MANY, pixels={1: noise(9, (40, 160))})
    finding = only(find_problems(wide), "image_sizes")
    assert finding.figures == {"ratio": 4.0, "smallest": [32, 40], "largest": [40, 160]}
    assert "images from 40 x 32 to 160 x 40 pixels (width x height)" in finding.message
    assert find_problems(wide, limits=Limits(size_ratio=4.1)) == []


def test_images_that_cannot_be_read_do_not_end_it():
    broken = Listed(MANY, MANY, MANY, pixels={1: ValueError("The image file 'x' is truncated.")})
    steps = []
    findings = find_problems(broken, progress=lambda done, total: steps.append((done, total)))
    finding = only(findings, "unreadable_image")
    assert finding.message == "train image 2: The image file 'x' is truncated"
    assert finding.places == (Place("train", 1, None),)
    assert steps == [(1, 3), (2, 3), (3, 3)]


def test_no_image_can_be_read():
    gone = Listed(MANY, pixels={0: OSError("gone")})
    kinds = [finding.kind for finding in find_problems(gone, gone)]
    assert kinds == ["unreadable_image", "unreadable_image", "nothing_to_learn"]


def test_images_of_other_than_three_channels():
    pixels = {i: np.ascontiguousarray(blurred(i)[..., [0, 1, 2, 0, 1]]) for i in range(2)}
    pixels[2] = cv2.merge([brighter(blurred(0)), blurred(0)[..., 0], blurred(0)[..., 1]])
    source = Listed(MANY, [*MANY, (1, (0, 20, 1, 21))], MANY, pixels=pixels)
    findings = find_problems(source)
    assert [place.index for place in only(findings, "near_duplicate_image").places] == [0, 2]
    assert draw_findings(findings, source).shape == (320, 640, 3)


def test_shapes_that_a_reader_left_out():
    source = Listed(MANY, MANY, MANY, skipped=[{"point": 2}, {}, {"point": 1}])
    finding = only(find_problems(source), "skipped_shapes")
    assert finding.message == "train: 3 points in '0-0.png' and '0-2.png'"
    assert [place.index for place in finding.places] == [0, 2]
    assert finding.figures == {"shape": "point", "count": 3}
    source.pixels = {0: ValueError("gone"), 2: ValueError("gone")}
    assert only(find_problems(source), "skipped_shapes").message == "train: 3 points"


def test_the_worst_come_first():
    images = [*MANY, (1, (0, 20, 3, 25)), (1, (10, 20, 11, 21)), (2, (20, 20, 20 + 6, 22))]
    findings = find_problems(Listed(images, [], pixels={1: ValueError("gone")}))
    order = [list(KINDS).index(finding.kind) for finding in findings]
    assert order == sorted(order)
    assert [f.figures["pixels"] for f in found(findings, "tiny_object")] == [1, 12, 15]


def test_findings_are_json():
    images = [*MANY, (1, (20, 20, 28, 30)), (1, (20, 20, 28, 29)), (1, (0, 20, 1, 21))]
    wide = Listed(images, [], pixels={1: noise(9, (40, 160))}, class_names=("a", "b", "c"))
    findings = find_problems(wide, Subset(wide, [0]))
    assert len({finding.kind for finding in findings}) >= 6
    dicts = json.loads(json.dumps([finding.to_dict() for finding in findings]))
    assert dicts[0]["kind"] == "leak" and dicts[0]["severity"] == "error"
    assert dicts[0]["images"][0] == {
        "split": "val", "index": 0, "file_name": "0-0.png", "objects": [],
    }  # fmt: skip


def test_limits_are_checked():
    message = "`overlap` must lie in 0..1, without 0. Received: overlap=50."
    with pytest.raises(ValueError, match=message):
        Limits(overlap=50)


def test_a_digest_is_of_shape_and_pixels():
    image = noise(0)
    assert digest(image) == digest(image.copy()) == digest(np.asfortranarray(image))
    assert digest(image) != digest(image.reshape(40, 32, 3))
    changed = image.copy()
    changed[0, 0, 0] ^= 1
    assert digest(image) != digest(changed)


def test_groups_chain_and_match_a_slow_search():
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(60, 3)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    alike = vectors @ vectors.T >= 0.97
    reach = alike.copy()
    for _ in range(60):
        reach = (reach.astype(int) @ alike.astype(int)) > 0
    expected = {tuple(np.flatnonzero(row)) for row in reach if row.sum() > 1}
    groups = similar_groups(vectors, 0.97)
    assert {tuple(group) for group in groups} == expected
    assert len(groups) == len(expected) > 3


def test_a_thumbnail_is_of_mean_0_and_length_1():
    vector = thumbnail(noise(3))
    assert vector.shape == (1024,) and abs(vector.sum()) < 1e-3
    np.testing.assert_allclose(vector @ vector, 1, rtol=1e-5)


def test_a_sheet_shows_the_objects_in_question():
    black = np.zeros((*SIZE, 3), np.uint8)
    source = Listed([*MANY, (1, (20, 22, 28, 30))], MANY, pixels={0: black, 1: black})
    image = only(find_problems(source), "duplicate_image")
    box = [[20.0, 22.0, 28.0, 30.0]]
    finding = Finding("tiny_object", "", (Place("train", 0, "a", (21,)),), {"boxes": box})
    alone = draw_findings([finding], source, cell_size=160)
    assert alone.shape == (160, 160, 3)
    colors = {tuple(color) for color in alone[:110].reshape(-1, 3)} - {(32, 32, 32), (0, 0, 0)}
    assert len(colors) == 2  # the fill and the outline of one object, no neighbour
    assert draw_findings([finding, image], source, cell_size=160).shape == (160, 320, 3)


def test_a_sheet_takes_few_of_each_kind():
    source = Listed(*[[(1, (0, 0, 2, 2)), (2, (9, 9, 10, 10))]] * 9)
    findings = find_problems(source)
    assert len(found(findings, "tiny_object")) == 18
    assert draw_findings(findings, source, cell_size=64).shape == (2 * 64, 3 * 64, 3)  # 6 of them
    assert draw_findings(findings, source, most=1, cell_size=64).shape == (64, 64, 3)


def test_a_sheet_of_nothing():
    findings = find_problems(Listed([]))[:1]
    with pytest.raises(ValueError, match="must hold one that names an image.*1 findings without"):
        draw_findings(findings, Listed([]))
