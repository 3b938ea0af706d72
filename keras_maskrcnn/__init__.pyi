# What editors and type checkers see: the public names, which __init__.py imports when first used.
from keras_maskrcnn import backbones as backbones
from keras_maskrcnn import branches as branches
from keras_maskrcnn import compile_cache as compile_cache
from keras_maskrcnn import data as data
from keras_maskrcnn import drawing as drawing
from keras_maskrcnn import effects as effects
from keras_maskrcnn import evaluation as evaluation
from keras_maskrcnn import explain as explain
from keras_maskrcnn import layers as layers
from keras_maskrcnn import losses as losses
from keras_maskrcnn import models as models
from keras_maskrcnn import ops as ops
from keras_maskrcnn import presets as presets
from keras_maskrcnn import skeletons as skeletons
from keras_maskrcnn import targets as targets
from keras_maskrcnn import training as training
from keras_maskrcnn import transfer as transfer
from keras_maskrcnn.detections import Detections as Detections
from keras_maskrcnn.layers import AnchorGenerator as AnchorGenerator
from keras_maskrcnn.layers import BoxHead as BoxHead
from keras_maskrcnn.layers import DetectionLayer as DetectionLayer
from keras_maskrcnn.layers import FeaturePyramid as FeaturePyramid
from keras_maskrcnn.layers import ImageNormalization as ImageNormalization
from keras_maskrcnn.layers import KeypointHead as KeypointHead
from keras_maskrcnn.layers import MaskHead as MaskHead
from keras_maskrcnn.layers import ProposalLayer as ProposalLayer
from keras_maskrcnn.layers import RoIAlign as RoIAlign
from keras_maskrcnn.layers import RPNHead as RPNHead
from keras_maskrcnn.models import FasterRCNN as FasterRCNN
from keras_maskrcnn.models import KeypointRCNN as KeypointRCNN
from keras_maskrcnn.models import MaskRCNN as MaskRCNN

__version__: str
