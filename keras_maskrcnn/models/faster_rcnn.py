"""The Faster R-CNN model, which branches add masks and other results to."""

from collections.abc import Generator
from typing import Self

import keras
from keras.saving import deserialize_keras_object, serialize_keras_object

from keras_maskrcnn.data.resizing import ImageResizer
from keras_maskrcnn.models import detection, on_backbone
from keras_maskrcnn.models.assembly import (
    branches_of,
    build_layers,
    check_channels,
    checked_names,
    completed,
    pyramid_outputs,
)
from keras_maskrcnn.models.generalized_rcnn import LAYERS, RPN_LAYERS, GeneralizedRCNN


@keras.saving.register_keras_serializable("keras_maskrcnn")
class FasterRCNN(GeneralizedRCNN):
    """Faster R-CNN with a feature pyramid: boxes and classes of the objects in images.

    Two stages. The region proposal network scores anchors on every level of the pyramid and
    refines the best into proposals. RoIAlign crops each proposal's features; a head classifies it
    and refines its box. `branches` add results to the boxes: `MaskRCNN` is this with a
    `keras_maskrcnn.branches.MaskBranch`.

    `compile(optimizer)` and `fit` train it: the losses are inside and are logged by name, so
    `compile` takes no loss. `detect` runs it on images, `detect_stream` on a video.

    Coordinates: xyxy float32 pixels of the padded network input in `call`; pixels of the original
    image in `detect`.

    Args:
        backbone: `keras.Model` from `(B, H, W, C)` images to a dict of maps "P2".."P5", such as
            `ResNet` or what `pyramid_from` makes.
        num_classes: K, foreground classes without background.
        class_names: K names; label k is `class_names[k - 1]`. Default "class 1", "class 2", ...
        image_resizer: `ImageResizer` (or its config) that `detect` applies. Default: shorter side
            800, longer at most 1333 pixels. `fit` makes it that of the training data.
        image_normalization: `ImageNormalization`. Default: the mean and deviation that the
            backbone learnt with, in most ImageNet's.
        feature_pyramid: `FeaturePyramid`. Default: 256 channels on every level.
        anchor_generator: `AnchorGenerator`. Default: sides of 32 to 512 pixels on "P2" to "P6",
            three ratios.
        rpn_head: `RPNHead`. Default: as many anchors a cell as the anchor generator has.
        proposal_layer: `ProposalLayer`. Default: 1000 proposals an image.
        box_roi_align: `RoIAlign`. Default: 7 x 7 bins.
        box_head: `BoxHead`. Default: two dense layers of 1024.
        detection_layer: `DetectionLayer`. Default: the best 100. Its `box_weights` are those of the
            box head's deltas.
        anchor_targets: `AnchorTargets`: which anchors the RPN learns from. Default: 256 an image.
        proposal_targets: `ProposalTargets`: which proposals the heads learn from. Default: 512 an
            image.
        branches: list of `keras_maskrcnn.branches.Branch`, of different names.
        rpn: False makes a model without a region proposal network (Fast R-CNN): proposals come with
            the images, `anchor_generator`, `rpn_head`, `proposal_layer` and `anchor_targets` are
            not there, and their losses neither. Default True.
        name: of the Keras model.
        dtype: dtype policy to compute in, such as "mixed_bfloat16", of the layers that are not
            given. Default: Keras' own.

    Each of the layers may be replaced by one of the same class with other arguments, or by one of
    your own that has its methods.

    Call arguments:
        inputs: dict of "images" `(B, H, W, C)` in 0..255 and "image_sizes" `(B, 2)` height and
            width of each image inside the padded batch; a bare tensor means unpadded images. Where
            an image does not lie in the top left corner, "windows" `(B, 4)` says where, and
            detections are clipped to it. For training also "gt_boxes" `(B, G, 4)`, "gt_labels"
            `(B, G)` (0 is padding) and the `ground_truth` of the branches. "proposals"
            `(B, R, 4)` replace those of the region proposal network, in training too, where its
            losses then are not computed; rows without area are padding. At inference "boxes"
            `(B, D, 4)`, padding last, are kept instead of refined: row d of the results is row d of
            them, with its likeliest class, whatever its score.
        training: Keras' flag.

    Returns:
        Without ground truth, detections, best first: "boxes" `(B, D, 4)`, "scores" `(B, D)`,
        "labels" `(B, D)`, "valid" `(B, D)`, and the branches' results. All scores of an image are
        NaN if the network computed a NaN, as it does once weights have diverged. With ground truth,
        what the losses read.

    Raises:
        ValueError: if the backbone gives no dict of levels, or numbers of classes disagree.

    Example:

    >>> from keras_maskrcnn import FasterRCNN
    >>> from keras_maskrcnn.backbones import ResNet
    >>> model = FasterRCNN(ResNet(18, filters=(8, 8, 16, 16)), num_classes=2)
    >>> sorted(model.parts)
    ['backbone', 'box_head', 'feature_pyramid', 'rpn_head']

    References:
        Ren et al. 2015, Faster R-CNN; Lin et al. 2017, Feature Pyramid Networks.
    """

    def __init__(
        self,
        backbone,
        num_classes,
        *,
        class_names=None,
        image_resizer=None,
        image_normalization=None,
        feature_pyramid=None,
        anchor_generator=None,
        rpn_head=None,
        proposal_layer=None,
        box_roi_align=None,
        box_head=None,
        detection_layer=None,
        anchor_targets=None,
        proposal_targets=None,
        branches=(),
        rpn=True,
        name="faster_rcnn",
        dtype=None,
    ):
        given = {key: value for key, value in locals().items() if key in LAYERS}
        super().__init__(name=name, dtype=dtype, autocast=False)
        pyramid_outputs(backbone)
        self.num_classes = num_classes
        self.class_names = checked_names(class_names, num_classes)
        if isinstance(image_resizer, dict):
            image_resizer = ImageResizer.from_config(image_resizer)
        self.image_resizer = image_resizer or ImageResizer()
        for key, layer in completed(given, dtype, () if rpn else RPN_LAYERS).items():
            setattr(self, key, layer)
        self.branches = branches_of(branches)
        self.loss_trackers = [keras.metrics.Mean(name=key) for key in self.loss_names]
        check_channels(self)
        self.build()
        # Keras runs `predict` of a model that was not compiled op by op, which JAX does slowly.
        self.jit_compile = keras.backend.backend() == "jax"

    def build(self, input_shape=None) -> None:
        build_layers(self)
        self.built = True

    def detect(
        self, images, *, score_threshold=0.5, batch_size=1, proposals=None, refine=False
    ) -> list:
        """Find the objects in images of any size, or say what is in boxes that are given.

        Given boxes, the region proposal network does not run. By default each box is kept as it is:
        there is one detection for each, in the given order, with the likeliest class, its score,
        however low, and what the branches find in it, such as the mask. Nothing is suppressed.
        With `refine=True` they are proposals as in Fast R-CNN: refined, suppressed and sorted by
        score, as those of the network's own.

        Args:
            images: uint8 RGB array `(H, W, 3)`, a path, a PIL image, or a list of these. A model of
                C channels takes arrays `(H, W, C)` only.
            score_threshold: lowest score that is returned, in 0..1. Below the `score_threshold`
                of the detection layer (0.05 unless set) there is nothing to return. It does not
                apply to boxes that are kept.
            batch_size: images that run at once; those that pad to one size go together.
            proposals: boxes of an image, (n, 4) xyxy in its own pixels, or a list of these for a
                list of images. What lies outside of the image is cut off.
            refine: whether given boxes are moved and chosen among, and not kept.

        Returns:
            List of `Detections`, one per image, in the pixels of that image.

        Raises:
            ValueError: for an array that is no image, a file that cannot be read, an argument out
                of its range, or if the network gives NaN, as weights do that have diverged. For a
                box that is not finite or has no area within its image, and where a model made with
                `rpn=False` is given none.
        """
        options = score_threshold, batch_size
        return detection.detect(self, images, *options, proposals, refine)

    def detect_stream(
        self, images, *, score_threshold=0.5, batch_size=1, prefetch=2, with_images=False
    ) -> Generator:
        """Find the objects in images that come one after another, such as the frames of a video.

        What `detect` finds, image by image and in constant memory, also if the images never end.
        Threads read, resize and pad the next images while the device is busy. Images that follow
        one another and pad to one size share a batch; a batch that is not full is filled up with
        copies.

        Closing the generator ends its threads. So does an error, of the images or of whoever uses
        the results; the detections of the images before a bad one come first.

        Args:
            images: iterable of uint8 RGB arrays `(H, W, 3)`, paths or PIL images. A thread
                iterates it. An array must not be changed after it was handed over.
            score_threshold: lowest score that is returned, in 0..1, as in `detect`.
            batch_size: images that run at once. More than 1 has the first wait for the others.
            prefetch: batches that are prepared ahead. At most `(prefetch + 2) * batch_size` images
                have been taken whose detections are not out yet.
            with_images: give each image with its detections: what is drawn on need not be read a
                second time.

        Returns:
            Generator of `Detections`, one per image, in order, in the pixels of that image; or of
            pairs of the image, uint8 `(H, W, 3)`, and its `Detections`.

        Raises:
            ValueError: as `detect`.

        Example:

        >>> from keras_maskrcnn import MaskRCNN
        >>> from keras_maskrcnn.data import ShapesSource
        >>> model = MaskRCNN.from_preset("mask_rcnn_tiny_shapes")
        >>> frames = (sample.image for sample in ShapesSource(2, seed=2024))
        >>> for image, found in model.detect_stream(frames, with_images=True):
        ...     print(image.shape, found.image_size, len(found) > 0)
        (128, 128, 3) (128, 128) True
        (128, 128, 3) (128, 128) True
        """
        return detection.detect_stream(
            self, images, score_threshold, batch_size, prefetch, with_images
        )

    @classmethod
    def from_backbone(cls, handle, class_names, *, load_weights=True, **layers) -> Self:
        """Build an untrained model on a backbone that was trained to classify images.

        On an `EfficientNetLite` pyramid and heads are narrow, so that the model is quick on a CPU;
        on any other backbone they are the defaults of the class. Batch normalisation of the
        backbone is frozen.

        Args:
            handle: preset of a backbone, such as "efficientnet_lite0_imagenet", which comes along.
            class_names: names of the K foreground classes, in label order.
            load_weights: False leaves those of the backbone random, too; nothing is downloaded.
            layers: further arguments of the class, in place of those chosen here.

        Raises:
            ValueError: for an unknown name, or a preset that holds no backbone.

        Example:

        >>> from keras_maskrcnn import MaskRCNN
        >>> model = MaskRCNN.from_backbone("efficientnet_lite0_imagenet", ["balloon"])
        >>> model.class_names, model.feature_pyramid.filters
        (('balloon',), 96)
        """
        return on_backbone.build(cls, handle, class_names, load_weights, layers)

    def get_config(self) -> dict:
        config = {
            "name": self.name,
            "dtype": serialize_keras_object(self.dtype_policy),
            "num_classes": self.num_classes,
            "class_names": list(self.class_names),
            "image_resizer": self.image_resizer.get_config(),
            **{key: serialize_keras_object(layer) for key, layer in self.sublayers.items()},
        }
        if self.branches:
            config["branches"] = [serialize_keras_object(branch) for branch in self.branches]
        return config if self.has_rpn else config | {"rpn": False}

    @classmethod
    def from_config(cls, config) -> Self:
        own = {"image_resizer"}  # is no Keras object
        return cls(**{k: v if k in own else _deserialized(v) for k, v in config.items()})


def _deserialized(value):
    if isinstance(value, list):
        return [_deserialized(one) for one in value]
    return deserialize_keras_object(value) if isinstance(value, dict) else value
