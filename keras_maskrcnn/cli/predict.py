"""maskrcnn predict: outline the objects in images; write pictures and COCO or VIA JSON."""

import collections
import sys
from pathlib import Path

from keras_maskrcnn.cli import backend
from keras_maskrcnn.cli.arguments import fraction, positive_int
from keras_maskrcnn.cli.output import counted, progress, write_json, write_picture

DEFAULT_OUT = Path("predictions")


def add_arguments(parser):
    """Adds the arguments of `predict`."""
    parser.add_argument("sources", nargs="+", metavar="SOURCE", help="image, folder or glob")
    parser.add_argument("--preset", required=True, help="name or folder of a preset")
    parser.add_argument(
        "--out", type=Path, help=f"folder for pictures; {DEFAULT_OUT}/ if no file is asked for"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="COCO results with file_name")
    parser.add_argument("--via", type=Path, metavar="FILE", help="VGG Image Annotator regions")
    parser.add_argument("--score-threshold", type=fraction, default=0.5, metavar="T", help="lowest")
    parser.add_argument("--batch-size", type=positive_int, default=1, metavar="N", help="images")


def run(args):
    """Detects objects image by image; an image that cannot be read is reported and left out."""
    from keras_maskrcnn.data import list_images

    paths = list_images(*args.sources)
    if not (args.out or args.json or args.via):
        args.out = DEFAULT_OUT
    results = Results(args.out, paths)
    backend.choose()
    from keras_maskrcnn.models import FasterRCNN

    model = FasterRCNN.from_preset(args.preset)
    failures = 0
    options = {"score_threshold": args.score_threshold, "batch_size": args.batch_size}
    with progress("predict", len(paths)) as show:
        for start in range(0, len(paths), args.batch_size):
            batch = paths[start : start + args.batch_size]
            images = _read(batch)
            failures += len(batch) - len(images)
            found = model.detect(list(images.values()), **options)
            for (path, image), detections in zip(images.items(), found, strict=True):
                results.add(path, image, detections)
            show(start + len(batch))
    if args.json:
        write_json(args.json, results.coco)
    if args.via:
        write_json(args.via, results.via)
    _report(args, results, len(paths) - failures)
    if failures:
        images = counted(failures, "image")
        print(f"maskrcnn predict: {images} could not be read, see above.", file=sys.stderr)
    return int(failures > 0)


class Results:
    """Where the detections of each image go.

    Args:
        out: Path of the folder for pictures, or None.
        paths: every image of this run; each has its own picture's name and file_name.
    """

    def __init__(self, out, paths):
        self.out = out
        self.coco, self.via = [], {}
        self.objects = 0
        self.image_ids = {path: number for number, path in enumerate(paths, start=1)}
        self.pictures = _picture_paths(out, paths) if out else {}
        names = collections.Counter(path.name for path in paths)
        self.file_names = {
            path: path.name if names[path.name] == 1 else path.as_posix() for path in paths
        }

    def add(self, path, image, detections):
        """Draws and records what was found in the image at `path`."""
        name = self.file_names[path]
        for result in detections.to_coco(self.image_ids[path]):
            self.coco.append({**result, "file_name": name})
        size = path.stat().st_size
        self.via[f"{name}{size}"] = detections.to_via(name, file_size=size)
        self.objects += len(detections)
        if self.out:
            write_picture(self.pictures[path], detections.draw(image))


def _picture_paths(out, paths):
    """A PNG in `out` for each image, numbered where two images have one stem."""
    taken, pictures = set(), {}
    for path in paths:
        name, number = path.stem, 1
        while name in taken:
            number += 1
            name = f"{path.stem}_{number}"
        taken.add(name)
        pictures[path] = out / f"{name}.png"
    inputs = {path.resolve() for path in paths}
    if clash := sorted(str(path) for path in pictures.values() if path.resolve() in inputs):
        raise ValueError(
            f"`--out` must not be the folder of the images: {clash[0]!r} would be overwritten. "
            "Give another folder."
        )
    return pictures


def _read(paths):
    from keras_maskrcnn.data import read_image

    images = {}
    for path in paths:
        try:
            images[path] = read_image(path)
        except (ValueError, OSError) as error:
            print(f"maskrcnn predict: {error}", file=sys.stderr)
    return images


def _report(args, results, images):
    written = [str(path) for path in (args.out, args.json, args.via) if path]
    objects = counted(results.objects, "object")
    print(f"Found {objects} in {counted(images, 'image')}. Written: {', '.join(written)}")
