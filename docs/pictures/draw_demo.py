"""Draws the picture of docs/quickstart.md: the one that `maskrcnn demo` writes, smaller.

python docs/pictures/draw_demo.py
"""

import sys
import tempfile
from pathlib import Path

import cv2

from keras_maskrcnn.cli import main as maskrcnn

TARGET = Path(__file__).with_name("demo.jpg")
WIDTH = 1200


def main():
    """Runs the command and writes its picture as a JPEG."""
    with tempfile.TemporaryDirectory() as folder:
        maskrcnn(["demo", "--out", folder])
        picture = cv2.imread(str(Path(folder) / "demo.png"))
    height, width = picture.shape[:2]
    picture = cv2.resize(picture, (WIDTH, WIDTH * height // width), interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(TARGET), picture, [cv2.IMWRITE_JPEG_QUALITY, 85])


if __name__ == "__main__":
    sys.exit(main())
