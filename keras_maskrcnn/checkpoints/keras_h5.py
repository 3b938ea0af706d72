"""Reads the weights that Keras keeps by layer in HDF5 files."""

import re

from keras_maskrcnn.checkpoints import file_kinds
from keras_maskrcnn.checkpoints.budget import Budget
from keras_maskrcnn.checkpoints.errors import CheckpointError, shown
from keras_maskrcnn.checkpoints.hdf5_object import root_of

_KIND = re.compile(r"(kernel|bias|gamma|beta|moving_mean|moving_variance)(_\d+)?(:\d+)?")
_VARIABLE = re.compile(r"Variable(_\d+)?(:\d+)?")
# What the weights of a layer are if their names do not say it: by how many there are.
_BY_PLACE = {
    1: ("kernel",),
    2: ("kernel", "bias"),
    4: ("gamma", "beta", "moving_mean", "moving_variance"),
}
_SAVE = "Save the weights with model.save_weights(path) of Keras 2"


def read_keras_h5(path) -> dict:
    """Read the weights of a Keras HDF5 file (`.h5`), as Matterport's Mask R-CNN has them.

    Files of `save_weights` and of `save` are read; no h5py is needed. A weight's key is the name
    of its layer and its kind: "kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance".
    Counters that Keras puts behind names ("conv1_3/kernel_2:0") are left out. Where names say no
    kind, the order does. The layers of a model inside (`rpn_model`) come under their own names.
    Variables that are of no layer (`anchors` in some files) are left out.

    Args:
        path: str or Path.

    Returns:
        dict from "<layer>/<kind>" to array, in the order of the layers. Where possible the arrays
        are read-only views of the file mapped into memory: leave it in place while you use them, or
        copy them.

    Raises:
        CheckpointError: if the file is damaged, is of another kind, or has links to other files.

    Example:

    >>> import h5py
    >>> with h5py.File("weights.h5", "w") as file:
    ...     file.attrs["layer_names"] = [b"conv1"]
    ...     layer = file.create_group("conv1")
    ...     layer.attrs["weight_names"] = [b"conv1/bias:0"]
    ...     layer["conv1/bias:0"] = [0.0, 0.5]
    >>> read_keras_h5("weights.h5")
    {'conv1/bias': array([0. , 0.5])}
    """
    with file_kinds.opened(path, file_kinds.HDF5) as (_, view):
        root = root_of(view, Budget(len(view)))
        children = root.children
        if "model_weights" in children:
            root = children["model_weights"]
            children = root.children
        arrays = {}
        for layer in _names(root, "layer_names"):
            if layer not in children:
                raise CheckpointError(f"there is no group '{shown(layer)}'. {_SAVE}")
            for key, dataset in _weights(layer, children[layer]):
                if key in arrays:
                    raise CheckpointError(f"two weights are '{shown(key)}'. {_SAVE}")
                arrays[key] = dataset.array()
        if not arrays:
            raise CheckpointError(f"none of the layers has weights. {_SAVE}")
        return arrays


def _names(group, attribute):
    """Return the texts of an attribute; Keras splits long ones into attribute0, attribute1, ..."""
    found = group.texts(attribute)
    if found is not None:
        return found
    found = []
    while (part := group.texts(f"{attribute}{len(found)}")) is not None:
        found.append(part)
    if not found:
        raise CheckpointError(f"'{group.path}' has no attribute '{attribute}'. {_SAVE}")
    return [name for part in found for name in part]


def _weights(layer, group):
    """Yield key and `Hdf5Object` of the weights of a layer, or of the layers of a model in it."""
    by_owner = {}
    for name in _names(group, "weight_names"):
        owner, _, last = name.rpartition("/")
        if not _VARIABLE.fullmatch(last):
            by_owner.setdefault(owner.rpartition("/")[2], []).append(name)
    inner = len(by_owner) > 1
    without_counter = {owner: re.sub(r"_\d+$", "", owner) for owner in by_owner}
    if len(set(without_counter.values())) < len(by_owner):
        without_counter = {owner: owner for owner in by_owner}
    for owner, names in by_owner.items():
        name_of_layer = without_counter[owner] if inner else layer
        for kind, name in zip(_kinds(names, name_of_layer), names, strict=True):
            yield f"{name_of_layer}/{kind}", _at(group, name)


def _kinds(names, layer):
    found = [_KIND.fullmatch(name.rpartition("/")[2]) for name in names]
    if all(found):
        return [match[1] for match in found]
    if len(names) not in _BY_PLACE:
        raise CheckpointError(
            f"the layer '{shown(layer)}' has {len(names)} weights whose names do not say what they "
            f"are, such as '{shown(names[0])}'. {_SAVE}"
        )
    return _BY_PLACE[len(names)]


def _at(group, path):
    """Return the object at a path; a name may have slashes that stand for no group."""
    for name in path.split("/"):
        children = group.children
        if name not in children:
            raise CheckpointError(f"'{group.path}' has no '{shown(name)}'. {_SAVE}")
        group = children[name]
    return group
