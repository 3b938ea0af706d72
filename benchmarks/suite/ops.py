"""Single operations and layers, in milliseconds of one call, and their ratios to torchvision."""

import functools

from cases.measuring import figures


@functools.cache
def prepared(op):
    """The call, compiled and warmed up: asv repeats `setup` before every sample."""
    from cases import ours

    run = getattr(ours, op)().run
    run()
    return run


class Ops:
    """One call each: sizes in `cases.ours`."""

    params = [
        *("roi_align", "roi_align_gradient", "nms", "proposal_layer"),
        *("mask_head", "keypoint_head", "keypoint_peaks"),
    ]
    param_names = ["op"]
    rounds = 2
    number = 1
    repeat = (3, 50, 5.0)

    def setup(self, op):
        """Once per process."""
        self.run = prepared(op)

    def time_call(self, op):
        """Until the device is done."""
        self.run()


class Paste:
    """100 masks of a 12-megapixel photo, NumPy only."""

    rounds = 2
    number = 1
    repeat = (3, 20, 5.0)

    def setup(self):
        """Random detections."""
        from cases import inputs

        self.detections = inputs.detections()

    def time_paste(self):
        """Each mask cut out at full resolution."""
        self.detections.mask_crops()

    def time_encode(self):
        """As COCO results with RLE masks."""
        self.detections.to_coco(image_id=1)


class RatioToTorchvision:
    """Our milliseconds divided by torchvision's, measured in turns: below 1 we are faster."""

    params = ["roi_align", "roi_align_gradient", "nms"]
    param_names = ["op"]

    def setup(self, op):
        """Measures, or skips where torchvision is not installed."""
        self.figures = figures(op, "ratio")

    def track_ratio(self, op):
        """Smaller is better."""
        return self.figures["ratio"]

    track_ratio.unit = "ours / torchvision"
