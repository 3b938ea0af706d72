"""Draws the picture of docs/course/12-pose.md: what the preset of figures finds.

python docs/pictures/draw_course_poses.py
"""

import sys
from pathlib import Path

import cv2

import keras_maskrcnn as km
from keras_maskrcnn.drawing import contact_sheet

TARGET = Path(__file__).parent / "course" / "poses.jpg"
PRESET = "mask_rcnn_tiny_figures"
SCENES, SEED, SIDE = 4, 2025, 400


def main(preset=PRESET):
    """Detect figures in fresh scenes and write them side by side."""
    images = [sample.image for sample in km.data.FiguresSource(SCENES, seed=SEED)]
    found = km.MaskRCNN.from_preset(preset).detect(images)
    large = [cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC) for image in images]
    drawn = [one.resized((SIDE, SIDE)).draw(image) for one, image in zip(found, large, strict=True)]
    sheet = contact_sheet(drawn, SCENES, cell_size=SIDE + 4)
    cv2.imwrite(str(TARGET), sheet[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
