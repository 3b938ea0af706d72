"""From a checkpoint of another library to a preset, downloaded or at hand."""

from pathlib import Path

from keras_maskrcnn import conversion
from keras_maskrcnn.presets import cache, catalogue, checksums
from keras_maskrcnn.presets.download import fetch
from keras_maskrcnn.presets.files import is_complete
from keras_maskrcnn.presets.progress import bytes_bar
from keras_maskrcnn.presets.resolving import NotDownloaded, resolve
from keras_maskrcnn.presets.storage import save


def convert(checkpoint, family, folder, *, model=None, class_names=None, **arguments):
    """Converts a checkpoint file and writes the preset.

    A file that a preset of the zoo is made of is known by its checksum: arguments and class names
    that are not given are then those of the zoo. Nothing is written unless every weight fits.

    Args:
        checkpoint: str or path of a `.pth`, `.pkl` or `.h5` file; nothing in it is run.
        family: "torchvision", "detectron2" or "matterport": whose network it holds.
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
    if not Path(checkpoint).is_file():
        raise FileNotFoundError(f"`checkpoint` must be a file. Received: {str(checkpoint)!r}.")
    record = _published(Path(checkpoint), family)
    about = {} if record is None else _about(record)
    if record is not None:
        arguments = {**record.arguments, **arguments}
        class_names = class_names or record.class_names or None
    converted = conversion.convert(_read(checkpoint), family, model, **arguments)
    metadata = {**about, "converted_from": f"{family}, {Path(checkpoint).name}"}
    _save(converted, folder, class_names, metadata)
    return converted


def prepare(name, progress=None):
    """Downloads, checks and converts a preset of the zoo, unless that was done before.

    Args:
        name: str, one of `remote()`.
        progress: function called as `progress(done_bytes, total_bytes)` while it downloads.

    Returns:
        Path of the preset in the cache.

    Raises:
        ValueError: if no preset to download has that name.
        DownloadError: if the checkpoint cannot be had.
        CacheError: if the cache cannot be written.
        CheckpointError, ConversionError: if the checkpoint is not what it must be.

    Example:

    >>> from keras_maskrcnn import presets
    >>> presets.prepare("resnet18_imagenet").name  # doctest: +SKIP
    'resnet18_imagenet'
    """
    records = catalogue.remote()
    if name not in records:
        raise ValueError(f"`name` must be one of {', '.join(records)}. Received: name={name!r}.")
    record = records[name]
    folder = cache.converted_folder(record)
    with cache.lock(name):
        if not is_complete(folder):
            checkpoint = fetch(record, progress)
            converted = conversion.convert(
                _read(checkpoint), record.family, record.architecture, **record.arguments
            )
            _save(converted, folder, record.class_names or None, _about(record))
            del converted  # views of the file, which Windows does not delete under them
            checkpoint.unlink()
    return folder


def obtain(handle):
    """Like `resolve`, but what has yet to be downloaded is, with a progress bar on a terminal."""
    try:
        return resolve(handle)
    except NotDownloaded:
        with bytes_bar(str(handle)) as show:
            return prepare(str(handle), show)


def _read(checkpoint):
    from keras_maskrcnn import checkpoints  # h5py takes its time, which other presets need not

    return checkpoints.read(checkpoint)


def _save(converted, folder, class_names, metadata):
    config, names = converted.config, []
    if isinstance(converted.architecture, conversion.Detector):
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
    """The record of the zoo whose checkpoint this file is, or None."""
    records = [record for record in catalogue.remote().values() if record.family == family]
    return checksums.find(records, checkpoint)


def _about(record):
    return {
        "description": record.description,
        "source": record.source,
        "licence": record.licence,
        "paper": record.paper,
        "published": record.published,
    }
