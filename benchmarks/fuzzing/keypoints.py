"""Annotations with keypoints in the formats that tie points to objects by groups, and in YOLO's."""

import copy

POLYGON = [2, 2, 10, 2, 10, 8, 2, 8]


def coco(content):
    """Return a data set of COCO's form with keypoints."""
    content = copy.deepcopy(content)
    content["categories"][0] |= {"keypoints": ["left", "right"], "skeleton": [[1, 2]]}
    content["annotations"][0]["keypoints"] = [3, 4, 2, 7.5, 6, 1]
    return content


def via_regions():
    """Return regions of VIA: two objects, one of two pieces, with keypoints."""

    def region(shape, **attributes):
        return {"shape_attributes": shape, "region_attributes": attributes}

    def point(x, y, keypoint, group, **more):
        shape = {"name": "point", "cx": x, "cy": y}
        return region(shape, group_id=group, keypoint=keypoint, **more)

    polygon = {"name": "polygon", "all_points_x": POLYGON[::2], "all_points_y": POLYGON[1::2]}
    rect = {"name": "rect", "x": 11, "y": 1, "width": 3, "height": 2}
    cat = {"class": "cat"}
    return [
        region(polygon, group_id="1", **cat),
        region({**rect, "y": 6}, group_id="1", **cat),
        point(3, 4, "left", "1"),
        point(7.5, 6, {"right": True, "left": False}, "1", visibility="hidden"),
        region(rect, group_id=2, **cat),
        point(12, 2, "left", 2, visibility=1),
    ]


def via_export(version):
    """Return an export of VIA 1 or 2."""
    found = via_regions()
    if version == 1:
        found = {str(i): region for i, region in enumerate(found)}
    return {"a.png99": {"filename": "a.png", "size": 99, "regions": found, "file_attributes": {}}}


def via_project():
    """Return a project of VIA 2."""
    options = {"right": "", "left": "", "tail": ""}
    attribute = {"type": "dropdown", "options": options, "default_options": {}}
    return {
        "_via_settings": {"ui": {}, "core": {"buffer_size": 18}, "project": {"name": "p"}},
        "_via_img_metadata": via_export(2),
        "_via_attributes": {"region": {"keypoint": attribute}, "file": {}},
    }


def labelme(size):
    """Return a file of LabelMe for an image of (height, width)."""

    def shape(label, points, kind, group, **more):
        known = {"label": label, "points": points, "shape_type": kind, "group_id": group}
        return {**known, "flags": {}, "mask": None, **more}

    shapes = [
        shape("cat", [[1, 1], [5, 1], [5, 5.5]], "polygon", 1),
        shape("cat", [[6, 6], [8, 9]], "rectangle", 1),
        shape("left", [[2, 3]], "point", 1, description="score 0.5"),
        shape("right", [[7.5, 8]], "point", 1, flags={"occluded": True}),
        shape("dog", [[9, 1], [14, 9]], "rectangle", "b"),
        shape("left", [[12, 3]], "point", "b"),
    ]
    known = {"imageHeight": size[0], "imageWidth": size[1], "imageData": None}
    return {"version": "5.4.1", "shapes": shapes, "imagePath": "../images/a.png", **known}


YAML = (
    "names: {0: cat, 1: dog}\nkpt_shape: [3, 3]\nflip_idx: [1, 0, 2]\n"
    "kpt_names:\n  0: [left, right, tail]\n  1: [left, right, tail]\n"
)
YAML_SHORT = "names: [cat]\nkpt_shape: [2, 2]\nflip_idx: [1, 0]\n"
LABELS = {
    "labels/a.txt": "0 0.5 0.5 0.5 0.4 0.3 0.4 2 0.5 0.6 1 0 0 0\n"
    "1 0.2 0.2 0.3 0.3 0.1 0.1 2 0.2 0.3 2 0.25 0.3 2\n1 0.8 0.8 0.2 0.2\n",
    "labels/b.txt": "0 0.5 0.5 1 1 0 0 0 1 1 2 0.5 0.5 2\n",
}
LABELS_SHORT = {"labels/a.txt": "0 0.5 0.5 0.5 0.4 0.3 0.4 -1 -1\n0 0.5 0.5 0.2 0.2 0 0 1 1\n"}


def files(size) -> dict:
    """Return for each kind its files, and the names of those to change."""
    image = ("a.json",)
    return {
        "VIA 1 keypoints": ({"a.json": via_export(1)}, image),
        "VIA 2 keypoints": ({"a.json": via_export(2)}, image),
        "VIA project keypoints": ({"a.json": via_project()}, image),
        "LabelMe keypoints": ({"labelme/a.json": labelme(size)}, ("labelme/a.json",)),
        "YOLO keypoints": ({"data.yaml": YAML, **LABELS}, ("data.yaml", "labels/a.txt")),
        "YOLO keypoints without v": (
            {"data.yaml": YAML_SHORT, **LABELS_SHORT},
            ("data.yaml", "labels/a.txt"),
        ),
    }
