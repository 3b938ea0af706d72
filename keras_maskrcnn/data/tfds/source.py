"""A source over data that a builder of ours has prepared."""

import dataclasses
import importlib.util
import zlib
from types import ModuleType

import numpy as np

from keras_maskrcnn.data.instances import Instances
from keras_maskrcnn.data.source import Sample, Source
from keras_maskrcnn.formats.image_headers import read_header
from keras_maskrcnn.formats.images import decode_image

_MODULES = ("tensorflow_datasets", "tensorflow")
_FEATURES = ("image", "image/filename", "image/id", "objects")


def require_tfds() -> ModuleType:
    """Return the module `tensorflow_datasets`.

    Raises:
        ImportError: TFDS or TensorFlow is missing; the message says what to install.
    """
    missing = [name for name in _MODULES if importlib.util.find_spec(name) is None]
    if missing:
        raise ImportError(
            f"TensorFlow Datasets needs {' and '.join(missing)}. "
            'Type: pip install "keras3-maskrcnn[tfds]"'
        )
    import tensorflow_datasets

    return tensorflow_datasets


class TFDSSource(Source):
    """The images and objects of a data set prepared by TensorFlow Datasets.

    Samples are read by their number, without a TensorFlow graph: whatever the Keras backend. They
    have the pixels and the masks, bit for bit, of the source that they were prepared from. AP is
    measured against the masks' own boxes and areas.

    Args:
        dataset: a builder of `keras_maskrcnn.data.tfds` that has done `download_and_prepare`, what
            `tfds.builder_from_directory` gives for its files, or what its `as_data_source` gives.
        split: of a builder, the split to read, in TFDS's notation: "train", "train[:80%]". For a
            data source None.

    Raises:
        ImportError: TFDS is missing.
        ValueError: the split is missing or unknown, or the data set has no instance masks.

    Example:

    >>> import keras_maskrcnn as km  # doctest: +SKIP
    >>> builder = km.data.tfds.Balloon()  # doctest: +SKIP
    >>> builder.download_and_prepare()  # doctest: +SKIP
    >>> source = km.data.TFDSSource(builder, "train")  # doctest: +SKIP
    >>> source.class_names, len(source)  # doctest: +SKIP
    (('balloon',), 61)
    """

    def __init__(self, dataset, split=None):
        tfds = require_tfds()
        self._records = _data_source(dataset, split)
        info = self._records.dataset_info
        missing = [name for name in _FEATURES if name not in info.features]
        if missing or "mask" not in info.features["objects"].feature:
            raise ValueError(
                "`dataset` must have the features of a builder of keras_maskrcnn.data.tfds. "
                f"Received: '{info.name}' with {', '.join(sorted(info.features))}."
            )
        self.class_names = tuple(info.features["objects"].feature["label"].names)
        ids = (info.metadata or {}).get("category_ids") or range(1, len(self.class_names) + 1)
        self._category_ids = tuple(int(id_) for id_ in ids)
        undecoded = {"image": tfds.decode.SkipDecoding()}
        self._undecoded = dataclasses.replace(self._records, decoders=undecoded)

    @property
    def category_ids(self) -> tuple[int, ...]:
        """The ids of the classes in the files that the data were prepared from, tuple of int."""
        return self._category_ids

    def __len__(self):
        return len(self._records)

    def __getitem__(self, index):
        record = self._undecoded[range(len(self))[index]]
        file_name, objects = _text(record["image/filename"]), record["objects"]
        image = decode_image(record["image"], file_name)
        instances = _instances(objects, image.shape[:2])
        return Sample(image, instances, _id(record["image/id"]), file_name)

    def image_sizes(self) -> np.ndarray:
        """Return the (height, width) of each image, int64, shape (len, 2)."""
        sizes = [read_header(record["image"]).upright_size for record in self._undecoded]
        return np.array(sizes, np.int64).reshape(-1, 2)

    def object_counts(self) -> np.ndarray:
        """Return each image's number of objects per class, int64, shape (len, K), no crowds."""
        counts = np.zeros((len(self), len(self.class_names)), np.int64)
        for row, record in zip(counts, self._undecoded, strict=True):
            labels, iscrowd = _labels(record["objects"])
            np.add.at(row, labels[~iscrowd] - 1, 1)
        return counts

    def checksums(self) -> np.ndarray:
        """Return a number for each image, of its name and objects, uint32, shape (len,)."""
        return np.array([_checksum(record) for record in self._undecoded], np.uint32)

    def small_objects(self, index, pixels) -> tuple[int, Instances]:
        """Return the objects of an image, crowds aside, that cover less than so many pixels."""
        record = self._undecoded[range(len(self))[index]]
        instances = _instances(record["objects"], read_header(record["image"]).upright_size)
        small = instances.select(~instances.iscrowd & (instances.areas < pixels))
        return len(small), small

    def crowd_counts(self) -> list[int]:
        """Return each image's number of crowds, which are not trained on."""
        return [int(_labels(record["objects"])[1].sum()) for record in self._undecoded]

    def lacks_masks(self) -> list[tuple[int, ...]]:
        """Return an empty tuple for each image: all objects have masks."""
        return [()] * len(self)


def _data_source(dataset, split):
    """Return the random-access data of a builder's split, or the data source given."""
    if not hasattr(dataset, "as_data_source"):
        if split is not None or not hasattr(dataset, "dataset_info"):
            raise ValueError(
                "`dataset` must be a builder, with `split`, or a data source, without. "
                f"Received: dataset={dataset!r:.80}, split={split!r}."
            )
        return dataset
    splits = list(dataset.info.splits)
    if not splits:
        raise ValueError(
            f"`dataset` must be prepared. Received: '{dataset.info.full_name}' without data. "
            "Call its download_and_prepare() first."
        )
    if split is None:
        raise ValueError(f"`split` must name a split: {', '.join(splits)}. Received: None.")
    try:
        return dataset.as_data_source(split)
    except (KeyError, ValueError) as error:
        if str(split).partition("[")[0] in splits:
            raise
        raise ValueError(
            f"`split` must name a split: {', '.join(splits)}. Received: split={split!r}."
        ) from error


def _checksum(record):
    labels, iscrowd = _labels(record["objects"])
    masks = "".join(map(_text, record["objects"]["mask"])).encode()
    name = _text(record["image/filename"]).encode()
    return zlib.crc32(name + labels.tobytes() + iscrowd.tobytes() + masks)


def _instances(objects, size):
    """Return the objects of a record of an image of that (height, width)."""
    rles = [{"size": list(size), "counts": counts} for counts in objects["mask"]]
    return Instances.from_rle(rles, *_labels(objects), image_size=size)


def _labels(objects):
    """Return the labels 1..K and which objects are crowds; TFDS gives lists or arrays."""
    labels = np.asarray(objects["label"], np.int32) + 1
    return labels, np.asarray(objects["is_crowd"], bool)


def _id(value):
    """Return an image's id, int or str, as the data set was prepared with."""
    return _text(value) if isinstance(value, bytes | str) else int(value)


def _text(value):
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)
