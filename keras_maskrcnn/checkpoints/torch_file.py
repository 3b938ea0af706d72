"""Reads files of `torch.save`: zip files, and the streams from before version 1.6."""

from keras_maskrcnn.checkpoints import file_kinds
from keras_maskrcnn.checkpoints.budget import Budget
from keras_maskrcnn.checkpoints.containers import CONTAINER_NAMES
from keras_maskrcnn.checkpoints.errors import CheckpointError, shown
from keras_maskrcnn.checkpoints.numpy_stand_ins import NUMPY_NAMES
from keras_maskrcnn.checkpoints.pickle_machine import PickleMachine
from keras_maskrcnn.checkpoints.state_dict import arrays_of
from keras_maskrcnn.checkpoints.torch_stand_ins import TORCH_NAMES, storage_of
from keras_maskrcnn.checkpoints.zip_archive import ZipArchive

NAMES = CONTAINER_NAMES | NUMPY_NAMES | TORCH_NAMES
MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
_BYTE_ORDERS = {b"little": "<", b"big": ">"}


def read_torch(path) -> dict:
    """Read the weights in a file of `torch.save`, without torch and without running the file.

    Zip files (torch 1.6 and later) and the older streams are read: a state dict, or one under
    "model", "state_dict" or "model_state_dict" as trainings and Detectron2 save it. What else the
    file holds (the optimizer, counters) is left where it is. bfloat16 becomes float32; a "module."
    before every key (DataParallel) is taken off.

    Args:
        path: str or Path.

    Returns:
        dict from key of the state dict to array, in the order of the file. Where possible the
        arrays are read-only views of the file mapped into memory: leave it in place while you use
        them, or copy them.

    Raises:
        CheckpointError: if the file is damaged, is of another kind, or refers to anything besides
            tensors, arrays and plain containers.

    Example:

    >>> read_torch("weights.pth")
    Traceback (most recent call last):
        ...
    FileNotFoundError: [Errno 2] No such file or directory: 'weights.pth'
    """
    with file_kinds.opened(path, file_kinds.TORCH_ZIP, file_kinds.TORCH_LEGACY) as (kind, view):
        return _read_zip(view) if kind == file_kinds.TORCH_ZIP else _read_legacy(view)


class _Storages:
    """Keeps account of the storages that a pickle mentions.

    `known` is a dict from key to the `Storage` as it lies in the file.
    """

    def __init__(self):
        self.known = {}

    def load(self, persistent_id):
        """Return what the pickle gets for a persistent id."""
        stored, used = storage_of(persistent_id)
        if self.known.setdefault(stored.key, stored) != stored:
            raise CheckpointError(
                f"the storage '{shown(stored.key)}' has two sizes or types. The file is damaged"
            )
        return used


def _read_zip(view):
    budget = Budget(len(view))
    archive = ZipArchive(view, budget)
    if "constants.pkl" in archive.members:
        raise CheckpointError(
            "is a TorchScript program. Save its weights where it was made: "
            "torch.save(torch.jit.load(path).state_dict(), other_path)"
        )
    if "data.pkl" not in archive.members:
        raise CheckpointError("is a zip file but not of torch.save: it has no data.pkl")
    storages = _Storages()
    pickle = memoryview(archive.read("data.pkl"))
    content = PickleMachine(pickle, NAMES, "data.pkl", persistent_load=storages.load).run()
    order = _byte_order(archive)

    def array_of(tensor, what):
        data = _member_of(archive, storages.known[tensor.storage.key])
        return tensor.to_array(data, order, budget, what)

    return arrays_of(content, budget, array_of)


def _byte_order(archive):
    if "byteorder" not in archive.members:
        return "<"
    order = bytes(archive.read("byteorder")[:8])
    if order not in _BYTE_ORDERS:
        raise CheckpointError(f"the byte order is '{shown(order.decode('latin1'))}'")
    return _BYTE_ORDERS[order]


def _member_of(archive, storage):
    data = archive.read(f"data/{storage.key}")
    _check_size(storage, len(data))
    return data


def _check_size(storage, size):
    needed = storage.size * storage.element.itemsize
    if size != needed:
        raise CheckpointError(
            f"the storage '{shown(storage.key)}' must have {needed} bytes and has {size}. "
            "Download the file again"
        )


def _read_legacy(view):
    """Five pickles, then of each storage its size and its numbers.

    The numbers are little-endian on every machine that wrote them, whatever the third pickle says.
    """
    budget, storages, position = Budget(len(view)), _Storages(), 0
    pickles = []
    for place in ("the magic number", "the version", "the system", "the weights", "the keys"):
        load = storages.load if place == "the weights" else None
        machine = PickleMachine(view, NAMES, f"the pickle of {place}", position, load)
        pickles.append(machine.run())
        position = machine.position
    magic, version, _, content, keys = pickles
    if type(magic) is not int or magic != MAGIC or type(version) is not int or version != PROTOCOL:
        raise CheckpointError(
            f"the file must begin with torch's number and version {PROTOCOL}. Save it anew with a "
            "newer torch"
        )
    data = _legacy_data(view, position, keys, storages.known)

    def array_of(tensor, what):
        if tensor.storage.key not in data:
            raise CheckpointError(f"the storage of {what} is not in the file. Download it again")
        return tensor.to_array(data[tensor.storage.key], "<", budget, what)

    return arrays_of(content, budget, array_of)


def _legacy_data(view, position, keys, known):
    """Return a dict from key to the bytes of each storage, which follow each other."""
    if type(keys) is not list or any(type(key) is not str or key not in known for key in keys):
        raise CheckpointError("the list of storages is none of those in use. The file is damaged")
    data = {}
    for key in keys:
        size = int.from_bytes(view[position : position + 8], "little")
        if key in data or size != known[key].size:
            raise CheckpointError(
                f"the storage '{shown(key)}' must have {known[key].size} numbers and has {size}, "
                "or comes twice. Download the file again"
            )
        start, position = position + 8, position + 8 + size * known[key].element.itemsize
        data[key] = view[start:position]
        _check_size(known[key], len(data[key]))
    return data
