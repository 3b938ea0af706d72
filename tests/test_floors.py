"""Holds the order of the package's rooms: which may import which, and how large a file may grow."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "keras_maskrcnn"
FILES = sorted(PACKAGE.rglob("*.py"))
IDS = [str(path.relative_to(PACKAGE)) for path in FILES]

TOOLS = {"wording", "writing"}
GROUND = {"ops"} | TOOLS
BESIDE = {"formats", "data", "detections", "drawing", "effects", "mask_crops", "presets"}
NETWORK = GROUND | {"layers", "targets", "losses", "branches", "backbones"}
MODELS = NETWORK | BESIDE | {"models"}
ABOVE = MODELS | {"evaluation", "explain", "transfer", "training"}

# Room -> the rooms it may import, besides itself.
MAY_IMPORT = {
    "__init__": {"name_clash"},
    "name_clash": set(),
    "ops": set(),
    "wording": set(),
    "writing": set(),
    "layers": GROUND,
    "targets": GROUND,
    "losses": GROUND,
    "branches": GROUND | {"layers", "targets", "losses"},
    "backbones": GROUND | {"layers", "presets"},
    "mask_crops": TOOLS,
    "drawing": TOOLS | {"mask_crops"},
    "effects": TOOLS,
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
    "cli": ABOVE | {"compile_cache", "doctor", "name_clash"},
}
# These rooms work without Keras, but for the files named.
KERAS_FREE = {
    "__init__",
    "name_clash",
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
LONG = {"detections/detections.py"}  # methods of a line or two, each under its documentation


def room_of(path):
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imports_of(path):
    """Every dotted name that the file imports; `from a import b` gives `a.b`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: import by the full name, not relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_a_room_imports_only_lower_floors(path):
    room = room_of(path)
    assert room in MAY_IMPORT, f"{room!r} is a new room: give it a floor in MAY_IMPORT"
    imported = {
        name.split(".")[1]
        for name in imports_of(path)
        if name.startswith("keras_maskrcnn.") and name != "keras_maskrcnn.__version__"
    }
    assert imported - {room} <= MAY_IMPORT[room]


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_no_private_or_whole_package_import(path):
    names = list(imports_of(path))
    assert "keras_maskrcnn" not in names, "import the room, not the package"
    assert not [name for name in names if name.startswith(("keras.src", "tests", "zoo"))]


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_rooms_of_numpy_import_no_keras(path):
    if room_of(path) in KERAS_FREE and path.relative_to(PACKAGE).as_posix() not in KERAS_ALLOWED:
        backends = {"keras", "jax", "tensorflow", "torch"}
        assert not {name.split(".")[0] for name in imports_of(path)} & backends


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_files_and_functions_stay_small(path):
    text = path.read_text(encoding="utf-8")
    assert path.name not in ("utils.py", "common.py", "helpers.py")
    assert len(text.splitlines()) <= 300 or path.relative_to(PACKAGE).as_posix() in LONG
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert length_without_docstring(node) <= 60, f"{node.name} is too long"


def length_without_docstring(function):
    lines = function.end_lineno - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function, clean=False) is not None:
        lines -= first.end_lineno - first.lineno + 1
    return lines
