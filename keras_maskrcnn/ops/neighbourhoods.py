"""The cells around a few cells of a feature pyramid, for what is wanted at those alone.

Shapes: B images, H W feature map, C channels, S cells per image (`keras_maskrcnn.ops`).
"""

import numpy as np
from keras import ops

from keras_maskrcnn.ops.tensor import Tensor


def neighbourhoods(features, cells) -> Tensor:
    """3x3 neighbourhoods of some cells, as a 3x3 convolution of padding "same" reads them.

    Args:
        features: list of `(B, H, W, C)` feature maps.
        cells: `(B, S)` indices into the cells of all maps, one map after another, row by row.

    Returns:
        `(B, S, 9, C)`, y before x; 0 beyond the border.

    >>> from keras import ops
    >>> row = ops.reshape(ops.arange(1.0, 4.0), (1, 1, 3, 1))
    >>> found = neighbourhoods([row], ops.array([[0]]))
    >>> ops.convert_to_numpy(found)[0, 0, :, 0].tolist()
    [0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 0.0, 0.0, 0.0]
    """
    step_y = ops.convert_to_tensor(np.repeat([-1, 0, 1], 3), "int32")  # (9,)
    step_x = ops.convert_to_tensor(np.tile([-1, 0, 1], 3), "int32")
    image = ops.arange(ops.shape(cells)[0])[:, None, None]  # (B, 1, 1)
    found, start = 0.0, 0
    for feature in features:
        _, height, width, channels = ops.shape(feature)
        local = ops.cast(cells, "int32") - start  # (B, S)
        start += height * width
        own = ops.logical_and(local >= 0, local < height * width)[..., None]  # (B, S, 1)
        # (B, S, 9) from here on
        y, x = (local // width)[..., None] + step_y, (local % width)[..., None] + step_x
        inside = ops.logical_and(own, ops.logical_and(y >= 0, y < height))
        inside = ops.logical_and(inside, ops.logical_and(x >= 0, x < width))
        index = ops.where(inside, (image * height + y) * width + x, 0)
        rows = ops.take(ops.reshape(feature, (-1, channels)), index, axis=0)  # (B, S, 9, C)
        found = ops.where(inside[..., None], rows, found)
    return found
