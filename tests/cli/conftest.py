import pytest

from keras_maskrcnn import progress


@pytest.fixture(autouse=True)
def no_word_on_slow_machines(monkeypatch):
    """What commands say every minute is tested with a clock of its own."""
    monkeypatch.setattr(progress, "SILENCE", float("inf"))


@pytest.fixture(scope="session")
def loaded():
    """The models that commands share, by class and preset."""
    return {}


@pytest.fixture
def loaded_once(monkeypatch, loaded, tiny_preset):
    """Commands that only detect share their model, with all that it has compiled."""
    from keras_maskrcnn.models import FasterRCNN

    load, shared = FasterRCNN.from_preset.__func__, ("mask_rcnn_tiny_shapes", str(tiny_preset))

    def from_preset(cls, preset, **options):
        key = cls, str(preset)
        if options or key[1] not in shared:
            return load(cls, preset, **options)
        if key not in loaded:
            loaded[key] = load(cls, preset)
        return loaded[key]

    monkeypatch.setattr(FasterRCNN, "from_preset", classmethod(from_preset))
