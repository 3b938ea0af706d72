"""Objects beside detections: missed ones, false positives and class confusions marked."""

from __future__ import annotations

import numpy as np

from keras_maskrcnn.drawing.keypoints import draw_keypoints
from keras_maskrcnn.drawing.labels import (
    draw_labels,
    line_height,
    text_scale,
    text_width,
    write_text,
)
from keras_maskrcnn.drawing.marks import (
    CLASS_CONFUSION,
    FALSE_POSITIVE,
    MISSED,
    NOT_COUNTED,
    draw_mark,
)
from keras_maskrcnn.drawing.outcomes import OUTCOMES, Judged, count_outcomes, styles_of
from keras_maskrcnn.drawing.sheets import GROUND, WHITE, fit
from keras_maskrcnn.mask_crops import shown

TITLES = "annotated", "predicted"
LEAST_WIDTH = 560  # pixels, for the line of counts


def draw_comparison(
    image, truth: Judged, found: Judged, class_names=(), skeleton=None, *, side: int = 720
) -> np.ndarray:
    """Draw the annotated objects beside the detections, with errors marked, and the counts.

    True positives are thin and blue. A missed object is hatched and has a dashed outline; a false
    positive is crossed out; a class confusion is barred, and both classes are named; what does not
    count is grey. So no mark needs its colour to be told from the others, and the colours
    are four of Okabe and Ito's, which the colour-blind tell apart.

    Args:
        image: (H, W, 3) uint8 RGB.
        truth: the objects.
        found: the detections. `evaluation.compare` makes both.
        class_names: the K names; an empty sequence writes the numbers.
        skeleton: `keras_maskrcnn.skeletons.Skeleton` of the keypoints, None draws none.
        side: of each of the two pictures the longer one, pixels; the image is scaled to it, so that
            marks and letters are as large on any image.

    Returns:
        uint8 RGB picture, a little over twice as wide as the scaled image.

    Raises:
        ValueError: rows are missing, or `side` is below 32.

    Example:

    >>> square = np.array([[10, 10, 30, 30]])
    >>> missed = Judged(square, [1], [0])
    >>> nothing = Judged(np.zeros((0, 4)), [], [])
    >>> picture = draw_comparison(np.zeros((40, 40, 3), np.uint8), missed, nothing, ["cell"])
    >>> picture.shape[1]
    1444
    """
    _check(truth, found, side)
    scaled = fit(image, (side, side))
    panels = [
        _panel(scaled, image.shape[:2], judged, alone, _texts(judged, *words), skeleton)
        for judged, alone, words in (
            (truth, MISSED, (class_names, "detected as")),
            (found, FALSE_POSITIVE, (class_names, "is")),
        )
    ]
    gap = np.full((scaled.shape[0], 4, 3), GROUND, np.uint8)
    pair = np.hstack([panels[0], gap, panels[1]])
    margin = max(0, LEAST_WIDTH - pair.shape[1])
    pair = np.pad(
        pair, ((0, 0), (margin // 2, margin - margin // 2), (0, 0)), constant_values=GROUND
    )
    scale = text_scale((side, side))
    starts = margin // 2, margin // 2 + scaled.shape[1] + 4
    return np.vstack(
        [_titles(starts, pair.shape[1], scale), pair, _legend(truth, found, pair.shape[1], scale)]
    )


def _check(truth, found, side) -> None:
    if side < 32:
        raise ValueError(f"`side` must be at least 32 pixels. Received: side={side}.")
    for name, judged in (("truth", truth), ("found", found)):
        columns = [column for column in judged if column is not None]
        if len({len(column) for column in columns}) > 1:
            raise ValueError(
                f"`{name}` must have as many rows in each of its columns. "
                f"Received: {[len(column) for column in columns]} rows."
            )


def _panel(scaled, image_size, judged, alone, texts, skeleton) -> np.ndarray:
    """Return the scaled image with the objects of one side marked and named, errors on top."""
    panel, styles = scaled.copy(), styles_of(judged, alone)
    ratio = np.array(scaled.shape[1::-1]) / image_size[::-1]
    boxes = np.asarray(judged.boxes, np.float64).reshape(-1, 4) * np.tile(ratio, 2)
    masks = _box_crops(judged.boxes, image_size) if judged.masks is None else judged.masks
    sizes = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    line = max(1, round(max(panel.shape[:2]) / 450))
    for i in sorted(range(len(boxes)), key=lambda i: (styles[i].rank, -sizes[i])):
        if masks[i][0].any():
            crop, x, y = _resized(*masks[i], ratio, panel.shape[:2])
            draw_mark(panel, crop, x, y, styles[i], line, filled=judged.masks is not None)
    if skeleton is not None and judged.keypoints is not None:
        panel = draw_keypoints(panel, judged.keypoints * np.append(ratio, 1), skeleton)
    order = sorted(range(len(boxes)), key=lambda i: -styles[i].rank)
    draw_labels(
        panel,
        boxes[order],
        [texts[i] for i in order],
        [styles[i].color for i in order],
        always=[styles[i] is CLASS_CONFUSION for i in order],
    )
    return panel


def _box_crops(boxes, image_size) -> list[tuple[np.ndarray, int, int]]:
    """Return the whole boxes as masks, cut at the border of the image."""
    crops = []
    for box in np.asarray(boxes, np.float64).reshape(-1, 4):
        x1, y1, x2, y2 = np.clip(np.rint(box), 0, np.tile(image_size[::-1], 2)).astype(int)
        crops.append((np.ones((y2 - y1, x2 - x1), np.uint8), int(x1), int(y1)))
    return crops


def _resized(crop, x, y, ratio, panel_size) -> tuple[np.ndarray, int, int]:
    """Turn a crop of the image into the crop of the panel, of at least one pixel."""
    limit = np.array(panel_size[::-1])
    low = np.minimum(np.rint((x, y) * ratio).astype(int), limit - 1)
    high = np.rint((np.array([x, y]) + crop.shape[::-1]) * ratio).astype(int)
    width, height = np.maximum(high - low, 1)
    return shown(crop, (int(height), int(width))), int(low[0]), int(low[1])


def _texts(judged, class_names, relation) -> list[tuple[str, str]]:
    """Return for each row its text, and the same with the score."""

    def name(label):
        return class_names[label - 1] if len(class_names) else str(label)

    texts = []
    scores = [None] * len(judged.labels) if judged.scores is None else judged.scores
    for label, other, score in zip(judged.labels, judged.partners, scores, strict=True):
        wrong = f", {relation} {name(other)}" if other > 0 and other != label else ""
        number = "" if score is None else f" {score:.2f}"
        texts.append((name(label) + wrong, name(label) + number + wrong))
    return texts


def _titles(starts, width, scale) -> np.ndarray:
    """Return a strip that says what is on the left and what on the right."""
    height = line_height(scale)
    strip = np.full((height, width, 3), GROUND, np.uint8)
    for x, title in zip(starts, TITLES, strict=True):
        write_text(strip, title, (x + 6, round(0.7 * height)), scale, WHITE)
    return strip


def _legend(truth, found, width, scale) -> np.ndarray:
    """Return lines with the mark and the count of each outcome."""
    counts = count_outcomes(truth, found)
    entries = [(style, counts[name]) for name, style in OUTCOMES.items()]
    ignored = (styles_of(truth, MISSED) + styles_of(found, FALSE_POSITIVE)).count(NOT_COUNTED)
    entries.append((NOT_COUNTED, ignored))
    entries = [
        entry for entry in entries if entry[1] or entry[0] not in (CLASS_CONFUSION, NOT_COUNTED)
    ]
    height = line_height(scale)
    lines, x = [], width
    for style, count in entries:
        text = style.counted(count)
        needed = 3 * height + text_width(text, scale)
        if x + needed > width:
            lines.append(np.full((round(1.4 * height), width, 3), GROUND, np.uint8))
            x = 6
        swatch = np.ones((height, round(1.6 * height)), np.uint8)
        draw_mark(lines[-1], swatch, x, round(0.2 * height), style, max(1, round(height / 20)))
        write_text(lines[-1], text, (x + 2 * height, round(0.9 * height)), scale, WHITE)
        x += needed
    return np.vstack(lines)
