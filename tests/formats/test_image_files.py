import pytest

from keras_maskrcnn.data import list_images
from keras_maskrcnn.formats.image_files import count_other_files


class TestListImages:
    def test_folder_files_and_patterns(self, tmp_path):
        for name in ("b.png", "a.JPG", "c.txt", "inner/d.png"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).touch()

        def names(*sources):
            return [path.relative_to(tmp_path).as_posix() for path in list_images(*sources)]

        assert names(tmp_path) == ["a.JPG", "b.png"]
        assert names(tmp_path / "c.txt") == ["c.txt"]
        assert names(str(tmp_path / "*.png")) == ["b.png"]
        assert names(str(tmp_path / "**" / "*.png")) == ["b.png", "inner/d.png"]
        assert names(tmp_path / "b.png", tmp_path) == ["b.png", "a.JPG"]

    def test_what_a_folder_holds_besides(self, tmp_path):
        for name in ("a.jfif", "b.AVIF", "c.jpe", "d.HEIC", "e.heic", "f.mp4", "README", ".hidden"):
            (tmp_path / name).touch()
        assert [path.name for path in list_images(tmp_path)] == ["a.jfif", "b.AVIF", "c.jpe"]
        assert count_other_files(tmp_path.iterdir()) == {"": 1, ".heic": 2, ".mp4": 1}

    def test_nothing_found(self, tmp_path):
        with pytest.raises(FileNotFoundError, match=r"holds no image file \(.jpg"):
            list_images(tmp_path)
        with pytest.raises(FileNotFoundError, match="no image file, folder or pattern match for"):
            list_images(str(tmp_path / "*.png"))
        with pytest.raises(FileNotFoundError, match="gone.png"):
            list_images(tmp_path / "gone.png")
