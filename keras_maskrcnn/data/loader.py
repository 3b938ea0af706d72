"""Batches for `fit`: samples resized, augmented and padded to a few fixed sizes."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np

from keras_maskrcnn.data.augmentation import Augmenter
from keras_maskrcnn.data.canvases import (
    fitting_resizer,
    most_different_first,
    parse_canvases,
    suitable_canvas,
)
from keras_maskrcnn.data.checks import check_whole
from keras_maskrcnn.data.ground_truth import (
    check_sample,
    check_source,
    keys_of,
    stack_ground_truth,
)
from keras_maskrcnn.data.vanishing import check_objects, count_vanishing, vanishing_remark

_BATCHES_AHEAD = 2


class Loader(keras.utils.PyDataset):
    """Batches of a source, in the form that a model trains on.

    Each sample is resized by `resizer`, changed by an `Augmenter`, cut or scaled down to the canvas
    if it is still larger, and laid in the top left corner of the canvas, which is 0 elsewhere.

    The order depends on `(seed, epoch)` and each sample's augmentation on `(seed, epoch, index)`:
    the same batches come whatever the number of threads. Inside `fit` and `evaluate` the batches
    come in this order also when Keras asks for them in another one (`fit(shuffle=True)`). `fit`
    starts at `epoch + 1`, so epochs count as Keras prints them; set `loader.epoch` to the number
    of finished epochs to resume.

    Args:
        source: a `Source`.
        batch_size: images per batch.
        image_size: the canvas: a number for a square, (height, width), or a list of (height, width)
            for images of several shapes: each image goes to the smallest canvas that holds it, and
            a batch takes images of one canvas. XLA compiles once per canvas. Default 512.
        resizer: `ImageResizer`. Default: one that makes images as large as the canvas holds.
        augment: names or objects, see `make_augmentations`. A sample larger than the canvas is
            cropped if "crop" is among them, else scaled down.
        shuffle: draw a new order each epoch. Default True.
        seed: int of at least 0.
        short_batch: what becomes of the images that fill no batch: "pad" (default) repeats images
            from the start of the order, "drop" leaves them out, "keep" gives a smaller batch.
        max_objects: G, the objects a batch has room for per image; the largest are kept when there
            are more. Default: the most that any image of the source has.
        mask_size: m, side of the ground-truth masks. Default 56: twice the mask head's 28.
        workers: threads that load samples ahead. 0 loads in the caller.
        max_proposals: R, the proposals a batch has room for per image, for a model that needs them;
            the first are kept when there are more. Default 2000 (Fast R-CNN).
        ground_truth: keys of the arrays of objects in a batch: "gt_boxes", "gt_labels", "gt_masks",
            "gt_semantic" and those of fields of the objects ("gt_" and the name of one that is an
            array); "proposals" of the images. Default: boxes and labels, and masks if the objects
            have them. `fit` and `evaluate` ask for what their model learns from, see `serve`.

    Returns: `loader[i]` is `(x,)` with x a dict of NumPy arrays

        images: uint8, (B, H, W, 3), RGB, or (B, H, W, C) as the source gives them.
        image_sizes: int32, (B, 2), (height, width) of the part of the canvas that is image.
        gt_boxes: float32, (B, G, 4), xyxy pixels of the canvas; 0 in padding rows.
        gt_labels: int32, (B, G), 1..K; 0 in padding rows.
        gt_masks: uint8, (B, G, m, m), 0 or 1, each cropped to its box; 0 in padding rows.
        gt_semantic: uint8, (B, H, W), the class of each pixel, 255 where nothing is known and
            beside the image.
        proposals: float32, (B, R, 4), if asked for; 0 in padding rows.

        Crowds are left out, and so are objects of which no pixel is left, see `vanishing_objects`.

    Raises:
        ValueError: an argument is out of its range, or the source has no images.
        DatasetError: masks are asked for, and an object has none; when it is asked if the source
            knows, else when the image is loaded.

    Example:

    >>> from keras_maskrcnn.data import ShapesSource
    >>> loader = Loader(ShapesSource(10), batch_size=4, image_size=128, augment=["flip"])
    >>> (batch,) = loader[0]
    >>> len(loader), batch["images"].shape, batch["gt_masks"].shape
    (3, (4, 128, 128, 3), (4, 6, 56, 56))
    """

    def __init__(
        self,
        source,
        batch_size,
        image_size=512,
        *,
        resizer=None,
        augment=(),
        shuffle=True,
        seed=0,
        short_batch="pad",
        max_objects=None,
        mask_size=56,
        workers=2,
        max_proposals=2000,
        ground_truth=None,
    ):
        super().__init__(workers=1)  # threads are our own: Keras' would mix epochs
        _check_arguments(len(source), batch_size, seed, short_batch, max_objects, workers)
        check_whole(1, max_proposals=max_proposals)
        self.source = source
        self.batch_size = batch_size
        self.canvases = parse_canvases(image_size)
        self.resizer = fitting_resizer(self.canvases) if resizer is None else resizer
        self.augmenter = Augmenter(augment)
        self.shuffle = shuffle
        self.seed = seed
        self.short_batch = short_batch
        self.max_objects = max(1, source.max_objects if max_objects is None else max_objects)
        self.mask_size = mask_size
        self.max_proposals = max_proposals
        self.epoch = 0
        self._groups = self._group_by_canvas()
        self._length = sum(len(_split(group, batch_size, short_batch)) for _, group in self._groups)
        if self._length == 0:
            raise ValueError(
                "`batch_size` must be at most the number of images when short batches are dropped. "
                f"Received: batch_size={batch_size}, {len(source)} images. Use short_batch='pad'."
            )
        self._pool = ThreadPoolExecutor(workers) if workers else None
        self._position = None
        self._ordered_epoch, self._order = None, None
        self._pending = {}
        self.failure = None
        self._ground_truth = None
        if ground_truth is not None:
            self.serve(ground_truth)

    @property
    def ground_truth(self) -> tuple[str, ...]:
        """The keys of the arrays of objects in a batch."""
        if self._ground_truth is None:
            self._ground_truth = keys_of(self.source)
        return self._ground_truth

    def serve(self, ground_truth) -> None:
        """Send these arrays from now on, and no more; `fit` and `evaluate` call it.

        Args:
            ground_truth: keys, see the class.

        Raises:
            DatasetError: masks are among them, and the source knows of objects without one.
        """
        keys = tuple(dict.fromkeys(ground_truth))
        check_source(self.source, keys)
        if keys != self._ground_truth:
            self._pending.clear()  # samples that were not looked at for masks
        self._ground_truth = keys

    def __len__(self):
        return self._length

    def __getitem__(self, index):
        if self._position is None:
            return self._batch(range(self._length)[index], ahead=0)
        index, self._position = self._position % self._length, self._position + 1
        return self._batch(index, ahead=_BATCHES_AHEAD)

    def __iter__(self):
        for index in range(self._length):
            yield self._batch(index, ahead=_BATCHES_AHEAD)

    def on_epoch_begin(self) -> None:
        """Start at the first batch of the epoch; called by Keras."""
        self._position = 0

    def on_epoch_end(self) -> None:
        """Go on to the next epoch; called by Keras."""
        self._position = None
        self._pending.clear()
        self.epoch += 1

    def vanishing_objects(self) -> np.ndarray:
        """Count the objects, crowds aside, of which no pixel is left at the size of a batch.

        Random changes aside. Images are not read if the source knows their sizes and masks.

        Returns:
            int64, shape (len(source),).
        """
        return count_vanishing(self.source, self._groups, self._plain_size)

    @property
    def remarks(self) -> tuple[str, ...]:
        """Sentences on what of the source's objects is not trained on, tuple of str."""
        return vanishing_remark(self.vanishing_objects(), self.canvases)

    def check_objects(self) -> None:
        """Raise ValueError unless an object, no crowd, has a pixel at the size of a batch."""
        check_objects(self.source, self._groups, self._plain_size)

    def _plain_size(self, size, canvas):
        return self.augmenter.plain_size(size, canvas, self.resizer)

    def file_names(self, number, epoch=None) -> list[str]:
        """List the names of the image files in batch `number` of an epoch, by default this one."""
        _, indices = self._batches(self.epoch if epoch is None else epoch)[number]
        return [self.source.file_name(index) for index in indices]

    def _batch(self, number, ahead):
        """Batch `number` of this epoch; what goes wrong is kept in `failure`.

        TensorFlow's iterator puts an error of its own in the place of ours.
        """
        try:
            return self._assembled(number, ahead)
        except Exception as error:
            self.failure = error
            raise

    def _assembled(self, number, ahead):
        """Assemble batch `number` of this epoch and start loading the ones after it."""
        epoch, keys = self.epoch, self.ground_truth
        order = self._batches(epoch)
        if self._pool is None:
            canvas, indices = order[number]
            samples = [self._load(i, canvas, epoch) for i in indices]
            return (self._stack(samples, canvas, keys),)
        for later in range(number, min(number + ahead + 1, self._length)):
            if (epoch, later) not in self._pending:
                canvas, indices = order[later]
                self._pending[epoch, later] = [
                    self._pool.submit(self._load, i, canvas, epoch) for i in indices
                ]
        samples = [future.result() for future in self._pending.pop((epoch, number))]
        return (self._stack(samples, order[number][0], keys),)

    def _batches(self, epoch):
        """Return the list of (canvas, image indices) of an epoch's batches."""
        if self._ordered_epoch != epoch:
            rng = np.random.default_rng([self.seed, epoch])
            batches = []
            for canvas, group in self._groups:
                order = rng.permutation(group) if self.shuffle else group
                parts = _split(order, self.batch_size, self.short_batch)
                batches += [(canvas, part.tolist()) for part in parts]
            if self.shuffle and len(self._groups) > 1:
                batches = [batches[i] for i in rng.permutation(len(batches))]
            batches = most_different_first(batches)
            self._ordered_epoch, self._order = epoch, batches
        return self._order

    def _group_by_canvas(self):
        """Return the list of (canvas, image indices), each image at the canvas suiting its size."""
        everything = np.arange(len(self.source))
        if len(self.canvases) == 1:
            return [(self.canvases[0], everything)]
        sizes = [self.resizer.size_of(h, w) for h, w in self.source.image_sizes().tolist()]
        choice = np.array([suitable_canvas(size, self.canvases) for size in sizes])
        groups = [(canvas, everything[choice == i]) for i, canvas in enumerate(self.canvases)]
        return [(canvas, group) for canvas, group in groups if len(group)]

    def _load(self, index, canvas, epoch):
        """Read and augment one image: a `Sample` no larger than the canvas."""
        return self.augmenter(
            self._sample(index),
            [self.seed, epoch if self.shuffle else 0, index],
            canvas=canvas,
            resizer=self.resizer,
            draw=lambda rng: self._sample(int(rng.integers(len(self.source)))),
        )

    def _sample(self, index):
        """Read a sample of the source, and check that its objects have what is asked for."""
        sample = self.source[index]
        check_sample(sample, self.ground_truth)
        return sample

    def _stack(self, samples, canvas, keys):
        """Lay samples into the arrays of one batch."""
        samples = [_of_largest(sample, self.max_objects) for sample in samples]
        count = len(samples)
        images = np.zeros((count, *canvas, samples[0].image.shape[2]), np.uint8)
        sizes = np.zeros((count, 2), np.int32)
        for i, sample in enumerate(samples):
            height, width = sample.image.shape[:2]
            images[i, :height, :width] = sample.image
            sizes[i] = height, width
        rows = self.max_objects, self.mask_size, canvas, self.max_proposals
        objects = stack_ground_truth(samples, keys, *rows)
        return {"images": images, "image_sizes": sizes, **objects}


def _of_largest(sample, slots):
    """Return the sample with its `slots` largest objects, in their order."""
    instances = sample.instances
    if len(instances) <= slots:
        return sample
    largest = np.argsort(-instances.areas, kind="stable")[:slots]
    return dataclasses.replace(sample, instances=instances.select(np.sort(largest)))


def _check_arguments(images, batch_size, seed, short_batch, max_objects, workers):
    """Raise ValueError for numbers out of range."""
    if images == 0:
        raise ValueError("`source` must hold at least one image. Received: an empty source.")
    if short_batch not in ("pad", "drop", "keep"):
        raise ValueError(
            f"`short_batch` must be 'pad', 'drop' or 'keep'. Received: short_batch={short_batch!r}."
        )
    check_whole(1, batch_size=batch_size, max_objects=1 if max_objects is None else max_objects)
    check_whole(0, seed=seed, workers=workers)


def _split(order, batch_size, short_batch):
    """Cut an order of images into batches."""
    rest = len(order) % batch_size
    if rest and short_batch == "drop":
        order = order[:-rest]
    elif rest and short_batch == "pad":
        order = np.concatenate([order, np.resize(order, batch_size - rest)])
    return [order[i : i + batch_size] for i in range(0, len(order), batch_size)]
