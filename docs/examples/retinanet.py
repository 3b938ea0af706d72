"""Trains RetinaNet, a detector of one stage, beside Faster R-CNN on the same backbone.

    KERAS_BACKEND=tensorflow python docs/examples/retinanet.py

Each sees 250 batches of 8 scenes. Here: box AP 0.037 and AP50 0.141 for RetinaNet, 0.264 and 0.451
for Faster R-CNN, on 100 fresh scenes; three quarters of an hour on 2 busy cores.
"""

import argparse
import math
import time

import keras_maskrcnn as km  # before keras, which then takes a backend that is installed

# isort: split
import keras
import numpy as np
from keras import layers, ops

from keras_maskrcnn.losses import focal_loss, rpn_box_loss
from keras_maskrcnn.targets import match

SIDE = 128
CLASSES = km.data.ShapesSource.class_names


def parse_arguments():
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=250, help="of each of the two")
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--val-scenes", type=int, default=100, help="fresh ones to measure on")
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


class RetinaNet(keras.Model):
    """Boxes of K classes from one pass: every anchor of the levels P3 to P7 is classified.

    Args:
        backbone: model from images to a dict of maps "P2" to "P5"; "P2" is not used.
        class_names: K names.
        sizes: dict from level "P3" to "P7" to the sides of its anchors, three a level.
        filters: channels of the pyramid and of the two subnets, 256 in the paper.
        convs: 3x3 convolutions in each subnet, 4 in the paper.
    """

    def __init__(self, backbone, class_names, sizes, filters=256, convs=4):
        super().__init__()
        self.class_names = tuple(class_names)
        self.normalize = km.ImageNormalization()
        self.backbone = backbone
        self.pyramid = km.FeaturePyramid(filters, extra_level=False)
        self.coarser = [layers.Conv2D(filters, 3, 2, padding="same") for _ in range(2)]
        self.anchors = km.AnchorGenerator(sizes)
        each, k = self.anchors.anchors_per_cell, len(class_names)
        self.class_subnet = _subnet(filters, convs, each * k, prior=0.01)
        self.box_subnet = _subnet(filters, convs, each * 4)

    def call(self, inputs, training=False):
        """Without ground truth the detections, with it what the losses read."""
        images = self.normalize(inputs["images"], inputs["image_sizes"])
        levels = self.backbone(images, training=training)
        pyramid = self.pyramid({level: levels[level] for level in ("P3", "P4", "P5")})
        pyramid["P6"] = self.coarser[0](levels["P5"])
        pyramid["P7"] = self.coarser[1](ops.relu(pyramid["P6"]))
        out = {
            "anchors": ops.concatenate(list(self.anchors(pyramid).values())),  # (N, 4)
            "logits": _rows(self.class_subnet, pyramid, len(self.class_names)),  # (B, N, K)
            "deltas": _rows(self.box_subnet, pyramid, 4),  # (B, N, 4)
        }
        return out if "gt_boxes" in inputs else self.best(out, inputs["image_sizes"])

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Focal loss and smooth L1, both divided by the number of positive anchors."""
        anchors = y_pred["anchors"][None]
        index, overlap, attains = match(x["gt_boxes"], x["gt_labels"] > 0, anchors)
        positive = ops.logical_or(overlap >= 0.5, attains)
        learnt = ops.logical_or(positive, overlap < 0.4)  # between the two an anchor is neither
        labels = ops.take_along_axis(x["gt_labels"], index, axis=1)
        classes = focal_loss(y_pred["logits"], ops.where(positive, labels, 0), learnt)
        objects = ops.take_along_axis(x["gt_boxes"], index[..., None], axis=1)
        targets = km.ops.boxes.encode(objects, anchors)
        return classes + rpn_box_loss(y_pred["deltas"], targets, positive, positive)

    def detect(self, images, *, score_threshold=0.5, batch_size=1):
        """Find the boxes in a list of images of one size, as `km.FasterRCNN.detect`."""
        found = []
        for start in range(0, len(images), batch_size):
            some = np.stack(images[start : start + batch_size])
            sizes = np.full((len(some), 2), some.shape[1:3], "int32")
            out = self.predict_on_batch({"images": some, "image_sizes": sizes})
            keep = out["valid"] & (out["scores"] >= score_threshold)
            for i, rows in enumerate(keep):
                boxes, labels, scores = (out[key][i, rows] for key in ("boxes", "labels", "scores"))
                found.append(
                    km.Detections(boxes, labels, scores, None, self.class_names, some.shape[1:3])
                )
        return found

    def best(self, out, sizes, threshold=0.05, candidates=1000, most=100):
        """The best boxes (B, D, 4), with labels, scores and validity, suppressed by class."""
        logits = out["logits"]
        scores = ops.reshape(ops.sigmoid(logits), (-1, logits.shape[1] * logits.shape[2]))
        scores, index = ops.top_k(scores, min(candidates, scores.shape[1]))
        anchor, labels = index // logits.shape[2], index % logits.shape[2] + 1
        deltas = ops.take_along_axis(out["deltas"], anchor[..., None], axis=1)
        boxes = km.ops.boxes.decode(deltas, ops.take(out["anchors"], anchor, axis=0))
        boxes, valid = km.ops.boxes.clip(boxes, sizes), scores > threshold
        rows, kept = km.ops.nms(boxes, scores, 0.5, most, class_ids=labels, valid=valid)
        labels, scores = (ops.take_along_axis(one, rows, axis=1) for one in (labels, scores))
        boxes = ops.take_along_axis(boxes, rows[..., None], axis=1)
        return {"boxes": boxes, "labels": labels, "scores": scores, "valid": kept}


def _subnet(filters, convs, outputs, prior=0.5):
    """Convolutions that all levels share; `prior` is the probability that they begin with."""
    normal = keras.initializers.RandomNormal(stddev=0.01)
    start = keras.initializers.Constant(math.log(prior / (1 - prior)))
    options = {"padding": "same", "kernel_initializer": normal}
    body = [layers.Conv2D(filters, 3, activation="relu", **options) for _ in range(convs)]
    return keras.Sequential([*body, layers.Conv2D(outputs, 3, bias_initializer=start, **options)])


def _rows(subnet, pyramid, size):
    """The outputs of all levels, (B, N, size), in the order of `AnchorGenerator`."""
    maps = [subnet(level) for level in pyramid.values()]
    return ops.concatenate([ops.reshape(x, (ops.shape(x)[0], -1, size)) for x in maps], axis=1)


def backbone():
    """A narrow ResNet-18."""
    return km.backbones.ResNet(18, filters=(24, 48, 64, 64))


def retinanet():
    """Three sizes by three ratios at every cell of five levels."""
    octave = [2 ** (third / 3) for third in range(3)]
    sizes = {f"P{k}": tuple(2 ** (k + 1) * step for step in octave) for k in range(3, 8)}
    model = RetinaNet(backbone(), CLASSES, sizes, filters=48)
    model({"images": np.zeros((1, SIDE, SIDE, 3)), "image_sizes": np.array([[SIDE, SIDE]])})
    return model


def faster_rcnn():
    """The same pyramid's width, three ratios at every cell, and a box head of 128."""
    return km.FasterRCNN(
        backbone(),
        num_classes=len(CLASSES),
        class_names=CLASSES,
        image_resizer=km.data.ImageResizer(SIDE, SIDE),
        feature_pyramid=km.FeaturePyramid(48),
        anchor_generator=km.AnchorGenerator({f"P{k}": (2 ** (k + 2),) for k in range(2, 7)}),
        proposal_layer=km.ProposalLayer(150, 100),
        box_head=km.BoxHead(dense_dims=(128,)),
    )


def train(model, args):
    """Processor seconds a step, over one pass through scenes, each of which is seen once."""
    source = km.data.ShapesSource(args.steps * args.batch_size, SIDE, seed=1)
    keys = ("gt_boxes", "gt_labels")
    loader = km.data.Loader(source, args.batch_size, SIDE, augment=["orient"], ground_truth=keys)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, args.steps, warmup_target=args.learning_rate, warmup_steps=max(1, args.steps // 20)
    )
    model.compile(keras.optimizers.AdamW(rate, weight_decay=1e-4, global_clipnorm=10.0))
    model.train_on_batch(*loader[0])  # compiles
    begin = time.process_time()
    model.fit(loader, epochs=1, verbose=2)
    return (time.process_time() - begin) / args.steps


def seconds(model, images):
    """Processor seconds that a batch of images takes."""
    begin = time.process_time()
    model.detect(images, batch_size=len(images))
    return time.process_time() - begin


def main():
    """Trains the two, and prints what each reaches on fresh scenes."""
    args = parse_arguments()
    fresh = km.data.ShapesSource(args.val_scenes, SIDE, seed=2)
    models, lines = [], []
    for name, build in {"RetinaNet": retinanet, "Faster R-CNN": faster_rcnn}.items():
        keras.utils.set_random_seed(args.seed)
        models.append(build())
        step = train(models[-1], args)
        box = km.evaluation.evaluate(models[-1], fresh, batch_size=8)["box"]
        weights = models[-1].count_params() / 1e6
        lines.append(f"{name}: {weights:.2f} million weights, {step:.2f} s a step, box AP")
        lines[-1] += f" {box['AP']:.3f}, AP50 {box['AP50']:.3f}"
    images = [fresh[0].image] * 8
    times = [[seconds(model, images) for model in models] for _ in range(6)]  # by turns
    for line, each in zip(lines, zip(*times[1:], strict=True), strict=True):
        print(f"{line}, {1000 * min(each) / len(images):.0f} ms an image")


if __name__ == "__main__":
    main()
