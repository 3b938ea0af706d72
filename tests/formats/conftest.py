"""The small COCO file and the folder of images that the tests of `data` read too."""

from tests.data.conftest import content, images_dir, write

__all__ = ["content", "images_dir", "write"]
