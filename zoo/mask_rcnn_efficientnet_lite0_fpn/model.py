"""Write the preset mask_rcnn_efficientnet_lite0_fpn, which has a config and no weights of its own.

KERAS_BACKEND=torch python zoo/mask_rcnn_efficientnet_lite0_fpn/model.py
"""

import json
from pathlib import Path

import keras

import keras_maskrcnn as km
from keras_maskrcnn.presets.files import CONFIG_FILE, METADATA_FILE
from keras_maskrcnn.writing import write_json

FOLDER = Path(__file__).parent
BUNDLED = FOLDER.parents[1] / "keras_maskrcnn" / "presets" / "bundled" / FOLDER.name


def build():
    """The model: one class, photos of any size resized to 640 pixels."""
    return km.MaskRCNN.from_backbone(
        "efficientnet_lite0_imagenet", ["object"], image_resizer=km.data.ImageResizer(640, 640)
    )


def main() -> None:
    """Write config and metadata."""
    model = build()
    about = json.loads((FOLDER / "about.json").read_text(encoding="utf-8"))
    metadata = {
        **about,
        "format": 1,
        "class_names": list(model.class_names),
        "parameter_count": model.count_params(),
        "weights": {"dtype": "float16", "bytes": 0, "sha256": ""},
    }
    config = keras.saving.serialize_keras_object(model)
    config.pop("compile_config")
    BUNDLED.mkdir(exist_ok=True)
    write_json(BUNDLED / CONFIG_FILE, config, indent=2)
    write_json(BUNDLED / METADATA_FILE, metadata, indent=2)


if __name__ == "__main__":
    main()
