import json
import os

import keras
import numpy as np
import pytest
from keras import ops
from safetensors import safe_open

from keras_maskrcnn import presets
from keras_maskrcnn.presets import saving

ARRAYS = {
    "head/kernel": np.arange(6, dtype="float32").reshape(2, 3) / 3,
    "head/bias": np.array([0.1, 1e-9, 3e5], "float32"),
    "steps": np.array(7, "int32"),
}


def small_model():
    return keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(3, name="head")])


def save_small(folder, **options):
    config = keras.saving.serialize_keras_object(small_model())
    presets.save(folder, config, ARRAYS, {"class_names": ["cell"], "licence": "CC0-1.0"}, **options)


def zeros_like(arrays):
    return {
        key: keras.Variable(np.zeros_like(array), dtype=str(array.dtype), trainable=False)
        for key, array in arrays.items()
    }


def values(variables):
    return {key: ops.convert_to_numpy(variable) for key, variable in variables.items()}


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_weights_come_back(tmp_path, dtype):
    save_small(tmp_path, dtype=dtype)
    variables = zeros_like(ARRAYS)
    presets.load_weights(tmp_path, variables)
    found = values(variables)
    # Kernels of float16 have 11 significant bits; biases and integers are always exact.
    tolerance = 0 if dtype == "float32" else 2**-11
    np.testing.assert_allclose(found["head/kernel"], ARRAYS["head/kernel"], rtol=tolerance)
    np.testing.assert_array_equal(found["head/bias"], ARRAYS["head/bias"])
    assert found["steps"] == 7


def test_float16_keeps_a_kernel_it_cannot_hold(tmp_path):
    arrays = {"kernel": np.array([[1e5, 1.0]], "float32")}
    presets.save(tmp_path, {}, arrays, {"class_names": []}, dtype="float16")
    variables = zeros_like(arrays)
    presets.load_weights(tmp_path, variables)
    np.testing.assert_array_equal(values(variables)["kernel"], arrays["kernel"])


def test_float16_halves_the_file(tmp_path):
    arrays = {"kernel": np.ones((100, 100), "float32")}
    for dtype in ("float32", "float16"):
        presets.save(tmp_path / dtype, {}, arrays, {"class_names": []}, dtype=dtype)
    sizes = [
        presets.load_metadata(tmp_path / dtype)["weights"]["bytes"]
        for dtype in ("float32", "float16")
    ]
    assert sizes[0] - sizes[1] == 20000


def test_metadata(tmp_path):
    save_small(tmp_path)
    metadata = presets.load_metadata(tmp_path)
    assert metadata["class_names"] == ["cell"]
    assert metadata["parameter_count"] == 10
    assert metadata["keras_version"] == keras.__version__
    assert metadata["weights"]["bytes"] == (tmp_path / "model.safetensors").stat().st_size
    record = presets.Preset.from_metadata("small", tmp_path, metadata)
    assert (record.class_names, record.parameters, record.licence) == (("cell",), 10, "CC0-1.0")


def test_weights_that_do_not_fit_are_listed_and_nothing_is_assigned(tmp_path):
    save_small(tmp_path)
    variables = zeros_like(
        {**ARRAYS, "a": np.ones(1, "int32"), "head/kernel": np.ones((9, 9), "int32")}
    )
    del variables["steps"]
    with pytest.raises(ValueError, match="do not fit the model") as error:
        presets.load_weights(tmp_path, variables)
    assert str(error.value).splitlines()[1:] == [
        "only the model has: a",
        "only the file has: steps",
        "shapes differ: head/kernel: file (2, 3), model (9, 9)",
    ]
    assert not any(value.any() for value in values(variables).values())


def test_long_lists_are_cut(tmp_path):
    presets.save(tmp_path, {}, {}, {"class_names": []})
    variables = zeros_like({f"k{number:02}": np.ones(1, "int32") for number in range(12)})
    with pytest.raises(ValueError, match="k00, k01, .*, k07, ... \\(12\\)"):
        presets.load_weights(tmp_path, variables)


@pytest.mark.parametrize("content", [b"", b"junk", b"\xff" * 64, b"\x02\0\0\0\0\0\0\0{}"])
def test_hostile_weights(tmp_path, content):
    save_small(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(content)
    with pytest.raises(ValueError, match="damaged|do not fit"):
        presets.load_weights(tmp_path, zeros_like(ARRAYS))


def test_truncated_weights(tmp_path):
    save_small(tmp_path)
    path = tmp_path / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(ValueError, match="is damaged or no safetensors file"):
        presets.load_weights(tmp_path, zeros_like(ARRAYS))


def test_missing_files(tmp_path):
    save_small(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    (tmp_path / "metadata.json").unlink()
    with pytest.raises(FileNotFoundError, match="load_weights=False"):
        presets.load_weights(tmp_path, {})
    with pytest.raises(FileNotFoundError, match="has no metadata.json"):
        presets.load_metadata(tmp_path)


def test_metadata_without_names_of_classes(tmp_path):
    save_small(tmp_path)
    (tmp_path / "metadata.json").write_text('{"class_names": ["cat", 5]}')
    with pytest.raises(ValueError, match="metadata.json' must have the names .*'cat', 5"):
        presets.load_metadata(tmp_path)


@pytest.mark.parametrize("content", ["", "{", "[1]", "\udcff", "[" * 100_000, "9" * 5000])
def test_config_that_is_no_json_object(tmp_path, content):
    (tmp_path / "config.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(ValueError, match="is not JSON|must hold a JSON object"):
        presets.load_config(tmp_path)


def test_saving_over_a_preset_replaces_it_and_keeps_other_files(tmp_path):
    save_small(tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    other = {"weight": np.ones(2, "float32")}
    presets.save(tmp_path, {"x": 1}, other, {"class_names": []})
    assert presets.load_config(tmp_path) == {"x": 1}
    presets.load_weights(tmp_path, zeros_like(other))
    assert sorted(os.listdir(tmp_path)) == [
        "config.json",
        "metadata.json",
        "model.safetensors",
        "notes.txt",
    ]


@pytest.mark.parametrize("failing", [1, 2, 3])
def test_a_failure_while_saving_keeps_the_old_preset(tmp_path, monkeypatch, failing):
    save_small(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    replace, calls = os.replace, []

    def fail_at(source, target):
        calls.append(target)
        if len(calls) == failing:
            raise OSError("disk full")
        replace(source, target)

    monkeypatch.setattr(saving.os, "replace", fail_at)
    with pytest.raises(OSError, match="disk full"):
        presets.save(tmp_path, {}, {"weight": np.ones(2, "float32")}, {"class_names": []})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_failure_while_writing_keeps_the_old_preset(tmp_path):
    save_small(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(TypeError, match="not JSON serializable"):
        presets.save(tmp_path, {"x": object()}, ARRAYS, {"class_names": []})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_arguments_that_cannot_be_saved(tmp_path):
    with pytest.raises(ValueError, match='`dtype` must be "float32" or "float16"'):
        presets.save(tmp_path / "out", {}, {}, {}, dtype="int8")
    with pytest.raises(ValueError, match="Received: 'w' with NaN or infinity"):
        presets.save(tmp_path / "out", {}, {"w": np.array([np.nan], "float32")}, {})
    assert not (tmp_path / "out").exists()


def test_json_is_stable(tmp_path):
    for name in ("a", "b"):
        save_small(tmp_path / name)
    texts = [json.loads((tmp_path / name / "metadata.json").read_text()) for name in ("a", "b")]
    assert texts[0] == texts[1]


def test_every_dtype_is_stored_as_the_library_reads_it(tmp_path):
    import ml_dtypes

    rng = np.random.default_rng(0)
    kernels = np.asfortranarray(rng.normal(size=(3, 5)))
    arrays = {
        name: kernels.astype(name)
        for name in ("float64", "float32", "float16", "int64", "int32", "uint8", "bool")
    }
    arrays["bfloat16"] = kernels.astype(ml_dtypes.bfloat16)
    arrays["big_endian"] = kernels.astype(">f4")
    arrays["scalar"], arrays["empty"] = np.float32(3), np.zeros((0, 4), "float32")
    arrays["view"] = kernels.astype("float32")[::2, ::-1]
    presets.save(tmp_path, {}, arrays, {"class_names": []})
    with safe_open(tmp_path / "model.safetensors", "numpy") as file:
        found = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    assert set(found) == set(arrays)
    for key, array in arrays.items():
        assert found[key].shape == np.shape(array)
        np.testing.assert_array_equal(np.float64(found[key]), np.float64(array), err_msg=key)
