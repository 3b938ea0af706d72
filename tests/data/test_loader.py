import keras
import numpy as np
import pytest

from keras_maskrcnn.data import (
    DatasetError,
    ImageResizer,
    Instances,
    Loader,
    Sample,
    ShapesSource,
    Source,
    Subset,
)


class Marked(Source):
    """Image i is of the grey i and has one object of the given box, and a crowd."""

    class_names = ("thing",)

    def __init__(self, sizes, box=(2, 1, 6, 4)):
        self.sizes, self.box = sizes, box

    def __len__(self):
        return len(self.sizes)

    def __getitem__(self, index):
        height, width = self.sizes[index]
        masks = np.zeros((2, height, width), bool)
        x1, y1, x2, y2 = self.box
        masks[0, y1:y2, x1:x2] = masks[1, :2, :2] = True
        image = np.full((height, width, 3), index + 1, np.uint8)
        return Sample(image, Instances.from_dense(masks, [1, 1], [False, True]), index, str(index))


def numbers(batch):
    """The images of a batch of `Marked`, by number."""
    return (batch[0]["images"][:, 0, 0, 0].astype(int) - 1).tolist()


def epoch_of(loader):
    return [numbers(batch) for batch in loader]


def equal(first, second):
    assert set(first[0]) == set(second[0])
    for key, value in first[0].items():
        np.testing.assert_array_equal(value, second[0][key])


class TestBatch:
    def test_by_hand(self):
        # 8 x 8 pixels doubled: the object's box (2, 1, 6, 4) becomes (4, 2, 12, 8)
        loader = Loader(Marked([(8, 8), (4, 8)], box=(2, 1, 6, 4)), 2, 16, shuffle=False)
        (x,) = loader[0]
        assert {key: (value.shape, value.dtype.name) for key, value in x.items()} == {
            "images": ((2, 16, 16, 3), "uint8"),
            "image_sizes": ((2, 2), "int32"),
            "gt_boxes": ((2, 1, 4), "float32"),
            "gt_labels": ((2, 1), "int32"),
            "gt_masks": ((2, 1, 56, 56), "uint8"),
        }
        assert x["image_sizes"].tolist() == [[16, 16], [8, 16]]
        assert x["gt_boxes"].tolist() == [[[4, 2, 12, 8]], [[4, 2, 12, 8]]]
        assert x["gt_labels"].tolist() == [[1], [1]]
        assert (x["gt_masks"] == 1).all()
        assert (x["images"][1, :8] == 2).all()
        assert (x["images"][1, 8:] == 0).all()

    def test_masks_lie_in_their_boxes(self):
        source = ShapesSource(4, seed=1)
        (x,) = Loader(source, 4, 128, shuffle=False, mask_size=28)[0]
        for i in range(4):
            instances = source[i].instances
            count = len(instances)
            np.testing.assert_array_equal(x["gt_boxes"][i, :count], instances.boxes)
            expected = instances.crop_masks(28) >= 0.5
            np.testing.assert_array_equal(x["gt_masks"][i, :count], expected)
            assert x["gt_labels"][i, count:].max(initial=0) == 0
            assert x["gt_boxes"][i, count:].max(initial=0) == 0
            assert x["gt_masks"][i, count:].max(initial=0) == 0

    def test_images_without_objects(self):
        source = Marked([(8, 8)], box=(0, 0, 0, 0))
        (x,) = Loader(source, 1, 16)[0]
        assert x["gt_boxes"].shape == (1, 1, 4)
        assert x["gt_labels"].max() == 0

    def test_the_largest_objects_are_kept(self):
        source = ShapesSource(40, seed=2)
        index = int(source.object_counts().sum(axis=1).argmax())
        (x,) = Loader(Subset(source, [index]), 1, 128, max_objects=2)[0]
        areas = np.sort(source[index].instances.areas)[-2:]
        kept = x["gt_boxes"][0]
        boxes = source[index].instances.boxes.tolist()
        kept_areas = [source[index].instances.areas[boxes.index(box)] for box in kept.tolist()]
        assert sorted(kept_areas) == areas.tolist()


class TestOrder:
    sizes = [(8, 8)] * 10

    def test_without_shuffling(self):
        loader = Loader(Marked(self.sizes), 4, 16, shuffle=False)
        assert epoch_of(loader) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 0, 1]]

    @pytest.mark.parametrize(
        ("short_batch", "lengths"), [("pad", [4, 4, 4]), ("drop", [4, 4]), ("keep", [4, 4, 2])]
    )
    def test_short_batches(self, short_batch, lengths):
        loader = Loader(Marked(self.sizes), 4, 16, short_batch=short_batch)
        batches = epoch_of(loader)
        assert len(loader) == len(lengths)
        assert [len(batch) for batch in batches] == lengths
        assert len(set(sum(batches, [])[:10])) == min(10, sum(lengths))

    def test_padding_a_batch_larger_than_the_source(self):
        assert epoch_of(Loader(Marked([(8, 8)] * 2), 5, 16, shuffle=False)) == [[0, 1, 0, 1, 0]]

    def test_each_epoch_has_its_own_order(self):
        loader = Loader(Marked(self.sizes), 5, 16, seed=3)
        first = epoch_of(loader)
        assert epoch_of(loader) == first
        loader.on_epoch_end()
        second = epoch_of(loader)
        assert second != first
        assert sorted(sum(first, [])) == sorted(sum(second, [])) == list(range(10))
        loader.epoch = 0
        assert epoch_of(loader) == first
        assert epoch_of(Loader(Marked(self.sizes), 5, 16, seed=4)) != first

    def test_indexing_is_iterating(self):
        loader = Loader(ShapesSource(9), 4, 96, augment=["flip", "scale", "color"])
        for index, batch in enumerate(loader):
            equal(loader[index], batch)
        equal(loader[-1], batch)
        with pytest.raises(IndexError):
            loader[3]

    def test_threads_change_nothing(self):
        arguments = {
            "image_size": 96,
            "augment": ["orient", "scale", "crop", "copy-paste", "noise"],
            "seed": 5,
        }
        loaders = [Loader(ShapesSource(9), 2, workers=n, **arguments) for n in (0, 1, 4)]
        for _ in range(2):
            for alone, one, four in zip(*loaders, strict=True):
                equal(alone, one)
                equal(alone, four)
            for loader in loaders:
                loader.on_epoch_end()

    def test_augmentation_differs_from_epoch_to_epoch(self):
        loader = Loader(ShapesSource(1), 1, 128, augment=["color"])
        (first,) = loader[0]
        loader.on_epoch_end()
        assert not np.array_equal(first["images"], loader[0][0]["images"])

    def test_an_error_names_the_image(self, tmp_path):
        class Broken(Marked):
            def __getitem__(self, index):
                raise ValueError(f"image {index} is truncated")

        loader = Loader(Broken([(8, 8)] * 2), 2, 16, max_objects=1, shuffle=False)
        with pytest.raises(ValueError, match="image 0 is truncated"):
            loader[0]


class Squares(Source):
    """White squares of the sides given, an image of 64 x 64 for each."""

    class_names = ("square",)

    def __init__(self, *sides):
        self.sides = sides

    def __len__(self):
        return len(self.sides)

    def __getitem__(self, index):
        mask = np.zeros((1, 64, 64), bool)
        mask[0, 20 : 20 + self.sides[index], 20 : 20 + self.sides[index]] = True
        image = np.repeat(mask[0, :, :, None], 3, axis=2) * np.uint8(255)
        return Sample(image, Instances.from_dense(mask, [1]), index, f"{index}.png")


class TestVanishing:
    # a quarter of the size: 4 pixels become one, a pixel of 1 is far below half of it
    def test_counted(self):
        loader = Loader(Squares(1, 4, 30, 1), 2, image_size=16)
        assert loader.vanishing_objects().tolist() == [1, 0, 0, 1]
        assert loader.remarks == (
            "left out 2 objects, of which no pixel remains at the size of training (16 x 16 "
            "pixels)",
        )
        assert [len(loader._load(i, (16, 16), 0).instances) for i in range(4)] == [0, 1, 1, 0]
        loader.check_objects()

    def test_at_their_own_size_all_remain(self):
        assert Loader(Squares(1, 4), 2, image_size=64).remarks == ()
        resizer = ImageResizer(scale=1.0)
        cut = Loader(Squares(1, 4), 2, image_size=16, resizer=resizer, augment=["crop"])
        assert cut.vanishing_objects().tolist() == [0, 0]

    def test_nothing_left_is_refused(self):
        message = "Received: 2 images; no pixel of 2 objects remains at 16 x 16 pixels. Train at a"
        with pytest.raises(ValueError, match=message):
            Loader(Squares(1, 1), 2, image_size=16).check_objects()
        with pytest.raises(ValueError, match="Received: 2 images; no object. Check the annot"):
            Loader(Squares(0, 0), 2, image_size=16).check_objects()


class TestCanvas:
    def test_a_larger_sample_is_scaled_down(self):
        loader = Loader(Marked([(20, 40)]), 1, 16, resizer=ImageResizer(scale=1.0))
        assert loader[0][0]["image_sizes"].tolist() == [[8, 16]]

    def test_or_cropped(self):
        loader = Loader(
            Marked([(20, 40)]), 1, 16, resizer=ImageResizer(scale=1.0), augment=["crop"]
        )
        assert loader[0][0]["image_sizes"].tolist() == [[16, 16]]

    def test_crops_keep_their_objects(self):
        source = Marked([(64, 64)] * 12, box=(40, 50, 46, 56))
        loader = Loader(source, 12, 16, resizer=ImageResizer(scale=1.0), augment=["crop"])
        (x,) = loader[0]
        assert (x["gt_labels"][:, 0] == 1).sum() >= 7
        found = x["gt_boxes"][x["gt_labels"] == 1]
        assert found.min() >= 0
        assert found.max() <= 16

    def test_buckets(self):
        sizes = [(10, 20), (20, 10), (10, 20), (16, 16), (20, 10)]
        canvases = [(16, 32), (32, 16), (32, 32)]
        resizer = ImageResizer(16, 32)
        loader = Loader(Marked(sizes), 2, canvases, resizer=resizer, seed=1)
        seen = {}
        for batch in loader:
            height, width = batch[0]["images"].shape[1:3]
            for number in numbers(batch):
                seen[number] = (height, width)
        # 10 x 20 becomes 16 x 32; 16 x 16 stays and fits the first
        assert seen == {0: (16, 32), 1: (32, 16), 2: (16, 32), 3: (16, 32), 4: (32, 16)}
        assert len(loader) == 3

    def test_first_two_batches_show_keras_all_that_varies(self):
        # four wide images would come first; TensorFlow would then refuse the tall one
        sizes = [(10, 20)] * 4 + [(20, 10)]
        canvases, resizer = [(16, 32), (32, 16)], ImageResizer(16, 32)
        loader = Loader(Marked(sizes), 2, canvases, resizer=resizer, shuffle=False)
        shapes = [batch[0]["images"].shape[1:3] for batch in loader]
        assert shapes == [(16, 32), (32, 16), (16, 32)]

    def test_what_went_wrong_is_kept(self):
        loader = Loader(Marked([(8, 8)]), 1, 16, workers=0)
        loader.augmenter = None
        with pytest.raises(TypeError) as error:
            loader[0]
        assert loader.failure is error.value

    def test_a_pair_is_one_canvas(self):
        assert Loader(Marked([(8, 8)]), 1, (16, 24))[0][0]["images"].shape == (1, 16, 24, 3)


class Boxed(Marked):
    """The same with boxes alone in the images `boxed`, and numbers and marks beside."""

    def __init__(self, sizes, boxed=(), known=None):
        super().__init__(sizes)
        self.boxed, self.known = boxed, known

    def __getitem__(self, index):
        sample = super().__getitem__(index)
        found = sample.instances
        masks = [None, found.masks[1]] if index in self.boxed else found.masks
        fields = {"ids": [70 + index, 0], "marks": [[1.5, index]] * 2}
        instances = Instances(
            found.labels, found.boxes, masks, found.iscrowd, fields, image_size=found.image_size
        )
        return Sample(sample.image, instances, index, f"{index}.png")

    def file_name(self, index):
        return f"{index}.png"

    def lacks_masks(self):
        return self.known


class TestGroundTruth:
    sizes = [(8, 8)] * 3

    def test_it_sends_what_the_objects_have_and_then_what_is_asked_for(self):
        loader = Loader(Boxed(self.sizes), 3, 16, shuffle=False)
        assert loader.ground_truth == ("gt_boxes", "gt_labels", "gt_masks")
        assert "gt_masks" in loader[0][0]
        loader.serve(["gt_labels", "gt_ids", "gt_marks", "gt_boxes"])
        (x,) = loader[0]
        assert list(x) == ["images", "image_sizes", "gt_labels", "gt_ids", "gt_marks", "gt_boxes"]
        assert x["gt_ids"].tolist() == [[70], [71], [72]]
        assert x["gt_marks"].tolist() == [[[1.5, 0]], [[1.5, 1]], [[1.5, 2]]]
        assert Loader(Boxed(self.sizes, boxed=[0, 1, 2]), 3, 16).ground_truth == (
            "gt_boxes",
            "gt_labels",
        )
        (x,) = Loader(Boxed(self.sizes, boxed=[0, 1, 2]), 3, 16, shuffle=False)[0]
        assert x["gt_boxes"].tolist() == [[[4, 2, 12, 8]]] * 3 and "gt_masks" not in x
        known = [(), (1,), ()]
        assert "gt_masks" not in Loader(Boxed(self.sizes, [1], known), 3, 16).ground_truth
        assert Subset(Boxed(self.sizes, [1], known), [2, 1]).lacks_masks() == [(), (1,)]
        assert Subset(Boxed(self.sizes), [2]).lacks_masks() is None

    def test_masks_that_are_missing(self):
        message = (
            r"Image '1.png' has 1 object{} without a mask, only with a box \(number 1\), but masks "
            r"are asked for .*Train km.FasterRCNN.*outline them"
        )
        keys = ("gt_boxes", "gt_labels", "gt_masks")
        with pytest.raises(DatasetError, match=message.format("")):
            Loader(Boxed(self.sizes, [1], [(), (1,), ()]), 3, 16, ground_truth=keys)
        for augment in ((), ["mosaic"]):
            loader = Loader(Boxed(self.sizes, [1]), 3, 16, ground_truth=keys, augment=augment)
            with pytest.raises(DatasetError, match=message.format(" of 2")):
                loader[0]

    def test_a_field_that_is_missing(self):
        loader = Loader(Boxed(self.sizes), 3, 16, ground_truth=["gt_boxes", "gt_mark"])
        with pytest.raises(DatasetError, match="nothing for 'gt_mark'.*Did you mean 'gt_marks'"):
            loader[0]


class TestErrors:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"batch_size": 0}, "`batch_size` must be a whole number of at least 1"),
            ({"batch_size": 1.5}, "Received: batch_size=1.5"),
            ({"seed": -1}, "`seed` must be a whole number of at least 0. Received: seed=-1"),
            ({"workers": -1}, "`workers` must be"),
            ({"max_objects": 0}, "`max_objects` must be a whole number of at least 1"),
            ({"short_batch": "fill"}, "must be 'pad', 'drop' or 'keep'. Received: .*'fill'"),
            ({"image_size": [(1, 2, 3)]}, r"`image_size` must be a number, \(height, width\) or"),
            ({"augment": ["flop"]}, "Did you mean 'flip'"),
            ({"batch_size": 3, "short_batch": "drop"}, "batch_size=3, 2 images. Use short_batch"),
        ],
    )
    def test_arguments(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            Loader(Marked([(8, 8)] * 2), **({"batch_size": 1} | arguments))

    def test_empty_source(self):
        with pytest.raises(ValueError, match="`source` must hold at least one image"):
            Loader(Marked([]), 1)


class Recorder(keras.Model):
    """Learns nothing; remembers nothing but how to read the dict."""

    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(1)

    def call(self, x):
        pixels = keras.ops.cast(x["images"], "float32")
        return self.dense(keras.ops.mean(pixels, axis=(1, 2)))

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return keras.ops.mean(y_pred)


def test_fit_takes_the_batches_in_the_loaders_order():
    asked = []

    class Watched(Loader):
        def _batch(self, number, ahead):
            asked.append((self.epoch, number))
            return super()._batch(number, ahead)

    loader = Watched(Marked([(8, 8)] * 10), 2, 16, augment=["flip"])
    model = Recorder()
    model.compile("sgd", run_eagerly=False)
    validation = Loader(Marked([(8, 8)]), 1, 16)
    history = model.fit(loader, epochs=3, validation_data=validation, verbose=0)
    assert len(history.history["val_loss"]) == 3
    # Keras looks at a few batches first, more or fewer by backend; the epochs then count from 1
    assert asked[-15:] == [(epoch, number) for epoch in (1, 2, 3) for number in range(5)]
