import copy
import json

import cv2
import numpy as np
import pytest

from keras_maskrcnn import Detections
from keras_maskrcnn.data import (
    COCOSource,
    DatasetError,
    Subset,
    VIASource,
    open_source,
    via_project,
)

SQUARE = {"name": "polygon", "all_points_x": [2, 6, 6, 2], "all_points_y": [1, 1, 5, 5]}
RECT = {"name": "rect", "x": 10, "y": 20, "width": 30, "height": 5}
POINT = {"name": "point", "cx": 3, "cy": 4}


def region(shape, **attributes):
    return {"shape_attributes": shape, "region_attributes": attributes}


def image(name, *regions, size=99):
    return {f"{name}{size}": {"filename": name, "size": size, "regions": list(regions)}}


@pytest.fixture
def content():
    """An export of VIA 2.x: a.png with a dog and a cat, b.png with a point, c.png with nothing."""
    return {
        **image("a.png", region(SQUARE, kind="dog"), region(RECT, kind="cat")),
        **image("b.png", region(POINT, kind="dog"), size=5),
        **image("c.png"),
    }


@pytest.fixture
def write(tmp_path, images_dir):
    """Write a VIA file; returns the arguments of `VIASource`."""

    def write_file(content):
        path = tmp_path / "via.json"
        path.write_text(json.dumps(content))
        return path, images_dir

    return write_file


def as_version_1(content):
    """The same as an export of VIA 1.x: regions as dicts."""
    content = copy.deepcopy(content)
    for entry in content.values():
        entry["regions"] = {str(i): one for i, one in enumerate(entry["regions"])}
        entry |= {"fileref": "", "base64_img_data": "", "file_attributes": {}}
    return content


def as_project(content, **attributes):
    """The same as a project of VIA 2.x, with options of some attributes."""
    options = {
        name: {"type": "dropdown", "options": dict.fromkeys(names, "")}
        for name, names in attributes.items()
    }
    return {
        "_via_settings": {"project": {"name": "pets"}},
        "_via_img_metadata": content,
        "_via_attributes": {"region": options, "file": {}},
    }


class TestReading:
    @pytest.mark.parametrize("version", [dict, as_version_1, as_project])
    def test_every_kind_of_file(self, content, write, version):
        source = VIASource(*write(version(content)))
        assert source.class_names == ("cat", "dog")
        sample = source[0]
        assert sample.file_name == "a.png"
        assert sample.image.shape == (40, 50, 3)
        assert sample.instances.boxes.tolist() == [[2, 1, 6, 5], [10, 20, 40, 25]]
        assert sample.instances.areas.tolist() == [16, 150]
        assert sample.instances.labels.tolist() == [2, 1]

    def test_points_are_left_out_and_counted(self, content, write):
        source = VIASource(*write(content))
        assert source.skipped == {"point": 1}
        assert source.describe()["skipped"] == {"point": 1}
        assert Subset(source, [0, 2]).skipped == {}
        assert Subset(source, [1]).skipped == {"point": 1}
        assert len(source[1].instances) == 0

    def test_images_without_regions_are_kept(self, content, write):
        source = VIASource(*write(content))
        assert len(source) == 3
        assert source.describe()["images_without_objects"] == 2
        assert source.image_sizes().tolist() == [[40, 50]] * 3

    def test_no_image_has_a_region(self, write):
        source = VIASource(*write(image("a.png")))
        assert source.class_names == ("object",)
        assert source.max_objects == 0
        assert VIASource(*write(image("a.png")), ["cat", "dog"]).class_names == ("cat", "dog")

    def test_the_name_of_an_image_may_stand_in_its_key_only(self, content, write):
        for entry in content.values():
            del entry["filename"]
        assert VIASource(*write(content))[1].file_name == "b.png"

    def test_sizes_are_those_of_turned_images(self, write, images_dir):
        tag = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
        jpeg = cv2.imencode(".jpg", np.zeros((40, 50, 3), np.uint8))[1].tobytes()
        segment = b"\xff\xe1" + (len(tag) + 2).to_bytes(2, "big") + tag
        (images_dir / "t.jpg").write_bytes(jpeg[:2] + segment + jpeg[2:])
        source = VIASource(*write(image("t.jpg", region(SQUARE))))
        assert source.image_sizes().tolist() == [[50, 40]]
        assert source[0].image.shape == (50, 40, 3)

    def test_open_source_finds_it_out(self, content, write):
        for version in (dict, as_version_1, as_project):
            source = open_source(*write(version(content)), classes=["dog"])
            assert isinstance(source, VIASource)
            assert source.object_counts().tolist() == [[1], [0], [0]]

    def test_the_images_lie_beside_it_if_no_folder_is_given(self, content, write, tmp_path):
        path, folder = write(content)
        beside = folder / "via.json"
        beside.write_bytes(path.read_bytes())
        assert len(open_source(beside)) == 3


class TestClasses:
    def test_the_attribute_that_most_regions_have(self, content, write):
        content["a.png99"]["regions"][0]["region_attributes"]["note"] = "blurred"
        content["a.png99"]["regions"][1]["region_attributes"]["note"] = ""
        assert VIASource(*write(content)).class_names == ("cat", "dog")

    def test_the_only_attribute_there_is(self, write):
        regions = [region(RECT, kind="cat"), *[region(RECT)] * 3]
        with pytest.raises(DatasetError, match="Region 2 of image 'a.png' in .* has no value of"):
            VIASource(*write(image("a.png", *regions)))

    def test_several_that_could_be_it(self, content, write):
        for one in content["a.png99"]["regions"]:
            one["region_attributes"]["colour"] = "red"
        with pytest.raises(
            DatasetError,
            match=r"several attributes .*: 'kind' \(2 of 2 regions, such as 'dog'\), 'colour' "
            r"\(2 of 2 regions, such as 'red'\). Give attribute='kind' or another, or type "
            "maskrcnn data convert --attribute kind",
        ):
            VIASource(*write(content))
        assert VIASource(*write(content), attribute="colour").class_names == ("red",)
        assert open_source(*write(content), attribute="kind").class_names == ("cat", "dog")

    def test_an_attribute_that_no_region_has(self, content, write):
        with pytest.raises(
            DatasetError,
            match="No region of .* attribute 'kinds'. Did you mean 'kind'. They have: 'kind' .2 of",
        ):
            VIASource(*write(content), attribute="kinds")

    def test_no_attribute_at_all(self, write):
        files = write(image("a.png", region(SQUARE), region(RECT, note="")))
        assert VIASource(*files).class_names == ("object",)
        assert VIASource(*files)[0].instances.labels.tolist() == [1, 1]
        assert VIASource(*files, classes="balloon").class_names == ("balloon",)
        with pytest.raises(DatasetError, match="no category 'a'. It has: object"):
            VIASource(*files, classes=["a", "b"])
        with pytest.raises(DatasetError, match="attribute 'kind'. They have none"):
            VIASource(*files, attribute="kind")

    def test_options_of_a_project_give_the_order(self, content, write):
        source = VIASource(*write(as_project(content, kind=["zebra", "dog"])))
        assert source.class_names == ("zebra", "dog", "cat")
        assert source[0].instances.labels.tolist() == [2, 3]

    def test_a_checkbox(self, content, write):
        first, second = content["a.png99"]["regions"]
        first["region_attributes"]["kind"] = {"cat": False, "dog": True}
        assert VIASource(*write(content)).class_names == ("cat", "dog")
        second["region_attributes"]["kind"] = {"cat": True, "dog": True}
        with pytest.raises(DatasetError, match="Region 2 .* several classes in its .*: cat, dog"):
            VIASource(*write(content))

    def test_numbers_and_blanks(self, write):
        source = VIASource(*write(image("a.png", region(RECT, k=7), region(RECT, k=" cat "))))
        assert source.class_names == ("7", "cat")

    def test_other_classes_are_left_out(self, content, write):
        source = VIASource(*write(content), classes=["dog"])
        assert source.class_names == ("dog",)
        assert source[0].instances.boxes.tolist() == [[2, 1, 6, 5]]

    def test_a_class_without_objects(self, content, write):
        source = VIASource(*write(content), classes=["bird", "dog", "cat"])
        assert source.class_names == ("bird", "dog", "cat")
        assert source.object_counts().sum(axis=0).tolist() == [0, 1, 1]

    def test_a_misspelt_class(self, content, write):
        with pytest.raises(DatasetError, match="no category 'dgo'. Did you mean 'dog'"):
            VIASource(*write(content), classes=["cat", "dgo"])
        with pytest.raises(DatasetError, match="no category 'bird'. It has: cat, dog"):
            VIASource(*write(content), classes=["bird"])


class TestMistakes:
    @pytest.mark.parametrize(
        ("shape", "message"),
        [
            ({**RECT, "width": 0}, "Region 2 of image 'a.png' in '.*via.json' has a rect without"),
            ({**RECT, "x": 9000}, "Region 2 .* has a polygon far outside the image"),
            (None, "Region 2 of image 'a.png' .* must have shape_attributes and region_attributes"),
        ],
    )
    def test_of_a_region(self, content, write, shape, message):
        content["a.png99"]["regions"][1]["shape_attributes"] = shape
        with pytest.raises(DatasetError, match=message) as error:
            VIASource(*write(content))
        assert str(error.value).endswith("Correct or remove it.")

    def test_a_region_that_is_none(self, content, write):
        content["a.png99"]["regions"][0] = "region"
        with pytest.raises(DatasetError, match="Region 1 .* Received: 'region'"):
            VIASource(*write(content))

    def test_an_entry_without_regions(self, content, write):
        content["b.png5"]["regions"] = None
        with pytest.raises(DatasetError, match="The entry 'b.png5' in .* an image with regions"):
            VIASource(*write(content))

    def test_two_entries_of_one_image(self, content, write):
        with pytest.raises(
            DatasetError, match="two entries of image 'a.png': 'a.png99' and 'a.png7'. Remove one"
        ):
            VIASource(*write(content | image("a.png", size=7)))

    def test_images_that_are_missing(self, content, write):
        content |= image("gone.png") | image("lost.png")
        with pytest.raises(DatasetError, match="2 of the 5 images of .*via.json.* is 'gone.png'"):
            VIASource(*write(content))

    def test_an_image_that_is_none(self, content, write, images_dir):
        (images_dir / "b.png").write_bytes(b"text")
        with pytest.raises(ValueError, match="b.png' is not an image"):
            VIASource(*write(content))

    def test_a_missing_folder(self, content, write, tmp_path):
        with pytest.raises(FileNotFoundError, match="no image folder '.*gone'"):
            VIASource(write(content)[0], tmp_path / "gone")

    @pytest.mark.parametrize("content", [[], {}, {"a": 1}, {"_via_img_metadata": []}])
    def test_another_file(self, write, content):
        with pytest.raises(DatasetError, match="not a file of the VGG Image Annotator 1.x or 2.x"):
            VIASource(*write(content))


def test_what_is_found_can_be_corrected_and_read_again(tmp_path, images_dir):
    rng = np.random.default_rng(3)
    noise = rng.random((4, 12, 12)).astype(np.float32)
    blobs = np.stack([cv2.GaussianBlur(one, (0, 0), 2) for one in noise])
    blobs = (blobs > np.median(blobs)).astype(np.float32)
    boxes = [[2, 3, 26, 27], [20, 10, 44, 34], [5, 5, 41, 35], [30, 2, 48, 20]]
    names = ("cat", "dog", "bird")
    found = Detections(boxes, [1, 2, 2, 1], [0.9, 0.8, 0.7, 0.6], blobs, names, (40, 50))
    entries = [found.to_via("a.png", file_size=7, tolerance=0), found[:0].to_via("b.png")]
    project = via_project(entries, names, images_dir=images_dir, name="pets")
    path = tmp_path / "project.json"
    path.write_text(json.dumps(project))

    assert project["_via_image_id_list"] == ["a.png7", "b.png-1"]
    assert project["_via_settings"]["core"]["default_filepath"] == f"{images_dir}/"
    assert list(project["_via_attributes"]["region"]["class"]["options"]) == list(names)
    source = VIASource(path, images_dir)
    assert source.class_names == names
    assert len(source[1].instances) == 0
    instances = source[0].instances
    assert instances.labels.tolist() == [1, 2, 2, 1]
    for mask, (crop, x, y) in zip(instances.to_dense(), found.mask_crops(), strict=True):
        whole = np.zeros((40, 50), np.uint8)
        whole[y : y + crop.shape[0], x : x + crop.shape[1]] = crop
        contours, _ = cv2.findContours(whole, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        largest = max(contours, key=lambda c: cv2.drawContours(whole * 0, [c], -1, 1, -1).sum())
        np.testing.assert_array_equal(mask, cv2.drawContours(whole * 0, [largest], -1, 1, -1))


def test_as_coco(content, write, tmp_path):
    source = VIASource(*write(content))
    path = tmp_path / "coco.json"
    path.write_text(json.dumps(source.to_coco()))
    again = COCOSource(path, source.images_dir)
    assert again.class_names == source.class_names
    assert [again[i].file_name for i in range(3)] == ["a.png", "b.png", "c.png"]
    assert again[0].instances.to_rle() == source[0].instances.to_rle()
    assert again[0].instances.labels.tolist() == [2, 1]
    annotation = source.to_coco()["annotations"][1]
    assert annotation["bbox"] == [10, 20, 30, 5]
    assert annotation["area"] == 150
    assert annotation["segmentation"] == [[10, 20, 40, 20, 40, 25, 10, 25]]
