"""Keypoints in VIA, LabelMe and YOLO files: read, written back, and what is wrong with them.

Coordinates are from the outer corner of the first pixel in all three, so that nothing is added.
"""

import copy
import json

import pytest

from keras_maskrcnn.data import COCOSource, DatasetError, Subset, open_source, save_source
from keras_maskrcnn.skeletons import COCO_PERSON, Skeleton

FACE = ("left", "nose", "right")  # in alphabetical order
# Two faces in a.png, of 40 x 50 pixels: the second one has no left eye, its nose is hidden.
POINTS = [
    [[12, 8, 2], [15.5, 12, 2], [18, 8, 2]],
    [[0, 0, 0], [35, 30, 1], [38, 26.25, 2]],
]
POLYGON, BOX = [10, 5, 20, 5, 22, 18, 8, 18], (30, 20, 10, 15)


def via_region(shape, **attributes):
    return {"shape_attributes": shape, "region_attributes": attributes}


def via_point(x, y, keypoint, group, **more):
    more |= {"group_id": group, "keypoint": keypoint}
    return via_region({"name": "point", "cx": x, "cy": y}, **more)


@pytest.fixture
def via(tmp_path, images_dir):
    """Write a VIA file of a.png with these regions or the two faces; the arguments to open it."""
    polygon = {"name": "polygon", "all_points_x": POLYGON[::2], "all_points_y": POLYGON[1::2]}
    rect = dict(zip(("x", "y", "width", "height"), BOX, strict=True))
    faces = [
        via_region(polygon, **{"class": "face", "group_id": "1"}),
        via_point(12, 8, "left", "1"),
        via_point(15.5, 12, "nose", "1"),
        via_point(18, 8, "right", "1"),
        via_region({"name": "rect", **rect}, **{"class": "face", "group_id": "2"}),
        via_point(35, 30, "nose", "2", visibility="hidden"),
        via_point(38, 26.25, "right", "2"),
    ]

    def write(change=lambda regions: regions, form=lambda content: content):
        entry = {"filename": "a.png", "size": -1, "regions": change(copy.deepcopy(faces))}
        path = tmp_path / "via.json"
        path.write_text(json.dumps(form({"a.png-1": entry})))
        return path, images_dir

    return write


@pytest.fixture
def labelme(tmp_path, images_dir):
    """Write the same as a LabelMe file; returns the arguments to open its folder."""

    def shape(label, points, kind, group, **flags):
        known = {"label": label, "points": points, "group_id": group, "description": ""}
        return {**known, "shape_type": kind, "flags": flags, "mask": None}

    corners = [list(pair) for pair in zip(POLYGON[::2], POLYGON[1::2], strict=True)]
    x, y, width, height = BOX
    faces = [
        shape("face", corners, "polygon", 1),
        shape("left", [[12, 8]], "point", 1),
        shape("nose", [[15.5, 12]], "point", 1),
        shape("right", [[18, 8]], "point", 1),
        shape("face", [[x, y], [x + width, y + height]], "rectangle", 2),
        shape("nose", [[35, 30]], "point", 2, occluded=True),
        shape("right", [[38, 26.25]], "point", 2),
    ]

    def write(change=lambda shapes: shapes):
        content = {"version": "5.4.1", "flags": {}, "shapes": change(copy.deepcopy(faces))}
        content |= {"imagePath": "../images/a.png", "imageData": None}
        folder = tmp_path / "labelme"
        folder.mkdir(exist_ok=True)
        content |= {"imageHeight": 40, "imageWidth": 50}
        (folder / "a.json").write_text(json.dumps(content))
        return folder, images_dir

    return write


@pytest.fixture
def yolo(tmp_path, images_dir):
    """Write YOLO labels of a.png; returns the arguments to open them."""

    def write(yaml, *lines):
        (tmp_path / "data.yaml").write_text(f"names: [face]\n{yaml}\n")
        (tmp_path / "labels").mkdir(exist_ok=True)
        (tmp_path / "labels" / "a.txt").write_text("\n".join(lines))
        return tmp_path / "labels", images_dir

    return write


def points_of(source, index=0):
    return source.instances(index).fields["keypoints"].points.tolist()


def without(number):
    """Leave out a region or shape, counted from 1."""
    return lambda parts: parts[: number - 1] + parts[number:]


def as_version_1(content):
    for entry in content.values():
        entry["regions"] = {str(i): one for i, one in enumerate(entry["regions"])}
    return content


class TestVIA:
    @pytest.mark.parametrize("form", [dict, as_version_1])
    def test_points_belong_to_the_object_of_their_group(self, via, form):
        source = open_source(*via(form=form))
        assert source.skeleton == Skeleton(FACE, mirrored=[("left", "right")])
        assert points_of(source) == POINTS and source.skipped == {}
        assert source.class_names == ("face",) and len(source.instances(0)) == 2
        assert source.keypoint_counts().tolist() == [[1, 2, 2]]
        assert source.describe()["keypoints"] == {"left": 1, "nose": 2, "right": 2}

    def test_written_back_as_it_was(self, via, tmp_path):
        path, images = via()
        assert save_source(open_source(path, images), tmp_path / "again.json", "via") == {}
        again = json.loads((tmp_path / "again.json").read_text())
        (entry,) = again["_via_img_metadata"].values()
        assert entry["regions"] == json.loads(path.read_text())["a.png-1"]["regions"]
        assert list(again["_via_attributes"]["region"]["keypoint"]["options"]) == list(FACE)
        assert points_of(open_source(tmp_path / "again.json", images)) == POINTS

    def test_options_and_a_skeleton_give_the_order(self, via):
        options = {"type": "dropdown", "options": {"nose": "", "ear": ""}}

        def project(content):
            return {
                "_via_img_metadata": content,
                "_via_attributes": {"region": {"keypoint": options}},
            }

        assert open_source(*via(form=project)).skeleton.names == ("nose", "ear", "left", "right")
        skeleton = Skeleton(("right", "left", "nose"), [("left", "nose")])
        source = open_source(*via(), skeleton=skeleton)
        assert source.skeleton is skeleton and points_of(source)[1][0] == [38, 26.25, 2]

    def test_pieces_of_a_group_are_one_object(self, via):
        def parted(regions):
            rect = {"name": "rect", "x": 0, "y": 0, "width": 2, "height": 3}
            return [*regions, via_region(rect, **{"class": "face", "group_id": 2})]

        source = open_source(*via(parted))
        assert source.instances(0).areas.tolist()[1] == 10 * 15 + 6
        assert points_of(source) == POINTS

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (without(5), "5 of .* is the keypoint 'nose' of group '2', which no object .* has"),
            (
                lambda parts: [*parts, via_point(1, 1, "nose", "1")],
                "8 of .* is the keypoint 'nose' of group '1', as is Region 3 of image 'a.png'",
            ),
            (
                lambda parts: [*parts, via_point(1, 1, "", "1")],
                "8 of .* is a point without a value of the attribute 'keypoint'",
            ),
            (
                lambda parts: [*parts, via_point(1, 1, "nose", "")],
                "8 of .* is the keypoint 'nose' without a value of the attribute 'group_id'",
            ),
            (
                lambda parts: [*parts, via_point(None, 1, "ear", "1")],
                "8 of .* is a point whose cx and cy are not usable numbers: .None, 1.",
            ),
            (
                lambda parts: [*parts, via_point(1, 1, "ear", "1", visibility="no")],
                "8 of .* has the visibility 'no', which must be 'visible' or 'hidden'",
            ),
            (
                lambda parts: [*parts, via_region(parts[0]["shape_attributes"],
                                                  **{"class": "cat", "group_id": "1"})],
                "2 of .* is the keypoint 'left' of group '1', which 2 objects of its image has",
            ),
        ],
    )  # fmt: skip
    def test_a_mistake_names_file_and_region(self, via, change, message):
        with pytest.raises(DatasetError, match=f"Region {message}") as error:
            open_source(*via(change))
        assert "image 'a.png' in '" in str(error.value) and "via.json" in str(error.value)
        assert str(error.value).endswith("Correct or remove it.")

    def test_a_name_that_the_skeleton_has_not(self, via):
        with pytest.raises(
            DatasetError, match="'left' but the skeleton has lefty, nose, right. Did"
        ):
            open_source(*via(), skeleton=Skeleton(("lefty", "nose", "right")))

    def test_points_of_no_object_stay_left_out(self, via):
        def plain(parts):
            parts = [one for one in parts if one["shape_attributes"]["name"] != "point"]
            return [*parts, via_region({"name": "point", "cx": 1, "cy": 2}, **{"class": "face"})]

        source = open_source(*via(plain), attribute="class")
        assert source.skipped == {"point": 1} and source.skeleton is None


class TestLabelMe:
    def test_points_belong_to_the_object_of_their_group(self, labelme):
        source = open_source(*labelme())
        assert source.skeleton == Skeleton(FACE, mirrored=[("left", "right")])
        assert points_of(source) == POINTS and source.skipped == {}
        assert source.class_names == ("face",) and len(source.instances(0)) == 2

    def test_written_back_as_it_was(self, labelme, tmp_path):
        folder, images = labelme()
        assert save_source(open_source(folder, images), tmp_path / "again", "LabelMe") == {}
        again = json.loads((tmp_path / "again" / "a.json").read_text())
        assert again == json.loads((folder / "a.json").read_text())

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (without(5), "5 of .* is the keypoint 'nose' of group '2', which no object .* has"),
            (
                lambda parts: [*parts, {**parts[1], "points": [[9, 9]]}],
                "8 of .* is the keypoint 'left' of group '1', as is Shape 2 of",
            ),
            (
                lambda parts: [*parts, {**parts[1], "group_id": None}],
                "8 of .* is the point 'left' without a group_id",
            ),
            (
                lambda parts: [*parts, {**parts[1], "points": [[9, 9], [1, 1]]}],
                "8 of .* has a point of 2 pairs of coordinates, not 1",
            ),
        ],
    )
    def test_a_mistake_names_file_and_shape(self, labelme, change, message):
        with pytest.raises(DatasetError, match=f"Shape {message}") as error:
            open_source(*labelme(change))
        assert "a.json'" in str(error.value)
        assert str(error.value).endswith("Correct or remove it.")

    def test_a_name_that_the_skeleton_has_not(self, labelme):
        with pytest.raises(DatasetError, match="Shape 2 of .* but the skeleton has nose, right"):
            open_source(*labelme(), skeleton=Skeleton(("nose", "right")))


LINE = "0 0.5 0.5 0.2 0.4"


class TestYOLO:
    # Of 40 x 50 pixels: 0.24 x 50 = 12, 0.2 x 40 = 8
    def test_three_numbers_a_keypoint(self, yolo):
        files = yolo("kpt_shape: [2, 3]", f"{LINE} 0.24 0.2 2 0 0 0", f"{LINE} 0 0 1 1 1 2", LINE)
        source = open_source(*files)
        assert points_of(source) == [
            [[12, 8, 2], [0, 0, 0]],
            [[0, 0, 1], [50, 40, 2]],
            [[0, 0, 0], [0, 0, 0]],
        ]
        assert source.instances(0).boxes.tolist() == [[20, 12, 30, 28]] * 3
        assert source.skeleton == Skeleton(("keypoint 1", "keypoint 2"))
        assert source.instances(1).fields["keypoints"].points.shape == (0, 2, 3)

    def test_two_numbers_a_keypoint(self, yolo):
        files = yolo("kpt_shape: [3, 2]", f"{LINE} 0.24 0.2 0 0 -1 -1", f"{LINE} 0 .1 .1 0 1 1")
        assert points_of(open_source(*files)) == [
            [[12, 8, 2], [0, 0, 0], [0, 0, 0]],
            [[0, 4, 2], [5, 0, 2], [50, 40, 2]],
        ]

    def test_names_and_pairs(self, yolo):
        names = "kpt_names: {0: [left, nose, right]}"
        yaml = f"kpt_shape: [3, 3]\nflip_idx: [2, 1, 0]\n{names}"
        assert open_source(*yolo(yaml)).skeleton == Skeleton(FACE, mirrored=[("left", "right")])
        # the file's own pairs count, also where names say other ones
        yaml = f"kpt_shape: [3, 3]\nflip_idx: [1, 0, 2]\n{names}"
        assert open_source(*yolo(yaml)).skeleton.mirrored == (("left", "nose"),)
        yaml = f"kpt_shape: [3, 3]\n{names}"
        assert open_source(*yolo(yaml)).skeleton.mirrored == (("left", "right"),)
        flip = list(COCO_PERSON.order_mirrored)
        assert open_source(*yolo(f"kpt_shape: [17, 3]\nflip_idx: {flip}")).skeleton == COCO_PERSON
        skeleton = Skeleton(FACE, [("left", "nose")])
        assert open_source(*yolo("kpt_shape: [3, 3]"), skeleton=skeleton).skeleton is skeleton

    def test_written_back(self, via, tmp_path, images_dir):
        source = open_source(*via())
        left_out = save_source(source, tmp_path / "yolo", "YOLO")
        assert left_out == {("mask", "as YOLO's keypoints go with boxes"): 2}
        again = open_source(tmp_path / "yolo" / "labels", images_dir)
        assert again.skeleton == source.skeleton and points_of(again) == POINTS
        assert again.instances(0).boxes.tolist() == [[8, 5, 22, 18], [30, 20, 40, 35]]
        save_source(again, tmp_path / "twice", "YOLO")
        for name in ("data.yaml", "labels/a.txt"):
            first, second = (tmp_path / folder / name for folder in ("yolo", "twice"))
            assert first.read_bytes() == second.read_bytes()

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            (f"{LINE} 0.1 0.1", "must have a box .* 2 x 3 = 6 of keypoints.*Received: 6 numbers"),
            (f"{LINE} 0.1 0.1 3 0 0 0", "has a keypoint of visibility 3, which must be 0, 1 or 2"),
            (f"{LINE} 0.1 1.1 2 0 0 0", "must hold shares of the image, .* Received: 1.1"),
            (f"{LINE} 0.1 nan 2 0 0 0", "must hold shares of the image, .* Received: nan"),
            ("0 0.5 0.5", "must have a box of 4 numbers"),
        ],
    )
    def test_a_mistake_names_file_and_line(self, yolo, line, message):
        with pytest.raises(DatasetError, match=f"Line 2 of '.*a.txt' {message}"):
            open_source(*yolo("kpt_shape: [2, 3]", LINE, line))

    def test_keypoints_without_their_shape(self, yolo):
        with pytest.raises(DatasetError, match="keypoints need `kpt_shape` in a data.yaml"):
            open_source(*yolo("", f"{LINE} 0.1 0.1 2 0 0 0"))

    @pytest.mark.parametrize(
        ("yaml", "message"),
        [
            ("kpt_shape: [2, 4]", "`kpt_shape` in '.*data.yaml' must be the number .* '4'"),
            ("kpt_shape: 17", "`kpt_shape` in .* Received: '17'"),
            ("kpt_shape: [9999999, 2]", "`kpt_shape` in .* Received"),
            ("kpt_shape: [3, 2]\nflip_idx: [1, 2, 0]", "`flip_idx` in '.*data.yaml' must hold for"),
            ("kpt_shape: [3, 2]\nflip_idx: [0, 1]", "`flip_idx` in .* each of the 3 keypoints"),
            ("kpt_shape: [2, 2]\nkpt_names: {0: [a, a]}", "`kpt_names` in .* 2 different names"),
            ("kpt_shape: [1, 2]\nkpt_names: {0: [a], 1: [b]}", "the same for every class"),
        ],
    )
    def test_a_broken_yaml_file(self, yolo, yaml, message):
        with pytest.raises(DatasetError, match=message):
            open_source(*yolo(yaml))

    def test_a_skeleton_of_another_number(self, yolo):
        with pytest.raises(DatasetError, match="must have the 2 keypoints of `kpt_shape`.*: 3, "):
            open_source(*yolo("kpt_shape: [2, 3]"), skeleton=Skeleton(FACE))


def test_a_skeleton_for_a_coco_file(via, tmp_path, images_dir):
    save_source(open_source(*via()), tmp_path / "coco.json")
    content = json.loads((tmp_path / "coco.json").read_text())
    # COCO's are indices of pixels: half a pixel less
    assert content["annotations"][1]["keypoints"] == [0, 0, 0, 34.5, 29.5, 1, 37.5, 25.75, 2]
    skeleton = Skeleton(FACE, [("left", "nose")])
    source = COCOSource(tmp_path / "coco.json", images_dir, skeleton=skeleton)
    assert source.skeleton is skeleton and points_of(source) == POINTS
    with pytest.raises(DatasetError, match="The skeleton must have the keypoints of .*coco.json"):
        COCOSource(tmp_path / "coco.json", images_dir, skeleton=3)


def test_what_formats_cannot_hold_is_counted(content, write, tmp_path):
    crowd = {"size": [8, 10], "counts": [0, 10, 70]}
    two = [[2, 1, 6, 1, 6, 5, 2, 5], [8, 6, 9, 6, 9, 7, 8, 7]]
    more = [(crowd, 1), (two, 0), ({**crowd, "counts": [80]}, 0)]
    for number, (segmentation, iscrowd) in enumerate(more, start=2):
        known = {"id": number, "image_id": 7, "category_id": 30, "bbox": [2, 1, 4, 4]}
        content["annotations"].append(
            {**known, "segmentation": segmentation, "iscrowd": iscrowd, "area": 10}
        )
    source = COCOSource(*write(content))
    lost = {name: save_source(source, tmp_path / name, name) for name in ("VIA", "LabelMe", "YOLO")}
    assert lost["LabelMe"] == {
        ("crowd", "that LabelMe does not know"): 1,
        ("object", "whose mask covers no pixel"): 1,
    }
    assert lost["VIA"]["piece", "of masks in several, of which VIA holds the largest"] == 1
    assert lost["YOLO"]["piece", "of masks in several, of which YOLO holds the largest"] == 1
    with pytest.raises(
        ValueError, match="`format` must be one of COCO, VIA, LabelMe, YOLO. .*'vai'"
    ):
        save_source(source, tmp_path / "x", "vai")
    with pytest.raises(ValueError, match="of annotation files.* Received: a Subset"):
        save_source(Subset(source, [0]), tmp_path / "x")


def test_images_in_folders_and_outside_the_folder(tmp_path, images_dir):
    (images_dir / "sub").mkdir()
    (images_dir / "b.png").rename(images_dir / "sub" / "a.png")
    (images_dir / "c.png").rename(tmp_path / "c.png")
    names = ["a.png", "sub/a.png", "../c.png"]
    images = [
        {"id": number, "file_name": name, "height": 40, "width": 50}
        for number, name in enumerate(names)
    ]
    content = {"images": images, "annotations": [], "categories": [{"id": 1, "name": "face"}]}
    path = tmp_path / "coco.json"
    path.write_text(json.dumps(content))
    source = COCOSource(path, images_dir)
    save_source(source, tmp_path / "x" / "labelme", "LabelMe")
    files = {
        file.name: json.loads(file.read_text())["imagePath"]
        for file in (tmp_path / "x" / "labelme").iterdir()
    }
    assert files == {
        "a.json": "../../images/a.png",
        "sub_a.json": "../../images/sub/a.png",
        "c.json": "../../c.png",
    }
    save_source(source, tmp_path / "yolo", "YOLO")
    texts = sorted(file.as_posix() for file in (tmp_path / "yolo").rglob("*.txt"))
    folder = (tmp_path / "yolo" / "labels").as_posix()
    assert texts == [f"{folder}/{name}.txt" for name in ("a", "c", "sub/a")]
    (images_dir / "a.jpg").write_bytes((images_dir / "a.png").read_bytes())
    content["images"].append({**images[0], "id": 9, "file_name": "a.jpg"})
    path.write_text(json.dumps(content))
    with pytest.raises(DatasetError, match="file of labels 'labels/a.txt': 'a.jpg' and one that"):
        save_source(COCOSource(path, images_dir), tmp_path / "other", "YOLO")
