"""Which layers of a model train, remembered before some are frozen."""

import contextlib
import weakref
from collections.abc import Iterator

_AS_BUILT = weakref.WeakKeyDictionary()


def remember(model) -> None:
    """Note which layers of the model train, unless that was noted before."""
    if model not in _AS_BUILT:
        _AS_BUILT[model] = flags(model.parts.values())


def restore(model) -> None:
    """Set every layer back to what was noted, and forget it."""
    put(model.parts.values(), _AS_BUILT.pop(model, ()))


@contextlib.contextmanager
def as_built(model) -> Iterator[None]:
    """Have the layers train as they were built to within the block."""
    frozen = flags(model.parts.values())
    put(model.parts.values(), _AS_BUILT.get(model, ()))
    try:
        yield
    finally:
        put(model.parts.values(), frozen)


def flags(layers) -> list[bool]:
    """List of whether each layer trains, containers before what they contain."""
    return [layer.trainable for layer in _nested(layers)]


def put(layers, trainable) -> None:
    """Set the layers to what `flags` gave for them, or for other layers of the same build."""
    for layer, value in zip(_nested(layers), trainable, strict=False):
        if layer.trainable != value:  # a container hands its value down
            layer.trainable = value


def _nested(layers):
    for layer in layers:
        yield layer
        yield from _nested(getattr(layer, "layers", ()))
