"""From the name of a preset of the zoo to its folder: fetched, checked and converted, once."""

from pathlib import Path

from keras_maskrcnn.presets import cache, catalogue
from keras_maskrcnn.presets.converting import convert_published
from keras_maskrcnn.presets.fetching import fetch_checkpoint
from keras_maskrcnn.presets.files import is_complete


def download(name, progress=None) -> Path:
    """Download, check and convert a preset of the zoo, unless that was done before.

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
    >>> presets.download("resnet18_imagenet").name  # doctest: +SKIP
    'resnet18_imagenet'
    """
    records = catalogue.remote()
    if name not in records:
        raise ValueError(f"`name` must be one of {', '.join(records)}. Received: name={name!r}.")
    record = records[name]
    folder = cache.converted_folder(record)
    with cache.lock(name):
        if not is_complete(folder):
            checkpoint = fetch_checkpoint(record, progress)
            convert_published(checkpoint, record, folder)
            checkpoint.unlink()
    return folder
