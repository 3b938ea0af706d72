"""Reader of COCO JSON annotations."""

from keras_maskrcnn.data.annotated import AnnotatedSource
from keras_maskrcnn.formats.coco.checks import check_annotations, check_content, check_image_files
from keras_maskrcnn.formats.files import read_json


class COCOSource(AnnotatedSource):
    """The images and objects of a COCO JSON file.

    The file is checked as a whole when the source is made, with every image's file looked for, so
    that a mistake shows before training and not hours into it. Pixels and masks are read one image
    at a time, when asked for. Masks may be polygons or run lengths (compressed or not), and the
    boxes to train on come from them; `bbox` and `area` of the file count where AP is measured, see
    `coco_annotations`. An object whose mask covers no pixel's centre is not trained on.

    Category ids may have gaps: labels 1..K follow the ids in rising order, or the order of
    `classes`, and `category_ids` maps back. Images without annotations are kept: a detector learns
    from empty images too.

    Args:
        annotations: path of the JSON file.
        images_dir: folder that `file_name` is relative to.
        classes: names of the classes to keep, in the order of their labels; objects of other
            classes are left out. Default: all categories of the file.
        content: the file's parsed content, when it has been read already.

    Raises:
        FileNotFoundError: the JSON file or the folder is missing.
        DatasetError: a `ValueError`; the content has a mistake. The message names the place.

    Example:

    >>> source = COCOSource("train.json", "images")  # doctest: +SKIP
    >>> source.class_names, len(source), source[0].instances  # doctest: +SKIP
    (('nucleus',), 464, Instances(6 objects, image_size=(256, 256)))
    """

    def __init__(self, annotations, images_dir, classes=None, *, content=None):
        content = read_json(annotations) if content is None else content
        check_content(content, annotations)
        check_image_files(content["images"], images_dir, annotations)
        check_annotations(content, annotations)
        super().__init__(annotations, images_dir, content, classes)


def looks_like_coco(content):
    """Whether parsed JSON has the three keys of a COCO annotation file."""
    keys = {"images", "annotations", "categories"}
    return isinstance(content, dict) and len(keys & set(content)) >= 2
