"""Holds the order of the package's rooms: which may import which, and how large a file may grow."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "keras_maskrcnn"
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in PACKAGE.rglob("*.py")}

TOOLS = {"progress", "scores", "semantics", "skeletons", "wording", "writing"}
GROUND = {"ops"} | TOOLS
BESIDE = {"formats", "data", "detections", "drawing", "effects", "mask_crops", "presets"}
NETWORK = GROUND | {"layers", "targets", "losses", "branches", "backbones"}
MODELS = NETWORK | BESIDE | {"models"}
ABOVE = MODELS | {"evaluation", "explain", "transfer", "training"}

# Room -> the rooms it may import, besides itself.
MAY_IMPORT = {
    "__init__": {"backend_choice", "name_clash"},
    "backend_choice": set(),
    "name_clash": set(),
    "ops": set(),
    "progress": set(),
    "scores": {"wording"},
    "semantics": set(),
    "skeletons": set(),
    "wording": set(),
    "writing": set(),
    "layers": GROUND,
    "targets": GROUND,
    "losses": GROUND,
    "branches": GROUND | {"layers", "targets", "losses"},
    "backbones": GROUND | {"layers", "presets"},
    "mask_crops": TOOLS,
    "drawing": TOOLS | {"mask_crops"},
    "effects": TOOLS | {"formats"},
    "formats": TOOLS | {"mask_crops"},
    "data": TOOLS | {"mask_crops", "drawing", "formats"},
    "detections": TOOLS | {"mask_crops", "drawing", "formats"},
    "checkpoints": set(),
    "conversion": TOOLS,
    "presets": TOOLS | {"checkpoints", "conversion"},
    "compile_cache": {"presets"},
    "models": NETWORK | BESIDE,
    "evaluation": MODELS,
    "explain": MODELS,
    "transfer": MODELS,
    "training": MODELS | {"evaluation", "transfer"},
    "doctor": {"name_clash"},
    "cli": ABOVE | {"backend_choice", "compile_cache", "doctor", "name_clash"},
}
# These rooms work without Keras, but for the files named.
KERAS_FREE = {
    "__init__",
    "backend_choice",
    "name_clash",
    "progress",
    "scores",
    "semantics",
    "skeletons",
    "wording",
    "writing",
    "mask_crops",
    "drawing",
    "effects",
    "formats",
    "data",
    "detections",
    "checkpoints",
    "conversion",
}
KERAS_ALLOWED = {"data/loader.py"}
MOST_LINES = 250  # of a file, without docstrings


def room_of(path):
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imports():
    """File, line and dotted name of every import; `from a import b` gives `a.b`."""
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from ((path, node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                names = (f"{'.' * node.level}{node.module}.{alias.name}" for alias in node.names)
                yield from ((path, node.lineno, name) for name in names)


def none_of(offences):
    """Fails with a line for each `(path, line, what)`."""
    lines = [f"{path.relative_to(ROOT)}:{line}: {what}" for path, line, what in offences]
    if lines:
        pages = "Rooms: see docs/how-it-is-built.md. Rules: see CONTRIBUTING.md."
        text = "\n".join([*lines, pages])
        pytest.fail(text, pytrace=False)


def test_every_room_has_a_floor():
    assert TREES
    new = {room: path for path in TREES if (room := room_of(path)) not in MAY_IMPORT}
    none_of(
        (path, 1, f"{room!r} is a new room: add it to MAY_IMPORT") for room, path in new.items()
    )


def test_a_room_imports_only_lower_floors():
    none_of(
        (path, line, f"{room_of(path)!r} may not import {name}")
        for path, line, name in imports()
        if name.partition(".")[0] == "keras_maskrcnn" and name != "keras_maskrcnn.__version__"
        if name.split(".")[1:2] not in [[room] for room in allowed(room_of(path))]
    )


def allowed(room):
    return {room} | MAY_IMPORT.get(room, set())


def test_imports_are_by_the_full_name_and_of_nothing_private():
    refused = (".", "keras.src", "tests", "zoo")
    none_of(
        (path, line, f"imports {name}: by the full name, and nothing private or beside the package")
        for path, line, name in imports()
        if name.startswith(refused)
    )


def test_rooms_of_numpy_import_no_keras():
    backends = {"keras", "jax", "tensorflow", "torch"}
    none_of(
        (path, line, f"{room_of(path)} works without Keras and may not import {name}")
        for path, line, name in imports()
        if room_of(path) in KERAS_FREE and name.partition(".")[0] in backends
        if path.relative_to(PACKAGE).as_posix() not in KERAS_ALLOWED
    )


def test_files_and_functions_stay_small():
    offences = []
    for path, tree in TREES.items():
        lines = len(path.read_text(encoding="utf-8").splitlines()) - docstring_lines(tree)
        if lines > MOST_LINES:
            offences.append((path, 1, f"{lines} lines that are no docstring, over {MOST_LINES}"))
        if path.name in ("utils.py", "common.py", "helpers.py"):
            offences.append((path, 1, "the file is not named for what it does"))
        for node in ast.walk(tree):
            length = length_without_docstring(node) if isinstance(node, ast.FunctionDef) else 0
            if length > 60:
                offences.append((path, node.lineno, f"{node.name} has {length} lines, over 60"))
    none_of(offences)


def length_without_docstring(function):
    return function.end_lineno - function.lineno + 1 - length_of_docstring(function)


def docstring_lines(tree):
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    return sum(length_of_docstring(node) for node in ast.walk(tree) if isinstance(node, documented))


def length_of_docstring(node):
    if ast.get_docstring(node, clean=False) is None:
        return 0
    return node.body[0].end_lineno - node.body[0].lineno + 1
