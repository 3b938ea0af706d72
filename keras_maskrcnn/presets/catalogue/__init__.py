"""The presets that can be downloaded: the checkpoints of three other libraries."""

from keras_maskrcnn.presets.catalogue import coco, detectron2, matterport, torchvision
from keras_maskrcnn.presets.catalogue.record import RemotePreset

__all__ = ["RemotePreset", "coco_names", "remote"]


def coco_names(count) -> tuple[str, ...]:
    """Return the names of COCO's labels: 90 with the gaps in its ids, else the 80 categories.

    >>> coco_names(80)[11], coco_names(90)[11]
    ('stop sign', 'N/A 12')
    """
    return coco.WITH_GAPS if count == len(coco.WITH_GAPS) else coco.CONTIGUOUS


def remote() -> dict[str, RemotePreset]:
    """Return the presets that can be downloaded: dict of name to `RemotePreset`.

    Detectors come first, then backbones.

    Returns:
        dict, a new one at each call.

    Example:

    >>> from keras_maskrcnn import presets
    >>> record = presets.remote()["resnet50_v2_imagenet"]
    >>> record.kind, record.file_name, record.sha256_prefix
    ('backbone', 'resnet50-11ad3fa6.pth', '11ad3fa6')
    """
    records = [*torchvision.records(), *detectron2.records(), *matterport.records()]
    records.sort(key=lambda record: record.kind == "backbone")
    return {record.name: record for record in records}
