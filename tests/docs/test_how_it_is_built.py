"""The page "How it is built" and CONTRIBUTING.md name what there is."""

import re
from pathlib import Path

import pytest

from tests.test_floors import MAY_IMPORT

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "docs" / "how-it-is-built.md", ROOT / "CONTRIBUTING.md"]
ROOMS = set(MAY_IMPORT) - {"__init__"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_is_there(page):
    paths = re.findall(r"`((?:keras_maskrcnn|tests|docs)/[\w/.-]*)`", page.read_text("utf-8"))
    assert paths and [path for path in paths if not (ROOT / path).exists()] == []


def test_the_table_and_the_picture_show_every_room():
    table = re.findall(r"^\| (`.*?) \|", PAGES[0].read_text("utf-8"), re.MULTILINE)
    assert {room for line in table for room in re.findall(r"`(\w+)`", line)} == ROOMS
    picture = (ROOT / "docs" / "pictures" / "rooms.svg").read_text("utf-8")
    drawn = set(re.findall(r"<!-- (\w+) -->", picture))  # of each text that is drawn as a path
    assert drawn == ROOMS, "draw it anew: python docs/pictures/draw_rooms.py"
