"""What the pictures of the stages are made of: views of an image or a map, texts, colour scales."""

import cv2
import numpy as np

from keras_maskrcnn.drawing import PALETTE
from keras_maskrcnn.drawing.labels import FONT
from keras_maskrcnn.drawing.sheets import GROUND
from keras_maskrcnn.mask_crops import shown

GAP = 14  # pixels between panels and around them
WHITE, GREY = (255, 255, 255), (176, 176, 176)
TITLE, PANEL_TITLE, TEXT = 0.8, 0.56, 0.5  # scales of the letters
BLUE_WHITE_RED = np.array([(33, 102, 172), (247, 247, 247), (178, 24, 43)], np.float32)


class View:
    """A window of an image or a map at its own scale, to draw on in the coordinates of that image.

    Args:
        image: (h, w, 3) uint8 RGB; 0 is the outer corner of its first pixel or cell.
        window: x1, y1, x2, y2, widened to whole pixels; outside the image it is grey. Default: all.
        side: pixels of the longer side of the picture.
        smooth: bool, enlarge by interpolation, unless pixels become so large that they are seen.
    """

    def __init__(self, image, window=None, side=560, smooth=True):
        height, width = image.shape[:2]
        x1, y1, x2, y2 = (0, 0, width, height) if window is None else window
        x1, y1, x2, y2 = int(np.floor(x1)), int(np.floor(y1)), int(np.ceil(x2)), int(np.ceil(y2))
        self.scale = side / max(x2 - x1, y2 - y1)
        self.origin = np.array([x1, y1])
        region = np.full((y2 - y1, x2 - x1, 3), GROUND, np.uint8)
        left, top = max(0, x1), max(0, y1)
        inside = image[top : max(0, y2), left : max(0, x2)]
        region[top - y1 :, left - x1 :][: inside.shape[0], : inside.shape[1]] = inside
        size = max(1, round((x2 - x1) * self.scale)), max(1, round((y2 - y1) * self.scale))
        how = cv2.INTER_LINEAR if smooth and self.scale < 6 else cv2.INTER_NEAREST
        how = cv2.INTER_AREA if self.scale < 1 else how
        self.picture = cv2.resize(region, size, interpolation=how)

    def at(self, points) -> np.ndarray:
        """(n, 2) int pixels of the picture, of x, y in the coordinates of the image."""
        points = (np.asarray(points, np.float64).reshape(-1, 2) - self.origin) * self.scale
        return np.clip(np.floor(points), -30000, 30000).astype(int)

    def box(self, box, color, line=2) -> None:
        """Draw the outline of a box, its outermost pixels within the box."""
        (x1, y1), (x2, y2) = self.at(box).tolist()
        corners = (x1, y1), (max(x1, x2 - 1), max(y1, y2 - 1))
        cv2.rectangle(self.picture, *corners, _plain(color), line)

    def dots(self, points, color, radius=2) -> None:
        """Draw filled dots; all but very small ones have a dark rim, seen on any ground."""
        for point in self.at(points).tolist():
            if radius > 1:
                cv2.circle(self.picture, point, radius + 1, (0, 0, 0), -1, cv2.LINE_AA)
            cv2.circle(self.picture, point, radius, _plain(color), -1, cv2.LINE_AA)

    def grid(self, xs, ys, color, opacity=1.0) -> None:
        """Draw lines at `xs` and `ys`, from the first to the last of the others."""
        drawn = self.picture.copy()
        for x in xs:
            ends = self.at([[x, ys[0]], [x, ys[-1]]]).tolist()
            cv2.line(drawn, *ends, _plain(color), 1)
        for y in ys:
            ends = self.at([[xs[0], y], [xs[-1], y]]).tolist()
            cv2.line(drawn, *ends, _plain(color), 1)
        cv2.addWeighted(drawn, opacity, self.picture, 1 - opacity, 0, dst=self.picture)

    def fill(self, crop, x, y, color, opacity=0.4) -> None:
        """Tint the pixels of a mask, `crop` of 0 and 1 with its corner at column x, row y."""
        (left, top), (right, bottom) = self.at([[x, y], [x + crop.shape[1], y + crop.shape[0]]])
        if crop.size == 0 or right <= left or bottom <= top:
            return
        region = self.picture[top:bottom, left:right]
        inside = shown(crop, (int(bottom - top), int(right - left))).astype(bool)
        tint = (1 - opacity) * region[inside] + opacity * np.asarray(color, np.float32)
        region[inside] = np.rint(tint).astype(np.uint8)

    def outline(self, polygons, color, line=2) -> None:
        """Draw closed outlines, each (k, 2) x, y."""
        for polygon in polygons:
            cv2.polylines(self.picture, [self.at(polygon)], True, _plain(color), line, cv2.LINE_AA)


def square_around(low, high, margin) -> np.ndarray:
    """x1, y1, x2, y2 of the square around a box that leaves at least a margin on each side."""
    centre = (np.asarray(low) + high) / 2
    half = np.ptp([low, high], axis=0).max() / 2 + margin
    return np.concatenate([centre - half, centre + half])


def as_rgb(image) -> np.ndarray:
    """(H, W, 3) uint8 of an image of any channels, uint8 or float32 in 0..255."""
    image = np.rint(np.clip(image, 0, 255)).astype(np.uint8)
    return np.ascontiguousarray(image[..., :3] if image.shape[-1] >= 3 else image[..., [0, 0, 0]])


def heat(values, low, high) -> np.ndarray:
    """(..., 3) uint8 colours of values: black, purple, orange, yellow from `low` to `high`."""
    share = np.clip((np.asarray(values) - low) / max(high - low, 1e-9), 0, 1)
    table = cv2.applyColorMap(np.arange(256, dtype=np.uint8)[:, None], cv2.COLORMAP_INFERNO)
    return table[:, 0, ::-1][np.rint(255 * share).astype(int)]


def diverging(values, low, high) -> np.ndarray:
    """(..., 3) uint8 colours of values: blue, white in the middle, red from `low` to `high`."""
    share = np.clip((np.asarray(values, np.float32) - low) / max(high - low, 1e-9), 0, 1)
    channels = [np.interp(share, [0, 0.5, 1], BLUE_WHITE_RED[:, c]) for c in range(3)]
    return np.rint(np.stack(channels, axis=-1)).astype(np.uint8)


def color_bar(colors, low, high, width) -> np.ndarray:
    """(34, width, 3) the scale of `colors` (`heat` or `diverging`) with the numbers at its ends."""
    bar = np.full((34, width, 3), GROUND, np.uint8)
    bar[4:14] = colors(np.linspace(low, high, width), low, high)
    for share in (0.0, 0.5, 1.0):
        text = f"{low + share * (high - low):.3g}"
        room = width - _text_size(text, TEXT)[0]
        _write(bar, text, round(share * room), 30, TEXT, GREY)
    return bar


def legend(colors) -> np.ndarray:
    """(22, w, 3) the names of a dict of colours, each behind a square of its colour."""
    entries = []
    for name, color in colors.items():
        entry = np.full((22, 24 + _text_size(name, PANEL_TITLE)[0], 3), GROUND, np.uint8)
        entry[4:18, 0:14] = color
        _write(entry, name, 22, 17, PANEL_TITLE, WHITE)
        entries.append(entry)
    return _beside(entries)


def panel(picture, title, color=None, below=None) -> np.ndarray:
    """Put a title above a picture, marked by a square of `color`, and something below it."""
    indent = 0 if color is None else 22
    width = max(picture.shape[1], indent + _text_size(title, PANEL_TITLE)[0])
    head = np.full((30, width, 3), GROUND, np.uint8)
    if color is not None:
        head[8:22, 0:14] = color
    _write(head, title, indent, 20, PANEL_TITLE, WHITE)
    return stacked([head, picture] if below is None else [head, picture, below], gap=0)


def page(title, text, rows) -> np.ndarray:
    """One picture: a title, a text wrapped to the width, and rows of panels.

    Args:
        title: str.
        text: str.
        rows: lists of (h, w, 3) uint8 panels.
    """
    body = stacked([_beside(row) for row in rows], gap=GAP)
    width = max(body.shape[1], 640)
    lines = _wrapped(text, width)
    head = np.full((30 + 24 * len(lines), width, 3), GROUND, np.uint8)
    _write(head, title, 0, 22, TITLE, WHITE)
    for number, line in enumerate(lines):
        _write(head, line, 0, 50 + 24 * number, TEXT, GREY)
    whole = stacked([head, body], gap=GAP // 2)
    return np.pad(whole, ((GAP, GAP), (GAP, GAP), (0, 0)), constant_values=GROUND)


def stacked(pictures, gap) -> np.ndarray:
    """Pictures one below the other, on the left."""
    turned = [picture.transpose(1, 0, 2) for picture in pictures]
    return np.ascontiguousarray(_beside(turned, gap).transpose(1, 0, 2))


def level_colors(levels) -> dict[str, np.ndarray]:
    """Return the dict from each pyramid level to its colour."""
    return dict(zip(levels, PALETTE, strict=False))


def _beside(pictures, gap=GAP):
    height = max(picture.shape[0] for picture in pictures)
    width = sum(picture.shape[1] for picture in pictures) + gap * (len(pictures) - 1)
    row, x = np.full((height, width, 3), GROUND, np.uint8), 0
    for picture in pictures:
        row[: picture.shape[0], x : x + picture.shape[1]] = picture
        x += picture.shape[1] + gap
    return row


def _wrapped(text, width):
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and _text_size(longer, TEXT)[0] > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _text_size(text, scale):
    return cv2.getTextSize(text, FONT, scale, 1)[0]


def _write(picture, text, x, y, scale, color):
    cv2.putText(picture, text, (x, y), FONT, scale, color, 1, cv2.LINE_AA)


def _plain(color):
    return tuple(int(c) for c in color)
