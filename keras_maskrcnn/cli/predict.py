"""maskrcnn predict: outline the objects in images and videos; write pictures, COCO or VIA JSON."""

import contextlib
import sys
from pathlib import Path

from keras_maskrcnn.cli import backend
from keras_maskrcnn.cli.arguments import fraction, positive_int
from keras_maskrcnn.cli.output import counted, progress, write_json
from keras_maskrcnn.cli.results import Results
from keras_maskrcnn.cli.sources import Reader, list_sources

DEFAULT_OUT = Path("predictions")


def add_arguments(parser):
    """Adds the arguments of `predict`."""
    parser.add_argument("sources", nargs="+", metavar="SOURCE", help="image, video, folder or glob")
    parser.add_argument(
        "--preset",
        action="append",
        required=True,
        help="name or folder of a preset; given several times, what they find is fused",
    )
    parser.add_argument(
        "--out",
        type=Path,
        help=f"folder for pictures and videos; {DEFAULT_OUT}/ if no file is asked for",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="COCO results with file_name")
    parser.add_argument("--via", type=Path, metavar="FILE", help="VGG Image Annotator project")
    parser.add_argument("--score-threshold", type=fraction, default=0.5, metavar="T", help="lowest")
    parser.add_argument("--batch-size", type=positive_int, default=1, metavar="N", help="images")


def run(args):
    """Detects objects picture by picture; a file that cannot be read is reported and left out."""
    paths = list_sources(*args.sources)
    _check_via(args.via, paths)
    if not (args.out or args.json or args.via):
        args.out = DEFAULT_OUT
    results = Results(args.out, paths, coco=bool(args.json), via=bool(args.via))
    backend.start()
    model = _model(args.preset)
    reader = Reader(paths, "predict")
    found = model.detect_stream(
        reader.images(), score_threshold=args.score_threshold, batch_size=args.batch_size
    )
    with results, contextlib.closing(found), progress("predict", len(paths)) as show:
        for done, detections in enumerate(found, start=1):
            results.add(reader.take(), detections)
            show(done + reader.failures, reader.total)
    if args.json:
        write_json(args.json, results.coco)
    if args.via:
        write_json(args.via, _via_project(args.via, paths, results.via, model.class_names))
    _report(args, results)
    if reader.failures:
        files = counted(reader.failures, "file" if _videos(paths) else "image")
        print(f"maskrcnn predict: {files} could not be read, see above.", file=sys.stderr)
    return int(reader.failures > 0)


def _model(presets):
    from keras_maskrcnn.models import Ensemble, FasterRCNN

    if len(presets) > 1:
        return Ensemble.from_presets(presets)
    return FasterRCNN.from_preset(presets[0])


def _check_via(via, paths):
    if via and (videos := _videos(paths)):
        raise ValueError(
            f"`--via` must go with images only: VIA has no videos. Received: {str(videos[0])!r}. "
            "Type --json instead."
        )


def _via_project(file, paths, images, class_names):
    from keras_maskrcnn.data import via_project

    folders = {path.parent for path in paths}  # file names are relative to it if there is one
    folder = folders.pop() if len(folders) == 1 else None
    return via_project(images, class_names, images_dir=folder, name=file.stem)


def _videos(paths):
    from keras_maskrcnn.data.video import is_video

    return [path for path in paths if is_video(path)]


def _report(args, results):
    written = [str(path) for path in (args.out, args.json, args.via) if path]
    seen = [counted(results.images, "image")] if results.images or not results.frames else []
    seen += [counted(results.frames, "frame")] if results.frames else []
    objects = counted(results.objects, "object")
    print(f"Found {objects} in {' and '.join(seen)}. Written: {', '.join(written)}")
