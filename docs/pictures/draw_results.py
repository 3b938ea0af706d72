"""Draws the picture of docs/guides/looking-at-results.md.

    python docs/pictures/draw_results.py

Of 40 scenes that the bundled preset was not trained on the one with the most kinds of mistakes, its
objects beside what the preset finds there: `docs/pictures/results/comparison.jpg`.
"""

import sys
from pathlib import Path

import cv2

import keras_maskrcnn as km

SCENES, SEED = 40, 7


def main(folder=Path(__file__).parent / "results"):
    """Writes the picture and prints what it shows."""
    source = km.data.ShapesSource(SCENES, seed=SEED)
    model = km.MaskRCNN.from_preset("mask_rcnn_tiny_shapes")
    predictions = km.evaluation.collect_predictions(model, source, batch_size=8)
    comparisons = km.evaluation.compare(predictions)
    chosen = max(comparisons, key=lambda one: sum(count > 0 for count in one.counts.values()))
    picture = chosen.draw(source[chosen.index].image, side=540)
    folder.mkdir(parents=True, exist_ok=True)
    picture = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    cv2.imwrite(str(folder / "comparison.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, 90])
    print(f"scene {chosen.index}: {chosen}")


if __name__ == "__main__":
    sys.exit(main())
