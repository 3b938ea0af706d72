"""Reading a preset: its config, its metadata and its weights.

What the zoo knows of a preset need not be downloaded: config and metadata are then those of its
record.
"""

import json
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open

from keras_maskrcnn.presets.files import CONFIG_FILE, METADATA_FILE, WEIGHTS_FILE
from keras_maskrcnn.presets.resolving import find, resolve
from keras_maskrcnn.wording import listed, shown


def load_config(handle) -> dict:
    """Return the model's config of a preset, as `save` was given it: a dict not yet trusted.

    Args:
        handle: str or path of a preset, see `resolve`; it need not be downloaded.

    Raises:
        FileNotFoundError: if there is no such preset.
        ValueError: if `config.json` does not hold a JSON object.

    Example:

    >>> from keras_maskrcnn import presets
    >>> config = presets.load_config("mask_rcnn_resnet101_fpn_3x_coco")
    >>> config["class_name"], config["config"]["backbone"]["config"]["depth"]
    ('MaskRCNN', 101)
    """
    found = find(handle)
    return _read_json(found / CONFIG_FILE) if isinstance(found, Path) else found.config()


def load_metadata(handle) -> dict:
    """Return the metadata of a preset: class names, parameter count, licence and so on.

    Versions, size and checksum of the weights file are there once the preset is downloaded.

    Args:
        handle: str or path of a preset, see `resolve`; it need not be downloaded.

    Raises:
        FileNotFoundError: if there is no such preset, or it has no `metadata.json`.
        ValueError: if the file does not hold a JSON object, or no list of class names in it.
    """
    found = find(handle)
    if not isinstance(found, Path):
        return found.metadata()
    metadata = _read_json(found / METADATA_FILE)
    names = metadata.get("class_names")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError(
            f"{str(found / METADATA_FILE)!r} must have the names of the classes, a list of text, "
            f"under 'class_names'. Received: {shown(names)}. Save the preset again."
        )
    return metadata


def pretrained_parts(handle) -> dict[str, str]:
    """Return what a preset to train from takes from other presets: dict of part to preset's name.

    Such a preset has no weights of its own: {"backbone": "efficientnet_lite0_imagenet"} is a
    detector whose other parts are random. Of all others the dict is empty.

    Args:
        handle: str or path of a preset, see `resolve`; it need not be downloaded.

    Raises:
        FileNotFoundError, ValueError: as `load_metadata` does.

    Example:

    >>> from keras_maskrcnn import presets
    >>> presets.pretrained_parts("mask_rcnn_efficientnet_lite0_fpn")
    {'backbone': 'efficientnet_lite0_imagenet'}
    """
    found = find(handle)
    if not isinstance(found, Path) or not (found / METADATA_FILE).is_file():
        return {}
    parts = load_metadata(found).get("pretrained_parts", {})
    if not isinstance(parts, dict) or not all(isinstance(name, str) for name in parts.values()):
        raise ValueError(
            f"'pretrained_parts' of the preset {str(handle)!r} must name a preset for each part. "
            f"Received: {shown(parts)}."
        )
    return parts


def load_weights(handle, variables) -> None:
    """Assign the weights of a preset to variables.

    Nothing is assigned unless every key and shape fits. Of a preset with `pretrained_parts` only
    the variables of those parts are assigned.

    Args:
        handle: str or path of a preset, see `resolve`.
        variables: dict of frozen key (str) to Keras variable.

    Raises:
        FileNotFoundError: if the preset has no weights file, or is not downloaded yet.
        ValueError: if the file is damaged, or its keys or shapes are not those of `variables`; the
            message lists what differs, sorted.

    Example:

    >>> import keras, numpy as np, tempfile
    >>> from keras_maskrcnn import presets
    >>> weights = {"scale": np.array([2.0, 3.0], "float32")}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     presets.save(folder, {}, weights, {"class_names": []})
    ...     scale = keras.Variable([0.0, 0.0])
    ...     presets.load_weights(folder, {"scale": scale})
    >>> keras.ops.convert_to_numpy(scale).tolist()
    [2.0, 3.0]
    """
    path = resolve(handle) / WEIGHTS_FILE
    if parts := pretrained_parts(handle):
        for part, name in parts.items():
            load_weights(name, _of_part(variables, f"{part}/"))
        return
    if not path.is_file():
        raise FileNotFoundError(
            f"The preset {str(handle)!r} has no {WEIGHTS_FILE}. "
            "Give load_weights=False to build the model without weights."
        )
    try:
        with safe_open(path, framework="numpy") as file:
            _check_fit(path, file, variables)
            for key, variable in variables.items():
                array = file.get_tensor(key)
                if array.dtype == np.float16:  # JAX would compile a conversion for every shape
                    array = array.astype("float32")
                variable.assign(array)
    except SafetensorError as error:
        raise ValueError(
            f"{str(path)!r} is damaged or no safetensors file: {error!s:.200}. Fetch or save it "
            "again."
        ) from error


def _of_part(variables, prefix):
    return {
        key.removeprefix(prefix): variable
        for key, variable in variables.items()
        if key.startswith(prefix)
    }


def _check_fit(path, file, variables):
    stored = {key: tuple(file.get_slice(key).get_shape()) for key in file.keys()}  # noqa: SIM118
    wanted = {key: tuple(variable.shape) for key, variable in variables.items()}
    lines = []
    if missing := sorted(wanted.keys() - stored.keys()):
        lines.append(f"only the model has: {listed(missing)}")
    if unexpected := sorted(stored.keys() - wanted.keys()):
        lines.append(f"only the file has: {listed(unexpected)}")
    shared = sorted(wanted.keys() & stored.keys())
    if other := [key for key in shared if stored[key] != wanted[key]]:
        pairs = [f"{key}: file {stored[key]}, model {wanted[key]}" for key in other]
        lines.append(f"shapes differ: {listed(pairs)}")
    if lines:
        raise ValueError(f"The weights in {str(path)!r} do not fit the model.\n" + "\n".join(lines))


def _read_json(path):
    if not path.is_file():
        raise FileNotFoundError(f"The preset {str(path.parent)!r} has no {path.name}.")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:  # Python's limit of digits among them
        raise ValueError(f"{str(path)!r} is not JSON: {error}. Save the preset again.") from error
    if not isinstance(content, dict):
        raise ValueError(f"{str(path)!r} must hold a JSON object, not a {type(content).__name__}.")
    return content
