"""The blocks of docs/conventions.md run."""

from pathlib import Path

import pytest

from tests.docs.pages import blocks

PAGE = Path(__file__).parents[2] / "docs" / "conventions.md"
BLOCKS = blocks(PAGE.read_text(encoding="utf-8"), "python")


@pytest.mark.parametrize("code", BLOCKS, ids=range(len(BLOCKS)))
def test_block_runs(code):
    exec(code, {})


def test_there_are_blocks():
    assert len(BLOCKS) == 3
