"""Builder of the balloon data set of Matterport's Mask R-CNN."""

import tensorflow_datasets as tfds

from keras_maskrcnn.data.annotation_files import VIASource
from keras_maskrcnn.data.tfds.builder import InstanceBuilder, manual_path

SPLITS = ("train", "val")


class Balloon(InstanceBuilder):
    """The balloon data set: photos with outlined balloons, splits "train" (61) and "val" (13).

    `download_and_prepare` downloads 37 MB from the release on GitHub. The release states no
    checksum, and none is recorded here: `tfds.download.DownloadConfig(register_checksums=True)`
    records that of your first download, against which later ones are checked. Without a connection,
    put `balloon_dataset.zip` or the unpacked folder `balloon` into `data_dir/downloads/manual`.

    Args:
        data_dir: where the prepared data lie. Default: TFDS's, ~/tensorflow_datasets.

    References:
        W. Abdulla, "Splash of Color: Instance Segmentation with Mask R-CNN and TensorFlow" (2018).
    """

    name = "balloon"
    VERSION = tfds.core.Version("1.0.0")
    URL = "https://github.com/matterport/Mask_RCNN/releases/download/v2.1/balloon_dataset.zip"
    MANUAL_DOWNLOAD_INSTRUCTIONS = (
        f"Only without a connection: download {URL} and put balloon_dataset.zip, or the folder "
        "balloon that it holds, into this folder."
    )

    def _info(self):
        return self._instance_info(
            ["balloon"],
            numeric_ids=True,
            description="Photos with outlined balloons.",
            homepage="https://github.com/matterport/Mask_RCNN/tree/master/samples/balloon",
        )

    def _split_generators(self, dl_manager):
        folder = manual_path(dl_manager, "balloon", "balloon_dataset.zip")
        if folder is None:
            folder = dl_manager.download_and_extract(self.URL)
        if (folder / "balloon").is_dir():
            folder = folder / "balloon"
        return {split: self._generate_examples(_source(folder / split)) for split in SPLITS}


def _source(folder):
    """Read the regions, which name no class, as balloons."""
    return VIASource(folder / "via_region_data.json", folder, classes=["balloon"])
