"""Another number of input channels."""

import keras
import numpy as np
from keras import ops

from keras_maskrcnn.data.checks import check_whole
from keras_maskrcnn.models import FasterRCNN
from keras_maskrcnn.models.trainability import as_built, flags, put, remember
from keras_maskrcnn.models.weights import weight_items


def replace_input(model, in_channels, *, mean=None, std=None) -> FasterRCNN:
    """Make a model for images of more or fewer channels: inflate its first layer, keep the rest.

    With N channels instead of C, the kernels `w` of the first layer become

        w'[c] = C / N * w[c]        for c < C, if N >= C
        w'[c] = C / N * mean(w)     for all others

    so that colour keeps its kernels where there are more channels, and N equal channels give the
    features that C equal channels gave: the other layers find what they know.

    `detect`, and a `Source` of your own for `Loader`, then take uint8 arrays (H, W, N). Image files
    are read as RGB and so are only for models of three channels.

    Args:
        model: `MaskRCNN` or `FasterRCNN`; it is not changed.
        in_channels: int, N.
        mean: per-channel mean of the pixels in 0..255, N numbers. Default: those that the model
            has, and their mean for further channels.
        std: per-channel standard deviation, likewise.

    Returns:
        A new model of the same class, not compiled; what was frozen stays frozen.

    Raises:
        ValueError: for numbers that do not fit, or a backbone whose first layers depend on the
            number of channels in another way than convolutions do.

    Example:

    >>> import numpy as np
    >>> import keras_maskrcnn as km
    >>> model = km.MaskRCNN(km.backbones.ResNet(18, filters=(8, 8, 8, 8)), num_classes=1)
    >>> wide = km.transfer.replace_input(model, 4)
    >>> wide.detect(np.zeros((64, 64, 4), "uint8"))[0].image_size
    (64, 64)

    References:
        Wang et al. 2016, Temporal Segment Networks, section 3.2, for the mean of the RGB kernels;
        timm, `adapt_input_conv`, for the factor 3 / N; Carreira and Zisserman 2017, Quo Vadis
        (I3D), section 2.4, for inflation that keeps the response to repeated input.
    """
    check_whole(1, in_channels=in_channels)
    old = model.backbone.inputs[0].shape[-1]
    with as_built(model):
        config = model.get_config()
        config["backbone"] = _backbone(model.backbone, in_channels)
    normalization = config["image_normalization"]["config"]
    for key, given in (("mean", mean), ("std", std)):
        if given is not None or key in normalization:
            normalization[key] = _fitted(key, normalization.get(key), given, in_channels)
    changed = type(model).from_config(config)
    remember(changed)
    put(changed.parts.values(), flags(model.parts.values()))
    kept = weight_items(model)
    for key, variable in weight_items(changed).items():
        value = ops.convert_to_numpy(kept[key].value)
        if value.shape != tuple(variable.shape):
            value = _inflated(key, value, old, variable)
        variable.assign(value)
    return changed


def _backbone(backbone, in_channels):
    """Make a backbone of the same build but for the channels of its input."""
    config = backbone.get_config()
    if "in_channels" in config:
        return type(backbone).from_config({**config, "in_channels": in_channels})
    images = keras.Input((*backbone.inputs[0].shape[1:3], in_channels), name="images")
    images = keras.tree.map_structure(lambda _: images, backbone.input)
    try:
        return keras.models.clone_model(backbone, input_tensors=images)
    except ValueError as error:
        raise ValueError(
            f"`model.backbone` must take any number of channels. Received: {backbone.name!r}, "
            f"which does not take in_channels={in_channels}: {str(error).splitlines()[0]}"
        ) from error


def _fitted(key, known, given, count):
    if given is None:
        middle = float(np.mean(known))
        known = list(known) if count >= len(known) else []
        return [*known, *[middle] * (count - len(known))]
    if len(given) != count:
        raise ValueError(
            f"`{key}` must hold in_channels={count} numbers. Received: {key}={list(given)}."
        )
    return list(given)


def _inflated(key, kernel, old, variable):
    """Return the kernel (h, w, C, F) for the channels of another one."""
    new = variable.shape[-2] if len(variable.shape) == 4 else None
    if new is None or kernel.shape != (*variable.shape[:2], old, variable.shape[3]):
        raise ValueError(
            "`model.backbone` must be one whose first layers are plain convolutions of the image. "
            f"Received: weight {key!r} of shape {kernel.shape}, for which {tuple(variable.shape)} "
            "is wanted."
        )
    middle = kernel.mean(axis=2, keepdims=True)
    known = kernel if new >= old else kernel[:, :, :0]
    further = np.repeat(middle, new - known.shape[2], axis=2)
    return np.concatenate([known, further], axis=2) * (old / new)
