"""Annotation formats: each is written and read here, for data sets and for one image.

A format reads files into `records`, neutral objects and images, and writes files from them; the
sources of `data` and `Detections` stand on these records. Formats know no model, no `data` and no
`Detections`. To add one, write a module that ends with its `records.Format`, and name that in
`table.DATASET_FORMATS`: `open_source` and every command read it.
"""
