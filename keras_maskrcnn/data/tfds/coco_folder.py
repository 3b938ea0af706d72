"""Builder of data sets from COCO JSON files of one's own."""

import dataclasses

import tensorflow_datasets as tfds

from keras_maskrcnn.data.annotation_files import COCOSource
from keras_maskrcnn.data.tfds.builder import InstanceBuilder
from keras_maskrcnn.formats.files import DatasetError


@dataclasses.dataclass(eq=False, kw_only=True)
class COCOFolderConfig(tfds.core.BuilderConfig):
    """Which files a `COCOFolder` is prepared from.

    Attributes:
        name: of the data set; its prepared files lie in `data_dir/coco_folder/name`.
        annotations: dict from split, such as "train", to the path of its COCO JSON file.
        images_dir: folder that `file_name` is relative to; or a dict from split to folder.
        classes: names of the classes to keep, in the order of their labels. Default: all.
        version: of the data. Give a new one when the files have changed: TFDS prepares a version
            once.
    """

    annotations: dict
    images_dir: str | dict
    classes: list | None = None
    version: str = "1.0.0"


class COCOFolder(InstanceBuilder):
    """Prepares COCO JSON files and their images for TensorFlow Datasets.

    Args:
        config: `COCOFolderConfig`.
        data_dir: where the prepared data lie. Default: TFDS's, ~/tensorflow_datasets.

    Raises:
        DatasetError: an annotation file has a mistake, or the splits have different classes.

    Example:

    >>> config = COCOFolderConfig(  # doctest: +SKIP
    ...     name="pets", annotations={"train": "train.json", "val": "val.json"}, images_dir="images"
    ... )
    >>> builder = COCOFolder(config=config)  # doctest: +SKIP
    >>> builder.download_and_prepare()  # doctest: +SKIP
    """

    name = "coco_folder"
    VERSION = tfds.core.Version("1.0.0")

    def __init__(self, *, config, **kwargs):
        self._opened = None
        super().__init__(config=config, **kwargs)

    def _info(self):
        sources = self._sources()
        first, *others = sources.values()
        for split, source in list(sources.items())[1:]:
            if source.class_names != first.class_names:
                raise DatasetError(
                    f"The splits must have the same classes. '{first.annotations}' has "
                    f"{', '.join(first.class_names)}; '{source.annotations}' of '{split}' has "
                    f"{', '.join(source.class_names)}. Give `classes`."
                )
        entries = (entry for source in (first, *others) for entry in source.to_coco()["images"])
        return self._instance_info(
            first.class_names,
            category_ids=first.category_ids,
            numeric_ids=all(isinstance(entry["id"], int) for entry in entries),
            homepage="https://cocodataset.org/#format-data",
            description=f"COCO annotations: {', '.join(s.annotations for s in sources.values())}.",
        )

    def _split_generators(self, dl_manager):
        del dl_manager  # nothing is downloaded
        sources = self._sources().items()
        return {split: self._generate_examples(source) for split, source in sources}

    def _sources(self):
        """Return the source of each split, checked once."""
        if self._opened is None:
            config = self.builder_config
            folders = config.images_dir
            if not isinstance(folders, dict):
                folders = dict.fromkeys(config.annotations, folders)
            self._opened = {
                split: COCOSource(path, folders[split], config.classes)
                for split, path in config.annotations.items()
            }
        return self._opened
