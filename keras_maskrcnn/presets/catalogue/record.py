"""What is known of a preset that has to be downloaded."""

import dataclasses
import json
import math

from keras_maskrcnn import conversion


@dataclasses.dataclass(frozen=True, kw_only=True)
class RemotePreset:
    """A checkpoint of another library that becomes a preset: where it lies and how it is checked.

    The figures are those of the checkpoint's maker, and None where the maker gives none.

    Args:
        name: str, the name `from_preset` takes.
        kind: `"mask_rcnn"`, `"faster_rcnn"`, `"keypoint_rcnn"` or `"backbone"`.
        family: `"torchvision"`, `"detectron2"` or `"matterport"`: whose format and layout it has.
        architecture: str, the maker's name of the model.
        arguments: dict, what the architecture is to be built with besides.
        urls: tuple of str, https addresses of the same file, tried in this order.
        file_name: str, name of the file at its maker's.
        bytes: int, size of the file as published: rounded, right to 1 %.
        sha256: str, checksum of the whole file.
        sha256_prefix: str, how the sha256 begins; torchvision writes it into the file name.
        md5_prefix: str, how the md5 begins; Detectron2 writes it into the file name.
        class_names: tuple of str; entry 0 is the name of label 1. Empty for a backbone.
        licence: str, licence of the weights.
        source: str, who made them and where that is described.
        paper: str, address of the paper of the architecture or the recipe.
        description: str, one line.
        published: dict of the maker's figures in percent, of `"box_ap"`, `"mask_ap"`,
            `"keypoint_ap"` and `"top1"` those that there are, with `"by"` (whose figures) and
            `"on"` (which images).
        measured: dict like `published`, measured with this package.

    Example:

    >>> from keras_maskrcnn import presets
    >>> record = presets.remote()["mask_rcnn_resnet50_fpn_coco"]
    >>> record.family, record.architecture, record.published["mask_ap"]
    ('torchvision', 'maskrcnn_resnet50_fpn', 34.6)
    """

    name: str
    kind: str
    family: str
    architecture: str
    arguments: dict = dataclasses.field(default_factory=dict)
    urls: tuple[str, ...]
    file_name: str
    bytes: int | None = None
    sha256: str | None = None
    sha256_prefix: str | None = None
    md5_prefix: str | None = None
    class_names: tuple[str, ...] = ()
    licence: str
    source: str
    paper: str
    description: str
    published: dict | None = None
    measured: dict | None = None

    def config(self) -> dict:
        """Return the config Keras builds the model from: as in `config.json`, once downloaded."""
        config = conversion.config(self.family, self.architecture, **self.arguments)
        if self.class_names:
            config["config"]["class_names"] = self.class_names
        return json.loads(json.dumps(config))

    def about(self) -> dict:
        """Return what the maker says of the weights, for `metadata.json`."""
        names = ("description", "source", "licence", "paper", "published")
        return {name: getattr(self, name) for name in names}

    def metadata(self) -> dict:
        """Return what `metadata.json` will say of the model, but for versions and weights file."""
        shapes = conversion.MODELS[self.family][self.architecture].shapes().values()
        return {
            **self.about(),
            "class_names": list(self.class_names),
            "parameter_count": sum(map(math.prod, shapes)),
        }
