"""What kind of device the backend computes on: some work pays on one kind only."""

import keras


def on_cpu(tensor=None) -> bool:
    """Whether the backend computes on the CPU.

    Args:
        tensor: with PyTorch, the tensor whose device is asked for; default: a new one's.

    >>> on_cpu() in (True, False)
    True
    """
    if keras.backend.backend() == "torch":
        tensor = keras.ops.zeros(()) if tensor is None else tensor
        return tensor.device.type == "cpu"
    return keras.distribution.list_devices()[0].startswith("cpu")
