"""What stands for torch's functions and types in a pickle: records, made into arrays on demand."""

import dataclasses

import numpy as np

from keras_maskrcnn.checkpoints.arrays import ElementType, check_shape, strided
from keras_maskrcnn.checkpoints.errors import CheckpointError, shown
from keras_maskrcnn.checkpoints.numpy_stand_ins import ELEMENTS
from keras_maskrcnn.checkpoints.pickle_machine import StandIn, Stateful

BFLOAT16 = ElementType("<u2", bfloat16=True)
STORAGES = {
    "DoubleStorage": ELEMENTS["f8"],
    "FloatStorage": ELEMENTS["f4"],
    "HalfStorage": ELEMENTS["f2"],
    "BFloat16Storage": BFLOAT16,
    "LongStorage": ELEMENTS["i8"],
    "IntStorage": ELEMENTS["i4"],
    "ShortStorage": ELEMENTS["i2"],
    "CharStorage": ELEMENTS["i1"],
    "ByteStorage": ELEMENTS["u1"],
    "BoolStorage": ELEMENTS["b1"],
}
DTYPES = {
    "float64": ELEMENTS["f8"],
    "float32": ELEMENTS["f4"],
    "float16": ELEMENTS["f2"],
    "bfloat16": BFLOAT16,
    "int64": ELEMENTS["i8"],
    "int32": ELEMENTS["i4"],
    "int16": ELEMENTS["i2"],
    "int8": ELEMENTS["i1"],
    "uint64": ELEMENTS["u8"],
    "uint32": ELEMENTS["u4"],
    "uint16": ELEMENTS["u2"],
    "uint8": ELEMENTS["u1"],
    "bool": ELEMENTS["b1"],
}


@dataclasses.dataclass(frozen=True)
class Storage:
    """Stands for a storage, whose bytes lie elsewhere in the file.

    Args:
        key: str, under which the bytes are found.
        element: `ElementType` of what the storage counts: bytes if it is untyped.
        size: int, numbers in the storage.
        start: int, number of the stored ones with which it begins: old files have storages that
            are parts of others.
    """

    key: str
    element: ElementType
    size: int
    start: int = 0


@dataclasses.dataclass(frozen=True)
class Tensor:
    """Stands for a tensor.

    Args:
        storage: `Storage`.
        element: `ElementType` of its numbers.
        offset: number of the storage with which it begins.
        shape: tuple of int.
        strides: tuple of int, in numbers.
    """

    storage: Storage
    element: ElementType
    offset: object
    shape: object
    strides: object

    def to_array(self, data, byte_order, budget, what) -> np.ndarray:
        """Return the array: a view of the file where that is possible.

        Args:
            data: bytes-like, all that is stored under the storage's key.
            byte_order: "<" or ">".
            budget: `Budget`.
            what: str, for messages.

        Returns:
            NumPy array.

        Raises:
            CheckpointError: if the numbers do not lie in the storage.
        """
        budget.take(check_shape(self.shape, what) * self.element.result_itemsize, what)
        first = self.storage.start * self.storage.element.itemsize
        data = data[first : first + self.storage.size * self.storage.element.itemsize]
        element = self.element.with_byte_order(byte_order)
        return strided(data, element, self.shape, self.strides, self.offset, what)


class LateTensor(Stateful):
    """Stands for a tensor or parameter of a file from 2017, made empty and given its state.

    `tensor` is the `Tensor`, None as long as there is no state.
    """

    def __init__(self):
        self.tensor = None

    def set_state(self, state) -> None:
        """Take what a tensor is made of, or the tensor that a parameter is of and four others."""
        if type(state) is tuple and len(state) == 4:
            self.tensor = _make_tensor(state)
        elif type(state) is tuple and len(state) == 5:
            self.tensor = _tensor(state[0])
        else:
            raise CheckpointError("a tensor has a broken state. The file is damaged")


def _tensor(value):
    tensor = value.tensor if type(value) is LateTensor else value
    if type(tensor) is not Tensor:
        raise CheckpointError(f"{shown(value)} stands where a tensor must")
    return tensor


def storage_of(persistent_id) -> tuple[Storage, Storage]:
    """Return the storage that a persistent id describes.

    Args:
        persistent_id: what the pickle gives: `("storage", type, key, location, size)`, and in old
            files behind it None or `(key of the part, first number, size of the part)`.

    Returns:
        `(stored, used)`: the `Storage` as it lies in the file, and the part that is meant.

    Raises:
        CheckpointError: if it is anything else.
    """
    if type(persistent_id) is not tuple or len(persistent_id) not in (5, 6):
        raise CheckpointError("a storage has no id of five or six values. The file is damaged")
    kind, element, key, _, size, *part = persistent_id
    if kind != "storage" or type(element) is not ElementType or type(key) is not str:
        raise CheckpointError("a storage has a broken id. The file is damaged")
    if type(size) is not int or size < 0:
        raise CheckpointError(f"the storage '{shown(key)}' has no size. The file is damaged")
    stored = Storage(key, element, size)
    if not part or part[0] is None:
        return stored, stored
    if type(part[0]) is not tuple or len(part[0]) != 3:
        raise CheckpointError(f"a part of the storage '{shown(key)}' is broken")
    _, start, part_size = part[0]
    numbers = type(start) is int and type(part_size) is int
    if not numbers or min(start, part_size) < 0 or start + part_size > size:
        raise CheckpointError(f"a part of the storage '{shown(key)}' lies outside of it")
    return stored, Storage(key, element, part_size, start)


def _make_tensor(arguments):
    """Arguments of `_rebuild_tensor`, or of `_rebuild_tensor_v2`, whose others are not needed."""
    if len(arguments) not in (4, 6, 7) or type(arguments[0]) is not Storage:
        raise CheckpointError("a tensor has no storage, offset, shape and strides")
    if len(arguments) == 7 and arguments[6]:
        raise CheckpointError("a tensor is conjugated or negated lazily: save its `resolve_neg()`")
    storage, offset, shape, strides = arguments[:4]
    return Tensor(storage, storage.element, offset, shape, strides)


def _make_tensor_of_dtype(arguments):
    """Arguments of `_rebuild_tensor_v3`, for types that have no storage of their own."""
    if len(arguments) not in (7, 8) or type(arguments[0]) is not Storage:
        raise CheckpointError("a tensor has no storage, offset, shape, strides and dtype")
    storage, offset, shape, strides, _, _, element = arguments[:7]
    if type(element) is not ElementType or storage.element != ELEMENTS["u1"]:
        raise CheckpointError("a tensor with a dtype must lie in an untyped storage")
    return Tensor(storage, element, offset, shape, strides)


def _make_parameter(arguments):
    if len(arguments) != 3:
        raise CheckpointError("a parameter has no tensor, flag and hooks")
    return _tensor(arguments[0])


def _make_late(arguments):
    late = LateTensor()
    if arguments:
        late.tensor = _tensor(arguments[0])
    return late


_LATE = StandIn(_make_late, creates=True)
TORCH_NAMES = {
    ("torch._utils", "_rebuild_tensor"): StandIn(_make_tensor),
    ("torch._utils", "_rebuild_tensor_v2"): StandIn(_make_tensor),
    ("torch._utils", "_rebuild_tensor_v3"): StandIn(_make_tensor_of_dtype),
    ("torch._utils", "_rebuild_parameter"): StandIn(_make_parameter),
    ("torch.storage", "UntypedStorage"): ELEMENTS["u1"],
    ("torch.nn.parameter", "Parameter"): _LATE,
    **{("torch", name.replace("Storage", "Tensor")): _LATE for name in STORAGES},
    **{("torch", name): element for name, element in (STORAGES | DTYPES).items()},
}
