"""Where a YOLO data set names its classes and keypoints."""

import dataclasses
from pathlib import Path

import yaml

from keras_maskrcnn.formats.files import DatasetError, read_text
from keras_maskrcnn.formats.yolo.keypoints import Pose, pose_of
from keras_maskrcnn.wording import shown

_YAML_NAMES = ("data.yaml", "data.yml", "dataset.yaml", "dataset.yml")
_LEVELS = 2  # folders above the labels in which the names may lie


@dataclasses.dataclass(frozen=True, slots=True)
class Names:
    """What a data set says of itself.

    Attributes:
        classes: list of str, the names of the classes 0, 1, ...
        pose: `Pose` of its keypoints, None if it has none.
    """

    classes: list[str]
    pose: Pose | None = None


def find_yaml(path) -> Path | None:
    """Return the YAML file that a path names or holds directly, or None.

    Raises:
        FileNotFoundError: there is no such file or folder.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"There is no file or folder '{path}'.")
    if path.is_dir():
        return next((path / name for name in _YAML_NAMES if (path / name).is_file()), None)
    return path


def find_names(yaml_file, labels_dir, classes=None, skeleton=None) -> Names:
    """Return what the classes and the keypoints are called.

    Args:
        yaml_file: Path of the data set's file, or None to look for one, or for a `classes.txt`, in
            the folder of the labels and above it.
        labels_dir: Path of the folder of the labels.
        classes: names to use if no file is found.
        skeleton: `Skeleton` to use in place of the file's.

    Raises:
        DatasetError: there are no names, or the file is broken.
    """
    if yaml_file is not None:
        return _read_yaml(yaml_file, skeleton)
    folder = labels_dir.absolute()
    for place in [folder, *folder.parents][: _LEVELS + 1]:
        if (found := find_yaml(place)) is not None:
            return _read_yaml(found, skeleton)
        if (listed := place / "classes.txt").is_file():
            return Names(_checked(read_text(listed).split("\n"), listed))
    if classes:
        return Names([classes] if isinstance(classes, str) else list(classes))
    raise DatasetError(
        f"No file names the classes of the YOLO labels in '{labels_dir}': there is no data.yaml "
        "and no classes.txt beside or above them. Name them in `classes`, in the order of their "
        "numbers."
    )


def _read_yaml(path, skeleton):
    """Return the `names` of a YAML file, a list or a dict from number to name, and its keypoints.

    All values are taken as text: `no` and `on` are names, not False and True.
    """
    try:
        content = yaml.load(read_text(path), Loader=yaml.BaseLoader)
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise DatasetError(f"The file '{path}' cannot be read as YAML: {reason}.") from None
    except RecursionError:
        raise DatasetError(
            f"The file '{path}' cannot be read as YAML: its lists are nested too deeply."
        ) from None
    names = content.get("names") if isinstance(content, dict) else None
    if isinstance(names, dict):
        if set(names) != set(map(str, range(len(names)))):
            raise DatasetError(f"`names` in '{path}' must have the numbers 0, 1, 2, ... as keys.")
        names = [names[str(number)] for number in range(len(names))]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise DatasetError(
            f"'{path}' must have the list `names` of its classes. Received: {shown(names)}."
        )
    return Names(_checked(names, path), pose_of(content, path, skeleton))


def _checked(names, path):
    """Return the names without what surrounds them, checked to be there and different.

    A blank name may stand only at the end: before others it would shift their numbers.
    """
    names = [name.strip() for name in names]
    while names and not names[-1]:
        names.pop()
    if not names:
        raise DatasetError(f"'{path}' names no class. List them in the order of their numbers.")
    if "" in names:
        raise DatasetError(
            f"'{path}' has a blank name for class {names.index('')}. Give every class a name, or "
            "the numbers of the others shift."
        )
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise DatasetError(
            f"'{path}' names a class twice: '{repeated[0]}'. Give each its own name."
        )
    return names
