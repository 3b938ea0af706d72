"""Mask R-CNN on a network of keras.applications: EfficientNetV2-B0 on synthetic scenes.

    KERAS_BACKEND=tensorflow python docs/examples/own_backbone.py --out out/example_own_backbone

The network starts from random weights; `--imagenet` takes those that Keras downloads. Random, it
printed "box AP50 0.039, mask AP50 0.030" after 100 steps of 8 scenes, about 9 minutes on 2 shared
cores: it has begun to learn, no more. For a detector take `--imagenet` or many more scenes.
"""

import argparse

import keras_maskrcnn as km  # before keras, which then takes a backend that is installed

# isort: split
import keras

from keras_maskrcnn.training import Optimization

SIDE = 128
# The last layer of each stride: 4, 8, 16 and 32 pixels.
MAPS = {"P2": "block2b_add", "P3": "block3b_add", "P4": "block5e_add", "P5": "block6h_add"}


def parse_arguments():
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", required=True, help="new folder for the trained preset")
    parser.add_argument("--scenes", type=int, default=800, help="to train on, each seen once")
    parser.add_argument("--val-scenes", type=int, default=100, help="fresh ones to measure on")
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--imagenet", action="store_true", help="download ImageNet weights")
    return parser.parse_args()


def backbone(weights):
    """The network without its classifier, as a dict of feature maps P2 to P5."""
    net = keras.applications.EfficientNetV2B0(
        include_top=False,
        input_shape=(None, None, 3),
        weights=weights,
        include_preprocessing=False,  # the model normalises
    )
    return km.backbones.pyramid_from(net, MAPS)


def build(weights):
    """A Mask R-CNN around it, with a narrow pyramid and anchors for small scenes."""
    return km.MaskRCNN(
        backbone(weights),
        num_classes=3,
        class_names=km.data.ShapesSource.class_names,
        # This network was trained on pixels from -1 to 1.
        image_normalization=km.ImageNormalization(mean=(127.5,) * 3, std=(127.5,) * 3),
        feature_pyramid=km.FeaturePyramid(48),
        anchor_generator=km.AnchorGenerator({f"P{k}": (2 ** (k + 2),) for k in range(2, 7)}),
        proposal_layer=km.ProposalLayer(150, 100, training_post_nms_top_n=100),
        box_head=km.BoxHead(3, dense_dims=(128,)),
        mask_head=km.MaskHead(3, conv_dims=(48, 48)),
        detection_layer=km.DetectionLayer(max_detections=20),
    )


def main():
    """Trains for one pass over the scenes and prints what is reached on fresh ones."""
    args = parse_arguments()
    keras.utils.set_random_seed(0)
    model = build("imagenet" if args.imagenet else None)
    print(f"{model.backbone.name}: {model.backbone.count_params():,} of {model.count_params():,}")
    scenes = km.data.ShapesSource(args.scenes, SIDE, seed=1)
    loader = km.data.Loader(scenes, args.batch_size, SIDE, augment=["orient"])
    model.compile(Optimization(learning_rate=args.learning_rate).build(len(loader)))
    model.fit(loader)
    fresh = km.data.ShapesSource(args.val_scenes, SIDE, seed=2)
    box, mask = (km.evaluation.evaluate(model, fresh)[kind] for kind in ("box", "mask"))
    model.save_to_preset(args.out)
    print(f"box AP50 {box['AP50']:.3f}, mask AP50 {mask['AP50']:.3f}: {args.out}")


if __name__ == "__main__":
    main()
