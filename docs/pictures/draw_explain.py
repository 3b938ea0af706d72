"""Draws docs/pictures/course/explain_*.jpg: the stages of one image, as `maskrcnn explain` does.

    KERAS_BACKEND=torch python docs/pictures/draw_explain.py

The image is the scene of docs/course/index.md, the network the bundled preset. Prints the line of
text of each stage.
"""

import sys
from pathlib import Path

import cv2

import keras_maskrcnn as km

FOLDER = Path(__file__).parent / "course"
WIDTHS = 1050, 900, 800, 700  # pixels; a page's column has 700
LARGEST = 100_000  # bytes


def compressed(picture):
    """The bytes of the widest and best JPEG of a picture that `LARGEST` allows."""
    for width in WIDTHS:
        height = round(picture.shape[0] * width / picture.shape[1])
        scaled = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
        for quality in (90, 85, 80, 75, 70):
            options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
            data = cv2.imencode(".jpg", scaled[..., ::-1], options)[1].tobytes()
            if len(data) < LARGEST:
                return data
    raise SystemExit("A picture is too large at every width.")


def main():
    """Writes a picture for each stage."""
    scene = km.data.ShapesSource(1, image_size=128, seed=1000)[0]
    stages = km.explain.stages(km.MaskRCNN.from_preset("mask_rcnn_tiny_shapes"), scene.image)
    lines = km.explain.describe(stages)
    for name, picture in km.explain.draw_stages(stages).items():
        data = compressed(picture)
        (FOLDER / f"explain_{name}.jpg").write_bytes(data)
        print(f"{name}, {len(data)} bytes: {lines[name]}")


if __name__ == "__main__":
    sys.exit(main())
