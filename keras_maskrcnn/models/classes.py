"""Whether a model and the data it is given speak of the same classes."""

from keras_maskrcnn.wording import listed

MOST_NAMES = 12


def check_classes(model, *data):
    """ValueError unless the labels of the data mean the model's classes.

    Args:
        model: `FasterRCNN`.
        data: what `fit` takes. Of a `Loader`, or whatever else has a `source` with `class_names`,
            these are looked at; other data goes unchecked.
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


def _advice(known, names):
    if set(names) <= set(known):
        return "`open_source(annotations, images_dir, classes=model.class_names)`"
    return "`model = km.transfer.replace_heads(model, class_names=source.class_names)`"


def _quoted(names):
    return listed(map(repr, names), MOST_NAMES)
