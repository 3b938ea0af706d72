"""Our side of every benchmark: functions that prepare a call and return it as a `Case`."""

from dataclasses import dataclass

import keras
import numpy as np
from keras import ops

import keras_maskrcnn as km
from cases import device, inputs
from cases.sizes import QUICK, SIZES, STRIDES, TRAIN_GPU, train_batch
from keras_maskrcnn import ops as km_ops
from keras_maskrcnn.ops.keypoints import keypoint_peaks as peaks_of


@dataclass
class Case:
    """Something to time.

    run: does it once and returns when the device is done; images: how many that takes, 0 if none;
    least_bytes: that must be read and written at least; operations: floating point, if known;
    answer: gives what both sides of a comparison must agree on.
    """

    run: callable
    images: int = 1
    least_bytes: int = 0
    operations: int = 0
    answer: callable = None


def _roi_align_inputs(batch, count, dtype):
    features = [ops.convert_to_tensor(x, dtype) for x in inputs.pyramid(batch)]
    boxes = inputs.batch_of_boxes(batch, count)
    levels = ops.convert_to_tensor(km_ops.assign_levels(boxes) - 2)
    crops = batch * count * 7 * 7 * SIZES.channels
    size = keras.backend.standardize_dtype(dtype)
    width = {"float32": 4, "bfloat16": 2}[size]
    cells = sum(int(np.prod(f.shape)) for f in features)
    return (features, ops.convert_to_tensor(boxes), levels), cells * width, crops * width


def _pooled(features, boxes, levels):
    return km_ops.roi_align(features, STRIDES, boxes, levels, 7)


def roi_align(batch=1, dtype="float32"):
    """1000 boxes of each image, 7 x 7 bins, four levels of 256 channels."""
    arguments, maps, crops = _roi_align_inputs(batch, SIZES.boxes, dtype)
    call = device.compiled(_pooled)
    return Case(lambda: call(*arguments), batch, maps + crops)


def roi_align_gradient(batch=1, dtype="float32"):
    """512 boxes of each image, as in training: forward and the gradient by the maps."""
    arguments, maps, crops = _roi_align_inputs(batch, SIZES.training_boxes, dtype)
    call = device.compiled_gradient(_pooled)
    return Case(lambda: call(*arguments), batch, 2 * (maps + crops))


def nms():
    """1000 boxes, threshold 0.7."""
    arguments = [inputs.boxes(SIZES.boxes), inputs.scores(SIZES.boxes)]
    arguments = [ops.convert_to_tensor(x) for x in arguments]
    call = device.compiled(lambda boxes, scores: km_ops.nms(boxes, scores, 0.7))

    def kept():
        indices, kept = (ops.convert_to_numpy(x) for x in call(*arguments))
        return indices[kept].tolist()

    return Case(lambda: call(*arguments), answer=kept)


def proposal_layer():
    """What the RPN gives for one image on five levels, 1000 proposals."""
    logits, deltas = inputs.rpn_outputs()
    layer = km.ProposalLayer(SIZES.boxes, SIZES.boxes)
    sides = [(1, *(-(-side // 2**k) for side in SIZES.padded), 1) for k in range(2, 7)]
    anchors = km.AnchorGenerator()({f"P{k}": np.zeros(s) for k, s in enumerate(sides, 2)})
    logits = {level: ops.convert_to_tensor(x) for level, x in logits.items()}
    deltas = {level: ops.convert_to_tensor(x) for level, x in deltas.items()}
    sizes = ops.convert_to_tensor(np.array([SIZES.image], "int32"))
    return Case(device.compiled_layer(layer, logits, deltas, anchors, sizes))


def mask_head():
    """100 crops of 14 x 14 x 256."""
    shape = (1, SIZES.masks, 14, 14, SIZES.channels)
    crops = ops.convert_to_tensor(np.random.default_rng(7).standard_normal(shape, "float32"))
    head = km.MaskHead(SIZES.classes, conv_dims=(SIZES.channels,) * 4)
    return Case(device.compiled_layer(head, crops))


def keypoint_head():
    """Heatmaps of 17 keypoints for 100 crops of 14 x 14 x 256: eight convolutions of 512."""
    shape = (1, SIZES.masks, 14, 14, SIZES.channels)
    crops = ops.convert_to_tensor(np.random.default_rng(7).standard_normal(shape, "float32"))
    return Case(device.compiled_layer(km.KeypointHead(17, conv_dims=SIZES.keypoint_dims), crops))


def keypoint_peaks():
    """Where 17 heatmaps of 56 x 56 are highest, to the pixel, of each of 100 boxes."""
    shape = (1, SIZES.masks, 56, 56, 17)
    maps = ops.convert_to_tensor(np.random.default_rng(8).standard_normal(shape, "float32"))
    boxes = ops.convert_to_tensor(inputs.batch_of_boxes(1, SIZES.masks))
    call = device.compiled(peaks_of)
    return Case(lambda: call(maps, boxes))


def model(dtype, proposals=SIZES.boxes, classes=SIZES.classes):
    """R50-FPN with random weights whose scores are spread, so that it fills its 100 detections."""
    keras.utils.set_random_seed(0)
    if QUICK:
        return _tiny_model(dtype)
    layer = km.ProposalLayer(proposals, proposals)
    backbone = km.backbones.ResNet(50, dtype=dtype)
    made = km.MaskRCNN(backbone, classes, dtype=dtype, proposal_layer=layer)
    return _spread(made)


def keypoint_model(dtype):
    """Keypoint R-CNN of 17 keypoints, likewise."""
    keras.utils.set_random_seed(0)
    if QUICK:
        head = km.KeypointHead(conv_dims=SIZES.keypoint_dims, dtype=dtype)
        return km.KeypointRCNN(
            km.backbones.ResNet(18, filters=(8, 8, 8, 8), dtype=dtype),
            keypoints=km.branches.KeypointBranch(17, head=head),
            dtype=dtype,
            feature_pyramid=km.FeaturePyramid(8, dtype=dtype),
            proposal_layer=km.ProposalLayer(40, 20),
            box_head=km.BoxHead(1, dense_dims=(16,), dtype=dtype),
            detection_layer=km.DetectionLayer(max_detections=8),
        )
    return _spread(km.KeypointRCNN(km.backbones.ResNet(50, dtype=dtype), dtype=dtype))


def _spread(made):
    """The model with spread scores, and activations that stay small."""
    for weight in made.backbone.weights:
        if weight.path.endswith("_3_bn/gamma"):  # keeps the activations of a random network small
            weight.assign(0.2 * weight)
    kernel = made.box_head.class_logits.kernel
    kernel.assign(kernel * 60.0)
    return made


def _tiny_model(dtype):
    from keras_maskrcnn.targets import AnchorTargets, ProposalTargets

    return km.MaskRCNN(
        km.backbones.ResNet(18, filters=(8, 8, 8, 8), dtype=dtype),
        SIZES.classes,
        dtype=dtype,
        feature_pyramid=km.FeaturePyramid(8, dtype=dtype),
        proposal_layer=km.ProposalLayer(40, 20),
        box_head=km.BoxHead(SIZES.classes, dense_dims=(16,), dtype=dtype),
        mask_head=km.MaskHead(SIZES.classes, conv_dims=(8,), dtype=dtype),
        detection_layer=km.DetectionLayer(max_detections=8),
        anchor_targets=AnchorTargets(samples=32, seed=1),
        proposal_targets=ProposalTargets(samples=16, seed=2),
    )


def predict(batch, dtype, square=None, **options):
    """`predict_on_batch`, from host memory to results in host memory.

    Of 800 x 1066 images, or of squares of that many pixels; `options` are those of `model`.
    """
    return _predict(model(dtype, **options), batch, square)


def keypoint_predict(batch, dtype):
    """As `predict`, with keypoints in place of masks."""
    return _predict(keypoint_model(dtype), batch)


def _predict(made, batch, square=None):
    image, padded = ((square, square),) * 2 if square else (SIZES.image, SIZES.padded)
    pixels, _ = inputs.images(batch, image, padded)
    arguments = {"images": pixels, "image_sizes": np.tile(np.array([image], "int32"), (batch, 1))}

    def found():
        return int(np.asarray(made.predict_on_batch(arguments)["valid"]).sum())

    return Case(lambda: made.predict_on_batch(arguments), batch, answer=found)


def train(batch, dtype):
    """`train_on_batch` with SGD, from host memory to the loss in host memory."""
    if batch == TRAIN_GPU and not device.on_gpu():
        raise NotImplementedError("a training batch of this size needs a GPU")
    made = model(dtype)
    made.compile(keras.optimizers.SGD(1e-4, momentum=0.9))
    shape = train_batch(batch)
    arguments = inputs.training_batch(*shape)
    return Case(lambda: made.train_on_batch(arguments), shape[0])


def loader(augment):
    """All batches of 8 of an epoch of JPEG photos: read, augmented ("usual" or "all"), padded."""
    folder = inputs.coco_folder()
    count, _, _, canvas = SIZES.loader
    source = km.data.open_source(f"{folder.name}/annotations.json", f"{folder.name}/images")
    names = ["flip", "scale", "crop", "brightness", "contrast"]
    names = names if augment == "usual" else list(km.data.AUGMENTATION_NAMES)
    batches = km.data.Loader(source, min(8, count), canvas, augment=names)

    def run():
        for index in range(len(batches)):
            batches[index]
        return folder  # which lives as long as this function

    return Case(run, count)


def copy():
    """A large array copied on the device."""
    array = ops.ones((SIZES.copied // 4,), "float32")
    call = device.compiled(lambda x: x + 1.0)
    return Case(lambda: call(array), 0, least_bytes=2 * SIZES.copied)


def matmul():
    """A large bfloat16 matrix product."""
    side = SIZES.matmul
    array = ops.ones((side, side), "bfloat16")
    call = device.compiled(lambda x: ops.matmul(x, x))
    return Case(lambda: call(array), 0, operations=2 * side**3)
