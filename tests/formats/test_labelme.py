import base64
import json
import math

import cv2
import numpy as np
import pytest

from keras_maskrcnn.data import COCOSource, DatasetError, LabelMeSource, open_source

SQUARE = [[2, 1], [6, 1], [6, 5], [2, 5]]


def shape(label, points, kind="polygon", group=None, **more):
    return {"label": label, "points": points, "shape_type": kind, "group_id": group, **more}


def png(mask):
    return base64.b64encode(cv2.imencode(".png", np.asarray(mask, np.uint8) * 255)[1]).decode()


@pytest.fixture
def write(tmp_path, images_dir):
    """Write a LabelMe file for each list of shapes; returns the arguments of `LabelMeSource`."""

    def write_files(**shapes):
        folder = tmp_path / "labels"
        folder.mkdir(exist_ok=True)
        for name, listed in shapes.items():
            content = {"version": "5.4.1", "flags": {}, "shapes": listed}
            content |= {"imagePath": f"{name}.png", "imageHeight": 40, "imageWidth": 50}
            (folder / f"{name}.json").write_text(json.dumps(content))
        return folder, images_dir

    return write_files


def dense(files, index=0):
    return LabelMeSource(*files)[index].instances.to_dense()


class TestReading:
    def test_images_and_classes(self, write):
        files = write(b=[shape("dog", SQUARE), shape("cat", SQUARE)], a=[], c=[])
        source = LabelMeSource(*files)
        assert source.class_names == ("cat", "dog")
        assert [source[i].file_name for i in range(3)] == ["a.png", "b.png", "c.png"]
        assert source.object_counts().tolist() == [[0, 0], [1, 1], [0, 0]]
        assert source[1].instances.labels.tolist() == [2, 1]
        assert source[1].instances.boxes.tolist() == [[2, 1, 6, 5]] * 2
        assert source.skipped == {}

    def test_an_image_without_a_file_is_left_out(self, write):
        assert len(LabelMeSource(*write(a=[shape("dog", SQUARE)]))) == 1

    def test_rectangles(self, write):
        turned = [[10, 10], [14, 14], [10, 18], [6, 14]]  # a diamond, diagonals of 8
        masks = dense(
            write(
                a=[
                    shape("dog", [[6, 5], [2, 1]], "rectangle"),
                    shape("dog", turned, "oriented_rectangle"),
                ]
            )
        )
        assert masks[0].sum() == 16
        assert masks[0][1:5, 2:6].all()
        assert abs(masks[1].sum() - 32) <= 8  # half of 8 * 8, but for the border
        assert masks[1][14, 7:13].all() and not masks[1][10:12, 6:8].any()

    def test_a_circle_by_its_centre_and_a_point_on_it(self, write):
        (mask,) = dense(write(a=[shape("dog", [[5, 5], [5, 8]], "circle")]))
        assert mask.sum() == 32  # as in test_via_shapes.py
        assert mask[2:8, 4].all() and not mask[8].any()

    def test_a_mask_lies_between_its_first_and_last_pixel(self, write):
        cross = [[0, 1, 0], [1, 1, 1]]
        (mask,) = dense(write(a=[shape("dog", [[7, 3], [9, 4]], "mask", mask=png(cross))]))
        np.testing.assert_array_equal(mask[3:5, 7:10], cross)
        assert mask.sum() == 4

    def test_a_mask_that_leaves_the_image(self, write):
        ones = png(np.ones((4, 6)))
        masks = dense(
            write(
                a=[
                    shape("dog", [[-2, -1], [3, 2]], "mask", mask=ones),
                    shape("dog", [[47, 38], [52, 41]], "mask", mask=ones),
                ]
            )
        )
        assert masks[0].sum() == 12 and masks[0][:3, :4].all()
        assert masks[1].sum() == 6 and masks[1][38:, 47:].all()

    def test_a_group_of_one_label_is_one_object(self, write):
        other = [[20, 20], [22, 20], [22, 22], [20, 22]]
        shapes = [
            shape("dog", SQUARE, group=1),
            shape("dog", other, group=1),
            shape("cat", other, group=1),
            shape("dog", other, group=2),
        ]
        source = LabelMeSource(*write(a=shapes))
        assert source[0].instances.areas.tolist() == [20, 4, 4]
        assert source[0].instances.labels.tolist() == [2, 1, 2]

    def test_a_group_of_a_polygon_and_a_mask(self, write):
        piece = shape("dog", [[5, 4], [7, 5]], "mask", group=0, mask=png(np.ones((2, 3))))
        (mask,) = dense(write(a=[shape("dog", SQUARE, group=0), piece]))
        assert mask.sum() == 16 + 6 - 1  # one pixel in common

    def test_shapes_without_an_inside_are_counted(self, write):
        line = [[1, 1], [5, 5]]
        shapes = [shape("dog", line, "line"), shape("dog", line[:1], "point")]
        shapes += [shape("dog", line, "line"), shape("cat", SQUARE)]
        source = LabelMeSource(*write(a=shapes))
        assert source.skipped == {"line": 2, "point": 1}
        assert source.class_names == ("cat",)

    def test_paths_of_windows_and_paths_that_have_changed(self, write, images_dir):
        files = write(a=[], b=[])
        (images_dir / "sub").mkdir()
        (images_dir / "c.png").rename(images_dir / "sub" / "c.png")
        for name, path in {"a": "..\\photos\\a.png", "b": "sub\\c.png"}.items():
            file = files[0] / f"{name}.json"
            file.write_text(json.dumps(json.loads(file.read_text()) | {"imagePath": path}))
        source = LabelMeSource(*files)
        assert [source[i].file_name for i in range(2)] == ["a.png", "sub/c.png"]

    def test_images_beside_the_files(self, write, images_dir):
        folder, _ = write(a=[shape("dog", SQUARE)])
        (folder / "a.json").rename(images_dir / "a.json")
        assert LabelMeSource(images_dir)[0].instances.areas.tolist() == [16]
        assert isinstance(open_source(images_dir), LabelMeSource)

    def test_open_source(self, write):
        source = open_source(*write(a=[shape("dog", SQUARE), shape("cat", SQUARE)]), ["dog"])
        assert isinstance(source, LabelMeSource)
        assert source.class_names == ("dog",)

    def test_as_coco(self, write, tmp_path):
        mask = png(np.ones((2, 3)))
        shapes = [shape("dog", [[7, 3], [9, 4]], "mask", mask=mask), shape("cat", SQUARE, group=3)]
        shapes.append(shape("cat", [[1, 5], [3, 6]], "mask", 3, mask=mask))
        source = LabelMeSource(*write(a=shapes, b=[]))
        (tmp_path / "coco.json").write_text(json.dumps(source.to_coco()))
        again = COCOSource(tmp_path / "coco.json", source.images_dir)
        assert again.class_names == ("cat", "dog")
        assert again[0].instances.to_rle() == source[0].instances.to_rle()


BAD = [
    (shape("dog", SQUARE[:2]), "has a polygon with 2 points"),
    (shape("dog", [[1, 2, 3]] * 3), "has a polygon whose points are not numbers"),
    (shape("dog", None), "has a polygon whose points are not numbers .*: None"),
    (shape("dog", [[1, math.nan]] * 3), "has a polygon whose points are not numbers"),
    (shape("dog", [[1, 2], [3000, 4], [5, 6]]), "has a polygon far outside the image"),
    (shape("dog", SQUARE, "rectangle"), "has a rectangle with 4 points, not 2"),
    (shape("dog", [[1, 2], [1, 5]], "rectangle"), "has a rectangle without area"),
    (shape("dog", [[1, 2], [1, 2]], "circle"), "has a circle without area"),
    (shape("dog", [[5, 5], [1e200, 5]], "circle"), r"has a circle far outside .*1e\+200"),
    (shape("dog", SQUARE, group=[1]), "must have a number as its group_id"),
    (shape("dog", SQUARE, "star"), "has an unknown shape_type: 'star'"),
    (shape("dog", SQUARE[:2], "mask"), "has a mask that is not a PNG in base64"),
    (shape("dog", SQUARE[:2], "mask", mask="%%"), "has a mask that is not a PNG in base64"),
    (shape("dog", SQUARE[:2], "mask", mask="AAAA"), "has a mask that is not a PNG in base64"),
    (shape(None, SQUARE), "must have a text as its label"),
    ("dog", "must have a text as its label"),
]


@pytest.mark.parametrize(("bad", "message"), BAD)
def test_a_mistake_names_file_and_shape(write, bad, message):
    with pytest.raises(DatasetError, match=f"Shape 2 of '.*b.json' {message}"):
        LabelMeSource(*write(a=[], b=[shape("dog", SQUARE), bad]))


def test_an_image_of_another_size(write):
    folder, images = write(a=[])
    content = json.loads((folder / "a.json").read_text()) | {"imageWidth": 51}
    (folder / "a.json").write_text(json.dumps(content))
    with pytest.raises(DatasetError, match="'a.png' is 50 x 40 .* '.*a.json' says 51 x 40. The"):
        LabelMeSource(folder, images)


def test_images_that_are_missing(write):
    with pytest.raises(DatasetError, match="1 of the 2 images of .* The first is 'gone.png'"):
        LabelMeSource(*write(a=[], gone=[]))


def test_two_files_of_one_image(write):
    folder, images = write(a=[])
    (folder / "z.json").write_bytes((folder / "a.json").read_bytes())
    with pytest.raises(DatasetError, match="a.json' and '.*z.json' are both of image 'a.png'"):
        LabelMeSource(folder, images)


def test_other_files_and_folders(write, tmp_path, images_dir):
    with pytest.raises(FileNotFoundError, match="no folder '.*gone' of LabelMe files"):
        LabelMeSource(tmp_path / "gone")
    with pytest.raises(DatasetError, match="holds no LabelMe file"):
        LabelMeSource(images_dir)
    folder, images = write(a=[])
    with pytest.raises(DatasetError, match="is one file of LabelMe. Give the folder .*labels'"):
        open_source(folder / "a.json", images)
    (folder / "other.json").write_text("[]")
    with pytest.raises(DatasetError, match="other.json' is not a LabelMe file: it lacks"):
        LabelMeSource(folder, images)
