"""What to try when the memory is not enough."""

# How the backends, NumPy and OpenCV say it; they share no exception class.
_SAYINGS = (
    "resource_exhausted",
    "out of memory",
    "can't allocate memory",
    "oom when allocating",
    "failed to allocate",
    "insufficient memory",
)
_CLASSES = ("ResourceExhaustedError", "OutOfMemoryError")
_SIDE_MULTIPLE = 32


def is_out_of_memory(error) -> bool:
    """Whether an error, or one that it was raised from, says that memory ran out.

    >>> is_out_of_memory(RuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 8 bytes."))
    True
    >>> is_out_of_memory(ValueError("no"))
    False
    """
    while error is not None:
        text = str(error).lower()
        if (
            isinstance(error, MemoryError)
            or type(error).__name__ in _CLASSES
            or any(saying in text for saying in _SAYINGS)
        ):
            return True
        error = error.__cause__ or error.__context__
    return False


def advice(recipe) -> str:
    """Return what to type instead.

    >>> from keras_maskrcnn.training import Recipe
    >>> advice(Recipe(batch_size=8, image_size=512))  # doctest: +ELLIPSIS
    'Out of memory with a batch size of 8 at an image size of 512. Try a batch size of 4 ...'
    """
    tried = (
        f"Out of memory with a batch size of {recipe.batch_size} at an image size of "
        f"{recipe.image_size}. "
    )
    if recipe.batch_size > 1:
        half = recipe.batch_size // 2
        return (
            f"{tried}Try a batch size of {half} (--batch-size {half}), accumulating the gradients "
            f"of {2 * recipe.optimization.accumulate} steps (--accumulate) for the same updates."
        )
    smaller = max(_SIDE_MULTIPLE, recipe.image_size * 3 // 4 // _SIDE_MULTIPLE * _SIDE_MULTIPLE)
    return f"{tried}Try an image size of {smaller} (--image-size {smaller})."
