"""maskrcnn predict: outline the objects in images and videos; write pictures, COCO or VIA JSON."""

import contextlib
from pathlib import Path

from keras_maskrcnn.cli import detection, given_boxes
from keras_maskrcnn.cli.results import SHEET_MOST, Results
from keras_maskrcnn.cli.sources import list_sources
from keras_maskrcnn.writing import write_json

DEFAULT_OUT = Path("predictions")


def add_arguments(parser) -> None:
    """Add the arguments of `predict`."""
    detection.add_arguments(parser)
    parser.add_argument(
        "--out",
        type=Path,
        help="folder for pictures and videos, or the file of a single one; by default "
        f"{DEFAULT_OUT}/, if nothing else is asked for",
    )
    detection.add_classes(parser, "classes to find")
    given_boxes.add_arguments(parser)
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write COCO results, with file_name, to this file"
    )
    parser.add_argument(
        "--via", type=Path, metavar="FILE", help="write a VGG Image Annotator project to this file"
    )
    parser.add_argument(
        "--sheet",
        type=Path,
        metavar="FILE",
        help=f"one picture of the first {SHEET_MOST} images, small, with what was found",
    )


def run(args) -> int:
    """Detect objects picture by picture; a file that cannot be read is reported and left out."""
    given_boxes.check(args)
    paths = list_sources(*args.sources)
    boxes = None
    if args.boxes:
        boxes = given_boxes.GivenBoxes(args.boxes, paths, args.boxes_images)
        paths = boxes.paths
    _check_images("--via", args.via, paths)
    _check_images("--sheet", args.sheet, paths)
    if not (args.out or args.json or args.via or args.sheet):
        args.out = DEFAULT_OUT
    results = Results(
        args.out, paths, coco=bool(args.json), via=bool(args.via), sheet=bool(args.sheet)
    )
    results.check_outputs(
        read=[args.boxes] if args.boxes else [],
        files={"--json": args.json, "--via": args.via},
        pictures={"--sheet": args.sheet},
    )
    model = detection.load_model(args.preset, args.classes)
    try:
        reader = detection.detect(model, paths, args, results, args.classes, boxes)
    except OSError:  # such as a full disk; what was found until then is not lost
        _write_files(args, paths, results, model.class_names)
        raise
    _write_files(args, paths, results, model.class_names)
    sheet = args.sheet if results.images else None
    written = args.out, args.json, args.via, sheet
    status = detection.report(args, reader, results, *written)
    if sheet and results.images > SHEET_MOST:
        print(f"{sheet} shows the first {SHEET_MOST} of {results.images} images.")
    return status


def _write_files(args, paths, results, class_names):
    """Write what was found to each file asked for, also after one that cannot be written."""
    with contextlib.ExitStack() as files:
        if args.sheet:
            files.callback(results.write_sheet, args.sheet)
        if args.via:
            files.callback(_write_via, args.via, paths, results, class_names)
        if args.json:
            files.callback(write_json, args.json, results.coco)


def _check_images(option, file, paths):
    if file and (videos := detection.videos_of(paths)):
        raise ValueError(
            f"`{option}` must go with images only: it has no place for videos. "
            f"Received: {str(videos[0])!r}. Type --json or --out instead."
        )


def _write_via(file, paths, results, class_names):
    from keras_maskrcnn.data import via_project

    folders = {path.parent for path in paths}  # file names are relative to it if there is one
    folder = folders.pop() if len(folders) == 1 else None
    known = {"images_dir": folder, "name": file.stem, "skeleton": results.skeleton}
    write_json(file, via_project(results.via, class_names, **known))
