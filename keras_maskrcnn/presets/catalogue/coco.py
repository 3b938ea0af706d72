"""The 80 categories of COCO, and the 90 labels of models that keep the gaps in its ids."""

# Name of the category with id 1, 2, ... 90; None where COCO has left the id unused.
_NAMES_BY_ID = (
    "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat",
    "traffic light", "fire hydrant", None, "stop sign", "parking meter", "bench", "bird", "cat",
    "dog", "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe", None, "backpack",
    "umbrella", None, None, "handbag", "tie", "suitcase", "frisbee", "skis", "snowboard",
    "sports ball", "kite", "baseball bat", "baseball glove", "skateboard", "surfboard",
    "tennis racket", "bottle", None, "wine glass", "cup", "fork", "knife", "spoon", "bowl",
    "banana", "apple", "sandwich", "orange", "broccoli", "carrot", "hot dog", "pizza", "donut",
    "cake", "chair", "couch", "potted plant", "bed", None, "dining table", None, None, "toilet",
    None, "tv", "laptop", "mouse", "remote", "keyboard", "cell phone", "microwave", "oven",
    "toaster", "sink", "refrigerator", None, "book", "clock", "vase", "scissors", "teddy bear",
    "hair drier", "toothbrush",
)  # fmt: skip

# Labels 1 to 80, without gaps: Detectron2 and Matterport.
CONTIGUOUS = tuple(name for name in _NAMES_BY_ID if name)

# Label = category id: torchvision, whose name for each of the ten unused ids is "N/A". Here they
# are "N/A 12", "N/A 26" and so on, since the classes of a model need distinct names.
WITH_GAPS = tuple(name or f"N/A {label}" for label, name in enumerate(_NAMES_BY_ID, start=1))
