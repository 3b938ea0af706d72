"""COCO's panoptic files, read and written."""

import copy
import json

import cv2
import numpy as np
import pytest

from keras_maskrcnn.data import (
    COCOPanopticSource,
    DatasetError,
    open_source,
    write_coco_panoptic,
)
from keras_maskrcnn.formats.coco.panoptic import from_rgb, to_rgb
from keras_maskrcnn.semantics import PanopticMap, Segment
from keras_maskrcnn.writing import write_picture

CATEGORIES = [
    {"id": 3, "name": "cat", "isthing": 1},
    {"id": 8, "name": "sea", "isthing": 0},
    {"id": 5, "name": "sky", "isthing": 0},
    {"id": 4, "name": "dog", "isthing": 1},
]
IDS = np.array([[70000, 70000, 9, 9], [300, 0, 9, 9], [300, 258, 258, 258]])
CONTENT = {
    "images": [{"id": 1, "file_name": "a.png", "height": 3, "width": 4}],
    "annotations": [
        {
            "image_id": 1,
            "file_name": "a.png",
            "segments_info": [
                {"id": 70000, "category_id": 5},
                {"id": 9, "category_id": 4, "iscrowd": 0},
                {"id": 300, "category_id": 3, "iscrowd": 1},
                {"id": 258, "category_id": 8},
            ],
        }
    ],
    "categories": CATEGORIES,
}


@pytest.fixture
def files(tmp_path):
    """A function that writes the files, with this content, and gives the path of the JSON."""
    (tmp_path / "images").mkdir()
    write_picture(tmp_path / "images" / "a.png", np.zeros((3, 4, 3), np.uint8))

    def write(content=CONTENT, ids=IDS):
        write_picture(tmp_path / "val" / "a.png", to_rgb(ids))
        (tmp_path / "val.json").write_text(json.dumps(content))
        return tmp_path / "val.json", tmp_path / "images"

    return write


def changed(place, **values):
    content = copy.deepcopy(CONTENT)
    content["annotations"][0]["segments_info"][place] |= values
    return content


def test_colours_are_the_digits_of_ids():
    assert to_rgb(IDS)[0, 0].tolist() == [112, 17, 1]  # 112 + 17 * 256 + 65536
    assert (from_rgb(to_rgb(IDS)) == IDS).all()


def test_things_are_objects_and_stuff_is_a_map(files):
    source = open_source(*files())
    assert isinstance(source, COCOPanopticSource)
    assert source.class_names == ("cat", "dog") and source.category_ids == (3, 4)
    assert source.semantic_names == ("things", "sky", "sea")
    assert source.object_counts().tolist() == [[0, 1]] and source.crowd_counts() == [1]
    instances = source[0].instances
    assert instances.labels.tolist() == [2, 1] and instances.iscrowd.tolist() == [False, True]
    assert instances.boxes.tolist() == [[2, 0, 4, 2], [0, 1, 1, 3]]
    assert instances.semantic.tolist() == [[1, 1, 0, 0], [0, 255, 0, 0], [0, 2, 2, 2]]
    dogs = open_source(*files(), classes=["dog"])
    assert dogs[0].instances.labels.tolist() == [1]
    assert (dogs[0].instances.semantic == instances.semantic).all()


def test_what_is_written_is_read_again(files, tmp_path):
    source = open_source(*files())
    found = source.panoptic(0)
    assert [one.class_name for one in found.segments] == ["sky", "dog", "cat", "sea"]
    path = tmp_path / "again.json"
    write_coco_panoptic(path, [(1, "a.png", found)], CATEGORIES)
    again = COCOPanopticSource(path, tmp_path / "images")
    assert again.panoptic(0).segments == found.segments and (again.panoptic(0).ids == IDS).all()
    sea = json.loads(path.read_text())["annotations"][0]["segments_info"][3]
    assert sea == {"id": 258, "category_id": 8, "area": 3, "bbox": [1, 2, 3, 1], "iscrowd": 0}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (changed(1, id=0), r"segments_info\[1\] \(id 0\) of 'a.png' in '.*val.json' must have a "),
        (changed(1, id=300), r"segments_info\[2\] \(id 300\) .* has the id 300 of another one"),
        (changed(0, category_id=99), r"\(id 70000\) .* has category_id 99, which 'categories'"),
        (changed(0, iscrowd=2), "has iscrowd 2, which must be 0 or 1"),
        ({**CONTENT, "annotations": [{"segments_info": 3}]}, r"annotations\[0\] .* has no list"),
        ({**CONTENT, "categories": [{"id": 3, "name": "cat"}]}, "'cat' .* 0 or 1 as isthing"),
    ],
)
def test_mistakes_in_the_json_name_file_and_segment(files, content, message):
    with pytest.raises(DatasetError, match=message):
        COCOPanopticSource(*files(content))


def test_mistakes_in_the_png_name_file_and_segment(files):
    for ids, message in (
        (np.where(IDS == 9, 7, IDS), r"Segment 7 of '.*val/a.png' has no entry in segments_info"),
        (np.where(IDS == 9, 0, IDS), r"Segment 9 of '.*val/a.png' has no pixel"),
        (IDS[:, :2], "'a.png' is 2 x 3 pixels"),
    ):
        source = COCOPanopticSource(*files(ids=ids))
        with pytest.raises(DatasetError, match=message):
            source[0]
    with pytest.raises(FileNotFoundError, match="no folder 'gone' of the PNGs"):
        COCOPanopticSource(*files(), panoptic_dir="gone")


def test_a_map_and_its_segments_must_agree():
    with pytest.raises(ValueError, match=r"without a pixel \[2\], pixels without a segment \[5\]"):
        PanopticMap(np.array([[1, 5]]), [Segment(1, "cat", True), Segment(2, "cat", True)])


def test_a_picture_of_16_bits_is_not_taken_for_ids(files, tmp_path):
    source = COCOPanopticSource(*files())
    cv2.imwrite(str(tmp_path / "val" / "a.png"), IDS.astype(np.uint16))
    with pytest.raises(DatasetError, match="Segment"):
        source[0]
