"""What is wrong, or looks wrong, in a data set."""

from keras_maskrcnn.data.problems.findings import KINDS, Finding, Kind, Place
from keras_maskrcnn.data.problems.limits import Limits
from keras_maskrcnn.data.problems.search import find_problems
from keras_maskrcnn.data.problems.sheet import draw_findings

__all__ = ["KINDS", "Finding", "Kind", "Limits", "Place", "draw_findings", "find_problems"]
