"""Reader of the JSON files of the VGG Image Annotator (VIA)."""

import os
from collections import Counter

from keras_maskrcnn.data.annotated import AnnotatedImage, AnnotatedSource, coco_content
from keras_maskrcnn.formats.files import DatasetError, check_images_exist, read_json
from keras_maskrcnn.formats.images import read_image_size
from keras_maskrcnn.formats.segmentations import check_segmentation
from keras_maskrcnn.formats.via.classes import class_of, declared_options, find_attribute
from keras_maskrcnn.formats.via.file import read_regions
from keras_maskrcnn.formats.via.shapes import NO_MASK, shape_polygon

UNNAMED = "object"  # the class of regions without attributes


class VIASource(AnnotatedSource):
    """The images and regions of a VGG Image Annotator file.

    Read are the exports of VIA 1.x and 2.x and the projects of 2.x. Polygons, rectangles, circles,
    ellipses and polylines, which are closed, become objects; points have no inside: they are left
    out and counted in `skipped`. Images without regions are kept.

    The class of a region is the value of one of its attributes: text, or the chosen option of a
    dropdown, radio button or checkbox. Which attribute that is, is found out: the one that has a
    value in more than half of the regions, or the only one in use. If no region has an attribute,
    all are of one class, "object", or of the one that `classes` names. Labels 1..K follow the
    options in the order that a project lists them, then the other names in alphabetical order.

    VIA files hold no image sizes: they are read from the headers of the image files.

    Args:
        annotations: path of the JSON file.
        images_dir: folder that `filename` is relative to.
        classes: names of the classes to keep, in the order of their labels; regions of other
            classes are left out. Default: all.
        attribute: name of the region attribute that holds the class. Default: found out.
        content: the file's parsed content, when it has been read already.

    Raises:
        FileNotFoundError: the JSON file or the folder is missing.
        DatasetError: a `ValueError`; the content has a mistake. The message names the image and the
            region, counted from 1 as VIA shows them.

    Example:

    >>> source = VIASource("via_region_data.json", "images")  # doctest: +SKIP
    >>> source.class_names, source.skipped  # doctest: +SKIP
    (('cat', 'dog'), {'point': 3})
    """

    def __init__(self, annotations, images_dir, classes=None, *, attribute=None, content=None):
        name = os.fspath(annotations)
        content = read_json(annotations) if content is None else content
        regions = read_regions(content, name)
        check_images_exist(list(regions), images_dir, name)
        shaped = [one for found in regions.values() for one in found if one.kind not in NO_MASK]
        attribute = find_attribute([region.attributes for region in shaped], attribute, name)
        unnamed = _name_of_unnamed(classes)
        images = [
            _annotated_image(file_name, images_dir, found, attribute, unnamed)
            for file_name, found in regions.items()
        ]
        names = sorted({class_name for image in images for class_name, _ in image.objects})
        names = list(dict.fromkeys([*declared_options(content, attribute), *names]))
        if not names and classes is None:
            names = [UNNAMED]
        super().__init__(
            name,
            images_dir,
            coco_content(images, names),
            classes,
            lists_classes=False,
            skipped=[image.skipped for image in images],
        )


def _name_of_unnamed(classes):
    """The class of regions without attributes: the one that `classes` names, or "object"."""
    names = [classes] if isinstance(classes, str) else list(classes or ())
    return names[0] if len(names) == 1 else UNNAMED


def _annotated_image(file_name, images_dir, regions, attribute, unnamed):
    """Turn the regions of one image into polygons with class names."""
    size = read_image_size(os.path.join(images_dir, file_name))
    objects, skipped = [], Counter()
    for region in regions:
        if region.kind in NO_MASK:
            skipped[region.kind] += 1
            continue
        try:
            class_name = class_of(region.attributes, attribute) if attribute else unnamed
            polygon = shape_polygon(region.shape)
        except ValueError as problem:
            raise DatasetError(f"{region.place} {problem}. Correct or remove it.") from None
        check_segmentation([polygon], size, region.place)
        objects.append((class_name, [polygon]))
    return AnnotatedImage(file_name, size, objects, skipped)
