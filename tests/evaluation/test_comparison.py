import cv2
import numpy as np
import pytest

from keras_maskrcnn.evaluation import (
    collect_predictions,
    compare,
    detection_metrics,
    write_comparisons,
)

NAMES = ("cat", "dog")
OBJECTS = [
    [(1, 0, 0, 20, 20), (1, 40, 40, 60, 60)],
    [(1, 0, 0, 20, 20), (2, 40, 0, 60, 20), (1, 0, 30, 64, 64, "crowd")],
    [],
    [],
]
FOUND = [
    [(1, 0.9, 0, 0, 20, 20), (1, 0.8, 40, 40, 60, 60)],
    # The cat is detected as a dog, the dog below the threshold; one in the crowd, one false
    # positive.
    [(2, 0.9, 0, 0, 20, 20), (2, 0.3, 40, 0, 60, 20), (1, 0.9, 5, 40, 15, 50)]
    + [(2, 0.7, 40, 40, 60, 60)],
    [(1, 0.6, 0, 0, 9, 9)],
    [],
]


@pytest.fixture(params=[True, False], ids=["masks", "boxes"])
def predictions(request, source_of, model_of):
    return collect_predictions(model_of(FOUND, NAMES, request.param), source_of(OBJECTS, NAMES))


def test_by_hand(predictions):
    comparisons = compare(predictions)
    # 0 of 5 found in image 1, 0 of 1 in image 2; nothing wrong in 0 and 3.
    assert [one.index for one in comparisons] == [1, 2, 0, 3]
    assert [one.accuracy for one in comparisons] == [0, 0, 1, -1]
    worst = comparisons[0]
    assert worst.file_name == "1.png"
    assert worst.truth.labels.tolist() == [1, 2, 1]
    assert worst.truth.partners.tolist() == [2, 0, -1]
    assert worst.found.labels.tolist() == [2, 1, 2]
    assert worst.found.partners.tolist() == [1, -1, 0]
    np.testing.assert_array_equal(worst.truth.boxes[1], [40, 0, 60, 20])
    assert str(worst) == "1 missed, 1 false positive, 1 class confusion"
    assert str(comparisons[2]) == "2 true positives" and str(comparisons[3]) == "nothing"
    assert compare(predictions, score_threshold=0.2)[1].counts["found"] == 1


def test_the_counts_are_those_of_the_confusion_matrix(source_of, model_of):
    rng = np.random.default_rng(0)

    def boxes(count):
        corner = rng.integers(0, 40, (count, 2))
        return np.concatenate([corner, corner + rng.integers(8, 24, (count, 2))], axis=1).tolist()

    labels = iter(rng.integers(1, 4, 1000).tolist())
    objects = [[(next(labels), *box) for box in boxes(6)] for _ in range(12)]
    found = [[(next(labels), float(rng.random()), *box) for box in boxes(9)] for _ in objects]
    for rows, true in zip(found, objects, strict=True):  # some that fit, of any class
        rows += [(next(labels), float(rng.random()), *row[1:]) for row in true[:4]]
    names = ("a", "b", "c")
    predictions = collect_predictions(model_of(found, names), source_of(objects, names))
    for options in (
        {},
        {"iou_threshold": 0.3, "score_threshold": 0.2},
        {"kind": "box", "max_detections": 1},
    ):
        matrix = detection_metrics(predictions, **options).confusion_matrix
        inner = matrix[1:, 1:]
        total = {
            name: sum(one.counts[name] for one in compare(predictions, **options))
            for name in ("found", "missed", "false_alarms", "wrong_class")
        }
        assert total == {
            "found": np.trace(inner),
            "missed": matrix[1:, 0].sum(),
            "false_alarms": matrix[0, 1:].sum(),
            "wrong_class": inner.sum() - np.trace(inner),
        }
        assert min(total.values()) > 0


def test_pictures(predictions, source_of, tmp_path):
    source, steps = source_of(OBJECTS, NAMES), []
    folder = tmp_path / "new"
    paths = write_comparisons(
        compare(predictions), source, folder, most=3, progress=lambda *step: steps.append(step)
    )
    names = ["001_1.png", "002_2.png", "003_0.png", "sheet.png"]
    assert [path.name for path in paths] == names
    assert sorted(path.name for path in folder.iterdir()) == names
    assert source.loaded == [1, 2, 0]
    assert steps == [(1, 3), (2, 3), (3, 3)]
    assert cv2.imread(str(paths[0])).shape[1] == 2 * 720 + 4
    with pytest.raises(FileExistsError, match="of the pictures is in use"):
        write_comparisons(compare(predictions), source, folder)
    with pytest.raises(ValueError, match="`most` must be at least 1"):
        write_comparisons(compare(predictions), source, tmp_path / "b", most=0)
