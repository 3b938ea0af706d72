"""COCO AP in the logs of `fit`."""

from __future__ import annotations

import contextlib

import keras

from keras_maskrcnn.evaluation.evaluator import evaluate
from keras_maskrcnn.evaluation.kinds import logs_of
from keras_maskrcnn.progress import progress


class COCOMetrics(keras.callbacks.Callback):
    """Puts COCO's AP on a source into the logs of each epoch.

    The logs get `val_box_AP`, `val_box_AP50` and, if masks are measured, `val_mask_AP` and
    `val_mask_AP50`, likewise `val_keypoint_AP` and `val_keypoint_AP50` (0..1, or -1 while
    undefined), so that `ModelCheckpoint`, `EarlyStopping` and the history see them. Place it before
    those in the list of callbacks, and give them `mode="max"`; their `monitor` says which of these
    decides. (In `km.training.train` it is the last of them, unless the recipe's `monitor` says
    otherwise.)

    Every `every`-th epoch is measured, and the first and the last of a run; between, the last
    measured values are repeated, as some callbacks need a value at every epoch.

    Args:
        source: a `Source` with the objects to be detected.
        every: epochs from one measurement to the next.
        max_images: measure on only so many images, evenly spread over the source; None on all.
        batch_size: images detected at a time.
        progress: called as `progress(images_done, images)`. Default: a line, if `fit` shows a bar.

    Attributes:
        results: what `evaluate` returned last, None before.

    Example:

    ```python
    model.fit(
        loader,
        callbacks=[
            keras_maskrcnn.evaluation.COCOMetrics(source, max_images=100),
            keras.callbacks.ModelCheckpoint(
                "best.weights.h5", monitor="val_mask_AP", mode="max", save_best_only=True,
                save_weights_only=True,
            ),
        ],
    )
    ```
    """

    def __init__(self, source, *, every=1, max_images=None, batch_size=1, progress=None):
        super().__init__()
        if every < 1:
            raise ValueError(f"`every` must be at least 1. Received: every={every}.")
        self.source = source
        self.every = every
        self.max_images = max_images
        self.batch_size = batch_size
        self.progress = progress
        self.results = None

    def on_train_begin(self, logs=None) -> None:
        """Forget the results of an earlier run."""
        self.results = None

    def on_epoch_end(self, epoch, logs=None) -> None:
        """Add the figures to `logs`."""
        last = (self.params or {}).get("epochs") == epoch + 1
        if self.results is None or last or (epoch + 1) % self.every == 0:
            with self._shown() as show:
                self.results = evaluate(
                    self.model,
                    self.source,
                    batch_size=self.batch_size,
                    max_images=self.max_images,
                    progress=show,
                )
        if logs is not None:
            logs.update(logs_of(self.results))

    def _shown(self):
        """Return a context of what is called after each batch, None where nothing is shown."""
        if self.progress is None and (self.params or {}).get("verbose") == 1:
            return progress("AP", None)
        return contextlib.nullcontext(self.progress)
