"""From images of any size to `Detections`: resize, pad, run, and map back."""

import dataclasses
import functools
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from keras_maskrcnn.data.checks import check_whole
from keras_maskrcnn.detections import Detections
from keras_maskrcnn.detections.checks import check_finite
from keras_maskrcnn.models import given_boxes
from keras_maskrcnn.models.dispatch import fetch, is_finished, start
from keras_maskrcnn.models.feed import Feed, workers
from keras_maskrcnn.models.found_maps import map_of, without_objects
from keras_maskrcnn.models.given_images import (
    as_array,
    is_one_image,
    listed_images,
    streamed_images,
)
from keras_maskrcnn.scores import check_score


def detect(model, images, score_threshold, batch_size, proposals=None, refine=False) -> list:
    """Find the objects in a list of images: see `FasterRCNN.detect`."""
    check_options(score_threshold, batch_size)
    given_boxes.check_needed(model, proposals, refine)
    one_image = is_one_image(images)
    images = listed_images(images)
    boxes = given_boxes.listed_boxes(proposals, len(images), one_image)
    with ThreadPoolExecutor(workers()) as pool:
        one = functools.partial(prepare, model)
        prepared = list(pool.map(one, images, range(len(images)), boxes))
    key = None
    if proposals is not None:
        key = given_boxes.PROPOSALS if refine else given_boxes.BOXES
    batches = (
        (rows, _network_batch(model, batch_size, rows, key))
        for rows in _groups(prepared, batch_size)
    )
    found = [None] * len(prepared)
    for one, detections in _results(model, batches, score_threshold, key == given_boxes.BOXES):
        found[one.index] = detections
    return found


def check_options(score_threshold, batch_size) -> None:
    """Raise ValueError unless they are what `detect` takes."""
    check_score(score_threshold=score_threshold)
    check_whole(1, batch_size=batch_size)


def detect_stream(model, images, score_threshold, batch_size, prefetch, with_images) -> Generator:
    """Check the arguments of `FasterRCNN.detect_stream` and return its generator."""
    check_options(score_threshold, batch_size)
    check_whole(1, prefetch=prefetch)
    given_boxes.check_needed(model, None)
    images = streamed_images(images)
    return _stream(model, images, score_threshold, batch_size, prefetch, with_images)


def _stream(model, images, score_threshold, batch_size, prefetch, with_images):
    one = functools.partial(prepare, model, keep=with_images)
    assemble = functools.partial(_network_batch, model, batch_size)
    with Feed(images, one, assemble, batch_size, prefetch) as batches:
        for prepared, detections in _results(model, batches, score_threshold):
            yield (prepared.original, detections) if with_images else detections


def network_inputs(resizer, resized) -> dict[str, np.ndarray]:
    """Return what `FasterRCNN.call` takes, of resized images that pad to one size."""
    padded = np.stack([resizer.pad(image) for image in resized])
    if resizer.square:
        # To the network the padding is part of the image; only detections keep to the window.
        sizes = np.full((len(padded), 2), padded.shape[1:3], "int32")
        windows = np.stack([resizer.window(*image.shape[:2]) for image in resized])
        return {"images": padded, "image_sizes": sizes, "windows": windows}
    sizes = np.array([image.shape[:2] for image in resized], "int32")
    return {"images": padded, "image_sizes": sizes}


@dataclasses.dataclass
class Prepared:
    """An image as the network takes it, before padding, and where it came from."""

    index: int
    image: np.ndarray
    padded_size: tuple
    original_size: tuple
    original: np.ndarray | None = None
    boxes: np.ndarray | None = None


def prepare(model, image, index=0, boxes=None, keep=False) -> Prepared:
    """Return an image, or the image at a path, as the model takes it.

    Args:
        model: `FasterRCNN`.
        image: as of `FasterRCNN.detect`.
        index: its place among the images, for the error message.
        boxes: (n, 4) float32 in pixels of the image, or None.
        keep: hold on to the image as it was.
    """
    image = as_array(image, index, model.backbone.inputs[0].shape[-1])
    resized = model.image_resizer(image)
    padded_size = model.image_resizer.padded_size(*resized.shape[:2])
    original = image if keep else None
    if boxes is not None:
        boxes = given_boxes.cut_to_image(boxes, index, image.shape[:2])
    return Prepared(index, resized, padded_size, image.shape[:2], original, boxes)


def _groups(prepared, batch_size):
    """Yield lists of at most `batch_size` prepared images of one padded size."""
    for size in sorted({one.padded_size for one in prepared}):
        rows = [one for one in prepared if one.padded_size == size]
        for start_row in range(0, len(rows), batch_size):
            yield rows[start_row : start_row + batch_size]


def _network_batch(model, batch_size, rows, key=None):
    """Return the inputs of the network, filled up with copies: its shape is compiled in.

    Args:
        model, batch_size: as of `detect`.
        rows: list of `Prepared`.
        key: under which their boxes go; None: there are none.
    """
    filled = rows + rows[-1:] * (batch_size - len(rows))
    inputs = network_inputs(model.image_resizer, [one.image for one in filled])
    if key is not None:
        inputs[key] = given_boxes.in_network(model.image_resizer, filled)
    return inputs


def _results(model, batches, score_threshold, kept=False):
    """Pairs of `Prepared` and `Detections` of every image; the next batch runs while they are made.

    Args:
        batches: iterable of (list of `Prepared`, inputs), or None where the next is not ready:
            what runs is then not kept waiting for it.
        kept: whether boxes were given, and are to stay as they are.
    """
    running = None
    for batch in batches:
        started = None
        if batch is not None:
            rows, inputs = batch
            started = rows, start(model, inputs)
        if running is not None:
            yield from _detections_of(model, *running, score_threshold, kept)
        running = started
        if running is not None and is_finished(running[1]):
            yield from _detections_of(model, *running, score_threshold, kept)
            running = None
    if running is not None:
        yield from _detections_of(model, *running, score_threshold, kept)


def _detections_of(model, rows, outputs, score_threshold, kept):
    outputs = fetch(outputs)
    for position, one in enumerate(rows):
        own = {key: value[position] for key, value in outputs.items()}
        sizes, boxes = (one.image.shape[:2], one.original_size), one.boxes if kept else None
        yield one, to_detections(model, own, *sizes, score_threshold, boxes)


def to_detections(
    model, outputs, resized_size, image_size, score_threshold, kept=None
) -> Detections:
    """Return `Detections` of what the network gave for one image, in the pixels of that image.

    Args:
        model: `FasterRCNN`.
        outputs: dict of arrays, the image's rows of what `FasterRCNN.call` gave.
        resized_size: (height, width) of the image as the network saw it, without padding.
        image_size: (height, width) of the image.
        score_threshold: lowest score.
        kept: (n, 4) boxes that the first n rows are of, which stay what they are and in their
            order, whatever their score. Default: the boxes are the network's.
    """
    if "boxes" not in outputs:
        return without_objects(model, outputs, resized_size, image_size)
    check_finite("`scores` of the network", outputs["scores"])
    if kept is None:
        boxes = model.image_resizer.boxes_to_image(outputs["boxes"], resized_size, image_size)
        chosen = outputs["valid"] & (outputs["scores"] >= float(score_threshold))
        chosen &= (boxes[:, 2:] > boxes[:, :2]).all(axis=1)
        boxes = boxes[chosen]
    else:
        boxes, chosen = kept, slice(len(kept))
    masks = outputs["masks"][chosen] if "masks" in outputs else None
    arrays = boxes, outputs["labels"][chosen], outputs["scores"][chosen], masks
    move = point_mover(model.image_resizer, resized_size, image_size)
    fields = {
        key: branch.in_image(key, outputs[key][chosen], move)
        for branch in model.branches
        for key in branch.fields
    }
    semantic = map_of(model, outputs, resized_size, image_size)
    about = model.class_names, image_size, fields, model.skeleton
    return Detections(*arrays, *about, *semantic, by_score=kept is None)


def point_mover(resizer, resized_size, image_size) -> Callable[[np.ndarray], np.ndarray]:
    """Return the function from points (m, 2) x, y of the network input to those of the image."""

    def move(points):
        both = np.concatenate([points, points], axis=1)
        return resizer.boxes_to_image(both, resized_size, image_size)[:, :2]

    return move
