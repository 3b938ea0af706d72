"""A model that gives every pixel a class, and finds no objects."""

from collections.abc import Generator
from typing import Self

import keras
from keras.saving import deserialize_keras_object, serialize_keras_object

from keras_maskrcnn.data.resizing import ImageResizer
from keras_maskrcnn.layers.feature_pyramid import FeaturePyramid
from keras_maskrcnn.models import detection, training_data
from keras_maskrcnn.models.assembly import (
    build_semantic,
    check_channels,
    normalization_of,
    pyramid_outputs,
    semantic_branch,
)
from keras_maskrcnn.models.generalized_rcnn import as_inputs
from keras_maskrcnn.models.image_model import ImageModel
from keras_maskrcnn.ops.tensor import Tensor

LAYERS = ("backbone", "image_normalization", "feature_pyramid")


@keras.saving.register_keras_serializable("keras_maskrcnn")
class FCN(ImageModel):
    """Semantic segmentation on a feature pyramid: a fully convolutional network.

    A backbone, a pyramid and a `keras_maskrcnn.branches.SemanticBranch`: what is left of
    `PanopticFPN` without proposals and boxes. With a `UNetHead` it is a U-Net.

    `compile(optimizer)` and `fit` train it on a `km.data.Loader` of a source with semantic maps:
    the loss is inside, so `compile` takes none. `detect` runs it on images.

    Args:
        backbone: `keras.Model` from `(B, H, W, C)` images to a dict of maps "P2".."P5", such as
            `ResNet` or what `pyramid_from` makes.
        semantic: the S names of the map's values 0..S-1, such as `source.semantic_names`, or S; or
            a `SemanticBranch`.
        image_resizer: `ImageResizer` (or its config) that `detect` applies. Default: shorter side
            800, longer at most 1333 pixels. `fit` makes it that of the training data.
        image_normalization: `ImageNormalization`. Default: the mean and deviation that the
            backbone learnt with, in most ImageNet's.
        feature_pyramid: `FeaturePyramid`. Default: 256 channels on every level.
        name: of the Keras model.
        dtype: dtype policy to compute in, such as "mixed_bfloat16", of the layers that are made.

    Call arguments:
        inputs: dict of "images" `(B, H, W, C)` in 0..255 and "image_sizes" `(B, 2)` height and
            width of each image inside the padded batch; a bare tensor means unpadded images. For
            training also "gt_semantic" `(B, H, W)`, 255 where nothing is known.
        training: Keras' flag.

    Returns:
        Without ground truth "semantic" `(B, H, W)` uint8, the class of each pixel, see
        `SemanticBranch`; with ground truth, what the loss reads.

    Raises:
        ValueError: if the backbone gives no dict of levels.

    Example:

    >>> import numpy as np
    >>> import keras_maskrcnn as km
    >>> net = km.backbones.ResNet(18, filters=(8, 8, 16, 16))
    >>> pyramid = km.FeaturePyramid(16, extra_level=False)
    >>> model = km.FCN(net, ["sky", "sea"], feature_pyramid=pyramid)
    >>> found = model.detect(np.zeros((48, 64, 3), "uint8"))[0]
    >>> found.semantic.shape, found.semantic_names, len(found)
    ((48, 64), ('sky', 'sea'), 0)

    References:
        Long et al. 2015, Fully Convolutional Networks for Semantic Segmentation; Kirillov et al.
        2019, Panoptic Feature Pyramid Networks, section 3.
    """

    class_names = ()
    num_classes = 0

    def __init__(
        self,
        backbone,
        semantic,
        *,
        image_resizer=None,
        image_normalization=None,
        feature_pyramid=None,
        name="fcn",
        dtype=None,
    ):
        super().__init__(name=name, dtype=dtype, autocast=False)
        pyramid_outputs(backbone)
        if isinstance(image_resizer, dict):
            image_resizer = ImageResizer.from_config(image_resizer)
        self.image_resizer = image_resizer or ImageResizer()
        self.backbone = backbone
        self.image_normalization = image_normalization or normalization_of(backbone, dtype)
        self.feature_pyramid = feature_pyramid or FeaturePyramid(extra_level=False, dtype=dtype)
        self.branches = [semantic_branch(semantic, 1.0, dtype)]
        self.loss_trackers = [keras.metrics.Mean(name=key) for key in self.loss_names]
        check_channels(self)
        self.build()
        # Keras runs `predict` of a model that was not compiled op by op, which JAX does slowly.
        self.jit_compile = keras.backend.backend() == "jax"

    def build(self, input_shape=None) -> None:
        build_semantic(self)
        self.built = True

    @property
    def parts(self) -> dict:
        """Dict of the layers that hold weights, by their place in the keys of the weights."""
        layers = {key: getattr(self, key) for key in LAYERS} | self.branches[0].parts
        return {key: layer for key, layer in layers.items() if layer.weights}

    @property
    def head_names(self) -> tuple:
        """The parts that are heads."""
        return tuple(self.branches[0].parts)

    @property
    def semantic_names(self) -> tuple:
        """The names of the values of the semantic map, tuple of str."""
        return self.branches[0].semantic_names

    @property
    def loss_names(self) -> tuple:
        """The losses in the logs, tuple of str."""
        return self.branches[0].loss_names

    @property
    def ground_truth(self) -> tuple:
        """The keys of a batch that training needs beside the images, tuple of str."""
        return self.branches[0].ground_truth

    def call(self, inputs, training=False) -> dict:
        inputs, branch = as_inputs(inputs), self.branches[0]
        images = self.image_normalization(inputs["images"], inputs["image_sizes"])  # (B, H, W, C)
        levels = self.backbone(images, training=training)
        pyramid = self.feature_pyramid(levels, training=training)
        features = {level: pyramid[level] for level in levels}
        if set(branch.ground_truth) <= set(inputs):
            return {branch.name: branch.learn(features, {}, inputs, training)}
        return branch.results(features, {})

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ) -> Tensor:
        """Return the loss, which also goes to the logs under its own name."""
        branch = self.branches[0]
        if not isinstance(y_pred.get(branch.name), dict):
            raise training_data.no_ground_truth(self, x)
        values = branch.loss(y_pred[branch.name])
        for tracker in self.loss_trackers:
            tracker.update_state(values[tracker.name])
        return sum([*values.values(), *self.losses])

    def detect(self, images, *, score_threshold=0.5, batch_size=1) -> list:
        """Give each pixel of images of any size its class.

        Args:
            images: as of `FasterRCNN.detect`.
            score_threshold: of objects, which are not found: there so that all models can be called
                alike.
            batch_size: images that run at once; those that pad to one size go together.

        Returns:
            List of `Detections` without objects, one per image, whose `semantic` is the map.

        Raises:
            ValueError: as `FasterRCNN.detect`.
        """
        return detection.detect(self, images, score_threshold, batch_size)

    def detect_stream(
        self, images, *, score_threshold=0.5, batch_size=1, prefetch=2, with_images=False
    ) -> Generator:
        """Give each pixel its class in images that come one after another.

        Args:
            images, batch_size, prefetch, with_images: as of `FasterRCNN.detect_stream`.
            score_threshold: as of `detect`.

        Returns:
            Generator of `Detections` without objects, or of pairs of image and `Detections`.
        """
        return detection.detect_stream(
            self, images, score_threshold, batch_size, prefetch, with_images
        )

    def get_config(self) -> dict:
        return {
            "name": self.name,
            "dtype": serialize_keras_object(self.dtype_policy),
            "semantic": serialize_keras_object(self.branches[0]),
            "image_resizer": self.image_resizer.get_config(),
            **{key: serialize_keras_object(getattr(self, key)) for key in LAYERS},
        }

    @classmethod
    def from_config(cls, config) -> Self:
        own = {"image_resizer", "name"}  # are no Keras objects
        made = {k: v if k in own else deserialize_keras_object(v) for k, v in config.items()}
        return cls(**made)
