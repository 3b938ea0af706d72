"""The number of classes of a head, which is its model's."""


def take_classes(head, name, num_classes) -> None:
    """Give a head that was made without `num_classes` those of its model.

    Args:
        head: a layer with the attribute `num_classes`.
        name: what the model calls it, for the message.
        num_classes: K of the model.

    Raises:
        ValueError: if the head was made for another number.
    """
    if head.num_classes is None:
        head.num_classes = num_classes
    if head.num_classes != num_classes:
        raise ValueError(
            f"`{name}` must have {num_classes} classes as the model. "
            f"Received: {name}.num_classes={head.num_classes}. Leave `num_classes` of the head out."
        )


def check_given(head) -> None:
    """ValueError if a head that stands alone was made without `num_classes`."""
    if head.num_classes is None:
        raise ValueError(
            f"`num_classes` of a {type(head).__name__} must be given outside of a model. "
            f"Received: num_classes=None. Type {type(head).__name__}(num_classes=K)."
        )
