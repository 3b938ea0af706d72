"""Detection in the files of a command line: what predict, blur and splash have in common."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

from keras_maskrcnn.cli import backend
from keras_maskrcnn.cli.arguments import fraction, positive_int
from keras_maskrcnn.cli.sources import Reader
from keras_maskrcnn.progress import progress
from keras_maskrcnn.wording import counted, listed

if TYPE_CHECKING:
    from pathlib import Path

    from keras_maskrcnn.models import Ensemble, FasterRCNN

SCORE_THRESHOLD = 0.5  # of --score-threshold, if it is not given


def add_arguments(parser) -> None:
    """Add what says where to look, and with which model."""
    parser.add_argument("sources", nargs="+", metavar="SOURCE", help="image, video, folder or glob")
    parser.add_argument(
        "--preset",
        action="append",
        required=True,
        help="name or folder of a preset; given several times, what they find is fused",
    )
    add_score_threshold(parser)
    add_batch_size(parser)


def add_score_threshold(parser) -> None:
    """Add the score that decides what is found."""
    parser.add_argument(
        "--score-threshold",
        type=fraction,
        default=SCORE_THRESHOLD,
        metavar="T",
        help="score from which an object counts, 0 to 1",
    )


def add_batch_size(parser) -> None:
    """Add how many images the network is given at once."""
    parser.add_argument(
        "--batch-size",
        type=positive_int,
        default=1,
        metavar="N",
        help="images per step: more can be faster on a GPU, and take more memory",
    )


def add_classes(parser, what) -> None:
    """Add the names of classes; `what` says what they are for."""
    parser.add_argument("--classes", nargs="+", metavar="NAME", help=f"{what}; by default all")


def load_model(presets, classes=None) -> FasterRCNN | Ensemble:
    """Start a backend and load the model of a preset, or of several their `Ensemble`.

    Raises:
        ValueError: one of `classes` is none of the model's.
    """
    check_detectors(presets)
    start_backend(presets)
    from keras_maskrcnn.detections.selection import labels_of
    from keras_maskrcnn.models import Ensemble, FasterRCNN

    one = len(presets) == 1
    model = FasterRCNN.from_preset(presets[0]) if one else Ensemble.from_presets(presets)
    if classes:
        labels_of(classes, model.class_names)  # before the first image costs its time
    return model


def check_detectors(names, trained=True) -> None:
    """Refuse what detects nothing, before anything is read or downloaded.

    Args:
        names: list of str, names or folders of presets.
        trained: whether a preset that is only there to be trained is refused, too.

    Raises:
        FileNotFoundError, ValueError: if there is no such preset, or it is a backbone.
    """
    from keras_maskrcnn import presets

    for name in names:
        if presets.kind(name) == "backbone":
            raise ValueError(
                f"`--preset` must be a detector. Received: {name!r}, a backbone, which finds no "
                "objects by itself. `maskrcnn zoo list` shows the kind of each preset."
            )
        if trained and presets.pretrained_parts(name):
            raise ValueError(
                f"`--preset` must be a trained detector. Received: {name!r}, which is there to be "
                f"trained. Type: maskrcnn train --preset {name} ..."
            )


def start_backend(names) -> str:
    """Start a backend, after the presets are on this machine: no network shows within seconds.

    Args:
        names: list of str, names or folders of presets.

    Returns:
        str, the name of the backend.
    """
    from keras_maskrcnn import presets

    backend.choose()  # imports no Keras; without a backend a download would be for nothing
    for name in names:
        presets.resolve(name, download=True)
    return backend.start()


def detect(model, paths, args, results, classes=None, boxes=None) -> Reader:
    """Give `results` what the model detects in each picture.

    Args:
        model: that of `load_model`.
        paths: list of Path, images and videos; one that cannot be read is reported and left out.
        args: the parsed command line, with what `add_arguments` added.
        results: `Results`.
        classes: names of those that count; None: all.
        boxes: `GivenBoxes` to look at; None: the model finds them.

    Returns:
        The `Reader`, which knows the files that could not be read whole.
    """
    reader = Reader(paths, args.verb)
    if boxes is not None:
        found = boxes.detections(model, reader, args)
    else:
        found = model.detect_stream(
            reader.images(), score_threshold=args.score_threshold, batch_size=args.batch_size
        )
    with results, contextlib.closing(found), progress(args.verb, len(paths)) as show:
        for done, detections in enumerate(found, start=1):
            kept = detections.filter(classes) if classes else detections
            results.add(reader.take(), kept)
            show(done + reader.failures, reader.total)
    return reader


def report(args, reader, results, *written) -> int:
    """Print what was detected, where it stands, and how many files failed; return the status."""
    seen = [counted(results.images, "image")] if results.images else []
    seen += [counted(results.frames, "frame")] if results.frames else []
    objects = counted(results.objects, "object")
    if seen:
        places = ", ".join(str(path) for path in written if path)
        print(f"Found {objects} in {' and '.join(seen)}. Written: {places}")
    if reader.failures:
        files = counted(reader.failures, "file" if videos_of(reader.paths) else "image")
        print(f"maskrcnn {args.verb}: {files} could not be read, see above.", file=sys.stderr)
    if reader.shortened:
        videos = counted(len(reader.shortened), "video")
        parts = [str(results.pictures[path]) for path in reader.shortened if results.pictures]
        kept = f" What was read of it is kept: {listed(parts)}" if parts else ""
        print(f"maskrcnn {args.verb}: {videos} ended early, see above.{kept}", file=sys.stderr)
    return int(bool(reader.failures or reader.shortened))


def videos_of(paths) -> list[Path]:
    """Those of the paths that are videos."""
    from keras_maskrcnn.data.video import is_video

    return [path for path in paths if is_video(path)]
