import pytest

import keras_maskrcnn as km
from keras_maskrcnn.models.training_data import connect
from tests.models.conftest import small_model


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


def test_a_model_takes_the_dtype_that_it_is_given(tmp_path):
    small_model().save_to_preset(tmp_path)
    mixed = km.MaskRCNN.from_preset(tmp_path, dtype="mixed_bfloat16")
    parts = [mixed, mixed.image_normalization, mixed.backbone.layers[2], mixed.mask_head]
    assert {part.compute_dtype for part in parts} == {"bfloat16"}
    assert {weight.dtype for weight in mixed.box_head.weights} == {"float32"}
    plain = km.MaskRCNN.from_preset(tmp_path)
    assert {plain.compute_dtype, plain.mask_head.compute_dtype} == {"float32"}
