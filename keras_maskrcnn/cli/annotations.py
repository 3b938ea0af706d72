"""What verbs that read annotations say of them in their help."""

# `formats.table.listed_formats()`, which is not imported for a --help.
FORMATS = "COCO or VIA JSON, LabelMe or YOLO folder"

# The names of `formats.table.DATASET_FORMATS` that are written, as one types them.
WRITTEN = ("coco", "via", "labelme", "yolo")
