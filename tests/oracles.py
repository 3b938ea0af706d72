"""Slow NumPy versions of the operations, written for reading, against which ours are held."""

import numpy as np


def iou(a, b):
    """IoU of two boxes."""
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    area = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - width * height
    return width * height / area if area > 0 else 0.0


def greedy_nms(boxes, scores, threshold, class_ids=None):
    """Indices of the survivors, best score first, by the textbook loop."""
    kept = []
    for i in np.argsort(-np.asarray(scores), kind="stable"):
        rivals = [j for j in kept if class_ids is None or class_ids[i] == class_ids[j]]
        if all(iou(boxes[i], boxes[j]) <= threshold for j in rivals):
            kept.append(int(i))
    return kept


def bilinear(image, y, x):
    """Value of an (H, W, C) map at a point; 0 beyond one cell outside."""
    height, width = image.shape[:2]
    if y < -1 or y > height or x < -1 or x > width:
        return np.zeros(image.shape[-1])
    y, x = np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)
    y0, x0 = int(y), int(x)
    y1, x1 = min(y0 + 1, height - 1), min(x0 + 1, width - 1)
    top = image[y0, x0] * (1 - (x - x0)) + image[y0, x1] * (x - x0)
    bottom = image[y1, x0] * (1 - (x - x0)) + image[y1, x1] * (x - x0)
    return top * (1 - (y - y0)) + bottom * (y - y0)


def roi_align(image, box, bins, ratio, stride, aligned=True, pooling="average"):
    """RoIAlign of one box from one (H, W, C) map; `ratio` is a number or that of x and of y."""
    across, down = ratio if isinstance(ratio, tuple) else (ratio, ratio)
    x1, y1, x2, y2 = np.asarray(box, float) / stride - (0.5 if aligned else 0.0)
    width, height = x2 - x1, y2 - y1
    if not aligned:
        width, height = max(width, 1.0), max(height, 1.0)
    out = np.zeros((bins, bins, image.shape[-1]))
    steps_x = (np.arange(across) + 0.5) / across
    steps_y = (np.arange(down) + 0.5) / down
    for i in range(bins):
        for j in range(bins):
            values = [
                bilinear(image, y1 + (i + u) * height / bins, x1 + (j + v) * width / bins)
                for u in steps_y
                for v in steps_x
            ]
            out[i, j] = np.max(values, axis=0) if pooling == "max" else np.mean(values, axis=0)
    return out


def random_boxes(rng, count, height, width, smallest=1.0):
    """(count, 4) float32 boxes inside an image."""
    x = np.sort(rng.uniform(0, width, (count, 2)), axis=1)
    y = np.sort(rng.uniform(0, height, (count, 2)), axis=1)
    boxes = np.stack([x[:, 0], y[:, 0], x[:, 1], y[:, 1]], axis=1)
    boxes[:, 2:] = np.maximum(boxes[:, 2:], boxes[:, :2] + smallest)
    return boxes.astype("float32")
