"""From a checkpoint file of another library to the folder of a preset."""

from pathlib import Path

from keras_maskrcnn import conversion
from keras_maskrcnn.presets import catalogue, checksums
from keras_maskrcnn.presets.saving import save


def convert(
    checkpoint, family, folder, *, model=None, class_names=None, **arguments
) -> conversion.Converted:
    """Convert a checkpoint file and write the preset.

    A file that a preset of the zoo is made of is known by its checksum: arguments and class names
    that are not given are then those of the zoo. Nothing is written unless every weight fits.

    Args:
        checkpoint: str or path of a `.pth`, `.pkl` or `.h5` file; nothing in it is run.
        family: "torchvision", "detectron2", "matterport" or "efficientnet_lite": whose network it
            holds.
        folder: str or path of the preset; made if it does not exist.
        model: name that the model has there; if given, the file must hold that one.
        class_names: names of the foreground classes, in label order, or "coco" for those of COCO,
            with the gaps in its ids or without, as there are labels. Default "class 1", ...
        arguments: what no weight tells, see `keras_maskrcnn.conversion`.

    Returns:
        `keras_maskrcnn.conversion.Converted`.

    Raises:
        FileNotFoundError: if there is no such file.
        CheckpointError: if the file is damaged, no checkpoint, or wants to run something.
        ConversionError: if the weights are not those of such a network.
        ValueError: if `class_names` or an argument does not fit.

    Example:

    >>> from keras_maskrcnn import presets
    >>> presets.convert("mask_rcnn_balloon.h5", "matterport", "balloon")  # doctest: +SKIP
    """
    checkpoint = Path(checkpoint)
    if not checkpoint.is_file():
        raise FileNotFoundError(f"`checkpoint` must be a file. Received: {str(checkpoint)!r}.")
    metadata = {"converted_from": f"{family}, {checkpoint.name}"}
    if record := _published(checkpoint, family):
        metadata = {**record.about(), **metadata}
        arguments = {**record.arguments, **arguments}
        class_names = class_names or record.class_names
    converted = conversion.convert(_read(checkpoint), family, model, **arguments)
    _save(converted, folder, class_names, metadata)
    return converted


def convert_published(checkpoint, record, folder) -> None:
    """Convert the checkpoint of a `RemotePreset` and write the preset; arguments as `convert`'s."""
    converted = conversion.convert(
        _read(checkpoint), record.family, record.architecture, **record.arguments
    )
    _save(converted, folder, record.class_names, record.about())


def _read(checkpoint):
    from keras_maskrcnn import checkpoints  # 0.1 s, which only a conversion needs

    return checkpoints.read(checkpoint)


def _save(converted, folder, class_names, metadata):
    config, names = converted.config, []
    if isinstance(converted.architecture, conversion.DetectorArchitecture):
        count = converted.architecture.num_classes
        if class_names == "coco":
            class_names = catalogue.coco_names(count)
        names = list(class_names or (f"class {label}" for label in range(1, count + 1)))
        if len(names) != count or len(set(names)) != count:
            raise ValueError(
                f"`class_names` must hold {count} different names, as many as the checkpoint has "
                f"foreground classes. Received: class_names={names}."
            )
        config["config"]["class_names"] = names
    save(folder, config, converted.weights, {**metadata, "class_names": names})


def _published(checkpoint, family):
    """Return the record of the zoo whose checkpoint this file is, or None."""
    records = [record for record in catalogue.remote().values() if record.family == family]
    return checksums.find(records, checkpoint)
