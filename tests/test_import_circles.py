"""No two modules import each other, nor go round by others, imports inside functions included."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def imports_by_module(root, package):
    """Module -> the modules of the package that it imports, wherever in its text.

    A package counts as its `__init__.py`, and only where a name is taken from there.
    """
    files = {}
    for path in sorted((root / package).rglob("*.py")):
        name = ".".join(path.relative_to(root).with_suffix("").parts)
        files[name.removesuffix(".__init__")] = path
    found = {}
    for module, path in files.items():
        names = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                inner = {alias.name: f"{node.module}.{alias.name}" for alias in node.names}
                names.update(name if name in files else node.module for name in inner.values())
        found[module] = names & set(files)
    return found


def check(imports):
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        pytest.fail("modules import each other in a circle: " + " <- ".join(error.args[1]))


def test_no_circle_of_imports():
    check(imports_by_module(ROOT, "keras_maskrcnn"))


def test_a_circle_by_way_of_a_function_is_found(tmp_path):
    folder = tmp_path / "house"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "a.py").write_text("from house import b")
    (folder / "b.py").write_text("from house.c import d")
    (folder / "c.py").write_text("def d():\n    from house.a import b")
    with pytest.raises(pytest.fail.Exception, match="a circle: house"):
        check(imports_by_module(tmp_path, "house"))
