"""What is wrong with a checkpoint that was read but cannot be converted."""

import contextlib
from collections.abc import Iterator

from keras_maskrcnn.wording import listed


class ConversionError(ValueError):
    """The weights in a checkpoint are not those of a network that this package can build."""


@contextlib.contextmanager
def detector_of(library, state) -> Iterator[None]:
    """Say which network a checkpoint is not of, when what tells its architecture does not fit.

    Args:
        library: "torchvision" or "Detectron2".
        state: dict from the checkpoint's keys to arrays.
    """
    rule = f"it is not of a Faster or Mask R-CNN of {library} with a ResNet-FPN backbone."
    try:
        yield
    except KeyError as error:
        keys = f" Its keys: {listed(state)}." if state else ""
        raise ConversionError(f"The checkpoint lacks {error}: {rule}{keys}") from error
    except (ValueError, IndexError) as error:
        if isinstance(error, ConversionError):
            raise
        raise ConversionError(
            f"The shapes in the checkpoint do not fit ({error}): {rule}"
        ) from error


def check_complete(missing, unexpected, wrong_shapes, family) -> None:
    """Raise ConversionError with sorted lists unless all three are empty.

    Args:
        missing: keys that the network needs and the checkpoint does not have.
        unexpected: keys that the checkpoint has and the network has no place for.
        wrong_shapes: lines that name a key, its shape and the shape that was expected.
        family: name of the library, such as "torchvision".
    """
    lines = [
        f"{title}: {listed(sorted(names))}"
        for title, names in (
            ("missing", missing),
            ("unexpected", unexpected),
            ("shapes differ", wrong_shapes),
        )
        if names
    ]
    if lines:
        raise ConversionError(
            f"The checkpoint does not hold a network of {family} that can be converted.\n"
            + "\n".join(lines)
        )
