"""The source of COCO's panoptic files."""

import os
import zlib
from pathlib import Path

import numpy as np

from keras_maskrcnn.data.categories import choose_categories
from keras_maskrcnn.data.instances import Instances
from keras_maskrcnn.data.source import Sample, Source
from keras_maskrcnn.formats.coco import panoptic
from keras_maskrcnn.formats.images import check_size, read_image
from keras_maskrcnn.semantics import IGNORED, THINGS, PanopticMap


class COCOPanopticSource(Source):
    """The images of a COCO panoptic JSON file, with objects and a semantic map of the stuff.

    Each thing is an object with its mask. In the semantic map the value 0, `THINGS`, stands for
    objects of every class, 1, 2, ... for the kinds of stuff in the order of their ids, and 255 for
    pixels without a segment.

    The JSON is checked as a whole when the source is made; images and PNGs are read when asked for.

    Args:
        annotations: path of the JSON file.
        images_dir: folder that the images' `file_name` is relative to.
        panoptic_dir: folder of the PNGs. Default: named as the JSON file, beside it.
        classes: names of the classes of things to keep, in the order of their labels. Default: all.
        content: the file's parsed content, when it has been read already.

    Raises:
        FileNotFoundError: a file or folder is missing.
        DatasetError: a `ValueError`; the content has a mistake. The message names file and segment.

    Example:

    >>> source = COCOPanopticSource("panoptic_val2017.json", "val2017")  # doctest: +SKIP
    >>> len(source.class_names), source.semantic_names[:2]  # doctest: +SKIP
    (80, ('things', 'banner'))

    References:
        Kirillov et al. 2019, Panoptic Segmentation.
    """

    def __init__(self, annotations, images_dir, panoptic_dir=None, classes=None, *, content=None):
        self.annotations = os.fspath(annotations)
        self.images_dir = os.fspath(images_dir)
        folder = Path(annotations).with_suffix("") if panoptic_dir is None else panoptic_dir
        self.panoptic_dir = os.fspath(folder)
        if not os.path.isdir(self.panoptic_dir):
            raise FileNotFoundError(
                f"There is no folder '{self.panoptic_dir}' of the PNGs of '{self.annotations}'. "
                "Give it as panoptic_dir."
            )
        self._images, self.categories = panoptic.read(annotations, images_dir, content)
        named = {one["name"]: one["id"] for one in self.categories.values() if one["isthing"]}
        self._ids = choose_categories(named, classes, self.annotations)
        self.class_names = tuple(self._ids)
        stuff = sorted(key for key, one in self.categories.items() if not one["isthing"])
        self.semantic_names = (THINGS, *(self.categories[key]["name"] for key in stuff))

    @property
    def category_ids(self) -> tuple[int, ...]:
        """The file's ids of the classes of things, in the order of `class_names`."""
        return tuple(self._ids.values())

    def __len__(self):
        return len(self._images)

    def __getitem__(self, index) -> Sample:
        known = self._images[index]
        image = read_image(os.path.join(self.images_dir, known["file_name"]))
        where = self.images_dir, known["file_name"]
        check_size(*where, image.shape[:2], known["size"], self.annotations)
        instances = self._instances(self.panoptic(index))
        return Sample(image, instances, known["image_id"], known["file_name"])

    def panoptic(self, index) -> PanopticMap:
        """Return the segments of an image as the file has them, classes left out included."""
        return panoptic.read_map(self._images[index], self.categories, self.panoptic_dir)

    def _instances(self, found):
        """Return the objects of a panoptic map, and the semantic map."""
        labels = {name: label for label, name in enumerate(self.class_names, start=1)}
        values = {name: value for value, name in enumerate(self.semantic_names)}
        semantic = np.full(found.ids.shape, IGNORED, np.uint8)
        for one in found.segments:
            semantic[found.ids == one.id] = 0 if one.is_thing else values[one.class_name]
        kept = [one for one in found.segments if one.is_thing and one.class_name in labels]
        masks = [found.ids == one.id for one in kept]
        return Instances.from_dense(
            np.array(masks, bool).reshape(-1, *found.ids.shape),
            [labels[one.class_name] for one in kept],
            [one.iscrowd for one in kept],
        ).with_semantic(semantic)

    def file_name(self, index) -> str:
        """Return the name of an image, relative to the folder of the images."""
        return self._images[index]["file_name"]

    def image_sizes(self) -> np.ndarray:
        """Return the (height, width) of each image, int64, shape (len, 2)."""
        return np.array([one["size"] for one in self._images], np.int64).reshape(-1, 2)

    def object_counts(self) -> np.ndarray:
        """Return each image's number of objects per class, int64, shape (len, K), no crowds."""
        columns = {id_: column for column, id_ in enumerate(self.category_ids)}
        counts = np.zeros((len(self), len(columns)), np.int64)
        for row, image in zip(counts, self._images, strict=True):
            for one in image["segments"]:
                if one["category_id"] in columns and not one.get("iscrowd", 0):
                    row[columns[one["category_id"]]] += 1
        return counts

    def crowd_counts(self) -> list[int]:
        """Return each image's number of crowds of things, which are not trained on."""
        known = set(self.category_ids)
        return [
            sum(one["category_id"] in known and one.get("iscrowd", 0) for one in image["segments"])
            for image in self._images
        ]

    def lacks_masks(self) -> list[tuple[int, ...]]:
        """Return an empty tuple for each image: all objects have masks."""
        return [()] * len(self)

    def checksums(self) -> np.ndarray:
        """Return a number for each image, of its name, size and segments, uint32, shape (len,)."""
        texts = [
            repr((one["file_name"], one["size"], [(s["id"], s["category_id"]) for s in segments]))
            for one in self._images
            for segments in [one["segments"]]
        ]
        return np.array([zlib.crc32(text.encode("utf-8", "replace")) for text in texts], np.uint32)
