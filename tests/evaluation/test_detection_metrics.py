import json

import numpy as np
import pytest

from keras_maskrcnn.evaluation import collect_predictions, detection_metrics

CELL = (10, 10, 20, 20)
OTHER = (40, 40, 50, 50)
EMPTY = (30, 0, 38, 8)  # where nothing is
TWO = ("cell", "dust")


@pytest.fixture
def measure(source_of, model_of):
    """The metrics of images given as lists of objects and of detections."""

    def measured(objects, found, masks=True, size=(64, 64), **options):
        source = source_of(objects, TWO, size)
        predictions = collect_predictions(model_of(found, TWO, masks), source)
        return detection_metrics(predictions, **options)

    return measured


def counts(metrics):
    return [getattr(metrics, name).tolist() for name in ("tp", "fp", "fn")]


def test_by_hand(measure):
    # cell: a true positive. dust: one detected as cell, one missed; and one false positive.
    objects = [(1, *CELL), (2, *OTHER), (2, 0, 50, 10, 60)]
    found = [(1, 0.9, *CELL), (1, 0.8, *OTHER), (2, 0.7, *EMPTY)]
    metrics = measure([objects], [found])
    assert (metrics.class_names, metrics.kind) == (TWO, "mask")
    assert counts(metrics) == [[1, 0], [1, 1], [0, 2]]
    assert metrics.precision.tolist() == [1 / 2, 0] and metrics.recall.tolist() == [1, 0]
    assert metrics.f1.tolist() == [2 / 3, 0] and metrics.accuracy.tolist() == [1 / 2, 0]
    assert metrics.confusion_matrix.tolist() == [
        [0, 0, 1],  # background: false positives
        [0, 1, 0],  # cell
        [1, 1, 0],  # dust: missed, detected as cell
    ]
    assert metrics.best_f1.tolist() == [1, 0]
    assert metrics.best_score_threshold.tolist() == pytest.approx([0.9, -1])
    best_f1 = metrics.overall.pop("best_f1")
    assert best_f1 == 2 / 4  # of the best detection alone
    assert metrics.overall.pop("best_score_threshold") == pytest.approx(0.9)
    assert metrics.overall == {
        **{"tp": 1, "fp": 2, "fn": 2},
        **{"precision": 1 / 3, "recall": 1 / 3, "f1": 1 / 3, "accuracy": 1 / 5},
        "classification_accuracy": 1 / 2,
    }


def test_a_detection_of_the_own_class_finds_its_object_first(measure):
    found = [(2, 0.95, *CELL), (1, 0.6, *CELL)]
    metrics = measure([[(1, *CELL)]], [found])
    assert metrics.confusion_matrix.tolist() == [[0, 0, 1], [0, 1, 0], [0, 0, 0]]
    assert counts(metrics) == [[1, 0], [0, 1], [0, 0]]
    # Without it the object was taken for the other class.
    metrics = measure([[(1, *CELL)]], [found], score_threshold=0.7)
    assert metrics.confusion_matrix.tolist() == [[0, 0, 0], [0, 0, 1], [0, 0, 0]]
    assert counts(metrics) == [[0, 0], [0, 1], [1, 0]]
    assert metrics.overall["classification_accuracy"] == 0


def test_an_object_is_found_or_confused_once(measure):
    metrics = measure([[(1, *CELL)]], [[(1, 0.9, *CELL), (1, 0.8, 10, 10, 20, 19)]])
    assert metrics.confusion_matrix.tolist() == [[0, 1, 0], [0, 1, 0], [0, 0, 0]]
    metrics = measure([[(1, *CELL)]], [[(2, 0.9, *CELL), (2, 0.8, 10, 10, 20, 19)]])
    assert metrics.confusion_matrix.tolist() == [[0, 0, 1], [0, 0, 1], [0, 0, 0]]


def test_confusion_takes_the_best_score_and_its_largest_overlap(measure):
    # Of class 2, 0.9 overlaps both objects, by 10/11 and 3/4, and takes the first.
    objects = [(1, 10, 10, 20, 20), (1, 10, 12, 20, 22)]
    first = (2, 0.9, 10, 10, 20, 21)
    # 0.8 overlaps the second fully, or by 2/3 and the first, which is taken, fully.
    metrics = measure([objects], [[(2, 0.8, 10, 12, 20, 22), first]], iou_threshold=0.7)
    assert metrics.confusion_matrix.tolist() == [[0, 0, 0], [0, 0, 2], [0, 0, 0]]
    metrics = measure([objects], [[(2, 0.8, 10, 10, 20, 20), first]], iou_threshold=0.7)
    assert metrics.confusion_matrix.tolist() == [[0, 0, 1], [1, 0, 1], [0, 0, 0]]


def test_objects_of_other_images_are_not_confused(measure):
    metrics = measure([[(1, *CELL)], []], [[], [(2, 0.9, *CELL)]])
    assert metrics.confusion_matrix.tolist() == [[0, 0, 1], [1, 0, 0], [0, 0, 0]]


def test_crowds_are_neither_found_nor_missed(measure):
    crowd = (1, 30, 30, 60, 60, "crowd")
    inside = [(1, 0.9, 32, 32, 40, 40), (1, 0.8, 45, 45, 55, 55)]
    metrics = measure([[(1, *CELL), crowd]], [[*inside, (1, 0.7, *CELL)]])
    assert metrics.confusion_matrix.tolist() == [[0, 0, 0], [0, 1, 0], [0, 0, 0]]
    assert metrics.curve.scores.tolist() == pytest.approx([0.7]) and metrics.curve.objects == 1
    # A crowd excuses detections of its own class only, and is taken for nothing.
    metrics = measure([[crowd]], [[(2, 0.9, 30, 30, 60, 60)]])
    assert metrics.confusion_matrix.tolist() == [[0, 0, 1], [0, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize(("iou", "found"), [(0.1, 1), (0.5, 1), (0.8, 1), (0.81, 0), (1.0, 0)])
def test_iou_threshold(measure, iou, found):
    # 10 x 10 against 10 x 8 within it: IoU 0.8.
    metrics = measure([[(1, *CELL)]], [[(1, 0.9, 10, 10, 20, 18)]], iou_threshold=iou)
    assert counts(metrics) == [[found, 0], [1 - found, 0], [1 - found, 0]]
    same = measure([[(1, *CELL)]], [[(1, 0.9, *CELL)]], iou_threshold=1)
    assert counts(same) == [[1, 0], [0, 0], [0, 0]]


def test_score_threshold_takes_equal_scores(measure):
    found = [[(1, 0.5, *CELL), (1, 0.25, *OTHER)]]
    objects = [[(1, *CELL), (1, *OTHER)]]
    by_threshold = {t: measure(objects, found, score_threshold=t) for t in (0, 0.25, 0.3, 0.5, 1)}
    recalls = {t: metrics.recall[0] for t, metrics in by_threshold.items()}
    assert recalls == {0: 1, 0.25: 1, 0.3: 0.5, 0.5: 0.5, 1: 0}
    assert by_threshold[1].precision.tolist() == [-1, -1]
    assert by_threshold[1].curves[0].recall.tolist() == [0.5, 1]  # of all scores


def test_no_detections_or_no_objects_or_neither(measure):
    metrics = measure([[(1, *CELL)], []], [[], []])
    assert metrics.confusion_matrix.tolist() == [[0, 0, 0], [1, 0, 0], [0, 0, 0]]
    assert metrics.recall.tolist() == [0, -1] and metrics.precision.tolist() == [-1, -1]
    assert metrics.best_f1.tolist() == [0, -1]
    assert metrics.overall["classification_accuracy"] == -1
    assert metrics.curves[0].scores.size == metrics.curve.recall.size == 0

    metrics = measure([[], []], [[], [(1, 0.9, *CELL)]])
    assert metrics.confusion_matrix.tolist() == [[0, 1, 0], [0, 0, 0], [0, 0, 0]]
    assert metrics.precision.tolist() == [0, -1] and metrics.recall.tolist() == [-1, -1]
    assert metrics.best_f1.tolist() == metrics.best_score_threshold.tolist() == [-1, -1]

    metrics = measure([[]], [[]])
    assert not metrics.confusion_matrix.any()
    assert set(metrics.accuracy) == {-1} and metrics.overall["best_f1"] == -1


def test_without_masks(measure):
    # The box of 8 x 8 has IoU 0.64 with the object's, and there is no mask to be another.
    metrics = measure([[(1, *CELL)]], [[(1, 0.9, 10, 10, 18, 18)]], masks=False)
    assert metrics.kind == "box" and counts(metrics) == [[1, 0], [0, 0], [0, 0]]
    with pytest.raises(ValueError, match="`kind` must be one of .'box'.. Received: kind='mask'"):
        measure([[(1, *CELL)]], [[(1, 0.9, *CELL)]], masks=False, kind="mask")
    confused = measure([[(1, *CELL)]], [[(2, 0.9, *CELL)]], kind="box")
    assert confused.confusion_matrix[1].tolist() == [0, 0, 1]


def test_average_precision_by_size(measure):
    # cell: a small one missed, a large one found. dust: a medium one found.
    objects = [(1, 0, 0, 5, 5), (1, 0, 100, 100, 200), (2, 100, 0, 150, 50)]
    found = [(1, 0.9, 0, 100, 100, 200), (2, 0.9, 100, 0, 150, 50)]
    metrics = measure([objects], [found], size=(200, 200))
    average = {name: values.tolist() for name, values in metrics.average_precision.items()}
    half = pytest.approx(51 / 101)  # recalls 0 .. 0.50
    one = pytest.approx(1)
    assert average["AP"] == [half, one] and average["AP50"] == [half, one]
    assert average["APs"] == [0, -1] and average["APm"] == [-1, one] and average["APl"] == [one, -1]


def test_max_detections(measure):
    objects = [[(1, *CELL), (1, *OTHER)]]
    found = [[(1, 0.9, *CELL), (1, 0.8, *OTHER), (2, 0.7, *EMPTY)]]
    assert counts(measure(objects, found, max_detections=1)) == [[1, 0], [0, 1], [1, 0]]


def test_json(measure):
    metrics = measure([[(1, *CELL)]], [[(1, 0.9, *CELL), (2, 0.9, *CELL)]])
    content = json.loads(json.dumps(metrics.to_json()))
    assert content["confusion_matrix"] == {
        "class_names": ["background", "cell", "dust"],
        "counts": [[0, 0, 1], [0, 1, 0], [0, 0, 0]],
    }
    dust = content["per_class"]["dust"]
    assert (dust["objects"], dust["fp"], dust["recall"], dust["mask"]["AP"]) == (0, 1, -1, -1)
    assert content["curves"]["per_class"]["cell"]["recall"] == [1]
    assert content["curves"]["overall"]["precision"] == [0.5]
    assert content["tp"] == 1 and content["kind"] == "mask"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"iou_threshold": 0}, "`iou_threshold` must be above 0 and at most 1. Received: .*=0"),
        ({"iou_threshold": 1.1}, "`iou_threshold` must be above 0 and at most 1"),
        ({"score_threshold": -0.1}, "`score_threshold` must lie in 0..1. Received: .*=-0.1"),
        ({"score_threshold": 50}, "`score_threshold` must lie in 0..1"),
        ({"max_detections": 0}, "`max_detections` must be at least 1"),
    ],
)
def test_bad_arguments(measure, options, message):
    with pytest.raises(ValueError, match=message):
        measure([[]], [[]], **options)


NAMES = ("a", "b", "c")
SIZE = 48


@pytest.fixture
def crowded(source_of, model_of):
    """Predictions with everything at once: overlaps, ties, wrong classes, crowds, empty images."""
    rng = np.random.default_rng(0)
    objects, found = [], []
    for _ in range(12):
        here = []
        for _ in range(rng.integers(0, 7)):
            x, y, width, height = (*rng.integers(0, 34, 2), *rng.integers(6, 14, 2))
            crowd = ["crowd"] if rng.random() < 0.15 else []
            here.append((int(rng.integers(1, 4)), x, y, x + width, y + height, *crowd))
        there = []
        for label, *box in [row[:5] for row in here + here]:
            label = int(rng.integers(1, 4)) if rng.random() < 0.4 else label
            x1, y1, x2, y2 = np.clip(np.array(box) + rng.integers(-2, 3, 4), 0, SIZE)
            score = float(rng.integers(1, 9) / 8)
            there.append((label, score, x1, y1, max(x2, x1 + 1), max(y2, y1 + 1)))
        objects.append(here)
        found.append(there)
    source = source_of(objects, NAMES, (SIZE, SIZE))
    return objects, found, collect_predictions(model_of(found, NAMES), source)


def overlap(box, other, crowd):
    one, two = np.zeros((2, SIZE, SIZE), bool)
    one[box[1] : box[3], box[0] : box[2]] = True
    two[other[1] : other[3], other[0] : other[2]] = True
    return (one & two).sum() / (one.sum() if crowd else (one | two).sum())


def matched_slowly(objects, found, iou, score):
    """The confusion matrix of an image, step by step."""
    matrix = np.zeros((4, 4), int)
    rows = sorted((row for row in found if row[1] >= score), key=lambda row: -row[1])
    free, left = [row for row in objects if len(row) == 5], []
    for label, _, *box in rows:
        mine = [row for row in free if row[0] == label]
        # Of equal overlaps COCO takes the last, as it does of equal objects.
        best = max(reversed(mine), key=lambda row: overlap(box, row[1:5], False), default=None)
        if best is not None and overlap(box, best[1:5], False) >= iou:
            free.remove(best)
            matrix[label, label] += 1
            continue
        crowds = [row for row in objects if len(row) > 5 and row[0] == label]
        if not any(overlap(box, row[1:5], True) >= iou for row in crowds):
            left.append((label, box))
    for label, box in left:
        best = max(free, key=lambda row: overlap(box, row[1:5], False), default=None)
        if best is not None and overlap(box, best[1:5], False) >= iou:
            free.remove(best)
            matrix[best[0], label] += 1
        else:
            matrix[0, label] += 1
    for row in free:
        matrix[row[0], 0] += 1
    return matrix


@pytest.mark.parametrize("iou", [0.3, 0.5, 0.75])
@pytest.mark.parametrize("score", [0.0, 0.25, 0.6])
def test_against_a_slow_matching(crowded, iou, score):
    objects, found, predictions = crowded
    metrics = detection_metrics(predictions, iou_threshold=iou, score_threshold=score)
    expected = sum(
        matched_slowly(here, there, iou, score) for here, there in zip(objects, found, strict=True)
    )
    np.testing.assert_array_equal(metrics.confusion_matrix, expected)
    assert (metrics.confusion_matrix[1:, 1:] - np.diag(metrics.tp)).any(), "some are confused"


def test_the_matrix_agrees_with_the_counts(crowded):
    objects, _, predictions = crowded
    for score in np.arange(0, 9) / 8:
        metrics = detection_metrics(predictions, score_threshold=score)
        matrix = metrics.confusion_matrix
        labels = [row[0] for here in objects for row in here if len(row) == 5]
        np.testing.assert_array_equal(matrix[1:].sum(axis=1), np.bincount(labels)[1:])
        np.testing.assert_array_equal(matrix[1:].sum(axis=1), metrics.tp + metrics.fn)
        np.testing.assert_array_equal(matrix[:, 1:].sum(axis=0), metrics.tp + metrics.fp)
        np.testing.assert_array_equal(np.diag(matrix)[1:], metrics.tp)
        assert matrix[0, 0] == 0


def test_recall_falls_as_the_threshold_rises(crowded):
    recalls = [
        detection_metrics(crowded[2], score_threshold=score).recall
        for score in np.linspace(0, 1, 21)
    ]
    assert (np.diff(recalls, axis=0) <= 0).all() and (recalls[0] > recalls[-1]).all()


def test_the_curves_are_the_rates_at_every_threshold(crowded):
    whole = detection_metrics(crowded[2])
    for k, curve in enumerate(whole.curves):
        at = [detection_metrics(crowded[2], score_threshold=s) for s in curve.scores]
        for name in ("precision", "recall", "f1"):
            values = [getattr(metrics, name)[k] for metrics in at]
            np.testing.assert_allclose(getattr(curve, name), values)
        assert whole.best_f1[k] == max(metrics.f1[k] for metrics in at)
        best = detection_metrics(crowded[2], score_threshold=whole.best_score_threshold[k])
        assert best.f1[k] == whole.best_f1[k]
    overall = [
        detection_metrics(crowded[2], score_threshold=s).overall["f1"] for s in whole.curve.scores
    ]
    assert whole.overall["best_f1"] == max(overall)


def test_the_model_runs_once(source_of, model_of):
    model = model_of([[(1, 0.9, *CELL)]] * 3)
    predictions = collect_predictions(model, source_of([[(1, *CELL)]] * 3))
    evaluated = predictions.match("mask")
    for iou in (0.3, 0.5, 0.9):
        assert detection_metrics(predictions, iou_threshold=iou).tp.tolist() == [3]
    assert len(model.calls) == 3 and predictions.match("mask") is evaluated
    assert evaluated.params.iouThrs.tolist() == pytest.approx(np.arange(0.5, 1, 0.05).tolist())
