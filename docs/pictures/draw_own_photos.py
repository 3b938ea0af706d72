"""Draws the pictures of docs/guides/own-photos.md, of cell nuclei in place of photos.

    python docs/pictures/draw_own_photos.py nuclei/val.json nuclei/images

The arguments are BBBC038 (CC0) as COCO JSON with its images, of the side that the bundled preset
was not trained on. `docs/pictures/own_photos/`: outlines as they are drawn by hand, the file that
`--preview` writes, what the preset finds, and a picture as `--pictures` writes them.
"""

import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np

import keras_maskrcnn as km
from keras_maskrcnn.cli.preview import draw_preview

TARGET = Path(__file__).with_name("own_photos")
# What the names of the files begin with.
STAINED = "45f059cf", "13f2bec0"
GLOWING = "f0c9f135", "03b9306f", "6fc83b33"
WIDTH = 1000  # of each picture
GAP = 8
YELLOW, RED = (255, 220, 0), (255, 60, 60)


def chosen(source, starts):
    """The images whose names begin so, as a source."""
    names = [image["file_name"] for image in source.to_coco()["images"]]
    numbers = {name[: len(start)]: n for n, name in enumerate(names) for start in starts}
    return km.data.Subset(source, [numbers[start] for start in starts])


def brightened(image):
    """The image with its grey levels spread, as one would look at it."""
    high = np.percentile(image, 99.7)
    return (255 * np.clip(image / high, 0, 1) ** 0.7).astype(np.uint8)


def outlined(sample, scale=3):
    """The image, enlarged, with the outline of each object and the corners clicked for it."""
    picture = cv2.resize(sample.image, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    for mask in sample.instances.to_dense().astype(np.uint8):
        contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        points = cv2.approxPolyDP(max(contours, key=len), 1.2, closed=True)
        corners = np.rint((points + 0.5) * scale).astype(np.int32)
        cv2.polylines(picture, [corners], True, YELLOW, 2, cv2.LINE_AA)
        for corner in corners[:, 0].tolist():
            cv2.circle(picture, corner, 4, RED, -1, cv2.LINE_AA)
    return picture


def found(model, image, scale=3):
    """The image, brightened and enlarged, with what the model finds on it."""
    picture = cv2.resize(brightened(image), None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    (detections,) = model.detect(image)
    return detections.resized(picture.shape[:2]).draw(picture, show_labels=False)


def beside(pictures):
    """Pictures of one height beside each other, on white."""
    height = min(picture.shape[0] for picture in pictures)
    scaled = [
        cv2.resize(each, (round(each.shape[1] * height / each.shape[0]), height))
        for each in pictures
    ]
    gap = np.full((height, GAP, 3), 255, np.uint8)
    return np.hstack([part for each in scaled for part in (gap, each)][1:])


def write(name, picture):
    """Writes a picture of the width that pages show."""
    height = round(picture.shape[0] * WIDTH / picture.shape[1])
    shown = cv2.resize(picture, (WIDTH, height), interpolation=cv2.INTER_AREA)
    TARGET.mkdir(exist_ok=True)
    path = str(TARGET / f"{name}.jpg")
    cv2.imwrite(path, shown[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])


def main(annotations, images):
    """Writes the four pictures."""
    source = km.data.open_source(annotations, images)
    stained, glowing = chosen(source, STAINED), chosen(source, GLOWING)
    write("annotate", beside([outlined(sample) for sample in stained]))

    recipe = km.training.Recipe(image_size=256, augment=("flip", "scale", "brightness", "contrast"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "preview.png"
        draw_preview(stained, path, recipe)
        write("preview", km.data.read_image(path))

    model = km.MaskRCNN.from_preset("mask_rcnn_resnet18_fpn_nuclei")
    write("found", beside([found(model, sample.image) for sample in glowing]))
    comparisons = km.evaluation.compare(km.evaluation.collect_predictions(model, glowing))
    worst = max(comparisons, key=lambda one: sum(count > 0 for count in one.counts.values()))
    write("wrong", worst.draw(brightened(glowing[worst.index].image), side=540))
    print(*comparisons, sep="\n")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
