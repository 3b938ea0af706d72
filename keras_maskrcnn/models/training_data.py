"""What a model and the data of `fit` and `evaluate` must agree on."""

import types

import numpy as np
from keras import ops

from keras_maskrcnn.data import Loader
from keras_maskrcnn.data.batch_checks import check_batch
from keras_maskrcnn.wording import listed

MOST_NAMES = 12


def connect(model, *data) -> None:
    """Check that data is of the model's classes, and have it give what the model learns from.

    Args:
        model: `FasterRCNN`.
        data: what `fit` takes. Of a `Loader`, or whatever else has a `source` with `class_names`,
            these are looked at, and one with a method `serve` is told the keys of the ground truth;
            other data goes unchecked.

    Raises:
        ValueError: unless the labels of the data mean the model's classes, or its objects lack
            what the model learns from.
    """
    for one in data:
        source = getattr(one, "source", None)
        names = getattr(source, "class_names", None)
        if names is not None and model.class_names and tuple(names) != model.class_names:
            raise ValueError(
                "`source.class_names` must be those of the model, in the same order, or labels "
                f"mean other classes. Received: {_quoted(names)} of the source, "
                f"{_quoted(model.class_names)} of the model. Type "
                f"{_advice(model.class_names, source)}."
            )
        for branch in model.branches:
            branch.check_source(getattr(one, "source", None))
        if hasattr(one, "serve"):
            one.serve(model.ground_truth)


def check_objects(model, data) -> None:
    """Raise ValueError if a `Loader` to train on has no object for a model of objects."""
    if isinstance(data, Loader) and "gt_boxes" in model.ground_truth:
        data.check_objects()


def checked(model, data) -> object:
    """Return the data of `fit` or `evaluate`, whose first batch was, or will be, looked at.

    What a `Loader` makes is right by construction. Of arrays all boxes and labels are looked at,
    of a generator the first batch when Keras asks for it.

    Args:
        model: `FasterRCNN`.
        data: what `fit` takes.

    Raises:
        ValueError: the batch is not what `FasterRCNN.call` takes for training.
    """
    if isinstance(data, types.GeneratorType):
        return _checked_generator(model, data)
    if isinstance(data, dict | tuple | list):
        check_first_batch(model, data)
    elif type(data) is not Loader and _is_iterable(data):
        check_first_batch(model, next(iter(data), None))
    return data


def check_first_batch(model, batch) -> None:
    """Raise ValueError if a batch with ground truth has numbers that training does not take."""
    x = batch[0] if isinstance(batch, tuple | list) and len(batch) else batch
    if not isinstance(x, dict) or not set(model.ground_truth) & set(x):
        return
    check_ground_truth(model, x)
    arrays = {
        key: value if isinstance(value, np.ndarray) else ops.convert_to_numpy(value)
        for key, value in x.items()
    }
    # A model that is made for other numbers divides them by less than pixels need.
    pixels = max(getattr(model.image_normalization, "std", (0,))) > 1
    check_batch(arrays, model.num_classes, model.backbone.inputs[0].shape[-1], pixels)


def _checked_generator(model, batches):
    for number, batch in enumerate(batches):
        if number == 0:
            check_first_batch(model, batch)
        yield batch


def _is_iterable(data):
    # Arrays iterate too: a bare one has no ground truth, which Keras' first step says.
    known = hasattr(data, "__iter__") or hasattr(data, "__getitem__")
    return known and not hasattr(data, "shape")


def take_resizer(model, data, quiet=False) -> None:
    """Have `detect` resize images as the training data does; print a line if that is new.

    Args:
        model: `FasterRCNN`.
        data: what `fit` trains on; only a `Loader`, which has a `resizer`, matters.
        quiet: print nothing.
    """
    resizer = getattr(data, "resizer", None)
    if resizer is None or resizer == model.image_resizer:
        return
    model.image_resizer = resizer
    if not quiet:
        print(f"From now on `detect` resizes images as the training data does: {resizer}")


def check_ground_truth(model, inputs) -> None:
    """ValueError if inputs with some ground truth lack a key that the model learns from."""
    if not set(model.ground_truth) <= set(inputs):
        raise no_ground_truth(model, inputs)


def no_ground_truth(model, x) -> ValueError:
    """Return the error of inputs that nothing can be learnt from."""
    *others, last = map(repr, model.ground_truth)
    needed = f"{', '.join(others)} and {last}" if others else last
    return ValueError(
        f"`x` must hold {needed} for fit and evaluate. "
        f"Received: {sorted(x) if isinstance(x, dict) else type(x).__name__}. "
        "`km.data.Loader` makes such batches."
    )


def _advice(known, source):
    unnamed = not getattr(source, "names_classes", True)  # all its objects are of one class
    if set(source.class_names) <= set(known) or (unnamed and len(known) == 1):
        return "`open_source(annotations, images_dir, classes=model.class_names)`"
    return "`model = km.transfer.replace_heads(model, class_names=source.class_names)`"


def _quoted(names):
    return listed(map(repr, names), MOST_NAMES)
