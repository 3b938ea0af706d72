"""Names and scores written onto a picture, where they hide least."""

from __future__ import annotations

import cv2
import numpy as np

FONT = cv2.FONT_HERSHEY_SIMPLEX
CROWDED = 30  # with more objects than this, only those much larger than their label get one


def text_scale(image_size) -> float:
    """OpenCV's font scale for letters that can be read at this size of image.

    A capital is about 22 * scale pixels high: 8 pixels up to 460 pixels of shorter side, then a
    fiftieth of the side.
    """
    return max(0.38, min(image_size) / 50 / 22)


def ink_on(color) -> tuple[int, int, int]:
    """Black or white, whichever has the higher contrast to an RGB colour: 4.5 by WCAG, or more.

    >>> ink_on((255, 56, 56)), ink_on((56, 112, 255))
    ((0, 0, 0), (0, 0, 0))
    """
    share = np.asarray(color, float) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    luminance = float(linear @ (0.2126, 0.7152, 0.0722))
    # 1.05 / (L + 0.05) for white against (L + 0.05) / 0.05 for black.
    return (0, 0, 0) if (luminance + 0.05) ** 2 > 1.05 * 0.05 else (255, 255, 255)


def draw_labels(image, boxes, labels, colors, *, always) -> None:
    """Write a text beside each box, in place, where it covers no other text and least of the boxes.

    The long text gives way to the short one where it is too large, and is left out where no place
    is free. Unless `always`, so is one that is much larger than its object or fills a small
    picture, and in a crowded picture all but those much smaller than their object.

    Args:
        image: (H, W, 3) uint8, written to.
        boxes: (n, 4) xyxy; more important ones first.
        labels: n pairs of texts, (short, long); equal if there is but one.
        colors: (n, 3) uint8, of the plates under the texts.
        always: bool, or one for each box: write it if there is any free place.
    """
    height, width = image.shape[:2]
    scale = text_scale((height, width))
    boxes, taken = np.rint(boxes).astype(np.int64), np.zeros((0, 4), np.int64)
    always = np.broadcast_to(always, len(boxes))
    for box, texts, color, surely in zip(boxes, labels, colors, always, strict=True):
        for text in dict.fromkeys(reversed(texts)):
            plate = _plate_size(text, scale)
            if not (surely or _is_worth(plate, box, (height, width), len(boxes))):
                continue
            spot = _free_spot(plate, box, (height, width), taken, boxes)
            if spot is not None:
                taken = np.concatenate([taken, [spot]])
                _write(image, text, spot, color, scale)
                break


def _plate_size(text, scale) -> tuple[int, int]:
    """(height, width) in pixels of the plate under `text`."""
    (width, height), below = cv2.getTextSize(text, FONT, scale, thickness(scale))
    margin = _margin(scale)
    return height + below + margin, width + 2 * margin


def _margin(scale) -> int:
    return max(2, round(5 * scale))


def thickness(scale) -> int:
    """Pixels of a letter's strokes."""
    return max(1, round(1.4 * scale))


def _is_worth(plate, box, image_size, count) -> bool:
    """Whether a label of this size shows more than it hides."""
    box_height, box_width = box[3] - box[1], box[2] - box[0]
    if plate[1] > 0.6 * image_size[1] or plate[0] > 0.2 * image_size[0]:
        return False
    if count > CROWDED:
        return plate[0] * plate[1] <= 0.15 * box_height * box_width
    return plate[0] * plate[1] <= 1.5 * box_height * box_width


def _free_spot(plate, box, image_size, taken, boxes) -> tuple[int, int, int, int] | None:
    """xyxy of the place around or in the box that covers no label and least of all boxes."""
    spots = [spot for spot in _spots(plate, box, image_size) if not _covered(spot, taken).any()]
    return min(spots, key=lambda spot: _covered(spot, boxes).sum(), default=None)


def _spots(plate, box, image_size) -> list[tuple[int, int, int, int]]:
    """xyxy of the places within the image, those that a reader looks at first before others."""
    height, width = plate
    x1, y1, x2, y2 = box.tolist()
    right = x2 - width
    above, below = ((x1, y1 - height), (right, y1 - height)), ((x1, y2), (right, y2))
    beside, within = ((x2, y1), (x1 - width, y1)), ((x1, y1), (x1, y2 - height))
    places = [(max(0, min(x, image_size[1] - width)), y) for x, y in (*above, *below)]
    places += [place for place in beside if 0 <= place[0] <= image_size[1] - width]
    places += [(max(0, min(x, image_size[1] - width)), y) for x, y in within]
    fits = width <= image_size[1]
    return [
        (x, y, x + width, y + height)
        for x, y in places
        if fits and 0 <= y <= image_size[0] - height
    ]


def _covered(spot, boxes) -> np.ndarray:
    """How many pixels of each box, (n, 4) xyxy, a place covers."""
    sides = np.minimum(boxes[:, 2:], spot[2:]) - np.maximum(boxes[:, :2], spot[:2])
    return np.maximum(sides, 0).prod(axis=1)


def _write(image, text, spot, color, scale) -> None:
    """`text` on a plate of `color` at `spot`, black or white, whichever reads better."""
    x1, y1, x2, y2 = spot
    image[y1:y2, x1:x2] = color
    _, below = cv2.getTextSize(text, FONT, scale, thickness(scale))
    margin = _margin(scale)
    write_text(image, text, (x1 + margin, y2 - below - margin // 2), scale, ink_on(color))


def write_text(image, text, at, scale, ink) -> None:
    """`text` in place, with the left end of its base line at `at`, (x, y)."""
    cv2.putText(image, text, at, FONT, scale, ink, thickness(scale), cv2.LINE_AA)


def text_width(text, scale) -> int:
    """How many pixels wide `text` is."""
    return cv2.getTextSize(text, FONT, scale, thickness(scale))[0][0]


def line_height(scale) -> int:
    """Pixels from one line of text to the next."""
    return round(45 * scale)


def shortened(text, width, scale) -> str:
    """`text`, its middle left out where it is wider than `width` pixels.

    >>> shortened("a photo with a long name.jpg", 100, 0.4)[-6:]
    'me.jpg'
    """
    kept, short = len(text), text
    while kept > 2 and text_width(short, scale) > width:
        kept -= 1
        short = f"{text[: kept // 2]}...{text[len(text) - (kept + 1) // 2 :]}"
    return short
