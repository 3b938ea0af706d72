import keras
import numpy as np
import pytest
from keras import ops

import keras_maskrcnn as km
from keras_maskrcnn.models.training_data import checked, connect
from tests.models.conftest import small_model, training_batch


def loader(names):
    source = km.data.ShapesSource(2, image_size=(64, 64), seed=1)
    source.class_names = tuple(names)
    return km.data.Loader(source, batch_size=2, image_size=64)


@pytest.mark.parametrize(
    ("names", "advice"),
    [
        (["cell", "square", "triangle"], "replace_heads"),
        (["circle", "square"], r"open_source\(annotations, images_dir, classes=model.class_names"),
        (["square", "circle", "triangle"], "classes=model.class_names"),
    ],
)
def test_data_of_other_classes(model, names, advice):
    listed = ", ".join(map(repr, names))
    message = (
        r"`source.class_names` must be those of the model, in the same order.* Received: "
        rf"{listed} of the source, 'circle', 'square', 'triangle' of the model. Type .*{advice}"
    )
    right = loader(["circle", "square", "triangle"])
    with pytest.raises(ValueError, match=message):
        model.fit(loader(names), verbose=0)
    with pytest.raises(ValueError, match=message):
        model.fit(right, validation_data=loader(names), verbose=0)
    with pytest.raises(ValueError, match=message):
        model.evaluate(loader(names), verbose=0)


def test_training_in_a_folder_looks_first(model, tmp_path):
    source = loader(["cell"]).source
    with pytest.raises(ValueError, match="Received: 'cell' of the source"):
        km.training.train(model, source, tmp_path / "run", km.training.Recipe(image_size=64))
    assert not (tmp_path / "run").exists()


def test_data_without_names_and_long_lists(model):
    connect(model, {"images": 0}, None, [1])
    with pytest.raises(ValueError, match=r"'0', '1', .*'11', ... \(20\) of the source"):
        connect(model, loader(map(str, range(20))))


class Batches(keras.utils.PyDataset):
    """Masks of 0 and 255 from one batch on."""

    def __init__(self, first):
        super().__init__()
        self.first = first

    def __len__(self):
        return 2

    def __getitem__(self, index):
        x = training_batch()
        return ({**x, "gt_masks": x["gt_masks"] * (255 if index >= self.first else 1)},)


@pytest.mark.one_backend
def test_the_first_batch_is_looked_at(model):
    wrong, right = ({**training_batch(), "gt_masks": np.full((2, 3, 28, 28), n)} for n in (255, 1))
    message = "`gt_masks` must be 0 or 1. Received: 255 to 255"
    for data in (wrong, Batches(0), (one for one in [(wrong,)])):
        with pytest.raises(ValueError, match="`gt_masks` must be 0 or 1"):
            model.fit(data, verbose=0)
    for call in (model.fit, model.evaluate):
        with pytest.raises(ValueError, match=message):
            call({key: ops.convert_to_tensor(value) for key, value in wrong.items()}, verbose=0)
    with pytest.raises(ValueError, match=message):
        model.fit(right, validation_data=(wrong, None), verbose=0)
    model.test_function = None
    with pytest.raises(ValueError, match=message):
        model.test_on_batch(wrong)
    assert [len(list(checked(model, data))) for data in (Batches(1), iter_of([right, wrong]))] == [
        2,
        2,
    ]


def iter_of(batches):
    yield from batches


def test_what_a_loader_makes_is_not_looked_at(model, monkeypatch):
    data = loader(model.class_names)
    monkeypatch.setattr(km.data.Loader, "_batch", None)
    assert checked(model, data) is data


def test_a_model_that_divides_by_itself_takes_other_numbers(model):
    x = training_batch()
    small = {**x, "images": x["images"] / 255}
    with pytest.raises(ValueError, match="`images` must lie in 0..255"):
        checked(model, small)
    layers = {"image_normalization": km.ImageNormalization((0.5,) * 3, (0.2,) * 3)}
    checked(km.FasterRCNN(km.backbones.ResNet(18, filters=(4,) * 4), 3, **layers), small)


def test_a_model_takes_the_dtype_that_it_is_given(tmp_path):
    small_model().save_to_preset(tmp_path)
    mixed = km.MaskRCNN.from_preset(tmp_path, dtype="mixed_bfloat16")
    parts = [mixed, mixed.image_normalization, mixed.backbone.layers[2], mixed.mask_head]
    assert {part.compute_dtype for part in parts} == {"bfloat16"}
    assert {weight.dtype for weight in mixed.box_head.weights} == {"float32"}
    plain = km.MaskRCNN.from_preset(tmp_path)
    assert {plain.compute_dtype, plain.mask_head.compute_dtype} == {"float32"}
