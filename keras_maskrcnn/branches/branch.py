"""What a model asks of a head that stands beside the box head."""

import keras
import numpy as np

from keras_maskrcnn.skeletons import Skeleton


class Branch(keras.layers.Layer):
    """A head with all that is its own: crops, targets, loss and results. A model only calls it.

    Subclass it, and register the subclass with `keras.saving.register_keras_serializable`, to add
    a task to `FasterRCNN(..., branches=[...])`; `MaskBranch` is the example to read. A branch that
    needs no RoIs, such as a semantic map, reads the features and leaves them alone. Several
    branches stand side by side if their names differ.

    What is not given here is Keras': sub-layers are made in `__init__`, `build(features_shape)`
    takes a dict from level to the shape `(B, h, w, C)`, and `get_config` holds the arguments.

    Attributes:
        name: str, the key of the branch in the model's training outputs.
        ground_truth: tuple of str, keys of the batch that `learn` reads, beside "gt_boxes" and
            "gt_labels".
        loss_names: tuple of str, the keys of what `loss` gives, which are logged.
        final_layers: tuple of str, places (part and layer, as in the keys of the weights) of the
            layers whose shape depends on the number of classes: `replace_heads` renews them.
        fields: tuple of str, keys of what `results` gives with a row for each detection, to be
            found in the `fields` of `Detections`.
        skeleton: `Skeleton` of the keypoints that it finds, None if it finds none.
        measured_as: tuple of str, the kinds of result that its results are measured as, of
            `keras_maskrcnn.evaluation.kinds`; () if they are not measured.
        semantic_names: tuple of str, names of the values of the map "semantic" that it gives, ()
            if it gives none.
    """

    ground_truth: tuple[str, ...] = ()
    loss_names: tuple[str, ...] = ()
    final_layers: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    measured_as: tuple[str, ...] = ()
    skeleton: Skeleton | None = None
    semantic_names: tuple[str, ...] = ()

    def __init__(self, **kwargs):
        kwargs.setdefault("autocast", False)
        super().__init__(**kwargs)

    @property
    def parts(self) -> dict:
        """Dict of the layers that hold weights; their names begin the keys of the weights."""
        return {self.name: self}

    def take_classes(self, num_classes) -> None:
        """Take the model's K foreground classes, before `build`.

        Raises:
            ValueError: if a layer was made for another number.
        """

    def check_source(self, source) -> None:
        """Raise ValueError unless the objects of a data set are what the branch learns from.

        Args:
            source: `keras_maskrcnn.data.Source`, or None where the data has none.
        """

    def learn(self, features, rois, batch, training) -> dict:
        """Return what `loss` reads.

        Args:
            features: dict from level to `(B, h, w, C)` feature map, of the pyramid's levels that
                RoIs are cropped from.
            rois: dict of the sampled proposals that have an object, padded: "proposals"
                `(B, S, 4)`, "labels" `(B, S)`, "matched" `(B, S)` int32 into the G objects,
                "matched_boxes" `(B, S, 4)`, and "valid" `(B, S)` bool, False for padding.
            batch: dict of the inputs, with the `ground_truth`.
            training: Keras' flag.

        Returns:
            Dict of tensors.
        """
        raise NotImplementedError(f"{type(self).__name__} must have a method `learn`.")

    def loss(self, outputs) -> dict:
        """Return the scalar losses by name, of what `learn` gave."""
        raise NotImplementedError(f"{type(self).__name__} must have a method `loss`.")

    def in_image(self, key, values, move) -> np.ndarray:
        """Return the values of a field in the pixels of the original image.

        Args:
            key: one of `fields`.
            values: NumPy array with a row for each of the n detections of one image.
            move: function that takes points (m, 2) x, y of the network input and returns where they
                lie in the image. Default: the values hold no coordinates and stay what they are.
        """
        return values

    def results(self, features, found) -> dict:
        """Return what the model gives beside boxes and labels.

        Args:
            features: as of `learn`.
            found: dict of the detections: "boxes" `(B, D, 4)`, "scores", "labels" and "valid"
                `(B, D)`.

        Returns:
            Dict of tensors `(B, ...)`, for each detection `(B, D, ...)`.
        """
        raise NotImplementedError(f"{type(self).__name__} must have a method `results`.")
