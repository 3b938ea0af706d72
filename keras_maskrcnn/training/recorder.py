"""What is written after each epoch: log, best preset, checkpoint."""

import contextlib
import csv
import math

import keras

from keras_maskrcnn.evaluation.kinds import deciding_log
from keras_maskrcnn.training.checkpoint import write_checkpoint
from keras_maskrcnn.writing import written_aside

CHECKPOINT_FILE = "checkpoint.safetensors"
LOG_FILE = "log.csv"
STATE_FOLDER = "training"


class RunRecorder(keras.callbacks.Callback):
    """Keeps the folder of a run up to date after every epoch.

    The folder is a preset: the weights of the epoch with the highest `val_panoptic_PQ`, where that
    is not measured `val_keypoint_AP`, else `val_mask_AP`, else `val_box_AP`, else
    `val_semantic_mIoU`, or of the last epoch if none is measured. Its metadata say under "training"
    which figure decided. Its sub-folder `training` holds `log.csv` and the checkpoint to resume
    from. Place it last in the list of callbacks.

    Args:
        folder: Path.
        state: `RunState`, changed in place.
        patience: int, epochs without a better figure after which training stops; 0 never.
        averaged: `AveragedWeights` whose averages are saved as the preset, or None.
        monitor: kind whose figure decides, as of `Recipe`; None takes them as above.

    Raises:
        ValueError: at the end of an epoch whose loss is not finite, or in which the kind to be
            monitored is not measured.
    """

    def __init__(self, folder, state, patience=0, averaged=None, monitor=None):
        super().__init__()
        self.folder = folder
        self.state = state
        self.patience = patience
        self.averaged = averaged
        self.monitor = monitor

    def on_epoch_end(self, epoch, logs=None) -> None:
        """Write log, preset and checkpoint."""
        figures = {name: float(value) for name, value in (logs or {}).items()}
        self._check_finite(epoch, figures)
        rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        self.state.epoch = epoch + 1
        rounded = {
            name: float(f"{value:.6g}")
            for name, value in {**figures, "learning_rate": rate}.items()
        }
        self.state.history.append({"epoch": epoch + 1, **rounded})
        decided_by = deciding_log(figures, self.monitor)
        if self._is_best(figures.get(decided_by)):
            self.state.best_epoch = epoch + 1
            training = {"epoch": epoch + 1, "figures": figures, "decided_by": decided_by}
            self.model.save_to_preset(self.folder, metadata={"training": training})
        if self.patience and epoch + 1 - self.state.best_epoch >= self.patience:
            self.state.stopped = self.model.stop_training = True
        self._write_log()
        with self.averaged.own_weights() if self.averaged else contextlib.nullcontext():
            write_checkpoint(self.folder / STATE_FOLDER / CHECKPOINT_FILE, self.model, self.state)

    def _check_finite(self, epoch, figures):
        wrong = sorted(name for name, value in figures.items() if not math.isfinite(value))
        if wrong:
            raise ValueError(
                f"Training has diverged: {', '.join(wrong)} of epoch {epoch + 1} is not finite. "
                "Train with a smaller learning rate."
            )

    def _is_best(self, value):
        if value is None:
            return True
        if self.state.best is None or value > self.state.best:
            self.state.best = value
            return True
        return False

    def _write_log(self):
        path = self.folder / STATE_FOLDER / LOG_FILE
        columns = list(dict.fromkeys(name for row in self.state.history for name in row))
        with (
            written_aside(path) as part,
            part.open("w", newline="", encoding="utf-8") as file,
        ):
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(self.state.history)
