"""The course's chapters on training, transfer and evaluation print what they say they print."""

import operator
import re

import keras
import pytest

from tests.docs.pages import DOCS, parsed_commands, run_session

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "torch", reason="the course runs with PyTorch"
)
CHAPTERS = ("course/09-training", "course/10-transfer", "course/11-evaluation")


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_session(chapter):
    names = run_session(chapter)
    text = (DOCS / f"{chapter}.md").read_text(encoding="utf-8")
    for name in re.findall(r"`(km\.\w[\w.]+)", text):
        assert operator.attrgetter(name.removeprefix("km."))(names["km"]) is not None, name
    for picture in re.findall(r"!\[[^]]+\]\(\.\./(pictures/\S+)\)", text):
        assert (DOCS / picture).is_file()
    parsed_commands(text.replace(" \\\n", " "))


def test_answers_of_the_exercises_on_average_precision():
    average_precision = run_session("course/11-evaluation")["average_precision"]
    assert average_precision([1, 0, 1, 1, 0, 1], 4) == pytest.approx(0.794, abs=5e-4)
    doubled = average_precision([1, 0, 0, 0, 1, 0, 1, 0, 0, 0], 4)
    assert doubled == pytest.approx(0.470, abs=5e-4)
