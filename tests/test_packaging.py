"""What the wheel carries, what importing costs, and that README, pyproject and .ci agree."""

import ast
import importlib.util
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

import keras_maskrcnn
from tests.docs.pages import blocks

ROOT = Path(__file__).parent.parent


def python(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )


def test_importing_the_package_imports_neither_keras_nor_a_backend():
    heavy = {"keras", "jax", "tensorflow", "torch", "cv2", "numpy", "rich"}
    run = python(f"import sys, keras_maskrcnn; print(sorted({heavy!r} & set(sys.modules)))")
    assert run.stdout.strip() == "[]", run.stderr


def test_importing_after_keras_registers_every_class():
    names = ["ResNet", "MaskRCNN", "RoIAlign", "AnchorTargets", "Normal"]
    run = python(
        "import keras, keras_maskrcnn\n"
        f"print([keras.saving.get_registered_object('keras_maskrcnn>' + n) for n in {names}])"
    )
    assert run.stdout.count("class") == len(names), run.stdout + run.stderr[-500:]


def test_every_public_name_is_there_and_no_other():
    for name in keras_maskrcnn.__all__:
        assert getattr(keras_maskrcnn, name) is not None
        assert name in dir(keras_maskrcnn)
    with pytest.raises(AttributeError, match="no attribute 'MaskRCN'"):
        _ = keras_maskrcnn.MaskRCN


def test_every_layer_is_exported_from_the_top():
    from keras_maskrcnn import layers

    assert set(layers.__all__) <= set(keras_maskrcnn.__all__)


def test_project_table():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["name"] == "keras3-maskrcnn"
    assert project["scripts"] == {"maskrcnn": "keras_maskrcnn.cli:main"}
    assert set(project["optional-dependencies"]) == {
        *("jax", "jax-cuda", "tensorflow", "torch"),
        *("tfds", "hf", "plot", "pandas", "supervision", "completion"),
        *("test", "docs", "bench"),
    }


def test_editors_see_the_public_names():
    stub = ast.parse((ROOT / "keras_maskrcnn" / "__init__.pyi").read_text())
    imported = [node.names[0].asname for node in stub.body if isinstance(node, ast.ImportFrom)]
    assert sorted([*imported, "__version__"]) == sorted(keras_maskrcnn.__all__)


def test_the_citation_is_of_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == keras_maskrcnn.__version__
    assert citation["license"] == "Apache-2.0"


def test_links_lead_to_the_repository_where_its_address_is_known():
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    hook = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hook)
    assert list(hook.links("", "")) == ["Paper"]
    assert hook.links("https://a.example/r", "https://a.example/")["Issues"] == (
        "https://a.example/r/issues"
    )
    text = "![a](docs/a.png) [b](LICENSE) [c](https://c.example) [d](#d)"
    assert hook.absolute(text, "https://a.example/r") == (
        "![a](https://a.example/r/raw/main/docs/a.png) [b](https://a.example/r/blob/main/LICENSE) "
        "[c](https://c.example) [d](#d)"
    )


def test_the_readme_begins_with_the_demo_and_the_test_command():
    readme = (ROOT / "README.md").read_text()
    demo, test = blocks(readme, "sh")[:2]
    assert "maskrcnn demo" in demo
    assert "python -m tests" in test
    assert "second `sh` block" in (ROOT / ".ci/run").read_text()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    from hatchling import build as hatchling

    folder = tmp_path_factory.mktemp("wheel")
    here = Path.cwd()
    os.chdir(ROOT)
    try:
        name = hatchling.build_wheel(str(folder))
    finally:
        os.chdir(here)
    with zipfile.ZipFile(folder / name) as archive:
        yield archive


def test_the_wheel_carries_the_bundled_presets_and_nothing_beside_the_package(wheel):
    names = wheel.namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {
        "keras_maskrcnn",
        "keras3_maskrcnn",
    }
    bundled = ROOT / "keras_maskrcnn" / "presets" / "bundled"
    for path in bundled.rglob("*"):
        if path.is_file():
            assert path.relative_to(ROOT).as_posix() in names


def test_the_wheel_is_typed_and_shows_the_readme(wheel):
    (metadata,) = (name for name in wheel.namelist() if name.endswith("METADATA"))
    text = wheel.read(metadata).decode()
    assert "Project-URL: Paper, https://arxiv.org/abs/1703.06870" in text
    assert (ROOT / "README.md").read_text(encoding="utf-8").splitlines()[0] in text.splitlines()
    assert "keras_maskrcnn/py.typed" in wheel.namelist()
