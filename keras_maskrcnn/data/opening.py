"""Opening annotations of any format."""

import functools
from pathlib import Path

from keras_maskrcnn.data.annotated import AnnotatedSource
from keras_maskrcnn.data.annotation_files import COCOSource, LabelMeSource, VIASource, YOLOSource
from keras_maskrcnn.data.panoptic_source import COCOPanopticSource
from keras_maskrcnn.data.source import Source
from keras_maskrcnn.formats import coco
from keras_maskrcnn.formats.files import DatasetError
from keras_maskrcnn.formats.table import format_of

_SOURCES = {"COCO": COCOSource, "VIA": VIASource, "LabelMe": LabelMeSource, "YOLO": YOLOSource}


def open_source(
    annotations, images_dir=None, classes=None, *, attribute=None, skeleton=None
) -> Source:
    """Open annotations of any format that can be read; the format is found by looking.

    Args:
        annotations: path of a COCO JSON file, also of a panoptic one, a JSON file of the VGG Image
            Annotator (VIA), a folder of LabelMe files, a folder of YOLO labels, or the YAML file of
            a YOLO data set.
        images_dir: folder that holds the images. Default: that of the annotation file; for YOLO see
            `YOLOSource`.
        classes: names of the classes to keep, in the order of their labels. Default: all.
        attribute: of VIA's regions, the attribute that names the class. Default: found out.
        skeleton: `Skeleton` of the objects' keypoints, where the files do not say its names, limbs
            or pairs; that of the images to train on for those to measure on. Default: the files'.

    Returns:
        A `COCOSource`, `COCOPanopticSource`, `VIASource`, `LabelMeSource` or `YOLOSource`.

    Raises:
        FileNotFoundError: the file or the folder is missing.
        DatasetError: a `ValueError`; the file is not JSON, of no known format, or has a mistake.
    """
    path = Path(annotations)
    known, content = format_of(path)
    if attribute is not None and "attribute" not in known.options:
        raise DatasetError(
            f"`attribute` must go with a VIA file. Received: attribute='{attribute}', and "
            f"'{path}' is none. Leave it out."
        )
    given = {"content": content, "attribute": attribute, "skeleton": skeleton}
    if known is coco.FORMAT and coco.is_panoptic(content):
        return COCOPanopticSource(path, images_dir or path.parent, classes=classes, content=content)
    options = {name: value for name, value in given.items() if name in known.options}
    kind = _SOURCES.get(known.name, functools.partial(AnnotatedSource, known))
    return kind(path, images_dir, classes, **options)
