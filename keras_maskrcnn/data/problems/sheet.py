"""A picture of the worst findings."""

import cv2
import numpy as np

from keras_maskrcnn.data.problems.findings import KINDS
from keras_maskrcnn.drawing import contact_sheet, draw_instances
from keras_maskrcnn.drawing.labels import FONT
from keras_maskrcnn.drawing.sheets import GROUND

_PER_KIND = 6
_LEAST_SIDE = 48  # pixels of the image that are shown around a tiny object
_CAPTION = 22  # height in pixels of a line of text


def draw_findings(findings, source, other=None, *, most=24, cell_size=320) -> np.ndarray:
    """Draw the worst findings that can be shown, each with the objects in question.

    Objects are shown with their surroundings, enlarged where they are small; images that are alike,
    side by side. Of each kind the first 6 are drawn, and of the kinds the worst first.

    Args:
        findings: list of `Finding`, as `find_problems` returns it.
        source, other: as given to `find_problems`.
        most: number of cells.
        cell_size: side of a cell, pixels.

    Returns:
        uint8 RGB picture, (rows * cell_size, columns * cell_size, 3).

    Raises:
        ValueError: no finding can be shown: they name no image that can be read.
    """
    sources = {"train": source, "val": other}
    cells = [_cell(finding, sources, cell_size - 4) for finding in _chosen(findings, most)]
    if not cells:
        raise ValueError(
            "`findings` must hold one that names an image that can be read. "
            f"Received: {len(findings)} findings without."
        )
    return contact_sheet(cells, cell_size=cell_size)


def _chosen(findings, most):
    """Choose the findings to draw."""
    counts, chosen = {}, []
    for finding in findings:
        count = counts[finding.kind] = counts.get(finding.kind, 0) + 1
        if finding.places and finding.places[0].file_name is not None and count <= _PER_KIND:
            chosen.append(finding)
    return chosen[:most]


def _cell(finding, sources, side):
    """Draw a square picture of one finding with its words below."""
    places = finding.places[:2]
    pictures = [_picture(sources[place.split][place.index], place, finding) for place in places]
    if len(pictures) > 1:
        tiles = contact_sheet(pictures, columns=2, cell_size=side // 2)
    else:
        tiles = pictures[0]
    lines = [_title(finding), _names(finding, places)]
    room = side - _CAPTION * len(lines)
    left = (side - room) // 2
    cell = np.full((side, side, 3), GROUND, np.uint8)
    cell[:room, left : left + room] = contact_sheet([tiles], cell_size=room)
    for number, text in enumerate(lines, start=1):
        _write(cell, text, (6, room + number * _CAPTION - 7))
    return cell


def _picture(sample, place, finding):
    """Draw the part of the image that shows the objects in question, and these marked."""
    boxes = np.array(finding.figures.get("boxes", []), np.float32).reshape(-1, 4)
    image = sample.image if sample.image.shape[2] == 3 else sample.image[..., :1].repeat(3, axis=2)
    if not len(boxes):
        return image
    instances = sample.instances
    rows = [np.flatnonzero((instances.boxes == box).all(axis=1)) for box in boxes]
    which = sorted({int(row) for found in rows for row in found})
    x1, y1, x2, y2 = _window(boxes, image.shape[:2])
    part = np.ascontiguousarray(image[y1:y2, x1:x2])
    corner = (x1, y1, x1, y1)
    if not which:  # a mask without pixels
        return draw_instances(part, boxes - corner, [1] * len(boxes), show_labels=False)
    marked = instances.select(which)
    masks = None  # of boxes alone; beside one of these, an outline is drawn as its box too
    if marked.has_masks.all():
        masks = [_shifted(*one, x1, y1) for one in zip(marked.masks, marked.boxes, strict=True)]
    return draw_instances(
        part, marked.boxes - corner, marked.labels, masks=masks, show_labels=False
    )


def _window(boxes, image_size):
    """Whole-pixel window (x1, y1, x2, y2) around the boxes, inside the image."""
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    limits = np.array(image_size[::-1])
    half = max(_LEAST_SIDE, *(high - low) * 1.5) / 2
    centre = (low + high) / 2
    low = np.clip(np.floor(centre - half), 0, limits - 1).astype(int)
    high = np.clip(np.ceil(centre + half), low + 1, limits).astype(int)
    return (*low.tolist(), *high.tolist())


def _shifted(mask, box, x1, y1):
    return mask, int(box[0]) - x1, int(box[1]) - y1


def _title(finding):
    """Say what is wrong, with its most telling figure."""
    kind = KINDS[finding.kind]
    value = finding.figures.get(kind.worst)
    words = finding.kind.replace("_", " ")
    return words if value is None else f"{words}: {kind.worst} {value:.3g}"


def _names(finding, places):
    """Return the ends of the files' names, the objects' numbers and classes."""
    names = [place.file_name for place in places]
    text = ", ".join(name if len(name) <= 24 else f"...{name[-21:]}" for name in names)
    objects = zip(places[0].objects, finding.figures.get("classes", ()), strict=False)
    named = ", ".join(f"{number} {class_name}" for number, class_name in objects)
    return f"{text}: {named}" if named else text


def _write(cell, text, at):
    """White text, as small as it must be to fit."""
    width = cell.shape[1] - 2 * at[0]
    scale = min(0.45, 0.45 * width / max(1, cv2.getTextSize(text, FONT, 0.45, 1)[0][0]))
    cv2.putText(cell, text, at, FONT, scale, (255, 255, 255), 1, cv2.LINE_AA)
