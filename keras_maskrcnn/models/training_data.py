"""What a model and the data of `fit` and `evaluate` must agree on."""

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
        names = getattr(getattr(one, "source", None), "class_names", None)
        if names is not None and tuple(names) != model.class_names:
            raise ValueError(
                "`source.class_names` must be those of the model, in the same order, or labels "
                f"mean other classes. Received: {_quoted(names)} of the source, "
                f"{_quoted(model.class_names)} of the model. Type "
                f"{_advice(model.class_names, names)}."
            )
        if hasattr(one, "serve"):
            one.serve(model.ground_truth)


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
    return ValueError(
        f"`x` must hold {', '.join(others)} and {last} for fit and evaluate. "
        f"Received: {sorted(x) if isinstance(x, dict) else type(x).__name__}. "
        "`km.data.Loader` makes such batches."
    )


def _advice(known, names):
    if set(names) <= set(known):
        return "`open_source(annotations, images_dir, classes=model.class_names)`"
    return "`model = km.transfer.replace_heads(model, class_names=source.class_names)`"


def _quoted(names):
    return listed(map(repr, names), MOST_NAMES)
