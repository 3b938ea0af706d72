import pytest

from keras_maskrcnn.training import Optimization, Recipe
from keras_maskrcnn.training.memory import advice, is_out_of_memory


class ResourceExhaustedError(Exception):
    """Named as TensorFlow's."""


class OutOfMemoryError(RuntimeError):
    """Named as PyTorch's."""


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 9 bytes."),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried 9"),
        ResourceExhaustedError("failed to allocate memory"),
        OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB"),
    ],
)
def test_how_backends_say_it(error):
    assert is_out_of_memory(error)
    try:
        raise ValueError("something else") from error
    except ValueError as wrapped:
        assert is_out_of_memory(wrapped)


def test_other_errors():
    assert not is_out_of_memory(ValueError("`x` must be 1"))


def test_a_batch_is_halved_and_then_the_side_made_smaller():
    text = advice(Recipe(batch_size=6, image_size=512, optimization=Optimization(accumulate=2)))
    assert "batch size of 6 at an image size of 512. Try a batch size of 3 (--batch-size 3)" in text
    assert "gradients of 4 steps" in text
    text = advice(Recipe(batch_size=1, image_size=512))
    assert text.endswith("Try an image size of 384 (--image-size 384).")
