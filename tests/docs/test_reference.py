"""Every public name stands in the reference once, and has a docstring."""

import importlib.util
import inspect
import pkgutil
import re
import types
from pathlib import Path

import pytest
import yaml

import keras_maskrcnn as km

ROOT = Path(__file__).parents[2]
HAS_TFDS = all(map(importlib.util.find_spec, ("tensorflow_datasets", "tensorflow")))
PAGES = sorted((ROOT / "docs" / "reference").glob("*.md"))


def lines(page):
    """The paths that a page documents; without TFDS, not those of its builders."""
    paths = re.findall(r"^::: (\S+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return [path for path in paths if HAS_TFDS or ".tfds." not in path]


def resolve(path):
    """What a path names; where a module and a function share it, the function."""
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def public_packages():
    """The package, its public modules, and the packages in those; the home of `Detections`."""
    packages = [km, importlib.import_module("keras_maskrcnn.detections")]
    for name in km.__all__:
        found = getattr(km, name)
        if isinstance(found, types.ModuleType):
            inner = pkgutil.walk_packages(getattr(found, "__path__", ()), f"{found.__name__}.")
            packages += [found, *(importlib.import_module(i.name) for i in inner if i.ispkg)]
    return packages


def public_names(package):
    """Path and object of each public name, but for modules with names of their own, and version."""
    for name in package.__all__:
        found = getattr(package, name)
        if name != "__version__" and not hasattr(found, "__all__"):
            yield f"{package.__name__}.{name}", found


@pytest.mark.parametrize("package", public_packages(), ids=lambda package: package.__name__)
def test_every_public_name_is_in_the_reference(package):
    if package.__name__.endswith(".tfds") and not HAS_TFDS:
        pytest.skip("needs tensorflow_datasets")
    shown = [id(resolve(path)) for page in PAGES for path in lines(page)]
    missing = [path for path, found in public_names(package) if shown.count(id(found)) == 0]
    twice = [path for path, found in public_names(package) if shown.count(id(found)) > 1]
    room = package.__name__.split(".")[1] if package is not km else "detections"
    assert not missing, (
        f"Missing in the reference: add `::: {missing[0]}` to docs/reference/{room}.md, and the "
        f"page to `nav` in mkdocs.yml if it is new; likewise {missing[1:]}."
    )
    assert not twice, f"More than once in the reference: {twice}."


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_line_names_something_with_a_docstring(page):
    paths = lines(page)
    assert paths and len(set(paths)) == len(paths)
    for path in paths:
        found = resolve(path)
        if isinstance(found, types.ModuleType) or callable(found):
            assert inspect.getdoc(found), f"{path} has no docstring."
        else:
            text = page.read_text(encoding="utf-8")
            assert f"`{path.rpartition('.')[2]}` is " in text, f"Say on {page.name} what {path} is."


@pytest.mark.parametrize("page", ["models", "layers", "branches", "targets", "backbones"])
def test_every_argument_has_a_line_of_its_own(page):
    """The site leaves out an argument whose name does not stand alone before the colon."""
    missing = []
    for path in lines(ROOT / "docs" / "reference" / f"{page}.md"):
        found = resolve(path)
        if callable(found):
            arguments = re.search(
                r"^Args:\n((?: .*\n|\n)*)", inspect.getdoc(found) + "\n", re.MULTILINE
            )
            told = re.findall(r"^    (\w+):", arguments[1], re.MULTILINE) if arguments else []
            names = [name for name in inspect.signature(found).parameters if name != "kwargs"]
            missing += [f"{path}: {name}" for name in names if name not in told]
    assert not missing


def test_every_page_is_in_the_navigation():
    _, menu = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").split("\nnav:\n")
    reference = next(e["Reference"] for e in yaml.safe_load(menu) if "Reference" in e)
    named = sorted(path for entry in reference for path in entry.values())
    named = [path for path in named if path.startswith("reference/")]
    assert named == [f"reference/{page.name}" for page in PAGES]


def test_docstrings_become_markdown():
    pytest.importorskip("griffe")
    path = ROOT / "docs" / "reference" / "docstrings.py"
    spec = importlib.util.spec_from_file_location("docstrings", path)
    docstrings = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(docstrings)
    text = """Double it.

Coordinates: pixels,
    of the image.

Args:
    x: number.

Call arguments:
    y: number
        of pixels.

Example:

>>> print(double(2),  # doctest: +SKIP
...       "a")
4   a
    b

References:
    A paper.
"""
    expected = """Double it.

**Coordinates:** pixels,
of the image.

Args:
    x: number.

**Call arguments:**

- **`y`**: number
    of pixels.

**Example:**



```pycon
>>> print(double(2),
...       "a")
4   a
    b
```

**References:**

A paper."""
    assert docstrings.to_markdown(text) == expected
