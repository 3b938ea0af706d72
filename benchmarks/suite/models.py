"""The whole model: milliseconds, images/s and compile time of prediction and training.

Every row is measured once, in a process of its own (see `measuring`), and asv tracks its figures:
its own timer would build and compile the model anew for each of them.
"""

from cases.measuring import figures
from cases.sizes import QUICK, SIZES, TRAIN_CPU, TRAIN_GPU

DTYPES = ["float32", "mixed_bfloat16"]


class Predict:
    """R50-FPN, 800 x 1066 images, 1000 proposals, 100 detections with masks."""

    params = [[1, 8], DTYPES]
    param_names = ["images", "dtype"]

    def setup(self, images, dtype):
        """Measures, unless another of these benchmarks has."""
        self.figures = predict_figures(images, dtype)

    def track_ms(self, images, dtype):
        """One batch, from pixels to detections in host memory."""
        return self.figures["ms"]

    def track_images_per_s(self, images, dtype):
        """Larger is better; not gated, `track_ms` is."""
        return self.figures["images_per_s"]

    def track_first_call_s(self, images, dtype):
        """The first batch: mostly compilation."""
        return self.figures["first_s"]

    track_ms.unit = "ms"
    track_images_per_s.unit = "images/s"
    track_first_call_s.unit = "s"


class Train:
    """A training step of R50-FPN with SGD."""

    params = [[TRAIN_CPU, TRAIN_GPU], DTYPES]
    param_names = ["batch", "dtype"]

    def setup(self, batch, dtype):
        """Measures, or skips what needs a GPU."""
        self.figures = train_figures(batch, dtype)

    def track_ms(self, batch, dtype):
        """One step."""
        return self.figures["ms"]

    def track_images_per_s(self, batch, dtype):
        """Larger is better; not gated, `track_ms` is."""
        return self.figures["images_per_s"]

    def track_first_call_s(self, batch, dtype):
        """The first step: mostly compilation."""
        return self.figures["first_s"]

    track_ms.unit = "ms"
    track_images_per_s.unit = "images/s"
    track_first_call_s.unit = "s"


class RatioToTorchvision:
    """Our milliseconds divided by torchvision's, in float32 and in turns: below 1 we are faster."""

    params = ["predict", "train"]
    param_names = ["what"]

    def setup(self, what):
        """Measures, or skips where torchvision is not installed."""
        self.figures = figures(
            what, "ratio", batch={"predict": 1, "train": TRAIN_CPU}[what], dtype="float32"
        )

    def track_ratio(self, what):
        """Smaller is better."""
        return self.figures["ratio"]

    track_ratio.unit = "ours / torchvision"


def predict_figures(images, dtype):
    """Of `Predict`; a quick run leaves out half of the combinations, each compiles anew."""
    if QUICK and (images == 1) != (dtype == "float32"):
        raise NotImplementedError("left out of quick runs")
    return figures("predict", batch=1 if images == 1 else SIZES.large_batch, dtype=dtype)


def train_figures(batch, dtype):
    """Of `Train`."""
    if QUICK and dtype != "float32":
        raise NotImplementedError("left out of quick runs")
    return figures("train", batch=batch, dtype=dtype)
