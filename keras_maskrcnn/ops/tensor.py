"""The type that the annotations of tensor code name."""

from typing import Any

#: A tensor of the backend that Keras runs on, or a symbolic one; docstrings give shape and dtype.
Tensor = Any
