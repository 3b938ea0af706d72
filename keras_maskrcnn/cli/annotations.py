"""What verbs that read annotations say of them in their help."""

# `formats.table.listed_formats()`, which is not imported for a --help.
FORMATS = "COCO or VIA JSON, LabelMe or YOLO folder"
