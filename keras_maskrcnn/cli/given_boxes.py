"""Boxes that a file gives for the images of a command line, `maskrcnn predict --boxes FILE`."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from keras_maskrcnn.cli.annotations import FORMATS
from keras_maskrcnn.cli.detection import SCORE_THRESHOLD
from keras_maskrcnn.wording import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

    from keras_maskrcnn.cli.sources import Reader
    from keras_maskrcnn.detections import Detections


def add_arguments(parser) -> None:
    """Add the arguments that give boxes."""
    parser.add_argument(
        "--boxes",
        metavar="FILE",
        help="boxes to look at in place of the model's own, one object each, whatever its score; "
        f"annotations of the images: {FORMATS}",
    )
    parser.add_argument(
        "--boxes-images",
        metavar="DIR",
        help="folder of the images of --boxes; by default that of SOURCE",
    )
    parser.add_argument(
        "--refine",
        action="store_true",
        help="take --boxes as proposals: moved, suppressed and chosen by score",
    )


def check(args) -> None:
    """Raise ValueError for what does not go with the boxes of a file, or needs them."""
    from keras_maskrcnn.data.video import is_video

    if not args.boxes:
        if args.refine or args.boxes_images:
            option = "--refine" if args.refine else "--boxes-images"
            raise ValueError(f"`{option}` must go with --boxes. Received: no --boxes. Give both.")
        return
    if len(args.preset) > 1:
        raise ValueError(
            "`--boxes` must go with one --preset. "
            f"Received: {len(args.preset)}. Run the command for each of them."
        )
    if videos := [source for source in args.sources if is_video(source)]:
        raise ValueError(
            "`--boxes` must go with images only: a file has none of a video's frames. "
            f"Received: {videos[0]!r}."
        )
    if args.score_threshold != SCORE_THRESHOLD and not args.refine:
        raise ValueError(
            "`--score-threshold` must go with --refine, or without --boxes: boxes that are kept "
            f"have any score. Received: --score-threshold {args.score_threshold}. Add --refine."
        )


class GivenBoxes:
    """The boxes that annotations hold for each image.

    The classes of the annotations do not matter, crowds are no boxes, and of an outline its box is
    taken.

    Args:
        file: path of annotations that `keras_maskrcnn.data.open_source` reads.
        paths: list of Path of the images.
        images_dir: folder that holds all images of the file. Default: that of `paths`, if it is
            one, else as of `open_source`.

    Attributes:
        paths: those of `paths` that the file knows, in their order.

    Raises:
        ValueError: the file knows none of the images.
    """

    def __init__(self, file, paths, images_dir=None):
        from keras_maskrcnn.data import open_source

        folders = {path.parent for path in paths}
        if images_dir is None and len(folders) == 1:
            (images_dir,) = folders
        self._file = file
        self._source = source = open_source(file, images_dir)
        self._sizes = source.image_sizes().tolist()
        names = [source.file_name(index) for index in range(len(source))]
        places = {Path(source.images_dir, name).resolve(): i for i, name in enumerate(names)}
        self._places = {path: places[path.resolve()] for path in paths if path.resolve() in places}
        self.paths = list(self._places)
        if not self.paths:
            raise ValueError(
                f"`--boxes` must know the images. Received: '{file}' with {listed(names, most=3)} "
                f"in '{source.images_dir}', and images {listed(paths, most=3)}."
            )
        if left := len(paths) - len(self.paths):
            print(f"'{file}': left out {counted(left, 'image')} that it has not", file=sys.stderr)

    def of(self, path, image) -> np.ndarray:
        """Return the boxes of an image, (n, 4) float32 xyxy in its pixels.

        Args:
            path: one of `paths`.
            image: its pixels, to check that they are as many as the file says.
        """
        from keras_maskrcnn.formats.images import check_size

        index = self._places[path]
        check_size(path.parent, path.name, image.shape[:2], self._sizes[index], self._file)
        objects = self._source.instances(index)
        return objects.boxes[~objects.iscrowd]

    def detections(self, model, reader: Reader, args) -> Iterator[Detections]:
        """Yield what a model finds in the boxes of each picture of a reader.

        Args:
            model: `FasterRCNN`.
            reader: `Reader` of `paths`.
            args: the parsed command line.
        """
        pictures = reader.pictures()
        options = {"score_threshold": args.score_threshold, "batch_size": args.batch_size}
        while batch := list(itertools.islice(pictures, args.batch_size)):
            yield from model.detect(
                [one.image for one in batch],
                proposals=[self.of(one.path, one.image) for one in batch],
                refine=args.refine,
                **options,
            )
