"""What branches have in common whose head is shown the features inside boxes."""

from typing import Self

from keras.saving import deserialize_keras_object, serialize_keras_object

from keras_maskrcnn.branches.branch import Branch
from keras_maskrcnn.ops.tensor import Tensor
from keras_maskrcnn.ops.used_rows import on_used_rows


class RoIBranch(Branch):
    """A branch with a RoIAlign and a head, which draws on the crops of boxes.

    Args:
        roi_align: `RoIAlign`.
        head: layer that is given crops `(B, R, P, P, C)`, and what `draw` is given besides.
    """

    def __init__(self, roi_align, head, **kwargs):
        super().__init__(**kwargs)
        self.roi_align = roi_align
        self.head = head

    def build(self, features_shape) -> None:
        size, channels = self.roi_align.output_size, next(iter(features_shape.values()))[-1]
        if not self.head.built:
            self.head.build((None, None, size, size, channels))
        self.built = True

    def draw(self, features, boxes, valid, training, *rows) -> Tensor:
        """Return what the head draws in each box `(B, R, ...)`, 0 in rows that were left out.

        Args:
            features: as of `learn`.
            boxes: `(B, R, 4)`.
            valid: `(B, R)` bool, False for padding, which follows all valid rows.
            training: Keras' flag.
            rows: further arguments of the head, `(B, R, ...)` each.
        """

        def draw(count):
            crops = self.roi_align(features, boxes[:, :count])  # (B, n, P, P, C)
            return self.head(crops, *(one[:, :count] for one in rows), training=training)

        if training and self.head.non_trainable_variables:
            return draw(boxes.shape[1])  # normalisation would take note of the rows left out
        return on_used_rows(draw, valid)

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "roi_align": serialize_keras_object(self.roi_align),
            "head": serialize_keras_object(self.head),
        }

    @classmethod
    def from_config(cls, config) -> Self:
        layers = {key: deserialize_keras_object(config[key]) for key in ("roi_align", "head")}
        return cls(**{**config, **layers})
