"""Writing a source in another format."""

from collections import Counter
from pathlib import Path

from keras_maskrcnn.formats.table import DATASET_FORMATS
from keras_maskrcnn.wording import closest, listed
from keras_maskrcnn.writing import write_json, write_text


def save_source(source, destination, format="COCO") -> Counter:
    """Write the annotations of a source in any format that can be read.

    Polygons and rectangles stay what they are where the format has them, other masks are written
    by their outlines; keypoints are written in every format. Images are not copied.

    Args:
        source: a source of annotation files, as `open_source` gives it.
        destination: path of a new JSON file ("COCO", "VIA"), or of a folder ("LabelMe": a JSON file
            for each image; "YOLO": `data.yaml` and the folder `labels`).
        format: name of the format, in any letter case.

    Returns:
        `Counter` of what the format cannot hold and was left out, by (what it is, why):
        `{("crowd", "that VIA does not know"): 3}`.

    Raises:
        ValueError: the format is unknown, or the source is not of annotation files.
        OSError: a file cannot be written.

    Example:

    >>> source = COCOSource("train.json", "images")  # doctest: +SKIP
    >>> save_source(source, "train_via.json", "VIA")  # doctest: +SKIP
    Counter({('crowd', 'that VIA does not know'): 6})
    """
    known = {one.name.lower(): one for one in DATASET_FORMATS if one.write is not None}
    chosen = known.get(str(format).lower())
    if chosen is None:
        names = [one.name for one in known.values()]
        raise ValueError(
            f"`format` must be one of {listed(names)}. Received: format={format!r}."
            f"{closest(format, names)}"
        )
    if not hasattr(source, "annotated"):
        raise ValueError(
            "`source` must be of annotation files, as `open_source` gives it. Received: a "
            f"{type(source).__name__}."
        )
    destination = Path(destination)
    content, left_out = chosen.write(source.annotated(), destination)
    if chosen.container == "JSON":
        write_json(destination, content)
        return left_out
    for name, part in content.items():
        write = write_text if isinstance(part, str) else write_json
        write(destination / name, part)
    return left_out
