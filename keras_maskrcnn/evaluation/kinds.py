"""The kinds of result that are measured, in one table: what each needs and what its figures are.

A new kind that COCO measures by objects is one more entry of `KINDS`: tables, logs, titles and the
choice of the best epoch follow from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from pycocotools import mask as coco_masks

SIZES = ("APs", "APm", "APl")


@dataclass(frozen=True)
class Figure:
    """One of COCO's figures: a mean over a part of the array that `COCOeval` accumulates.

    Attributes:
        name: "AP50".
        array: "precision" or "recall".
        iou: the threshold it is taken at; None takes the mean of all.
        size: of the objects that count, a label of `COCOeval.params.areaRngLbl`.
    """

    name: str
    array: str = "precision"
    iou: float | None = None
    size: str = "all"


@dataclass(frozen=True)
class Kind:
    """One kind of result.

    Attributes:
        name: in the results of `evaluate`, tables and logs.
        needs: the key of a COCO dict without which an object or a detection cannot be measured.
        given: whether a `Detections` has what `needs` is made of.
        iou_type: of pycocotools.
        similarity: what that is called, "IoU" or "OKS".
        labelled: whether an object, a COCO dict, has what is measured. One that has not, such as a
            person without a labelled keypoint, counts neither as found nor as missed.
        area: of a detection, from its COCO dict; it decides if that is small, medium or large.
        overlaps: the (n, m) IoU of n detections with m objects, from lists of COCO dicts; of boxes
            for keypoints, too. It tells which class was taken for which.
        figures: of all classes together; the first is the one by which models are compared.
        class_figures: names of those that are given of each class.
        logged: names of those in the logs of `fit`.
    """

    name: str
    needs: str
    given: Callable[[object], bool]
    iou_type: str
    similarity: str
    labelled: Callable[[dict], bool]
    area: Callable[[dict], float]
    overlaps: Callable[[list, list], np.ndarray]
    figures: tuple[Figure, ...]
    class_figures: tuple[str, ...]
    logged: tuple[str, ...]

    @property
    def main(self) -> str:
        """Name of the figure by which models are compared."""
        return self.figures[0].name

    def log_name(self, figure: str) -> str:
        """Return the name of a figure in the logs of `fit`, `val_mask_AP`."""
        return f"val_{self.name}_{figure}"

    def title(self, figure: str) -> str:
        """Return the name of a figure in tables, `mask AP`."""
        return f"{self.name} {figure}"


def _iou_of(key) -> Callable[[list, list], np.ndarray]:
    def overlaps(detections, objects) -> np.ndarray:
        if not detections or not objects:
            return np.zeros((len(detections), len(objects)))
        shapes = [[entry[key] for entry in entries] for entries in (detections, objects)]
        return coco_masks.iou(*shapes, [0] * len(objects))

    return overlaps


def _box_area(result) -> float:
    """Return the pixels of a detection's box."""
    return result["bbox"][2] * result["bbox"][3]


OBJECT_FIGURES = {
    "figures": (
        Figure("AP"),
        Figure("AP50", iou=0.5),
        Figure("AP75", iou=0.75),
        Figure("APs", size="small"),
        Figure("APm", size="medium"),
        Figure("APl", size="large"),
        Figure("AR", "recall"),
    ),
    "class_figures": ("AP", "AP50", *SIZES),
    "logged": ("AP", "AP50"),
}
KEYPOINT_FIGURES = {
    "figures": tuple(one for one in OBJECT_FIGURES["figures"] if one.name != "APs"),
    "class_figures": ("AP", "AP50", "APm", "APl"),
    "logged": ("AP", "AP50"),
}
# From the least to the most specific.
KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            name="box",
            needs="bbox",
            given=lambda detections: True,
            iou_type="bbox",
            similarity="IoU",
            labelled=lambda truth: True,
            area=_box_area,
            overlaps=_iou_of("bbox"),
            **OBJECT_FIGURES,
        ),
        Kind(
            name="mask",
            needs="segmentation",
            given=lambda detections: detections.has_masks,
            iou_type="segm",
            similarity="IoU",
            labelled=lambda truth: True,
            area=lambda result: float(coco_masks.area(result["segmentation"])),
            overlaps=_iou_of("segmentation"),
            **OBJECT_FIGURES,
        ),
        Kind(
            name="keypoint",
            needs="keypoints",
            given=lambda detections: detections.keypoints is not None,
            iou_type="keypoints",
            similarity="OKS",
            labelled=lambda truth: truth["num_keypoints"] > 0,
            area=_box_area,
            overlaps=_iou_of("bbox"),
            **KEYPOINT_FIGURES,
        ),
    )
}

#: The figure in the logs of each kind of map of pixels.
PIXEL_FIGURES = {"panoptic": "PQ", "semantic": "mIoU"}
_PIXEL_LOGS = {name: f"val_{name}_{figure}" for name, figure in PIXEL_FIGURES.items()}

#: What can decide which epoch is the best, from the least to the most specific: for each kind the
#: name of its main figure in the logs.
DECIDING_LOGS = {
    "semantic": _PIXEL_LOGS["semantic"],
    **{name: kind.log_name(kind.main) for name, kind in KINDS.items()},
    "panoptic": _PIXEL_LOGS["panoptic"],
}


def deciding(names: Iterable[str]) -> Kind:
    """Return the kind that decides between models: the most specific of those measured.

    >>> deciding(["mask", "box"]).name, deciding(["box"]).name
    ('mask', 'box')
    """
    names = set(names)
    return [kind for name, kind in KINDS.items() if name in names][-1]


def kinds_of(model) -> list[str]:
    """Return the names of `DECIDING_LOGS` that are measured of a model, if the data has them.

    Boxes are, if the model finds objects, and what its branches say that they are `measured_as`;
    panoptic maps, if masks and semantic maps are.

    Args:
        model: `FasterRCNN` or `FCN`.
    """
    names = {name for branch in model.branches for name in branch.measured_as}
    if model.class_names:
        names.add("box")
    if {"mask", "semantic"} <= names:
        names.add("panoptic")
    return [name for name in DECIDING_LOGS if name in names]


def measured(results: dict) -> list[str]:
    """Return the names of the kinds that the results of `evaluate` hold figures of."""
    return [name for name in KINDS if results.get(name) is not None]


def logs_of(results: dict) -> dict[str, float]:
    """Return the figures that belong into the logs of `fit`, from the results of `evaluate`."""
    kinds = [KINDS[name] for name in measured(results)]
    logs = {kind.log_name(f): results[kind.name][f] for kind in kinds for f in kind.logged}
    maps = [name for name in PIXEL_FIGURES if name in results]
    return logs | {_PIXEL_LOGS[name]: results[name][PIXEL_FIGURES[name]] for name in maps}


def log_titles() -> dict[str, str]:
    """Return the titles of the figures in the logs, those of the most specific kind first.

    >>> log_titles()
    {'val_panoptic_PQ': 'panoptic PQ', 'val_keypoint_AP': 'keypoint AP',
     'val_keypoint_AP50': 'keypoint AP50', 'val_mask_AP': 'mask AP', 'val_mask_AP50': 'mask AP50',
     'val_box_AP': 'box AP', 'val_box_AP50': 'box AP50', 'val_semantic_mIoU': 'semantic mIoU'}
    """
    logs = {}
    for name in reversed(DECIDING_LOGS):
        if name in PIXEL_FIGURES:
            logs[DECIDING_LOGS[name]] = f"{name} {PIXEL_FIGURES[name]}"
        else:
            logs |= {KINDS[name].log_name(f): KINDS[name].title(f) for f in KINDS[name].logged}
    return logs


def deciding_log(logs: dict, monitor: str | None = None) -> str | None:
    """Return the name in the logs of the figure that decides which epoch is the best.

    It is the main one of a kind, the higher the better; None where no kind is measured.

    Args:
        logs: of an epoch.
        monitor: name of the kind; None takes the last of `DECIDING_LOGS` that is measured:
            panoptic maps before keypoints before masks before boxes before semantic maps.

    Raises:
        ValueError: kinds are measured, but not that of `monitor`.

    >>> logs = {"loss": 0.7, "val_box_AP": 0.5, "val_mask_AP": 0.4}
    >>> deciding_log(logs), deciding_log(logs, "box")
    ('val_mask_AP', 'val_box_AP')
    """
    names = [name for name, log in DECIDING_LOGS.items() if log in logs]
    if not names:
        return None
    if monitor is not None and monitor not in names:
        raise ValueError(
            f"`monitor` must be a kind that is measured. Received: monitor={monitor!r}, measured: "
            f"{names}. Leave it out for {names[-1]!r}."
        )
    return DECIDING_LOGS[monitor or names[-1]]
