"""The table of the formats that data sets come in: a new one is a line here and its own file."""

from keras_maskrcnn.formats import coco, labelme, via, yolo
from keras_maskrcnn.formats.files import DatasetError, read_json
from keras_maskrcnn.formats.records import Format

DATASET_FORMATS = (coco.FORMAT, via.FORMAT, labelme.FORMAT, yolo.FORMAT)  # the first to recognize


def format_of(path) -> tuple[Format, object]:
    """Find the format of annotations by looking.

    Args:
        path: `Path` of a file or a folder.

    Returns:
        The `Format` and the file's parsed JSON, None if the format was known without it.

    Raises:
        FileNotFoundError: there is no such file.
        DatasetError: no format recognizes it, or it is not JSON.
    """
    content, known = None, _recognized(path, None)
    if known is None and not path.is_dir():
        content = read_json(path)
        known = _recognized(path, content)
    if known is None:
        raise _unknown(path, content)
    return known, content


def listed_formats() -> str:
    """Return the formats as help texts list them.

    >>> listed_formats()
    'COCO or VIA JSON, LabelMe or YOLO folder'
    """
    kinds = dict.fromkeys(known.container for known in DATASET_FORMATS)
    return ", ".join(f"{_joined(_marks(kind))} {kind}" for kind in kinds)


def _marks(container):
    """Return a dict from the name of each format of a container to how to know it."""
    return {known.name: known.marks for known in DATASET_FORMATS if known.container == container}


def _joined(names):
    """Return the names as a choice: "A", "A or B", "A, B or C"."""
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last


def _recognized(path, content):
    """Return the first format that recognizes it, or None."""
    return next((known for known in DATASET_FORMATS if known.recognizes(path, content)), None)


def _unknown(path, content):
    """Return the error for a folder, or for a file with its content, that no format recognizes."""
    files, folders = _marks("JSON"), _marks("folder")
    if path.is_dir():
        return DatasetError(
            f"The folder '{path}' holds neither {' nor '.join(folders.values())}. Give the folder "
            f"of the annotations, or a {_joined(files)} JSON file."
        )
    keys = sorted(content)[:5] if isinstance(content, dict) else type(content).__name__
    signs = ", ".join(f"a {name} file has {marks}" for name, marks in files.items())
    return DatasetError(
        f"'{path}' is not an annotation file of a known format. {signs[0].upper()}{signs[1:]}; "
        f"this one has {keys}."
    )
