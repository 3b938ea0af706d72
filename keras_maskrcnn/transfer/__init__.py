"""Transfer learning: new final layers, other input channels, parts that stay or learn slower."""

from keras_maskrcnn.transfer.channels import replace_input
from keras_maskrcnn.transfer.freezing import freeze, unfreeze
from keras_maskrcnn.transfer.heads import replace_heads
from keras_maskrcnn.transfer.rates import optimizer_by_part

__all__ = ["freeze", "optimizer_by_part", "replace_heads", "replace_input", "unfreeze"]
