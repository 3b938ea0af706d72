"""The documentation site builds: no broken link, no missing picture, no page outside the menu."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from keras_maskrcnn.cli import app

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(
    not (importlib.util.find_spec("mkdocs") and importlib.util.find_spec("mkdocstrings")),
    reason="needs the docs extra",
)
def test_the_site_builds(tmp_path):
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-d", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    for page in (ROOT / "docs").rglob("*.md"):
        name = page.relative_to(ROOT / "docs").with_suffix("")
        assert (tmp_path / (name if name.name != "index" else name.parent) / "index.html").is_file()

    commands = (tmp_path / "command-line" / "index.html").read_text(encoding="utf-8")
    for verb in app.VERBS:
        assert f'id="maskrcnn-{verb.__name__.rpartition(".")[2]}"' in commands
    assert "--score-threshold T" in commands
    examples = (tmp_path / "examples" / "index.html").read_text(encoding="utf-8")
    assert examples.count("__main__") == len(list((ROOT / "docs" / "examples").glob("*.py")))
    (style,) = (tmp_path / "assets" / "stylesheets").glob("main.*.css")
    assert "68.75em" in style.read_text(encoding="utf-8")  # the menu stays on a window of 1200 px
