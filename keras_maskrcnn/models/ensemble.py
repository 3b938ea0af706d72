"""Several models that answer as one."""

import itertools
from collections.abc import Generator

from keras_maskrcnn.branches import KeypointBranch
from keras_maskrcnn.models.detection import check_options
from keras_maskrcnn.models.faster_rcnn import FasterRCNN
from keras_maskrcnn.models.fusion import fuse
from keras_maskrcnn.models.given_images import listed_images, streamed_images
from keras_maskrcnn.wording import listed


class Ensemble:
    """Models of the same classes, such as those of the folds of a cross-validation, as one.

    Each finds what it finds; detections of one object are then fused into one: boxes, masks and
    keypoints are averaged by score, and the score falls with the share of models that did not see
    it. `keras_maskrcnn.models.fusion.fuse` has the equations.

    Semantic maps are not fused: a model gives the class of each pixel, without the probabilities
    that a mean would be of. Models with such a map are refused.

    Args:
        models: list of `FasterRCNN`, `MaskRCNN` or `KeypointRCNN`, with the same heads and the same
            keypoints, and none with a semantic map.
        iou_threshold: IoU of boxes above which two detections of a class are one object.

    Raises:
        ValueError: if there is no model, one gives a semantic map, as `PanopticFPN` and `FCN` do,
            or they differ in classes, heads or keypoints.

    Example:

    >>> import numpy as np
    >>> import keras_maskrcnn as km
    >>> one = km.MaskRCNN.from_preset("mask_rcnn_tiny_shapes")
    >>> scene = km.data.ShapesSource(1, seed=2024)[0]
    >>> found = Ensemble([one, one]).detect(scene.image)[0]
    >>> np.allclose(found.scores, one.detect(scene.image)[0].scores)
    True

    References:
        Solovyev et al. 2021, Weighted boxes fusion.
    """

    def __init__(self, models, *, iou_threshold=0.55):
        self.models = list(models)
        if not self.models:
            raise ValueError("`models` must hold at least one model. Received: none.")
        for place, model in enumerate(self.models):
            if model.semantic_names:
                raise ValueError(
                    "`models` must be without a semantic map, whose mean is not known: a model "
                    "gives the class of each pixel, not its probabilities. Received: models"
                    f"[{place}], {type(model).__name__} with the map of "
                    f"{listed(model.semantic_names)}. Type model.detect(images) for each of them, "
                    "or train and fuse models without `semantic`."
                )
        first = self.models[0]
        for other in self.models[1:]:
            if other.class_names != first.class_names:
                raise ValueError(
                    "`models` must have the same classes in the same order. Received: "
                    f"{list(first.class_names)} and {list(other.class_names)}."
                )
            if other.head_names != first.head_names:
                raise ValueError(
                    "`models` must have the same heads. Received: "
                    f"{type(first).__name__} with {list(first.head_names)} and "
                    f"{type(other).__name__} with {list(other.head_names)}."
                )
            if _keypoints(other) != _keypoints(first):
                raise ValueError(
                    "`models` must have the same keypoints in the same order, of the same classes "
                    f"and with scores of one kind. Received: {_keypoints(first)} and "
                    f"{_keypoints(other)}."
                )
        self.iou_threshold = iou_threshold

    @classmethod
    def from_presets(cls, handles, **options) -> "Ensemble":
        """Load a model from each of several presets; `options` are those of the class."""
        return cls([FasterRCNN.from_preset(handle) for handle in handles], **options)

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the classes, tuple of str."""
        return self.models[0].class_names

    def detect(self, images, *, score_threshold=0.5, batch_size=1) -> list:
        """Find the objects in images, as `MaskRCNN.detect`; a list of `Detections`."""
        check_options(score_threshold, batch_size)
        images = listed_images(images)
        options = {"score_threshold": 0.0, "batch_size": batch_size}
        found = [model.detect(images, **options) for model in self.models]
        fused = [fuse(of_image, self.iou_threshold) for of_image in zip(*found, strict=True)]
        return [one[one.scores >= score_threshold] for one in fused]

    def detect_stream(
        self, images, *, score_threshold=0.5, batch_size=1, with_images=False
    ) -> Generator:
        """Find the objects in images that come one after another, in constant memory.

        As `MaskRCNN.detect_stream`, but for one batch after the other, and with the images as they
        were given: a path stays a path.
        """
        check_options(score_threshold, batch_size)
        return self._stream(streamed_images(images), score_threshold, batch_size, with_images)

    def _stream(self, images, score_threshold, batch_size, with_images):
        while batch := list(itertools.islice(images, batch_size)):
            found = self.detect(batch, score_threshold=score_threshold, batch_size=batch_size)
            yield from zip(batch, found, strict=True) if with_images else found


def _keypoints(model):
    """Return what must be alike for keypoints to have a mean: of each branch that finds some."""
    own = [branch for branch in model.branches if isinstance(branch, KeypointBranch)]
    return [
        {"names": list(one.skeleton.names), "labels": one.labels, "score": one.score} for one in own
    ]
