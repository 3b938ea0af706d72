"""Annotation files of every format and dialect that is read, and data sets opened from them."""

import base64
import copy
import functools
import json

import cv2
import numpy as np

from benchmarks.fuzzing import byte_changes, json_changes, text_changes
from benchmarks.fuzzing import keypoints as with_keypoints
from benchmarks.fuzzing.target import Target
from keras_maskrcnn.data import find_problems, open_source
from keras_maskrcnn.formats import labelme as labelme_format
from keras_maskrcnn.formats import via, yolo
from keras_maskrcnn.formats.files import DatasetError
from keras_maskrcnn.formats.images import ImageReadError

HEIGHT, WIDTH = 12, 16
NAMED = (DatasetError, ImageReadError, FileNotFoundError)
SQUARE = [2, 2, 10, 2, 10, 8, 2, 8]
COLUMNS = {"size": [HEIGHT, WIDTH], "counts": [24, 24, 144]}
CATEGORIES = [{"id": 1, "name": "cat"}, {"id": 3, "name": "dog", "supercategory": "pets"}]


def picture(path, seed=0) -> None:
    """Write a small image."""
    pixels = np.random.default_rng(seed).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(path.suffix, pixels)[1].tobytes())


def write(folder, files) -> None:
    """Write two images and text files, JSON where the content is no text."""
    for number, name in enumerate(("images/a.png", "images/b.jpg")):
        picture(folder / name, number)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")


def use(folder, file) -> None:
    """Open a data set and read all of it."""
    annotations = folder if file.parent == folder and file.name == "data.yaml" else file
    if file.parent.name == "labels" or file.parent.name == "labelme":
        annotations = file.parent
    source = open_source(annotations, folder / "images")
    described = json.dumps([source.describe(), source.to_coco()])
    annotated = source.annotated()
    for written in (via, labelme_format, yolo):
        json.dumps(written.write_set(annotated, folder)[0])
    assert source.image_sizes().shape == (len(source), 2), described
    for index in range(len(source)):
        with_mistakes = (DatasetError, ImageReadError)
        try:
            sample = source[index]
        except with_mistakes as error:
            if str(folder) not in str(error):
                raise
            continue
        source.coco_annotations(index, sample)
        sample.instances.to_rle()
    if len(described) % 16 == 0:  # now and then: it takes the time of all else
        for finding in find_problems(source):
            json.dumps(finding.to_dict())


def coco(images="a.png", **changes):
    """Return a data set of COCO's form."""
    objects = [
        {"bbox": [2, 2, 8, 6], "segmentation": [SQUARE], "category_id": 1, "area": 48},
        {"bbox": [2, 0, 2, 12], "segmentation": COLUMNS, "category_id": 3, "iscrowd": 1},
        {"bbox": [2, 0, 2, 12], "segmentation": {**COLUMNS, "counts": "h0h0`4"}, "category_id": 3},
        {"bbox": [1.5, 1, 3, 4], "category_id": 1, "iscrowd": 0},
    ]
    numbered = enumerate(objects, start=1)
    return {
        "info": {"year": 2026},
        "images": [
            {"id": 1, "file_name": "a.png", "height": HEIGHT, "width": WIDTH},
            {"id": 2, "file_name": "b.jpg", "height": HEIGHT, "width": WIDTH, "site": "x"},
        ],
        "annotations": [{"id": n, "image_id": 1 + n % 2, **one} for n, one in numbered],
        "categories": CATEGORIES,
        **changes,
    }


def via_as_coco():
    """Return what VIA exports as COCO."""
    content = copy.deepcopy(coco())
    for one in content["annotations"]:
        one["image_id"] = str(one["image_id"])
        one["segmentation"] = SQUARE
    return content


def roboflow():
    """Return what Roboflow exports: a category above the classes."""
    root = {"id": 0, "name": "pets", "supercategory": "none"}
    return coco(categories=[root, *CATEGORIES])


def regions():
    """Return regions of every shape of VIA."""
    shapes = (
        {"name": "polygon", "all_points_x": SQUARE[::2], "all_points_y": SQUARE[1::2]},
        {"name": "polyline", "all_points_x": [1, 5, 5.5, 1], "all_points_y": [1, 1, 4, 1]},
        {"name": "rect", "x": 2, "y": 1, "width": 3, "height": 2},
        {"name": "circle", "cx": 5, "cy": 5, "r": 3},
        {"name": "ellipse", "cx": 5, "cy": 5, "rx": 3, "ry": 2.5, "theta": 0.4},
        {"name": "point", "cx": 5, "cy": 5},
    )
    attributes = ({"class": "cat"}, {"class": {"dog": True, "cat": False}}, {"class": 7})
    return [
        {"shape_attributes": shape, "region_attributes": attributes[i % 3]}
        for i, shape in enumerate(shapes)
    ]


def via_export(version):
    """Return an export of VIA 1 or 2."""
    found = regions()
    if version == 1:
        found = {str(i): region for i, region in enumerate(found)}
    return {
        "a.png99": {"filename": "a.png", "size": 99, "regions": found, "file_attributes": {}},
        "b.jpg77": {"filename": "b.jpg", "size": 77, "regions": [], "base64_img_data": ""},
    }


def via_project():
    """Return a project of VIA 2."""
    attribute = {"type": "dropdown", "options": {"cat": "", "dog": ""}, "default_options": {}}
    return {
        "_via_settings": {"ui": {}, "core": {"buffer_size": 18}, "project": {"name": "p"}},
        "_via_img_metadata": via_export(2),
        "_via_attributes": {"region": {"class": attribute}, "file": {}},
    }


def labelme():
    """Return a file of LabelMe with every kind of shape."""
    png = cv2.imencode(".png", np.full((3, 4), 255, np.uint8))[1].tobytes()
    shapes = [
        {"label": "cat", "points": [[1, 1], [5, 1], [5, 5.5]], "shape_type": "polygon"},
        {"label": "cat", "points": [[1, 1], [4, 3]], "shape_type": "rectangle", "group_id": 2},
        {"label": "cat", "points": [[6, 6], [8, 9]], "shape_type": "rectangle", "group_id": 2},
        {"label": "dog", "points": [[5, 5], [7, 5]], "shape_type": "circle", "flags": {}},
        {"label": "dog", "points": [[1, 2], [4, 4]], "shape_type": "mask"},
        {"label": "dog", "points": [[1, 2]], "shape_type": "point", "description": "score 0.5"},
        {"label": "e", "points": [[1, 1], [4, 2], [3, 5], [0, 4]], "description": "score 0.75"},
    ]
    shapes[4]["mask"] = base64.b64encode(png).decode()
    shapes[6]["shape_type"] = "oriented_rectangle"
    return {
        "version": "5.4.1",
        "flags": {},
        "shapes": shapes,
        "imagePath": "../images/a.png",
        "imageData": None,
        "imageHeight": HEIGHT,
        "imageWidth": WIDTH,
    }


def changed_labelme(data, others, rng) -> bytes:
    """Return a changed file of LabelMe; now and then it is the picture within it that changes."""
    if rng.random() < 0.85:
        return json_changes.changed_file(data, others, rng)
    content = json.loads(data)
    for shape in content["shapes"]:
        if "mask" in shape:
            png = base64.b64decode(shape["mask"])
            changed = byte_changes.changed(png, others, rng, byte_changes.ANY)
            shape["mask"] = base64.b64encode(changed).decode()
            shape["points"][0] = rng.choice(([1, 2], [-1, -2], [1e300, 5], [15, 11], [20, 20]))
    return json.dumps(content).encode()


YAML = "path: .\ntrain: images\nval: images\nnc: 3\nnames:\n  0: cat\n  1: 'no'\n  2: dog\n"
YAML_LIST = 'names: [cat, dog, "on"]\ntrain: ../images # here\n'


LABELS = "0 0.1 0.1 0.5 0.1 0.5 0.5\n1 0.5 0.5 0.25 0.25\n2 0 0 1 0 1 1 0.2 0.9\n"
LABELLED = {"labels/a.txt": LABELS, "labels/b.txt": "0 0.5 0.5 1 1\n"}


def targets() -> list[Target]:
    """Return the kinds of annotation files."""
    json_files = {
        "COCO": coco(),
        "COCO keypoints": with_keypoints.coco(coco()),
        "COCO of VIA": via_as_coco(),
        "COCO of Roboflow": roboflow(),
        "VIA 1": via_export(1),
        "VIA 2": via_export(2),
        "VIA project": via_project(),
    }
    found = [
        _target(name, {"a.json": content}, ("a.json",), json_changes.changed_file)
        for name, content in json_files.items()
    ]
    other = {**labelme(), "imagePath": "b.jpg", "shapes": labelme()["shapes"][:2]}
    files = {"labelme/a.json": labelme(), "labelme/b.json": other}
    found.append(_target("LabelMe", files, ("labelme/a.json",), changed_labelme))
    words = text_changes.changed_file
    for name, text in (("YOLO YAML", YAML), ("YOLO YAML list", YAML_LIST)):
        found.append(_target(name, {"data.yaml": text, **LABELLED}, ("data.yaml",), words))
    for name, (files, victims) in with_keypoints.files((HEIGHT, WIDTH)).items():
        change = words if name.startswith("YOLO") else json_changes.changed_file
        found.append(_target(name, files, victims, change))
    files = {"classes.txt": "cat\ndog\nbird\n", **LABELLED}
    found.append(_target("YOLO labels", files, ("labels/a.txt",), words))
    found.append(_target("YOLO classes", files, ("classes.txt",), words))
    return found


def _target(name, files, victims, change):
    read = use
    if name == "YOLO classes":

        def read(folder, file):
            use(folder, folder / "labels" / "a.txt")

    return Target(
        name, functools.partial(write, files=files), victims, change, read, NAMED, share=8
    )
