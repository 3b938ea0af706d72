"""The sources of the formats that have a name of their own."""

from keras_maskrcnn.data.annotated import AnnotatedSource
from keras_maskrcnn.formats import coco, labelme, via, yolo


class COCOSource(AnnotatedSource):
    """The images and objects of a COCO JSON file.

    The file is checked as a whole when the source is made, with every image's file looked for, so
    that a mistake shows before training and not hours into it. Pixels and masks are read one image
    at a time, when asked for. Masks may be polygons or run lengths (compressed or not), and the
    boxes to train on come from them; `bbox` and `area` of the file count where AP is measured, see
    `coco_annotations`. An object whose mask covers no pixel's centre is not trained on. One without
    `segmentation`, or with an empty one, has its `bbox` and no mask.

    Category ids may have gaps: labels 1..K follow the ids in rising order, or the order of
    `classes`, and `category_ids` maps back. Images without annotations are kept: a detector learns
    from empty images too.

    Args:
        annotations: path of the JSON file.
        images_dir: folder that `file_name` is relative to.
        classes: names of the classes to keep, in the order of their labels; objects of other
            classes are left out. Default: all categories of the file.
        skeleton: `Skeleton` to use in place of the one of the file, of the same names: its pairs
            say what changes places in a mirrored image, which the file does not. Default: names
            that differ in "left" and "right" do.
        content: the file's parsed content, when it has been read already.

    Raises:
        FileNotFoundError: the JSON file or the folder is missing.
        DatasetError: a `ValueError`; the content has a mistake. The message names the place.

    Example:

    >>> source = COCOSource("train.json", "images")  # doctest: +SKIP
    >>> source.class_names, len(source), source[0].instances  # doctest: +SKIP
    (('nucleus',), 464, Instances(6 objects, image_size=(256, 256)))
    """

    def __init__(self, annotations, images_dir, classes=None, *, skeleton=None, content=None):
        super().__init__(
            coco.FORMAT, annotations, images_dir, classes, skeleton=skeleton, content=content
        )


class VIASource(AnnotatedSource):
    """The images and regions of a VGG Image Annotator file.

    Read are the exports of VIA 1.x and 2.x and the projects of 2.x. Polygons, rectangles, circles,
    ellipses and polylines, which are closed, become objects; points have no inside: they are left
    out and counted in `skipped`, unless they are keypoints. Images without regions are kept.

    Keypoints are points with two attributes: `keypoint` is the name, `group_id` any text that the
    region of the object has, too. A third one, `visibility`, may be "hidden". Regions of one class
    and `group_id` are then pieces of one object. The names are in the order of the options of
    `keypoint`, else in alphabetical order; COCO's 17 make COCO's person.

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
        skeleton: `Skeleton` of the keypoints; a point of another name is an error. Default: of the
            names that are found.
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

    def __init__(
        self,
        annotations,
        images_dir,
        classes=None,
        *,
        attribute=None,
        skeleton=None,
        content=None,
    ):
        options = {"attribute": attribute, "skeleton": skeleton, "content": content}
        super().__init__(via.FORMAT, annotations, images_dir, classes, **options)


class LabelMeSource(AnnotatedSource):
    """The images and shapes of a folder of LabelMe files, one JSON for each image.

    Polygons, rectangles (oriented ones too), circles and masks become objects; shapes of one label
    and one `group_id` are pieces of the same object. Points and lines have no inside: they are left
    out and counted in `skipped`, unless points are keypoints. A file without shapes is an image
    without objects; an image without a file was not annotated and is left out.

    Keypoints are points with the `group_id` of their object; their label is the name. The flag
    `occluded` says that one is hidden. The names are in alphabetical order; COCO's 17 make COCO's
    person.

    Args:
        annotations: folder of the JSON files; folders inside it are not entered.
        images_dir: folder of the images, found by `imagePath` or by its last part. Default:
            `annotations`.
        classes: names of the labels to keep, in the order of their numbers 1..K; other shapes are
            left out. Default: all, in alphabetical order.
        skeleton: `Skeleton` of the keypoints; a point of another label is an error. Default: of the
            labels that are found.

    Raises:
        FileNotFoundError: a folder is missing.
        DatasetError: a `ValueError`; a file has a mistake. The message names it and the shape,
            counted from 1.

    Example:

    >>> source = LabelMeSource("annotated")  # doctest: +SKIP
    >>> source.class_names, source.skipped  # doctest: +SKIP
    (('cat', 'dog'), {'point': 3})
    """

    def __init__(self, annotations, images_dir=None, classes=None, *, skeleton=None):
        super().__init__(labelme.FORMAT, annotations, images_dir, classes, skeleton=skeleton)


class YOLOSource(AnnotatedSource):
    """The images and objects of a YOLO data set.

    Each image has a text file of its name, with a line for each object: `class x y x y ...`, the
    number of its class, counted from 0, and a polygon; or `class x y width height`, the centre and
    the size of a box, which gives an object without a mask. All in shares of the image's width and
    height. An image without a text file has no objects. Folders inside the folders are entered.

    With `kpt_shape: [K, 2]` or `[K, 3]` in the YAML file a box goes on with K keypoints, x y or
    x y v, where v is 0 (unknown), 1 (hidden) or 2 (visible). `flip_idx` gives the pairs that change
    places in a mirrored image, `kpt_names` the names; without names 17 keypoints in COCO's order,
    by their `flip_idx`, are COCO's person.

    Args:
        annotations: folder of the text files, or the data set's YAML file or the folder that holds
            it; the text files then lie in the folder `labels` that answers to the folder `images`
            of `images_dir`, or beside the images.
        images_dir: folder of the images. Default, where the text files are given: the folder
            `images` that answers to their folder `labels`, or theirs.
        classes: names of the classes to keep, in the order of their labels 1..K. If no file names
            the classes, their names, in the order of their numbers. Default: those of the YAML file
            or of `classes.txt`.
        skeleton: `Skeleton` of as many keypoints, to name them. Default: the YAML file's.

    Raises:
        FileNotFoundError: a folder or file is missing.
        DatasetError: a `ValueError`; a file has a mistake. The message names it and the line.

    Example:

    >>> source = YOLOSource("data.yaml", "images/train")  # doctest: +SKIP
    >>> source.class_names, len(source)  # doctest: +SKIP
    (('cat', 'dog'), 120)
    """

    def __init__(self, annotations, images_dir=None, classes=None, *, skeleton=None):
        super().__init__(yolo.FORMAT, annotations, images_dir, classes, skeleton=skeleton)
