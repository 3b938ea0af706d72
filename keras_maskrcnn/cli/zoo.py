"""maskrcnn zoo: list the presets, show what is known of one, download them, look into the cache."""

import json

from keras_maskrcnn.cli.output import table

TYPED_NAMES = {"handle": "NAME", "name": "NAME"}


FIGURES = ("box", "mask", "keypoint")  # whose AP the list has


def add_arguments(parser) -> None:
    """Add the verbs `list`, `show`, `download`, `cache` and `remove`."""
    verbs = parser.add_subparsers(
        dest="zoo_verb", required=True, metavar="list | show | download | cache | remove"
    )
    verbs.add_parser("list", help="the presets that from_preset knows by name")
    show = verbs.add_parser("show", help="what is known of a preset, as JSON")
    show.add_argument("name", help="name or folder of a preset")
    download = verbs.add_parser("download", help="download presets into the cache")
    download.add_argument("names", nargs="+", metavar="NAME", help="name of a preset")
    verbs.add_parser("cache", help="where downloaded presets lie and what they take")
    remove = verbs.add_parser("remove", help="delete downloaded presets")
    remove.add_argument("names", nargs="+", metavar="NAME", help="name of a preset in the cache")


def run(args) -> None:
    """Do what the verb says, without a backend."""
    if args.zoo_verb == "list":
        _list()
    elif args.zoo_verb == "show":
        _show(args.name)
    elif args.zoo_verb == "download":
        _download(args.names)
    elif args.zoo_verb == "cache":
        _cache()
    else:
        _remove(args.names)


def _list():
    from keras_maskrcnn import presets

    rows = [("name", "kind", "classes", "MB", "box AP", "mask AP", "keypoint AP", "where")]
    for preset in presets.bundled().values():
        measured = preset.measured or {}
        figures = [100 * measured[one]["AP"] if one in measured else None for one in FIGURES]
        kind = presets.kind(preset.name)
        rows.append(_row(preset, kind, preset.weights_bytes, figures, "bundled"))
    for record in presets.remote().values():
        figures = [record.published.get(f"{one}_ap") for one in FIGURES]
        where = "cached" if _is_cached(record.name) else "download"
        rows.append(_row(record, record.kind, record.bytes, figures, where))
    print(table(rows))


def _row(preset, kind, size, figures, where):
    classes = str(len(preset.class_names) or "-")
    megabytes = f"{size / 1e6:.1f}" if size else "-"
    shown = ("-" if figure is None else f"{figure:.1f}" for figure in figures)
    return (preset.name, kind, classes, megabytes, *shown, where)


def _show(name):
    from keras_maskrcnn import presets

    print(json.dumps(presets.describe(name), indent=2))


def _is_cached(name):
    from keras_maskrcnn import presets

    try:
        presets.resolve(name)
    except presets.NotDownloaded:
        return False
    return True


def _download(names):
    from keras_maskrcnn import presets

    for name in names:
        _is_cached(name)  # an unknown name stops before anything is downloaded
    for name in names:
        print(f"{name}: {presets.resolve(name, download=True)}")


def _cache():
    from keras_maskrcnn import presets

    entries = presets.cached()
    print(presets.cache_folder())
    rows = [("name", "what", "MB")]
    rows += [(entry.name, entry.kind, f"{entry.bytes / 1e6:.1f}") for entry in entries]
    rows.append(("total", "", f"{sum(entry.bytes for entry in entries) / 1e6:.1f}"))
    print(table(rows))


def _remove(names):
    from keras_maskrcnn import presets

    for name in names:
        print(f"{name}: {presets.remove(name) / 1e6:.1f} MB freed")
