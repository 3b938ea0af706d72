"""Pictures in which the objects found stand out, or disappear: NumPy in, NumPy out."""

from keras_maskrcnn.effects.backgrounds import (
    blur_background,
    color_splash,
    cut_out,
    replace_background,
)
from keras_maskrcnn.effects.compositing import coverage
from keras_maskrcnn.effects.pixelation import pixelate

__all__ = [
    "blur_background",
    "color_splash",
    "coverage",
    "cut_out",
    "pixelate",
    "replace_background",
]
