"""Annotation formats: each is written and read here, for data sets and for one image."""
