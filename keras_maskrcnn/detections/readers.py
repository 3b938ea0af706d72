"""The class methods of `Detections` that make them of masks, and of the files of other tools."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from keras_maskrcnn.detections.coco import coco_objects
from keras_maskrcnn.detections.geojson import geojson_objects
from keras_maskrcnn.detections.label_map import label_map_crops
from keras_maskrcnn.detections.labelme import labelme_objects, labelme_size
from keras_maskrcnn.detections.masks import PixelMasks
from keras_maskrcnn.detections.reading import box_of, detections_of, outline_crops
from keras_maskrcnn.detections.via import via_objects
from keras_maskrcnn.mask_crops import tight


class Readers:
    """The part of `Detections` that reads. Masks keep their exact pixels."""

    @classmethod
    def from_masks(cls, masks, labels, scores, class_names):
        """Detections of masks that come from elsewhere, with the tight boxes around them.

        Args:
            masks: (n, H, W) bool, or a sequence of n (H, W); what is not 0 belongs to the object.
            labels: (n,) int in 1..K.
            scores: (n,) float in 0..1, or None: all 1.
            class_names: the K names, without background.

        Returns:
            `Detections`. The box of an empty mask is (0, 0, 0, 0).

        Raises:
            ValueError: the shapes do not fit together, a label has no class name.

        Example:

        >>> from keras_maskrcnn import Detections
        >>> masks = np.zeros((1, 4, 8), bool)
        >>> masks[0, 1:3, 2:6] = True
        >>> found = Detections.from_masks(masks, [1], [0.9], ["cell"])
        >>> found.boxes.tolist(), bool((found.masks == masks).all())
        ([[2.0, 1.0, 6.0, 3.0]], True)
        """
        masks = np.asarray(masks)
        if masks.ndim != 3:
            raise ValueError(
                f"`masks` must have shape (n, H, W). Received: masks.shape={masks.shape}. "
                "For no objects type np.zeros((0, H, W))."
            )
        crops = [tight(mask) for mask in masks]
        return _of_crops(cls, crops, labels, scores, class_names, masks.shape[1:])

    @classmethod
    def from_polygons(cls, polygons, labels, scores, class_names, image_size):
        """Detections of outlines, as `to_polygons` gives them.

        Args:
            polygons: for each object a list of (k, 2) arrays of x, y in pixels, (0, 0) the outer
                corner of the first one; the object is all that lies in one of them.
            labels: (n,) int in 1..K.
            scores: (n,) float in 0..1, or None: all 1.
            class_names: the K names, without background.
            image_size: (height, width).

        Returns:
            `Detections` with the tight boxes around the masks.

        Raises:
            ValueError: an outline has fewer than three points, the lengths differ, a label has no
                class name.

        Example:

        >>> from keras_maskrcnn import Detections
        >>> square = [[2, 1], [6, 1], [6, 3], [2, 3]]
        >>> found = Detections.from_polygons([[square]], [1], None, ["cell"], (4, 8))
        >>> found.boxes.tolist(), found.masks.sum()
        ([[2.0, 1.0, 6.0, 3.0]], np.int64(8))
        """
        crops = outline_crops(polygons, image_size)
        return _of_crops(cls, crops, labels, scores, class_names, image_size)

    @classmethod
    def from_label_map(cls, label_map, labels, scores, class_names):
        """Detections of an image of numbers, as `to_label_map` gives it.

        Args:
            label_map: (H, W) int: 0 for the background, i + 1 for object i.
            labels: (n,) int in 1..K, of objects 0..n-1.
            scores: (n,) float in 0..1, or None: all 1.
            class_names: the K names, without background.

        Returns:
            `Detections` with the tight boxes around the masks. An object that has no pixel, as
            others hid it, has an empty mask and the box (0, 0, 0, 0).

        Raises:
            ValueError: a number of the map has no label, the lengths differ, a label has no class
                name.

        Example:

        >>> from keras_maskrcnn import Detections
        >>> label_map = np.uint16([[1, 1, 0, 2], [1, 0, 0, 2]])
        >>> found = Detections.from_label_map(label_map, [1, 1], [0.9, 0.8], ["cell"])
        >>> found.boxes.tolist()
        [[0.0, 0.0, 2.0, 2.0], [3.0, 0.0, 4.0, 2.0]]
        """
        crops = label_map_crops(label_map, len(labels))
        return _of_crops(cls, crops, labels, scores, class_names, np.shape(label_map))

    @classmethod
    def from_coco(cls, results, class_names, image_size, category_ids: Sequence[int] | None = None):
        """The detections of one image in a COCO results list, as `to_coco` gives them.

        COCO's annotations, which have no score, are read too: their score is 1.

        Args:
            results: dicts with `category_id`, `bbox` and, all of them or none, `segmentation`: run
                lengths or polygons.
            class_names: the K names, without background.
            image_size: (height, width).
            category_ids: the K ids of the classes; None for 1..K.

        Returns:
            `Detections`: boxes, scores and masks equal what was written.

        Raises:
            ValueError: a result is broken; the message says which, counted from 1.

        Example:

        >>> from keras_maskrcnn import Detections
        >>> found = Detections([[2, 1, 6, 3]], [1], [0.9], np.ones((1, 28, 28)), ["cell"], (4, 8))
        >>> Detections.from_coco(found.to_coco(image_id=7), ["cell"], (4, 8))
        <Detections: 1 object in 4 x 8 pixels: cell 0.90>
        """
        objects = coco_objects(results, class_names, image_size, category_ids)
        return detections_of(cls, objects, class_names, image_size)

    @classmethod
    def from_via(cls, entry, class_names, image_size, *, attribute="class"):
        """The regions of an image in a VIA 1.x or 2.x file, as `to_via` gives them.

        Every region is an object with the box around its outline and the pixels within it as mask,
        also a rectangle. Points have no inside and are left out. VIA keeps no score: all are 1.

        Args:
            entry: the entry of the image, a dict with `regions`.
            class_names: the K names, without background.
            image_size: (height, width); VIA does not keep it.
            attribute: the attribute of the regions that names the class.

        Raises:
            ValueError: a region is broken or its class is not among the names; the message says
                which, counted from 1 as VIA shows them.

        Example:

        >>> from keras_maskrcnn import Detections
        >>> found = Detections([[2, 1, 6, 3]], [1], [0.9], np.ones((1, 28, 28)), ["cell"], (4, 8))
        >>> Detections.from_via(found.to_via("a.jpg"), ["cell"], (4, 8))
        <Detections: 1 object in 4 x 8 pixels: cell 1.00>
        """
        objects = via_objects(entry, class_names, image_size, attribute)
        return detections_of(cls, objects, class_names, image_size)

    @classmethod
    def from_labelme(cls, content, class_names):
        """The shapes of a LabelMe file, as `to_labelme` gives them.

        Shapes of one label and one `group_id` are one object, with the box around its outlines and
        the pixels within them as mask, also a rectangle. Points and lines have no inside and are
        left out. The score is read from the `description`; without one it is 1.

        Args:
            content: the file, parsed.
            class_names: the K names, without background.

        Raises:
            ValueError: a shape is broken or its label is not among the names; the message says
                which, counted from 1.

        Example:

        >>> from keras_maskrcnn import Detections
        >>> found = Detections([[2, 1, 6, 3]], [1], [0.9], np.ones((1, 28, 28)), ["cell"], (4, 8))
        >>> Detections.from_labelme(found.to_labelme("a.jpg"), ["cell"])
        <Detections: 1 object in 4 x 8 pixels: cell 0.90>
        """
        size = labelme_size(content)
        return detections_of(cls, labelme_objects(content, class_names), class_names, size)

    @classmethod
    def from_geojson(cls, content, class_names, image_size):
        """The polygons of a GeoJSON file in pixel coordinates, as `to_geojson` or QuPath give them.

        Every feature is an object with the box around its outlines and the pixels within them, less
        the holes, as mask. Points and lines are left out. The class is the property `class`, or as
        in QuPath `classification`; a feature without one has the class that `class_names` holds, if
        it holds one only. The score is the property `score`; without one it is 1.

        Args:
            content: a FeatureCollection, a Feature or a list of Features, parsed.
            class_names: the K names, without background.
            image_size: (height, width).

        Raises:
            ValueError: a feature is broken or its class is not among the names; the message says
                which, counted from 1.

        Example:

        >>> from keras_maskrcnn import Detections
        >>> found = Detections([[2, 1, 6, 3]], [1], [0.9], np.ones((1, 28, 28)), ["cell"], (4, 8))
        >>> Detections.from_geojson(found.to_geojson(), ["cell"], (4, 8))
        <Detections: 1 object in 4 x 8 pixels: cell 0.90>
        """
        objects = geojson_objects(content, class_names, image_size)
        return detections_of(cls, objects, class_names, image_size)


def _of_crops(kind, crops, labels, scores, class_names, image_size):
    """Detections of masks `(crop, x, y)` with the boxes around them; without scores they are 1."""
    scores = np.ones(len(crops)) if scores is None else scores
    boxes = [box_of(crop) for crop in crops]
    return kind(boxes, labels, scores, PixelMasks(crops), class_names, image_size)
