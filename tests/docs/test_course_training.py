"""The course's chapters from training to semantic maps print what they say they print."""

import operator
import re

import pytest

from keras_maskrcnn.training import Optimization
from tests.docs.pages import DOCS, parsed_commands, run_session

CHAPTERS = (
    "course/09-training",
    "course/10-transfer",
    "course/11-evaluation",
    "course/12-pose",
    "course/13-semantic",
    "course/14-one-stage",
    "course/15-from-rcnn-to-mask-rcnn",
)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_session(chapter):
    names = run_session(chapter)
    text = (DOCS / f"{chapter}.md").read_text(encoding="utf-8")
    for name in re.findall(r"`(km\.\w[\w.]+)", text):
        assert operator.attrgetter(name.removeprefix("km."))(names["km"]) is not None, name
    for picture in re.findall(r"!\[[^]]+\]\(\.\./(pictures/\S+)\)", text):
        assert (DOCS / picture).is_file()
    parsed_commands(text.replace(" \\\n", " "))


def test_answers_of_the_exercises_on_evaluation():
    names = run_session("course/11-evaluation")
    average_precision = names["average_precision"]
    assert average_precision([1, 0, 1, 1, 0, 1], 4) == pytest.approx(0.794, abs=5e-4)
    doubled = average_precision([1, 0, 0, 0, 1, 0, 1, 0, 0, 0], 4)
    assert doubled == pytest.approx(0.470, abs=5e-4)
    boxes, scores = names["boxes"], names["scores"]

    def overall(boxes, scores):
        told = names["Told"](boxes, [1] * len(boxes), scores, ["cell"])
        predictions = names["km"].evaluation.collect_predictions(told, names["cells"])
        metrics = names["km"].evaluation.detection_metrics
        return metrics(predictions, iou_threshold=0.5, score_threshold=0.5).overall

    twice = overall(2 * boxes, scores + [score - 0.01 for score in scores])
    assert (twice["precision"], twice["recall"]) == (3 / 9, 3 / 4)
    halved = overall(boxes, [score / 2 for score in scores])
    assert (halved["precision"], halved["recall"]) == (-1, 0)


def test_the_rate_after_an_epoch():
    rate = float(Optimization(learning_rate=2e-3).rates(steps=1600)(200))
    assert rate == pytest.approx(0.00197, abs=5e-6)
