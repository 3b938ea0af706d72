"""The methods of `Detections` that give them to other tools."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from keras_maskrcnn.detections.coco import coco_results, run_lengths
from keras_maskrcnn.detections.geojson import feature_collection
from keras_maskrcnn.detections.label_map import label_map_of
from keras_maskrcnn.detections.labelme import labelme_content
from keras_maskrcnn.detections.other_libraries import data_frame, supervision_detections
from keras_maskrcnn.detections.via import via_entry
from keras_maskrcnn.mask_crops import outlines, polygons


class Writers:
    """The part of `Detections` that writes."""

    def to_rle(self) -> list[dict]:
        """Every mask as COCO's compressed run lengths, which pycocotools works on.

        Returns:
            For each detection `{"size": [height, width], "counts": str}`.

        Raises:
            ValueError: the detections have no masks.

        Example:

        >>> from keras_maskrcnn import Detections
        >>> found = Detections([[1, 0, 2, 2]], [1], [0.9], np.ones((1, 28, 28)), ["cell"], (3, 2))
        >>> found.to_rle()  # down the columns: 3 zeros, 2 ones, 1 zero
        [{'size': [3, 2], 'counts': '321'}]
        """
        return run_lengths(self)

    def to_polygons(self, tolerance: float = 0.0) -> list[list[np.ndarray]]:
        """The outlines of every mask, largest piece first.

        Outlines run along the outer edges of the pixels, so that at tolerance 0 the area enclosed
        is the number of pixels. Holes are filled: `to_rings` keeps them.

        Args:
            tolerance: how far, in pixels, a simplified outline may lie from the exact one.

        Returns:
            For each detection a list of (k, 2) float32 arrays of x, y; empty for an empty mask.
        """
        return [outlines(*crop, tolerance) for crop in self.mask_crops()]

    def to_rings(self) -> list[list[list[np.ndarray]]]:
        """The outlines of every mask with its holes, exactly along the edges of the pixels.

        Pixels that touch at a corner only belong to different pieces, so that every piece is a
        valid polygon: `shapely.Polygon(rings[0], rings[1:])`.

        Returns:
            For each detection its pieces, largest first; for each piece its rings, the outline and
            then the holes: (k, 2) float32 arrays of x, y. An empty mask has no pieces.

        Raises:
            ValueError: the detections have no masks.

        Example:

        >>> from keras_maskrcnn import Detections
        >>> ring = np.uint8([[[1, 1, 1], [1, 0, 1], [1, 1, 1]]])
        >>> found = Detections.from_masks(ring, [1], [0.9], ["cell"])
        >>> [points.tolist() for points in found.to_rings()[0][0]]
        [[[3.0, 0.0], [3.0, 3.0], [0.0, 3.0], [0.0, 0.0]],
         [[1.0, 2.0], [2.0, 2.0], [2.0, 1.0], [1.0, 1.0]]]
        """
        return [polygons(*crop) for crop in self.mask_crops()]

    def to_label_map(self) -> np.ndarray:
        """The masks in one image: each pixel holds the number of its detection.

        Where masks overlap, the one of the better score lies on top. A 16-bit PNG keeps the array
        as it is: `cv2.imwrite("labels.png", found.to_label_map())`.

        Returns:
            (H, W) uint16: 0 for the background, i + 1 for detection i.

        Raises:
            ValueError: the detections have no masks.

        Example:

        >>> from keras_maskrcnn import Detections
        >>> boxes = [[0, 0, 3, 1], [2, 0, 5, 2]]
        >>> found = Detections(boxes, [1, 1], [0.9, 0.6], np.ones((2, 28, 28)), ["cell"], (2, 6))
        >>> found.to_label_map()
        array([[1, 1, 1, 2, 2, 0],
               [0, 0, 2, 2, 2, 0]], dtype=uint16)
        """
        return label_map_of(self)

    def to_pandas(self):
        """A table with one row for each detection, best score first.

        The index is that of the detections: `found[table.index[table["area"] > 100]]`.

        Returns:
            `pandas.DataFrame` with the columns `label`, `class_name`, `score`, the box `x1`, `y1`,
            `x2`, `y2`, its `width` and `height`, all in pixels, and `area`: the number of pixels of
            the mask, or without masks the area of the box.

        Raises:
            ImportError: pandas is not installed.

        Example:

        >>> from keras_maskrcnn import Detections
        >>> found = Detections([[2, 1, 6, 3]], [1], [0.5], np.ones((1, 28, 28)), ["cell"], (4, 8))
        >>> found.to_pandas()  # doctest: +SKIP
           label class_name  score   x1   y1   x2   y2  width  height  area
        0      1       cell    0.5  2.0  1.0  6.0  3.0    4.0     2.0     8
        """
        return data_frame(self)

    def to_supervision(self):
        """The detections for the trackers, annotators and zones of the library supervision.

        Its `class_id` is the number of the class in `class_names`, counted from 0 as supervision
        does: `class_names[class_id]`, or our label less 1. The masks are dense, n * H * W bytes.

        Returns:
            `supervision.Detections` with `xyxy`, `confidence`, `class_id`, `data["class_name"]`
            and, if there are masks, `mask`.

        Raises:
            ImportError: supervision is not installed.

        Example:

        >>> from keras_maskrcnn import Detections
        >>> found = Detections([[2, 1, 6, 3]], [2], [0.5], None, ["cell", "dust"], (4, 8))
        >>> converted = found.to_supervision()  # doctest: +SKIP
        >>> converted.class_id, converted["class_name"]  # doctest: +SKIP
        (array([1]), array(['dust'], dtype='<U4'))
        """
        return supervision_detections(self)

    def to_coco(self, image_id, category_ids: Sequence[int] | None = None) -> list[dict]:
        """COCO results, one dict per detection, ready for `json.dump` and pycocotools.

        Args:
            image_id: the image's id in the COCO file.
            category_ids: the K ids of the classes in the COCO file; None uses the labels 1..K.

        Returns:
            Dicts with `image_id`, `category_id`, `bbox` [x, y, width, height], `score` and, if
            there are masks, `segmentation`: compressed RLE with `counts` as str. Nothing is
            rounded: `from_coco` gives the same detections back.
        """
        return coco_results(self, image_id, category_ids)

    def to_via(self, file_name: str, *, file_size: int = -1, tolerance: float = 1.0) -> dict:
        """The image's entry in a VGG Image Annotator 2.x project, to be corrected there.

        `data.via_project` makes a project of the entries of all images. One polygon region per
        detection with the class name as its attribute `class`; of a mask in several pieces the
        largest, as VIA has no regions in pieces. Detections without masks become rectangles. The
        score is left out: VIA has no place for it but another attribute of the region.

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
        `data.LabelMeSource` joins them again. The score is in `description`, with four
        decimals. Detections without
        masks become rectangles.

        Args:
            file_name: the image's name as LabelMe shall open it.
            tolerance: of the polygons, in pixels, as in `to_polygons`.

        Example:

        >>> from keras_maskrcnn import Detections
        >>> found = Detections([[2, 1, 6, 3]], [1], [0.9], np.ones((1, 28, 28)), ["cell"], (4, 8))
        >>> shape = found.to_labelme("a.jpg")["shapes"][0]
        >>> shape["label"], shape["shape_type"], shape["description"]
        ('cell', 'polygon', 'score 0.9')
        >>> shape["points"]
        [[2.0, 1.0], [2.0, 3.0], [6.0, 3.0], [6.0, 1.0]]
        """
        return labelme_content(self, file_name, tolerance)

    def to_geojson(self) -> dict:
        """A GeoJSON FeatureCollection in pixel coordinates, for QGIS, QuPath or shapely.

        Rings run exactly along the outer edges of the pixels and keep the holes; x grows to the
        right and y downwards, from the outer corner of the first pixel. The score has four
        decimals, so that files stay the same where the last digits of a network differ.

        Returns:
            One Feature per detection, with the properties `class` and `score` and a Polygon, or a
            MultiPolygon for a mask in several pieces. Detections without masks become rectangles;
            of an empty mask there is no Feature.

        Example:

        >>> from keras_maskrcnn import Detections
        >>> found = Detections([[2, 1, 6, 3]], [1], [0.5], np.ones((1, 28, 28)), ["cell"], (4, 8))
        >>> feature = found.to_geojson()["features"][0]
        >>> feature["properties"]
        {'class': 'cell', 'score': 0.5}
        >>> feature["geometry"]
        {'type': 'Polygon', 'coordinates': [[[6, 1], [6, 3], [2, 3], [2, 1], [6, 1]]]}
        """
        return feature_collection(self)
