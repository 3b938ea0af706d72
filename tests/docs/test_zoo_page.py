"""docs/zoo.md says what the catalogue says, and types commands that exist."""

import re
from pathlib import Path

from keras_maskrcnn import presets
from keras_maskrcnn.cli import app
from zoo import table

PAGE = table.PAGE.read_text(encoding="utf-8")


def test_the_tables_are_up_to_date():
    assert table.updated(PAGE) == PAGE, "type: python zoo/table.py"


def test_every_preset_is_there_with_its_figures():
    rows = {line.split("`")[1]: line for line in PAGE.splitlines() if line.startswith("| `")}
    known = {*presets.bundled(), *presets.remote()}
    assert known <= rows.keys()
    assert (
        "| 178 | 37.9 | 34.6 |  | torchvision, COCO val2017 |"
        in rows["mask_rcnn_resnet50_fpn_coco"]
    )
    assert rows["mask_rcnn_resnet50_fpn_3x_coco"].endswith("| CC-BY-SA-3.0 |")
    assert "| 82.8 | 80.9 |" in rows["mask_rcnn_tiny_shapes"]


def test_a_stale_table_is_rewritten():
    assert table.updated(PAGE.replace("| 37.9 | 34.6 |", "| 99.9 | 99.9 |")) == PAGE


def test_the_commands_have_these_verbs_and_options():
    commands = re.findall(r"^maskrcnn ((?:zoo|predict|convert) [^#\n]*)", PAGE, re.MULTILINE)
    assert len(commands) == 7
    for command in commands:
        app._parser().parse_args(command.split())


def test_the_site_lists_its_pages():
    navigation = (Path(table.PAGE).parent.parent / "mkdocs.yml").read_text(encoding="utf-8")
    pages = {path.name for path in Path(table.PAGE).parent.glob("*.md")}
    assert pages <= set(re.findall(r": ([\w-]+\.md)$", navigation, re.MULTILINE))
