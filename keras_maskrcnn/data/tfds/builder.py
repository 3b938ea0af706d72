"""What the builders share: features, and examples from a source."""

import importlib.util
import os
from pathlib import Path

import cv2
import numpy as np
import tensorflow_datasets as tfds

from keras_maskrcnn.formats.files import DatasetError
from keras_maskrcnn.wording import counted

_FORMAT = "array_record" if importlib.util.find_spec("array_record") else "parquet"
_WHOLE = (b"\xff\xd8\xff", b"\x89PNG")  # JPEG and PNG: what every reader of TFDS data decodes


class InstanceBuilder(tfds.core.GeneratorBasedBuilder):
    """A builder whose examples come from a `Source` of files.

    Features of an example:

        image: uint8 (H, W, 3) RGB. The file's own bytes are stored if they decode to the very
            pixels that the `Source` gives, else these as PNG: after an EXIF rotation, 16 bits,
            transparency or another format.
        image/id: int64 or text. image/filename: text.
        objects: sequence, in the order of the annotations, of
            label: `ClassLabel`, 0..K-1.
            bbox: `BBoxFeature`, the tight box of the mask.
            mask: text, the `counts` of a compressed COCO run-length encoding of the image's size.
                It is lossless, and shorter than a PNG of the box: BBBC038's nuclei take 55 bytes
                on average instead of 142, COCO's objects 323 instead of 699.
            is_crowd: bool.

    Examples keep the order of the source.

    Args:
        file_format: of the prepared files. Default: one that is read by number, "array_record", or
            "parquet" where array_record is not installed, as on Windows. `as_dataset`, a
            TensorFlow graph, needs "tfrecord".
        kwargs: of `tfds.core.GeneratorBasedBuilder`, such as `data_dir`.
    """

    def __init__(self, *, file_format=_FORMAT, **kwargs):
        super().__init__(file_format=file_format, **kwargs)

    def _instance_info(self, class_names, *, category_ids=None, numeric_ids=False, **kwargs):
        """Return the `DatasetInfo` of these classes."""
        features = {
            "image": tfds.features.Image(shape=(None, None, 3)),
            "image/id": np.int64 if numeric_ids else tfds.features.Text(),
            "image/filename": tfds.features.Text(),
            "objects": tfds.features.Sequence(
                {
                    "label": tfds.features.ClassLabel(names=list(class_names)),
                    "bbox": tfds.features.BBoxFeature(),
                    "mask": tfds.features.Text(),
                    "is_crowd": np.bool_,
                }
            ),
        }
        metadata = {"category_ids": list(category_ids or range(1, len(class_names) + 1))}
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(features),
            metadata=tfds.core.MetadataDict(metadata),
            disable_shuffling=True,
            **kwargs,
        )

    def _generate_examples(self, source):
        """Yield the number and the features of each image of a source with an `images_dir`."""
        feature = self.info.features["image"]
        for index in range(len(source)):
            sample = source[index]
            path = os.path.join(source.images_dir, sample.file_name)
            yield (
                index,
                {
                    "image": _image_bytes(path, sample.image, feature),
                    "image/id": sample.image_id,
                    "image/filename": sample.file_name,
                    "objects": _objects(sample),
                },
            )


def manual_path(dl_manager, *names) -> Path | None:
    """Find the first of `names` that a person put into TFDS's folder for manual downloads, or None.

    An archive among them is unpacked.
    """
    try:
        folder = Path(dl_manager.manual_dir)
    except AssertionError:  # there is no such folder, or it is empty
        return None
    for path in (folder / name for name in names):
        if path.is_file():
            return Path(dl_manager.extract(path))
        if path.is_dir():
            return path
    return None


def _objects(sample):
    """Return the features of the objects of one image."""
    instances = sample.instances
    lacking = int((~instances.has_masks).sum())
    if lacking:
        raise DatasetError(
            f"Image '{sample.file_name}' has {counted(lacking, 'object')} without a mask, only "
            "with a box; the features of this data set are masks. Outline them."
        )
    height, width = instances.image_size
    x1, y1, x2, y2 = (instances.boxes / np.array([width, height, width, height])).T.tolist()
    boxes = zip(y1, x1, y2, x2, strict=True)
    return {
        "label": (instances.labels - 1).tolist(),
        "bbox": [tfds.features.BBox(*box) for box in boxes],
        "mask": [rle["counts"] for rle in instances.to_rle()],
        "is_crowd": instances.iscrowd.tolist(),
    }


def _image_bytes(path, pixels, feature):
    """Return the file's bytes, or a PNG's where TFDS would decode the file to other pixels."""
    content = Path(path).read_bytes()
    if content.startswith(_WHOLE) and _decodes_to(content, pixels, feature):
        return content
    return cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))[1].tobytes()


def _decodes_to(content, pixels, feature):
    """Whether TFDS decodes these bytes to these pixels."""
    try:
        decoded = feature.decode_example_np(content)
    except (ValueError, cv2.error):
        return False
    return decoded.shape == pixels.shape and bool((decoded == pixels).all())
