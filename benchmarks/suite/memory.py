"""Peak memory: of the GPU where there is one, else of the process, with the libraries in it."""

from cases.sizes import TRAIN_CPU, TRAIN_GPU

from suite.models import DTYPES, predict_figures, train_figures


class Predict:
    """Of the processes that `models.Predict` times."""

    params = [[1, 8], DTYPES]
    param_names = ["images", "dtype"]

    def setup(self, images, dtype):
        """Measures, unless `models` has."""
        self.figures = predict_figures(images, dtype)

    def track_peak_mib(self, images, dtype):
        """Smaller is better."""
        return self.figures["peak_bytes"] / 2**20

    track_peak_mib.unit = "MiB"


class Train:
    """Of the processes that `models.Train` times."""

    params = [[TRAIN_CPU, TRAIN_GPU], DTYPES]
    param_names = ["batch", "dtype"]

    def setup(self, batch, dtype):
        """Measures, unless `models` has."""
        self.figures = train_figures(batch, dtype)

    def track_peak_mib(self, batch, dtype):
        """Smaller is better."""
        return self.figures["peak_bytes"] / 2**20

    track_peak_mib.unit = "MiB"


class Paste:
    """100 masks of a 12-megapixel photo."""

    def setup(self):
        """Random detections."""
        from cases import inputs

        self.detections = inputs.detections()

    def peakmem_encode(self):
        """Of the process; dense masks would take 1.2 GB."""
        self.detections.to_coco(image_id=1)
