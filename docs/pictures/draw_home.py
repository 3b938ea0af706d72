"""Draws docs/pictures/home.jpg: a microscope image, and beyond a slanting line what was found.

    python docs/pictures/draw_home.py stage1_train

The argument is the unpacked folder stage1_train of BBBC038v1 (CC0), or one that holds the image
alone: https://data.broadinstitute.org/bbbc/BBBC038/stage1_train.zip
"""

import sys
from pathlib import Path

import cv2
import numpy as np

import keras_maskrcnn as km

TARGET = Path(__file__).with_name("home.jpg")
PRESET = "mask_rcnn_resnet18_fpn_nuclei"
IMAGE = "547ef286ee5f4e5d*.png"  # 520 x 696 pixels, not one that the preset was trained on
SIZE = 520, 1040  # height and width of the picture; the image is enlarged to its width
SLANT = 0.14  # of the width, from the top to the bottom of the line
QUALITY = 82


def brightened(image):
    """The image with its grey levels spread, as one would look at it."""
    high = np.percentile(image, 99.5)
    return (255 * np.clip(image / high, 0, 1) ** 0.7).astype(np.uint8)


def fitted(image):
    """The image enlarged to the width of the picture, and its middle cut out."""
    height, width = SIZE
    scaled = cv2.resize(image, (width, round(image.shape[0] * width / image.shape[1])))
    top = (scaled.shape[0] - height) // 2
    return scaled[top : top + height]


def halves(left, right):
    """`left` up to a slanting white line, `right` beyond it."""
    height, width = SIZE
    line = width * (0.5 + SLANT * (0.5 - np.arange(height) / height))[:, None]
    distance = np.arange(width)[None] - line
    share = np.clip(distance + 0.5, 0, 1)[..., None]
    white = np.clip(2.0 - np.abs(distance), 0, 1)[..., None]
    mixed = left * (1 - share) + right * share
    return (mixed * (1 - white) + 255 * white).round().astype(np.uint8)


def main(folder):
    """Finds the nuclei and writes the picture."""
    image = km.data.read_image(next(Path(folder).rglob(IMAGE)))
    found = km.MaskRCNN.from_preset(PRESET).detect(image)[0]
    print(found)
    shown = fitted(brightened(image))
    scale = shown.shape[1] / image.shape[1]
    larger = km.Detections(
        found.boxes * scale,
        found.labels,
        found.scores,
        found.mask_probabilities,
        found.class_names,
        (round(image.shape[0] * scale), shown.shape[1]),
    )
    whole = cv2.resize(brightened(image), larger.image_size[::-1])
    picture = halves(shown, fitted(larger.draw(whole, show_labels=False)))
    options = [cv2.IMWRITE_JPEG_QUALITY, QUALITY, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
    cv2.imwrite(str(TARGET), picture[..., ::-1], options)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
