"""What a person holds after `detect`: the objects found in one image, in its own pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from keras_maskrcnn.detections.checks import check_arrays
from keras_maskrcnn.detections.masks import PixelMasks, masks_of
from keras_maskrcnn.detections.objects import (
    arrays_of,
    keypoints_of,
    masks_cut,
    objects_of,
    objects_to_correct,
    outlines_cut,
    plain,
)
from keras_maskrcnn.detections.other_libraries import (
    data_frame,
    supervision_detections,
    supervision_keypoints,
)
from keras_maskrcnn.detections.panoptic import fuse
from keras_maskrcnn.detections.picture import drawn
from keras_maskrcnn.detections.selection import kept
from keras_maskrcnn.formats import coco, geojson, labelme, via, yolo
from keras_maskrcnn.formats.label_map import read_label_map, write_label_map
from keras_maskrcnn.formats.outlines import outlines, rings
from keras_maskrcnn.formats.rle import encode
from keras_maskrcnn.mask_crops import box_of
from keras_maskrcnn.semantics import PanopticMap, resize_map
from keras_maskrcnn.wording import counted

if TYPE_CHECKING:
    import pandas
    import supervision


class Detections:
    """The objects found in one image, best score first; those in given boxes in the boxes' order.

    Masks stay as the network gives them, one small grid of probabilities per object, and are pasted
    into the image when asked for. Pasting samples the grid at the centre of every pixel, bilinearly
    and with zeros outside the grid, and keeps pixels of at least 0.5: Detectron2's rule. It costs
    the pixels of the object's own box, not those of the image. Detections read from a file, by the
    class methods `from_...`, hold the pixels of their masks instead.

    Coordinates:
        Boxes are (x1, y1, x2, y2) in pixels of the original image; (0, 0) is the outer corner of
        its first pixel and the width is x2 - x1.

    Args:
        boxes: (n, 4) float, finite.
        labels: (n,) int in 1..K; label k is `class_names[k - 1]`.
        scores: (n,) float in 0..1.
        mask_probabilities: (n, m, m) float in 0..1, of each object's own class within its box, or
            None for a model without a mask head.
        class_names: the K names, without background.
        image_size: (height, width) of the original image.
        fields: dict of further arrays with a row for each object: "keypoints" (n, J, 3), and what a
            branch of a user's own finds. They keep to the objects' order. Default: none.
        skeleton: `keras_maskrcnn.skeletons.Skeleton` of the keypoints, None without.
        semantic: uint8 (H, W), the class of each pixel, None without.
        semantic_names: names of the values 0, 1, ... of the semantic map.
        by_score: put the rows in the order of falling score. False leaves them as they are given.

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

    def __init__(
        self,
        boxes,
        labels,
        scores,
        mask_probabilities,
        class_names,
        image_size,
        fields=None,
        skeleton=None,
        semantic=None,
        semantic_names=(),
        by_score=True,
    ):
        self.class_names = tuple(class_names)
        self.image_size = (int(image_size[0]), int(image_size[1]))
        boxes = np.asarray(boxes, np.float32).reshape(-1, 4)
        scores = np.asarray(scores, np.float32)
        labels = np.asarray(labels, np.int32)
        masks = masks_of(mask_probabilities)
        check_arrays(boxes, labels, scores, masks, len(self.class_names))
        order = np.argsort(-scores, kind="stable") if by_score else np.arange(len(scores))
        self._by_score = by_score
        self.boxes, self.labels, self.scores = boxes[order], labels[order], scores[order]
        self._masks = masks[order]
        self.fields = {key: np.asarray(rows)[order] for key, rows in (fields or {}).items()}
        self.skeleton = skeleton
        self.semantic = semantic
        self.semantic_names = tuple(semantic_names)

    @classmethod
    def _of_objects(cls, objects, class_names, image_size, skeleton=None) -> Detections:
        """Return the objects of a file."""
        arrays = arrays_of(objects, class_names, image_size)
        fields = keypoints_of(objects, skeleton)
        return cls(*arrays, class_names, image_size, fields, skeleton)

    @classmethod
    def _of_masks(cls, masks, labels, scores, class_names, image_size) -> Detections:
        """Cut masks with the boxes around them; without scores they are 1."""
        scores = np.ones(len(masks)) if scores is None else scores
        boxes = [box_of(mask) for mask in masks]
        return cls(boxes, labels, scores, PixelMasks(masks), class_names, image_size)

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, index) -> Detections:
        """Return the detections of an integer, a slice, an index array or a boolean array (n,)."""
        rows = np.atleast_1d(np.arange(len(self))[index])
        arrays = self.boxes[rows], self.labels[rows], self.scores[rows], self._masks[rows]
        fields = {key: values[rows] for key, values in self.fields.items()}
        return self._changed(arrays, self.image_size, fields, self.semantic)

    def __repr__(self) -> str:
        pairs = zip(self.names[:5], self.scores[:5], strict=True)
        few = ", ".join(f"{name} {score:.2f}" for name, score in pairs)
        listed = (f": {few}" if few else "") + (", ..." if len(self) > 5 else "")
        height, width = self.image_size
        return f"<Detections: {counted(len(self), 'object')} in {height} x {width} pixels{listed}>"

    @property
    def names(self) -> list[str]:
        """The class name of each detection."""
        return [self.class_names[label - 1] for label in self.labels]

    @property
    def keypoints(self) -> np.ndarray | None:
        """(n, J, 3) float32 x, y in pixels of the image, and score; None without keypoints."""
        return self.fields.get("keypoints") if self.skeleton else None

    @property
    def has_masks(self) -> bool:
        """Whether there are masks, and not only boxes."""
        return self._masks.exist

    @property
    def mask_probabilities(self) -> np.ndarray | None:
        """(n, m, m) float32 as given; None without masks, and for masks read from a file."""
        return self._masks.probabilities

    @property
    def masks(self) -> np.ndarray | None:
        """(n, H, W) bool, made anew at every access; None without masks.

        n * H * W bytes: for many objects in a large image use `mask_crops`, `to_coco` or
        `to_polygons`, which never hold it.
        """
        if not self.has_masks:
            return None
        masks = np.zeros((len(self), *self.image_size), bool)
        for mask, (crop, x, y) in zip(masks, self.mask_crops(), strict=True):
            mask[y : y + crop.shape[0], x : x + crop.shape[1]] = crop
        return masks

    def mask_crops(self) -> list[tuple[np.ndarray, int, int]]:
        """Return each mask as `(crop, x, y)`: (h, w) uint8 of 0 and 1, and where its corner lies.

        Raises:
            ValueError: the detections have no masks.
        """
        return self._masks.crops(self.boxes, self.image_size)

    def filter(self, classes=None, min_score=None, min_area=None, max_area=None) -> Detections:
        """Return the detections that meet every condition given; ends of a range belong to it.

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

    def resized(self, image_size) -> Detections:
        """Return the detections in the pixels of the image at another size.

        Boxes are scaled. A mask that is a grid within its box goes with it; of one that is pixels,
        each new pixel takes the old one that its centre lies in.

        Args:
            image_size: (height, width) of the new image.

        Example:

        >>> found = Detections([[2, 1, 6, 3]], [1], [0.9], np.ones((1, 28, 28)), ["cell"], (4, 8))
        >>> found.resized((8, 8)).boxes.tolist()
        [[2.0, 2.0, 6.0, 6.0]]
        """
        down, across = (new / old for new, old in zip(image_size, self.image_size, strict=True))
        boxes = self.boxes * np.float64([across, down, across, down])
        masks = self._masks.resized(across, down, image_size)
        arrays, fields = (boxes, self.labels, self.scores, masks), dict(self.fields)
        if self.keypoints is not None:
            fields["keypoints"] = self.keypoints * np.float32([across, down, 1])
        semantic = None if self.semantic is None else resize_map(self.semantic, image_size)
        return self._changed(arrays, image_size, fields, semantic)

    def _changed(self, arrays, image_size, fields, semantic):
        about = self.class_names, image_size, fields, self.skeleton, semantic, self.semantic_names
        return Detections(*arrays, *about, by_score=self._by_score)

    def panoptic(self, *, min_score=0.5, overlap_threshold=0.5, min_stuff_area=4096) -> PanopticMap:
        """Return one map of the objects and the stuff around them, in which each pixel counts once.

        Objects come first, the best score first; one of which more than a share is covered by
        better ones is left out, and of the others the pixels that are free count. What is left goes
        to the stuff of the semantic map; stuff with fewer pixels than a limit is left out. Pixels
        that nobody takes have the id 0.

        Args:
            min_score: lowest score of an object, in 0..1.
            overlap_threshold: the share of an object that better ones may cover.
            min_stuff_area: fewest pixels of stuff; the paper's for photos of COCO's size.

        Returns:
            `keras_maskrcnn.semantics.PanopticMap`.

        Raises:
            ValueError: there are no masks, or no semantic map.

        Example:

        >>> sky = np.zeros((4, 8), np.uint8)
        >>> boxes, ones = [[0, 0, 4, 4]], np.ones((1, 28, 28))
        >>> known = ["bird"], (4, 8), None, None, sky, ["sky"]
        >>> found = Detections(boxes, [1], [0.9], ones, *known)
        >>> one = found.panoptic(min_stuff_area=1)
        >>> one.ids[0].tolist(), [segment.class_name for segment in one.segments]
        ([1, 1, 1, 1, 2, 2, 2, 2], ['bird', 'sky'])

        References:
            Kirillov et al. 2019, Panoptic Segmentation, section 7; Panoptic Feature Pyramid
            Networks, section 4.
        """
        return fuse(self, min_score, overlap_threshold, min_stuff_area)

    def draw(self, image, *, show_labels=None) -> np.ndarray:
        """Return a copy of `image` with every detection drawn on it, and the stuff around them.

        Args:
            image: (H, W, 3) uint8 RGB, a path or a PIL image, of this `image_size`.
            show_labels: True, False, or None for "where they do not hide the picture".

        Returns:
            (H, W, 3) uint8.

        Raises:
            ValueError: the image is of another size, or cannot be read.
        """
        return drawn(self, image, show_labels)

    @classmethod
    def from_masks(cls, masks, labels, scores, class_names) -> Detections:
        """Make detections of masks that come from elsewhere, with the tight boxes around them.

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

        >>> masks = np.zeros((1, 4, 8), bool)
        >>> masks[0, 1:3, 2:6] = True
        >>> found = Detections.from_masks(masks, [1], [0.9], ["cell"])
        >>> found.boxes.tolist(), bool((found.masks == masks).all())
        ([[2.0, 1.0, 6.0, 3.0]], True)
        """
        return cls._of_masks(masks_cut(masks), labels, scores, class_names, np.shape(masks)[1:])

    @classmethod
    def from_polygons(cls, polygons, labels, scores, class_names, image_size) -> Detections:
        """Make detections of outlines, as `to_polygons` gives them, with the tight boxes.

        Args:
            polygons: for each object a list of (k, 2) arrays of x, y in pixels, (0, 0) the outer
                corner of the first one; the object is all that lies in one of them.
            labels: (n,) int in 1..K.
            scores: (n,) float in 0..1, or None: all 1.
            class_names: the K names, without background.
            image_size: (height, width).

        Raises:
            ValueError: an outline has fewer than three points, the lengths differ, a label has no
                class name.

        Example:

        >>> square = [[2, 1], [6, 1], [6, 3], [2, 3]]
        >>> found = Detections.from_polygons([[square]], [1], None, ["cell"], (4, 8))
        >>> found.boxes.tolist(), found.masks.sum()
        ([[2.0, 1.0, 6.0, 3.0]], np.int64(8))
        """
        masks = outlines_cut(polygons, image_size)
        return cls._of_masks(masks, labels, scores, class_names, image_size)

    @classmethod
    def from_label_map(cls, label_map, labels, scores, class_names) -> Detections:
        """Make detections of an image of numbers, as `to_label_map` gives it.

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

        >>> numbers = np.uint16([[1, 1, 0, 2], [1, 0, 0, 2]])
        >>> found = Detections.from_label_map(numbers, [1, 1], [0.9, 0.8], ["cell"])
        >>> found.boxes.tolist()
        [[0.0, 0.0, 2.0, 2.0], [3.0, 0.0, 4.0, 2.0]]
        """
        masks = read_label_map(label_map, len(labels))
        return cls._of_masks(masks, labels, scores, class_names, np.shape(label_map))

    @classmethod
    def from_coco(
        cls,
        results,
        class_names,
        image_size,
        category_ids: Sequence[int] | None = None,
        *,
        skeleton=None,
    ) -> Detections:
        """Read the detections of one image in a COCO results list, as `to_coco` gives them.

        COCO's annotations, which have no score, are read too: their score is 1, and that of their
        keypoints, 0 of unknown ones. Boxes, scores, masks and keypoints equal what was written.

        Args:
            results: dicts with `category_id`, `bbox` and, all of them or none, `segmentation`: run
                lengths or polygons. Some may have `keypoints`.
            class_names: the K names, without background.
            image_size: (height, width).
            category_ids: the K ids of the classes; None for 1..K.
            skeleton: `Skeleton` of the keypoints, which results do not name. Default: one of as
                many keypoints, if they have any.

        Raises:
            ValueError: a result is broken; the message says which, counted from 1.

        Example:

        >>> found = Detections([[2, 1, 6, 3]], [1], [0.9], np.ones((1, 28, 28)), ["cell"], (4, 8))
        >>> Detections.from_coco(found.to_coco(image_id=7), ["cell"], (4, 8))
        <Detections: 1 object in 4 x 8 pixels: cell 0.90>
        """
        objects, skeleton = coco.read_results(
            results, class_names, image_size, category_ids, skeleton
        )
        return cls._of_objects(objects, class_names, image_size, skeleton)

    @classmethod
    def from_via(
        cls, entry, class_names, image_size, *, attribute="class", skeleton=None
    ) -> Detections:
        """Read the regions of an image in a VIA 1.x or 2.x file, as `to_via` gives them.

        Every region is an object with the box around its outline and the pixels within it as mask,
        also a rectangle. Points have no inside and are left out, unless they are keypoints, see
        `data.VIASource`. VIA keeps no score: all are 1, that of an unknown keypoint is 0.

        Args:
            entry: the entry of the image, a dict with `regions`.
            class_names: the K names, without background.
            image_size: (height, width); VIA does not keep it.
            attribute: the attribute of the regions that names the class.
            skeleton: `Skeleton` of the keypoints. Default: of the names that are found.

        Raises:
            ValueError: a region is broken or its class is not among the names; the message says
                which, counted from 1 as VIA shows them.

        Example:

        >>> found = Detections([[2, 1, 6, 3]], [1], [0.9], np.ones((1, 28, 28)), ["cell"], (4, 8))
        >>> Detections.from_via(found.to_via("a.jpg"), ["cell"], (4, 8))
        <Detections: 1 object in 4 x 8 pixels: cell 1.00>
        """
        objects, skeleton = via.read_entry(entry, image_size, attribute, skeleton)
        return cls._of_objects(objects, class_names, image_size, skeleton)

    @classmethod
    def from_labelme(cls, content, class_names, *, skeleton=None) -> Detections:
        """Read the shapes of a LabelMe file, as `to_labelme` gives them.

        Shapes of one label and one `group_id` are one object, with the box around its outlines and
        the pixels within them as mask, also a rectangle. Points and lines have no inside and are
        left out, unless points are keypoints, see `data.LabelMeSource`. The scores are read from
        the `description`; without one it is 1, that of an unknown keypoint 0.

        Args:
            content: the file, parsed.
            class_names: the K names, without background.
            skeleton: `Skeleton` of the keypoints. Default: of the labels that are found.

        Raises:
            ValueError: a shape is broken or its label is not among the names; the message says
                which, counted from 1.

        Example:

        >>> found = Detections([[2, 1, 6, 3]], [1], [0.9], np.ones((1, 28, 28)), ["cell"], (4, 8))
        >>> Detections.from_labelme(found.to_labelme("a.jpg"), ["cell"])
        <Detections: 1 object in 4 x 8 pixels: cell 0.90>
        """
        objects, image_size, skeleton = labelme.read_content(content, skeleton)
        return cls._of_objects(objects, class_names, image_size, skeleton)

    @classmethod
    def from_yolo(cls, text, class_names, image_size, *, skeleton=None) -> Detections:
        """Read the YOLO labels of an image, as `to_yolo` gives them.

        A polygon is the mask, with the box around it; a box has no mask. YOLO keeps no score: all
        are 1, that of an unknown keypoint is 0.

        Args:
            text: str, a line for each object.
            class_names: the K names, without background, in the order of their numbers from 0.
            image_size: (height, width).
            skeleton: `Skeleton` of the keypoints that follow the boxes. Default: none do.

        Raises:
            ValueError: a line is broken; the message says which, counted from 1.

        Example:

        >>> Detections.from_yolo("0 0.5 0.5 0.5 0.5", ["cell"], (4, 8)).boxes.tolist()
        [[2.0, 1.0, 6.0, 3.0]]
        """
        objects = yolo.read_labels(text, class_names, image_size, skeleton)
        return cls._of_objects(objects, class_names, image_size, skeleton)

    @classmethod
    def from_geojson(cls, content, class_names, image_size, *, skeleton=None) -> Detections:
        """Read polygons in pixel coordinates from GeoJSON, as `to_geojson` or QuPath give them.

        Every feature is an object with the box around its outlines and the pixels within them, less
        the holes, as mask. Points and lines are left out. The class is the property `class`, or as
        in QuPath `classification`; a feature without one has the class that `class_names` holds, if
        it holds one only. The score is the property `score`; without one it is 1. Keypoints are the
        property `keypoints`, a dict of [x, y, score] by name.

        Args:
            content: a FeatureCollection, a Feature or a list of Features, parsed.
            class_names: the K names, without background.
            image_size: (height, width).
            skeleton: `Skeleton` of the keypoints. Default: of the names that are found.

        Raises:
            ValueError: a feature is broken or its class is not among the names; the message says
                which, counted from 1.

        Example:

        >>> found = Detections([[2, 1, 6, 3]], [1], [0.9], np.ones((1, 28, 28)), ["cell"], (4, 8))
        >>> Detections.from_geojson(found.to_geojson(), ["cell"], (4, 8))
        <Detections: 1 object in 4 x 8 pixels: cell 0.90>
        """
        objects, skeleton = geojson.read(content, class_names, image_size, skeleton)
        return cls._of_objects(objects, class_names, image_size, skeleton)

    def to_rle(self) -> list[dict]:
        """Return every mask as COCO's compressed run lengths, which pycocotools works on.

        Returns:
            For each detection `{"size": [height, width], "counts": str}`.

        Raises:
            ValueError: the detections have no masks.

        Example:

        >>> found = Detections([[1, 0, 2, 2]], [1], [0.9], np.ones((1, 28, 28)), ["cell"], (3, 2))
        >>> found.to_rle()  # down the columns: 3 zeros, 2 ones, 1 zero
        [{'size': [3, 2], 'counts': '321'}]
        """
        return [encode(*mask, self.image_size) for mask in self.mask_crops()]

    def to_polygons(self, tolerance: float = 0.0) -> list[list[np.ndarray]]:
        """Return the outlines of every mask, largest piece first.

        Outlines run along the outer edges of the pixels, so that at tolerance 0 the area enclosed
        is the number of pixels. Holes are filled: `to_rings` keeps them.

        Args:
            tolerance: how far, in pixels, a simplified outline may lie from the exact one.

        Returns:
            For each detection a list of (k, 2) float32 arrays of x, y; empty for an empty mask.
        """
        return [outlines(*mask, tolerance) for mask in self.mask_crops()]

    def to_rings(self) -> list[list[list[np.ndarray]]]:
        """Return the outlines of every mask with its holes, exactly along the pixels' edges.

        Pixels that touch at a corner only belong to different pieces, so that every piece is a
        valid polygon: `shapely.Polygon(rings[0], rings[1:])`.

        Returns:
            For each detection its pieces, largest first; for each piece its rings, the outline and
            then the holes: (k, 2) float32 arrays of x, y. An empty mask has no pieces.

        Raises:
            ValueError: the detections have no masks.

        Example:

        >>> ring = np.uint8([[[1, 1, 1], [1, 0, 1], [1, 1, 1]]])
        >>> found = Detections.from_masks(ring, [1], [0.9], ["cell"])
        >>> [points.tolist() for points in found.to_rings()[0][0]]
        [[[3.0, 0.0], [3.0, 3.0], [0.0, 3.0], [0.0, 0.0]],
         [[1.0, 2.0], [2.0, 2.0], [2.0, 1.0], [1.0, 1.0]]]
        """
        return [rings(*mask) for mask in self.mask_crops()]

    def to_label_map(self) -> np.ndarray:
        """Return the masks in one image: each pixel holds the number of its detection.

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
        return write_label_map(self.mask_crops(), self.image_size)

    def to_pandas(self) -> pandas.DataFrame:
        """Return a table with one row for each detection, best score first.

        The index is that of the detections: `found[table.index[table["area"] > 100]]`.

        Returns:
            `pandas.DataFrame` with the columns `label`, `class_name`, `score`, the box `x1`, `y1`,
            `x2`, `y2`, its `width` and `height`, all in pixels, and `area`: the number of pixels of
            the mask, or without masks the area of the box. With keypoints also `nose_x`, `nose_y`
            and `nose_score` for one called "nose", and so on; NaN in rows of a class without.

        Raises:
            ImportError: pandas is not installed.

        Example:

        >>> found = Detections([[2, 1, 6, 3]], [1], [0.5], np.ones((1, 28, 28)), ["cell"], (4, 8))
        >>> found.to_pandas()  # doctest: +SKIP
           label class_name  score   x1   y1   x2   y2  width  height  area
        0      1       cell    0.5  2.0  1.0  6.0  3.0    4.0     2.0     8
        """
        return data_frame(self)

    def to_supervision(self) -> supervision.Detections:
        """Return the detections for the trackers, annotators and zones of supervision.

        Its `class_id` is the number of the class in `class_names`, counted from 0 as supervision
        does: `class_names[class_id]`, or our label less 1. The masks are dense, n * H * W bytes.

        Returns:
            `supervision.Detections` with `xyxy`, `confidence`, `class_id`, `data["class_name"]`
            and, if there are masks, `mask`.

        Raises:
            ImportError: supervision is not installed.

        Example:

        >>> found = Detections([[2, 1, 6, 3]], [2], [0.5], None, ["cell", "dust"], (4, 8))
        >>> converted = found.to_supervision()  # doctest: +SKIP
        >>> converted.class_id, converted["class_name"]  # doctest: +SKIP
        (array([1]), array(['dust'], dtype='<U4'))
        """
        return supervision_detections(self)

    def to_supervision_keypoints(self) -> supervision.KeyPoints:
        """Return the keypoints for the annotators of supervision, a row for each detection.

        `supervision.EdgeAnnotator` counts keypoints from 1: its `edges` are
        `[(a + 1, b + 1) for a, b in found.skeleton.limb_indices]`.

        Returns:
            `supervision.KeyPoints` with `xy`, `keypoint_confidence`, `detection_confidence`,
            `class_id` and `data["class_name"]` as in `to_supervision`, and `visible`: which
            keypoints `draw` draws.

        Raises:
            ValueError: there are no keypoints.
            ImportError: supervision is not installed.
        """
        return supervision_keypoints(self)

    def to_coco(self, image_id, category_ids: Sequence[int] | None = None) -> list[dict]:
        """Return COCO results, one dict per detection, ready for `json.dump` and pycocotools.

        Args:
            image_id: the image's id in the COCO file.
            category_ids: the K ids of the classes in the COCO file; None uses the labels 1..K.

        Returns:
            Dicts with `image_id`, `category_id`, `bbox` [x, y, width, height], `score` and, if
            there are masks, `segmentation`: compressed RLE with `counts` as str. Nothing is
            rounded: `from_coco` gives the same detections back.
        """
        ids = coco.ids_of(self.labels, self.class_names, category_ids)
        return coco.write_results(objects_of(self), ids, plain(image_id), self.image_size)

    def to_via(self, file_name: str, *, file_size: int = -1, tolerance: float = 1.0) -> dict:
        """Return the image's entry in a VGG Image Annotator 2.x project, to be corrected there.

        `data.via_project` makes a project of the entries of all images. One polygon region per
        detection with the class name as its attribute `class`; of a mask in several pieces the
        largest, as VIA has no regions in pieces. Detections without masks become rectangles. The
        score is left out: VIA has no place for it but another attribute of the region. Keypoints
        that `draw` draws become points, see `data.VIASource`; there all pieces of a mask are
        written.

        Args:
            file_name: the image's name as VIA shall open it.
            file_size: of the image file in bytes; VIA takes -1 for "unknown".
            tolerance: of the polygons, in pixels, as in `to_polygons`.
        """
        named = file_name, self.image_size, plain(file_size)
        return via.write_entry(objects_to_correct(self), *named, tolerance, self.skeleton)

    def to_labelme(self, file_name: str, *, tolerance: float = 1.0) -> dict:
        """Return the content of the image's LabelMe file, to be corrected there.

        Write it beside the image, under the image's name with the suffix `.json`. One polygon per
        piece of a mask, holes filled; the pieces of one detection share a `group_id`, by which
        `data.LabelMeSource` joins them again. The score is in `description`, with four decimals.
        Detections without masks become rectangles. Keypoints that `draw` draws become points, see
        `data.LabelMeSource`.

        Args:
            file_name: the image's name as LabelMe shall open it.
            tolerance: of the polygons, in pixels, as in `to_polygons`.

        Example:

        >>> found = Detections([[2, 1, 6, 3]], [1], [0.9], np.ones((1, 28, 28)), ["cell"], (4, 8))
        >>> shape = found.to_labelme("a.jpg")["shapes"][0]
        >>> shape["label"], shape["shape_type"], shape["description"]
        ('cell', 'polygon', 'score 0.9')
        >>> shape["points"]
        [[2.0, 1.0], [2.0, 3.0], [6.0, 3.0], [6.0, 1.0]]
        """
        objects, size = objects_to_correct(self), self.image_size
        return labelme.write_content(objects, file_name, size, tolerance, self.skeleton)

    def to_yolo(self) -> str:
        """Return the text of the image's YOLO labels, a line for each detection.

        A line is `class x y x y ...`, the largest piece of a mask, or without masks `class x y
        width height`, the centre and the size of the box; of detections with keypoints the box and
        `x y v` of each: v is 2, and 0 for those that `draw` leaves out. All are shares of the
        image's width and height. Classes are counted from 0. YOLO keeps no score.

        Example:

        >>> found = Detections([[2, 1, 6, 3]], [1], [0.9], None, ["cell"], (4, 8))
        >>> found.to_yolo()
        '0 0.5 0.5 0.5 0.5\\n'
        """
        names, size = list(map(plain, self.class_names)), self.image_size
        return yolo.write_labels(objects_to_correct(self), names, size, self.skeleton)

    def to_geojson(self) -> dict:
        """Return a GeoJSON FeatureCollection in pixel coordinates, for QGIS, QuPath or shapely.

        Rings run exactly along the outer edges of the pixels and keep the holes; x grows to the
        right and y downwards, from the outer corner of the first pixel. The score has four
        decimals, so that files stay the same where the last digits of a network differ.

        Returns:
            One Feature per detection, with the properties `class` and `score` and a Polygon, or a
            MultiPolygon for a mask in several pieces. Detections without masks become rectangles;
            of an empty mask there is no Feature. Those with keypoints have the property
            `keypoints`, a dict of [x, y, score] by name.

        Example:

        >>> found = Detections([[2, 1, 6, 3]], [1], [0.5], np.ones((1, 28, 28)), ["cell"], (4, 8))
        >>> feature = found.to_geojson()["features"][0]
        >>> feature["properties"]
        {'class': 'cell', 'score': 0.5}
        >>> feature["geometry"]
        {'type': 'Polygon', 'coordinates': [[[6, 1], [6, 3], [2, 3], [2, 1], [6, 1]]]}
        """
        names = self.skeleton.names if self.skeleton else ()
        return geojson.write(objects_of(self), self.image_size, names)
