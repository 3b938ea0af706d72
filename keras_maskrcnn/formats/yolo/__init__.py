"""YOLO's text labels."""
