"""Annotations that do not say what their objects are, opened for a preset that does."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keras_maskrcnn.data.annotated import AnnotatedSource


def open_for(known, annotations, images, classes=None) -> AnnotatedSource:
    """Open annotations; objects without a class are of the only class that a preset has.

    Args:
        known: names of the preset's classes.
        annotations, images, classes: as `keras_maskrcnn.data.open_source` takes them.

    Returns:
        The source. Where the annotations name no class, a line says of which the objects are.
    """
    from keras_maskrcnn.data import open_source

    source = open_source(annotations, images, classes)
    if classes is not None or source.names_classes or source.class_names == tuple(known):
        return source
    if len(known) == 1:
        source = open_source(annotations, images, classes=known)
    of = ", the only class of the preset" if len(known) == 1 else ""
    print(
        f"classes: {annotations} names none, so its objects are taken for "
        f"{source.class_names[0]!r}{of}; --classes NAME says another",
        flush=True,
    )
    return source
