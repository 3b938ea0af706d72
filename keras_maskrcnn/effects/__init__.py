"""Pictures in which the objects found stand out, or disappear: NumPy in, NumPy out."""

from keras_maskrcnn.effects.backgrounds import (
    blur_background,
    color_splash,
    replace_background,
)
from keras_maskrcnn.effects.compositing import coverage
from keras_maskrcnn.effects.cutouts import cut_out, cut_out_each
from keras_maskrcnn.effects.pixelation import pixelate

__all__ = [
    "blur_background",
    "color_splash",
    "coverage",
    "cut_out",
    "cut_out_each",
    "pixelate",
    "replace_background",
]
