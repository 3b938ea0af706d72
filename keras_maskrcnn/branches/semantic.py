"""The branch that gives every pixel of the image a class."""

from typing import Self

import keras
from keras import ops
from keras.saving import deserialize_keras_object, serialize_keras_object

from keras_maskrcnn import losses
from keras_maskrcnn.branches.branch import Branch
from keras_maskrcnn.layers.semantic_head import SemanticHead
from keras_maskrcnn.ops.finite import all_finite
from keras_maskrcnn.ops.upsampling import enlarge_bilinear
from keras_maskrcnn.semantics import IGNORED, as_semantic_names


@keras.saving.register_keras_serializable("keras_maskrcnn")
class SemanticBranch(Branch):
    """Gives every pixel a class: a head on the pyramid, and a softmax over the classes.

    It needs no RoIs. The head draws at the scale of the finest level, a quarter of the image with
    "P2"; the logits are enlarged by 4, bilinear, to the image's size, where loss and classes are
    computed.

    Args:
        class_names: the S names of the values 0..S-1 of the map, or S, at most 255. They are the
            map's own: `stuff_values` of `keras_maskrcnn.semantics` says which of them stand for
            objects.
        head: `SemanticHead`, `UNetHead`, or a layer that is given the levels and gives
            `(B, h, w, S)` logits at the finest one's scale. Default: `SemanticHead`.
        loss_weight: factor of its loss. Default 1.
        name: key of the branch in the model's training outputs.
        dtype: dtype policy of the head, if that is made here.

    Learns from "gt_semantic" `(B, H, W)`: the class of each pixel, or 255
    (`keras_maskrcnn.semantics.IGNORED`) where none is known, which has no loss.

    Results: "semantic" `(B, H, W)` uint8, the class of each pixel, also beside the image; of an
    image for which the network computed a NaN it is 255 everywhere. H and W are those of the
    network input, rounded up to multiples of the finest level's stride.

    Raises:
        ValueError: if the head was made for another number of classes.

    Example:

    >>> import keras_maskrcnn as km
    >>> branch = km.branches.SemanticBranch(["sky", "sea"], head=km.SemanticHead(conv_dim=8))
    >>> net = km.backbones.ResNet(18, filters=(8, 8, 8, 8))
    >>> model = km.FasterRCNN(net, num_classes=2, branches=[branch])
    >>> model.loss_names[-1], model.ground_truth
    ('semantic_loss', ('gt_boxes', 'gt_labels', 'gt_semantic'))

    References:
        Kirillov et al. 2019, Panoptic Feature Pyramid Networks, section 3.
    """

    ground_truth = ("gt_semantic",)
    loss_names = ("semantic_loss",)
    measured_as = ("semantic",)

    def __init__(
        self, class_names, head=None, loss_weight=1.0, name="semantic", dtype=None, **kwargs
    ):
        super().__init__(name=name, dtype=dtype, **kwargs)
        self.semantic_names = as_semantic_names(class_names)
        self.head = head or SemanticHead(dtype=dtype)
        self.loss_weight = loss_weight
        count = len(self.semantic_names)
        if self.head.num_semantic_classes is None:
            self.head.num_semantic_classes = count
        if self.head.num_semantic_classes != count:
            raise ValueError(
                f"`head` must have {count} classes, one for each of the names. Received: "
                f"head.num_semantic_classes={self.head.num_semantic_classes}. Leave "
                "`num_semantic_classes` of the head out."
            )

    def build(self, features_shape) -> None:
        if not self.head.built:
            self.head.build(features_shape)
        self.built = True

    @property
    def parts(self) -> dict:
        """The head, under the name that its weights have in a preset."""
        return {"semantic_head": self.head}

    def check_source(self, source) -> None:
        """Raise ValueError if the data set has other semantic maps than the model."""
        given = getattr(source, "semantic_names", None)
        if source is not None and tuple(given or ()) != self.semantic_names:
            found = list(given) if given else "no semantic maps"
            advice = "Type semantic=source.semantic_names for a model of its classes."
            if not given:
                advice = "`km.data.SemanticOfObjects(source)` makes maps of the objects' masks."
            raise ValueError(
                "`source.semantic_names` must be those of the model, in the same order: "
                f"{list(self.semantic_names)}. Received: {found}. {advice}"
            )

    def learn(self, features, rois, batch, training) -> dict:
        """Return the logits `(B, h, w, S)` and the class of each pixel, `(B, H, W)`."""
        logits = self.head(features, training=training)
        return {"logits": logits, "targets": batch["gt_semantic"]}

    def loss(self, outputs) -> dict:
        """Return the average cross-entropy over the pixels that are not ignored."""
        targets = outputs["targets"]
        height, width = ops.shape(targets)[1:3]
        logits = enlarge_bilinear(outputs["logits"], self.head.stride)[:, :height, :width]
        return {"semantic_loss": self.loss_weight * losses.semantic_loss(logits, targets)}

    def results(self, features, found) -> dict:
        """Return the class of each pixel."""
        logits = self.head(features)
        classes = ops.argmax(enlarge_bilinear(logits, self.head.stride), axis=-1)
        finite = all_finite([logits])[:, None, None]
        return {"semantic": ops.cast(ops.where(finite, classes, IGNORED), "uint8")}

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "class_names": list(self.semantic_names),
            "head": serialize_keras_object(self.head),
            "loss_weight": self.loss_weight,
        }

    @classmethod
    def from_config(cls, config) -> Self:
        return cls(**{**config, "head": deserialize_keras_object(config["head"])})
