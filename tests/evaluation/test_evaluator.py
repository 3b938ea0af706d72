import contextlib
import copy
import io
import json

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from keras_maskrcnn.data import ShapesSource
from keras_maskrcnn.detections import Detections
from keras_maskrcnn.evaluation import collect_predictions, evaluate

ONE = pytest.approx(1)  # pycocotools adds an epsilon to its divisors
CELL = (10, 10, 20, 20)
OTHER = (40, 40, 50, 50)


def test_all_found(source_of, model_of):
    source = source_of([[(1, *CELL), (1, *OTHER)]])
    results = evaluate(model_of([[(1, 0.9, *CELL), (1, 0.8, *OTHER)]]), source)
    for kind in ("box", "mask"):
        assert [results[kind][name] for name in ("AP", "AP50", "AR", "APs")] == [ONE] * 4
        assert results[kind]["APm"] == results[kind]["APl"] == -1
    assert [results[k] for k in ("precision", "recall", "f1", "accuracy")] == [1, 1, 1, 1]
    assert [results[k] for k in ("images", "objects", "detections")] == [1, 2, 2]


def test_average_precision_by_hand(source_of, model_of):
    # By falling score: tp, fp, tp, and one of three objects missed. Precision is 1 up to
    # recall 1/3, then 2/3 up to recall 2/3, then 0: of COCO's 101 recalls 0, 0.01 .. 1 the first 34
    # (up to 0.33) have precision 1, the next 33 (up to 0.66) 2/3.
    source = source_of([[(1, *CELL), (1, *OTHER), (1, 0, 40, 10, 50)]])
    found = [[(1, 0.9, *CELL), (1, 0.8, 30, 0, 38, 8), (1, 0.7, *OTHER)]]
    results = evaluate(model_of(found), source)
    expected = (34 + 33 * 2 / 3) / 101
    assert results["box"]["AP"] == pytest.approx(expected)
    assert results["mask"]["AP50"] == pytest.approx(expected)
    assert results["mask"]["AR"] == pytest.approx(2 / 3)
    # 2 true positives, 1 false positive, 1 false negative.
    assert results["precision"] == pytest.approx(2 / 3)
    assert results["recall"] == pytest.approx(2 / 3)
    assert results["f1"] == pytest.approx(2 / 3)
    assert results["accuracy"] == pytest.approx(2 / 4)


def test_iou_decides_which_thresholds_count(source_of, model_of):
    # 10 x 10 against 10 x 8 within it: IoU 0.8, above 0.50 .. 0.80: 7 of 10 thresholds.
    results = evaluate(model_of([[(1, 0.9, 10, 10, 20, 18)]]), source_of([[(1, *CELL)]]))
    assert results["box"]["AP50"] == ONE and results["box"]["AP75"] == ONE
    assert results["box"]["AP"] == pytest.approx(0.7)
    assert results["mask"]["AR"] == pytest.approx(0.7)


def test_one_object_is_found_once_by_the_best_score(source_of, model_of):
    # Both overlap the object by more than 0.5: the second is a duplicate, a false positive. At a
    # score of 0.95 or more neither counts.
    source = source_of([[(1, *CELL)]])
    model = model_of([[(1, 0.9, *CELL), (1, 0.8, 10, 10, 20, 19)]])
    results = evaluate(model, source)
    assert (results["precision"], results["recall"], results["accuracy"]) == (0.5, 1, 0.5)
    results = evaluate(model, source, score_threshold=0.85)
    assert (results["precision"], results["recall"], results["accuracy"]) == (1, 1, 1)
    results = evaluate(model, source, score_threshold=0.95)
    assert (results["precision"], results["recall"], results["f1"]) == (-1, 0, 0)
    assert results["mask"]["AP"] == ONE  # of every score


def test_the_better_overlap_is_taken(source_of, model_of):
    # The best score overlaps both objects, by 10/11 and by 0: the other one stays free.
    source = source_of([[(1, 10, 10, 20, 20), (1, 20, 10, 30, 20)]])
    model = model_of([[(1, 0.9, 10, 10, 21, 20), (1, 0.8, 20, 10, 30, 20)]])
    results = evaluate(model, source)
    assert (results["precision"], results["recall"]) == (1, 1)


def test_crowds_are_neither_found_nor_missed(source_of, model_of):
    source = source_of([[(1, *CELL), (1, 30, 30, 60, 60, "crowd")]])
    inside = [(1, 0.9, 32, 32, 40, 40), (1, 0.8, 45, 45, 55, 55)]
    results = evaluate(model_of([[*inside, (1, 0.7, *CELL)]]), source)
    assert results["objects"] == 1
    assert (results["precision"], results["recall"], results["mask"]["AP"]) == (1, 1, ONE)
    results = evaluate(model_of([inside]), source)
    assert (results["precision"], results["recall"], results["mask"]["AP"]) == (-1, 0, 0)


def test_classes_are_matched_by_name(source_of, model_of):
    source = source_of([[(1, *CELL), (2, *OTHER)]], ("cell", "dust"))
    # The model's labels are in another order, and it knows a class more, which is left out.
    model = model_of(
        [[(3, 0.9, *CELL), (1, 0.8, *OTHER), (2, 0.7, *OTHER)]], ("dust", "cat", "cell")
    )
    results = evaluate(model, source)
    assert results["mask"]["AP"] == ONE and results["detections"] == 2
    assert results["missing_classes"] == []
    assert results["per_class"]["dust"]["objects"] == 1
    dust = results["per_class"]["dust"]["mask"]
    assert dust == {"AP": ONE, "AP50": ONE, "APs": ONE, "APm": -1, "APl": -1}


def test_per_class_by_hand(source_of, model_of):
    # cell: a true positive. dust: one false positive, one missed. hair: none there. mud: the model
    # knows none.
    names = ("cell", "dust", "hair", "mud")
    source = source_of([[(1, *CELL), (2, *OTHER)], [(4, *CELL)]], names)
    model = model_of([[(1, 0.9, *CELL), (2, 0.9, *CELL)], []], names[:3])
    results = evaluate(model, source)
    rates = {k: [v[r] for r in ("precision", "recall")] for k, v in results["per_class"].items()}
    assert rates == {"cell": [1, 1], "dust": [0, 0], "hair": [-1, -1], "mud": [-1, 0]}
    average = {name: figures["mask"]["AP"] for name, figures in results["per_class"].items()}
    assert average == {"cell": ONE, "dust": 0, "hair": -1, "mud": 0}
    assert results["box"]["AP"] == pytest.approx(1 / 3)  # hair is undefined
    assert results["missing_classes"] == ["mud"]
    assert (results["precision"], results["recall"]) == (1 / 2, 1 / 3)


def test_counts_confusions_and_the_best_threshold(source_of, model_of):
    # The cell is found, the dust taken for a cell with less confidence.
    source = source_of([[(1, *CELL), (2, *OTHER)]], ("cell", "dust"))
    model = model_of([[(1, 0.9, *CELL), (1, 0.6, *OTHER)]], ("cell", "dust"))
    results = evaluate(model, source)
    assert [results[name] for name in ("kind", "tp", "fp", "fn")] == ["mask", 1, 1, 1]
    assert results["classification_accuracy"] == 1 / 2
    assert results["confusion_matrix"]["counts"] == [[0, 0, 0], [0, 1, 0], [0, 1, 0]]
    cell = results["per_class"]["cell"]
    assert [cell[name] for name in ("tp", "fp", "fn", "precision")] == [1, 1, 0, 1 / 2]
    assert (cell["best_f1"], cell["best_score_threshold"]) == (1, pytest.approx(0.9))
    assert list(cell["box"]) == list(cell["mask"]) == ["AP", "AP50", "APs", "APm", "APl"]
    results = evaluate(model, source, score_threshold=0.7)
    assert (results["score_threshold"], results["precision"]) == (0.7, 1)


def test_iou_threshold_is_of_the_rates_alone(source_of, model_of):
    model = model_of([[(1, 0.9, 10, 10, 20, 18)]])  # IoU 0.8
    loose, strict = (
        evaluate(model, source_of([[(1, *CELL)]]), iou_threshold=iou) for iou in (0.8, 0.9)
    )
    assert (loose["recall"], strict["recall"]) == (1, 0)
    assert (loose["iou_threshold"], strict["iou_threshold"]) == (0.8, 0.9)
    assert loose["mask"] == strict["mask"]


def test_more_than_a_hundred_detections_count(source_of, model_of):
    boxes = [(1, x, y, x + 2, y + 2) for x in range(0, 60, 4) for y in range(0, 60, 4)]  # 225
    found = [[(1, 0.9, *box[1:]) for box in boxes]]
    results = evaluate(model_of(found), source_of([boxes]))
    assert results["max_detections"] == 225
    assert [results["mask"]["AP"], results["box"]["AR"], results["recall"]] == [ONE] * 3
    results = evaluate(model_of(found), source_of([boxes]), max_detections=45)
    assert results["mask"]["AR"] == pytest.approx(45 / 225)
    assert results["mask"]["AP"] == pytest.approx(21 / 101)  # recalls 0 .. 0.20


def test_without_masks(source_of, model_of):
    source = source_of([[(1, *CELL)]])
    results = evaluate(model_of([[(1, 0.9, *CELL)]], masks=False), source)
    assert results["mask"] is None and results["per_class"]["cell"]["mask"] is None
    assert results["box"]["AP"] == ONE and results["precision"] == 1


def test_objects_without_masks_by_hand(source_of, model_of):
    # By falling score: true positive, false positive, in the crowd, true positive at IoU 0.8. Of
    # COCO's 101 recalls at IoU 0.50 .. 0.80 the first 51 (up to 1/2) have precision 1, the others
    # 2/3; at 0.85 .. 0.95 the last detection is a false positive: the first 51 have precision 1.
    crowd = (1, 0, 40, 30, 60, "crowd", "bare")
    source = source_of([[(1, *CELL, "bare"), (1, *OTHER, "bare"), crowd]])
    found = [[(1, 0.9, *CELL), (1, 0.8, 30, 0, 38, 8), (1, 0.75, 5, 45, 15, 55)]]
    found[0].append((1, 0.7, 40, 40, 50, 48))
    results = evaluate(model_of(found), source)
    assert results["box"]["AP50"] == pytest.approx((51 + 50 * 2 / 3) / 101)
    assert results["box"]["AP"] == pytest.approx((51 + 0.7 * 50 * 2 / 3) / 101)
    assert results["box"]["AR"] == pytest.approx((7 * 1 + 3 * 1 / 2) / 10)
    assert results["mask"] is None and results["per_class"]["cell"]["mask"] is None
    assert [results[key] for key in ("kind", "tp", "fp", "fn")] == ["box", 2, 1, 0]
    assert results["objects_without"] == {"mask": 3}
    boxes = evaluate(model_of(found, masks=False), source)
    assert boxes == {**results, "objects_without": {}}


def test_masks_are_measured_if_every_object_has_one(source_of, model_of):
    found = [[(1, 0.9, *CELL)], [(1, 0.9, *CELL)]]
    some = collect_predictions(model_of(found), source_of([[(1, *CELL)], [(1, *CELL, "bare")]]))
    assert some.kinds == ("box",) and some.objects_without == {"mask": 1}
    with pytest.raises(ValueError, match="only if the model gives masks and every object has one"):
        some.match("mask")


def test_images_without_objects_or_detections(source_of, model_of):
    results = evaluate(model_of([[], []]), source_of([[], []]))
    assert results["mask"]["AP"] == results["precision"] == results["recall"] == -1
    results = evaluate(model_of([[], [(1, 0.9, *CELL)]]), source_of([[(1, *CELL)], []]))
    assert (results["mask"]["AP"], results["precision"], results["recall"]) == (0, 0, 0)


def test_batches_progress_and_spread(source_of, model_of):
    source = source_of([[(1, *CELL)]] * 5)
    model, seen = model_of([[(1, 0.9, *CELL)]] * 5), []
    evaluate(model, source, batch_size=2, progress=lambda done, total: seen.append((done, total)))
    assert model.calls == [(2, 0.0, 2), (2, 0.0, 2), (1, 0.0, 2)]
    assert seen == [(2, 5), (4, 5), (5, 5)]
    source.loaded.clear()
    assert evaluate(model, source, max_images=3)["images"] == 3
    assert source.loaded == [0, 2, 4]
    assert evaluate(model, source, max_images=9)["images"] == 5


def test_progress_can_end_it(source_of, model_of):
    source = source_of([[(1, *CELL)]] * 5)
    model = model_of([[(1, 0.9, *CELL)], [], [], [], []])
    results = evaluate(model, source, batch_size=2, progress=lambda done, total: done < 3)
    assert (results["images"], results["objects"], results["detections"]) == (4, 4, 1)
    assert results["recall"] == 1 / 4


def test_results_can_be_written_and_nothing_is_printed(source_of, model_of, capsys):
    results = evaluate(model_of([[(1, 0.9, *CELL)]]), source_of([[(1, *CELL)]]))
    assert json.loads(json.dumps(results)) == results
    assert capsys.readouterr().out == ""


class Guesser:
    """Finds most objects of a source, moved a little, some twice, some of a wrong class."""

    class_names = ShapesSource.class_names

    def __init__(self, source):
        self.samples = [source[i] for i in range(len(source))]
        self.rng = np.random.default_rng(0)

    def detect(self, images, *, score_threshold, batch_size):
        return [self._guess(image) for image in images]

    def _guess(self, image):
        instances = next(s for s in self.samples if np.array_equal(s.image, image)).instances
        pick = self.rng.integers(0, len(instances), 2 * len(instances))
        boxes = instances.boxes[pick] + self.rng.normal(0, 2, (len(pick), 4))
        boxes[:, 2:] = np.maximum(boxes[:, 2:], boxes[:, :2] + 1)
        wrong = self.rng.uniform(size=len(pick)) < 0.2
        labels = np.where(wrong, self.rng.integers(1, 4, len(pick)), instances.labels[pick])
        masks = instances.crop_masks(28)[pick]
        scores = self.rng.integers(1, 20, len(pick)) / 20  # with ties
        return Detections(boxes, labels, scores, masks, self.class_names, image.shape[:2])


def plain_pycocotools(source, detections, iou_type):
    """COCO's figures as everybody computes them: a COCO file, loadRes, summarize."""
    truths = []
    for i, sample in enumerate(source):
        instances = sample.instances
        for k, rle in enumerate(instances.to_rle()):
            x1, y1, x2, y2 = instances.boxes[k].tolist()
            truth = {"id": len(truths) + 1, "image_id": i, "iscrowd": 0, "segmentation": rle}
            truth["category_id"] = int(instances.labels[k])
            truth["bbox"] = [x1, y1, x2 - x1, y2 - y1]
            truth["area"] = int(instances.areas[k])
            truths.append(truth)
    results = [r for i, found in enumerate(detections) for r in found.to_coco(i)]
    if iou_type == "segm":  # else pycocotools takes the box's area for the mask's
        results = [{k: v for k, v in r.items() if k != "bbox"} for r in results]
    truth_set = COCO()
    truth_set.dataset = {
        "info": {},
        "images": [{"id": i, "height": 96, "width": 96} for i in range(len(source))],
        "categories": [{"id": k, "name": str(k)} for k in (1, 2, 3)],
        "annotations": truths,
    }
    truth_set.createIndex()
    coco_eval = COCOeval(truth_set, truth_set.loadRes(copy.deepcopy(results)), iou_type)
    coco_eval.evaluate()
    coco_eval.accumulate()
    coco_eval.summarize()
    return coco_eval.stats


@pytest.mark.parametrize(("kind", "iou_type"), [("box", "bbox"), ("mask", "segm")])
def test_identical_to_plain_pycocotools(kind, iou_type):
    source = ShapesSource(12, image_size=(96, 96), seed=3)
    ours = evaluate(Guesser(source), source, batch_size=5)[kind]
    guesses = Guesser(source).detect(
        [source[i].image for i in range(12)], score_threshold=0, batch_size=12
    )
    samples = [source[i] for i in range(12)]
    with contextlib.redirect_stdout(io.StringIO()):
        stats = plain_pycocotools(samples, guesses, iou_type)
    names = ["AP", "AP50", "AP75", "APs", "APm", "APl"]
    assert [ours[name] for name in names] == stats[:6].tolist()
    assert ours["AR"] == stats[8]
    assert 0.05 < ours["AP"] < 0.9


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "`batch_size` must be at least 1. Received: batch_size=0"),
        ({"max_detections": 0}, "`max_detections` must be at least 1"),
        ({"max_images": -1}, "`max_images` must be at least 1"),
        ({"iou_threshold": 0}, "`iou_threshold` must be above 0 and at most 1"),
        ({"score_threshold": 2}, "`score_threshold` must lie in 0..1"),
    ],
)
def test_bad_numbers(source_of, model_of, options, message):
    with pytest.raises(ValueError, match=message):
        evaluate(model_of([[]]), source_of([[]]), **options)


def test_bad_source(source_of, model_of):
    with pytest.raises(ValueError, match="at least one image"):
        evaluate(model_of([]), source_of([]))
    names = tuple("abcdefg")
    with pytest.raises(ValueError, match=r"share a class.*'cell', a source of 'a', .*'e', \.\.\."):
        evaluate(model_of([[]]), source_of([[]], names))
