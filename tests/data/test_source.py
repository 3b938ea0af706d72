import numpy as np
import pytest

from keras_maskrcnn.data import Instances, Sample, ShapesSource, Source, Subset


class Growing(Source):
    """Image i has i objects and one crowd, and is 8 + i pixels high."""

    class_names = ("odd", "even")

    def __len__(self):
        return 4

    def __getitem__(self, index):
        masks = np.zeros((index + 1, 8 + index, 9), bool)
        masks[:, 2:4, 2:4] = True
        labels = [1 + i % 2 for i in range(index)] + [1]
        iscrowd = [False] * index + [True]
        instances = Instances.from_dense(masks, labels, iscrowd)
        return Sample(np.zeros((8 + index, 9, 3), np.uint8), instances, index, f"{index}")


def test_defaults_of_a_source_of_ones_own():
    source = Growing()
    assert source.category_ids == (1, 2)
    assert source.image_sizes().tolist() == [[8, 9], [9, 9], [10, 9], [11, 9]]
    assert source.object_counts().tolist() == [[0, 0], [1, 0], [1, 1], [2, 1]]
    assert source.max_objects == 3
    assert source.describe() == {
        "images": 4,
        "objects": 6,
        "images_without_objects": 1,
        "objects_per_image": {"median": 1.5, "max": 3},
        "image_sizes": {"smallest": (8, 9), "largest": (11, 9)},
        "classes": {"odd": 4, "even": 2},
        "skipped": {},
    }


def test_subset():
    subset = Subset(Growing(), [3, 1])
    assert len(subset) == 2
    assert [subset[i].image_id for i in range(2)] == [3, 1]
    assert subset.class_names == ("odd", "even")
    assert subset.category_ids == (1, 2)
    assert subset.image_sizes().tolist() == [[11, 9], [9, 9]]
    assert subset.object_counts().tolist() == [[2, 1], [1, 0]]
    assert subset.max_objects == 3


def test_an_empty_subset_describes_itself():
    described = Subset(ShapesSource(3), []).describe()
    assert described["images"] == described["objects"] == 0


def test_subset_outside():
    with pytest.raises(ValueError, match=r"`indices` must lie in 0..3. Received: \[4, -1\]"):
        Subset(Growing(), [0, 4, -1])


def test_names_without_reading_images():
    class Broken(ShapesSource):
        def __getitem__(self, index):
            raise AssertionError("was read")

        def file_name(self, index):
            return f"{index}.png"

    assert Subset(Broken(9), [7, 2]).file_name(1) == "2.png"
    assert ShapesSource(3, seed=4).file_name(2) == "shapes_4_000002.png"
