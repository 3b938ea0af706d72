"""Mean IoU, and panoptic quality by the definition of panopticapi, on cases made by hand."""

import numpy as np
import pytest

import keras_maskrcnn as km
from keras_maskrcnn.evaluation import PanopticQuality, SemanticMetrics, evaluate, true_map
from keras_maskrcnn.evaluation.kinds import deciding_log, logs_of
from keras_maskrcnn.evaluation.table import format_table
from keras_maskrcnn.semantics import PanopticMap, Segment


def of(ids, **classes):
    """A panoptic map of one row; `c1="cat"` says what segment 1 is, "cat!" that it is a crowd."""
    segments = [
        Segment(int(key[1:]), name.strip("!"), name.strip("!") in ("cat", "dog"), name[-1] == "!")
        for key, name in classes.items()
    ]
    return PanopticMap(np.array([ids]), segments)


def counts(*pairs):
    """Of cat: the sum of IoU, matches, false positives, false negatives."""
    quality = PanopticQuality(["cat", "dog"], ["sky"])
    for found, truth in pairs:
        quality.add(found, truth)
    return [float(getattr(quality, key)[0]) for key in ("iou", "tp", "fp", "fn")]


def test_an_iou_of_one_half_is_no_match():
    truth = of([1, 1, 1, 2, 2, 2], c1="cat", c2="sky")
    half = of([1, 1, 1, 1, 1, 1], c1="cat")  # 3 of 6
    assert counts((half, truth)) == [0, 0, 1, 1]
    more = of([1, 1, 1, 1, 1, 2], c1="cat", c2="sky")  # 3 of 5
    assert counts((more, truth)) == [0.6, 1, 0, 0]


def test_a_segment_of_another_class_is_both_an_error_and_a_lack():
    truth, found = of([1, 1, 2, 2], c1="cat", c2="sky"), of([1, 1, 2, 2], c1="dog", c2="sky")
    quality = PanopticQuality(["cat", "dog"], ["sky"])
    quality.add(found, truth)
    assert quality.tp.tolist() == [0, 0, 1]
    assert quality.fp.tolist() == [0, 1, 0] and quality.fn.tolist() == [1, 0, 0]


def test_pixels_of_no_true_segment_leave_the_union():
    truth = of([0, 0, 0, 1, 1, 1], c1="cat")
    found = of([7, 7, 7, 7, 7, 0], c7="cat")  # 2 shared, 5 + 3 - 2 less the 3 of none
    assert counts((found, truth)) == [2 / 3, 1, 0, 0]


def test_what_lies_mostly_on_nothing_is_no_error():
    truth = of([0, 0, 0, 1, 1, 1], c1="sky")
    assert counts((of([7, 7, 7, 7, 7, 7], c7="cat"), truth)) == [0, 0, 1, 0]  # half is not more
    assert counts((of([7, 7, 7, 7, 7, 0], c7="cat"), truth)) == [0, 0, 0, 0]  # 3 of 5


def test_crowds_match_nothing_and_excuse_their_own_class():
    truth = of([1, 1, 1, 1, 2, 2], c1="cat!", c2="sky")
    assert counts((of([7, 7, 7, 0, 0, 0], c7="cat"), truth)) == [0, 0, 0, 0]
    dog = of([7, 7, 7, 0, 0, 0], c7="dog")
    quality = PanopticQuality(["cat", "dog"], ["sky"])
    quality.add(dog, truth)
    assert quality.fp.tolist() == [0, 1, 0] and quality.fn.tolist() == [0, 0, 1]
    # on the crowd and on nothing together
    truth = of([1, 0, 2, 2], c1="cat!", c2="sky")
    assert counts((of([7, 7, 7, 0], c7="cat"), truth)) == [0, 0, 0, 0]


def test_figures_are_means_over_the_classes_that_are_there():
    quality = PanopticQuality(["cat", "dog"], ["sky", "sea"])
    truth = of([1, 1, 1, 2, 2, 2, 3, 3], c1="cat", c2="cat", c3="sky")
    found = of([1, 1, 1, 1, 2, 9, 3, 3], c1="cat", c2="cat", c3="sky", c9="cat")
    quality.add(found, truth)
    figures = quality.to_json()
    # cat: one match of IoU 3 / 4; two of the found and one of the true have none
    cat = figures["per_class"]["cat"]
    assert (cat["tp"], cat["fp"], cat["fn"]) == (1, 2, 1)
    assert cat["PQ"] == 0.75 / 2.5 and cat["SQ"] == 0.75 and cat["RQ"] == 1 / 2.5
    assert figures["per_class"]["dog"]["PQ"] == -1
    assert figures["stuff"] == {"PQ": 1, "SQ": 1, "RQ": 1, "classes": 1}
    assert figures["PQ"] == (0.3 + 1) / 2 and figures["classes"] == 2


def test_sizes_and_classes_must_agree():
    with pytest.raises(ValueError, match=r"the size of `truth`, \(1, 2\)"):
        PanopticQuality(["cat"], []).add(of([0, 0, 0]), of([0, 0]))
    with pytest.raises(ValueError, match=r"classes \['dog'\]. Received: \['cat'\]"):
        PanopticQuality(["dog"], []).add(of([0]), of([1], c1="cat"))


def test_iou_and_accuracy_leave_ignored_pixels_out():
    metrics = SemanticMetrics(["sky", "sea", "land", "ice"])
    metrics.add(found=[[0, 0, 1, 1, 255, 0]], truth=[[0, 1, 1, 2, 2, 255]])
    # sky 1 of 2, sea 1 of 3, land 0 of 2; ice is neither there nor found
    np.testing.assert_allclose(metrics.iou, [1 / 2, 1 / 3, 0, np.nan])
    assert metrics.mean_iou == pytest.approx((1 / 2 + 1 / 3) / 3)
    assert metrics.pixel_accuracy == 2 / 5
    assert metrics.to_json()["per_class"]["ice"] == {"IoU": -1, "pixels": 0}
    with pytest.raises(ValueError, match="values below 4 or 255. Received: .* up to 4"):
        metrics.add([[0]], [[4]])


def test_the_true_map_of_a_sample():
    masks = np.zeros((3, 2, 6), bool)
    masks[0, :, :4], masks[1, 0, 1], masks[2, :, 3:5] = True, True, True
    instances = km.data.Instances.from_dense(masks, [1, 2, 1], [False, False, True])
    instances = instances.with_semantic(np.array([[1, 1, 1, 1, 0, 255], [0, 0, 0, 0, 0, 1]]))
    truth = true_map(instances, ["cat", "dog"], ["things", "sky"])
    named = {one.id: one.class_name + "!" * one.iscrowd for one in truth.segments}
    names = [[named.get(id_, "") for id_ in row] for row in truth.ids.tolist()]
    assert names == [["cat", "dog", "cat", "cat", "cat!", ""], ["cat"] * 4 + ["cat!", "sky"]]


class Oracle:
    """A model that finds what is there, but takes half of the ground of each scene for a circle."""

    semantic_names = ("circle", "background", "square", "triangle")  # in an order of its own

    def __init__(self, source, class_names):
        self.class_names, self.samples = class_names, list(source)

    def detect(self, images, score_threshold, batch_size):
        return [self.one(image) for image in images]

    def one(self, image):
        sample = next(one for one in self.samples if one.image is image)
        semantic = np.uint8([1, 0, 2, 3])[sample.instances.semantic]
        semantic[: len(semantic) // 2][semantic[: len(semantic) // 2] == 1] = 0
        if not self.class_names:
            arrays = np.zeros((0, 4)), [], [], None
        else:
            objects = sample.instances
            found = km.Detections.from_masks(
                objects.to_dense(), objects.labels, None, self.class_names
            )
            arrays = found.boxes, found.labels, found.scores, found._masks
        about = self.class_names, semantic.shape, None, None
        return km.Detections(*arrays, *about, semantic, self.semantic_names)


class Kept(km.data.Subset):
    """The same samples each time they are asked for."""

    def __init__(self, source):
        super().__init__(source, range(len(source)))
        self.samples = list(source)

    def __getitem__(self, index):
        return self.samples[index]


@pytest.fixture(scope="module")
def scenes():
    return Kept(km.data.SemanticOfObjects(km.data.ShapesSource(2)))


def test_evaluate_measures_maps_beside_objects(scenes):
    results = evaluate(Oracle(scenes, scenes.class_names), scenes)
    ground = [one.instances.semantic == 0 for one in scenes]
    half = sum(one[64:].sum() for one in ground) / sum(one.sum() for one in ground)
    per_class = results["semantic"]["per_class"]
    assert per_class["background"]["IoU"] == pytest.approx(half)
    assert per_class["square"]["IoU"] == per_class["triangle"]["IoU"] == 1
    assert results["panoptic"]["things"]["PQ"] == 1 and results["mask"]["AP"] == pytest.approx(1)
    logs = logs_of(results)
    assert logs["val_semantic_mIoU"] == results["semantic"]["mIoU"]
    assert deciding_log(logs) == "val_panoptic_PQ"
    assert logs["val_panoptic_PQ"] == results["panoptic"]["PQ"]
    table = format_table(results)
    assert "Pixels: mean IoU 0." in table and "\nthings  1.000  1.000  1.000\n" in table


def test_a_model_without_objects_has_maps_only(scenes):
    results = evaluate(Oracle(scenes, ()), scenes, max_images=1)
    assert sorted(results) == ["images", "semantic"] and results["images"] == 1
    assert format_table(results).startswith("Images: 1\n\nPixels: mean IoU 0.")
    assert logs_of(results)["val_semantic_mIoU"] == results["semantic"]["mIoU"]
    with pytest.raises(ValueError, match="`source` must have semantic maps"):
        evaluate(Oracle(scenes, ()), km.data.ShapesSource(1))
