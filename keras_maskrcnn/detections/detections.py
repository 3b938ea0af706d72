"""What a person holds after `detect`: the objects found in one image, in its own pixels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from keras_maskrcnn.detections.checks import check_arrays
from keras_maskrcnn.detections.coco import coco_results
from keras_maskrcnn.detections.geojson import feature_collection
from keras_maskrcnn.detections.labelme import labelme_content
from keras_maskrcnn.detections.selection import kept
from keras_maskrcnn.detections.via import via_entry
from keras_maskrcnn.drawing import draw_instances
from keras_maskrcnn.mask_crops import outlines, paste


class Detections:
    """The objects found in one image, best score first.

    Masks stay as the network gives them, one small grid of probabilities per object, and are pasted
    into the image when asked for. Pasting samples the grid at the centre of every pixel, bilinearly
    and with zeros outside the grid, and keeps pixels of at least 0.5: Detectron2's rule. It costs
    the pixels of the object's own box, not those of the image.

    Coordinates:
        Boxes are (x1, y1, x2, y2) in pixels of the original image; (0, 0) is the outer corner of
        its first pixel and the width is x2 - x1.

    Args:
        boxes: (n, 4) float, finite. Rows are put in the order of falling score.
        labels: (n,) int in 1..K; label k is `class_names[k - 1]`.
        scores: (n,) float in 0..1.
        mask_probabilities: (n, m, m) float in 0..1, of each object's own class within its box, or
            None for a model without a mask head.
        class_names: the K names, without background.
        image_size: (height, width) of the original image.

    Raises:
        ValueError: a shape does not fit, a box is not finite, a label has no class name.

    Example:

    >>> import numpy as np
    >>> found = Detections([[2, 1, 6, 3]], [1], [0.9], np.ones((1, 28, 28)), ["cell"], (4, 8))
    >>> found
    <Detections: 1 object in 4 x 8 pixels: cell 0.90>
    >>> found.masks[0].astype(int)
    array([[0, 0, 0, 0, 0, 0, 0, 0],
           [0, 0, 1, 1, 1, 1, 0, 0],
           [0, 0, 1, 1, 1, 1, 0, 0],
           [0, 0, 0, 0, 0, 0, 0, 0]])
    >>> found.to_coco(image_id=7)[0]["bbox"]
    [2.0, 1.0, 4.0, 2.0]
    """

    def __init__(self, boxes, labels, scores, mask_probabilities, class_names, image_size):
        self.class_names = tuple(class_names)
        self.image_size = (int(image_size[0]), int(image_size[1]))
        boxes = np.asarray(boxes, np.float32).reshape(-1, 4)
        scores = np.asarray(scores, np.float32)
        labels = np.asarray(labels, np.int32)
        if mask_probabilities is not None:
            mask_probabilities = np.asarray(mask_probabilities, np.float32)
        check_arrays(boxes, labels, scores, mask_probabilities, len(self.class_names))
        order = np.argsort(-scores, kind="stable")
        self.boxes, self.labels, self.scores = boxes[order], labels[order], scores[order]
        self.mask_probabilities = None if mask_probabilities is None else mask_probabilities[order]

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, index) -> Detections:
        """The detections of an integer, a slice, an index array or a boolean array (n,)."""
        rows = np.atleast_1d(np.arange(len(self))[index])
        masks = None if self.mask_probabilities is None else self.mask_probabilities[rows]
        return Detections(
            self.boxes[rows],
            self.labels[rows],
            self.scores[rows],
            masks,
            self.class_names,
            self.image_size,
        )

    def __repr__(self) -> str:
        few = [
            f"{name} {score:.2f}"
            for name, score in zip(self.names[:5], self.scores[:5], strict=True)
        ]
        listed = (": " + ", ".join(few) if few else "") + (", ..." if len(self) > 5 else "")
        objects = "object" if len(self) == 1 else "objects"
        height, width = self.image_size
        return f"<Detections: {len(self)} {objects} in {height} x {width} pixels{listed}>"

    def filter(self, classes=None, min_score=None, min_area=None, max_area=None) -> Detections:
        """The detections that meet every condition given; both ends of a range belong to it.

        Args:
            classes: names of the classes to keep, or one name.
            min_score: lowest score to keep, in 0..1.
            min_area: smallest area to keep, in pixels of the mask; of the box without masks.
            max_area: largest area to keep, likewise.

        Raises:
            ValueError: a name is not in `class_names`.

        Example:

        >>> boxes = [[0, 0, 4, 4], [0, 0, 2, 1]]
        >>> found = Detections(boxes, [1, 2], [0.9, 0.6], None, ["cell", "dust"], (4, 8))
        >>> found.filter(classes=["dust"], min_score=0.5)
        <Detections: 1 object in 4 x 8 pixels: dust 0.60>
        >>> found.filter(min_area=3).names
        ['cell']
        """
        return self[kept(self, classes, min_score, min_area, max_area)]

    @property
    def names(self) -> list[str]:
        """The class name of each detection."""
        return [self.class_names[label - 1] for label in self.labels]

    @property
    def masks(self) -> np.ndarray | None:
        """(n, H, W) bool, made anew at every access; None if the model gives no masks.

        n * H * W bytes: for many objects in a large image use `mask_crops`, `to_coco` or
        `to_polygons`, which never hold it.
        """
        if self.mask_probabilities is None:
            return None
        masks = np.zeros((len(self), *self.image_size), bool)
        for mask, (crop, x, y) in zip(masks, self.mask_crops(), strict=True):
            mask[y : y + crop.shape[0], x : x + crop.shape[1]] = crop
        return masks

    def mask_crops(self) -> list[tuple[np.ndarray, int, int]]:
        """Each mask as `(crop, x, y)`: (h, w) uint8 of 0 and 1, and where its corner lies.

        Raises:
            ValueError: the detections have no masks.
        """
        if self.mask_probabilities is None:
            raise ValueError(
                "`mask_crops` must have masks to work on. Received: mask_probabilities=None. "
                "Use a model with a mask head, or only `boxes`."
            )
        pairs = zip(self.mask_probabilities, self.boxes, strict=True)
        return [paste(mask, box, self.image_size) for mask, box in pairs]

    def to_label_map(self) -> np.ndarray:
        """The masks in one image: each pixel holds the number of its detection.

        Where masks overlap, the one of the better score lies on top. A 16-bit PNG keeps the array
        as it is: `cv2.imwrite("labels.png", found.to_label_map())`.

        Returns:
            (H, W) uint16: 0 for the background, i + 1 for detection i.

        Raises:
            ValueError: the detections have no masks.

        Example:

        >>> boxes = [[0, 0, 3, 1], [2, 0, 5, 2]]
        >>> found = Detections(boxes, [1, 1], [0.9, 0.6], np.ones((2, 28, 28)), ["cell"], (2, 6))
        >>> found.to_label_map()
        array([[1, 1, 1, 2, 2, 0],
               [0, 0, 2, 2, 2, 0]], dtype=uint16)
        """
        label_map = np.zeros(self.image_size, np.uint16)
        for number, (crop, x, y) in reversed(list(enumerate(self.mask_crops(), start=1))):
            label_map[y : y + crop.shape[0], x : x + crop.shape[1]][crop > 0] = number
        return label_map

    def draw(self, image, *, show_labels=None) -> np.ndarray:
        """A copy of `image` with every detection drawn on it.

        Args:
            image: (H, W, 3) uint8 RGB, of this `image_size`.
            show_labels: True, False, or None for "where they do not hide the picture".

        Returns:
            (H, W, 3) uint8.
        """
        if np.shape(image)[:2] != self.image_size:
            raise ValueError(
                f"`image` must have the size these detections were made at, {self.image_size}. "
                f"Received: image.shape={np.shape(image)}. Pass the image that was given to detect."
            )
        masks = None if self.mask_probabilities is None else self.mask_crops()
        return draw_instances(
            image,
            self.boxes,
            self.labels,
            self.scores,
            masks,
            self.class_names,
            show_labels=show_labels,
        )

    def to_coco(self, image_id, category_ids: Sequence[int] | None = None) -> list[dict]:
        """COCO results, one dict per detection, ready for `json.dump` and pycocotools.

        Args:
            image_id: the image's id in the COCO file.
            category_ids: the K ids of the classes in the COCO file; None uses the labels 1..K.

        Returns:
            Dicts with `image_id`, `category_id`, `bbox` [x, y, width, height], `score` and, if
            there are masks, `segmentation`: compressed RLE with `counts` as str.
        """
        return coco_results(self, image_id, category_ids)

    def to_polygons(self, tolerance: float = 0.0) -> list[list[np.ndarray]]:
        """The outlines of every mask, largest piece first.

        Outlines run along the outer edges of the pixels, so that at tolerance 0 the area enclosed
        is the number of pixels. Holes are filled: `to_coco` and `to_geojson` keep them.

        Args:
            tolerance: how far, in pixels, a simplified outline may lie from the exact one.

        Returns:
            For each detection a list of (k, 2) float32 arrays of x, y; empty for an empty mask.
        """
        return [outlines(*crop, tolerance) for crop in self.mask_crops()]

    def to_via(self, file_name: str, *, file_size: int = -1, tolerance: float = 1.0) -> dict:
        """The image's entry in a VGG Image Annotator 2.x project, to be corrected there.

        `data.via_project` makes a project of the entries of all images. One polygon region per
        detection with the class name as its attribute `class`; of a mask in several pieces the
        largest, as VIA has no regions in pieces. Detections without masks become rectangles.

        Args:
            file_name: the image's name as VIA shall open it.
            file_size: of the image file in bytes; VIA takes -1 for "unknown".
            tolerance: of the polygons, in pixels, as in `to_polygons`.
        """
        return via_entry(self, file_name, file_size, tolerance)

    def to_labelme(self, file_name: str, *, tolerance: float = 1.0) -> dict:
        """The content of the image's LabelMe file, to be corrected there.

        Write it beside the image, under the image's name with the suffix `.json`. One polygon per
        piece of a mask, holes filled; the pieces of one detection share a `group_id`, by which
        `data.LabelMeSource` joins them again. The score is in `description`. Detections without
        masks become rectangles.

        Args:
            file_name: the image's name as LabelMe shall open it.
            tolerance: of the polygons, in pixels, as in `to_polygons`.

        Example:

        >>> found = Detections([[2, 1, 6, 3]], [1], [0.9], np.ones((1, 28, 28)), ["cell"], (4, 8))
        >>> shape = found.to_labelme("a.jpg")["shapes"][0]
        >>> shape["label"], shape["shape_type"], shape["description"]
        ('cell', 'polygon', 'score 0.90')
        >>> shape["points"]
        [[2.0, 1.0], [2.0, 3.0], [6.0, 3.0], [6.0, 1.0]]
        """
        return labelme_content(self, file_name, tolerance)

    def to_geojson(self) -> dict:
        """A GeoJSON FeatureCollection in pixel coordinates, for QGIS, QuPath or shapely.

        Rings run exactly along the outer edges of the pixels and keep the holes; x grows to the
        right and y downwards, from the outer corner of the first pixel.

        Returns:
            One Feature per detection, with the properties `class` and `score` and a Polygon, or a
            MultiPolygon for a mask in several pieces. Detections without masks become rectangles;
            of an empty mask there is no Feature.

        Example:

        >>> found = Detections([[2, 1, 6, 3]], [1], [0.5], np.ones((1, 28, 28)), ["cell"], (4, 8))
        >>> feature = found.to_geojson()["features"][0]
        >>> feature["properties"]
        {'class': 'cell', 'score': 0.5}
        >>> feature["geometry"]
        {'type': 'Polygon', 'coordinates': [[[6, 1], [6, 3], [2, 3], [2, 1], [6, 1]]]}
        """
        return feature_collection(self)
