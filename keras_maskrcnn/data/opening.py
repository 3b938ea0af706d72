"""Opening annotations of any format."""

from pathlib import Path

from keras_maskrcnn.data.coco import COCOSource, looks_like_coco
from keras_maskrcnn.data.labelme import LabelMeSource
from keras_maskrcnn.data.via import VIASource
from keras_maskrcnn.data.yolo import YOLOSource
from keras_maskrcnn.formats.files import DatasetError, read_json
from keras_maskrcnn.formats.via.file import looks_like_via
from keras_maskrcnn.formats.yolo.names import find_yaml

_YAML = (".yaml", ".yml")


def open_source(annotations, images_dir=None, classes=None, *, attribute=None):
    """Open annotations of any format that can be read; the format is found by looking.

    Args:
        annotations: path of a COCO JSON file, a JSON file of the VGG Image Annotator, a folder of
            LabelMe files, a folder of YOLO labels, or the YAML file of a YOLO data set.
        images_dir: folder that holds the images. Default: that of the annotation file; for YOLO see
            `YOLOSource`.
        classes: names of the classes to keep, in the order of their labels. Default: all.
        attribute: of VIA's regions, the attribute that names the class. Default: found out.

    Returns:
        A `COCOSource`, `VIASource`, `LabelMeSource` or `YOLOSource`.

    Raises:
        FileNotFoundError: the file or the folder is missing.
        DatasetError: a `ValueError`; the file is not JSON, of no known format, or has a mistake.
    """
    path = Path(annotations)
    content = None if path.is_dir() or path.suffix.lower() in _YAML else read_json(path)
    if content is not None and looks_like_via(content) and not looks_like_coco(content):
        folder = path.parent if images_dir is None else images_dir
        return VIASource(path, folder, classes, attribute=attribute, content=content)
    if attribute is not None:
        raise DatasetError(
            f"`attribute` must go with a VIA file. Received: attribute='{attribute}', and "
            f"'{path}' is none. Leave it out."
        )
    if content is None:
        return _folder_format(path)(path, images_dir, classes)
    if not looks_like_coco(content):
        raise DatasetError(_unknown_message(path, content))
    folder = path.parent if images_dir is None else images_dir
    return COCOSource(path, folder, classes, content=content)


def _folder_format(path):
    """The reader of a folder or YAML file."""
    if find_yaml(path) is not None:
        return YOLOSource
    if any(path.glob("*.json")):
        return LabelMeSource
    if any(path.rglob("*.txt")):
        return YOLOSource
    raise DatasetError(
        f"The folder '{path}' holds neither LabelMe files (.json) nor YOLO labels (.txt or "
        "data.yaml). Give the folder of the annotations, or a COCO or VIA JSON file."
    )


def _unknown_message(path, content):
    """What to say of JSON that is neither COCO's nor VIA's."""
    if isinstance(content, dict) and "shapes" in content and "imagePath" in content:
        return f"'{path}' is one file of LabelMe. Give the folder of its files: '{path.parent}'."
    keys = sorted(content)[:5] if isinstance(content, dict) else type(content).__name__
    return (
        f"'{path}' is not an annotation file of a known format. A COCO file has the keys 'images', "
        "'annotations' and 'categories', a VIA file an entry with 'regions' for each image; this "
        f"one has {keys}."
    )
