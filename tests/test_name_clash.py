from importlib import metadata

import pytest

from keras_maskrcnn import name_clash


def test_the_old_distribution_beside_ours_is_an_error_that_says_what_to_type(monkeypatch):
    monkeypatch.setattr(name_clash.metadata, "version", lambda name: "0.2.2")
    with pytest.raises(ImportError, match="'keras-maskrcnn' 0.2.2 is installed beside") as error:
        name_clash.check()
    assert "pip uninstall -y keras-maskrcnn keras3-maskrcnn" in str(error.value)


def test_nothing_happens_without_it():
    with pytest.raises(metadata.PackageNotFoundError):
        metadata.version(name_clash.OLD_DISTRIBUTION)
    name_clash.check()
