import json

import cv2
import numpy as np
import pytest

SQUARE = [2, 1, 6, 1, 6, 5, 2, 5]  # columns 2..5, rows 1..4


@pytest.fixture
def content():
    """A COCO file of two images of 8 x 10 pixels (height x width) and two classes with a gap."""
    return {
        "images": [
            {"id": 7, "file_name": "a.png", "height": 8, "width": 10},
            {"id": 9, "file_name": "b.png", "height": 8, "width": 10},
        ],
        "annotations": [
            {
                "id": 1,
                "image_id": 7,
                "category_id": 30,
                "bbox": [2, 1, 4, 4],
                "segmentation": [SQUARE],
                "iscrowd": 0,
            },
        ],
        "categories": [{"id": 30, "name": "dog"}, {"id": 4, "name": "cat"}],
    }


@pytest.fixture
def write(tmp_path):
    """Write a COCO file and its images; returns the arguments of `COCOSource`."""

    def write_files(content):
        folder = tmp_path / "images"
        folder.mkdir(exist_ok=True)
        for number, entry in enumerate(content["images"], start=1):
            pixels = np.full((entry["height"], entry["width"], 3), 10 * number, np.uint8)
            cv2.imwrite(str(folder / entry["file_name"]), pixels)
        path = tmp_path / "train.json"
        path.write_text(json.dumps(content))
        return path, folder

    return write_files


@pytest.fixture
def images_dir(tmp_path):
    """Folder of the images a.png, b.png and c.png, of 40 x 50 pixels (height x width)."""
    folder = tmp_path / "images"
    folder.mkdir()
    for name in "abc":
        cv2.imwrite(str(folder / f"{name}.png"), np.zeros((40, 50, 3), np.uint8))
    return folder
