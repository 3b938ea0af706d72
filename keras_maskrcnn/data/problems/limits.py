"""From where on something counts as a problem."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """From where on `find_problems` speaks up.

    The defaults were chosen on parts of COCO 2017 and of BBBC038 (nuclei) so that what is reported
    is there: see each.

    Attributes:
        duplicate_iou: two objects with at least this IoU of their masks are one object. Default
            0.65: in COCO a car annotated again as a truck has 0.69 and 0.73, a pizza on a table
            that it hides 0.58.
        duplicate_box_iou: the same for IoU of boxes, where an object has only a box. Default 0.9:
            boxes of neighbours overlap more than the objects do.
        overlap: least share of an object's pixels that another of its class covers. Default 0.5:
            neighbours, as COCO's outlines them, share a third at most. Not looked at for boxes.
        tiny_pixels: a mask, or a box without one, with fewer pixels is tiny. Default 16, one cell
            of the finest pyramid level (stride 4).
        huge_share: least share of the image that a huge object covers. Default 0.9.
        pieces: a mask of at least so many separate pieces is reported. Default 8; what hides an
            object parts it into 7 at most.
        similarity: least correlation of two images' thumbnails that makes them look alike. Default
            0.95: copies that were compressed again, resized or brightened have 0.98 and more,
            unrelated images 0.86 at most.
        rare_objects: a class with fewer objects is rare, and a keypoint known fewer times.
            Default 10.
        stray: a keypoint that lies farther outside of its object's box than this share of the
            box's longer side is far from it. Default 1: in COCO it is 0.5 at most, of persons of
            whom a part is hidden.
        size_ratio: least ratio of the longest to the shortest long side. Default 4.
    """

    duplicate_iou: float = 0.65
    duplicate_box_iou: float = 0.9
    overlap: float = 0.5
    tiny_pixels: int = 16
    huge_share: float = 0.9
    pieces: int = 8
    similarity: float = 0.95
    rare_objects: int = 10
    size_ratio: float = 4.0
    stray: float = 1.0

    def __post_init__(self):
        for name in ("duplicate_iou", "duplicate_box_iou", "overlap", "huge_share", "similarity"):
            value = getattr(self, name)
            if not 0 < value <= 1:
                raise ValueError(f"`{name}` must lie in 0..1, without 0. Received: {name}={value}.")
