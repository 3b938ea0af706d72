import json

import pytest

from keras_maskrcnn.data import COCOSource, DatasetError, YOLOSource, open_source

# Of an image of 40 x 50 pixels: columns 5..14, rows 4..7
SQUARE = "0.1 0.1 0.3 0.1 0.3 0.2 0.1 0.2"


@pytest.fixture
def folder(tmp_path, images_dir):
    """A data set with images/{a,b,c}.png, labels/a.txt and data.yaml."""
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "a.txt").write_text(f"1 {SQUARE}\n\n0 0 0 1 0 1 1 0 1\n")
    (tmp_path / "data.yaml").write_text("train: images\nnc: 2\nnames: [cat, dog]\n")
    return tmp_path


class TestReading:
    def test_a_folder_of_labels(self, folder):
        source = YOLOSource(folder / "labels", folder / "images")
        assert source.class_names == ("cat", "dog")
        assert [source[i].file_name for i in range(3)] == ["a.png", "b.png", "c.png"]
        assert source[0].instances.labels.tolist() == [2, 1]
        assert source[0].instances.boxes.tolist() == [[5, 4, 15, 8], [0, 0, 50, 40]]
        assert source[0].instances.areas.tolist() == [40, 2000]
        assert source.describe()["images_without_objects"] == 2

    @pytest.mark.parametrize("annotations", ["data.yaml", ".", "labels"])
    def test_open_source(self, folder, annotations):
        source = open_source(folder / annotations, folder / "images", ["dog"])
        assert isinstance(source, YOLOSource)
        assert source.class_names == ("dog",)
        assert source.object_counts().tolist() == [[1], [0], [0]]

    def test_the_images_answer_to_the_labels(self, folder):
        assert len(YOLOSource(folder / "labels")) == 3

    def test_a_folder_for_each_split(self, folder):
        for kind in ("images", "labels"):
            (folder / kind / "train").mkdir()
        (folder / "images" / "a.png").rename(folder / "images" / "train" / "a.png")
        (folder / "labels" / "a.txt").rename(folder / "labels" / "train" / "a.txt")
        for annotations in (folder / "data.yaml", folder / "labels" / "train"):
            source = YOLOSource(annotations, folder / "images" / "train")
            assert source.class_names == ("cat", "dog")
            assert [source[i].file_name for i in range(len(source))] == ["a.png"]
            assert source.max_objects == 2
        whole = YOLOSource(folder / "labels", folder / "images")
        assert [whole[i].file_name for i in range(3)] == ["b.png", "c.png", "train/a.png"]
        assert whole.max_objects == 2

    def test_labels_beside_the_images(self, folder):
        (folder / "labels" / "a.txt").rename(folder / "images" / "a.txt")
        (folder / "labels").rmdir()
        for annotations in (folder / "data.yaml", folder / "images"):
            assert YOLOSource(annotations, folder / "images").max_objects == 2

    def test_names_that_differ_in_form(self, folder):
        (folder / "images" / "b.png").rename(folder / "images" / "Caf\u00e9 B.PNG")
        (folder / "labels" / "cafe\u0301 b.txt").write_text(f"0 {SQUARE}\n")
        source = YOLOSource(folder / "labels", folder / "images")
        assert [source.file_name(i) for i in range(3)] == ["Caf\u00e9 B.PNG", "a.png", "c.png"]
        assert source.object_counts().sum(1).tolist() == [1, 2, 0]
        (folder / "labels" / "CAFE\u0301 b.txt").write_text(f"0 {SQUARE}\n")
        with pytest.raises(DatasetError, match="2 of the 3 label files .* have no image"):
            YOLOSource(folder / "labels", folder / "images")

    def test_two_images_of_one_name(self, folder):
        (folder / "images" / "b.png").rename(folder / "images" / "a.jpg")  # PNG inside
        source = YOLOSource(folder / "labels", folder / "images")
        assert source.object_counts().sum(1).tolist() == [2, 2, 0]

    def test_files_that_are_no_images_are_counted(self, folder):
        for name in ("d.heic", "e.HEIC", "f.mov", "a.txt", "labels.cache", ".DS_Store"):
            (folder / "images" / name).touch()
        source = YOLOSource(folder / "labels", folder / "images")
        (remark,) = source.remarks
        assert remark.startswith("left out 3 files by suffix: 2 .heic, 1 .mov, in '")

    def test_as_coco(self, folder):
        source = YOLOSource(folder / "labels")
        (folder / "coco.json").write_text(json.dumps(source.to_coco()))
        again = COCOSource(folder / "coco.json", folder / "images")
        assert again.class_names == ("cat", "dog")
        assert again[0].instances.to_rle() == source[0].instances.to_rle()


class TestNames:
    def test_by_number(self, folder):
        (folder / "data.yaml").write_text("names:\n  1: dog\n  0: cat\n")
        assert YOLOSource(folder / "labels").class_names == ("cat", "dog")

    def test_a_list_of_classes_beside_the_labels(self, folder):
        (folder / "data.yaml").unlink()
        (folder / "labels" / "classes.txt").write_text("cat\ndog\n")
        assert YOLOSource(folder / "labels").class_names == ("cat", "dog")

    def test_a_blank_name_shifts_no_number(self, folder):
        for names in ("names: ['', cat, dog]", "names: {0: '', 1: cat}", "names:\n-\n- cat\n"):
            (folder / "data.yaml").write_text(names)
            with pytest.raises(DatasetError, match="data.yaml' has a blank name for class 0"):
                YOLOSource(folder / "labels")
        (folder / "data.yaml").write_text("names: [cat, dog, '']")
        assert YOLOSource(folder / "labels").class_names == ("cat", "dog")
        (folder / "data.yaml").unlink()
        (folder / "labels" / "classes.txt").write_text("cat\n \ndog\n")
        with pytest.raises(DatasetError, match="classes.txt' has a blank name for class 1"):
            YOLOSource(folder / "labels")
        (folder / "labels" / "classes.txt").write_text("\n\n")
        with pytest.raises(DatasetError, match="classes.txt' names no class"):
            YOLOSource(folder / "labels")

    def test_words_that_yaml_takes_for_truth_are_names(self, folder):
        (folder / "data.yaml").write_text("names: [no, on]")
        assert YOLOSource(folder / "labels").class_names == ("no", "on")

    @pytest.mark.parametrize("name", ["a.txt", "classes.txt", "data.yaml"])
    def test_text_of_another_encoding_is_named(self, name, folder):
        if name == "classes.txt":
            (folder / "data.yaml").unlink()
        path = folder / name if name == "data.yaml" else folder / "labels" / name
        for text, encoding, why in [
            ("cat", "utf-16", "begins with the mark of UTF-16"),
            ("cat", "utf-16-le", "holds zero bytes"),
            ("café", "latin-1", "byte 4 is 0xe9"),
        ]:
            path.write_bytes(text.encode(encoding))
            with pytest.raises(DatasetError, match=f"{name}' .* not text in UTF-8, .*{why}"):
                YOLOSource(folder / "labels")

    def test_classes_name_them_if_no_file_does(self, folder):
        (folder / "data.yaml").unlink()
        assert open_source(folder / "labels", classes=["cat", "dog"])[0].instances.labels[0] == 2
        with pytest.raises(
            DatasetError, match="Line 1 of '.*a.txt' is of class 1, but only 0 to 0"
        ):
            YOLOSource(folder / "labels", classes="cat")
        with pytest.raises(DatasetError, match="No file names the classes .*labels'.* `classes`"):
            YOLOSource(folder / "labels")

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("names: [cat, cat]", "data.yaml' names a class twice: 'cat'"),
            ("names: {1: cat}", "must have the numbers 0, 1, 2, ... as keys"),
            ("names: {a: cat}", "must have the numbers 0, 1, 2, ... as keys"),
            ("nc: 2", "must have the list `names` of its classes. Received: None"),
            ("[1]", "must have the list `names` of its classes. Received: None"),
            ("names: [", "data.yaml' cannot be read as YAML: "),
        ],
    )
    def test_a_broken_yaml_file(self, folder, text, message):
        (folder / "data.yaml").write_text(text)
        with pytest.raises(DatasetError, match=message) as error:
            YOLOSource(folder / "data.yaml", folder / "images")
        assert "\n" not in str(error.value)

    def test_unknown(self, folder):
        with pytest.raises(DatasetError, match="no category 'dogs'. Did you mean 'dog'"):
            YOLOSource(folder / "data.yaml", folder / "images", classes=["dogs"])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("2 " + SQUARE, "is of class 2, but only 0 to 1 have names"),
        ("-1 " + SQUARE, "is of class -1, but only 0 to 1 have names"),
        ("dog " + SQUARE, "is not a class number followed by numbers"),
        ("1 0.1 0.2 x", "is not a class number followed by numbers"),
        ("1 0.5 0.5 0.2 0", "has a box without area: width 0.2, height 0"),
        ("1 0.5 0.5 1.2 0.2", "must hold shares of the image, from 0 to 1. Received: 1.2"),
        ("1 0.5 0.5", "has a polygon with 1 points"),
        ("1 0.1 0.1 0.3 0.1 0.3 0.2 0.1", r"odd number of coordinates \(7\)"),
        ("1 1 1 20 1 20 30", "must hold shares of the image, from 0 to 1. Received: 20"),
        ("1 0 0 nan 0 1 1", "must hold shares of the image, from 0 to 1. Received: nan"),
    ],
)
def test_a_mistake_names_file_and_line(folder, line, message):
    (folder / "labels" / "b.txt").write_text(f"0 {SQUARE}\n{line}\n")
    with pytest.raises(DatasetError, match=f"Line 2 of '.*b.txt' .*{message}"):
        YOLOSource(folder / "labels")


def test_labels_without_an_image(folder):
    (folder / "labels" / "z.txt").write_text("")
    with pytest.raises(DatasetError, match="1 of the 2 label files .*labels' have no .* 'z.txt'"):
        YOLOSource(folder / "labels")


def test_folders_without_labels_or_images(folder):
    (folder / "none").mkdir()
    with pytest.raises(DatasetError, match="none' holds no text file of YOLO labels"):
        YOLOSource(folder / "none", folder / "images")
    with pytest.raises(DatasetError, match="none' holds no image"):
        YOLOSource(folder / "labels", folder / "none")
    with pytest.raises(FileNotFoundError, match="no image folder '.*gone'"):
        YOLOSource(folder / "labels", folder / "gone")
    with pytest.raises(FileNotFoundError, match="no file or folder '.*gone'"):
        YOLOSource(folder / "gone", folder / "images")
    with pytest.raises(DatasetError, match="`images_dir` must name one of the image folders of"):
        YOLOSource(folder / "data.yaml")
    with pytest.raises(DatasetError, match="none' holds neither LabelMe files .* nor YOLO labels"):
        open_source(folder / "none", folder / "images")


def test_an_attribute_is_for_via_only(folder):
    with pytest.raises(DatasetError, match="`attribute` must go with a VIA file. .*'kind'"):
        open_source(folder / "labels", attribute="kind")


def test_boxes_are_objects_without_masks(folder):
    # The centre at (15, 8), 10 wide and 4 high: columns 10..19, rows 6..9.
    (folder / "labels" / "b.txt").write_text(f"0 0.3 0.2 0.2 0.1\n1 {SQUARE}\n")
    content = YOLOSource(folder / "labels").to_coco()
    rows = [row for row in content["annotations"] if row["image_id"] == 2]
    assert rows[0]["bbox"] == [10, 6, 10, 4] and rows[0]["area"] == 40
    assert "segmentation" not in rows[0] and rows[0]["category_id"] == 1
    assert rows[1]["bbox"] == [5, 4, 10, 4] and len(rows[1]["segmentation"]) == 1
