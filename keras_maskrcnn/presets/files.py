"""The files of a preset's folder."""

CONFIG_FILE = "config.json"
METADATA_FILE = "metadata.json"
WEIGHTS_FILE = "model.safetensors"


def is_complete(folder) -> bool:
    """Whether the Path `folder` holds every file of a preset; `save` puts the last one in last."""
    return all((folder / name).is_file() for name in (WEIGHTS_FILE, CONFIG_FILE, METADATA_FILE))
