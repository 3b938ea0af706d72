"""ImageNormalization layer."""

import keras
from keras import ops

from keras_maskrcnn.ops.tensor import Tensor


@keras.saving.register_keras_serializable("keras_maskrcnn")
class ImageNormalization(keras.layers.Layer):
    """Turns RGB pixels of 0..255 into network input; padding becomes exactly 0.

    Args:
        mean: per-channel mean of the pixels. Default ImageNet's, in 0..255.
        std: per-channel standard deviation. Default ImageNet's, in 0..255.
        per_image: standardise each image by the mean and deviation of its own pixels (all
            channels together, padding excluded) instead; `mean` and `std` are then not used.
            For pictures whose brightness carries no meaning, such as microscopy.
        min_std: lower bound of a per-image deviation, so that an empty dark image does not
            become pure noise. In units of 0..255.

    Call arguments:
        images: `(B, H, W, C)` uint8 or float pixels.
        image_sizes: `(B, 2)` height and width of each image, the rest being padding.

    Returns:
        `(B, H, W, C)` in the layer's compute dtype.

    Example:

    >>> import numpy as np
    >>> from keras_maskrcnn.layers import ImageNormalization
    >>> layer = ImageNormalization(mean=(10.0,), std=(2.0,))
    >>> images = layer(np.full((1, 1, 2, 1), 14.0), np.array([[1, 1]]))
    >>> np.asarray(images)[0, 0, :, 0].tolist()
    [2.0, 0.0]
    """

    def __init__(
        self,
        mean=(123.675, 116.28, 103.53),
        std=(58.395, 57.12, 57.375),
        per_image=False,
        min_std=4.0,
        **kwargs,
    ):
        kwargs.setdefault("autocast", False)
        super().__init__(**kwargs)
        self.mean = tuple(map(float, mean))
        self.std = tuple(map(float, std))
        self.per_image = per_image
        self.min_std = min_std
        self.built = True

    def call(self, images, image_sizes) -> Tensor:
        images = ops.cast(images, "float32")
        inside = _inside(images, image_sizes)
        if self.per_image:
            count = ops.sum(inside, axis=(1, 2, 3), keepdims=True) * images.shape[-1]
            count = ops.maximum(count, 1.0)
            mean = ops.sum(images * inside, axis=(1, 2, 3), keepdims=True) / count
            squares = ops.sum(ops.square(images - mean) * inside, axis=(1, 2, 3), keepdims=True)
            std = ops.maximum(ops.sqrt(squares / count), self.min_std)
        else:
            mean = ops.convert_to_tensor(self.mean, "float32")
            std = ops.convert_to_tensor(self.std, "float32")
        return ops.cast((images - mean) / std * inside, self.compute_dtype)

    def compute_output_spec(self, images, image_sizes) -> keras.KerasTensor:
        return keras.KerasTensor(images.shape, self.compute_dtype)

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "mean": self.mean,
            "std": self.std,
            "per_image": self.per_image,
            "min_std": self.min_std,
        }


def _inside(images, image_sizes):
    height, width = ops.shape(images)[1:3]
    rows = ops.expand_dims(ops.arange(height), 0) < ops.cast(image_sizes[:, 0:1], "int32")
    columns = ops.expand_dims(ops.arange(width), 0) < ops.cast(image_sizes[:, 1:2], "int32")
    inside = ops.logical_and(ops.expand_dims(rows, 2), ops.expand_dims(columns, 1))
    return ops.cast(ops.expand_dims(inside, -1), "float32")
