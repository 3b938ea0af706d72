"""Builder of the nuclei of the 2018 Data Science Bowl, BBBC038."""

import tensorflow_datasets as tfds

from keras_maskrcnn.data.tfds.builder import InstanceBuilder, manual_path
from keras_maskrcnn.data.tfds.mask_folders import MaskFolderSource

_CITATION = """@article{caicedo2019nucleus,
  title={Nucleus segmentation across imaging experiments: the 2018 Data Science Bowl},
  author={Caicedo, Juan C. and others},
  journal={Nature Methods}, volume={16}, pages={1247--1253}, year={2019}
}"""


class Nuclei(InstanceBuilder):
    """Nuclei in microscopy images: the part stage1_train of BBBC038, as the split "train".

    `download_and_prepare` downloads the archive from the Broad Institute (CC0). Its makers state no
    checksum, and none is recorded here: `tfds.download.DownloadConfig(register_checksums=True)`
    records that of your first download, against which later ones are checked. Without a connection,
    put `stage1_train.zip` or the unpacked folder `stage1_train` into `data_dir/downloads/manual`.

    Many images are tiles of one field: parts of the split, such as "train[:80%]", share fields.

    Args:
        data_dir: where the prepared data lie. Default: TFDS's, ~/tensorflow_datasets.

    References:
        J. Caicedo et al., "Nucleus segmentation across imaging experiments: the 2018 Data Science
        Bowl", Nature Methods 16 (2019).
    """

    name = "nuclei"
    VERSION = tfds.core.Version("1.0.0")
    URL = "https://data.broadinstitute.org/bbbc/BBBC038/stage1_train.zip"
    MANUAL_DOWNLOAD_INSTRUCTIONS = (
        f"Only without a connection: download {URL} and put stage1_train.zip, or a folder "
        "stage1_train with what it holds, into this folder."
    )

    def _info(self):
        return self._instance_info(
            ["nucleus"],
            description="Microscopy images with a mask for each nucleus.",
            homepage="https://bbbc.broadinstitute.org/BBBC038",
            citation=_CITATION,
            license="CC0 1.0",
        )

    def _split_generators(self, dl_manager):
        folder = manual_path(dl_manager, "stage1_train", "stage1_train.zip")
        if folder is None:
            folder = dl_manager.download_and_extract(self.URL)
        if (folder / "stage1_train").is_dir():
            folder = folder / "stage1_train"
        source = MaskFolderSource(folder, "nucleus")
        return {"train": self._generate_examples(source)}
