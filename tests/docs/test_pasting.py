"""The Python of the pages can be pasted into a console, block by block.

A console ends a `for` or a `with` at an empty line only, and each other line in it that is not
indented is an error; `python page.py` would not notice.
"""

import code
import re
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, blocks

ROOT = Path(__file__).parents[2]
# A class as long as this is for a file, with empty lines in it, as the page says.
FOR_A_FILE = ("guides/own-models.md",)
PAGES = {page.relative_to(DOCS).as_posix(): page for page in sorted(DOCS.rglob("*.md"))}
PAGES = {name: page for name, page in PAGES.items() if name not in FOR_A_FILE}


class Console(code.InteractiveConsole):
    """A console that runs nothing and keeps the lines that it does not understand."""

    def __init__(self):
        super().__init__()
        self.refused = []

    def runcode(self, code):
        pass

    def showsyntaxerror(self, *args, **kwargs):
        self.refused.append(self.line)

    def push(self, line, *args, **kwargs):
        self.line = line
        return super().push(line, *args, **kwargs)


def refused(text):
    """The lines of the Python blocks that a console refuses."""
    console = Console()
    for block in blocks(text, "python"):
        for line in [*block.splitlines(), ""]:
            console.push(line)
    return console.refused


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES.values()], ids=lambda page: page.name)
def test_a_page_can_be_pasted(page):
    assert refused(page.read_text(encoding="utf-8")) == []


def test_a_line_right_after_a_loop_is_refused():
    assert refused("```python\nfor x in (1, 2):\n    print(x)\ny = 1\n```\n") == ["y = 1"]


def test_no_page_writes_a_preset_where_another_page_does():
    """Who walks several pages in one folder keeps what was trained, and no `--out` is in use."""
    writers = {}
    for page in (ROOT / "README.md", *DOCS.rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        folders = re.findall(r"(?:--out |save_to_preset\(\"|train, \")(out/\w+)", text)
        for folder in set(folders):
            writers.setdefault(folder, []).append(page.name)
    assert len(writers) > 10
    assert [folder for folder, pages in writers.items() if len(pages) > 1] == []
