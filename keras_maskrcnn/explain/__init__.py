"""What happens to one image on its way through a model: every stage, as arrays and as pictures."""

from keras_maskrcnn.explain.captions import describe
from keras_maskrcnn.explain.pictures import draw_stages
from keras_maskrcnn.explain.record import Boxes, RoI, Stages
from keras_maskrcnn.explain.steps import stages

__all__ = ["Boxes", "RoI", "Stages", "describe", "draw_stages", "stages"]
