"""The presets that travel with the package, each known by the metadata in its folder."""

import dataclasses
import json
from pathlib import Path
from typing import Self

BUNDLED_FOLDER = Path(__file__).parent / "bundled"


@dataclasses.dataclass(frozen=True)
class Preset:
    """What is known of a preset without loading it.

    Args:
        name: str, the name `from_preset` takes.
        folder: Path of the preset's files.
        class_names: tuple of str; entry 0 is the name of label 1.
        parameters: int, number of weights.
        weights_bytes: int, size of the weights file.
        weights_sha256: str, checksum of the weights file.
        description: str, one line: what it finds and in what images.
        source: str, where the weights come from.
        licence: str, SPDX name of the weights' licence.
        measured: dict of what was measured, on which `"data"`; AP from 0 to 1; or None.

    Example:

    >>> from keras_maskrcnn.presets import Preset
    >>> metadata = {"class_names": ["cell"], "parameter_count": 7, "licence": "CC0-1.0",
    ...             "weights": {"bytes": 28, "sha256": "ab"}}
    >>> preset = Preset.from_metadata("mine", "folder", metadata)
    >>> preset.class_names, preset.parameters, preset.licence
    (('cell',), 7, 'CC0-1.0')
    """

    name: str
    folder: Path
    class_names: tuple[str, ...]
    parameters: int
    weights_bytes: int
    weights_sha256: str
    description: str = ""
    source: str = ""
    licence: str = ""
    measured: dict | None = None

    @classmethod
    def from_metadata(cls, name, folder, metadata) -> Self:
        """Return the record of the preset in `folder`, whose `metadata.json` holds `metadata`."""
        return cls(
            name=name,
            folder=Path(folder),
            class_names=tuple(metadata["class_names"]),
            parameters=metadata["parameter_count"],
            weights_bytes=metadata["weights"]["bytes"],
            weights_sha256=metadata["weights"]["sha256"],
            description=metadata.get("description", ""),
            source=metadata.get("source", ""),
            licence=metadata.get("licence", ""),
            measured=metadata.get("measured"),
        )


def bundled() -> dict[str, Preset]:
    """Return the bundled presets: dict of name to `Preset`, sorted by name."""
    records = {}
    for path in sorted(BUNDLED_FOLDER.glob("*/metadata.json")):
        metadata = json.loads(path.read_text(encoding="utf-8"))
        name = path.parent.name
        records[name] = Preset.from_metadata(name, path.parent, metadata)
    return records
