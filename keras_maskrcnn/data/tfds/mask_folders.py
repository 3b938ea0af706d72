"""Reader of folders that hold an image and one mask file for each object."""

import os
from pathlib import Path

import numpy as np

from keras_maskrcnn.data.instances import Instances
from keras_maskrcnn.data.source import Sample, Source
from keras_maskrcnn.formats.files import DatasetError
from keras_maskrcnn.formats.image_files import list_images
from keras_maskrcnn.formats.images import read_image


class MaskFolderSource(Source):
    """One folder per image, with the image in `images` and a black and white file per object in
    `masks`: the layout of the 2018 Data Science Bowl.

    The folder's name is the image's id. A folder without `masks` is an image without objects.

    Args:
        images_dir: folder of the folders.
        class_name: the one class.

    Raises:
        DatasetError: no folder holds an image, or one holds several.
    """

    def __init__(self, images_dir, class_name):
        self.images_dir = os.fspath(images_dir)
        self.class_names = (class_name,)
        folders = sorted(path.parent for path in Path(images_dir).glob("*/images"))
        if not folders:
            raise DatasetError(
                f"The folder '{images_dir}' must hold one folder for each image, with the image in "
                "`images` and a file for each object in `masks`."
            )
        self._images = [_only_image(folder / "images") for folder in folders]

    def __len__(self):
        return len(self._images)

    def __getitem__(self, index):
        path = self._images[index]
        image = read_image(path)
        folder = path.parent.parent
        masks = folder / "masks"
        files = list_images(masks) if masks.is_dir() and any(masks.iterdir()) else []
        none = Instances.from_dense(np.zeros((0, *image.shape[:2]), bool), [])
        instances = Instances.joined([none, *(_instance(file, image.shape[:2]) for file in files)])
        file_name = path.relative_to(self.images_dir).as_posix()
        return Sample(image, instances, folder.name, file_name)


def _only_image(folder):
    """Return the one image file of a folder."""
    files = list_images(folder)
    if len(files) != 1:
        raise DatasetError(f"The folder '{folder}' must hold one image. It holds {len(files)}.")
    return files[0]


def _instance(file, size):
    """Return the object that a mask file shows."""
    mask = read_image(file).any(axis=2)
    if mask.shape != size:
        raise DatasetError(
            f"The mask '{file}' is {mask.shape[1]} x {mask.shape[0]} pixels (width x height), its "
            f"image {size[1]} x {size[0]}."
        )
    return Instances.from_dense(mask[None], [1])
