"""torchvision's side of the comparisons, on the GPU if PyTorch sees one."""

import functools

import torch
import torchvision

from cases import device, inputs
from cases.ours import Case
from cases.sizes import QUICK, SIZES, TRAIN_GPU, train_batch

GPU = torch.cuda.is_available()
DEVICE = "cuda" if GPU else "cpu"


def block():
    """Returns once the device is done."""
    if GPU:
        torch.cuda.synchronize()


def _waiting(function):
    def run():
        function()
        block()

    return run


def _roi_align_inputs(batch, count):
    maps = [torch.from_numpy(x).permute(0, 3, 1, 2).contiguous() for x in inputs.pyramid(batch)]
    maps = {str(number): x.to(DEVICE) for number, x in enumerate(maps)}
    boxes = [torch.from_numpy(x).to(DEVICE) for x in inputs.batch_of_boxes(batch, count)]
    pooler = torchvision.ops.MultiScaleRoIAlign(list("0123"), 7, 2)
    crops = batch * count * 7 * 7 * SIZES.channels * 4
    return pooler, maps, boxes, 4 * sum(x.numel() for x in maps.values()), crops


def roi_align(batch=1):
    """As `ours.roi_align`, float32, which torchvision's op computes in under AMP too."""
    pooler, maps, boxes, read, written = _roi_align_inputs(batch, SIZES.boxes)
    call = torch.inference_mode()(lambda: pooler(maps, boxes, [SIZES.image] * batch))
    return Case(_waiting(call), batch, read + written)


def roi_align_gradient(batch=1):
    """As `ours.roi_align_gradient`, float32."""
    pooler, maps, boxes, read, written = _roi_align_inputs(batch, SIZES.training_boxes)

    def call():
        leaves = {key: x.detach().requires_grad_() for key, x in maps.items()}
        (pooler(leaves, boxes, [SIZES.image] * batch) ** 2).sum().backward()

    return Case(_waiting(call), batch, 2 * (read + written))


def nms():
    """As `ours.nms`."""
    boxes, scores = inputs.boxes(SIZES.boxes), inputs.scores(SIZES.boxes)
    boxes, scores = (torch.from_numpy(x).to(DEVICE) for x in (boxes, scores))
    call = functools.partial(torchvision.ops.nms, boxes, scores, 0.7)
    return Case(_waiting(call), answer=lambda: call().tolist())


def model(image):
    """R50-FPN with random weights and spread scores; images are not resized."""
    build = torchvision.models.detection.maskrcnn_resnet50_fpn
    return _spread(build, image, num_classes=SIZES.classes + 1)


def keypoint_model(image):
    """Keypoint R-CNN, likewise."""
    build = torchvision.models.detection.keypointrcnn_resnet50_fpn
    return _spread(build, image, num_classes=2, num_keypoints=17)


def _spread(build, image, **arguments):
    torch.manual_seed(0)
    made = build(
        weights=None,
        weights_backbone=None,
        min_size=min(image),
        max_size=max(image),
        **arguments,
        **({"rpn_post_nms_top_n_test": 20, "box_detections_per_img": 8} if QUICK else {}),
    )
    for name, weight in made.named_parameters():
        if name.endswith("bn3.weight"):  # keeps the activations of a random network small
            weight.data *= 0.2
    made.roi_heads.box_predictor.cls_score.weight.data *= 60.0
    return made.to(DEVICE)


def _amp(enabled):
    return torch.autocast(DEVICE, torch.bfloat16, enabled=enabled)


def predict(batch, amp=True, compiled=False):
    """As `ours.predict`; `amp` computes in bfloat16 where PyTorch's autocast does."""
    return _predict(model(SIZES.image), batch, amp, compiled)


def keypoint_predict(batch, amp=True):
    """As `ours.keypoint_predict`."""
    return _predict(keypoint_model(SIZES.image), batch, amp)


def _predict(made, batch, amp, compiled=False):
    made = made.eval()
    call = torch.compile(made, backend="eager" if QUICK else "inductor") if compiled else made
    _, images = inputs.images(batch)
    tensors = [torch.from_numpy(image).permute(2, 0, 1).contiguous() for image in images]

    @torch.inference_mode()
    def run():
        with _amp(amp):
            found = call([image.to(DEVICE).float() / 255 for image in tensors])
        return [{key: value.cpu() for key, value in one.items()} for one in found]

    return Case(run, batch, answer=lambda: sum(len(one["scores"]) for one in run()))


def predict_operations(batch):
    """Floating point operations of the convolutions and matrix products of `predict`."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        predict(batch, amp=False).run()
    return counter.get_total_flops()


def train(batch, amp=True):
    """As `ours.train`: forward, backward, SGD step, the loss read. Masks are whole bitmaps."""
    count, height, width = train_batch(batch)
    if batch == TRAIN_GPU and not GPU and not QUICK:
        raise NotImplementedError("a training batch of this size needs a GPU")
    made = model((height, width)).train()
    optimizer = torch.optim.SGD(made.parameters(), 1e-4, momentum=0.9)
    images, targets = _training_inputs(count, height, width)

    def run():
        optimizer.zero_grad(set_to_none=True)
        moved = [{key: value.to(DEVICE) for key, value in one.items()} for one in targets]
        with _amp(amp):
            losses = made([image.to(DEVICE).float() / 255 for image in images], moved)
        total = sum(losses.values())
        total.backward()
        optimizer.step()
        return total.item()

    return Case(run, count)


def _training_inputs(count, height, width):
    batch = inputs.training_batch(count, height, width)
    images = [torch.from_numpy(x).permute(2, 0, 1).contiguous() for x in batch["images"]]
    targets = []
    for boxes, labels in zip(batch["gt_boxes"], batch["gt_labels"], strict=True):
        masks = torch.zeros((len(boxes), height, width), dtype=torch.uint8)
        for mask, (x1, y1, x2, y2) in zip(masks, boxes.round().astype(int), strict=True):
            mask[y1:y2, x1:x2] = 1
        targets.append(
            {
                "boxes": torch.from_numpy(boxes),
                "labels": torch.from_numpy(labels).long(),
                "masks": masks,
            }
        )
    return images, targets


def peak_bytes():
    """Most memory so far: of the GPU, or without one of this process."""
    return torch.cuda.max_memory_allocated() if GPU else device.process_peak_bytes()
