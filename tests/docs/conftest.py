import json

import cv2
import numpy as np
import pytest

from keras_maskrcnn.data import ShapesSource


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """A folder with `photos/`, annotated as VIA 2.x in `photos.json`, and some more photos."""
    monkeypatch.chdir(tmp_path)
    source, content = ShapesSource(10, image_size=64, seed=1), {}
    for folder in ("photos", "new", "more"):
        (tmp_path / folder).mkdir()
    for number in range(10):
        sample = source[number]
        folder = "photos" if number < 8 else ("new", "more")[number - 8]
        path = tmp_path / folder / f"{number}.jpg"
        cv2.imwrite(str(path), sample.image[..., ::-1])
        if folder == "photos":
            content[f"{path.name}{path.stat().st_size}"] = {
                "filename": path.name,
                "size": path.stat().st_size,
                "regions": [region(*each) for each in outlines(sample, source.class_names)],
                "file_attributes": {},
            }
    (tmp_path / "photos.json").write_text(json.dumps(content))
    return tmp_path


def outlines(sample, class_names):
    """The class and the corners of each object."""
    for label, mask in zip(sample.instances.labels, sample.instances.to_dense(), strict=True):
        contours, _ = cv2.findContours(
            mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
        )
        yield class_names[label - 1], max(contours, key=len)[:, 0]


def region(name, points):
    x, y = points.T.tolist()
    return {
        "shape_attributes": {"name": "polygon", "all_points_x": x, "all_points_y": y},
        "region_attributes": {"class": name},
    }
