"""LabelMe's JSON files."""
