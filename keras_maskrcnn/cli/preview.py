"""`maskrcnn train --preview`: what the annotations say, and what the model will be shown."""

import dataclasses

from keras_maskrcnn.wording import counted
from keras_maskrcnn.writing import write_picture

PREVIEWED = 12
SIDE = 512
COLUMNS = 4  # two images, each as it is and augmented


def draw_preview(source, path, recipe) -> None:
    """Draw some images of a source, and beside each how an epoch of training might show it.

    Args:
        source: `Source`.
        path: Path of the picture.
        recipe: `Recipe`; its sizes and augmentations are used.
    """
    from keras_maskrcnn.data import Augmenter
    from keras_maskrcnn.drawing import contact_sheet, draw_ground_truth

    augmenter, canvas = Augmenter(recipe.augment), (recipe.image_size, recipe.image_size)
    count = min(PREVIEWED, len(source))
    pictures = []
    for number in range(count):
        sample = source[number * len(source) // count]
        changed = augmenter(
            sample,
            [recipe.seed, number],
            canvas=canvas,
            resizer=recipe.resizer(),
            draw=lambda rng: source[int(rng.integers(len(source)))],
        )
        for each in (sample, changed):
            pictures.append(draw_ground_truth(_enlarged(each), source.class_names))
    write_picture(path, contact_sheet(pictures, COLUMNS, cell_size=SIDE))
    images = counted(count, "image")
    print(f"preview: {path}, {images} with their objects, as they are and augmented", flush=True)


def _enlarged(sample):
    """Repeat the pixels of a sample if it is small, so that class names find room."""
    factor = SIDE // max(sample.image.shape[:2])
    if factor < 2:
        return sample
    image = sample.image.repeat(factor, axis=0).repeat(factor, axis=1)
    matrix = [[factor, 0, 0], [0, factor, 0]]
    instances = sample.instances.warp(matrix, image.shape[:2])
    return dataclasses.replace(sample, image=image, instances=instances)
