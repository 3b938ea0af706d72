"""`km.data.Loader`: JPEG photos and polygons to augmented batches of 512 x 512."""

from cases.measuring import figures
from cases.sizes import SIZES


class Loader:
    """An epoch of 16 photos of 640 x 480 with 16 objects each, two threads.

    Augmented as usual, or by all there is, each with its default probability.
    """

    params = (["usual", "all"],)
    param_names = ("augment",)

    def setup(self, augment):
        """Measures once for both."""
        self.figures = figures("loader", augment=augment)

    def track_ms_per_image(self, augment):
        """Smaller is better."""
        return self.figures["ms"] / SIZES.loader[0]

    def track_images_per_s(self, augment):
        """Larger is better; not gated, `track_ms_per_image` is."""
        return self.figures["images_per_s"]

    track_ms_per_image.unit = "ms"
    track_images_per_s.unit = "images/s"
