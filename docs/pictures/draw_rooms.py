"""Draws docs/pictures/rooms.svg: the rooms of the package, each above those that it may import.

    python docs/pictures/draw_rooms.py

What may import what, and which rooms work without Keras, is read from `tests/test_floors.py`.
"""

import importlib.util
from pathlib import Path

from course_features_style import BLUE, GREY, PALE, WIDTH, canvas, node
from matplotlib import pyplot as plt

ROOT = Path(__file__).parents[2]
TARGET = Path(__file__).with_name("rooms.svg")
ROW, NODE = 0.46, 0.32  # inches from floor to floor; height of a room
LETTER, PAD, GAP = 0.085, 0.2, 0.12  # inches: width of a letter, room around a name, between rooms


def rules():
    """The test that holds the floors, as a module."""
    path = ROOT / "tests" / "test_floors.py"
    spec = importlib.util.spec_from_file_location("test_floors", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def floors(may_import):
    """Lists of rooms from the ground up: each is one floor above the highest that it may import."""
    height = {}

    def height_of(room):
        if room not in height:
            below = may_import[room] - {room}
            height[room] = 1 + max((height_of(other) for other in below), default=-1)
        return height[room]

    rooms = [room for room in may_import if room != "__init__"]
    found = [[] for _ in range(1 + max(height_of(room) for room in rooms))]
    for room in rooms:
        found[height_of(room)].append(room)
    return found


def main():
    """Draws the floors, the highest at the top."""
    held = rules()
    stack = floors(held.MAY_IMPORT)[::-1]
    figure, axis = canvas(ROW * (len(stack) + 0.8), (0, WIDTH), (0, ROW * (len(stack) + 0.8)))
    for number, rooms in enumerate(stack):
        widths = [LETTER * len(room) + PAD for room in rooms]
        x, y = (WIDTH - sum(widths) - GAP * (len(rooms) - 1)) / 2, ROW * (number + 0.5)
        for room, width in zip(rooms, widths, strict=True):
            color = GREY if room in held.KERAS_FREE else BLUE
            node(axis, x + width / 2, y, width, NODE, "", color=color, face=PALE)
            axis.text(x + width / 2, y, room, ha="center", va="center_baseline", size=9.5)
            x += width + GAP
    y = ROW * (len(stack) + 0.3)
    for x, color, text in ((1.1, BLUE, "may import Keras"), (4.0, GREY, "NumPy and files only")):
        node(axis, x, y, 0.3, 0.18, "", color=color, face=PALE)
        axis.text(x + 0.25, y, text, va="center", size=9)
    figure.savefig(TARGET, facecolor="white", metadata={"Date": None})
    plt.close(figure)


if __name__ == "__main__":
    main()
