"""How true positives, missed objects, false positives and class confusions are marked."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

CASING = (0, 0, 0)  # under the outlines of what is wrong, so that they show on any ground
TINT = 0.25  # opacity of a fill without a pattern
SMALL = 16  # lines; what is wrong and smaller has a ring around it in place of a pattern


@dataclass(frozen=True)
class Style:
    """The look of one outcome.

    Attributes:
        words: what the legend says of one; `plural` of another number, if that differs.
        color: RGB.
        rank: those of a higher one are drawn over the others, and named before them.
        pattern: "plain", "hatched", "barred" or "crossed".
        is_dashed: whether the outline is.
    """

    words: str
    color: tuple[int, int, int]
    rank: int
    pattern: str = "plain"
    is_dashed: bool = False
    plural: str = ""

    def counted(self, count) -> str:
        """Return a number and what it is of: `1 false positive`, `2 false positives`.

        >>> FALSE_POSITIVE.counted(2), MISSED.counted(2)
        ('2 false positives', '2 missed')
        """
        return f"{count} {self.words if count == 1 or not self.plural else self.plural}"


# Colours of Okabe and Ito.
NOT_COUNTED = Style("not counted", (160, 160, 160), 0)
TRUE_POSITIVE = Style("true positive", (86, 180, 233), 1, plural="true positives")
MISSED = Style("missed", (230, 159, 0), 2, "hatched", is_dashed=True)
FALSE_POSITIVE = Style("false positive", (213, 94, 0), 2, "crossed", plural="false positives")
CLASS_CONFUSION = Style("class confusion", (240, 228, 66), 3, "barred", plural="class confusions")


def draw_mark(picture, crop, x, y, style: Style, line: int, *, filled: bool = True) -> None:
    """Fill and outline one object in the style of what became of it, in place.

    Args:
        picture: (H, W, 3) uint8 RGB.
        crop: (h, w) uint8 mask of 0 and 1, within the picture.
        x, y: the column and row of its corner.
        style: `Style`.
        line: pixels of a thin line.
        filled: whether a plain object is tinted; patterns are drawn in any case.
    """
    region = picture[y : y + crop.shape[0], x : x + crop.shape[1]]
    inside = crop.astype(bool)
    is_small = max(crop.shape) < SMALL * line
    if style.pattern == "plain":
        opacity = TINT if filled else 0
        tint = (1 - opacity) * region[inside] + opacity * np.array(style.color)
        region[inside] = np.rint(tint).astype(np.uint8)
    elif style.pattern == "crossed" and not is_small:
        _draw_cross(picture, crop, x, y, style.color, line)
    elif not is_small:
        rows, columns = np.indices(crop.shape) + np.array([y, x])[:, None, None]
        across = rows + columns if style.pattern == "hatched" else rows
        region[inside & (across % (6 * line) <= line)] = style.color
    contours, _ = cv2.findContours(np.pad(crop, 1), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    contours = [contour + (x - 1, y - 1) for contour in contours]
    if style.pattern == "plain" or is_small:
        cv2.polylines(picture, contours, True, style.color, line)
    if style.pattern != "plain":
        _draw_outline(picture, [_ring(crop, x, y, line)] if is_small else contours, style, line)


def _draw_outline(picture, contours, style, line) -> None:
    """Draw a thick line with a dark one around it, whole or in dashes, in place."""
    cv2.polylines(picture, contours, True, CASING, line + 3)
    if not style.is_dashed:
        cv2.polylines(picture, contours, True, style.color, line + 1)
        return
    dash = 4 * line + 2
    for contour in contours:
        dashes = [contour[i : i + dash] for i in range(0, len(contour), 2 * dash)]
        cv2.polylines(picture, dashes, False, style.color, line + 1)


def _ring(crop, x, y, line) -> np.ndarray:
    """Return a circle around a small object, a point for about each pixel, like a contour."""
    radius = np.hypot(*crop.shape) / 2 + 3 * line
    angles = np.linspace(0, 2 * np.pi, round(2 * np.pi * radius), endpoint=False)
    circle = radius * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    middle = (x + crop.shape[1] / 2, y + crop.shape[0] / 2)
    return np.rint(circle + middle).astype(np.int32)[:, None]


def _draw_cross(picture, crop, x, y, color, line) -> None:
    """Draw two lines from corner to corner of the object's box, in place."""
    right, bottom = x + crop.shape[1] - 1, y + crop.shape[0] - 1
    for paint, width in ((CASING, line + 3), (color, line + 1)):
        cv2.line(picture, (x, y), (right, bottom), paint, width)
        cv2.line(picture, (x, bottom), (right, y), paint, width)
