"""Builders for TensorFlow Datasets and the source over what they prepare."""

import functools
import hashlib
import http.server
import importlib.util
import json
import pickle
import subprocess
import sys
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

import keras_maskrcnn as km
from keras_maskrcnn.data import COCOSource, DatasetError, ShapesSource, TFDSSource, VIASource

tfds = pytest.importorskip("tensorflow_datasets")
if importlib.util.find_spec("tensorflow") is None:
    pytest.skip("TFDS prepares with TensorFlow", allow_module_level=True)


@pytest.fixture(scope="module", autouse=True)
def quiet():
    tfds.disable_progress_bar()


@pytest.fixture(scope="module")
def coco(tmp_path_factory):
    """A COCO data set of what can go wrong on the way: see the file names."""
    folder = tmp_path_factory.mktemp("coco")
    rng = np.random.default_rng(0)
    images, annotations = [], []
    names = [
        "grey.png",
        "photo.jpg",
        "turned.jpg",
        "clear.png",
        "deep.png",
        "other.bmp",
        "none.png",
    ]
    for number, name in enumerate(names):
        size = (20 + number, 33)
        write_image(folder / name, rng, size)
        images.append({"id": 10 * number, "file_name": name, "height": size[0], "width": size[1]})
        for _ in range(0 if name == "none.png" else 1 + number):
            x, y = rng.uniform(0, 12, 2).tolist()
            polygon = [x, y, x + 9, y + 1, x + 11, y + 7.5, x + 1, y + 6]
            annotations.append(
                {
                    "id": len(annotations),
                    "image_id": 10 * number,
                    "category_id": int(rng.choice([4, 30])),
                    "segmentation": [polygon],
                    "iscrowd": int(rng.integers(2)),
                }
            )
    content = {"images": images, "annotations": annotations}
    content["categories"] = [{"id": 30, "name": "dog"}, {"id": 4, "name": "cat"}]
    (folder / "all.json").write_text(json.dumps(content))
    few = {**content, "images": images[:2], "annotations": annotations[:3]}
    (folder / "few.json").write_text(json.dumps(few))
    return folder


def write_image(path, rng, size):
    pixels = cv2.GaussianBlur(rng.integers(0, 256, (*size, 3), np.uint8), (0, 0), 2)
    if path.name == "grey.png":
        pixels = pixels[..., 0]
    elif path.name == "clear.png":
        pixels = cv2.cvtColor(pixels, cv2.COLOR_BGR2BGRA)
        pixels[:10, :, 3] = 0
    elif path.name == "deep.png":
        pixels = pixels.astype(np.uint16) * 9
    if path.name != "turned.jpg":
        cv2.imwrite(str(path), pixels)
        return
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = 6  # rotate by 90 degrees to show it
    Image.fromarray(np.rot90(pixels).copy()).save(path, exif=exif)


def coco_builder(folder, data_dir, annotations=None, file_format="array_record", **config):
    annotations = annotations or {"train": folder / "all.json", "few": folder / "few.json"}
    config = {"name": "pets", "images_dir": folder, "annotations": annotations, **config}
    config = km.data.tfds.COCOFolderConfig(**config)
    return km.data.tfds.COCOFolder(config=config, data_dir=data_dir, file_format=file_format)


@pytest.fixture(scope="module")
def prepared(coco, tmp_path_factory):
    builder = coco_builder(coco, tmp_path_factory.mktemp("prepared"))
    builder.download_and_prepare()
    return builder


def assert_same(source, expected):
    """The same pixels, masks, classes and names."""
    assert source.class_names == expected.class_names
    assert len(source) == len(expected)
    for found, sample in zip(source, expected, strict=True):
        assert (found.image_id, found.file_name) == (sample.image_id, sample.file_name)
        np.testing.assert_array_equal(found.image, sample.image)
        assert found.instances.image_size == sample.instances.image_size
        np.testing.assert_array_equal(found.instances.labels, sample.instances.labels)
        np.testing.assert_array_equal(found.instances.boxes, sample.instances.boxes)
        np.testing.assert_array_equal(found.instances.iscrowd, sample.instances.iscrowd)
        for mask, other in zip(found.instances.masks, sample.instances.masks, strict=True):
            assert mask.dtype == other.dtype
            np.testing.assert_array_equal(mask, other)
    np.testing.assert_array_equal(source.image_sizes(), expected.image_sizes())
    np.testing.assert_array_equal(source.object_counts(), expected.object_counts())


def test_a_coco_folder_comes_back_bit_for_bit(prepared, coco):
    source = TFDSSource(prepared, "train")
    expected = COCOSource(coco / "all.json", coco)
    assert_same(source, expected)
    assert source.category_ids == (4, 30)
    assert source.describe() == expected.describe()
    assert_same(TFDSSource(prepared, "few"), COCOSource(coco / "few.json", coco))


def test_parquet_where_array_record_is_not_installed(coco, tmp_path):
    builder = coco_builder(coco, tmp_path, file_format="parquet")
    builder.download_and_prepare()
    assert_same(TFDSSource(builder, "train"), COCOSource(coco / "all.json", coco))


def test_files_are_stored_as_they_are_where_tfds_reads_the_same_pixels(prepared, coco):
    undecoded = {"image": tfds.decode.SkipDecoding()}
    kept = {
        record["image/filename"].decode()
        for record in prepared.as_data_source("train", decoders=undecoded)
        if record["image"] == (coco / record["image/filename"].decode()).read_bytes()
    }
    assert kept == {"grey.png", "photo.jpg", "none.png"}


def test_what_other_users_of_tfds_read(prepared, coco):
    assert prepared.info.features["objects"].feature["label"].names == ["cat", "dog"]
    record = prepared.as_data_source("train")[3]
    instances = COCOSource(coco / "all.json", coco)[3].instances
    height, width = record["image"].shape[:2]
    boxes = np.array(record["objects"]["bbox"])[:, [1, 0, 3, 2]] * [width, height, width, height]
    np.testing.assert_allclose(boxes, instances.boxes, rtol=1e-6)
    counts = [rle["counts"].encode() for rle in instances.to_rle()]
    assert list(record["objects"]["mask"]) == counts


def test_parts_and_data_sources(prepared):
    assert len(TFDSSource(prepared, "train[2:5]")) == 3
    source = TFDSSource(prepared.as_data_source("train"))
    assert source[-1].file_name == "none.png" and len(source[-1].instances) == 0
    with pytest.raises(IndexError):
        source[7]


def test_prepared_files_are_read_without_the_annotations(prepared):
    again = tfds.builder_from_directory(prepared.data_dir)
    source = TFDSSource(again, "train")
    assert source.category_ids == (4, 30)
    assert source.describe() == TFDSSource(prepared, "train").describe()


def test_samples_are_read_from_several_threads(prepared):
    source = TFDSSource(prepared, "train")
    with ThreadPoolExecutor(4) as pool:
        samples = list(pool.map(source.__getitem__, list(range(7)) * 8))
    assert [sample.image_id for sample in samples] == [0, 10, 20, 30, 40, 50, 60] * 8


def test_batches(prepared):
    loader = km.data.Loader(
        TFDSSource(prepared, "train"), batch_size=4, image_size=64, shuffle=False
    )
    (batch,) = loader[0]
    assert batch["images"].shape == (4, 64, 64, 3)
    expected = TFDSSource(prepared, "train")[1].instances
    assert (batch["gt_labels"][1] > 0).sum() == (~expected.iscrowd).sum()


def test_a_builder_survives_pickling(prepared):
    assert pickle.loads(pickle.dumps(prepared)).info.full_name == prepared.info.full_name


def test_text_ids_and_a_class_filter(coco, tmp_path):
    content = json.loads((coco / "few.json").read_text())
    for entry in content["images"] + content["annotations"]:
        key = "image_id" if "image_id" in entry else "id"
        entry[key] = f"i{entry[key]}"
    path = tmp_path / "text.json"
    path.write_text(json.dumps(content))
    builder = coco_builder(coco, tmp_path, {"train": path}, name="text", classes=["dog"])
    builder.download_and_prepare()
    source = TFDSSource(builder, "train")
    assert source[1].image_id == "i10"
    assert_same(source, COCOSource(path, coco, ["dog"]))


def test_splits_with_different_classes(coco, tmp_path):
    content = json.loads((coco / "few.json").read_text())
    content["categories"].append({"id": 31, "name": "fox"})
    path = tmp_path / "more.json"
    path.write_text(json.dumps(content))
    message = (
        "must have the same classes.*has cat, dog;.*of 'few' has cat, dog, fox. Give `classes`"
    )
    with pytest.raises(DatasetError, match=message):
        coco_builder(coco, tmp_path, {"train": coco / "all.json", "few": path})


def test_wrong_splits(prepared, coco, tmp_path):
    with pytest.raises(ValueError, match="`split` must name a split: train, few. Received: None"):
        TFDSSource(prepared)
    message = "`split` must name a split: train, few. Received: split='val'"
    with pytest.raises(ValueError, match=message):
        TFDSSource(prepared, "val")
    with pytest.raises(ValueError, match="`dataset` must be prepared. Received: 'coco_folder/pets"):
        TFDSSource(coco_builder(coco, tmp_path), "train")
    with pytest.raises(ValueError, match="`dataset` must be a builder, with `split`, or a data so"):
        TFDSSource("coco_folder", "train")


def test_a_data_set_without_masks(tmp_path):
    builder = tfds.testing.DummyDataset(data_dir=tmp_path, file_format="array_record")
    builder.download_and_prepare()
    message = "features of a builder of keras_maskrcnn.data.tfds. Received: 'dummy_dataset' with id"
    with pytest.raises(ValueError, match=message):
        TFDSSource(builder, "train")


@pytest.fixture(scope="module")
def balloon_folder(tmp_path_factory):
    """`balloon` as released: folders train and val with VIA 1.x JSON and regions without class."""
    folder = tmp_path_factory.mktemp("release") / "balloon"
    for split, count in (("train", 3), ("val", 2)):
        (folder / split).mkdir(parents=True)
        content = {}
        for number in range(count):
            name = f"{split}{number}.jpg"
            picture = ShapesSource(1, image_size=(48, 64), seed=number)[0].image
            cv2.imwrite(str(folder / split / name), picture)
            xs, ys = [10, 30 + number, 30, 12, 10], [8, 9, 30, 31 - number, 8]
            shape = {"name": "polygon", "all_points_x": xs, "all_points_y": ys}
            region = {"shape_attributes": shape, "region_attributes": {}}
            size = (folder / split / name).stat().st_size
            content[f"{name}{size}"] = {
                "fileref": "",
                "size": size,
                "filename": name,
                "base64_img_data": "",
                "file_attributes": {},
                "regions": {str(i): region for i in range(number)},
            }
        (folder / split / "via_region_data.json").write_text(json.dumps(content))
    return folder


def zipped(folder, path, inside):
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, inside / file.relative_to(folder))
    return path


@pytest.fixture
def server(tmp_path):
    """The address of a server on this machine and the folder that it serves."""
    folder = tmp_path / "served"
    folder.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_port}", folder
        httpd.shutdown()


def assert_balloons(builder, folder):
    for split, count in (("train", 3), ("val", 2)):
        annotations = folder / split / "via_region_data.json"
        expected = VIASource(annotations, folder / split, ["balloon"])
        assert len(expected) == count
        assert_same(TFDSSource(builder, split), expected)


def test_balloon_downloads_and_holds_a_registered_checksum(balloon_folder, server, tmp_path):
    address, served = server
    archive = zipped(balloon_folder, served / "balloon_dataset.zip", inside=Path("balloon"))
    url = f"{address}/balloon_dataset.zip"
    Local = local_builder(km.data.tfds.Balloon, url, tmp_path)
    builder = Local(data_dir=tmp_path / "first")
    register = tfds.download.DownloadConfig(register_checksums=True)
    builder.download_and_prepare(download_config=register)
    assert_balloons(builder, balloon_folder)
    recorded = (tmp_path / "checksums.tsv").read_text().split("\t")
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    assert recorded[:3] == [url, str(archive.stat().st_size), digest]

    archive.write_bytes(archive.read_bytes() + b"!")
    Again = local_builder(km.data.tfds.Balloon, url, tmp_path)
    with pytest.raises(tfds.download.download_manager.NonMatchingChecksumError):
        Again(data_dir=tmp_path / "second").download_and_prepare()


def local_builder(builder_class, url, folder):
    """The builder with another address and folder of checksums, not known to `tfds.load`."""
    (folder / "checksums.tsv").touch()

    class Local(builder_class, skip_registration=True):
        URL = url
        code_path = folder / "local.py"
        pkg_dir_path = folder

    return Local


@pytest.mark.parametrize("packed", [False, True])
def test_balloon_from_what_a_person_has_downloaded(balloon_folder, tmp_path, packed):
    manual = tmp_path / "downloads" / "manual"
    manual.mkdir(parents=True)
    if packed:
        zipped(balloon_folder, manual / "balloon_dataset.zip", inside=Path("balloon"))
    else:
        (manual / "balloon").symlink_to(balloon_folder)
    builder = km.data.tfds.Balloon(data_dir=tmp_path)
    builder.download_and_prepare()
    assert_balloons(builder, balloon_folder)


@pytest.fixture(scope="module")
def nuclei_folder(tmp_path_factory):
    """`stage1_train` as released: RGBA images, one black and white file per nucleus."""
    folder = tmp_path_factory.mktemp("bbbc") / "stage1_train"
    for number in range(3):
        sample = ShapesSource(1, image_size=(40, 56), seed=number)[0]
        one = folder / f"{number:08x}"
        (one / "images").mkdir(parents=True)
        pixels = cv2.cvtColor(sample.image, cv2.COLOR_RGB2BGRA)
        cv2.imwrite(str(one / "images" / f"{one.name}.png"), pixels)
        for k, mask in enumerate(sample.instances.to_dense()[: 2 * number]):
            (one / "masks").mkdir(exist_ok=True)
            cv2.imwrite(str(one / "masks" / f"{k}.png"), mask * np.uint8(255))
    return folder


def assert_nuclei(builder):
    source = TFDSSource(builder, "train")
    assert source.class_names == ("nucleus",)
    assert len(source) == 3
    for number, found in enumerate(source):
        sample = ShapesSource(1, image_size=(40, 56), seed=number)[0]
        expected = sample.instances.to_dense()[: 2 * number]
        np.testing.assert_array_equal(found.image, sample.image)
        np.testing.assert_array_equal(found.instances.to_dense(), expected)
        assert found.image_id == f"{number:08x}"
        assert found.file_name == f"{number:08x}/images/{number:08x}.png"


def test_nuclei_download(nuclei_folder, server, tmp_path):
    address, served = server
    zipped(nuclei_folder, served / "stage1_train.zip", inside=Path())
    Local = local_builder(km.data.tfds.Nuclei, f"{address}/stage1_train.zip", tmp_path)
    builder = Local(data_dir=tmp_path)
    builder.download_and_prepare()
    assert_nuclei(builder)


def test_nuclei_from_what_a_person_has_downloaded(nuclei_folder, tmp_path):
    manual = nuclei_folder.parent
    builder = km.data.tfds.Nuclei(data_dir=tmp_path)
    config = tfds.download.DownloadConfig(manual_dir=manual)
    builder.download_and_prepare(download_config=config)
    assert_nuclei(builder)


def test_folders_of_masks_with_mistakes(tmp_path):
    from keras_maskrcnn.data.tfds.mask_folders import MaskFolderSource

    with pytest.raises(DatasetError, match="must hold one folder for each image"):
        MaskFolderSource(tmp_path, "nucleus")
    one = tmp_path / "one"
    (one / "images").mkdir(parents=True)
    (one / "masks").mkdir()
    cv2.imwrite(str(one / "images" / "a.png"), np.zeros((8, 9), np.uint8))
    cv2.imwrite(str(one / "masks" / "m.png"), np.zeros((9, 9), np.uint8))
    with pytest.raises(DatasetError, match="m.png' is 9 x 9 pixels .*, its image 9 x 8"):
        MaskFolderSource(tmp_path, "nucleus")[0]
    green = np.zeros((8, 9, 3), np.uint8)
    green[2:4, 3:7, 1] = 255
    cv2.imwrite(str(one / "masks" / "m.png"), green)
    assert MaskFolderSource(tmp_path, "nucleus")[0].instances.boxes.tolist() == [[3, 2, 7, 4]]
    cv2.imwrite(str(one / "images" / "b.png"), np.zeros((8, 9), np.uint8))
    with pytest.raises(DatasetError, match="must hold one image. It holds 2"):
        MaskFolderSource(tmp_path, "nucleus")


def test_tfds_is_imported_when_a_builder_is_asked_for():
    code = (
        "import sys, keras_maskrcnn.data.tfds as t\n"
        "print(sorted({'tensorflow_datasets', 'tensorflow'} & set(sys.modules)))\n"
        "sys.modules['tensorflow_datasets'] = None\n"
        "import importlib.util as u\n"
        "found = u.find_spec\n"
        "u.find_spec = lambda name: None if name == 'tensorflow_datasets' else found(name)\n"
        "try: t.Balloon\n"
        "except ImportError as error: print(error)\n"
        "try: t.Ballon\n"
        "except AttributeError as error: print(error)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stdout.splitlines() == [
        "[]",
        'TensorFlow Datasets needs tensorflow_datasets. Type: pip install "keras3-maskrcnn[tfds]"',
        "module 'keras_maskrcnn.data.tfds' has no attribute 'Ballon'",
    ], run.stderr
