"""maskrcnn data check: find problems in annotated images, and draw them."""

from itertools import groupby
from operator import attrgetter
from pathlib import Path

from keras_maskrcnn.cli.annotations import FORMATS
from keras_maskrcnn.cli.output import check_outputs, print_left_out
from keras_maskrcnn.progress import progress
from keras_maskrcnn.wording import counted
from keras_maskrcnn.writing import write_json, write_picture

EXAMPLES = 3  # shown of each kind
SEVERITIES = ("error", "warning", "remark")


def add_parser(verbs) -> None:
    """Add the verb `check` to those of `data`."""
    check = verbs.add_parser(
        "check",
        help="find doubtful objects, copies, leaks and rare classes; exit status 1 on an error",
        description="Finds what is, or may be, a mistake. The exit status is 1 if there is an "
        "error: an image that cannot be read, no object to learn from, or the same image in train "
        "and val. Warnings and remarks leave it 0.",
    )
    add = check.add_argument
    add("annotations", metavar="ANN", help=f"to train on: {FORMATS}")
    add("--images", metavar="DIR", help="folder of the images; by default beside the annotations")
    add("--val", metavar="ANN", help="annotations to measure on, looked through for leaks too")
    add("--val-images", metavar="DIR", help="folder of its images; by default that of --images")
    add("--classes", nargs="+", metavar="NAME", help="look at these only")
    add("--attribute", metavar="NAME", help="VIA: the region attribute that names the class")
    add("--json", type=Path, metavar="FILE", help="where to write all findings with their figures")
    add("--sheet", type=Path, metavar="FILE", help="picture of the worst, the objects marked")
    check.set_defaults(act=run)


def run(args) -> int:
    """Print the findings, the worst first; return the exit status."""
    from keras_maskrcnn.data.problems import find_problems

    read = [path for path in (args.annotations, args.val) if path]
    check_outputs(files={"--json": args.json}, pictures={"--sheet": args.sheet}, inputs=read)
    source, val_source = _open_sources(args)
    total = len(source) + (0 if val_source is None else len(val_source))
    with progress("checking images", total) as show:
        findings = find_problems(source, val_source, progress=show)
    splits = {"train": source} if val_source is None else {"train": source, "val": val_source}
    for name, split in splits.items():
        _describe(name, split)
    for kind, of_kind in groupby(findings, attrgetter("kind")):
        _print_kind(kind, list(of_kind))
    counts = {severity: 0 for severity in SEVERITIES}
    for finding in findings:
        counts[finding.severity] += 1
    print("\n" + ", ".join(counted(count, severity) for severity, count in counts.items()))
    if args.json:
        described = {name: split.describe() for name, split in splits.items()}
        listed = [finding.to_dict() for finding in findings]
        write_json(args.json, {**described, "counts": counts, "findings": listed})
    if args.sheet:
        _draw(args.sheet, findings, source, val_source)
    return 1 if counts["error"] else 0


def _open_sources(args):
    """Return the sources; the classes of val are those of train, as in training."""
    from keras_maskrcnn.data import open_source

    if args.val_images is not None and args.val is None:
        raise ValueError("`--val-images` must go with `--val`. Received: no `--val`. Give both.")
    attribute = args.attribute
    source = open_source(args.annotations, args.images, args.classes, attribute=attribute)
    if args.val is None:
        return source, None
    folder = args.images if args.val_images is None else args.val_images
    given = {"attribute": attribute, "skeleton": source.skeleton}
    return source, open_source(args.val, folder, source.class_names, **given)


def _describe(name, source):
    found, classes = source.describe(), len(source.class_names)
    print(
        f"{name}: {counted(found['images'], 'image')}, {counted(found['objects'], 'object')} of "
        f"{classes} class{'es' * (classes != 1)}"
    )
    if "keypoints" in found:
        print(f"{name}: {counted(sum(found['keypoints'].values()), 'known keypoint')}")
    print_left_out(name, found)


def _print_kind(kind, findings):
    """Print a heading with the number of findings, and the worst of them."""
    from keras_maskrcnn.data.problems import KINDS

    known = KINDS[kind]
    print(f"\n{known.severity}: {known.title} ({len(findings)})")
    for finding in findings[:EXAMPLES]:
        print(f"  {finding.message}")
    if len(findings) > EXAMPLES:
        print(f"  ... and {len(findings) - EXAMPLES} more")


def _draw(path, findings, source, val_source):
    """Write the sheet, if anything can be drawn."""
    from keras_maskrcnn.data.problems import draw_findings

    if not any(place.file_name for finding in findings for place in finding.places):
        print("Nothing to draw.")
        return
    write_picture(path, draw_findings(findings, source, val_source))
    print(f"Sheet: {path}")
