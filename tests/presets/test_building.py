import json

import keras
import pytest

from keras_maskrcnn import presets


@keras.saving.register_keras_serializable("test_building")
class Registered(keras.layers.Layer):
    def call(self, x):
        return x


def write_config(folder, config):
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def test_builds_what_the_config_describes(tmp_path):
    layer = keras.layers.Dense(3, activation="relu", name="head")
    write_config(tmp_path, keras.saving.serialize_keras_object(layer))
    built = presets.build(tmp_path)
    assert isinstance(built, keras.layers.Dense)
    assert (built.units, built.name) == (3, "head")


def test_builds_a_functional_model_and_a_registered_layer(tmp_path):
    x = keras.Input((4,))
    model = keras.Model(x, {"y": Registered()(keras.layers.Dense(2)(x))})
    write_config(tmp_path, keras.saving.serialize_keras_object(model))
    assert presets.build(tmp_path).count_params() == 10


@pytest.mark.parametrize(
    "hostile",
    [
        {"module": "os", "class_name": "system", "config": {}, "registered_name": None},
        {"module": "subprocess", "class_name": "function", "config": "run"},
        {"module": "keras_hub.models", "class_name": "Backbone", "config": {}},
    ],
)
def test_foreign_classes_are_refused_wherever_they_stand(tmp_path, hostile):
    layer = keras.saving.serialize_keras_object(keras.layers.Dense(3))
    layer["config"]["kernel_initializer"] = [{"inner": hostile}]
    write_config(tmp_path, layer)
    with pytest.raises(ValueError, match=f"names {hostile['module']}.{hostile['class_name']}"):
        presets.build(tmp_path)


def test_lambdas_are_refused(tmp_path):
    layer = keras.layers.Lambda(lambda x: x + 1)
    write_config(tmp_path, keras.saving.serialize_keras_object(layer))
    with pytest.raises(ValueError, match="cannot be built"):
        presets.build(tmp_path)


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"class_name": "Dense", "config": {"units": "many"}, "module": "keras.layers"},
        {"class_name": "NoSuchLayer", "config": {}, "module": "keras.layers"},
        {"class_name": "get_file", "config": {}, "module": "keras.utils"},
        {"class_name": 3, "config": 4, "module": 5},
        {
            "class_name": "BoxHead",
            "module": "keras_maskrcnn.layers.box_head",
            "registered_name": "keras_maskrcnn>BoxHead",
            "config": {"num_classes": 3},
            "build_config": {"input_shape": [0]},
        },
    ],
)
def test_configs_that_describe_no_layer(tmp_path, config):
    write_config(tmp_path, config)
    with pytest.raises(ValueError, match="describes no|names no class|cannot be built|neither of"):
        presets.build(tmp_path)


def test_a_class_of_a_newer_version(tmp_path):
    config = {"class_name": "X", "config": {}, "module": "keras_maskrcnn.layers.not_yet"}
    write_config(tmp_path, config)
    with pytest.raises(ValueError, match="Install a newer keras3-maskrcnn"):
        presets.build(tmp_path)
