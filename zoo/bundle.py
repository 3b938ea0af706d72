"""Put the result of a training run into the package as a bundled preset.

    python zoo/bundle.py RUN NAME

RUN is the folder that training wrote. Weights go, with kernels in float16, to
`keras_maskrcnn/presets/bundled/NAME`; config, recipe and log to `zoo/NAME`, beside the card.
The texts of the metadata are those of `zoo/NAME/about.json`.
"""

import argparse
import json
import shutil
from pathlib import Path

import keras_maskrcnn as km

ZOO = Path(__file__).parent
BUNDLED = ZOO.parent / "keras_maskrcnn" / "presets" / "bundled"


def main() -> None:
    """Write both folders."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("name")
    args = parser.parse_args()
    about = json.loads((ZOO / args.name / "about.json").read_text(encoding="utf-8"))
    model = km.MaskRCNN.from_preset(args.run)
    model.save_to_preset(BUNDLED / args.name, metadata=about, dtype="float16")
    shutil.copy(BUNDLED / args.name / "config.json", ZOO / args.name)
    for file in ("recipe.json", "log.csv"):
        shutil.copy(args.run / "training" / file, ZOO / args.name)


if __name__ == "__main__":
    main()
