import copy
import json

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco_mask

from keras_maskrcnn.data import COCOSource, DatasetError, Sample, open_source


def dense(source, index=0):
    return source[index].instances.to_dense()


def square():
    mask = np.zeros((8, 10), bool)
    mask[1:5, 2:6] = True
    return mask


def annotate(content, segmentation, **more):
    annotation = {"image_id": 7, "category_id": 30, "segmentation": segmentation}
    content["annotations"].append(annotation | more)


class TestReading:
    def test_a_sample(self, content, write):
        source = COCOSource(*write(content))
        sample = source[0]
        assert len(source) == 2
        assert sample.image_id == 7
        assert sample.file_name == "a.png"
        assert sample.image.shape == (8, 10, 3)
        assert (sample.image == 10).all()
        assert sample.instances.boxes.tolist() == [[2, 1, 6, 5]]
        np.testing.assert_array_equal(dense(source), [square()])

    def test_category_ids_with_gaps_are_labels_in_rising_order(self, content, write):
        source = COCOSource(*write(content))
        assert source.class_names == ("cat", "dog")
        assert source.category_ids == (4, 30)
        assert source[0].instances.labels.tolist() == [2]

    def test_run_lengths_of_both_kinds(self, content, write):
        rle = coco_mask.encode(np.asfortranarray(square().astype(np.uint8)))
        annotate(content, {"size": [8, 10], "counts": rle["counts"].decode()})
        # 2 columns of 8 and 1 row come first, then 4 runs of 4 with 4 between them
        counts = [17, 4, 4, 4, 4, 4, 4, 4, 35]
        annotate(content, {"size": [8, 10], "counts": counts}, iscrowd=1)
        source = COCOSource(*write(content))
        np.testing.assert_array_equal(dense(source), [square()] * 3)
        assert source[0].instances.iscrowd.tolist() == [False, False, True]

    def test_several_polygons_are_one_object(self, content, write):
        annotate(content, [[0, 0, 2, 0, 2, 2, 0, 2], [7, 6, 9, 6, 9, 8, 7, 8]])
        both = np.zeros((8, 10), bool)
        both[0:2, 0:2] = both[6:8, 7:9] = True
        source = COCOSource(*write(content))
        np.testing.assert_array_equal(dense(source)[1], both)
        assert source[0].instances.boxes[1].tolist() == [0, 0, 9, 8]

    def test_an_image_without_annotations(self, content, write):
        sample = COCOSource(*write(content))[1]
        assert sample.image_id == 9
        assert len(sample.instances) == 0

    def test_a_polygon_that_covers_no_pixel_is_left_out(self, content, write):
        annotate(content, [[3.1, 3.1, 3.2, 3.1, 3.2, 3.2]])
        assert len(COCOSource(*write(content))[0].instances) == 1

    def test_a_line_is_an_object_that_only_counts_where_ap_is_measured(self, content, write):
        line = [[3.5, 4.5, 3.5, 4.5, 6.5, 4.5, 6.5, 4.5]]  # COCO's train2017 has two of them
        annotate(content, line, bbox=[3.5, 4.5, 3.0, 0.0], area=0.0)
        source = COCOSource(*write(content))
        assert len(source[0].instances) == 1
        stated = [(a["bbox"], a["area"]) for a in source.coco_annotations(0, source[0])]
        assert stated == [([2, 1, 4, 4], 16.0), ([3.5, 4.5, 3.0, 0.0], 0.0)]

    def test_decoding_twice_gives_the_same(self, content, write):
        source = COCOSource(*write(content))
        assert source.instances(0) is source.instances(-2)
        source._decoded.clear()
        np.testing.assert_array_equal(source.instances(0).to_dense(), [square()])

    def test_end(self, content, write):
        with pytest.raises(IndexError):
            COCOSource(*write(content))[2]

    def test_image_ids_may_be_text(self, content, write):
        content["images"][0]["id"] = content["annotations"][0]["image_id"] = "a"
        assert COCOSource(*write(content))[0].image_id == "a"

    def test_bbox_may_be_missing(self, content, write):
        del content["annotations"][0]["bbox"]
        assert len(COCOSource(*write(content))[0].instances) == 1


class TestClasses:
    def test_order_gives_the_labels(self, content, write):
        annotate(content, [[0, 0, 2, 0, 2, 2]], category_id=4)
        source = COCOSource(*write(content), classes=["dog", "cat"])
        assert source.class_names == ("dog", "cat")
        assert source.category_ids == (30, 4)
        assert source[0].instances.labels.tolist() == [1, 2]

    def test_other_classes_are_left_out(self, content, write):
        source = COCOSource(*write(content), classes=["cat"])
        assert source.class_names == ("cat",)
        assert len(source) == 2
        assert len(source[0].instances) == 0

    def test_unknown(self, content, write):
        with pytest.raises(
            DatasetError, match="no category 'dogs'. Did you mean 'dog'. It has: cat, dog"
        ):
            COCOSource(*write(content), classes=["dogs"])

    @pytest.mark.parametrize("classes", [[], ["cat", "cat"]])
    def test_none_or_twice(self, content, write, classes):
        with pytest.raises(DatasetError, match="at least one class, each once"):
            COCOSource(*write(content), classes=classes)


def test_counts(content, write):
    annotate(content, [[0, 0, 2, 0, 2, 2]], category_id=4)
    annotate(content, {"size": [8, 10], "counts": [70, 10]}, iscrowd=1)
    source = COCOSource(*write(content))
    assert source.object_counts().tolist() == [[1, 1], [0, 0]]
    assert source.image_sizes().tolist() == [[8, 10], [8, 10]]
    assert source.max_objects == 2
    assert source.describe() == {
        "images": 2,
        "objects": 2,
        "images_without_objects": 1,
        "objects_per_image": {"median": 1.0, "max": 2},
        "image_sizes": {"smallest": (8, 10), "largest": (8, 10)},
        "classes": {"cat": 1, "dog": 1},
        "skipped": {},
        "crowds": 1,
    }


def test_open_source(content, write):
    source = open_source(*write(content), classes=["dog"])
    assert isinstance(source, COCOSource)
    assert source.class_names == ("dog",)


def change(content, path, value):
    """A copy of the content with one value replaced, or removed if it is ...; path as a/b/0."""
    content = copy.deepcopy(content)
    *folders, last = [int(key) if key.isdigit() else key for key in path.split("/")]
    place = content
    for key in folders:
        place = place[key]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return content


BAD = [
    ("images", ..., r"train.json' lacks the key 'images'\."),
    ("annotations", ..., "train.json' lacks the key 'annotations'"),
    ("categories", ..., "train.json' lacks the key 'categories'"),
    ("annotations", {"a": 1}, "has no list under the key 'annotations'"),
    ("images", [], "has none of the 'images'"),
    ("categories", [], "has none of the 'categories'"),
    ("images/1", "b.png", r"images\[1\] in '.*train.json' is not an object: 'b.png'"),
    (
        "images/1/height",
        ...,
        r"images\[1\] \(id 9\) .* lacks the key 'height'. Each of 'images'",
    ),
    ("images/0/width", 0, r"images\[0\] \(id 7\) .* whole numbers above 0. .*width=0"),
    ("images/0/width", "10", "height=8, width='10'"),
    ("images/0/file_name", 5, "must have a text as its file_name. Received: 5"),
    ("images/1/id", 7, r"images\[0\] and images\[1\] in .* have the same id, 7"),
    ("images/1/id", [7], r"images\[1\] in .* must have a number or text as its id"),
    ("images/1/file_name", "gone.png", "1 of the 2 images .* are not in the folder .*gone.png"),
    ("categories/1/name", "dog", r"categories\[0\] and categories\[1\] .* the same name, 'dog'"),
    ("categories/1/id", "four", "whole number as its id .* Received: id='four', name='cat'"),
    ("annotations/0/image_id", ..., r"annotations\[0\] \(id 1\) in .* lacks the key 'image_id'"),
    ("annotations/0/image_id", 8, r"\(id 1\) in .* belongs to image_id 8, which 'images' lacks"),
    ("annotations/0/image_id", [7], r"image_id \[7\], which 'images' lacks"),
    (
        "annotations/0/category_id",
        5,
        "'a.png' .* category_id 5, which 'categories' lacks: 4, 30",
    ),
    ("annotations/0/bbox", [2, 1, 0, 4], r"image 'a.png' .* box without area: .* \[2, 1, 0, 4\]"),
    ("annotations/0/bbox", [2, 1, 4, -1], "has a box without area"),
    ("annotations/0/bbox", [2, 1, 4], "bbox that is not four numbers"),
    ("annotations/0/bbox", "2144", "bbox that is not four numbers"),
    ("annotations/0/bbox", [2, 1, 4, 1e300], r"box far outside the image: bbox .* 1e\+300\]"),
    ("images/0/width", 2**20 + 1, "whole numbers above 0, at most 1048576. .*width=1048577"),
    ("annotations/0/area", "12", r"\(id 1\) of image 'a.png' .* not a number of pixels: '12'"),
    ("annotations/0/area", -1, "has an area that is not a number of pixels: -1"),
    ("annotations/0/area", float("nan"), "has an area that is not a number of pixels: nan"),
    ("annotations/0/segmentation", {"a": 1}, "run-length mask without 'size' and 'counts'"),
    ("annotations/0/segmentation", "abc", "has no mask"),
    ("annotations/0/segmentation", [[1, 2, 3, 4]], "polygon with 2 points .at least 3"),
    ("annotations/0/segmentation", [[1, 2, 3, 4, 5, 6, 7]], r"odd number of coordinates \(7\)"),
    ("annotations/0/segmentation", [[1, 2, 3, 4, 5, 6], 7], "polygon that is not a list"),
    (
        "annotations/0/segmentation",
        [[[1, 2], [3, 4], [5, 6]]],
        "that is not made of numbers",
    ),
    ("annotations/0/segmentation", [[1, 2, 3, 4, 5, float("nan")]], "not made of numbers"),
    ("annotations/0/segmentation", [[1, 2, 3, 4, 5, 1e9]], "polygon far outside the image"),
    ("annotations/0/segmentation", {"counts": [80]}, "run-length mask without 'size' and 'counts'"),
    (
        "annotations/0/segmentation",
        {"size": [10, 8], "counts": [80]},
        r"wrong size: \[height, width\] is \[10, 8\], the image's is \[8, 10\]",
    ),
    (
        "annotations/0/segmentation",
        {"size": [8, 10], "counts": [70]},
        "broken run-length mask: its counts add up to 70 pixels",
    ),
    (
        "annotations/0/segmentation",
        {"size": [8, 10], "counts": 10**11},
        "mask: its counts are not a complete compressed RLE string",
    ),
]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 200_000, "cannot be read: its lists are nested too deeply"),
        ('{"a": ' + "9" * 5000 + "}", "cannot be read: a number in it has thousands of digits"),
    ],
)
def test_beyond_what_a_parser_takes(tmp_path, text, message):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(DatasetError, match=f"a.json' {message}"):
        open_source(tmp_path / "a.json", tmp_path)


@pytest.mark.parametrize(("path", "value", "message"), BAD)
def test_a_mistake_is_found_when_the_source_is_made(content, write, path, value, message):
    files = write(content)
    files[0].write_text(json.dumps(change(content, path, value)))
    with pytest.raises(DatasetError, match=message) as error:
        open_source(*files)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "train.json' is empty"),
        ("{'images': []}", "train.json' is not JSON: .* at line 1, column 2"),
        ('{"images": [', "is not JSON"),
        ("[1, 2]", "not an annotation file of a known format. .* this one has list"),
        ('{"shapes": []}', r"not an annotation file of a known format. .* \['shapes'\]"),
        (b"\xff\xfe\x00", "cannot be read"),
    ],
)
def test_not_a_coco_file(content, write, text, message):
    path, folder = write(content)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(DatasetError, match=message):
        open_source(path, folder)


def test_a_list_is_no_coco_content(content, write):
    path, folder = write(content)
    path.write_text("[]")
    with pytest.raises(DatasetError, match="it holds a JSON list, not an object with the keys"):
        COCOSource(path, folder)


def test_missing_file_and_folder(content, write, tmp_path):
    path, folder = write(content)
    with pytest.raises(FileNotFoundError, match="no annotation file '.*gone.json'"):
        open_source(tmp_path / "gone.json", folder)
    with pytest.raises(FileNotFoundError, match="no image folder '.*gone'"):
        open_source(path, tmp_path / "gone")
    with pytest.raises(DatasetError, match="cannot be read"):
        COCOSource(folder, folder)


def test_a_byte_order_mark_does_no_harm(content, write):
    path, folder = write(content)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len(open_source(path, folder)) == 2


def test_an_image_of_another_size(content, write):
    files = write(content)
    files[0].write_text(json.dumps(change(content, "images/1/width", 12)))
    source = COCOSource(*files)
    with pytest.raises(DatasetError, match=r"'b.png' is 10 x 8 pixels .* says 12 x 8. The masks"):
        source[1]


def test_small_objects(content, write):
    annotate(content, [[0.1, 0.1, 0.3, 0.1, 0.3, 0.3]])  # covers no pixel's centre
    annotate(content, [[0, 0, 2, 0, 2, 2, 0, 2]], iscrowd=1)
    annotate(content, {"size": [8, 10], "counts": [0, 3, 77]})
    annotate(content, [], bbox=[0, 0, 9, 8])
    source = COCOSource(*write(content))
    count, small = source.small_objects(0, 16)
    assert (count, small.areas.tolist()) == (2, [3])
    assert [source.small_objects(0, pixels)[0] for pixels in (0, 17, np.inf)] == [0, 3, 4]
    assert source.small_objects(1, np.inf)[0] == 0


def test_checksums(content, write):
    def checksums():
        return COCOSource(*write(content)).checksums().tolist()

    annotate(content, {"size": [8, 10], "counts": [0, 3, 77]})
    annotate(content, [], bbox=[0, 0, 9, 8])
    first, second = checksums()
    assert first != second and checksums() == [first, second]
    annotations = content["annotations"]
    annotations[0]["segmentation"] = [[float(x) for x in annotations[0]["segmentation"][0]]]
    assert checksums() == [first, second]  # 2 is 2.0
    for annotation, key, value in (
        (annotations[0], "iscrowd", 1),
        (annotations[1], "segmentation", {"size": [8, 10], "counts": [1, 3, 76]}),
        (annotations[2], "bbox", [0, 0, 8, 8]),
        (annotations[2], "category_id", 4),
        (annotations[2], "image_id", 9),
    ):
        before, old = checksums(), annotation.get(key, 0)
        annotation[key] = value
        assert checksums()[0] != before[0]
        annotation[key] = old
    content["images"][1]["file_name"], content["images"][0]["file_name"] = "a.png", "b.png"
    assert not {first, second} & set(checksums())


def test_an_image_of_swapped_sides(content, write):
    path, folder = write(content)
    swapped = change(change(content, "images/1/width", 8), "images/1/height", 10)
    path.write_text(json.dumps(swapped))
    with pytest.raises(DatasetError, match=r"says 8 x 10. Its sides are swapped. The masks do not"):
        COCOSource(path, folder)[1]
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (8, 10)).save(folder / "b.png", exif=exif)  # stored upright, shown on its side
    with pytest.raises(DatasetError, match="before its EXIF orientation turns it: remove this"):
        COCOSource(path, folder)[1]


def test_names_are_known_without_the_images(content, write):
    path, folder = write(content)
    source = COCOSource(path, folder)
    for image in folder.iterdir():
        image.unlink()
    assert [source.file_name(index) for index in range(2)] == ["a.png", "b.png"]


class TestBoxesWithoutMasks:
    @pytest.mark.parametrize("segmentation", [..., [], None])
    def test_no_segmentation(self, content, write, segmentation):
        path = "annotations/0/segmentation"
        source = COCOSource(*write(change(content, path, segmentation)))
        truth = {"category_id": 2, "bbox": [2, 1, 4, 4], "area": 16, "iscrowd": 0}
        assert source.coco_annotations(0, source_image()) == [truth]
        assert source.object_counts().tolist() == [[0, 1], [0, 0]]
        annotations = source.to_coco()["annotations"]
        assert annotations == [{"id": 1, "image_id": 7, **truth, "category_id": 30}]

    def test_the_stated_area_counts(self, content, write):
        content["annotations"][0] |= {"area": 9.5, "segmentation": []}
        source = COCOSource(*write(content))
        assert source.coco_annotations(0, source_image())[0]["area"] == 9.5

    @pytest.mark.parametrize(
        ("stated", "message"),
        [
            ({"bbox": None}, "image 'a.png' .* has neither a segmentation nor a bbox"),
            ({"iscrowd": 1}, "has iscrowd 1 and no segmentation, which says where the crowd is"),
            ({"bbox": [2, 1, 4, 0]}, "has a box without area"),
        ],
    )
    def test_a_mistake(self, content, write, stated, message):
        content["annotations"][0] |= {"segmentation": [], **stated}
        with pytest.raises(DatasetError, match=message):
            COCOSource(*write(content))


def source_image():
    """A sample's image, of which sources look at the size only."""
    return Sample(np.zeros((8, 10, 3), np.uint8), None, 7, "a.png")


class TestWhatToolsWrite:
    @pytest.mark.parametrize(
        ("there", "stated"),
        [
            ("cafe\u0301.png", "caf\u00e9.png"),
            ("c.png", "images\\c.png"),
            ("c d.png", "c%20d.png"),
            ("c.png", "/data/upload/1/c.png"),
            ("C.PNG", "c.png"),
        ],
    )
    def test_names_that_differ_in_form(self, there, stated, content, write):
        content["images"][0]["file_name"] = there
        path, folder = write(content)
        content["images"][0]["file_name"] = stated
        path.write_text(json.dumps(content))
        source = COCOSource(path, folder)
        assert source[0].file_name == there
        assert source.to_coco()["images"][0]["file_name"] == there

    def test_names_that_could_be_of_two_files_or_of_one(self, content, write):
        path, folder = write(content)
        for name in ("C.png", "c.PNG"):
            (folder / name).write_bytes((folder / "a.png").read_bytes())
        for stated, message in [
            ("c.png", "The first is 'c.png'. It could be 'C.png' or 'c.PNG'. Give the folder"),
            ("train/b.png", "'train/b.png' and 'b.png' in .* are both the image 'b.png'"),
            ("b.png", "'b.png' and 'b.png' in .* are both the image 'b.png'. Remove one"),
            ("aa.png", "The first is 'aa.png'. Did you mean 'a.png'"),
        ]:
            content["images"][0]["file_name"] = stated
            path.write_text(json.dumps(content))
            with pytest.raises(DatasetError, match=message):
                COCOSource(path, folder)

    def test_a_class_that_the_file_lacks_has_no_objects(self, content, write):
        source = COCOSource(*write(content), classes=["dog", "horse", "cat"])
        assert source.class_names == ("dog", "horse", "cat")
        assert source.object_counts().tolist() == [[1, 0, 0], [0, 0, 0]]
        assert source.describe()["remarks"] == ["no category 'horse': a class without objects"]

    def test_ids_as_text_and_a_flat_polygon(self, content, write):
        # VIA's export as COCO: the ids of images are text in the annotations alone
        content["annotations"][0] |= {"image_id": "7", "segmentation": [2, 1, 6, 1, 6, 5, 2, 5]}
        source = COCOSource(*write(content))
        np.testing.assert_array_equal(dense(source), [square()])
        content["images"][0]["id"] = "7"
        content["annotations"][0]["image_id"] = 7
        assert COCOSource(*write(content)).object_counts().tolist() == [[0, 1], [0, 0]]

    @pytest.mark.parametrize("root", ["animals", "dog"])
    def test_a_category_above_the_classes_is_left_out(self, root, content, write):
        # Roboflow's, whose name may be that of a class
        for category in content["categories"]:
            category["supercategory"] = root
        content["categories"].insert(0, {"id": 0, "name": root, "supercategory": "none"})
        source = COCOSource(*write(content))
        assert source.class_names == ("cat", "dog")
        said = f"left out the category '{root}' (id 0): it stands above others and has no objects"
        assert source.describe()["remarks"] == [said]
        content["annotations"][0]["category_id"] = 0  # one that has objects is a class
        content["categories"][1]["name"] = "wolf"
        assert COCOSource(*write(content)).class_names == (root, "cat", "wolf")
