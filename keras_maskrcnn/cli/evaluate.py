"""maskrcnn evaluate: AP, precision, recall, F1 and accuracy of a preset on annotated images."""

from pathlib import Path

from keras_maskrcnn.cli.annotations import FORMATS
from keras_maskrcnn.cli.arguments import fraction, positive_fraction, positive_int
from keras_maskrcnn.cli.detection import add_batch_size, check_detectors, start_backend
from keras_maskrcnn.cli.measured import open_measured, say_if_trained_on, take_run
from keras_maskrcnn.cli.output import check_outputs
from keras_maskrcnn.progress import progress
from keras_maskrcnn.wording import counted
from keras_maskrcnn.writing import write_json


def add_arguments(parser) -> None:
    """Add the arguments of `evaluate`."""
    parser.add_argument(
        "--run",
        dest="run_folder",
        metavar="DIR",
        help="folder that train wrote: measure its preset on the images it held back",
    )
    parser.add_argument("--preset", help="or: name or folder of a preset")
    parser.add_argument("--annotations", metavar="ANN", help=FORMATS)
    parser.add_argument("--images", metavar="DIR", help="folder of the images")
    parser.add_argument("--classes", nargs="+", metavar="NAME", help="measure only these")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write the figures")
    parser.add_argument(
        "--report",
        type=Path,
        metavar="DIR",
        help="new folder for pictures: confusion matrix, precision-recall curves, F1 by score",
    )
    parser.add_argument(
        "--pictures",
        type=Path,
        metavar="DIR",
        help="new folder for pictures with missed objects, false positives and class confusions "
        "marked, worst image first",
    )
    parser.add_argument(
        "--worst", type=positive_int, default=24, metavar="N", help="images of --pictures"
    )
    parser.add_argument(
        "--iou",
        type=positive_fraction,
        default=0.5,
        metavar="T",
        help="for precision, recall, F1, accuracy: OKS of keypoints if every class has some, else "
        "IoU of masks, or of boxes where masks are not measured",
    )
    parser.add_argument(
        "--score-threshold",
        type=fraction,
        default=0.5,
        metavar="T",
        help="score from which a detection counts for these; AP takes all",
    )
    parser.add_argument(
        "--max-detections",
        type=positive_int,
        metavar="N",
        help="count the best N of an image and class; by default all, 100 at least",
    )
    add_batch_size(parser)


def run(args) -> None:
    """Print the table of `keras_maskrcnn.evaluation` and write its figures as JSON."""
    from keras_maskrcnn.evaluation import (
        collect_predictions,
        detection_metrics,
        format_table,
        summarize,
        write_report,
    )

    take_run(args)
    _check_outputs(args)
    check_detectors([args.preset])
    source = open_measured(args)
    start_backend([args.preset])
    trained_on = say_if_trained_on(args, source)
    from keras_maskrcnn.models import FasterRCNN

    model = FasterRCNN.from_preset(args.preset)
    with progress("evaluate", len(source)) as show:
        predictions = collect_predictions(model, source, batch_size=args.batch_size, progress=show)
    counting = {
        "iou_threshold": args.iou,
        "score_threshold": args.score_threshold,
        "max_detections": args.max_detections,
    }
    metrics = detection_metrics(predictions, **counting)
    results = summarize(predictions, metrics)
    print(format_table(results))
    if args.json:
        also = {"trained_on": trained_on, "curves": metrics.to_json()["curves"]}
        write_json(args.json, {**results, **also})
    if args.report:
        written = write_report(metrics, args.report)
        print("\nPictures: " + ", ".join(map(str, written)))
    if args.pictures:
        _draw_comparisons(predictions, counting, source, args)


def _check_outputs(args):
    """Say before the work whether the file and the folders can be written."""
    from keras_maskrcnn.evaluation import check_folder, check_report_folder

    if args.report:
        check_report_folder(args.report)
    if args.pictures:
        check_folder(args.pictures, "pictures")
    check_outputs(
        files={"--json": args.json},
        folders={"--report": args.report, "--pictures": args.pictures},
        inputs=[args.annotations] if args.annotations else [],
    )


def _draw_comparisons(predictions, counting, source, args):
    from keras_maskrcnn.evaluation import compare, write_comparisons

    comparisons = compare(predictions, **counting)
    shown = min(args.worst, len(comparisons))
    with progress("pictures", shown) as show:
        *_, sheet = write_comparisons(
            comparisons, source, args.pictures, most=args.worst, progress=show
        )
    images = counted(len(comparisons), "image")
    print(f"\nThe worst {shown} of {images}: {args.pictures}, all together: {sheet}")
