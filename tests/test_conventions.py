"""The blocks of docs/conventions.md run."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parent.parent / "docs" / "conventions.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)


@pytest.mark.parametrize("code", BLOCKS, ids=range(len(BLOCKS)))
def test_block_runs(code):
    exec(code, {})


def test_there_are_blocks():
    assert len(BLOCKS) == 3
