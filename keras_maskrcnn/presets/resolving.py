"""From a handle (a name, a folder, `hf://user/repository`) to the folder that holds the preset."""

import os
from pathlib import Path

from keras_maskrcnn.presets import cache, catalogue, downloading, registry
from keras_maskrcnn.presets.files import CONFIG_FILE, METADATA_FILE, WEIGHTS_FILE, is_complete
from keras_maskrcnn.progress import progress
from keras_maskrcnn.wording import nearest

HUGGING_FACE = "hf://"
MEGABYTE = 10**6


class NotDownloaded(FileNotFoundError):
    """The preset is known and not on this machine yet; the message says how to get it."""


def resolve(handle, download=False) -> Path:
    """Find the folder of a preset.

    Args:
        handle: str or path: the name of a bundled or downloaded preset, a folder written by
            `save_to_preset`, or `"hf://user/repository"`. A name wins over a folder of the same
            name in the working directory; type `./name` for the folder.
        download: True downloads what is known by name and not on this machine yet, and shows how
            far it is.

    Returns:
        Path of a folder that holds `config.json`.

    Raises:
        NotDownloaded: if the preset of that name has yet to be downloaded.
        FileNotFoundError: if the folder does not exist or holds no preset.
        ValueError: if no preset has that name; the message offers the closest.
        ImportError: if an `hf://` handle is given and huggingface_hub is not installed.

    Example:

    >>> from keras_maskrcnn import presets
    >>> presets.resolve("mask_rcnn_tiny_square")
    Traceback (most recent call last):
    ...
    ValueError: No preset is named 'mask_rcnn_tiny_square'...
    """
    found = find(handle)
    if isinstance(found, Path):
        return found
    if not download:
        raise NotDownloaded(
            f"The preset {found.name!r} is not downloaded yet. "
            f"Type: maskrcnn zoo download {found.name}"
        )
    with progress(found.name, None, "MB", MEGABYTE) as show:
        return downloading.download(found.name, show)


def find(handle) -> Path | catalogue.RemotePreset:
    """Return the folder of a preset; of one yet to be downloaded, its record. As `resolve`."""
    text = os.fspath(handle)
    if text.startswith(HUGGING_FACE):
        return _checked(_from_hugging_face(text))
    bundled, remote = registry.bundled(), catalogue.remote()
    if text in bundled:
        return bundled[text].folder
    if text in remote:
        folder = cache.converted_folder(remote[text])
        return folder if is_complete(folder) else remote[text]
    folder = Path(text).expanduser()
    if folder.is_dir():
        return _checked(folder)
    if isinstance(handle, os.PathLike) or "/" in text or os.sep in text or folder.exists():
        raise FileNotFoundError(
            f"`handle` must be the name of a preset or a preset's folder. Received: {text!r}, "
            "which is not a folder."
        )
    raise ValueError(
        f"No preset is named {text!r}. The closest is {nearest(text, [*bundled, *remote])!r}; "
        "`maskrcnn zoo list` shows all."
    )


def _checked(folder):
    if not (folder / CONFIG_FILE).is_file():
        raise FileNotFoundError(
            f"The folder {str(folder)!r} is not a preset: it has no {CONFIG_FILE}. "
            "Give the folder that save_to_preset or `maskrcnn train --out` wrote."
        )
    return folder


def _from_hugging_face(handle):
    try:
        import huggingface_hub
    except ImportError as error:
        raise ImportError(
            f'Loading {handle!r} needs huggingface_hub. Type: pip install "keras3-maskrcnn[hf]"'
        ) from error
    repository = handle.removeprefix(HUGGING_FACE).strip("/")
    if repository.count("/") != 1:
        raise ValueError(f"`handle` must read 'hf://user/repository'. Received: handle={handle!r}.")
    files = [CONFIG_FILE, METADATA_FILE, WEIGHTS_FILE]
    try:
        return Path(huggingface_hub.snapshot_download(repository, allow_patterns=files))
    except OSError as error:  # whatever huggingface_hub raises for the network and the Hub
        raise FileNotFoundError(
            f"{handle!r} could not be had from the Hugging Face Hub.\n{error}"
        ) from None
