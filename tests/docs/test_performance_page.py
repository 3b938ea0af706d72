"""docs/performance.md types what exists."""

import re
from pathlib import Path

from tests.docs.pages import blocks

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")


def test_the_code_runs():
    (code,) = blocks(PAGE, "python")
    exec(code, {})


def test_the_scripts_are_there():
    names = set(re.findall(r"benchmarks/\w+\.py", PAGE))
    assert len(names) >= 4
    assert all((ROOT / name).is_file() for name in names)
