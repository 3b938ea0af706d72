"""maskrcnn zoo: list the presets, or show what is known of one."""

import json

from keras_maskrcnn.cli.output import table


def add_arguments(parser):
    """Adds the verbs `list` and `show`."""
    verbs = parser.add_subparsers(dest="zoo_verb", required=True, metavar="list | show NAME")
    verbs.add_parser("list", help="the presets that from_preset knows by name")
    show = verbs.add_parser("show", help="the metadata of a preset")
    show.add_argument("name", help="name or folder of a preset")


def run(args):
    """Prints what is known of the presets, without loading one."""
    from keras_maskrcnn import presets

    if args.zoo_verb == "list":
        rows = [("name", "classes", "MB", "description")]
        for preset in presets.bundled().values():
            megabytes = f"{preset.weights_bytes / 1e6:.1f}"
            rows.append((preset.name, str(len(preset.class_names)), megabytes, preset.description))
        print(table(rows))
    else:
        folder = presets.resolve(args.name)
        print(json.dumps({"folder": str(folder), **presets.load_metadata(folder)}, indent=2))
